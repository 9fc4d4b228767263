//! Witnesses: others who sign the state of the record after they have seen that it only grew (C2SP
//! tlog-cosignature). Whoever owns the database and the notary's key can write another record, but cannot have
//! the witnesses sign it.

use super::opened;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use hjemmel_store::Root;
use signed_note::{Note, Signer, Verifier, VerifierList};
use tlog_tiles::Hash;
use tlog_tiles::tlog::check_tree;

/// What is in front of a witness's key: a cosignature with its time.
const COSIGNATURE_V1: u8 = 4;
/// What a key file begins with.
const SECRET: &str = "PRIVATE+WITNESS+";
/// Bytes of the time in front of a signature.
const TIME: usize = 8;

/// A witness's public key, as C2SP writes it: `name+id+key`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct WitnessKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl WitnessKey {
    /// Reads a key.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("it is not name+id+key".to_owned());
        };
        let bytes = STANDARD.decode(key).map_err(|_| "its key is not base64".to_owned())?;
        let Some((&COSIGNATURE_V1, public)) = bytes.split_first() else {
            return Err("it is no key of a witness".to_owned());
        };
        let public = public.try_into().ok().and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
        let key = public.ok_or_else(|| "it holds no Ed25519 key".to_owned())?;
        let read = Self::new(name, key)?;
        if u32::from_str_radix(id, 16) != Ok(read.id) || id.len() != 8 {
            return Err("its id is not the one of its name and key".to_owned());
        }
        Ok(read)
    }

    fn new(name: &str, key: VerifyingKey) -> Result<Self, String> {
        if !signed_note::is_key_name_valid(name) {
            return Err("its name is empty, or has blanks or a plus".to_owned());
        }
        let id =
            signed_note::key_id(name, &[&[COSIGNATURE_V1], key.as_bytes().as_slice()].concat());
        Ok(Self { name: name.to_owned(), id, key })
    }
}

impl TryFrom<String> for WitnessKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for WitnessKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = STANDARD.encode([&[COSIGNATURE_V1], self.key.as_bytes().as_slice()].concat());
        write!(f, "{}+{:08x}+{key}", self.name, self.id)
    }
}

impl Verifier for WitnessKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_at_checked(TIME) else { return false };
        let time = time.try_into().map(u64::from_be_bytes);
        let signature = Signature::from_slice(signature);
        time.is_ok_and(|time| {
            signature
                .is_ok_and(|signature| self.key.verify(&message(time, text), &signature).is_ok())
        })
    }
}

/// Somebody who signs states of a record that only grew.
pub struct Witness {
    public: WitnessKey,
    signing: SigningKey,
    seconds: u64,
}

impl Witness {
    /// A witness with a key of its own, at a moment.
    ///
    /// # Errors
    /// When the name cannot be one, which has neither blanks nor a plus.
    pub fn new(name: &str, seed: &[u8; 32], now: DateTime<Utc>) -> Result<Self, String> {
        let signing = SigningKey::from_bytes(seed);
        let public = WitnessKey::new(name, signing.verifying_key())?;
        Ok(Self { public, signing, seconds: u64::try_from(now.timestamp()).unwrap_or_default() })
    }

    /// The witness of a key file, as [`Witness::secret`] writes it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_secret(text: &str, now: DateTime<Utc>) -> Result<Self, String> {
        let wrong = || "it is no key file of a witness".to_owned();
        let rest = text.trim().strip_prefix(SECRET).ok_or_else(wrong)?;
        let (name, seed) = rest.split_once('+').ok_or_else(wrong)?;
        let seed = STANDARD.decode(seed).ok().and_then(|seed| <[u8; 32]>::try_from(seed).ok());
        Self::new(name, &seed.ok_or_else(wrong)?, now)
    }

    /// What to keep in a key file.
    #[must_use]
    pub fn secret(&self) -> String {
        let seed = STANDARD.encode(self.signing.to_bytes());
        format!("{SECRET}{}+{seed}\n", self.public.name)
    }

    /// The key to check with.
    #[must_use]
    pub const fn key(&self) -> &WitnessKey {
        &self.public
    }

    /// Signs the state `note` if it is the record's own and leads on from what was `seen` before: the same, or
    /// one that `proof` shows to have grown out of it.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn cosign(
        &self,
        note: &str,
        key: &str,
        seen: Option<&Root>,
        proof: &[[u8; 32]],
    ) -> Result<String, String> {
        let root = opened(note, key)?;
        if let Some(seen) = seen {
            grown(seen, &root, proof)?;
        }
        let mut note = Note::from_bytes(note.as_bytes()).map_err(|error| error.to_string())?;
        note.add_sigs(&[self]).map_err(|error| error.to_string())?;
        String::from_utf8(note.to_bytes()).map_err(|error| error.to_string())
    }
}

impl Signer for Witness {
    fn name(&self) -> &str {
        &self.public.name
    }

    fn key_id(&self) -> u32 {
        self.public.id
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        let signature = self.signing.try_sign(&message(self.seconds, text))?;
        Ok([self.seconds.to_be_bytes().as_slice(), &signature.to_bytes()].concat())
    }
}

/// Whether one state grew out of another.
fn grown(from: &Root, to: &Root, proof: &[[u8; 32]]) -> Result<(), String> {
    if from.size > to.size {
        return Err(format!("the record had {} events and has {} now", from.size, to.size));
    }
    let same = from.size == to.size && from.hash == to.hash;
    let hashes = proof.iter().map(|hash| Hash(*hash)).collect();
    let grew = || check_tree(&hashes, to.size, Hash(to.hash), from.size, Hash(from.hash)).is_ok();
    if from.size == 0 || same || (from.size < to.size && grew()) {
        return Ok(());
    }
    Err(format!("the first {} events are not those that were there before", from.size))
}

/// Checks that a state is the record's own and that a witness signed it; gives it with the witness's line.
///
/// # Errors
/// What is wrong, in words.
pub fn cosigned(note: &str, key: &str, witness: &WitnessKey) -> Result<(Root, String), String> {
    let root = opened(note, key)?;
    let read = Note::from_bytes(note.as_bytes()).map_err(|error| error.to_string())?;
    let known = VerifierList::new(vec![Box::new(witness.clone())]);
    let (verified, _) = read.verify(&known).map_err(|error| error.to_string())?;
    let line = verified.first().ok_or_else(|| format!("{} has not signed it", witness.name))?;
    let line = String::from_utf8(line.to_bytes()).map_err(|error| error.to_string())?;
    Ok((root, line.trim_end().to_owned()))
}

/// What a cosignature is over.
fn message(seconds: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {seconds}\n").as_bytes(), text].concat()
}

#[cfg(test)]
mod tests;
