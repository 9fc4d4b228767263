//! AES-SIV over single identifiers.
//!
//! A stored ciphertext is one byte that tells its kind, then what the kind needs:
//! *linkable* (1): the AES-SIV of the number with the column as associated data, equal for equal numbers;
//! *row-bound* (2): eight bytes naming the row, then the AES-SIV with column and row as associated data,
//! so that equal values in two rows look unrelated.

use aes::Aes256Enc;
use aes_siv::{KeyInit, siv::Siv};
use cmac::Cmac;

/// The hidden column of linkable ciphertexts, which pseudonyms are made from.
pub(crate) const PERSON: &str = "_person";

const LINKABLE: u8 = 1;
const ROW_BOUND: u8 = 2;
const TAG: usize = 16;
const ROW: usize = 8;

/// Where a row-bound ciphertext belongs.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Reporting year.
    pub year: u16,
    /// Number of the edition.
    pub version: u32,
    /// Line of the file.
    pub line: u64,
}

impl Place {
    /// Eight bytes, different for every row of an edition; years and editions may share one, which
    /// AES-SIV bears: only the very same value in the very same row would then look the same.
    fn bytes(self) -> [u8; ROW] {
        let edition = u64::from(self.year) << 8 ^ u64::from(self.version);
        (edition << 40 ^ self.line).to_le_bytes()
    }
}

/// AES-CMAC-SIV with a key of 512 bits (RFC 5297). Neither direction decrypts a block, so that only the keys
/// that encrypt one are made; the counter's are made anew for every value.
type Aes256Siv = Siv<Aes256Enc, Cmac<Aes256Enc>>;

/// One thread's hold on the identifier key.
pub(crate) struct Cipher(Aes256Siv);

impl Cipher {
    /// A cipher over a key.
    pub(crate) fn new(key: &[u8; 64]) -> Self {
        Self(Aes256Siv::new(key.into()))
    }

    /// Appends the linkable ciphertext of a person's number.
    pub(crate) fn seal_person(&mut self, number: &[u8], out: &mut Vec<u8>) -> Option<()> {
        out.push(LINKABLE);
        self.seal(&[PERSON.as_bytes()], number, out)
    }

    /// Appends the ciphertext of an identifier, bound to its row.
    pub(crate) fn seal_in_row(
        &mut self,
        column: &str,
        place: Place,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let row = place.bytes();
        out.push(ROW_BOUND);
        out.extend_from_slice(&row);
        self.seal(&[column.as_bytes(), &row], plain, out)
    }

    /// The identifier behind a ciphertext of a column, if it is ours.
    pub(crate) fn open(&mut self, column: &str, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let (&kind, rest) = ciphertext.split_first()?;
        match kind {
            LINKABLE => self.0.decrypt([column.as_bytes()], rest).ok(),
            ROW_BOUND => {
                let (row, rest) = rest.split_at_checked(ROW)?;
                self.0.decrypt([column.as_bytes(), row], rest).ok()
            }
            _ => None,
        }
    }

    /// The part of a linkable ciphertext that stands for the person; none for any other.
    pub(crate) fn linkable(ciphertext: &[u8]) -> Option<&[u8]> {
        match ciphertext.split_first()? {
            (&LINKABLE, rest) if rest.len() > TAG => Some(rest),
            _ => None,
        }
    }

    /// What was sealed with the same headers, if it was.
    pub(crate) fn open_part(&mut self, headers: &[&[u8]], ciphertext: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(headers, ciphertext).ok()
    }

    /// Appends the tag and ciphertext of a plain text with headers.
    pub(crate) fn seal(
        &mut self,
        headers: &[&[u8]],
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let start = out.len();
        out.resize(start + TAG, 0);
        out.extend_from_slice(plain);
        let (tag, body) = out.get_mut(start..)?.split_at_mut_checked(TAG)?;
        let computed = self.0.encrypt_inout_detached(headers, body.into()).ok()?;
        tag.copy_from_slice(&computed);
        Some(())
    }
}
