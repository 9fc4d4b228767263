//! Messages under the long-lived key of the node that sends them.
//!
//! Whoever carries a message between nodes, the coordinator above all, can neither change it nor make one in another's
//! name: otherwise it could stand between every pair of nodes and take their masks away.

use crate::{Bytes, Directory, Fault, NodeId};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _};
use serde::{Deserialize, Serialize};

/// What can be signed: it says what it is, so that no message passes for one of another kind.
pub trait Signed {
    /// The kind of message, with its version.
    const KIND: &'static str;
    /// Who sends it.
    fn sender(&self) -> NodeId;
    /// What is signed: all of it, in one way of writing.
    fn to_sign(&self) -> Vec<u8>;
}

/// A message with its sender's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sealed<T> {
    message: T,
    signature: Bytes<64>,
}

impl<T: Signed> Sealed<T> {
    /// Signs a message.
    #[must_use]
    pub fn sign(message: T, key: &SigningKey) -> Self {
        let signature = Bytes(key.sign(&signed_over(&message)).to_bytes());
        Self { message, signature }
    }

    /// The message, if its sender is known and signed it.
    ///
    /// # Errors
    /// [`Fault::Stranger`] or [`Fault::NotSigned`].
    pub fn open(&self, directory: &Directory) -> Result<&T, Fault> {
        let sender = self.message.sender();
        let key = directory.get(&sender).ok_or(Fault::Stranger(sender))?;
        let signature = Signature::from_bytes(&self.signature.0);
        let signed = key.verify(&signed_over(&self.message), &signature);
        signed.map_err(|_| Fault::NotSigned(sender))?;
        Ok(&self.message)
    }
}

fn signed_over<T: Signed>(message: &T) -> Vec<u8> {
    [b"hjemmel/federation/".as_slice(), T::KIND.as_bytes(), b"\n", &message.to_sign()].concat()
}
