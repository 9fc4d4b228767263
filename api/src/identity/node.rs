//! Calls between nodes: who brings a question, and whose question it is.
//!
//! A call carries three things. The node's own token (RFC 9068), signed with its long-lived key: made out to the holder,
//! good for a minute, used once, and naming the node as the actor of RFC 8693. A proof (RFC 9449) by a key of this
//! process that the token is bound to: of the method, the address and the query, so that a token that is stolen is good
//! for nothing else. And the caller's own token, as the caller sent it to the node that brings it: the holder checks the
//! signature of whoever issued it, so that no node can speak for a caller who did not ask.

mod incoming;
mod key;
mod outgoing;
mod receipt;
#[cfg(test)]
mod tests;

pub use incoming::{Counted, Incoming, NodeRefusal, Peering, Relayed};
pub use key::NodeKey;
pub use outgoing::{Call, Credentials, Outgoing, ReceiptClaims, Word, digest};
pub use receipt::{Receipt, read_receipt};

/// The header with the caller's own token.
pub const SUBJECT_TOKEN: &str = "Hjemmel-Subject-Token";
/// The header with the proof.
pub const PROOF: &str = "DPoP";
/// The longest from `iat` to `exp` of a node's token.
pub const MOST_LIFETIME_SECONDS: i64 = 120;
/// How far the clocks of two nodes may differ.
pub const LEEWAY_SECONDS: i64 = 30;
/// What the nodes speak: the first number changes when they no longer understand each other. With 1.1 came comparisons of what
/// is said of persons.
pub const PROTOCOL: (u16, u16) = (1, 1);

/// Whether a peer of this version is understood: the same first number, and at most one behind in the second.
#[must_use]
pub fn understands(version: &str) -> bool {
    let Some((major, minor)) = version.split_once('.') else { return false };
    let (Ok(major), Ok(minor)) = (major.parse::<u16>(), minor.parse::<u16>()) else { return false };
    major == PROTOCOL.0 && minor.saturating_add(1) >= PROTOCOL.1
}

/// The version this program speaks.
#[must_use]
pub fn version() -> String {
    format!("{}.{}", PROTOCOL.0, PROTOCOL.1)
}
