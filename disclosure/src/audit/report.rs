//! What the attacker found, for machines and for people.

use std::fmt::Write as _;

use serde::Serialize;

/// Everything the attacker tried and found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditReport {
    /// Cells of the table-set.
    pub cells: usize,
    /// Inner cells behind them.
    pub atoms: usize,
    /// Cells shown.
    pub shown: usize,
    /// Cells withheld.
    pub withheld: usize,
    /// Withheld because of what they are.
    pub primary: usize,
    /// What algebra determines.
    pub algebra: Algebra,
    /// What bounds determine; absent when not asked for.
    pub intervals: Option<Intervals>,
    /// What insiders determine; absent when not asked for.
    pub insiders: Option<Insiders>,
}

/// T1: withheld cells that are linear combinations of shown ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Algebra {
    /// How many are determined.
    pub determined: usize,
    /// How many of those are primary.
    pub determined_primary: usize,
    /// Withheld cells nothing can be in.
    pub empty: usize,
    /// The rank of the shown cells.
    pub rank: usize,
    /// The determined cells, the first few.
    pub examples: Vec<usize>,
}

/// T2: the values a withheld cell can have, given what is shown, that nothing is negative, and the rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Intervals {
    /// Withheld cells whose interval was asked for.
    pub of: usize,
    /// Those answered within the work allowance.
    pub answered: usize,
    /// Those for which two or more values (for a primary cell as many as the rule asks) are proved by whole tables.
    pub proved: usize,
    /// How many of those by tables the attacker was told of and checked, so that nothing was left to solve.
    pub by_tables: usize,
    /// Cells with one value.
    pub exact: usize,
    /// How many of those are primary.
    pub exact_primary: usize,
    /// Primary cells with fewer values than the rule asks.
    pub too_few: usize,
    /// Cells that are surely small, though not which small value.
    pub narrow: usize,
    /// How many of those are primary.
    pub narrow_primary: usize,
    /// How many of those are surely not zero.
    pub narrow_positive_primary: usize,
    /// Cells without an upper limit.
    pub unbounded: usize,
    /// Primary amounts known to within the given per cent of the true one.
    pub within_percent: usize,
    /// Primary amounts with less than the p% rule's room above or below.
    pub too_close: usize,
    /// Withheld cells below what the rule says they are at least: the attacker is misled there.
    pub misled: usize,
    /// Inner cells whose value is not plain.
    pub unknown_atoms: usize,
    /// Groups of unknown inner cells that do not touch.
    pub components: usize,
    /// The largest.
    pub largest: usize,
    /// Whether the system was small enough to be solved; otherwise no interval was asked for.
    pub solved: bool,
    /// Widths at 0, 10, 25, 50, 90 and 100 per cent of the bounded intervals.
    pub width_quantiles: Vec<f64>,
    /// The cells with one value, the first few.
    pub examples: Vec<usize>,
    /// Every interval; for the operator.
    #[serde(skip)]
    pub ranges: Vec<Range>,
}

/// The values one withheld cell can have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// The cell.
    pub cell: usize,
    /// The least value.
    pub low: f64,
    /// The largest; infinite without a limit.
    pub high: f64,
}

/// T3: what a contributor learns who subtracts what it knows of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Insiders {
    /// Contributors who are alone in some inner cell.
    pub contributors: usize,
    /// Those tried.
    pub tried: usize,
    /// Pairs of a contributor and a primary cell it can compute.
    pub breaches: usize,
    /// The same for counts, where a person who is alone in an inner cell would have to know that it is.
    pub if_known_alone: usize,
    /// The first few pairs.
    pub examples: Vec<(u32, usize)>,
}

impl AuditReport {
    /// Breaches of all kinds.
    #[must_use]
    pub fn breaches(&self) -> usize {
        let intervals =
            self.intervals.as_ref().map_or(0, |t2| t2.exact + t2.too_few + t2.too_close);
        let insiders = self.insiders.as_ref().map_or(0, |t3| t3.breaches);
        self.algebra.determined + intervals + insiders
    }

    /// Whether every question that was asked got an answer.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.intervals.as_ref().is_none_or(|t2| t2.solved && t2.answered == t2.of)
            && self.insiders.as_ref().is_none_or(|t3| t3.tried == t3.contributors)
    }

    /// Lines for a reader; `name` tells what a cell is called.
    #[must_use]
    pub fn text(&self, name: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        let verdict = match (self.breaches(), self.is_complete()) {
            (0, true) => "no breach found".to_owned(),
            (0, false) => "no breach found, but not every question was answered".to_owned(),
            (breaches, _) => format!("{breaches} breaches"),
        };
        let _ = writeln!(text, "{verdict}");
        let _ = writeln!(
            text,
            "{} cells over {} inner cells: {} shown, {} withheld ({} for what they are)",
            self.cells, self.atoms, self.shown, self.withheld, self.primary
        );
        let t1 = &self.algebra;
        let _ = writeln!(text, "algebra: {} withheld cells can be computed", t1.determined);
        list(&mut text, &t1.examples, &name);
        if let Some(t2) = &self.intervals {
            let _ = writeln!(
                text,
                "bounds: {} of {} cells answered; {} have one value, {} too few, {} amounts too close; \
                 {} proved open by whole tables",
                t2.answered, t2.of, t2.exact, t2.too_few, t2.too_close, t2.proved
            );
            list(&mut text, &t2.examples, &name);
        }
        if let Some(t3) = &self.insiders {
            let _ = writeln!(
                text,
                "insiders: {} of {} tried; {} learn of others",
                t3.tried, t3.contributors, t3.breaches
            );
            let cells: Vec<usize> = t3.examples.iter().map(|(_, cell)| *cell).collect();
            list(&mut text, &cells, &name);
        }
        text
    }
}

fn list(text: &mut String, cells: &[usize], name: &impl Fn(usize) -> String) {
    for &cell in cells {
        let _ = writeln!(text, "  {}", name(cell));
    }
}
