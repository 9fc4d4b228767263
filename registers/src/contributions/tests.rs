use super::*;
use crate::tests::{edition, file, import, number, registers};
use hjemmel_disclosure::noise::{
    Charge, Clamp, Ledger, Lineage, Measure, Noisy, Number, Refusal, Reservation, Tree, draw, pay,
};
use hjemmel_kostra::Form;
use hjemmel_policy::{
    Asking, Caller, Decided, OrganisationNumber, Policy, Project, SCOPE_QUESTIONS, Subject,
};
use std::{collections::BTreeSet, path::Path};

struct Purse;

impl Ledger for Purse {
    fn reserve(&mut self, _: &[Charge]) -> Result<Reservation, Refusal> {
        Ok(Reservation("1".to_owned()))
    }
}

/// So high a price that noise is all but always nothing.
const LOUD: u64 = 100_000_000_000;

fn permit(year: u16) -> Grant<Ask> {
    let organisation = OrganisationNumber::parse("889640782").unwrap();
    let project = Project {
        id: "tested".to_owned(),
        title: String::new(),
        sponsor: organisation,
        issuer: String::new(),
        members: BTreeSet::new(),
        organisations: BTreeSet::new(),
    };
    let nothing = |_: Form, _: u16| Vec::new();
    let policy = Policy::build(Vec::new(), 1, &nothing).unwrap().with_projects(vec![project]);
    let scopes = BTreeSet::from([SCOPE_QUESTIONS.to_owned()]);
    let caller = Caller::verified(Subject::Organisation { organisation }, scopes, None, None);
    let (years, columns) = ([year].into(), BTreeSet::new());
    let asking = Asking { form: Form::F11, years, columns, project: None };
    let decided = policy.decide_question(&caller, asking, chrono::DateTime::UNIX_EPOCH);
    let Decided::Allowed(grant, _) = decided else { panic!("a question was denied") };
    grant
}

fn plan(cells: usize, measure: Measure, bound: u32) -> Plan {
    let lineage = Lineage { form: Form::F11, year: 2024 };
    Plan::new(lineage, Tree::flat(cells), measure, bound, LOUD).unwrap()
}

fn codes(column: &str, groups: &[(&str, u32)]) -> Grouping {
    let size = groups.iter().map(|group| group.1 + 1).max().unwrap_or_default();
    let groups = groups.iter().map(|(code, group)| ((*code).to_owned(), *group)).collect();
    Grouping::Codes { column: column.to_owned(), groups, size }
}

fn reading(axes: Vec<Grouping>) -> Reading {
    Reading { edition: edition(2024), axes, filters: Vec::new(), value: None }
}

async fn asked(registers: &Registers, plan: Plan, reading: Reading) -> Result<Noisy, Error> {
    let paid = pay(vec![plan], &mut Purse).unwrap();
    let sealed = registers.contributions(permit(2024), &paid, vec![reading]).await?;
    assert_eq!(format!("{sealed:?}"), "Sealed(..)");
    Ok(draw(sealed, paid).unwrap().into_content().remove(0))
}

fn wholes(noisy: &Noisy) -> Vec<i64> {
    let cells = noisy.levels.iter().flat_map(|level| &level.cells);
    let whole = |cell: &hjemmel_disclosure::noise::NoisyCell| match cell.value {
        Some(Number::Whole(value)) => value,
        other => panic!("{other:?}"),
    };
    cells.map(whole).collect()
}

fn imported(folder: &Path, rows: &[[&str; 4]]) -> Registers {
    let registers = registers(folder);
    let names = ["KOMMUNE_NR", "KJONN", "PERSON_FODSELSNR", "BIDRAG"];
    let given: Vec<Vec<(&str, &str)>> =
        rows.iter().map(|row| names.iter().copied().zip(row.iter().copied()).collect()).collect();
    let given: Vec<&[(&str, &str)]> = given.iter().map(Vec::as_slice).collect();
    import(&registers, 2024, &file(2024, &given));
    registers
}

