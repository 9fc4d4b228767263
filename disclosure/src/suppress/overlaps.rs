//! How two registers overlap, region by region: the numbers of persons on their way to be compared without being shown, and
//! what comes of it on its way out.
//!
//! # Guarantee
//! A number leaves this module only inside [`Persons`], which can only be blinded. Of the counts nothing leaves but what
//! [`super::system`] shows: no count of one to three, in both, in one alone, in one at all, or without a number that links,
//! and none that gives one away, to whoever holds the table alone.
//!
//! # Source
//! Own. Held by `few_persons_are_withheld_and_cannot_be_computed`.

use super::error::Error;
use super::pattern::{Keep, Terms};
use crate::{Cell, Protection, Release, Rule, Sealed, Status, System, TableCells};
use hjemmel_federation::Persons;
use hjemmel_federation::psi::Overlap;
use hjemmel_policy::{Grant, Protect};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What is counted of each region: in both, in the first alone, in the second alone, in the first, in the second; and, apart
/// from them, by records of the first and of the second: a number many may share, and none or a wrong one.
pub const COUNTED: [&str; 9] = [
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
/// The atoms of a region that each of them adds up.
const SUMS: [&[usize]; 9] = [&[0], &[1], &[2], &[0, 1], &[0, 2], &[3], &[4], &[5], &[6]];
/// How many atoms a region has.
const ATOMS: usize = 7;
/// In how many atoms one person may be counted: who moves is in two municipalities of each register.
const ATOMS_A_PERSON: usize = 4;

/// Numbers of persons by region. They cannot be encoded, printed or copied.
#[derive(Default)]
pub struct Numbers(BTreeMap<String, Vec<Zeroizing<String>>>);

impl Numbers {
    /// Adds the number of one record, as it is written.
    pub fn add(&mut self, region: &str, number: &str) {
        let number = Zeroizing::new(number.to_owned());
        match self.0.get_mut(region) {
            Some(all) => all.push(number),
            None => {
                self.0.insert(region.to_owned(), vec![number]);
            }
        }
    }
}

/// The persons of each region, to be blinded.
#[must_use]
pub fn persons(sealed: Sealed<Protect, Numbers>) -> BTreeMap<String, Persons> {
    let (_, Numbers(by_region)) = sealed.open();
    let of = |numbers: Vec<Zeroizing<String>>| Persons::of(numbers.iter().map(|one| one.as_str()));
    by_region.into_iter().map(|(region, numbers)| (region, of(numbers))).collect()
}

/// One region compared, the first register's side here.
pub struct Compared {
    /// The region.
    pub region: String,
    /// What was found.
    pub overlap: Overlap,
    /// Records of each register with a number many may share.
    pub stand_ins: [u64; 2],
    /// Records of each with no number, or a wrong one.
    pub unlinkable: [u64; 2],
}

/// Protects the counts of all regions and of them together: rows of [`COUNTED`], the whole last.
///
/// # Guarantee
/// That of this module.
///
/// # Errors
/// When the audit refuses the pattern. Nothing is released then.
pub fn overlaps(
    grant: &Grant<Protect>,
    name: &str,
    compared: Vec<Compared>,
) -> Result<Release<Vec<TableCells>>, Error> {
    let regions = compared.len();
    let values = compared.into_iter().flat_map(|one| {
        let (both, here, there) = one.overlap.into_unprotected();
        let ([first, second], [third, fourth]) = (one.stand_ins, one.unlinkable);
        [both, here, there, first, second, third, fourth]
    });
    let values = values
        .map(|count| i64::try_from(count).map_err(|_| crate::system::MalformedSystem::Overflow))
        .collect::<Result<Vec<_>, _>>()?;
    let mut builder = System::builder(values);
    let atom = |region: usize, at: usize| u32::try_from(region * ATOMS + at).unwrap_or(u32::MAX);
    let mut kept = Vec::new();
    for region in 0..regions {
        for sum in SUMS {
            builder.cell(sum.iter().map(|at| atom(region, *at)));
            kept.push(Keep::No);
        }
    }
    for sum in SUMS {
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
mod tests {
    use super::*;
    use crate::entitled::tests::{now, policy};
    use hjemmel_federation::psi::{Comparison, Set, partition};
    use hjemmel_federation::{Bytes, NodeId};
    use hjemmel_kostra::Form;
    use hjemmel_policy::ProtectTables;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn grant() -> Grant<Protect> {
        policy().permit_protection(ProtectTables { form: Form::F11B, year: 2017 }, now())
    }

    /// Synthetic numbers, which are nobody's.
    fn numbers(range: std::ops::Range<u16>) -> Vec<String> {
        let birth = chrono::NaiveDate::from_ymd_opt(1987, 3, 9).unwrap();
        let all = (0..500).filter_map(|of| hjemmel_kostra::identity::synthetic(birth, of));
        let kept = all.skip(range.start.into()).take(range.len());
        kept.collect()
    }

    fn compared(region: &str, here: &[String], there: &[String]) -> Compared {
        let sealed = |all: &[String]| {
            let mut numbers = Numbers::default();
            for number in all {
                numbers.add(region, number);
            }
            persons(Sealed::new(grant(), numbers)).remove(region).unwrap_or_default()
        };
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let pair = [NodeId::parse("971526920").unwrap(), NodeId::parse("987879696").unwrap()];
        let comparison = Comparison {
            nonce: Bytes([1; 16]),
            pair,
            datasets: ["skjema-11B".to_owned(), "nir".to_owned()],
            year: 2017,
            partition: partition(&[region.to_owned()].into()),
            stratum: region.to_owned(),
        };
        let ours = Set::new(comparison.clone(), pair[0], &sealed(here), &mut rng).unwrap();
        let theirs = Set::new(comparison, pair[1], &sealed(there), &mut rng).unwrap();
        let back = theirs.answer(ours.points(), ours.commitment(), &mut rng).unwrap();
        let made = ours.answer(theirs.points(), theirs.commitment(), &mut rng).unwrap();
        let (first, second) = (ours.commitment(), theirs.commitment());
        Compared {
            region: region.to_owned(),
            overlap: ours.compare(&back, &made).unwrap(),
            stand_ins: [first.stand_ins, second.stand_ins],
            unlinkable: [first.unlinkable, second.unlinkable],
        }
    }

    #[test]
    fn few_persons_are_withheld_and_cannot_be_computed() {
        let first = compared("0106", &numbers(0..37), &[numbers(0..33), numbers(38..40)].concat());
        let stand_ins = vec!["09038700100".to_owned(); 6];
        let second = compared("0105", &[numbers(50..90), stand_ins].concat(), &numbers(60..100));
        let release = overlaps(&grant(), "11B-NIR", vec![first, second]).unwrap();
        let cells = &release.content()[0].cells;
        let at = |region: usize, what: &str| {
            cells[region * 9 + COUNTED.iter().position(|one| *one == what).unwrap()]
        };
        assert!(matches!(at(1, "both"), Cell::Shown(30) | Cell::Withheld));
        assert!(cells.iter().filter(|cell| **cell != Cell::Withheld).count() >= 15, "{cells:?}");
        assert_eq!(at(1, "standInsFirst"), Cell::Shown(6));
        assert_eq!(at(0, "onlySecond"), Cell::Withheld, "two persons");
        let (whole, in_second) = (at(2, "onlySecond"), at(0, "second"));
        assert!(whole == Cell::Withheld || at(1, "onlySecond") == Cell::Withheld);
        assert!(in_second == Cell::Withheld || at(0, "both") == Cell::Withheld);
        assert_eq!(release.protection(), Protection::Suppressed);
    }
}
