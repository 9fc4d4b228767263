//! The long-lived key of a node.

use super::super::Error;
use super::super::issuer::{is_exposed, key_set, thumbprint, write_private};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding,
};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::Value;
use std::path::Path;

/// An Ed25519 key that signs what a node says.
pub struct NodeKey {
    key: SigningKey,
    kid: String,
}

impl NodeKey {
    /// Makes a key file, readable by its owner alone; never writes over one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path, rng: &mut impl rand::CryptoRng) -> Result<Self, Error> {
        let key = Self::draw(rng);
        let pem = key.key.to_pkcs8_pem(LineEnding::LF).map_err(|e| Error::Key(e.to_string()))?;
        let failed = |source| Error::File { path: path.to_owned(), source };
        write_private(path, pem.as_bytes()).map_err(failed)?;
        Ok(key)
    }

    /// Takes up a key file.
    ///
    /// # Errors
    /// When there is none, it holds no key, or others can read it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::File { path: path.to_owned(), source };
        if is_exposed(path).map_err(failed)? {
            return Err(Error::KeyExposed(path.to_owned()));
        }
        let pem = std::fs::read_to_string(path).map_err(failed)?;
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|e| Error::Key(e.to_string()))?;
        Ok(Self { kid: thumbprint(&key), key })
    }

    /// A key that is kept nowhere.
    pub fn draw(rng: &mut impl rand::CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let key = SigningKey::from_bytes(&seed);
        Self { kid: thumbprint(&key), key }
    }

    /// The public part, as a key set that other nodes are given.
    #[must_use]
    pub fn key_set(&self) -> Value {
        key_set(&self.key, &self.kid)
    }

    /// What names the public part (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key, for messages that are no tokens.
    pub(crate) const fn signing(&self) -> &SigningKey {
        &self.key
    }

    /// The public part in base64url.
    pub(super) fn public(&self) -> String {
        super::super::issuer::public(&self.key)
    }

    /// A signed token with these parts.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }
}
