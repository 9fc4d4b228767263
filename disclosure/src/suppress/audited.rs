//! The attack on a finished pattern, without which nothing is released.
//!
//! # Guarantee
//! What [`super::algebra`] and [`super::intervals`] promise, shown anew from the pattern and its alternative tables.
//!
//! # Source
//! Own. Held by `no_pattern_gives_anything_away` and `dropping_any_secondary_cell_of_a_minimal_pattern_is_caught`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::algebra::in_span;
use super::demand::ruled_out_by;
use super::distinct::{Distinct, column};
use super::error::Error;
use super::field::Column;
use super::moves::{Move, effects};
use super::pattern::{Primary, Secondary};
use super::threads::both;
use crate::audit::Change;
use crate::{Basis, Protection, Reason, Release, Status, System};
use std::collections::BTreeSet;

/// The last step, and the only one a release can be made from: the finished pattern withstood the attackers.
pub struct Audited {
    statuses: Vec<Status>,
    reasons: Vec<Option<Reason>>,
    evidence: Evidence,
    tables: Vec<Change>,
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
    /// The fewest possible values proved for a primary count; of amounts the ends are proved and not what lies between.
    pub narrowest_primary: Option<u64>,
    /// Alternative tables that fit everything shown.
    pub alternatives: usize,
    /// Primary cells proved against single persons who know their own place.
    pub insiders_proved: usize,
    /// Cells withheld before for others' sake that nobody can tell now either.
    #[serde(default)]
    pub earlier_kept: usize,
    /// Such cells that could not be protected any more, and may be told.
    #[serde(default)]
    pub earlier_lost: usize,
}

