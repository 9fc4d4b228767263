//! A case beside what was published earlier about the same population.
//!
//! # Guarantee
//! What [`crate::suppress`] promises holds for whoever holds the earlier publications too: their shown cells are shown
//! cells of the system, which it has to live with, and what they withheld for its own sake stays protected. Where the
//! two cannot be reconciled nothing is given. Of an earlier edition an inner cell that did not change counts as known
//! to be the same, which is more than a reader knows.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::cross::ALL;
use super::error::{Error, LineFault};
use super::published::Published;
use super::{Case, Reading, Specification, amount, check, margins};
use crate::suppress::Terms;
use crate::{Status, System, system};

/// What was published before.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// Files of cells published from the same data, of these tables or of others over the same columns.
    pub published: Vec<PathBuf>,
    /// An earlier edition of the same tables, from other data: its cells, and the data.
    pub edition: Option<(PathBuf, PathBuf)>,
    /// A file of another year's cells: what was withheld there is withheld here where there is a choice.
    pub like: Option<PathBuf>,
}

impl Earlier {
    /// Whether nothing was.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.published.is_empty() && self.edition.is_none() && self.like.is_none()
    }
}

/// The present and the earlier cells as one system, the present ones first.
pub struct Beside {
    pub(super) joint: System,
    pub(super) terms: Terms,
    names: Vec<String>,
}

impl Beside {
    /// The name of an earlier cell, counted from the first one behind the present ones.
    pub(super) fn name(&self, cell: usize) -> String {
        self.names.get(cell).cloned().unwrap_or_default()
    }
}

/// Reads a specification and its data, to be protected beside what was published earlier.
///
/// # Errors
/// As [`super::read`], and when an earlier publication is not of these data.
pub fn read_beside(specification: &Path, input: &Path, earlier: &Earlier) -> Result<Case, Error> {
    let specification = Specification::read(specification)?;
    let all: Vec<String> =
        specification.dimensions.0.iter().flat_map(|(_, columns)| columns.clone()).collect();
    let read = |path: &PathBuf| Published::read(path, &all);
    let published = earlier.published.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let like = earlier.like.as_ref().map(read).transpose()?;
    let further: Vec<BTreeSet<String>> = if specification.hierarchies.is_some() {
        Vec::new()
    } else {
        published.iter().flat_map(|table| table.margins(&specification.total_code)).collect()
    };
    let open = |path: &Path, decimals: u32| {
        let failed = |source| Error::File { path: path.to_owned(), source };
        let file = BufReader::new(File::open(path).map_err(failed)?);
        let reading = Reading { further: &further, decimals, ..Reading::default() };
        Case::with(specification.clone(), file, &reading)
    };
    let mut case = open(input, 0)?;
    let mut edition = None;
    if let Some((cells, data)) = &earlier.edition {
        let mut then = open(data, case.decimals)?;
        if then.decimals > case.decimals {
            case = open(input, then.decimals)?;
        }
        let own = then.own(&margins(&specification)?);
        then.narrow(own)?;
        edition = Some((check::statuses(&then, cells)?, then));
    }
    let own = case.own(&margins(&specification)?);
    let mut parts = Parts::new(&case, own);
    for table in &published {
        parts.published(&case, table)?;
    }
    if let Some((statuses, then)) = &edition {
        parts.edition(&case, statuses, then);
    }
    if let Some(table) = &like {
        parts.like(&case, table);
    }
    let beside = parts.join(&case, edition.as_ref().map(|edition| &edition.1))?;
    case.narrow(own)?;
    case.beside = Some(beside);
    Ok(case)
}

/// What is gathered before the systems are joined.
struct Parts {
    own: usize,
    /// By cell of the case, the further margins' included.
    shown: Vec<bool>,
    preferred: Vec<bool>,
    /// Own cells that another publication of the same data withheld.
    held: Vec<bool>,
    /// Cells of further margins that count.
    further: BTreeSet<usize>,
    /// Cells of the earlier edition that count, and whether each was shown.
    earlier: Vec<(usize, bool)>,
}

