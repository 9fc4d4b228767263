//! Draws out of independent streams, in whole numbers only, so that the bytes are the same on every
//! machine and with every version of a random number crate.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// What a stream is for; streams for different uses are independent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    /// The factor of each place.
    Places = 1,
    /// What never changes about a person.
    Person = 2,
    /// Where a person lives in a year.
    Home = 3,
    /// A person's social assistance in a year.
    Assistance = 4,
    /// A person's part in the programme.
    Programme = 5,
}

/// One stream of draws.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of a use and whatever tells this draw from others of that use.
    pub(super) fn new(seed: u64, use_: Use, first: u64, second: u64) -> Self {
        let parts = [seed, use_ as u64, first, second];
        let mut key = [0; 32];
        for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0 up to but not including `end`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let scaled = u64::from(self.0.next_u32()) * u64::from(end);
        u32::try_from(scaled >> 32).unwrap_or_default()
    }

    /// As [`Draw::below`] for large numbers.
    pub(super) fn below_wide(&mut self, end: u64) -> u64 {
        let scaled = u128::from(self.0.next_u64()) * u128::from(end);
        u64::try_from(scaled >> 64).unwrap_or_default()
    }

    /// A number from `low` to `high`, both among them.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True `per_mille` times out of a thousand.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of the choices, by weight.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[(T, u32)]) -> T {
        let total = choices.iter().map(|(_, weight)| weight).sum();
        let mut rest = self.below(total);
        for (choice, weight) in choices {
            if rest < *weight {
                return *choice;
            }
            rest -= weight;
        }
        T::default()
    }

    /// A percentage that is 100 on average, skewed to the right: the product of two even ones, each
    /// within `spread` of 100.
    pub(super) fn skewed_percent(&mut self, spread: u32) -> u32 {
        let mut even = || self.between(100 - spread, 100 + spread);
        even() * even() / 100
    }
}