impl Evidence {
    /// What became of cells that were withheld before for others' sake, as a line of the account; none where there are
    /// none.
    pub(crate) fn of_earlier(&self) -> Option<(String, String)> {
        let (kept, lost) = (self.earlier_kept, self.earlier_lost);
        (kept + lost > 0).then(|| {
            let told = format!("{kept} still unknown, {lost} may be told from both");
            ("withheld_before".to_owned(), told)
        })
    }
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
        let bounds = self.primary.rule.bounds;
        let weigh = || if bounds { self.weigh(&withheld) } else { self.by_adding(&withheld) };
        let (known, evidence) = both(self.primary.threads, || self.is_known(&withheld), weigh);
        if known {
            return Err(Error::AuditFailed("a withheld cell is a combination of shown cells"));
        }
        let evidence = evidence?;
        let statuses = self.primary.distinct.class.iter().map(|&c| match c as usize {
            c if self.primary.own[c] => Status::Primary,
            c if self.shown[c] => Status::Shown,
            _ => Status::Secondary,
        });
        let statuses = statuses.collect();
        let reasons = self.primary.reasons.iter().zip(&self.primary.distinct.class);
        let reasons = reasons.map(|(own, &c)| own.or(self.added[c as usize])).collect();
        let tables = self.moves.iter().map(|change| self.primary.distinct.spread(change));
        Ok(Audited { statuses, reasons, evidence, tables: tables.collect() })
    }

    /// Whether a withheld cell is a combination of shown ones.
    fn is_known(&self, withheld: &[usize]) -> bool {
        let system = &self.primary.distinct.system;
        let given = self.primary.spanning(&self.shown);
        let asked: Vec<Column> = withheld.iter().map(|&c| column(system.cell(c))).collect();
        in_span(system.atoms(), given, &asked).contains(&true)
    }

    /// Checks every alternative table against the shown cells and counts what they prove.
    fn weigh(&self, withheld: &[usize]) -> Result<Evidence, Error> {
        let Primary { distinct: Distinct { system, .. }, own, demand, .. } = &self.primary;
        let cells_of = cells_by_atom(system);
        let mut sums = vec![0; system.cells()];
        let (left, right) = sides_by_atom(system);
        let mut balances = vec![0; system.links().len()];
        let mut proofs: Vec<Vec<(u32, i64)>> = vec![Vec::new(); system.cells()];
        for (index, change) in (0_u32..).zip(&self.moves) {
            let changed = effects(change, &cells_of, &mut sums);
            // Links are equal sums: what a move does to the one side it must do to the other.
            let kept =
                effects(change, &left, &mut balances) == effects(change, &right, &mut balances);
            self.fits(change, &changed, kept)?;
            for (cell, by) in changed {
                proofs[cell as usize].push((index, by));
            }
        }
        let mut evidence = self.counted(withheld);
        for &cell in withheld {
            let values: BTreeSet<i64> = proofs[cell].iter().map(|proof| proof.1).collect();
            if !demand.need(cell).is_met(&values) {
                return Err(Error::AuditFailed("a withheld cell has too few possible values"));
            }
            evidence.intervals_proved += 1;
            if !own[cell] {
                continue;
            }
            if !system.is_magnitude() {
                let width = values.len() as u64 + 1;
                evidence.narrowest_primary =
                    Some(evidence.narrowest_primary.map_or(width, |w| w.min(width)));
            }
            if demand.insiders > 0 {
                let moves = proofs[cell].iter().map(|proof| &self.moves[proof.0 as usize]);
                let lists: Vec<Vec<u32>> = moves.map(|m| ruled_out_by(system, m)).collect();
                if demand.ruling_out(cell, lists.iter().map(Vec::as_slice)).is_some() {
                    return Err(Error::AuditFailed("a person could tell a primary cell"));
                }
                evidence.insiders_proved += 1;
            }
        }
        Ok(evidence)
    }

    /// Evidence of nothing yet.
    fn counted(&self, withheld: &[usize]) -> Evidence {
        let Primary { own, guarded, .. } = &self.primary;
        let held = |shown: bool| {
            let held = (0..guarded.len()).filter(|&cell| guarded[cell] && !own[cell]);
            held.filter(|&cell| self.shown[cell] == shown).count()
        };
        Evidence {
            algebra_tested: withheld.len(),
            intervals_proved: 0,
            withheld: withheld.len(),
            narrowest_primary: None,
            alternatives: self.moves.len(),
            insiders_proved: 0,
            earlier_kept: held(false),
            earlier_lost: held(true),
        }
    }

    /// What is shown of a pattern that bounds were left out of.
    fn by_adding(&self, withheld: &[usize]) -> Result<Evidence, Error> {
        if !self.primary.told_inside(&self.shown).is_empty() {
            return Err(Error::AuditFailed("a person could tell a primary cell"));
        }
        let own = withheld.iter().filter(|&&cell| self.primary.own[cell]).count();
        let insiders_proved = if self.primary.demand.insiders > 0 { own } else { 0 };
        Ok(Evidence { insiders_proved, ..self.counted(withheld) })
    }

    /// Whether the true table plus this change, which does this to the cells, fits everything a reader knows.
    fn fits(&self, change: &Move, changed: &[(u32, i64)], links_kept: bool) -> Result<(), Error> {
        let system = &self.primary.distinct.system;
        let demand = &self.primary.demand;
        let below = |&(atom, by): &(u32, i64)| system.values()[atom as usize] + by < 0;
        let allowed = |&(cell, by): &(u32, i64)| {
            let cell = cell as usize;
            !self.shown[cell] && demand.allows(system.value(cell) + by)
        };
        let breach = (demand.least.is_some() && change.iter().any(below))
            || !changed.iter().all(allowed)
            || !links_kept;
        if breach {
            return Err(Error::AuditFailed("an alternative table does not fit what is shown"));
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

    /// Other tables that fit all that is shown, by what they change of the inner cells.
    #[must_use]
    pub(crate) fn tables(&self) -> &[Change] {
        &self.tables
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

/// For every atom the links it is in, on the one side and on the other.
pub(super) fn sides_by_atom(system: &System) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let (mut left, mut right) =
        (vec![Vec::new(); system.atoms()], vec![Vec::new(); system.atoms()]);
    for (index, link) in (0_u32..).zip(system.links()) {
        link.left.iter().for_each(|&atom| left[atom as usize].push(index));
        link.right.iter().for_each(|&atom| right[atom as usize].push(index));
    }
    (left, right)
}
