use super::*;
use crate::entitled::tests::{now, policy};
use crate::suppress::tables as protect_tables;
use crate::{Axis, Microcube, Rule};
use hjemmel_kostra::{Dimension, Form, Text};
use hjemmel_policy::ProtectTables;

const YEAR: u16 = 2024;

fn text(words: &str) -> Text {
    Text::new(words, words)
}

fn value(code: &str, level: Level, leaves: &[&str]) -> Value {
    let leaves = leaves.iter().map(|leaf| (*leaf).to_owned()).collect();
    Value { code: code.to_owned(), label: text(code), level, leaves }
}

fn dimension(column: &str, values: Vec<Value>, total: &str) -> Dimension {
    Dimension {
        code: column.to_owned(),
        label: text(column),
        column: column.to_owned(),
        values: [(YEAR, values)].into(),
        total: Some(total.to_owned()),
    }
}

/// Six municipalities in two counties.
fn regions() -> Dimension {
    let mut values: Vec<Value> =
        LEAVES.iter().map(|code| value(code, Level::Kommune, &[code])).collect();
    values.push(value("c0", Level::Fylke, &LEAVES[..3]));
    values.push(value("c1", Level::Fylke, &LEAVES[3..]));
    values.push(value("all", Level::Total, &LEAVES));
    dimension("REGION", values, "all")
}

const LEAVES: [&str; 6] = ["r0", "r1", "r2", "r3", "r4", "r5"];

fn table(id: &str, sums: &[&str], bounds: &[&str], dimensions: Vec<Dimension>) -> Table {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (sums, bounds) = (owned(sums), owned(bounds));
    Table {
        id: id.to_owned(),
        form: Form::F11,
        title: text(id),
        measure: text("kroner"),
        sums,
        bounds,
        dimensions,
    }
}

fn counted() -> Table {
    let spans = vec![
        value("all", Level::Total, &["short", "long"]),
        value("short", Level::Leaf, &["short"]),
        value("long", Level::Leaf, &["long"]),
    ];
    table("T1", &[], &[], vec![regions(), dimension("SPAN", spans, "all")])
}

fn permit() -> hjemmel_policy::Grant<Protect> {
    policy().permit_protection(ProtectTables { form: Form::F11, year: YEAR }, now())
}

/// Counts by region and span, protected.
fn counts(of: &[[u64; 2]; 6]) -> Protected {
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let axes = vec![
        Axis { column: "REGION".to_owned(), codes: codes(&LEAVES) },
        Axis { column: "SPAN".to_owned(), codes: codes(&["short", "long"]) },
    ];
    let rows = vec![(0..12).map(|row| row / 2).collect(), (0..12).map(|row| row % 2).collect()];
    let cube = Microcube::new(axes, rows, of.as_flattened().to_vec(), Vec::new()).unwrap();
    let sealed = Sealed::new(permit(), cube);
    protect_tables(sealed, &[&counted()], &Rule::default(), Vec::new(), &|_, _, _| {}).unwrap()
}

type Paid = [Vec<i64>; 6];

/// What each of some persons got in each region; the numbers of persons are theirs alone.
fn paid(of: &Paid) -> Sealed<Protect, Vec<Amounts>> {
    let mut amounts = Amounts::new("T2", LEAVES.map(ToOwned::to_owned).into());
    let mut person = 0;
    for (region, all) in of.iter().enumerate() {
        for amount in all {
            amounts.add(region, person, *amount);
            person += 1;
        }
    }
    Sealed::new(permit(), vec![amounts])
}

/// Eight persons with about as much each.
fn many(of: i64) -> Vec<i64> {
    (0..8).map(|at| of + 1_000 * at).collect()
}

fn even() -> Paid {
    [90_000, 80_000, 70_000, 60_000, 50_000, 40_000].map(many)
}

