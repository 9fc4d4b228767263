//! Protection from files: a specification and its data in, cells and a report out.
//!
//! The schema is `sdc-case/1` ([`Specification`]): dimensions whose columns may overlap, tables as formulas or
//! margins, or explicit code lists; all tables of one specification are one system, whatever `linked` says. A code is
//! only unique together with its column. Lines are aggregated while they are read and put in code order, so the order
//! of the file never matters.
//!
//! # Guarantee
//! None of its own: [`protect`] gives what [`crate::suppress`] gives, [`audit`] what [`crate::audit`] finds. Input that
//! could be misread is refused with its line: blank codes, totals among the data, numbers with anything but digits.
//!
//! # Source
//! Statistics Norway's reference cases; held by `the_cells_are_those_of_the_reference`.

mod account;
mod amount;
mod beside;
mod check;
mod cross;
mod error;
mod formula;
mod hierarchy;
mod input;
mod moved;
mod protect;
mod published;
mod specification;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

pub use beside::{Beside, Earlier, read_beside};
pub use check::{Attack, audit, statuses};
pub use error::{Error, LineFault, SpecificationFault};
pub use input::Persons;
pub use moved::{perturbed, rounded};
pub use protect::{MarginCount, Protected, Report, protect, protect_watched};
pub use specification::{
    Measure, OneOrMany, Ordered, PrimaryRule, Specification, Subtotal, TableSpecification,
};
pub use write::write;

use crate::account::Knowledge;
use crate::cellkey::Key;
use crate::suppress::Keep;
use crate::{Dominance, Rule, SmallCount, System, Zeros};
use cross::{ALL, Cells};
use error::unknown;
use input::{Input, Observed};

/// A problem ready to be protected or attacked. Holds exact values: no `Debug`, `Clone` or `Serialize`.
pub struct Case {
    specification: Specification,
    columns: Vec<String>,
    codes: Vec<Vec<String>>,
    labels: Vec<Vec<u32>>,
    contributors: Vec<String>,
    decimals: u32,
    rule: Rule,
    system: System,
    /// By inner cell the keys of the persons in it, where the column of persons was said.
    keys: Option<Vec<Key>>,
    /// By inner cell its codes by dimension, in the order of the specification.
    inner: Vec<Vec<u32>>,
    tuples: Vec<Vec<Vec<String>>>,
    beside: Option<Beside>,
}

/// How a case is read.
#[derive(Default)]
struct Reading<'a> {
    /// Who the lines are about.
    persons: Option<&'a Persons>,
    /// Margins whose cells come behind those of the tables.
    further: &'a [BTreeSet<String>],
    /// Digits after the point that amounts have at least.
    decimals: u32,
}

/// Reads a specification and its data.
///
/// # Errors
/// With the place and, for names, the nearest that exists.
pub fn read(specification: &Path, input: &Path) -> Result<Case, Error> {
    read_with(specification, input, None)
}

/// The same, and who the lines are about.
///
/// # Errors
/// As [`read`].
pub fn read_with(
    specification: &Path,
    input: &Path,
    persons: Option<&Persons>,
) -> Result<Case, Error> {
    let specification = Specification::read(specification)?;
    let file =
        File::open(input).map_err(|source| Error::File { path: input.to_owned(), source })?;
    let reading = Reading { persons, ..Reading::default() };
    Case::with(specification, BufReader::new(file), &reading)
}

impl Case {
    /// Reads the data of a specification.
    ///
    /// # Errors
    /// As [`read`].
    pub fn new(specification: Specification, data: impl Read) -> Result<Self, Error> {
        Self::with(specification, data, &Reading::default())
    }

    fn with(
        specification: Specification,
        data: impl Read,
        reading: &Reading<'_>,
    ) -> Result<Self, Error> {
        let (input, mut atoms, cells, codes) = match &specification.hierarchies {
            Some(given) => by_hierarchies(&specification, given, data, reading)?,
            None => by_tables(&specification, data, reading)?,
        };
        let inner = atoms.iter_mut().map(|atom| std::mem::take(&mut atom.key)).collect();
        let persons = reading.persons;
        let keys = persons.map(|_| atoms.iter().map(|atom| atom.key_of_persons).collect());
        if cells.labels.is_empty() {
            return Err(fault("tables", SpecificationFault::Empty));
        }
        let sizes = input.tuples.iter().map(Vec::len).collect();
        let system = system(&specification, atoms, &cells, sizes)?;
        Ok(Self {
            rule: rule(&specification),
            tuples: input.named_tuples(),
            columns: input.columns,
            codes,
            labels: cells.labels,
            contributors: input.contributors,
            decimals: input.decimals,
            specification,
            system,
            keys,
            inner,
            beside: None,
        })
    }

