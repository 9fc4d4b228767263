//! What this node says when it brings a question to another.

use super::{NodeKey, version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hjemmel_policy::OrganisationNumber;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How long a token of ours counts.
const LIFETIME_SECONDS: i64 = 60;
/// The claim that binds a token to a body.
pub(super) const BODY_HASH: &str = "bodyHash";
/// The `typ` of a receipt.
pub(super) const RECEIPT_TYPE: &str = "hjemmel-receipt+jwt";

/// This node as it calls others.
pub struct Outgoing {
    organisation: OrganisationNumber,
    key: NodeKey,
    /// Drawn when the process starts; what is stolen of a token is worth nothing without it.
    proof: NodeKey,
}

/// What a call carries.
pub struct Credentials {
    /// The value of `Authorization`.
    pub authorization: String,
    /// The value of `DPoP`.
    pub proof: String,
    /// What names the call, for both.
    pub call: String,
}

/// What a receipt says.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptClaims<'a> {
    /// The node or caller it is for.
    pub to: OrganisationNumber,
    /// The recorded decision.
    pub decision: &'a str,
    /// What names the question.
    pub question: &'a str,
    /// What names the call.
    pub call: &'a str,
    /// How it was answered.
    pub status: u16,
}

/// One call to a holder.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The holder's address, without a slash at the end.
    pub holder: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query, as it is sent.
    pub query: &'a str,
    /// The caller's own token.
    pub subject: &'a str,
}

/// One thing a node itself says to another.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// The other's address, without a slash at the end.
    pub to: &'a str,
    /// The path.
    pub path: &'a str,
    /// What is said.
    pub body: &'a str,
}

impl Outgoing {
    /// The node with its key.
    pub fn new(
        organisation: OrganisationNumber,
        key: NodeKey,
        rng: &mut impl rand::CryptoRng,
    ) -> Self {
        Self { organisation, key, proof: NodeKey::draw(rng) }
    }

    /// The key that signs.
    #[must_use]
    pub const fn key(&self) -> &NodeKey {
        &self.key
    }

    /// What to send along with a call, once.
    #[must_use]
    pub fn credentials(&self, call: &Call<'_>, now: DateTime<Utc>) -> Credentials {
        let to = format!("{}{}", call.holder, call.path);
        let proven = json!({ "htm": "GET", "htu": to, "queryHash": digest(call.query) });
        self.signed(call.holder, ("subjectTokenHash", &digest(call.subject)), proven, now)
    }

    /// The same for what this node says itself: nobody else is behind it, and the proof is of the body.
    #[must_use]
    pub fn own(&self, word: &Word<'_>, now: DateTime<Utc>) -> Credentials {
        let to = format!("{}{}", word.to, word.path);
        let proven = json!({ "htm": "POST", "htu": to, "queryHash": digest("") });
        self.signed(word.to, (BODY_HASH, &digest(word.body)), proven, now)
    }

    /// A token for one call with one thing it is bound to, and its proof.
    fn signed(
        &self,
        to: &str,
        (bound, hash): (&str, &str),
        mut proven: Value,
        now: DateTime<Utc>,
    ) -> Credentials {
        let issued = now.timestamp();
        let actor = format!("0192:{}", self.organisation);
        let jti = Uuid::new_v4().to_string();
        let token = self.key.sign(
            &json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.key.kid() }),
            &json!({
                "iss": actor, "aud": to, "sub": actor, "act": { "sub": actor },
                "iat": issued, "exp": issued.saturating_add(LIFETIME_SECONDS),
                "jti": jti, "cnf": { "jkt": self.proof.kid() },
                bound: hash, "protocol": version(),
            }),
        );
        if let Some(members) = proven.as_object_mut() {
            members.insert("jti".to_owned(), Uuid::new_v4().to_string().into());
            members.insert("iat".to_owned(), issued.into());
            members.insert("ath".to_owned(), digest(&token).into());
        }
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": self.proof.public() });
        let proof =
            self.proof.sign(&json!({ "alg": "EdDSA", "typ": "dpop+jwt", "jwk": jwk }), &proven);
        let call = call_id(&actor, &jti);
        Credentials { authorization: format!("DPoP {token}"), proof, call }
    }
}

impl Outgoing {
    /// A receipt signed with the node's long-lived key.
    #[must_use]
    pub fn receipt(&self, says: &ReceiptClaims<'_>, now: DateTime<Utc>) -> String {
        self.key.sign(
            &json!({ "alg": "EdDSA", "typ": RECEIPT_TYPE, "kid": self.key.kid() }),
            &json!({
                "iss": format!("0192:{}", self.organisation), "aud": format!("0192:{}", says.to),
                "iat": now.timestamp(), "decision": says.decision, "question": says.question,
                "call": says.call, "status": says.status,
            }),
        )
    }
}

/// What names a call: a digest of the node and its token's id.
pub(super) fn call_id(actor: &str, jti: &str) -> String {
    hex::encode(Sha256::digest(format!("{actor} {jti}")))
}

/// A digest as RFC 9449 writes it.
#[must_use]
pub fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
