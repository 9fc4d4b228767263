//! Amounts: room above and below, and contributors who subtract their own.

use hjemmel_disclosure::audit::{Settings, attack};
use hjemmel_disclosure::suppress::{self, Terms};
use hjemmel_disclosure::{Dominance, Rule, Status, System};
use proptest::prelude::*;

/// Amounts by inner cell and contributor, in a table of rows and columns with all margins.
fn system(rows: usize, columns: usize, shares: &[Vec<(u32, i64)>]) -> System {
    let values = shares.iter().map(|list| list.iter().map(|share| share.1).sum()).collect();
    let mut builder = System::builder(values)
        .frequencies(shares.iter().map(|list| list.len() as u64).collect())
        .contributions(shares.to_vec());
    let atom = |row: usize, column: usize| u32::try_from(row * columns + column).unwrap();
    for row in 0..rows {
        builder.cell((0..columns).map(|column| atom(row, column)));
        for column in 0..columns {
            builder.cell([atom(row, column)]);
        }
    }
    for column in 0..columns {
        builder.cell((0..rows).map(|row| atom(row, column)));
    }
    builder.cell(
        (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(r, c)| atom(r, c)),
    );
    builder.build().unwrap()
}

fn any_amounts() -> impl Strategy<Value = (usize, usize, Vec<Vec<(u32, i64)>>)> {
    (2_usize..=4, 2_usize..=4).prop_flat_map(|(rows, columns)| {
        let amount = prop_oneof![3 => 1_i64..=500, 1 => 400_i64..=9_000];
        let share = (0_u32..12, amount);
        let list = prop::collection::vec(share, 0..=5).prop_map(|mut list| {
            list.sort_unstable();
            list.dedup_by_key(|share| share.0);
            list
        });
        (Just(rows), Just(columns), prop::collection::vec(list, rows * columns))
    })
}

fn rules() -> [Rule; 3] {
    let none = Rule { small_count: None, ..Rule::default() };
    let dominance = [(1, 8_000), (2, 9_900)];
    let dominance = dominance.map(|(leaders, basis_points)| Dominance { leaders, basis_points });
    [
        Rule { p_percent: Some(1_000), ..none.clone() },
        Rule { dominance: dominance.to_vec(), ..none.clone() },
        Rule { few_contributors: Some(2), p_percent: Some(500), ..none },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn amounts_keep_their_room_and_no_contributor_tells_another(
        (rows, columns, shares) in any_amounts(), which in 0_usize..3
    ) {
        let rule = &rules()[which];
        let system = system(rows, columns, &shares);
        // A table so small may leave nothing to withhold; then it is refused and nothing is given.
        let Ok(done) = suppress::system(&system, &Terms::default(), rule) else { return Ok(()) };
        let settings = Settings { p_percent: rule.p_percent, ..Settings::default() };
        let found = attack(&system, done.statuses(), &settings);
        prop_assert_eq!(found.breaches(), 0, "{:?}", found);
        let withheld = done.statuses().iter().filter(|status| **status != Status::Shown).count();
        prop_assert_eq!(done.evidence().withheld == 0, withheld == 0);
    }
}

#[test]
fn the_room_of_an_amount_is_that_of_its_rule() {
    // One row of three amounts; the first is one contributor's alone.
    let shares =
        vec![vec![(0, 1_000)], vec![(1, 60), (2, 50), (3, 40)], vec![(4, 900), (5, 800), (6, 700)]];
    let rule = Rule { small_count: None, p_percent: Some(1_000), ..Rule::default() };
    let system = system(1, 3, &shares);
    let done = suppress::system(&system, &Terms::default(), &rule).unwrap();
    let status = |cell: usize| done.statuses()[cell];
    assert_eq!(status(1), Status::Primary);
    // 1 000 needs room of 100: the 150 beside it have that much, and no less is enough.
    let found = attack(
        &system,
        done.statuses(),
        &Settings { p_percent: Some(1_000), ..Settings::default() },
    );
    assert_eq!(found.breaches(), 0);
}
