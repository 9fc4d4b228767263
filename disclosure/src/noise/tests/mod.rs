//! What noise promises, tried.
#![expect(clippy::cast_precision_loss, reason = "numbers of the tests are small")]

mod accuracy;
mod attacks;
mod audit;
mod bounds;
mod faults;
mod levels;
mod paying;
mod statistics;

use super::*;
use crate::Sealed;
use crate::noise::contribution::Cells;
use hjemmel_kostra::Form;
use hjemmel_policy::{
    Ask, Asking, Caller, Decided, Grant, OrganisationNumber, Policy, Project, SCOPE_QUESTIONS,
    Subject,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

/// One record: its person, if anybody in particular, its cell and its value.
pub(super) type Row = (Option<u32>, u32, i64);

pub(super) const LINEAGE: Lineage = Lineage { form: Form::F11, year: 2024 };
/// ρ = 0.5: a standard deviation of one for one record.
pub(super) const HALF: u64 = 500_000_000;

pub(super) fn clamp(low: i64, high: i64) -> Clamp {
    Clamp::new(low, high).unwrap()
}

pub(super) fn plan(tree: Tree, measure: Measure, bound: u32, nano_rho: u64) -> Plan {
    Plan::new(LINEAGE, tree, measure, bound, nano_rho).unwrap()
}

/// Two counties of two municipalities each, under one country, crossed with so many cells.
pub(super) fn country(across: usize) -> Tree {
    Tree::crossed(1, &[vec![0, 0], vec![0, 0, 1, 1]], across).unwrap()
}

const ASKER: &str = "889640782";

/// A policy of one project that may ask.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let project = Project {
        id: "tested".to_owned(),
        title: String::new(),
        sponsor: OrganisationNumber::parse(ASKER).unwrap(),
        issuer: String::new(),
        members: BTreeSet::new(),
        organisations: BTreeSet::new(),
    };
    let nothing = |_: Form, _: u16| Vec::new();
    Policy::build(Vec::new(), 1, &nothing).unwrap().with_projects(vec![project])
});

pub(super) fn grant(year: u16) -> Grant<Ask> {
    let organisation = OrganisationNumber::parse(ASKER).unwrap();
    let scopes = BTreeSet::from([SCOPE_QUESTIONS.to_owned()]);
    let caller = Caller::verified(Subject::Organisation { organisation }, scopes, None, None);
    let (years, columns) = ([year].into(), BTreeSet::new());
    let asking = Asking { form: Form::F11, years, columns, project: None };
    let decided = POLICY.decide_question(&caller, asking, chrono::DateTime::UNIX_EPOCH);
    let Decided::Allowed(grant, _) = decided else { panic!("a question was denied") };
    grant
}

/// A secret for everybody there is, made of their number as the registers make it of their identity.
pub(super) fn salts(rows: &[Row]) -> HashMap<u32, [u8; 32]> {
    let salt = |person: u32| (person, [u8::try_from(person % 251).unwrap(); 32]);
    rows.iter().filter_map(|row| row.0).map(salt).collect()
}

pub(super) fn gathered(plan: &Plan, rows: &[Row]) -> Gathered {
    let mut part = Part::default();
    let cells: Vec<u32> = rows.iter().map(|row| row.1).collect();
    part.extend(rows.iter().map(|row| row.0), &cells);
    if plan.measure().has_values() {
        part.extend_values(rows.iter().map(|row| row.2));
    }
    Gathered::new(vec![part])
}

/// The same records, one person after the other, and beside them those of nobody who can be linked.
pub(super) fn by_person(plan: &Plan, rows: &[Row]) -> Result<Contributions, NoiseError> {
    let salts = salts(rows);
    let mut persons: BTreeMap<u32, Vec<(u32, i64)>> = BTreeMap::new();
    let mut alone = Alone::of(plan);
    for &(person, cell, value) in rows {
        let values = if plan.measure().has_values() { &[value][..] } else { &[] };
        match person {
            Some(person) => persons.entry(person).or_default().push((cell, value)),
            None => alone.add(&[cell], values)?,
        }
    }
    let mut bounding = Bounding::of(plan, &salts);
    for (person, records) in persons {
        bounding.add(person, records.into_iter())?;
    }
    bounding.beside(vec![alone])
}

pub(super) fn bounded(plan: &Plan, rows: &[Row]) -> Contributions {
    gathered(plan, rows).bound(plan, &salts(rows)).unwrap()
}

/// The same once more. Nothing but a test may hold them twice.
pub(super) fn copied(held: &Contributions) -> Contributions {
    let cells = match &held.cells {
        Cells::Numbers(numbers) => Cells::Numbers(numbers.clone()),
        Cells::Means(counts, sums) => Cells::Means(counts.clone(), sums.clone()),
        Cells::Values(values) => Cells::Values(values.clone()),
    };
    Contributions { cells, ..*held }
}

pub(super) fn sealed(plan: &Plan, rows: &[Row]) -> Sealed<Ask, Vec<Contributions>> {
    Sealed::new(grant(plan.lineage().year), vec![bounded(plan, rows)])
}

/// A budget in memory.
#[derive(Default)]
pub(super) struct Purse {
    pub cap: u64,
    pub spent: u64,
    pub reservations: usize,
}

impl Purse {
    pub(super) const fn of(cap: u64) -> Self {
        Self { cap, spent: 0, reservations: 0 }
    }
}

impl Ledger for Purse {
    fn reserve(&mut self, charges: &[Charge]) -> Result<Reservation, Refusal> {
        let wanted: u64 = charges.iter().map(|charge| charge.nano_rho).sum();
        if wanted > self.cap - self.spent {
            let remaining_nano_rho = self.cap - self.spent;
            return Err(Refusal::Exhausted { budget: "purse".to_owned(), remaining_nano_rho });
        }
        self.spent += wanted;
        self.reservations += 1;
        Ok(Reservation(self.reservations.to_string()))
    }
}

/// Every value, level by level; a mean in thousandths.
pub(super) fn values(noisy: &Noisy) -> Vec<i64> {
    let cells = noisy.levels.iter().flat_map(|level| &level.cells);
    let whole = |cell: &NoisyCell| match cell.value {
        Some(Number::Whole(value)) => value,
        #[expect(clippy::cast_possible_truncation, reason = "means of the tests are small")]
        Some(Number::Real(value)) => (value * 1000.0).round() as i64,
        None => i64::MIN,
    };
    cells.map(whole).collect()
}
