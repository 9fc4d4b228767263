//! Cursors of pages: opaque, and good only for the grant and dataset that gave them.

use crate::problem::{Kind, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The key that vouches for cursors.
pub struct Key([u8; 32]);

impl Key {
    /// Takes a key of this installation.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    // The key comes first and last and the length is fixed in between, so extending the hash gives nothing.
    fn digest(&self, label: &[u8], middle: [u8; 8], scope: &str) -> [u8; 8] {
        let digest = Sha256::new()
            .chain_update(label)
            .chain_update(self.0)
            .chain_update(middle)
            .chain_update(Sha256::digest(scope.as_bytes()))
            .chain_update(self.0)
            .finalize();
        let mut short = [0; 8];
        short.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        short
    }

    fn tag(&self, row: u64, scope: &str) -> [u8; 8] {
        self.digest(b"cursor", row.to_be_bytes(), scope)
    }

    /// Hides a row under a pad made of the tag, and shows it again. The place of a record in the whole file
    /// would tell a caller how many records there are of others before its own.
    fn cover(&self, row: u64, tag: [u8; 8], scope: &str) -> u64 {
        row ^ u64::from_be_bytes(self.digest(b"cursor pad", tag, scope))
    }

    /// A cursor that points after a row.
    #[must_use]
    pub fn seal(&self, row: u64, scope: &str) -> String {
        let tag = self.tag(row, scope);
        let covered = self.cover(row, tag, scope).to_be_bytes();
        URL_SAFE_NO_PAD.encode([covered, tag].concat())
    }

    /// The row a cursor points after.
    ///
    /// # Errors
    /// 400 when it was not given for this question.
    pub fn open(&self, cursor: &str, scope: &str) -> Result<u64, Problem> {
        let wrong = || {
            Problem::new(Kind::ParameterError).detail(
                "`cursor` gjelder ikke dette uttrekket, eller utgaven er skiftet ut; begynn på nytt",
                "`cursor` is not of this extract, or the edition has been replaced; start again",
            )
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        let (row, tag) = bytes.split_at_checked(8).ok_or_else(wrong)?;
        let tag: [u8; 8] = tag.try_into().map_err(|_| wrong())?;
        let covered = u64::from_be_bytes(row.try_into().map_err(|_| wrong())?);
        let row = self.cover(covered, tag, scope);
        if self.tag(row, scope) == tag { Ok(row) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_does_not_tell_the_row() {
        let key = Key::new([3; 32]);
        for row in [0u64, 1, 255, 130_000, u64::MAX] {
            let cursor = key.seal(row, "nav 11/2024/1");
            let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            assert!(!bytes.windows(8).any(|eight| eight == row.to_be_bytes()), "{row}");
            assert_eq!(key.open(&cursor, "nav 11/2024/1").unwrap(), row);
        }
    }

    #[test]
    fn a_cursor_is_good_only_for_its_own_question() {
        let key = Key::new([3; 32]);
        let cursor = key.seal(41, "nav 11/2024/1");
        assert_eq!(key.open(&cursor, "nav 11/2024/1").unwrap(), 41);
        assert!(key.open(&cursor, "husbanken 11/2024/1").is_err());
        assert!(Key::new([4; 32]).open(&cursor, "nav 11/2024/1").is_err());
        assert!(key.open("AAAA", "nav 11/2024/1").is_err());
    }
}
