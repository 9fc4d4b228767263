//! Receipts: what was paid for which answer, signed with a key of the installation, so that a researcher can show
//! it to others who trust the installation and not the researcher.

use super::answer::{Answer, Privacy};
use crate::hex::hex;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::SecondsFormat;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The key that signs receipts.
pub struct ReceiptKey {
    key: SigningKey,
    id: String,
}

impl ReceiptKey {
    /// The key of an installation, made of a secret of its own.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let id = hex(&Sha256::digest(key.verifying_key().as_bytes())).chars().take(16).collect();
        Self { key, id }
    }

    /// The public key as a JWK (RFC 8037), to check receipts with.
    #[must_use]
    pub fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x })
    }

    /// The receipt of an answer, as a compact JWS (RFC 7515).
    #[must_use]
    pub fn sign(&self, answer: &Answer, canonical: &str) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.id, "typ": "hjemmel-receipt+jws" });
        let paid: Vec<Value> = answer
            .privacy
            .iter()
            .map(|Privacy { lineage, nano_rho, .. }| json!({ "lineage": lineage, "nanoRho": nano_rho }))
            .collect();
        let payload = json!({
            "id": answer.id,
            "at": answer.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "project": answer.project,
            "decision": answer.decision,
            "question": hex(&Sha256::digest(canonical.as_bytes())),
            "values": values(answer),
            "paid": paid,
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&payload));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// SHA-256 of the values in the order of the cells, each as JSON on a line of its own.
#[must_use]
pub fn values(answer: &Answer) -> String {
    let cells = answer.layers.iter().flat_map(|layer| &layer.cells);
    let lines = cells.map(|cell| match &cell.value {
        Some(value) => format!("{value}\n"),
        None => "null\n".to_owned(),
    });
    hex(&Sha256::digest(lines.collect::<String>().as_bytes()))
}
