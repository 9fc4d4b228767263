//! Cell-key perturbation of counts: the same persons always get the same noise, in any table.
//!
//! Off by default, for installations that choose it for ad hoc counts.
//!
//! # Guarantee
//! A count of the same persons is always perturbed alike, so asking again tells nothing new; noise has mean zero, the
//! given variance and a public largest size; zero stays zero. It does **not** hide that a count is zero, tables do
//! not add up, sums of many disjoint counts average the noise away, and there is no bound as differential privacy
//! gives one. Whoever holds the key can undo it.
//!
//! # Source
//! Thompson, Broadfoot, Elazar, *Methodology for the automatic confidentialisation of statistical outputs from remote
//! servers*, UNECE 2013; maximum entropy table: Giessing, *Computational issues in the design of transition
//! probabilities*, 2016. Held by `tables_agree_with_the_reference` and `the_same_persons_get_the_same_noise`.

mod table;
#[cfg(test)]
mod tests;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use table::{Infeasible, PerturbationTable, TableParameters};

/// A person's or a cell's key: a whole number modulo 2^64, so that no order of adding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Key(u64);

impl Key {
    /// A person's key: keyed hash of the identifier, so that it is the same in every file and nobody else can make it.
    #[must_use]
    pub fn of(secret: &[u8; 32], person: &str) -> Self {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return Self(0) };
        mac.update(b"cell-key/1\0");
        mac.update(person.as_bytes());
        let digest = mac.finalize().into_bytes();
        Self(digest.iter().take(8).fold(0, |key, &byte| (key << 8) | u64::from(byte)))
    }

    /// The key of a cell that also holds the other's persons.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// The key as a share of 2^64.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a table has far fewer steps than 2^53")]
    pub fn share(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl FromIterator<Key> for Key {
    fn from_iter<I: IntoIterator<Item = Self>>(keys: I) -> Self {
        keys.into_iter().fold(Self::default(), Self::and)
    }
}
