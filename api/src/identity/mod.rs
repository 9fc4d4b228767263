//! Who is calling: bearer tokens in, a [`hjemmel_policy::Caller`] or a [`Refusal`] out.
//!
//! Two shapes of token are understood: Maskinporten's for organisations and OIDC access tokens for
//! people. `jsonwebtoken` checks the signature; whatever else RFC 8725 asks for, and it leaves
//! open, is checked here. The module refuses what it does not know: no key out of a token, no
//! algorithm, audience or issuer that the configuration does not name, no guess at a claim whose
//! shape is new. It never keeps or logs a token.

pub mod config;
pub mod issuer;
pub mod jwks;
pub mod node;
pub mod refusal;
pub mod verify;

mod claims;
mod json;
mod maskinporten;
mod people;
mod replay;
mod ring;
mod token;

#[cfg(test)]
mod tests;

pub use config::{Algorithm, IssuerConfig, KeySource, Kind, People};
pub use issuer::{DevIssuer, OrganisationToken, PEOPLE, PersonToken};
pub use json::repeated_member;
pub use node::{Incoming, NodeKey, NodeRefusal, Outgoing, Peering};
pub use refusal::{Reason, Refusal};
pub use verify::{TestIssuers, Verifier};

/// What keeps identity from being set up; tokens that are turned away are a [`Refusal`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings of an issuer contradict themselves or are unsafe.
    #[error("issuer `{issuer}`: {problem}")]
    Config {
        /// The issuer's name in the configuration.
        issuer: String,
        /// What is wrong, and with which setting.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("file `{}` could not be used", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A private key can be read by others than its owner.
    #[error("private key `{}` must be readable by its owner alone (mode 0600)", .0.display())]
    KeyExposed(std::path::PathBuf),
    /// The key set could not be fetched over HTTP.
    #[error("the key set could not be fetched")]
    Fetch(#[source] Box<ureq::Error>),
    /// The key set is not one.
    #[error("not a usable key set: {0}")]
    KeySet(&'static str),
    /// The development issuer's key could not be made, read or used.
    #[error("the development key could not be used: {0}")]
    Key(String),
}
