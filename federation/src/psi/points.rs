//! Points as they travel.

use super::{Broken, Comparison};
use crate::{Bytes, NodeId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity as _;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::num::NonZeroUsize;
use zeroize::Zeroizing;

/// The most persons of one side and stratum.
pub const MOST_POINTS: usize = 6_000_000;

/// Points that hide whom they are of, in an order of chance.
#[derive(Clone, PartialEq, Eq)]
pub struct Points(pub(super) Vec<[u8; 32]>);

/// What a side says before it has seen a point of the other's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commitment {
    /// Whose.
    pub node: NodeId,
    /// How many persons can be compared.
    pub persons: u64,
    /// How many records have a number that many persons may share.
    pub stand_ins: u64,
    /// How many records have no number, or none that is right.
    pub unlinkable: u64,
    /// A digest of the blinded points, in the order they will be sent.
    pub points: Bytes<32>,
}

impl Points {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A digest of blinded points: nothing of a number is in it that is not in them.
    pub(super) fn digest(&self, comparison: &Comparison, node: NodeId) -> Bytes<32> {
        let mut all = Sha256::new();
        all.update(b"hjemmel/federation/points/1\n");
        all.update(comparison.digest().0);
        all.update(node.as_str().as_bytes());
        self.0.iter().for_each(|point| all.update(point));
        Bytes(all.finalize().into())
    }

    /// Multiplies every point, on as many threads as there are cores.
    pub(super) fn times(&self, secret: &Scalar) -> Result<Vec<[u8; 32]>, Broken> {
        multiplied(&self.0, secret, |point| {
            let point = CompressedRistretto(*point).decompress().ok_or(Broken::NotPoints)?;
            // The only point that stays what it is.
            if point.is_identity() { Err(Broken::NotPoints) } else { Ok(point) }
        })
    }
}

/// How many points are written down together.
const TOGETHER: usize = 512;

/// Makes a point of every one of many and multiplies it by a secret, in parts that are done side by side.
///
/// Writing a point down takes an inversion, and many can share one where what is written is twice the point: so each is
/// multiplied by half the secret.
pub(super) fn multiplied<T: Sync>(
    all: &[T],
    secret: &Scalar,
    point: impl Fn(&T) -> Result<RistrettoPoint, Broken> + Sync,
) -> Result<Vec<[u8; 32]>, Broken> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let part = all.len().div_ceil(cores).max(1);
    let half = Zeroizing::new(Scalar::from(2_u8).invert() * secret);
    let (point, half) = (&point, &*half);
    let of_part = move |part: &[T]| {
        let mut done = Vec::with_capacity(part.len());
        let mut points = Vec::with_capacity(TOGETHER);
        for some in part.chunks(TOGETHER) {
            points.clear();
            for one in some {
                points.push(point(one)? * half);
            }
            let written = RistrettoPoint::double_and_compress_batch(&points);
            done.extend(written.iter().map(CompressedRistretto::to_bytes));
        }
        Ok::<_, Broken>(done)
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            all.chunks(part).map(|part| scope.spawn(move || of_part(part))).collect();
        let mut done = Vec::with_capacity(all.len());
        for part in parts {
            done.extend(part.join().map_err(|_| Broken::NotPoints)??);
        }
        Ok(done)
    })
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0.as_flattened()))
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let (points, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || points.len() > MOST_POINTS {
            return Err(D::Error::custom("not points, or too many"));
        }
        Ok(Self(points.to_vec()))
    }
}

#[cfg(test)]
impl std::fmt::Debug for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} points", self.0.len())
    }
}