impl Parts {
    fn new(case: &Case, own: usize) -> Self {
        let cells = case.system.cells();
        let (shown, preferred, held) = (vec![false; cells], vec![false; own], vec![false; own]);
        Self { own, shown, preferred, held, further: BTreeSet::new(), earlier: Vec::new() }
    }

    /// Takes in a table published from the same data.
    fn published(&mut self, case: &Case, table: &Published) -> Result<(), Error> {
        let index = case.index();
        let total = &case.specification.total_code;
        for row in &table.rows {
            let wrong = |fault| Error::Line { file: "cells", line: row.line, fault };
            let label = table.label(row, &case.columns, total);
            let found = label.and_then(|label| index.get(&label).copied());
            let cell = found.ok_or_else(|| wrong(LineFault::NotACell(row.codes.join(","))))?;
            let Some((digits, decimals)) = row.shown else {
                match self.held.get_mut(cell) {
                    Some(held) => *held = true,
                    None => drop(self.further.insert(cell)),
                }
                continue;
            };
            let most = decimals.max(case.decimals);
            let truth = amount::shift(case.system.value(cell), most - case.decimals);
            let given = amount::shift(digits, most - decimals);
            if given.is_none() || given != truth {
                return Err(wrong(LineFault::DoesNotAdd(case.name(cell))));
            }
            if let Some(shown) = self.shown.get_mut(cell) {
                *shown = true;
            }
            if cell >= self.own {
                self.further.insert(cell);
            }
        }
        Ok(())
    }

    /// Takes in an earlier edition: what it showed, and that it withheld the rest.
    fn edition(&mut self, case: &Case, statuses: &[Status], then: &Case) {
        for (cell, status) in statuses.iter().enumerate() {
            self.earlier.push((cell, *status == Status::Shown));
        }
        let index = case.index();
        let withheld = statuses.iter().enumerate().filter(|(_, s)| **s != Status::Shown);
        for (cell, _) in withheld {
            let label: Vec<&str> = case.columns.iter().map(|c| then.code_in(cell, c)).collect();
            self.prefer(index.get(&label).copied());
        }
    }

    /// Prefers to withhold what another year withheld; codes that are no longer there are passed over.
    fn like(&mut self, case: &Case, table: &Published) {
        let index = case.index();
        for row in table.rows.iter().filter(|row| row.shown.is_none()) {
            let label = table.label(row, &case.columns, &case.specification.total_code);
            self.prefer(label.and_then(|label| index.get(&label).copied()));
        }
    }

    fn prefer(&mut self, cell: Option<usize>) {
        if let Some(preferred) = cell.and_then(|cell| self.preferred.get_mut(cell)) {
            *preferred = true;
        }
    }

    fn join(self, case: &Case, then: Option<&Case>) -> Result<Beside, Error> {
        let cells: Vec<usize> = (0..self.own).chain(self.further.iter().copied()).collect();
        let mut terms = Terms {
            preferred: self.preferred,
            held: self.held,
            published: cells
                .iter()
                .map(|&cell| self.shown.get(cell).copied().unwrap_or(false))
                .collect(),
            every_cell_counts: true,
            ..Terms::default()
        };
        terms.preferred.resize(cells.len(), true);
        terms.held.resize(cells.len(), true);
        let mut names: Vec<String> = self
            .further
            .iter()
            .map(|&cell| format!("{} (published before)", case.name(cell)))
            .collect();
        let mut earlier_cells = Vec::new();
        for (cell, shown) in self.earlier {
            terms.published.push(shown);
            terms.preferred.push(!shown);
            terms.held.push(!shown);
            let name = then.map(|then| then.name(cell)).unwrap_or_default();
            names.push(format!("{name} (earlier edition)"));
            earlier_cells.push(cell);
        }
        let joint = match then {
            None => case.system.beside(&cells, None),
            Some(then) => {
                let (same, people) = (same_atoms(case, then), same_people(case, then));
                let earlier = system::Earlier {
                    system: &then.system,
                    cells: &earlier_cells,
                    same: &same,
                    people: &people,
                };
                case.system.beside(&cells, Some(&earlier))
            }
        };
        let (joint, renamed) = joint.map_err(|error| Error::Engine(error.to_string()))?;
        if then.is_some() {
            terms.editions_of = system::editions(case.system.atoms(), joint.atoms(), &[renamed]);
        }
        Ok(Beside { joint, terms, names })
    }
}

