//! Reading what another node signed of a question.

use super::outgoing::RECEIPT_TYPE;
use crate::identity::config::Algorithm;
use crate::identity::json;
use crate::identity::jwks::Key;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::sync::Arc;

/// The longest receipt that is looked at.
const MOST_BYTES: usize = 4 * 1024;

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Receipt {
    /// Who signed it: `0192:` and the organisation number.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The recorded decision.
    pub decision: String,
    /// What names the question.
    pub question: String,
    /// What names the call.
    pub call: String,
    /// How it was answered.
    pub status: u16,
}

/// A receipt that one of these keys signed; none for anything else.
pub fn read_receipt(text: &str, key_of: impl FnOnce(&str) -> Option<Arc<Key>>) -> Option<Receipt> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let mut parts = text.split('.');
    let object = |part: &str| json::object(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let header = object(parts.next()?)?;
    let claims = object(parts.next()?)?;
    let says = |name: &str| header.get(name).and_then(serde_json::Value::as_str);
    if says("typ") != Some(RECEIPT_TYPE) {
        return None;
    }
    let key = key_of(says("kid")?).filter(|key| key.is_for(Algorithm::EdDsa))?;
    let mut signature_alone = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    signature_alone.required_spec_claims.clear();
    signature_alone.validate_exp = false;
    signature_alone.validate_aud = false;
    jsonwebtoken::decode::<IgnoredAny>(text, key.decoding(), &signature_alone).ok()?;
    serde_json::from_value(claims.into()).ok()
}
