//! From a rule to a pattern, one type for each step.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::algebra::{in_span, refuse};
use super::audited::cells_by_atom;
use super::demand::Demand;
use super::distinct::{Distinct, column, links};
use super::economy::thrift;
use super::error::Error;
use super::field::Column;
use super::intervals::{Prover, Unprotectable};
use super::moves::Move;
use super::primary;
use super::threads::{self, each};
use super::weave::First;
use super::{Stage, Watch};
use crate::{Reason, Rule, System};

/// How much it is wished that a cell stays shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// Less than any other: sums that came beside others and shall not cost them anything.
    Less,
    /// As much as its value says.
    #[default]
    No,
    /// More than any number of others: sums of the country.
    Sum,
    /// More than any number of those: totals of the country and of counties.
    Total,
}

/// What is wished for each cell besides the rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Cells that are shown if it can be avoided to withhold them.
    pub kept: Vec<Keep>,
    /// Cells that were published before and stay shown.
    pub published: Vec<bool>,
    /// Cells that are withheld rather than others where there is a choice: those withheld last year.
    pub preferred: Vec<bool>,
    /// Cells that were withheld before for others' sake: nobody shall be able to tell them now either, if that can be.
    pub held: Vec<bool>,
    /// Cells withheld for a reason the system does not know.
    pub withheld: Vec<Option<Reason>>,
    /// How many atoms of one edition one person is counted in; 0 means one.
    pub atoms_a_person: usize,
    /// By atom the editions it is of, a bit for each; none where there is one edition.
    ///
    /// An atom of several editions is one that did not change, and who is in it is taken to be in it in all of them.
    pub editions_of: Vec<u32>,
    /// Whether a number that is published in several cells is lost several times when it is withheld.
    pub every_cell_counts: bool,
    /// On how many threads it is worked out; 0 means as many as there are cores. It changes nothing else.
    pub threads: usize,
}

impl Terms {
    pub(super) fn keep(&self, cell: usize) -> Keep {
        self.kept.get(cell).copied().unwrap_or_default()
    }

    pub(super) fn is_published(&self, cell: usize) -> bool {
        self.published.get(cell).copied().unwrap_or(false)
    }

    pub(super) fn is_held(&self, cell: usize) -> bool {
        self.held.get(cell).copied().unwrap_or(false)
    }

    pub(super) fn is_preferred(&self, cell: usize) -> bool {
        self.preferred.get(cell).copied().unwrap_or(false)
    }
}

/// The first step: what must be withheld for its own sake.
pub struct Primary<'a> {
    pub(super) rule: &'a Rule,
    pub(super) distinct: Distinct,
    pub(super) reasons: Vec<Option<Reason>>,
    pub(super) own: Vec<bool>,
    /// By distinct cell whether it is to be proved: primary ones, and those withheld before.
    pub(super) guarded: Vec<bool>,
    pub(super) demand: Demand,
    pub(super) threads: usize,
}

/// A pattern and why it holds.
pub(super) struct Settled {
    pub(super) shown: Vec<bool>,
    /// What is proved.
    pub(super) guarded: Vec<bool>,
    pub(super) added: Vec<Option<Reason>>,
    pub(super) moves: Vec<Move>,
}

/// Up to so many cells several beginnings are tried, each made better in turns, and the best pattern taken.
const SMALL: usize = 3_000;
/// How many turns that takes at most.
const TURNS: usize = 4;

/// Up to so many cells it is tried to show each secondary one again.
const FRUGAL: usize = 10_000;

/// The second step: more is withheld so that nothing primary can be worked out.
pub struct Secondary<'a> {
    pub(super) primary: Primary<'a>,
    pub(super) shown: Vec<bool>,
    pub(super) added: Vec<Option<Reason>>,
    pub(super) moves: Vec<Move>,
}

impl<'a> Primary<'a> {
    /// Applies the primary rules.
    ///
    /// # Errors
    /// When a cell that must stay shown is primary.
    pub fn of(system: &System, terms: &Terms, rule: &'a Rule) -> Result<Self, Error> {
        let class = system.classes();
        let mut reasons: Vec<Option<Reason>> = (0..system.cells())
            .map(|c| {
                terms
                    .withheld
                    .get(c)
                    .copied()
                    .flatten()
                    .or_else(|| primary::reason(system, c, rule))
            })
            .collect();
        let own: Vec<bool> = reasons.iter().map(Option::is_some).collect();
        let distinct = Distinct::new(system, &class, terms, rule);
        let mut withheld = vec![false; distinct.system.cells()];
        for (cell, &class) in distinct.class.iter().enumerate() {
            withheld[class as usize] |= own[cell];
        }
        for (cell, &class) in distinct.class.iter().enumerate() {
            if withheld[class as usize] {
                reasons[cell].get_or_insert(Reason::SameCell);
                if terms.is_published(cell) {
                    return Err(Error::Irreconcilable { cell: cell.to_string() });
                }
            }
        }
        let demand = Demand::of(
            &distinct.system,
            &withheld,
            rule,
            (terms.atoms_a_person, distinct.editions_of.clone()),
        );
        let mut guarded = withheld.clone();
        for (cell, &class) in distinct.class.iter().enumerate() {
            let class = class as usize;
            guarded[class] |= terms.is_held(cell) && !distinct.fixed[class];
        }
        let threads = threads::count(terms.threads);
        Ok(Self { rule, distinct, reasons, own: withheld, guarded, demand, threads })
    }

