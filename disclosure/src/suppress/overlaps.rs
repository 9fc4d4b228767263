//! How two registers overlap, region by region: the numbers of persons on their way to be compared without being shown, and
//! what comes of it on its way out.
//!
//! # Guarantee
//! A number leaves this module only inside [`Persons`], which can only be blinded. Of the counts nothing leaves but what
//! [`super::system`] shows: no count of one to three, in both, in one alone, in one at all, or without a number that links,
//! nor of those in both by what is the same and what differs, and none that gives one away, to whoever holds the table alone.
//!
//! # Source
//! Own. Held by `few_persons_are_withheld_and_cannot_be_computed` and `few_who_differ_are_withheld_and_never_had_by_subtraction`.

use super::error::Error;
use super::pattern::{Keep, Terms};
use crate::system::MalformedSystem;
use crate::{Cell, Protection, Release, Rule, Sealed, Status, System, TableCells};
use hjemmel_federation::Persons;
use hjemmel_federation::psi::Overlap;
use hjemmel_kostra::agreement::{Spell, Variable};
use hjemmel_policy::{Compare, Grant, Protect};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// What is counted of each region: in both, in the first alone, in the second alone, in the first, in the second; and, apart
/// from them, by records of the first and of the second: a number many may share, and none or a wrong one.
const COUNTED: [&str; 9] = [
    "both",
    "onlyFirst",
    "onlySecond",
    "first",
    "second",
    "standInsFirst",
    "standInsSecond",
    "unlinkableFirst",
    "unlinkableSecond",
];
/// Of the persons in both, where dates alone or the benefit alone are compared: the same, and another. What each adds up are
/// parts of those in both.
const DATES: [Sum; 2] = [("sameDates", &[0]), ("otherDates", &[1])];
const BENEFIT: [Sum; 2] = [("sameBenefit", &[0]), ("otherBenefit", &[1])];
/// Where both are: the parts are alike, other dates, another benefit, and other dates and another benefit. Whatever could be
/// told by adding or subtracting some is a count of its own, so that no small one is told so.
const DATES_AND_BENEFIT: [Sum; 9] = [
    ("alike", &[0]),
    ("datesDiffer", &[1]),
    ("benefitDiffers", &[2]),
    ("datesAndBenefitDiffer", &[3]),
    ("differ", &[1, 2, 3]),
    ("sameDates", &[0, 2]),
    ("otherDates", &[1, 3]),
    ("sameBenefit", &[0, 1]),
    ("otherBenefit", &[2, 3]),
];
/// In how many atoms one person may be counted: who moves is in two municipalities of each register.
const ATOMS_A_PERSON: usize = 4;
/// Atoms of a region besides the parts of those in both: in one alone, stand-ins, without a number, of each register.
const OTHERS: usize = 6;

/// A count and the parts it adds up.
type Sum = (&'static str, &'static [usize]);

/// The counts of the persons in both by what is the same, and of how many parts they are.
fn further(variables: &BTreeSet<Variable>) -> (usize, &'static [Sum]) {
    match [Variable::Dates, Variable::Benefit].map(|one| variables.contains(&one)) {
        [false, false] => (1, &[]),
        [true, false] => (2, &DATES),
        [false, true] => (2, &BENEFIT),
        [true, true] => (4, &DATES_AND_BENEFIT),
    }
}

/// The names of what is counted of each region where these variables are compared, in their order.
#[must_use]
pub fn counted(variables: &BTreeSet<Variable>) -> Vec<&'static str> {
    let (_, more) = further(variables);
    COUNTED.into_iter().chain(more.iter().map(|(name, _)| *name)).collect()
}

/// The atoms of a region that each count adds up.
fn sums(variables: &BTreeSet<Variable>) -> Vec<Vec<usize>> {
    let (parts, more) = further(variables);
    let both: Vec<usize> = (0..parts).collect();
    let with = |one: usize| both.iter().copied().chain([one]).collect();
    let mut all = vec![both.clone(), vec![parts], vec![parts + 1], with(parts), with(parts + 1)];
    all.extend((parts + 2..parts + OTHERS).map(|at| vec![at]));
    all.extend(more.iter().map(|(_, sum)| sum.to_vec()));
    all
}

/// Records by region: a number, and what is said of the person. They cannot be encoded, printed or copied.
#[derive(Default)]
pub struct Numbers(BTreeMap<String, Vec<(Zeroizing<String>, Spell)>>);

impl Numbers {
    /// Adds one record: the number as it is written, and what it says.
    pub fn add(&mut self, region: &str, number: &str, spell: Spell) {
        let record = (Zeroizing::new(number.to_owned()), spell);
        match self.0.get_mut(region) {
            Some(all) => all.push(record),
            None => {
                self.0.insert(region.to_owned(), vec![record]);
            }
        }
    }
}