fn cells(
    counted_as: &[[u64; 2]; 6],
    of: &Paid,
    bounds: &[&str],
    earlier: Vec<EarlierAmounts>,
) -> Vec<Cell> {
    let sums = table("T2", &["BIDRAG"], bounds, vec![regions()]);
    let counted = counted();
    let tables = (&[&sums][..], &[&counted][..]);
    let made = amounts(counts(counted_as), paid(of), tables, earlier, &|_, _, _| {}).unwrap();
    assert_eq!(made.report.tables.len(), 2);
    let mut content = made.release.into_content();
    assert_eq!(content.len(), 2);
    content.pop().unwrap().cells
}

const PLENTY: [[u64; 2]; 6] = [[20, 20]; 6];

fn withheld(cells: &[Cell]) -> Vec<usize> {
    (0..cells.len()).filter(|at| cells[*at] == Cell::Withheld).collect()
}

#[test]
fn sums_of_few_are_withheld_and_those_around_them() {
    let found = cells(&PLENTY, &even(), &[], Vec::new());
    assert_eq!(found[0], Cell::Shown(8 * 90_000 + 28_000));
    assert_eq!(withheld(&found), Vec::<usize>::new());
    let few = [vec![90_000, 80_000, 70_000], vec![900_000, 9_000, 9_000, 9_000, 9_000]];
    for few in few {
        let mut of = even();
        of[1] = few;
        let found = cells(&PLENTY, &of, &[], Vec::new());
        let withheld = withheld(&found);
        assert!(withheld.contains(&1), "{found:?}");
        assert!(withheld.iter().filter(|at| **at < 3).count() >= 2, "it could be computed");
        assert!(matches!(found[8], Cell::Shown(_)), "the country is shown");
    }
}

#[test]
fn a_sum_is_withheld_where_counts_are() {
    // Two persons in one region: their number is withheld, and that of another region with it.
    let mut counted_as = PLENTY;
    counted_as[4] = [1, 1];
    let found = cells(&counted_as, &even(), &[], Vec::new());
    let totals = withheld(&found);
    assert!(totals.contains(&4) && totals.len() >= 2 && totals.len() < 9, "{totals:?}");
    // A long span of two persons bounds nothing of kroner, but something of months.
    counted_as[4] = [40, 2];
    assert_eq!(withheld(&cells(&counted_as, &even(), &[], Vec::new())), Vec::<usize>::new());
    assert!(withheld(&cells(&counted_as, &even(), &["SPAN"], Vec::new())).contains(&4));
}

#[test]
fn what_came_between_editions_is_not_told() {
    let then = even();
    let first = cells(&PLENTY, &then, &[], Vec::new());
    let earlier = || {
        let cells = TableCells { table: "T2".to_owned(), year: YEAR, cells: first.clone() };
        vec![EarlierAmounts { amounts: paid(&then), released: vec![cells] }]
    };
    // Nothing changed, so the same may be shown again.
    assert_eq!(cells(&PLENTY, &then, &[], earlier()), first);
    // One person more in one region: two editions of its sum would tell what that person received.
    let mut now = even();
    now[0].push(123_000);
    let found = cells(&PLENTY, &now, &[], earlier());
    assert!(withheld(&found).contains(&0), "{found:?}");
    for (at, cell) in found.iter().enumerate() {
        if let (Cell::Shown(now), Cell::Shown(then)) = (cell, first[at]) {
            assert_ne!(now.abs_diff(then), 123_000, "cell {at}");
        }
    }
    // Eight persons more tell of none of them.
    let mut now = even();
    now[0].extend(many(55_000));
    assert_eq!(withheld(&cells(&PLENTY, &now, &[], earlier())), Vec::<usize>::new());
}

#[test]
fn what_did_not_change_is_found_by_amount() {
    let now = vec![(1, 100), (2, 100), (3, 200)];
    let then = vec![(9, 100), (8, 300)];
    let shares = shares(&[&now, &then]);
    let amounts = |editions| -> Vec<i64> {
        let all = shares.get(&editions).into_iter().flatten();
        all.map(|(_, amount)| *amount).collect()
    };
    assert_eq!(
        (amounts(0b11), amounts(0b01), amounts(0b10)),
        (vec![100], vec![100, 200], vec![300])
    );
}
