//! What may leave, together with what was done to it.

use serde::{Deserialize, Serialize};

/// What was done to the numbers before they left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Exact, under a legal basis.
    Exact,
    /// Small counts and what would give them away are withheld.
    Suppressed,
    /// Small counts are rounded.
    Rounded,
    /// Calibrated noise was added.
    Noise,
    /// Holds nothing about persons.
    NoneNeeded,
}

impl Protection {
    /// The word in the `Hjemmel-Protection` header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Suppressed => "suppressed",
            Self::Rounded => "rounded",
            Self::Noise => "noise",
            Self::NoneNeeded => "none-needed",
        }
    }
}

/// The legal basis a release left under, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The grant.
    pub grant_id: String,
    /// Its version.
    pub grant_version: u32,
}

/// Content that has passed disclosure control; the only thing a response is made from.
#[must_use]
#[derive(Debug)]
pub struct Release<T> {
    content: T,
    protection: Protection,
    basis: Option<Basis>,
}

impl<T> Release<T> {
    /// Reserved for the methods of this crate.
    pub(crate) const fn new(content: T, protection: Protection, basis: Option<Basis>) -> Self {
        Self { content, protection, basis }
    }

    /// What was done.
    #[must_use]
    pub const fn protection(&self) -> Protection {
        self.protection
    }

    /// Under which grant.
    #[must_use]
    pub const fn basis(&self) -> Option<&Basis> {
        self.basis.as_ref()
    }

    /// The protected content.
    #[must_use]
    pub const fn content(&self) -> &T {
        &self.content
    }

    /// The protected content, by value.
    pub fn into_content(self) -> T {
        self.content
    }
}