/// The persons of each region, to be blinded. What is said of them is left out but for what the basis names, and without one
/// altogether; a basis for another register or year names nothing.
#[must_use]
pub fn persons(
    sealed: Sealed<Protect, Numbers>,
    basis: Option<&Grant<Compare>>,
) -> BTreeMap<String, Persons> {
    let (grant, Numbers(by_region)) = sealed.open();
    let register = grant.resource();
    let basis = basis.map(Grant::resource);
    let basis = basis.filter(|of| (of.form(), of.year()) == (register.form, register.year));
    let variables = basis.map(|of| of.variables().clone()).unwrap_or_default();
    let of = |records: Vec<(Zeroizing<String>, Spell)>| {
        let records = records.iter().map(|(number, spell)| (number.as_str(), *spell));
        Persons::with(records, variables.clone())
    };
    by_region.into_iter().map(|(region, records)| (region, of(records))).collect()
}

/// One region compared, the first register's side here.
pub struct Compared {
    /// The region.
    pub region: String,
    /// What was found of the persons.
    pub overlap: Overlap,
    /// What was found of the persons together with what is said of them, in the order of [`hjemmel_federation::psi::Element::of`] without the persons.
    pub alike: Vec<Overlap>,
    /// Records of each register with a number many may share.
    pub stand_ins: [u64; 2],
    /// Records of each with no number, or a wrong one.
    pub unlinkable: [u64; 2],
}

impl Compared {
    /// The atoms: parts of those in both, then the others. None where they contradict each other.
    fn atoms(self) -> Option<Vec<u64>> {
        let (both, here, there) = self.overlap.into_unprotected();
        let alike: Vec<u64> =
            self.alike.into_iter().map(|overlap| overlap.into_unprotected().0).collect();
        let mut atoms = match *alike.as_slice() {
            [] => vec![both],
            [same] => vec![same, both.checked_sub(same)?],
            [dates, benefit, all] => {
                let rest = both.checked_add(all)?.checked_sub(dates)?.checked_sub(benefit)?;
                vec![all, benefit.checked_sub(all)?, dates.checked_sub(all)?, rest]
            }
            _ => return None,
        };
        let ([first, second], [third, fourth]) = (self.stand_ins, self.unlinkable);
        atoms.extend([here, there, first, second, third, fourth]);
        Some(atoms)
    }
}

/// Protects the counts of all regions and of them together: rows of [`counted`], the whole last.
///
/// # Guarantee
/// That of this module.
///
/// # Errors
/// When what was found contradicts itself, since a side did not keep to the rules, or the audit refuses the pattern. Nothing is
/// released then.
pub fn overlaps(
    grant: &Grant<Protect>,
    name: &str,
    variables: &BTreeSet<Variable>,
    compared: Vec<Compared>,
) -> Result<Release<Vec<TableCells>>, Error> {
    let regions = compared.len();
    let length = further(variables).0 + OTHERS;
    let sums = sums(variables);
    let mut values = Vec::with_capacity(regions * length);
    for one in compared {
        let atoms = one.atoms().filter(|atoms| atoms.len() == length);
        for count in atoms.ok_or(Error::Contradictory)? {
            values.push(i64::try_from(count).map_err(|_| MalformedSystem::Overflow)?);
        }
    }
    let mut builder = System::builder(values);
    let atom = |region: usize, at: usize| u32::try_from(region * length + at).unwrap_or(u32::MAX);
    let mut kept = Vec::new();
    for region in 0..regions {
        for sum in &sums {
            builder.cell(sum.iter().map(|at| atom(region, *at)));
            kept.push(Keep::No);
        }
    }
    for sum in &sums {
        builder.cell((0..regions).flat_map(|region| sum.iter().map(move |at| atom(region, *at))));
        kept.push(Keep::Total);
    }
    let system = builder.build()?;
    let rule = Rule::default();
    let terms = Terms { kept, atoms_a_person: ATOMS_A_PERSON, ..Terms::default() };
    let audited = super::system(&system, &terms, &rule)?;
    super::tables::attacked(&system, &audited, &rule, &|_, _, _| {})?;
    let shown = (0..system.cells()).map(|cell| match audited.statuses().get(cell) {
        Some(Status::Shown) => Cell::Shown(super::tables::value(&system, cell)),
        _ => Cell::Withheld,
    });
    let year = grant.resource().year;
    let cells = TableCells { table: name.to_owned(), year, cells: shown.collect() };
    Ok(audited.release(vec![cells], Protection::Suppressed, None))
}

#[cfg(test)]
mod tests;
