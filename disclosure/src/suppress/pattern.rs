//! From a rule to a pattern, one type for each step.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::algebra::{in_span, refuse};
use super::audited::cells_by_atom;
use super::demand::Demand;
use super::economy::thrift;
use super::error::Error;
use super::field::{Column, PRIME};
use super::intervals::{Prover, Unprotectable};
use super::lattice::Lattice;
use super::moves::Move;
use super::primary;
use super::threads::{self, each};
use super::weave::First;
use super::{Stage, Watch};
use crate::audit::Change;
use crate::{Reason, Rule, System, Zeros};

/// How much it is wished that a cell stays shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
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
    fn keep(&self, cell: usize) -> Keep {
        self.kept.get(cell).copied().unwrap_or_default()
    }

    fn is_published(&self, cell: usize) -> bool {
        self.published.get(cell).copied().unwrap_or(false)
    }

    fn is_preferred(&self, cell: usize) -> bool {
        self.preferred.get(cell).copied().unwrap_or(false)
    }
}

/// A system in which every distinct sum of atoms is one cell.
pub(super) struct Distinct {
    pub(super) system: System,
    /// For every cell of the original its distinct one.
    pub(super) class: Vec<u32>,
    /// By distinct cell.
    pub(super) kept: Vec<Keep>,
    preferred: Vec<bool>,
    pub(super) fixed: Vec<bool>,
    /// What is lost when it is withheld.
    pub(super) costs: Vec<u64>,
    pub(super) values: Vec<i64>,
    pub(super) lattice: Option<Lattice>,
    /// By atom the editions it is of.
    editions_of: Vec<u32>,
    /// By atom those of the original that it merges, each with its value.
    parts: Vec<Vec<(u32, i64)>>,
}

/// The cost of a cell beyond its value: few cells are better than many small ones.
const LOST: u64 = 8;
impl Keep {
    /// The cost of a cell that should stay, beyond its value.
    const fn cost(self) -> u64 {
        match self {
            Self::No => 0,
            Self::Sum => 1 << 38,
            Self::Total => 1 << 46,
        }
    }
}

/// The first step: what must be withheld for its own sake.
pub struct Primary<'a> {
    pub(super) rule: &'a Rule,
    pub(super) distinct: Distinct,
    pub(super) reasons: Vec<Option<Reason>>,
    pub(super) own: Vec<bool>,
    pub(super) demand: Demand,
    pub(super) threads: usize,
}

/// A pattern and why it holds.
struct Settled {
    shown: Vec<bool>,
    added: Vec<Option<Reason>>,
    moves: Vec<Move>,
}

/// Up to so many cells a second beginning is tried, and the better pattern taken.
const SMALL: usize = 3_000;

/// Up to so many cells it is tried to show each secondary one again.
const FRUGAL: usize = 10_000;

/// Up to so many cells no crossing opens what should stay: what needs it is left to the search that sees farther.
const CAREFUL: usize = 40_000;