#[tokio::test]
async fn contributions_are_crossed_filtered_and_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two, three) = (number(1), number(400), number(800));
    let registers = imported(
        folder.path(),
        &[
            ["3107", "1", &one, "100"],
            ["4601", "1", &one, "100"],
            ["3107", "2", &two, "300"],
            ["3107", "2", "01018000100", "5000"],
            ["3107", "2", "01018000100", "50"],
            ["4601", "2", &three, "700"],
            ["4601", "2", &three, "900"],
            ["5001", "2", &three, "900"],
        ],
    );
    let region = || codes("REGION", &[("3107", 0), ("4601", 1)]);
    let sex = || codes("KJONN", &[("1", 0), ("2", 1)]);

    // With noise of a fourteenth the numbers are exact but once in many thousand times.
    let persons = asked(&registers, plan(4, Measure::Persons, 1), reading(vec![region(), sex()]));
    let counts = wholes(&persons.await.unwrap());
    assert_eq!(counts[0] + counts[2], 1, "one person with records in two places counts in one");
    assert_eq!((counts[1], counts[3]), (3, 1), "stand-ins are nobody in particular");

    let records = plan(2, Measure::Records, 1);
    let only = Filter::Codes { column: "KJONN".to_owned(), codes: vec!["2".to_owned()] };
    let filtered = Reading { filters: vec![only], ..reading(vec![region()]) };
    assert_eq!(wholes(&asked(&registers, records, filtered).await.unwrap()), [3, 1]);

    let sum = plan(2, Measure::Sum(Clamp::new(0, 1).unwrap()), 1);
    let amounts = Reading { value: Some("BIDRAG".to_owned()), ..reading(vec![region()]) };
    let sums = wholes(&asked(&registers, sum, amounts).await.unwrap());
    assert_eq!(sums.iter().sum::<i64>(), 5, "each counts once, at most one");

    let edges = vec![100, 400, 1000];
    let bins = reading(vec![Grouping::Bins { column: "BIDRAG".to_owned(), edges }]);
    let counts = asked(&registers, plan(5, Measure::Records, 1), bins).await.unwrap();
    assert_eq!(wholes(&counts), [1, 2, 1, 1, 0], "below, between twice, above, not stated");

    let all = asked(&registers, plan(1, Measure::Persons, 1), reading(Vec::new())).await.unwrap();
    assert_eq!(wholes(&all), [5], "three persons and two records of nobody in particular");
}

#[tokio::test]
async fn whoever_is_over_the_bound_counts_the_same_whatever_stands_around_them() {
    let one = number(1);
    let row = |kommune| [kommune, "1", one.as_str(), "100"];
    let mut seen = Vec::new();
    for turn in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(keys(), folder.path().join("keys")).unwrap();
        let other = number(2);
        let mut rows = vec![row("3107"), row("4601"), row("5001")];
        rows.rotate_left(turn);
        rows.insert(turn, ["3301", "2", &other, "1"]);
        let registers = imported(folder.path(), &rows);
        let region = codes("REGION", &[("3107", 0), ("4601", 1), ("5001", 2)]);
        let counts = asked(&registers, plan(3, Measure::Records, 1), reading(vec![region])).await;
        seen.push(wholes(&counts.unwrap()));
    }
    assert_eq!(seen[0].iter().sum::<i64>(), 1);
    assert!(seen.iter().all(|counts| *counts == seen[0]), "{seen:?}");
}

/// One key file for several installations.
fn keys() -> std::path::PathBuf {
    use std::sync::LazyLock;
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        crate::Keys::create(&folder.path().join("keys")).unwrap();
        folder
    });
    FOLDER.path().join("keys")
}

#[tokio::test]
async fn what_does_not_fit_is_told_without_looking_at_records() {
    let folder = tempfile::tempdir().unwrap();
    let registers = imported(folder.path(), &[["3107", "1", &number(1), "100"]]);
    let region = || codes("REGION", &[("3107", 0)]);
    let wrong = |axis: Grouping, cells| {
        asked(&registers, plan(cells, Measure::Records, 1), reading(vec![axis]))
    };
    for column in ["FINNES_IKKE", "PERSON_FODSELSNR", "BIDRAG", PERSON, PERSON_NUMBER] {
        let error = wrong(codes(column, &[("1", 0)]), 1).await.err();
        assert!(matches!(error, Some(Error::Column { .. })), "{column}: {error:?}");
    }
    let bins = Grouping::Bins { column: "KJONN".to_owned(), edges: vec![0, 1] };
    assert!(matches!(wrong(bins, 4).await, Err(Error::Column { .. })));
    assert!(matches!(wrong(region(), 2).await, Err(Error::Mismatch(_))));
    let values = Reading { value: Some("BIDRAG".to_owned()), ..reading(vec![region()]) };
    let error = asked(&registers, plan(1, Measure::Records, 1), values).await;
    assert!(matches!(error, Err(Error::Mismatch(_))));

    let paid = pay(vec![plan(1, Measure::Records, 1)], &mut Purse).unwrap();
    for (year, readings) in [(2023, vec![reading(vec![region()])]), (2024, Vec::new())] {
        let sealed = registers.contributions(permit(year), &paid, readings).await;
        assert!(matches!(sealed, Err(Error::Mismatch(_))));
    }
    // A code on no list is a record that does not match, not a fault that would tell of it.
    let unknown = wrong(codes("REGION", &[("4601", 0)]), 1).await.unwrap();
    assert_eq!(wholes(&unknown), [0]);
}

