//! Receipts: what was paid for which answer, signed with a key of the installation, so that a researcher can show
//! it to others who trust the installation and not the researcher.

use super::answer::{Answer, Privacy};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::SecondsFormat;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use uuid::Uuid;

/// The key that signs receipts.
pub struct ReceiptKey {
    key: SigningKey,
    id: String,
    /// What every receipt begins with.
    header: String,
}

/// What a receipt says.
#[derive(Serialize)]
struct Payload<'a> {
    at: String,
    decision: Option<Uuid>,
    id: Uuid,
    paid: Vec<Paid<'a>>,
    project: Option<&'a str>,
    /// SHA-256 of the question in its canonical form.
    question: String,
    values: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Paid<'a> {
    lineage: &'a str,
    nano_rho: u64,
}

impl ReceiptKey {
    /// The key of an installation, made of a secret of its own.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let mut id = hex::encode(Sha256::digest(key.verifying_key().as_bytes()));
        id.truncate(16);
        let header = json!({ "alg": "EdDSA", "kid": id, "typ": "hjemmel-receipt+jws" });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        Self { key, id, header }
    }

    /// The public key as a JWK (RFC 8037), to check receipts with.
    #[must_use]
    pub fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x })
    }

    /// The receipt of an answer, as a compact JWS (RFC 7515).
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn sign(&self, answer: &Answer, canonical: &str) -> serde_json::Result<String> {
        let paid = answer.privacy.iter();
        let paid =
            paid.map(|Privacy { lineage, nano_rho, .. }| Paid { lineage, nano_rho: *nano_rho });
        let payload = Payload {
            at: answer.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            decision: answer.decision,
            id: answer.id,
            paid: paid.collect(),
            project: answer.project.as_deref(),
            question: hex::encode(Sha256::digest(canonical.as_bytes())),
            values: values(answer),
        };
        let payload = serde_json::to_vec(&payload)?;
        let signed = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(payload));
        let signature = self.key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

/// SHA-256 of the values in the order of the cells, each as JSON on a line of its own.
#[must_use]
pub fn values(answer: &Answer) -> String {
    let mut lines = String::new();
    for cell in answer.layers.iter().flat_map(|layer| &layer.cells) {
        // Writing to a text does not fail.
        let _ = match &cell.value {
            Some(value) => writeln!(lines, "{value}"),
            None => writeln!(lines, "null"),
        };
    }
    hex::encode(Sha256::digest(lines.as_bytes()))
}