    /// The specification.
    #[must_use]
    pub const fn specification(&self) -> &Specification {
        &self.specification
    }

    /// The columns of the cells.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rule it asks for.
    #[must_use]
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The cells as sums of atoms.
    #[must_use]
    pub const fn system(&self) -> &System {
        &self.system
    }

    /// The code of a cell in a column; the total code where it is not broken down.
    #[must_use]
    pub fn code(&self, cell: usize, column: usize) -> &str {
        let number = self.labels.get(cell).and_then(|label| label.get(column)).copied();
        let codes = self.codes.get(column).map_or(&[][..], Vec::as_slice);
        number
            .filter(|&number| number != ALL)
            .and_then(|number| codes.get(number as usize))
            .map_or(&self.specification.total_code, |code| code)
    }

    /// How much it is wished that each cell stays shown.
    pub(crate) fn kept(&self) -> Vec<Keep> {
        let keep = &self.specification.keep;
        let total = &self.specification.total_code;
        let of = |cell: usize| {
            let broken = (0..self.columns.len()).filter(|&at| self.code(cell, at) != total);
            let margin: Vec<&String> = broken.filter_map(|at| self.columns.get(at)).collect();
            let is = |wished: &&Vec<String>| {
                margin.iter().all(|c| wished.contains(c))
                    && wished.iter().all(|c| margin.contains(&c))
            };
            if keep.iter().any(|wished| is(&wished)) { Keep::Total } else { Keep::No }
        };
        if keep.is_empty() { Vec::new() } else { (0..self.system.cells()).map(of).collect() }
    }

    /// A cell in words: `region=A hovedint=annet`.
    #[must_use]
    pub fn name(&self, cell: usize) -> String {
        let parts: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{column}={}", self.code(cell, at)))
            .collect();
        parts.join(" ")
    }

    /// The name of a contributor by its number.
    #[must_use]
    pub fn contributor(&self, number: u32) -> String {
        self.contributors.get(number as usize).cloned().unwrap_or_else(|| format!("line {number}"))
    }
}

fn fault(place: impl Into<String>, fault: SpecificationFault) -> Error {
    Error::Specification { place: place.into(), fault }
}

type Parts = (Input, Vec<Observed>, Cells, Vec<Vec<String>>);

fn by_tables(
    specification: &Specification,
    data: impl Read,
    reading: &Reading<'_>,
) -> Result<Parts, Error> {
    let mut margins = margins(specification)?;
    for margin in reading.further {
        if !margins.contains(margin) {
            margins.push(margin.clone());
        }
    }
    let used: BTreeSet<&String> = margins.iter().flatten().collect();
    let mut columns = Vec::new();
    let mut groups = Vec::new();
    for (_, group) in &specification.dimensions.0 {
        let inside: Vec<&String> = group.iter().filter(|column| used.contains(column)).collect();
        if !inside.is_empty() {
            groups.push((columns.len()..columns.len() + inside.len()).collect());
            columns.extend(inside.into_iter().cloned());
        }
    }
    let place = |name: &String| columns.iter().position(|column| column == name);
    let margins: Vec<Vec<usize>> =
        margins.iter().map(|margin| margin.iter().filter_map(place).collect()).collect();
    let totals = vec![vec![specification.total_code.clone()]; columns.len()];
    let reader = input::Reader::new(&specification.measure, reading, columns, groups, &totals);
    let mut input = reader.read(data)?;
    let atoms = cross::atoms(&mut input, specification.extend_zeros)?;
    let cells = cross::cells(&input, &atoms, &margins)?;
    let codes = input.codes.clone();
    Ok((input, atoms, cells, codes))
}

fn by_hierarchies(
    specification: &Specification,
    given: &Ordered<Vec<Subtotal>>,
    data: impl Read,
    reading: &Reading<'_>,
) -> Result<Parts, Error> {
    let trees = hierarchy::hierarchies(given)?;
    let columns: Vec<String> = trees.iter().map(|(column, _)| column.clone()).collect();
    let groups = (0..columns.len()).map(|at| vec![at]).collect();
    let totals: Vec<Vec<String>> = given
        .0
        .iter()
        .map(|(_, subtotals)| subtotals.iter().map(|subtotal| subtotal.code.clone()).collect())
        .collect();
    let reader = input::Reader::new(&specification.measure, reading, columns, groups, &totals);
    let mut input = reader.read(data)?;
    hierarchy::align(&mut input, &trees)?;
    let atoms = cross::atoms(&mut input, specification.extend_zeros)?;
    let cells = hierarchy::cells(&trees, &atoms, specification.extend_zeros)?;
    let codes = trees
        .into_iter()
        .map(|(_, tree)| tree.codes.into_iter().map(|(code, _)| code).collect())
        .collect();
    Ok((input, atoms, cells, codes))
}