/// The same question of columns in memory and of the file, which no memory is left for.
#[tokio::test]
async fn what_is_in_memory_says_what_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows: Vec<[String; 4]> = Vec::new();
    for n in 0..400_u32 {
        let kommune = ["3107", "4601", "5001", "3301"][n as usize % 4];
        let amount = (n * 37 % 900).to_string();
        let sex = if n % 3 == 0 { "1" } else { "2" };
        // Every seventh person has two records, and some have four.
        let person = number(if n % 7 == 0 { n / 14 } else { 500 + n });
        rows.push([kommune.to_owned(), sex.to_owned(), person, amount]);
    }
    let given: Vec<[&str; 4]> = rows.iter().map(|row| row.each_ref().map(String::as_str)).collect();
    let first = imported(folder.path(), &given);
    let keys = || Arc::new(crate::Keys::load(&folder.path().join("keys")).unwrap());
    let with = |questions_memory| {
        let config = crate::Config::new(folder.path().join("registers"));
        let config = crate::Config { threads: 2, questions_memory, ..config };
        Registers::open(&config, keys()).unwrap()
    };
    drop(first);
    let (memory, file) = (with(64 << 20), with(0));
    let region = || codes("REGION", &[("3107", 0), ("4601", 1), ("5001", 1)]);
    let edges = || Grouping::Bins { column: "BIDRAG".to_owned(), edges: vec![100, 400] };
    let between = |from, to| Filter::Integers { column: "BIDRAG".to_owned(), from, to };
    let amounts = || Some("BIDRAG".to_owned());
    let whole = clamp(0, 700);
    for bound in [1, 2] {
        for (measure, reading) in [
            (Measure::Persons, reading(Vec::new())),
            (Measure::Records, reading(vec![region(), edges()])),
            (
                Measure::Persons,
                Reading { filters: vec![between(Some(50), None)], ..reading(vec![region()]) },
            ),
            (
                Measure::Records,
                Reading { filters: vec![between(None, Some(70))], ..reading(vec![edges()]) },
            ),
            (Measure::Sum(whole), Reading { value: amounts(), ..reading(vec![region()]) }),
            (Measure::Mean(whole), Reading { value: amounts(), ..reading(vec![region()]) }),
        ] {
            let cells = reading.axes.iter().map(Grouping::size).product();
            let plan = plan(cells, measure, bound);
            let mut said = Vec::new();
            for registers in [&memory, &file, &memory] {
                let sealed = registers.held(&plan, reading.clone()).await.unwrap();
                let noisy = hjemmel_disclosure::noise::rehearse(vec![plan.clone()], vec![sealed]);
                let levels = noisy.unwrap().into_content().remove(0).levels;
                let values = levels[0].cells.iter().map(|cell| match cell.value {
                    Some(Number::Whole(value)) => value,
                    #[expect(clippy::cast_possible_truncation, reason = "a mean below 700")]
                    Some(Number::Real(value)) => value.round() as i64,
                    None => -1,
                });
                said.push(values.collect::<Vec<i64>>());
            }
            // Noise of sums at this price is a few, and that of counts all but nothing.
            let near = match measure {
                Measure::Sum(_) => 700,
                Measure::Mean(_) => 20,
                _ => 0,
            };
            for (one, other) in said[0].iter().zip(&said[1]).chain(said[0].iter().zip(&said[2])) {
                assert!((one - other).abs() <= near, "{measure:?} {bound}: {said:?}");
            }
            assert!(said[0].iter().any(|value| *value > 0), "{measure:?} says nothing");
        }
    }
    let few = with(1 << 10);
    let sealed = few.held(&plan(1, Measure::Records, 1), reading(Vec::new())).await;
    assert!(sealed.is_ok(), "an edition that does not fit is read from its file");
}

fn clamp(low: i64, high: i64) -> Clamp {
    Clamp::new(low, high).unwrap()
}
