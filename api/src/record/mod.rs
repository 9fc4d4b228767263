//! The record of what was decided and done, as it is shown, exported, signed and checked.

pub mod export;
pub mod receipts;
pub mod verify;
pub mod witness;

use crate::problem::{Kind, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use hjemmel_registers::Keys;
use hjemmel_store::Root;
use sha2::{Digest, Sha256};
use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier};
use tlog_tiles::{Checkpoint, Hash};

/// What is in front of a key's bytes: Ed25519.
const ED25519: u8 = 1;

/// Signs the state of the record.
pub struct Notary {
    signer: StandardSigner,
    key: String,
    origin: String,
}

impl Notary {
    /// The notary of an installation: its key is drawn from the installation's own, so there is no further file
    /// to keep.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn new(keys: &Keys) -> Result<Self, signed_note::SignerError> {
        Self::of(keys.archive_key())
    }

    /// The notary whose key is drawn from these bytes.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn of(own: [u8; 32]) -> Result<Self, signed_note::SignerError> {
        let seed: [u8; 32] = Sha256::new()
            .chain_update(b"hjemmel record checkpoint 1\n")
            .chain_update(own)
            .chain_update(own)
            .finalize()
            .into();
        let signing = SigningKey::from_bytes(&seed);
        let public = signing.verifying_key();
        let print = hex::encode(Sha256::digest(public.to_bytes()).get(..8).unwrap_or_default());
        let origin = format!("hjemmel/record/{print}");
        let id = signed_note::key_id(&origin, &[&[ED25519], public.as_bytes().as_slice()].concat());
        let secret = STANDARD.encode([&[ED25519], seed.as_slice()].concat());
        let signer = StandardSigner::new(&format!("PRIVATE+KEY+{origin}+{id:08x}+{secret}"))?;
        let key = signed_note::new_ed25519_verifier_key(&origin, &public);
        Ok(Self { signer, key, origin })
    }

    /// The key to check with, as C2SP signed notes write it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The state of the record as a signed checkpoint (C2SP tlog-checkpoint).
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn sign(&self, root: &Root) -> Result<String, Problem> {
        let internal = || Problem::new(Kind::Internal);
        let checkpoint = Checkpoint::new(&self.origin, root.size, Hash(root.hash), "");
        let text = checkpoint.map_err(|_| internal())?.to_bytes();
        let mut note = Note::new(&text, &[]).map_err(|_| internal())?;
        note.add_sigs(&[&self.signer]).map_err(|_| internal())?;
        String::from_utf8(note.to_bytes()).map_err(|_| internal())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.signer.name()
    }
}

/// Whether this is a key that checkpoints can be checked with.
#[must_use]
pub fn is_key(key: &str) -> bool {
    StandardVerifier::new(key).is_ok()
}

/// Whether this is a signed note at all, whoever signed it.
#[must_use]
pub fn is_note(note: &str) -> bool {
    Note::from_bytes(note.as_bytes()).is_ok()
}

/// Reads a checkpoint and checks its signature.
///
/// # Errors
/// What is wrong with it, in words.
pub fn opened(note: &str, key: &str) -> Result<Root, String> {
    let verifier = StandardVerifier::new(key).map_err(|error| format!("the key: {error}"))?;
    let note = Note::from_bytes(note.as_bytes()).map_err(|error| error.to_string())?;
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    note.verify(&known).map_err(|error| error.to_string())?;
    let read = Checkpoint::from_bytes(note.text()).map_err(|error| error.to_string())?;
    Ok(Root { size: read.size(), hash: read.hash().0 })
}

#[cfg(test)]
mod tests;
