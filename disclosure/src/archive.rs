//! Releases at rest: written once, reopened only if not a byte has changed.
//!
//! A release read back from a database would otherwise be a release made by hand. The archive carries a
//! message authentication code under a key the database does not hold, so what comes back is what
//! [`crate::suppress`] released, or an error.

use crate::{Protection, Release, TableCells};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const MAGIC: &[u8] = b"hjemmel-release-1\n";
const MAC_LENGTH: usize = 32;

/// The key that vouches for archived releases.
#[derive(Clone)]
pub struct ArchiveKey([u8; 32]);

impl ArchiveKey {
    /// Takes the 32 bytes the key provider gives.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mac(&self, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(MAGIC);
        mac.update(body);
        Some(mac)
    }
}

impl std::fmt::Debug for ArchiveKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ArchiveKey(..)")
    }
}

/// An archive that is not a release of this installation.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Altered, truncated, or made under another key.
    #[error("the archived release does not verify under this installation's key")]
    NotOurs,
    /// It verifies but cannot be read: written by a newer version.
    #[error("the archived release cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// Writes a suppressed release for storage.
///
/// # Errors
/// When the release cannot be encoded.
pub fn pack(release: &Release<Vec<TableCells>>, key: &ArchiveKey) -> Result<Vec<u8>, ArchiveError> {
    let body = serde_json::to_vec(&(release.protection(), release.content()))?;
    let mac = key.mac(&body).ok_or(ArchiveError::NotOurs)?.finalize().into_bytes();
    Ok([MAGIC, mac.as_slice(), body.as_slice()].concat())
}

/// Reopens a stored release.
///
/// # Guarantee
/// The content equals, byte for byte, what [`pack`] was given under the same key.
///
/// # Errors
/// When it was altered or cannot be read.
pub fn unpack(bytes: &[u8], key: &ArchiveKey) -> Result<Release<Vec<TableCells>>, ArchiveError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(ArchiveError::NotOurs)?;
    let (mac, body) = rest.split_at_checked(MAC_LENGTH).ok_or(ArchiveError::NotOurs)?;
    key.mac(body)
        .ok_or(ArchiveError::NotOurs)?
        .verify_slice(mac)
        .map_err(|_| ArchiveError::NotOurs)?;
    let (protection, content): (Protection, Vec<TableCells>) = serde_json::from_slice(body)?;
    Ok(Release::new(content, protection, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    fn release() -> Release<Vec<TableCells>> {
        let cells = vec![Cell::Shown(12), Cell::Withheld, Cell::Missing];
        let table = TableCells { table: "S1101".to_owned(), year: 2024, cells };
        Release::new(vec![table], Protection::Suppressed, None)
    }

    #[test]
    fn what_was_packed_comes_back() {
        let key = ArchiveKey::new([7; 32]);
        let opened = unpack(&pack(&release(), &key).unwrap(), &key).unwrap();
        assert_eq!(opened.content(), release().content());
        assert_eq!(opened.protection(), Protection::Suppressed);
    }

    #[test]
    fn any_changed_byte_and_any_other_key_is_refused() {
        let key = ArchiveKey::new([7; 32]);
        let packed = pack(&release(), &key).unwrap();
        assert!(unpack(&packed, &ArchiveKey::new([8; 32])).is_err());
        for at in 0..packed.len() {
            let mut altered = packed.clone();
            altered[at] ^= 1;
            assert!(unpack(&altered, &key).is_err(), "byte {at}");
            assert!(unpack(&packed[..at], &key).is_err(), "length {at}");
        }
    }
}