/// For every earlier inner cell the present one with the same codes.
fn same_atoms(now: &Case, then: &Case) -> Vec<Vec<u32>> {
    let index: HashMap<Vec<&[String]>, u32> =
        (0_u32..).zip(&now.inner).map(|(atom, key)| (now.tuple(key), atom)).collect();
    then.inner
        .iter()
        .map(|key| index.get(&then.tuple(key)).copied().into_iter().collect())
        .collect()
}

/// For every earlier contributor the present one of the same name.
fn same_people(now: &Case, then: &Case) -> Vec<Option<u32>> {
    let index: HashMap<&String, u32> = now.contributors.iter().zip(0..).collect();
    then.contributors.iter().map(|name| index.get(name).copied()).collect()
}

impl Case {
    /// Cells by their codes.
    pub(super) fn index(&self) -> HashMap<Vec<&str>, usize> {
        let label = |cell| (0..self.columns.len()).map(|at| self.code(cell, at)).collect();
        (0..self.labels.len()).map(|cell| (label(cell), cell)).collect()
    }

    /// How many cells are of the case's own tables; they are the first.
    fn own(&self, margins: &[BTreeSet<String>]) -> usize {
        if self.specification.hierarchies.is_some() {
            return self.labels.len();
        }
        let margin = |label: &&Vec<u32>| -> BTreeSet<String> {
            let broken = self.columns.iter().zip(label.iter()).filter(|(_, code)| **code != ALL);
            broken.map(|(column, _)| column.clone()).collect()
        };
        self.labels.iter().take_while(|label| margins.contains(&margin(label))).count()
    }

    /// Forgets all cells but the first, and columns none of those is broken down by.
    fn narrow(&mut self, own: usize) -> Result<(), Error> {
        let cells: Vec<usize> = (0..own).collect();
        self.system =
            self.system.beside(&cells, None).map_err(|error| Error::Engine(error.to_string()))?.0;
        self.labels.truncate(own);
        if self.specification.hierarchies.is_some() {
            return Ok(());
        }
        let used: Vec<bool> = (0..self.columns.len())
            .map(|at| self.labels.iter().any(|label| label.get(at) != Some(&ALL)))
            .collect();
        let mut keep = used.iter();
        self.columns.retain(|_| *keep.next().unwrap_or(&true));
        let mut keep = used.iter();
        self.codes.retain(|_| *keep.next().unwrap_or(&true));
        for label in &mut self.labels {
            let mut keep = used.iter();
            label.retain(|_| *keep.next().unwrap_or(&true));
        }
        Ok(())
    }

    /// The code of a cell in a column by name.
    fn code_in(&self, cell: usize, column: &str) -> &str {
        let at = self.columns.iter().position(|own| own == column);
        self.code(cell, at.unwrap_or(usize::MAX))
    }

    /// An inner cell by the codes of every dimension.
    fn tuple(&self, key: &[u32]) -> Vec<&[String]> {
        let dimensions = self.tuples.iter().zip(key);
        dimensions.map(|(all, &at)| all.get(at as usize).map_or(&[][..], Vec::as_slice)).collect()
    }
}

#[cfg(test)]
mod tests;
