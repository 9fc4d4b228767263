//! One side of a comparison.

use super::points::{MOST_POINTS, multiplied};
use super::{Broken, Commitment, Comparison, Persons, Points};
use crate::NodeId;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use rand::CryptoRng;
use rand::seq::SliceRandom as _;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashSet};
use zeroize::{Zeroize as _, Zeroizing};

/// A side's persons under its secret. The secret is drawn for one comparison and forgotten with it.
pub struct Set {
    comparison: Comparison,
    secret: Scalar,
    points: Points,
    commitment: Commitment,
}

impl Drop for Set {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// How two registers overlap in one stratum. It is exact, for disclosure control, and cannot be encoded or printed.
///
/// ```compile_fail
/// fn leave(overlap: &hjemmel_federation::psi::Overlap) -> String {
///     serde_json::to_string(overlap).unwrap()
/// }
/// ```
pub struct Overlap {
    both: u64,
    only_here: u64,
    only_there: u64,
}

impl Set {
    /// Blinds a side's persons.
    ///
    /// # Errors
    /// When there are more than can be compared, or what is compared is not known of them.
    pub fn new(
        comparison: Comparison,
        node: NodeId,
        persons: &Persons,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Broken> {
        let mut wide = Zeroizing::new([0; 64]);
        rng.fill_bytes(wide.as_mut());
        let secret = Scalar::from_bytes_mod_order_wide(&wide);
        let element = comparison.element;
        let all = persons.linkable(element).ok_or(Broken::NotHeld)?;
        if all.len() > MOST_POINTS {
            return Err(Broken::TooMany);
        }
        let bound = comparison.digest().0;
        // The digest of a number is on the stack of this closure alone, on its way to a point nobody sees unblinded. One map
        // makes it a point (MAP of RFC 9496, 4.3.4), where a point that is to look like chance by itself takes two. Only
        // products leave, and these look like chance if Diffie-Hellman's do: MAP can be inverted, so whoever tells them apart
        // could be given points drawn evenly, with digests to fit (a weak encoding: Brier et al., CRYPTO 2010).
        let mut points = multiplied(&all, &secret, |(number, spell)| {
            let mut digest = hashed(&bound, number.as_bytes());
            for variable in element.variables() {
                digest.update(b"\n");
                digest.update(spell.says(*variable));
            }
            let uniform: Zeroizing<[u8; 32]> = Zeroizing::new(digest.finalize().into());
            Ok(RistrettoPoint::map_to_curve(*uniform))
        })?;
        points.shuffle(rng);
        let points = Points(points);
        let commitment = Commitment {
            node,
            persons: u64::try_from(points.len()).unwrap_or(u64::MAX),
            stand_ins: persons.stand_ins(),
            unlinkable: persons.unlinkable(),
            points: points.digest(&comparison, node),
        };
        Ok(Self { comparison, secret, points, commitment })
    }

    /// What to send first.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment {
        &self.commitment
    }

    /// The points, to be sent when the other's commitment is there.
    #[must_use]
    pub const fn points(&self) -> &Points {
        &self.points
    }

    /// Multiplies the other's points and shuffles them, to be sent back.
    ///
    /// # Errors
    /// When they are not what the other committed to.
    pub fn answer(
        &self,
        theirs: &Points,
        committed: &Commitment,
        rng: &mut impl CryptoRng,
    ) -> Result<Points, Broken> {
        let count = u64::try_from(theirs.len()).unwrap_or(u64::MAX);
        let digest = theirs.digest(&self.comparison, committed.node);
        if committed.persons != count || committed.points != digest {
            return Err(Broken::NotCommitted);
        }
        distinct(theirs)?;
        let mut points = theirs.times(&self.secret)?;
        points.shuffle(rng);
        Ok(Points(points))
    }

    /// Counts, from what the other sent back of this side's points and what this side made of the other's.
    ///
    /// # Errors
    /// When what came back cannot be this side's points.
    pub fn compare(&self, came_back: &Points, made_of_theirs: &Points) -> Result<Overlap, Broken> {
        if came_back.len() != self.points.len() {
            return Err(Broken::Count);
        }
        let ours = distinct(came_back)?;
        let count = |points: &Points| u64::try_from(points.len()).unwrap_or(u64::MAX);
        let both = made_of_theirs.0.iter().filter(|point| ours.contains(*point)).count();
        let both = u64::try_from(both).unwrap_or(u64::MAX);
        Ok(Overlap {
            both,
            only_here: count(came_back).saturating_sub(both),
            only_there: count(made_of_theirs).saturating_sub(both),
        })
    }
}

/// The hash of a number in a comparison, to which what is said of the person may be added.
pub(super) fn hashed(comparison: &[u8; 32], number: &[u8]) -> Sha256 {
    Sha256::new()
        .chain_update(b"hjemmel/federation/person/2\n")
        .chain_update(comparison)
        .chain_update(number)
}

fn distinct(points: &Points) -> Result<HashSet<[u8; 32]>, Broken> {
    let all: HashSet<[u8; 32]> = points.0.iter().copied().collect();
    if all.len() == points.len() { Ok(all) } else { Err(Broken::NotPoints) }
}

impl Overlap {
    /// In both, only here, only there: exact, so that disclosure control can protect it.
    #[must_use]
    pub const fn into_unprotected(self) -> (u64, u64, u64) {
        (self.both, self.only_here, self.only_there)
    }
}

/// The digest of a list of strata.
#[must_use]
pub fn partition(strata: &BTreeSet<String>) -> crate::Bytes<32> {
    let mut all = sha2::Sha256::new();
    all.update(b"hjemmel/federation/partition/1\n");
    for stratum in strata {
        all.update(u64::try_from(stratum.len()).unwrap_or(u64::MAX).to_be_bytes());
        all.update(stratum.as_bytes());
    }
    crate::Bytes(all.finalize().into())
}
