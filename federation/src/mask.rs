//! A node's side of a round.
//!
//! Every pair of nodes has a secret of the round (X25519 of keys drawn for it), and of that a stream of masks (HKDF,
//! then `ChaCha20`). The node with the lower number adds the stream to its cells modulo 2^64, the other subtracts it, so
//! that all masks are gone in the sum of all nodes, and in no other sum. Beside each cell goes, under masks of its own,
//! whether it is more than zero.

use crate::{
    Agreed, Bytes, Fault, Hello, Hellos, NodeId, Offer, Partial, Sealed, Signed, Verdict, offer,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// What a node remembers between rounds, durably.
pub trait Memory {
    /// Judges the round by [`crate::repeats::judge`] and remembers it, both in one transaction.
    ///
    /// # Errors
    /// [`Fault::Repeat`], or [`Fault::Memory`] when it could not be remembered; nothing may be sent then.
    fn enter(&mut self, agreed: &Agreed) -> Result<(), Fault>;
}

/// A node that has said hello and waits for the others'.
pub struct Joined {
    agreed: Agreed,
    node: NodeId,
    secret: StaticSecret,
    hello: Hello,
    partial: Partial,
}

/// A node that has sent its masked sums.
pub struct Sent {
    agreed: Agreed,
    node: NodeId,
    partial: Partial,
}

/// A node's sums under masks: alone, they are chance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Masked {
    pub(crate) round: Bytes<32>,
    pub(crate) node: NodeId,
    pub(crate) cells: Words,
    pub(crate) nonzero: Words,
}

/// Words of 64 bits, as base64 of their bytes, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<u64>);

impl Joined {
    /// Joins a round with one's own sums. Judge [`crate::Stance`] before.
    ///
    /// # Errors
    /// When the node takes no part in the round, or its sums are not as the plan says.
    pub fn new(
        agreed: Agreed,
        node: NodeId,
        partial: Partial,
        key: &SigningKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Sealed<Hello>), Fault> {
        if !agreed.has(node) {
            return Err(Fault::Stranger(node));
        }
        let largest = agreed.plan().largest;
        if partial.len() != agreed.cells() || partial.cells().iter().any(|cell| *cell > largest) {
            return Err(Fault::OutOfRange);
        }
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        let secret = StaticSecret::from(*seed);
        let mut salt = Zeroizing::new([0; 32]);
        rng.fill_bytes(salt.as_mut());
        let hello = Hello {
            round: agreed.digest(),
            node,
            key: Bytes(PublicKey::from(&secret).to_bytes()),
            commitment: commitment(&agreed, node, &partial, &salt),
        };
        let sealed = Sealed::sign(hello.clone(), key);
        Ok((Self { agreed, node, secret, hello, partial }, sealed))
    }

    /// Masks the sums against every other node; where the plan says that the coordinator is trusted, they are not masked.
    /// The round is remembered before anything can be sent.
    ///
    /// # Errors
    /// When the hellos are not one of each node, this one's own among them, or the round repeats an earlier one.
    pub fn mask(
        self,
        hellos: &Hellos,
        key: &SigningKey,
        memory: &mut dyn Memory,
    ) -> Result<(Sent, Sealed<Masked>), Fault> {
        if hellos.of(self.node) != Some(&self.hello) {
            return Err(Fault::NotMine);
        }
        if let Some(missing) = self.agreed.nodes().find(|node| hellos.of(*node).is_none()) {
            return Err(Fault::Missing(missing));
        }
        let count = self.agreed.cells();
        let mut cells = Zeroizing::new(self.partial.cells().to_vec());
        let mut nonzero: Zeroizing<Vec<u64>> =
            Zeroizing::new(cells.iter().map(|cell| u64::from(*cell > 0)).collect());
        let is_masked = !self.agreed.plan().trusted;
        for other in hellos.iter().filter(|other| is_masked && other.node != self.node) {
            let mut stream = self.stream(other)?;
            let adds = self.node < other.node;
            let words = cells.iter_mut().chain(nonzero.iter_mut()).take(2 * count);
            for word in words {
                let mask = stream.next_u64();
                *word = if adds { word.wrapping_add(mask) } else { word.wrapping_sub(mask) };
            }
        }
        memory.enter(&self.agreed)?;
        let masked = Masked {
            round: self.agreed.digest(),
            node: self.node,
            cells: Words(cells.to_vec()),
            nonzero: Words(nonzero.to_vec()),
        };
        let Self { agreed, node, partial, .. } = self;
        Ok((Sent { agreed, node, partial }, Sealed::sign(masked, key)))
    }

    /// The masks this node shares with another in this round.
    fn stream(&self, other: &Hello) -> Result<ChaCha20Rng, Fault> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(other.key.0));
        if !shared.was_contributory() {
            return Err(Fault::WeakKey(other.node));
        }
        let (low, high) =
            if self.node < other.node { (&self.hello, other) } else { (other, &self.hello) };
        let info = [
            b"hjemmel/federation/masks/1".as_slice(),
            low.node.as_str().as_bytes(),
            &low.key.0,
            high.node.as_str().as_bytes(),
            &high.key.0,
        ];
        let mut seed = Zeroizing::new([0; 32]);
        let secret = Hkdf::<Sha256>::new(Some(&self.agreed.digest().0), shared.as_bytes());
        secret.expand_multi_info(&info, seed.as_mut()).map_err(|_| Fault::WeakKey(other.node))?;
        Ok(ChaCha20Rng::from_seed(*seed))
    }
}

#[cfg(test)]
impl Joined {
    /// The first mask this node shares with another: what a coalition it is in knows.
    pub(crate) fn first_mask(&self, other: &Hello) -> u64 {
        self.stream(other).unwrap().next_u64()
    }
}

/// Binds a node to its sums, and tells nothing of them: the salt stays with the node.
fn commitment(agreed: &Agreed, node: NodeId, partial: &Partial, salt: &[u8; 32]) -> Bytes<32> {
    let mut all = Sha256::new();
    all.update(b"hjemmel/federation/commitment/1\n");
    all.update(agreed.digest().0);
    all.update(node.as_str().as_bytes());
    all.update(salt);
    partial.cells().iter().for_each(|cell| all.update(cell.to_le_bytes()));
    Bytes(all.finalize().into())
}

impl Sent {
    /// Looks at what the coordinator would publish and says which cells may not be, in this node's eyes. It looks
    /// once.
    ///
    /// # Errors
    /// When the offer is of another round or shape.
    pub fn judge(self, offer: &Offer, key: &SigningKey) -> Result<Sealed<Verdict>, Fault> {
        let objections = offer::objections(&self.agreed, self.partial.cells(), offer)?;
        let verdict = Verdict { round: self.agreed.digest(), node: self.node, objections };
        Ok(Sealed::sign(verdict, key))
    }
}

impl Signed for Masked {
    const KIND: &'static str = "masked/1";

    fn sender(&self) -> NodeId {
        self.node
    }

    fn to_sign(&self) -> Vec<u8> {
        let mut all = Sha256::new();
        for words in [&self.cells, &self.nonzero] {
            all.update(u64::try_from(words.0.len()).unwrap_or(u64::MAX).to_be_bytes());
            words.0.iter().for_each(|word| all.update(word.to_le_bytes()));
        }
        let digest: [u8; 32] = all.finalize().into();
        [self.round.0.as_slice(), self.node.as_str().as_bytes(), &digest].concat()
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|word| word.to_le_bytes()).collect();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let (words, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(D::Error::custom("not words of 64 bits"));
        }
        Ok(Self(words.iter().map(|word| u64::from_le_bytes(*word)).collect()))
    }
}
