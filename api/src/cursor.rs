//! Cursors of pages: opaque, and good only for the question that gave them.

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

    fn tag(&self, row: u64, scope: &str) -> [u8; 8] {
        // The key comes first and last and the length is fixed in between, so extending the hash gives nothing.
        let digest = Sha256::new()
            .chain_update(b"cursor")
            .chain_update(self.0)
            .chain_update(row.to_be_bytes())
            .chain_update(Sha256::digest(scope.as_bytes()))
            .chain_update(self.0)
            .finalize();
        let mut tag = [0; 8];
        tag.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        tag
    }

    /// A cursor that points after a row.
    #[must_use]
    pub fn seal(&self, row: u64, scope: &str) -> String {
        URL_SAFE_NO_PAD.encode([row.to_be_bytes(), self.tag(row, scope)].concat())
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
        let row = u64::from_be_bytes(row.try_into().map_err(|_| wrong())?);
        if self.tag(row, scope).as_slice() == tag { Ok(row) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