/// How many of the patterns begun are gone on with.
const BEST: usize = 2;

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
        let threads = threads::count(terms.threads);
        Ok(Self { rule, distinct, reasons, own: withheld, demand, threads })
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
        let best = self.pattern(watch)?;
        let Settled { shown, added, moves } = best;
        Ok(Secondary { primary: self, shown, added, moves })
    }

    /// The best pattern that is found.
    fn pattern(&self, watch: Watch<'_>) -> Result<Settled, Error> {
        let system = &self.distinct.system;
        let own: Vec<bool> = self.own.iter().map(|own| !own).collect();
        if system.cells() > SMALL && self.distinct.lattice.is_some() {
            let settled = self.settled(own, Some(First::Small), watch)?;
            return Ok(self.polished(settled, watch));
        }
        let order = self.order();
        let columns = |cells: &[usize]| cells.iter().map(|&c| column(system.cell(c))).collect();
        let fixed: Vec<usize> = order.iter().copied().filter(|&c| self.distinct.fixed[c]).collect();
        let free: Vec<usize> = order.iter().copied().filter(|&c| !self.distinct.fixed[c]).collect();
        let withheld: Vec<usize> = (0..system.cells()).filter(|&c| self.own[c]).collect();
        let mut given: Vec<Column> = columns(&fixed);
        given.extend(links(system));
        let (protected, candidates) = (columns(&withheld), columns(&free));
        let refused = refuse(system.atoms(), given.clone(), protected, candidates, self.threads);
        let Ok(refused) = refused else {
            return Err(self.irreconcilable(given, &withheld));
        };
        let mut shown = own.clone();
        for cell in refused.into_iter().map(|position| free[position as usize]) {
            shown[cell] = false;
        }
        let mut beginnings = vec![(shown, None)];
        if system.cells() <= SMALL {
            beginnings.push((own.clone(), None));
            if self.distinct.lattice.is_some() {
                let firsts = [First::Small, First::Fine, First::Coarse, First::Large];
                beginnings.extend(firsts.map(|first| (own.clone(), Some(first))));
            }
        }
        let settle = |(shown, first), watch: Watch<'_>| self.settled(shown, first, watch);
        let mut results = each(self.threads, beginnings, watch, &settle).into_iter();
        let mut begun = vec![results.next().ok_or(Error::AuditFailed("there is no pattern"))??];
        begun.extend(results.flatten());
        begun.sort_by_key(|settled| self.loss(&settled.shown));
        begun.truncate(BEST);
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
        let reason = |(&shown, &own): (&bool, &bool)| (!shown && !own).then_some(Reason::Algebra);
        let mut added: Vec<Option<Reason>> = shown.iter().zip(&self.own).map(reason).collect();
        let careful = weave.is_some() && distinct.system.cells() <= CAREFUL;
        let mut prover = self.proved(shown.clone(), weave, careful, watch);
        if careful && prover.is_err() {
            prover = self.proved(shown, weave, false, watch);
        }
        let prover = prover.map_err(|Unprotectable(cell)| self.named(cell))?;
        watch(Stage::Economy, 0, 0);
        let (mut shown, mut moves) = (prover.shown, prover.moves);
        let cells_of = cells_by_atom(&distinct.system);
        for again in [true, false] {
            moves = thrift(distinct, demand, &self.own, &cells_of, &mut shown, moves);
            if again && distinct.lattice.is_some() {
                let prover = Prover::new(distinct, demand, shown, &self.own);
                (shown, moves) = prover.reroute(moves, watch);
            }
        }
        self.reasons(&shown, &mut added);
        Ok(Settled { shown, added, moves })
    }

    /// Proves every primary cell, withholding more as it takes.
    fn proved(
        &self,
        shown: Vec<bool>,
        weave: Option<First>,
        careful: bool,
        watch: Watch<'_>,
    ) -> Result<Prover<'_>, Unprotectable> {
        let mut prover = Prover::new(&self.distinct, &self.demand, shown, &self.own);
        if let Some(first) = weave {
            prover.careful = careful;
            prover.weave(first, watch);
        }
        prover.prove(watch)?;
        Ok(prover)
    }

    /// The same with less withheld, where the system is not too large for it.
    fn polished(&self, settled: Settled, watch: Watch<'_>) -> Settled {
        if self.distinct.system.cells() > FRUGAL {
            return settled;
        }
        let Settled { shown, mut added, moves } = settled;
        let prover = Prover::new(&self.distinct, &self.demand, shown, &self.own);
        let (shown, moves) = prover.frugal(moves, watch);
        self.reasons(&shown, &mut added);
        Settled { shown, added, moves }
    }

    /// Says why cells are withheld that algebra alone does not ask for.
    fn reasons(&self, shown: &[bool], added: &mut [Option<Reason>]) {
        for ((&shown, &own), added) in shown.iter().zip(&self.own).zip(added) {
            *added = (!shown && !own).then_some(added.unwrap_or(Reason::Interval));
        }
    }

    /// What a pattern loses.
    fn loss(&self, shown: &[bool]) -> (u64, usize) {
        let lost = (0..shown.len()).filter(|&cell| !shown[cell] && !self.own[cell]);
        lost.fold((0, 0), |(value, count), cell| (value + self.distinct.costs[cell], count + 1))
    }

    /// Candidates in the order they should be shown: what must be, zeros, kept totals, then the largest.
    fn order(&self) -> Vec<usize> {
        let system = &self.distinct.system;
        let mut order: Vec<usize> = (0..system.cells()).filter(|&c| !self.own[c]).collect();
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

    fn irreconcilable(&self, given: Vec<Column>, withheld: &[usize]) -> Error {
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

impl Distinct {
    fn new(system: &System, class: &[u32], terms: &Terms, rule: &Rule) -> Self {
        let mut number = vec![0; class.len()];
        let mut chosen = Vec::new();
        let mut distinct = Vec::with_capacity(class.len());
        for (cell, &first) in class.iter().enumerate() {
            if first as usize == cell {
                number[cell] = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
                chosen.push(cell);
            }
            distinct.push(number[first as usize]);
        }
        // In an order of their own, so that it does not matter in which table or how often a cell stands.
        let (merged, map) = system.merged();
        let mut editions_of = vec![u32::MAX; merged.atoms()];
        let mut parts = vec![Vec::new(); merged.atoms()];
        for ((old, new), &value) in (0_u32..).zip(&map).zip(system.values()) {
            if let Some(new) = *new {
                let of = terms.editions_of.get(old as usize).copied().unwrap_or(1);
                editions_of[new as usize] &= of;
                parts[new as usize].push((old, value));
            }
        }
        let mut ranks: Vec<usize> = (0..chosen.len()).collect();
        ranks.sort_by(|&a, &b| merged.cell(chosen[a]).cmp(merged.cell(chosen[b])));
        let mut renumber = vec![0; chosen.len()];
        for (new, &old) in (0_u32..).zip(&ranks) {
            renumber[old] = new;
        }
        let distinct: Vec<u32> =
            distinct.into_iter().map(|old: u32| renumber[old as usize]).collect();
        let chosen: Vec<usize> = ranks.into_iter().map(|old| chosen[old]).collect();
        let lattice = Lattice::of(system, &distinct, &map);
        let system = merged.restricted(&chosen);
        let count = system.cells();
        let (mut kept, mut fixed) = (vec![Keep::No; count], vec![false; count]);
        let mut preferred = vec![false; count];
        for (cell, &class) in distinct.iter().enumerate() {
            preferred[class as usize] |= terms.is_preferred(cell);
            kept[class as usize] = kept[class as usize].max(terms.keep(cell));
            fixed[class as usize] |= terms.is_published(cell);
        }
        let zeros_stay =
            rule.small_count.is_none_or(|s| s.zeros == Zeros::Shown) && !rule.secondary_zeros;
        for (cell, fixed) in fixed.iter_mut().enumerate() {
            *fixed |= system.cell(cell).is_empty() || (zeros_stay && system.value(cell) == 0);
        }
        let values: Vec<i64> = (0..count).map(|cell| system.value(cell)).collect();
        let mut copies = vec![0_u64; count];
        for &class in &distinct {
            let count = &mut copies[class as usize];
            *count = if terms.every_cell_counts { *count + 1 } else { 1 };
        }
        let cost = |cell: usize| match (preferred[cell], kept[cell]) {
            (true, Keep::No) => copies[cell],
            (_, kept) => copies[cell] * (values[cell].unsigned_abs() + LOST + kept.cost()),
        };
        let costs = (0..count).map(cost).collect();
        let class = distinct;
        Self { system, class, kept, preferred, fixed, costs, values, lattice, editions_of, parts }
    }

    /// A move as a change of the original atoms: what is taken away is taken from those that have it.
    pub(super) fn spread(&self, change: &Move) -> Change {
        let mut spread = Change::new();
        for &(atom, by) in change {
            let mut left = by;
            for &(part, value) in &self.parts[atom as usize] {
                let taken = left.max(-value.max(0)).min(0);
                if taken < 0 {
                    spread.push((part, taken));
                    left -= taken;
                }
            }
            if let (Some(&(first, _)), true) = (self.parts[atom as usize].first(), left != 0) {
                spread.push((first, left));
            }
        }
        spread.sort_unstable();
        spread
    }
}

/// A cell as a column: one in the row of each of its atoms.
pub(super) fn column(atoms: &[u32]) -> Column {
    atoms.iter().map(|&atom| (atom, 1)).collect()
}

/// The links as columns that are known to be zero.
pub(super) fn links(system: &System) -> Vec<Column> {
    let signed = |link: &crate::Link| {
        let minus = link.right.iter().map(|&atom| (atom, PRIME - 1));
        let mut column: Column = column(&link.left).into_iter().chain(minus).collect();
        column.sort_unstable();
        column
    };
    system.links().iter().map(signed).collect()
}