    /// Withholds what else it takes.
    ///
    /// # Errors
    /// When cells that must stay shown give a primary cell away.
    pub fn secondary(self) -> Result<Secondary<'a>, Error> {
        self.secondary_watched(&|_, _, _| {})
    }

    /// The same, told to somebody who waits.
    pub(super) fn secondary_watched(self, watch: Watch<'_>) -> Result<Secondary<'a>, Error> {
        let best = if self.rule.bounds { self.pattern(watch)? } else { self.by_adding(watch)? };
        let Settled { shown, added, moves, .. } = best;
        Ok(Secondary { primary: self, shown, added, moves })
    }

    /// The best pattern that is found.
    fn pattern(&self, watch: Watch<'_>) -> Result<Settled, Error> {
        let system = &self.distinct.system;
        let first: Vec<bool> = self.guarded.iter().map(|guarded| !guarded).collect();
        if system.cells() > SMALL && self.distinct.lattice.is_some() {
            let settled = self.settled(first, Some(First::Small), watch)?;
            return Ok(self.polished(settled, watch));
        }
        let columns = |cells: &[usize]| cells.iter().map(|&c| column(system.cell(c))).collect();
        let (given, free) = self.candidates();
        let withheld = self.tenable(&given)?;
        let (protected, candidates) = (columns(&withheld), columns(&free));
        let refused = refuse(system.atoms(), given.clone(), protected, candidates, self.threads);
        let Ok(refused) = refused else {
            return Err(self.irreconcilable(given, &withheld));
        };
        let mut shown = first.clone();
        for cell in refused.into_iter().map(|position| free[position as usize]) {
            shown[cell] = false;
        }
        let mut beginnings = vec![(shown, None)];
        if system.cells() <= SMALL {
            beginnings.push((first.clone(), None));
            if self.distinct.lattice.is_some() {
                let firsts = [First::Small, First::Fine, First::Coarse, First::Large];
                beginnings.extend(firsts.map(|which| (first.clone(), Some(which))));
            }
        }
        let settle = |(shown, first), watch: Watch<'_>| self.settled(shown, first, watch);
        let mut results = each(self.threads, beginnings, watch, &settle).into_iter();
        let mut begun = vec![results.next().ok_or(Error::AuditFailed("there is no pattern"))??];
        begun.extend(results.flatten());
        let polish = |settled, watch: Watch<'_>| self.polished(settled, watch);
        let polished = each(self.threads, begun, watch, &polish);
        let best = polished.into_iter().min_by_key(|settled| self.loss(&settled.shown));
        best.ok_or(Error::AuditFailed("there is no pattern"))
    }

    /// A pattern with its proofs, begun with the cells `shown` says and with more withheld as it takes.
    fn settled(
        &self,
        shown: Vec<bool>,
        weave: Option<First>,
        watch: Watch<'_>,
    ) -> Result<Settled, Error> {
        let (distinct, demand) = (&self.distinct, &self.demand);
        let mut added = self.withheld_for(&shown);
        // No crossing opens what should stay: what needs it is left to the search that sees farther.
        let mut prover = self.proved(shown.clone(), weave, true, watch);
        if weave.is_some() && prover.is_err() {
            prover = self.proved(shown, weave, false, watch);
        }
        let prover = prover.map_err(|Unprotectable(cell)| self.named(cell))?;
        watch(Stage::Economy, 0, 0);
        let (mut shown, mut moves, guarded) = (prover.shown, prover.moves, prover.primary);
        let cells_of = cells_by_atom(&distinct.system);
        for again in [true, false] {
            moves = thrift(distinct, demand, &guarded, &cells_of, &mut shown, moves);
            if again && distinct.lattice.is_some() {
                let prover = Prover::new(distinct, demand, shown, guarded.clone());
                (shown, moves) = prover.reroute(moves, watch);
            }
        }
        self.reasons(&shown, &mut added);
        Ok(Settled { shown, guarded, added, moves })
    }

    /// Proves every primary cell, withholding more as it takes.
    fn proved(
        &self,
        shown: Vec<bool>,
        weave: Option<First>,
        careful: bool,
        watch: Watch<'_>,
    ) -> Result<Prover<'_>, Unprotectable> {
        let mut prover = Prover::new(&self.distinct, &self.demand, shown, self.guarded.clone());
        if let Some(first) = weave {
            prover.careful = careful;
            prover.weave(first, watch);
        }
        prover.prove(watch)?;
        Ok(prover)
    }

    /// The same with less withheld, where the system is not too large for it: what can be spared is shown, and proofs are
    /// laid anew, by turns.
    fn polished(&self, settled: Settled, watch: Watch<'_>) -> Settled {
        if self.distinct.system.cells() > FRUGAL {
            return settled;
        }
        let (distinct, demand) = (&self.distinct, &self.demand);
        let Settled { mut shown, guarded, mut added, mut moves } = settled;
        let cells_of = cells_by_atom(&distinct.system);
        let prover = |shown| Prover::new(distinct, demand, shown, guarded.clone());
        let turns = if distinct.system.cells() > SMALL { 1 } else { TURNS };
        for turn in 1..=turns {
            let before = self.loss(&shown);
            (shown, moves) = prover(shown).frugal(moves, watch);
            if turn < turns {
                moves = thrift(distinct, demand, &guarded, &cells_of, &mut shown, moves);
            }
            if turn < turns && distinct.lattice.is_some() {
                (shown, moves) = prover(shown).reroute(moves, watch);
            }
            if self.loss(&shown) >= before {
                break;
            }
        }
        self.reasons(&shown, &mut added);
        Settled { shown, guarded, added, moves }
    }

    /// Why cells are withheld for others' sake when nothing but algebra was asked.
    pub(super) fn withheld_for(&self, shown: &[bool]) -> Vec<Option<Reason>> {
        let reason = |cell: usize| match (shown[cell] || self.own[cell], self.guarded[cell]) {
            (true, _) => None,
            (false, true) => Some(Reason::Earlier),
            (false, false) => Some(Reason::Algebra),
        };
        (0..shown.len()).map(reason).collect()
    }

    /// Says why cells are withheld that algebra alone does not ask for.
    fn reasons(&self, shown: &[bool], added: &mut [Option<Reason>]) {
        for ((&shown, &own), added) in shown.iter().zip(&self.own).zip(added) {
            *added = (!shown && !own).then_some(added.unwrap_or(Reason::Interval));
        }
    }

    /// What a pattern loses: cells withheld before that could be told, then what is withheld besides.
    fn loss(&self, shown: &[bool]) -> (usize, u64, usize) {
        let told = (0..shown.len()).filter(|&cell| shown[cell] && self.guarded[cell]).count();
        let lost = (0..shown.len()).filter(|&cell| !shown[cell] && !self.guarded[cell]);
        lost.fold((told, 0, 0), |(told, value, count), cell| {
            (told, value + self.distinct.costs[cell], count + 1)
        })
    }

    /// Cells to be proved that what must stay shown does not give away; of those withheld before some may be lost.
    pub(super) fn tenable(&self, given: &[Column]) -> Result<Vec<usize>, Error> {
        let system = &self.distinct.system;
        let withheld = |wanted: &[bool]| -> Vec<usize> {
            (0..system.cells()).filter(|&c| wanted[c]).collect()
        };
        let all = withheld(&self.guarded);
        if self.guarded == self.own {
            return Ok(all);
        }
        let asked: Vec<Column> = all.iter().map(|&c| column(system.cell(c))).collect();
        let known = in_span(system.atoms(), given.to_vec(), &asked);
        if all.iter().zip(&known).any(|(&cell, &known)| known && self.own[cell]) {
            return Err(self.irreconcilable(given.to_vec(), &withheld(&self.own)));
        }
        Ok(all.into_iter().zip(known).filter(|cell| !cell.1).map(|cell| cell.0).collect())
    }

    /// What must stay shown, and what may be withheld in the order it should be shown.
    pub(super) fn candidates(&self) -> (Vec<Column>, Vec<usize>) {
        let system = &self.distinct.system;
        let (fixed, free): (Vec<usize>, _) =
            self.order().into_iter().partition(|&cell| self.distinct.fixed[cell]);
        let given = fixed.into_iter().map(|cell| column(system.cell(cell)));
        (given.chain(links(system)).collect(), free)
    }

    /// Candidates in the order they should be shown: what must be, zeros, kept totals, then the largest.
    fn order(&self) -> Vec<usize> {
        let system = &self.distinct.system;
        let mut order: Vec<usize> = (0..system.cells()).filter(|&c| !self.guarded[c]).collect();
        order.sort_by_cached_key(|&c| {
            let value = system.value(c);
            let size = system.cell(c).len();
            let first = (
                !self.distinct.fixed[c],
                value != 0 || self.rule.secondary_zeros,
                std::cmp::Reverse(self.distinct.kept[c]),
                self.distinct.preferred[c],
            );
            (first, std::cmp::Reverse(value.unsigned_abs()), std::cmp::Reverse(size), c)
        });
        order
    }

    pub(super) fn irreconcilable(&self, given: Vec<Column>, withheld: &[usize]) -> Error {
        let system = &self.distinct.system;
        let asked: Vec<Column> = withheld.iter().map(|&c| column(system.cell(c))).collect();
        let known = in_span(system.atoms(), given, &asked);
        let first = withheld.iter().zip(known).find(|w| w.1).map_or(0, |w| *w.0);
        self.named(first)
    }

    /// The refusal, naming the first original cell of a distinct one.
    fn named(&self, distinct: usize) -> Error {
        let cell =
            self.distinct.class.iter().position(|&c| c as usize == distinct).unwrap_or(distinct);
        Error::Irreconcilable { cell: cell.to_string() }
    }
}
