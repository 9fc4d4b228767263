//! How encrypted identifiers are turned into what a grant allows.

/// The keys of the identifiers, held by the registers; this crate asks, it never sees a key.
pub trait Identities: Send + Sync {
    /// The national identifier behind a stored ciphertext of one column.
    ///
    /// # Errors
    /// When the ciphertext is not ours: wrong key, wrong column, or altered.
    fn reveal(&self, column: &str, ciphertext: &[u8]) -> Result<String, NotOurs>;

    /// The pseudonym of the same person within one grant's namespace; two namespaces never share one.
    ///
    /// # Errors
    /// When the key provider cannot make the namespace's key.
    fn pseudonym(&self, namespace: &str, ciphertext: &[u8]) -> Result<String, NotOurs>;
}

/// A ciphertext that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored identifier does not open under this installation's keys")]
pub struct NotOurs;
