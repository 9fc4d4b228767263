#![expect(clippy::cast_precision_loss, reason = "small numbers in tests")]

use proptest::prelude::*;

use super::*;

/// A two-way table with a grouping of its rows; its inner values and which cells are withheld.
fn table(rows: u32, columns: u32, values: &[i64], group: &[bool]) -> System {
    let mut builder = System::builder(values.to_vec());
    let at = |r: u32, c: u32| r * columns + c;
    let wanted = |pick: &dyn Fn(u32) -> bool| (0..rows).filter(|&r| pick(r)).collect::<Vec<_>>();
    let mut sets: Vec<Vec<u32>> = (0..rows).map(|r| vec![r]).collect();
    sets.push((0..rows).collect());
    sets.push(wanted(&|r| group[r as usize]));
    sets.push(wanted(&|r| !group[r as usize]));
    for set in sets {
        for c in 0..columns {
            builder.cell(set.iter().map(|&r| at(r, c)));
        }
        builder.cell(set.iter().flat_map(|&r| (0..columns).map(move |c| at(r, c))));
    }
    builder.build().unwrap()
}

/// The values every cell takes over all whole tables that fit what is shown.
fn brute_force(system: &System, statuses: &[Status], least: i64, most: i64) -> Vec<(i64, i64)> {
    let mut seen = vec![(i64::MAX, i64::MIN); system.cells()];
    let mut guess = vec![0; system.atoms()];
    loop {
        let value = |cell: usize| system.cell(cell).iter().map(|&a| guess[a as usize]).sum::<i64>();
        let fits = (0..system.cells()).all(|cell| match statuses[cell] {
            Status::Shown => value(cell) == system.value(cell),
            _ => value(cell) >= least,
        });
        if fits {
            for (cell, range) in seen.iter_mut().enumerate() {
                *range = (range.0.min(value(cell)), range.1.max(value(cell)));
            }
        }
        let Some(digit) = guess.iter().position(|&value| value < most) else { return seen };
        guess[digit] += 1;
        guess[..digit].fill(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 20_000, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn the_auditor_agrees_with_brute_force(
        values in prop::collection::vec(0..3_i64, 6),
        group in prop::collection::vec(any::<bool>(), 3),
        hidden in prop::collection::vec(any::<bool>(), 18),
        knows in any::<bool>(),
    ) {
        let system = table(3, 2, &values, &group);
        let least = i64::from(knows);
        let statuses: Vec<Status> = (0..system.cells())
            .map(|cell| match system.value(cell) {
                1..=2 => Status::Primary,
                value if value >= least && hidden[cell] => Status::Secondary,
                _ => Status::Shown,
            })
            .collect();
        prop_assume!(values.iter().sum::<i64>() <= 6 && statuses[11] == Status::Shown);
        let settings = Settings { least_withheld: least, ..Settings::default() };
        let report = attack(&system, &statuses, &settings);
        let seen = brute_force(&system, &statuses, least, 6);
        let found = report.intervals.unwrap();
        prop_assert!(found.solved);
        let mut exact = 0;
        for range in &found.ranges {
            let truth = seen[range.cell];
            // Linear programming may leave more room than whole numbers do, never less.
            prop_assert!(range.low <= truth.0 as f64 && range.high >= truth.1 as f64);
            exact += usize::from(truth.0 == truth.1);
        }
        prop_assert!(found.exact <= exact);
        prop_assert!(report.algebra.determined <= found.exact);
        prop_assert!(found.proved <= report.withheld - exact);
        // Two-way tables with one grouping are transport problems: their corners are whole.
        prop_assert_eq!(found.exact, exact);
    }
}

#[test]
fn dropping_a_cell_of_a_minimal_pattern_is_caught() {
    let values = [1, 9, 9, 9, 9, 9, 9, 9, 9];
    let mut builder = System::builder(values.to_vec());
    for atom in 0..9 {
        builder.cell([atom]);
    }
    for line in 0..3 {
        builder.cell((0..3).map(|c| line * 3 + c));
        builder.cell((0..3).map(|r| r * 3 + line));
    }
    let system = builder.build().unwrap();
    let mut statuses = vec![Status::Shown; system.cells()];
    statuses[0] = Status::Primary;
    for cell in [1, 3, 4] {
        statuses[cell] = Status::Secondary;
    }
    let settings = Settings { insiders: false, ..Settings::default() };
    assert_eq!(attack(&system, &statuses, &settings).breaches(), 0);
    for cell in [1, 3, 4] {
        let mut weaker = statuses.clone();
        weaker[cell] = Status::Shown;
        let report = attack(&system, &weaker, &settings);
        assert!(report.algebra.determined > 0 && report.intervals.unwrap().exact > 0);
    }
}

#[test]
fn a_link_between_tables_is_used() {
    let mut builder = System::builder(vec![2, 5, 3, 4]);
    for atom in 0..4 {
        builder.cell([atom]);
    }
    builder.link(vec![0, 1], vec![2, 3]);
    let system = builder.build().unwrap();
    let statuses = [Status::Primary, Status::Shown, Status::Shown, Status::Shown];
    let report = attack(&system, &statuses, &Settings::default());
    assert_eq!((report.algebra.determined, report.intervals.unwrap().exact), (1, 1));
}
