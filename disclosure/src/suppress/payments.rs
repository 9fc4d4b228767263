//! What municipalities paid, by municipality and in all, with what a few persons make up withheld.
//!
//! # Guarantee
//! As [`super::system`] gives for amounts: nobody who holds all the sums can compute a withheld one, or estimate what one
//! person received closer than the rule lets them.
//!
//! # Source
//! Hundepool et al., *Statistical Disclosure Control* (2012), section 4.2. Held by
//! `what_a_few_persons_make_up_is_withheld_and_cannot_be_computed`.

use super::error::Error;
use super::pattern::{Keep, Terms};
use crate::{Cell, Protection, Release, Rule, Sealed, SmallCount, Status, System, Zeros};
use hjemmel_policy::Protect;
use std::collections::BTreeMap;

/// What each person received of each municipality. Exact and unprotected: no `Serialize`, `Debug` or `Clone`.
#[derive(Default)]
pub struct Payments(BTreeMap<String, Vec<(u32, i64)>>);

impl Payments {
    /// Adds what one person received of a municipality. One person has one number in all of them.
    pub fn add(&mut self, kommune: &str, person: u32, kroner: i64) {
        match self.0.get_mut(kommune) {
            Some(all) => all.push((person, kroner)),
            None => {
                self.0.insert(kommune.to_owned(), vec![(person, kroner)]);
            }
        }
    }
}

/// What municipalities paid, in kroner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// By municipality.
    pub kommuner: BTreeMap<String, Cell>,
    /// In all.
    pub total: Cell,
}

/// The rule for amounts: fewer than four persons, or one whom another could estimate within ten per cent.
#[must_use]
pub fn rule() -> Rule {
    Rule {
        small_count: Some(SmallCount { threshold: 4, zeros: Zeros::Shown }),
        few_contributors: Some(3),
        p_percent: Some(1_000),
        ..Rule::default()
    }
}

/// Withholds what a few persons make up, and what would give it away.
///
/// # Guarantee
/// That of this module, for the sums of one edition. Each call takes one edition; two editions of a year are two answers.
///
/// # Errors
/// When the audit refuses the pattern. Nothing is released then.
pub fn payments(sealed: Sealed<Protect, Payments>) -> Result<Release<Sums>, Error> {
    let (_, Payments(by_kommune)) = sealed.open();
    let mut contributions: Vec<Vec<(u32, i64)>> = Vec::with_capacity(by_kommune.len());
    for all in by_kommune.values() {
        let mut of_person: BTreeMap<u32, i64> = BTreeMap::new();
        for (person, kroner) in all {
            let sum = of_person.entry(*person).or_default();
            *sum = sum.saturating_add(*kroner);
        }
        contributions.push(of_person.into_iter().collect());
    }
    let values: Vec<i64> =
        contributions.iter().map(|all| all.iter().map(|(_, kroner)| kroner).sum()).collect();
    let persons = contributions.iter().map(|all| all.len() as u64).collect();
    let count = values.len();
    let mut builder =
        System::builder(values.clone()).frequencies(persons).contributions(contributions);
    let atoms = || (0_u32..).take(count);
    for atom in atoms() {
        builder.cell([atom]);
    }
    let total = builder.cell(atoms());
    let system = builder.build()?;
    let mut kept = vec![Keep::No; count];
    kept.push(Keep::Total);
    let terms = Terms { kept, every_cell_counts: true, ..Terms::default() };
    let rule = rule();
    let audited = super::system(&system, &terms, &rule)?;
    let shown = |cell: usize, value: i64| match audited.statuses().get(cell) {
        Some(Status::Shown) => Cell::Shown(u64::try_from(value).unwrap_or(0)),
        _ => Cell::Withheld,
    };
    let kommuner = by_kommune.keys().zip(&values).enumerate();
    let paid = Sums {
        kommuner: kommuner
            .map(|(cell, (kommune, value))| (kommune.clone(), shown(cell, *value)))
            .collect(),
        total: shown(total, values.iter().sum()),
    };
    Ok(audited.release(paid, Protection::Suppressed, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hjemmel_kostra::Form;
    use hjemmel_policy::{Policy, ProtectTables};

    fn paid(given: &[(&str, &[i64])]) -> Sums {
        let policy = Policy::build(Vec::new(), 0, &|_, _| Vec::new()).unwrap();
        let resource = ProtectTables { form: Form::F11, year: 2024 };
        let grant = policy.permit_protection(resource, chrono::DateTime::UNIX_EPOCH);
        let mut payments = Payments::default();
        let mut person = 0;
        for (kommune, amounts) in given {
            for kroner in *amounts {
                payments.add(kommune, person, *kroner);
                person += 1;
            }
        }
        super::payments(Sealed::new(grant, payments)).unwrap().into_content()
    }

    #[test]
    fn what_a_few_persons_make_up_is_withheld_and_cannot_be_computed() {
        let many = [90_000, 80_000, 70_000, 60_000, 50_000, 40_000];
        let found = paid(&[("0301", &many), ("3105", &many[..5]), ("3107", &many[1..])]);
        assert_eq!(found.kommuner["0301"], Cell::Shown(390_000));
        assert_eq!(found.total, Cell::Shown(390_000 + 350_000 + 300_000));
        for few in [&many[..3], &[900_000, 10_000, 9_000, 8_000, 7_000]] {
            let found = paid(&[("0301", &many), ("3105", few), ("3107", &many[1..])]);
            assert_eq!(found.kommuner["3105"], Cell::Withheld);
            let shown = found.kommuner.values().chain([&found.total]);
            let withheld = shown.filter(|cell| **cell == Cell::Withheld).count();
            assert!(withheld >= 2, "one alone could be computed: {found:?}");
        }
        assert_eq!(paid(&[]).kommuner.len(), 0);
    }
}
