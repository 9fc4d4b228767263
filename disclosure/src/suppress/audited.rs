//! The attack on a finished pattern, without which nothing is released.
//!
//! # Guarantee
//! What [`super::algebra`] and [`super::intervals`] promise, shown anew from the pattern alone.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::algebra::in_span;
use super::error::Error;
use super::field::Column;
use super::intervals::{emptied, hitting};
use super::moves::{Move, effect};
use super::pattern::{Distinct, Primary, Secondary, column, links};
use crate::{Basis, Protection, Reason, Release, Status, System};
use std::collections::{BTreeMap, BTreeSet};

/// The last step, and the only one a release can be made from: the finished pattern withstood the attackers.
pub struct Audited {
    statuses: Vec<Status>,
    reasons: Vec<Option<Reason>>,
    evidence: Evidence,
}

/// What the final audit found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Withheld cells tested against linear combinations of all shown cells.
    pub algebra_tested: usize,
    /// Withheld cells with a proof of enough possible values.
    pub intervals_proved: usize,
    /// Withheld cells there are.
    pub withheld: usize,
    /// The fewest possible values proved for a primary cell.
    pub narrowest_primary: Option<u64>,
    /// Alternative tables that fit everything shown.
    pub alternatives: usize,
    /// Primary cells proved against single persons who know their own place.
    pub insiders_proved: usize,
}

impl Secondary<'_> {
    /// Attacks the finished pattern afresh: nothing the earlier steps concluded is believed.
    ///
    /// # Errors
    /// When the pattern does not hold, which would be a fault of this program; nothing is released then.
    pub fn audit(self) -> Result<Audited, Error> {
        let system = &self.primary.distinct.system;
        let withheld: Vec<usize> = (0..system.cells()).filter(|&c| !self.shown[c]).collect();
        if (0..system.cells()).any(|c| self.primary.own[c] && self.shown[c]) {
            return Err(Error::AuditFailed("a primary cell is shown"));
        }
        let mut given: Vec<Column> = (0..system.cells())
            .filter(|&c| self.shown[c])
            .map(|c| column(system.cell(c)))
            .collect();
        given.extend(links(system));
        let asked: Vec<Column> = withheld.iter().map(|&c| column(system.cell(c))).collect();
        if in_span(system.atoms(), given, &asked).contains(&true) {
            return Err(Error::AuditFailed("a withheld cell is a combination of shown cells"));
        }
        let evidence = self.weigh(&withheld)?;
        let statuses = self.primary.distinct.class.iter().map(|&c| match c as usize {
            c if self.primary.own[c] => Status::Primary,
            c if self.shown[c] => Status::Shown,
            _ => Status::Secondary,
        });
        let statuses = statuses.collect();
        let reasons = self.primary.reasons.iter().zip(&self.primary.distinct.class);
        let reasons = reasons.map(|(own, &c)| own.or(self.added[c as usize])).collect();
        Ok(Audited { statuses, reasons, evidence })
    }

    /// Checks every alternative table against the shown cells and counts what they prove.
    fn weigh(&self, withheld: &[usize]) -> Result<Evidence, Error> {
        let Primary { distinct: Distinct { system, .. }, own, demand, .. } = &self.primary;
        let cells_of = cells_by_atom(system);
        for change in &self.moves {
            self.fits(change, &cells_of)?;
        }
        let mut evidence = Evidence {
            algebra_tested: withheld.len(),
            intervals_proved: 0,
            withheld: withheld.len(),
            narrowest_primary: None,
            alternatives: self.moves.len(),
            insiders_proved: 0,
        };
        let index = by_atom(system.atoms(), &self.moves);
        for &cell in withheld {
            let mut near: Vec<u32> =
                system.cell(cell).iter().flat_map(|&a| index[a as usize].iter().copied()).collect();
            near.sort_unstable();
            near.dedup();
            let effects: Vec<(i64, u32)> = near
                .into_iter()
                .map(|m| (effect(&self.moves[m as usize], system.cell(cell)), m))
                .filter(|e| e.0 != 0)
                .collect();
            let values: BTreeSet<i64> = effects.iter().map(|e| e.0).collect();
            let width = values.len() as u64 + 1;
            if width < if own[cell] { demand.primary } else { 2 } {
                return Err(Error::AuditFailed("a withheld cell has too few possible values"));
            }
            evidence.intervals_proved += 1;
            if own[cell] {
                evidence.narrowest_primary =
                    Some(evidence.narrowest_primary.map_or(width, |w| w.min(width)));
                let emptied: Vec<Vec<u32>> =
                    effects.iter().map(|e| emptied(system, &self.moves[e.1 as usize])).collect();
                if demand.insider_atoms > 0 {
                    if hitting(&emptied, demand.insider_atoms).is_some() {
                        return Err(Error::AuditFailed("a person could tell a primary cell"));
                    }
                    evidence.insiders_proved += 1;
                }
            }
        }
        Ok(evidence)
    }

    /// Whether the true table plus this change fits everything a reader knows.
    fn fits(&self, change: &Move, cells_of: &[Vec<u32>]) -> Result<(), Error> {
        let system = &self.primary.distinct.system;
        let breach = Err(Error::AuditFailed("an alternative table does not fit what is shown"));
        if change.iter().any(|&(atom, by)| system.values()[atom as usize] + by < 0) {
            return breach;
        }
        let mut moved = BTreeMap::new();
        for &(atom, by) in change {
            for &cell in &cells_of[atom as usize] {
                *moved.entry(cell).or_insert(0) += by;
            }
        }
        let allowed = |(&cell, &by): (&u32, &i64)| {
            let cell = cell as usize;
            if self.shown[cell] {
                by == 0
            } else {
                system.value(cell) + by >= self.primary.demand.least
            }
        };
        if !moved.iter().all(allowed) {
            return breach;
        }
        if system.links().iter().any(|l| side(change, &l.left) != side(change, &l.right)) {
            return breach;
        }
        Ok(())
    }
}

impl Audited {
    /// What becomes of every cell.
    #[must_use]
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// Why, for those withheld.
    #[must_use]
    pub fn reasons(&self) -> &[Option<Reason>] {
        &self.reasons
    }

    /// What the audit found.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Lets content leave that was made from this pattern, which is thereby used up.
    #[expect(clippy::unused_self, reason = "having the audited pattern is the permission")]
    pub(super) fn release<T>(
        self,
        content: T,
        protection: Protection,
        basis: Option<Basis>,
    ) -> Release<T> {
        Release::new(content, protection, basis)
    }
}

/// For every atom the cells that add it up.
pub(super) fn cells_by_atom(system: &System) -> Vec<Vec<u32>> {
    let mut cells = vec![Vec::new(); system.atoms()];
    for (index, cell) in (0_u32..).zip((0..system.cells()).map(|c| system.cell(c))) {
        for &atom in cell {
            cells[atom as usize].push(index);
        }
    }
    cells
}

/// For every atom the moves that change it.
fn by_atom(atoms: usize, moves: &[Move]) -> Vec<Vec<u32>> {
    let mut index = vec![Vec::new(); atoms];
    for (number, change) in (0_u32..).zip(moves) {
        for &(atom, _) in change {
            index[atom as usize].push(number);
        }
    }
    index
}

fn side(change: &Move, atoms: &[u32]) -> i64 {
    let mut atoms = atoms.to_vec();
    atoms.sort_unstable();
    effect(change, &atoms)
}