/// The distinct margins of all tables in the order they are first named.
fn margins(specification: &Specification) -> Result<Vec<BTreeSet<String>>, Error> {
    let mut all: Vec<BTreeSet<String>> = Vec::new();
    for (at, table) in specification.tables.iter().flatten().enumerate() {
        let place = format!("tables[{at}]");
        let spelled: Option<Vec<BTreeSet<String>>> = table
            .margins
            .as_ref()
            .map(|margins| margins.iter().map(|m| m.iter().cloned().collect()).collect());
        let parsed = table.formula.as_deref().map(formula::margins).transpose();
        let parsed = parsed.map_err(|error| fault(&place, error))?;
        let margins = match (spelled, parsed) {
            (Some(spelled), Some(parsed)) => {
                same(&spelled, &parsed).map_err(|error| fault(&place, error))?;
                spelled
            }
            (Some(margins), None) | (None, Some(margins)) => margins,
            (None, None) => return Err(fault(place, SpecificationFault::Empty)),
        };
        for margin in margins {
            for column in &margin {
                let mut known = specification.dimensions.0.iter().flat_map(|(_, group)| group);
                if !known.any(|name| name == column) {
                    let known = specification.dimensions.0.iter().flat_map(|(_, group)| group);
                    return Err(unknown(&place, "column", column, known.map(String::as_str)));
                }
            }
            if !all.contains(&margin) {
                all.push(margin);
            }
        }
    }
    Ok(all)
}

fn same(
    spelled: &[BTreeSet<String>],
    parsed: &[BTreeSet<String>],
) -> Result<(), SpecificationFault> {
    let name =
        |margin: &BTreeSet<String>| margin.iter().map(String::as_str).collect::<Vec<_>>().join(":");
    if let Some(margin) = spelled.iter().find(|margin| !parsed.contains(margin)) {
        return Err(SpecificationFault::MarginsDiffer(name(margin), "margins", "formula"));
    }
    if let Some(margin) = parsed.iter().find(|margin| !spelled.contains(margin)) {
        return Err(SpecificationFault::MarginsDiffer(name(margin), "formula", "margins"));
    }
    Ok(())
}

fn system(
    specification: &Specification,
    atoms: Vec<Observed>,
    cells: &Cells,
    sizes: Vec<usize>,
) -> Result<System, Error> {
    let mut builder = System::builder(atoms.iter().map(|atom| atom.value).collect());
    if sizes.iter().product::<usize>() == atoms.len() {
        builder.cross(0, sizes, 0);
    }
    for members in &cells.members {
        builder.cell(members.iter().copied());
    }
    if matches!(specification.measure, Measure::Magnitude { .. }) {
        let frequencies = atoms.iter().map(|atom| atom.frequency).collect();
        let shares = atoms.into_iter().map(|atom| atom.shares.into_iter().collect()).collect();
        builder = builder.frequencies(frequencies).contributions(shares);
    }
    builder.build().map_err(|error| Error::Engine(error.to_string()))
}

/// Per cent as whole hundredths of a per cent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the specification keeps it between 0 and 100"
)]
fn basis_points(percent: f64) -> u64 {
    (percent * 100.0).round() as u64
}

fn rule(specification: &Specification) -> Rule {
    let tries = |who| specification.attackers.contains(&who);
    let mut rule = Rule {
        small_count: None,
        insiders: tries(Knowledge::Insider),
        bounds: tries(Knowledge::Bounds),
        ..Rule::default()
    };
    for primary in specification.rule.as_slice() {
        match primary {
            PrimaryRule::SmallCount { max_n, protect_zeros, secondary_zeros } => {
                let zeros = if *protect_zeros { Zeros::Protected } else { Zeros::Shown };
                rule.small_count = Some(SmallCount { threshold: max_n.saturating_add(1), zeros });
                rule.secondary_zeros |= *secondary_zeros;
            }
            PrimaryRule::Dominance { n, k } => {
                rule.dominance.extend(n.iter().zip(k).map(|(&leaders, &share)| Dominance {
                    leaders: leaders as usize,
                    basis_points: basis_points(share),
                }));
            }
            PrimaryRule::PPercent { p } => rule.p_percent = Some(basis_points(*p)),
            PrimaryRule::FewContributors { max_n } => rule.few_contributors = Some(*max_n),
        }
    }
    rule
}
