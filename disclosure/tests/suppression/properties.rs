//! Random table-sets, protected and then judged by enumeration.

use crate::brute::Enumeration;
use crate::rationals::in_span;
use crate::tables::{TableSet, any_linked_tables, any_table_set, any_two_way_table, system};
use hjemmel_disclosure::audit::{Settings, attack};
use hjemmel_disclosure::suppress::{self, Audited, Terms};
use hjemmel_disclosure::{Rule, SmallCount, Status, Zeros};
use proptest::prelude::*;

fn rule(zeros: Zeros) -> Rule {
    Rule { small_count: Some(SmallCount { threshold: 4, zeros }), ..Rule::default() }
}

fn protect(tables: &TableSet, rule: &Rule) -> Audited {
    suppress::system(&tables.system(), &Terms::default(), rule).unwrap()
}

fn value(tables: &TableSet, cell: &[u32]) -> i64 {
    cell.iter().map(|&atom| tables.counts[atom as usize]).sum()
}

fn settings(rule: &Rule) -> Settings {
    let least_withheld = rule.least_withheld();
    Settings { least_withheld, min_feasible: rule.min_feasible, ..Settings::default() }
}

/// What is wrong with a pattern, by enumeration; none when nothing is, or there is too much to enumerate.
fn fault(tables: &TableSet, statuses: &[Status], rule: &Rule) -> Option<String> {
    let cells = tables.cells();
    let shown: Vec<bool> = statuses.iter().map(|status| *status == Status::Shown).collect();
    let given: Vec<&Vec<u32>> =
        cells.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell).collect();
    for (cell, _) in cells.iter().zip(&shown).filter(|(_, shown)| !**shown) {
        if in_span(tables.counts.len(), &given, cell) {
            return Some(format!("{cell:?} is a combination of shown cells"));
        }
    }
    let wanted = |primary: usize, secondary: usize| -> Vec<usize> {
        let values = |status: &Status| match status {
            Status::Shown => 1,
            Status::Primary => primary,
            Status::Secondary => secondary,
        };
        statuses.iter().map(values).collect()
    };
    let least = rule.least_withheld();
    let possible = |wanted| Enumeration::new(&tables.counts, &cells, &shown, least, wanted);
    let least_values = usize::try_from(rule.min_feasible).unwrap();
    if possible(wanted(least_values, 2)).run() == Some(false) {
        return Some("a withheld cell has too few possible values".to_owned());
    }
    let persons = (0..tables.counts.len()).filter(|&atom| tables.counts[atom] > 0);
    for atom in persons.filter(|_| rule.insiders) {
        if possible(wanted(2, 1)).insider(atom).run() == Some(false) {
            return Some(format!("somebody in inner cell {atom} can tell a primary cell"));
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_pattern_gives_anything_away(
        tables in any_table_set(), protect_zeros: bool, crossed: bool
    ) {
        let rule = rule(if protect_zeros { Zeros::Protected } else { Zeros::Shown });
        let system = if crossed { tables.crossed() } else { tables.system() };
        let done = suppress::system(&system, &Terms::default(), &rule).unwrap();
        for (cell, status) in tables.cells().iter().zip(done.statuses()) {
            let value = value(&tables, cell);
            let small = value < 4 && (value > 0 || protect_zeros);
            prop_assert!(!small || *status == Status::Primary, "{cell:?} is {status:?}");
        }
        prop_assert_eq!(fault(&tables, done.statuses(), &rule), None);
        let found = attack(&tables.system(), done.statuses(), &settings(&rule));
        prop_assert_eq!(found.breaches(), 0);
    }

    #[test]
    fn a_reader_who_adds_and_subtracts_learns_nothing(
        tables in any_table_set(), protect_zeros: bool
    ) {
        let zeros = if protect_zeros { Zeros::Protected } else { Zeros::Shown };
        let rule = Rule { bounds: false, ..rule(zeros) };
        let done = protect(&tables, &rule);
        let cells = tables.cells();
        let with = |wanted: &dyn Fn(&Status) -> bool| -> Vec<&Vec<u32>> {
            let all = cells.iter().zip(done.statuses());
            all.filter(|(_, status)| wanted(status)).map(|(cell, _)| cell).collect()
        };
        let shown = with(&|status| *status == Status::Shown);
        for cell in with(&|status| *status != Status::Shown) {
            prop_assert!(!in_span(tables.counts.len(), &shown, cell), "{cell:?}");
        }
        let atoms = 0_u32..;
        for (atom, _) in atoms.zip(&tables.counts).filter(|(_, count)| **count == 1) {
            let own = vec![atom];
            let known: Vec<&Vec<u32>> = shown.iter().copied().chain([&own]).collect();
            for cell in with(&|status| *status == Status::Primary) {
                let alone = value(&tables, cell) == 1 && cell.contains(&atom);
                prop_assert!(alone || !in_span(tables.counts.len(), &known, cell), "{atom} {cell:?}");
            }
        }
        prop_assert_eq!(done.evidence().intervals_proved, 0);
    }

    #[test]
    fn blocks_that_share_a_column_are_as_safe_as_their_crossing(tables in any_linked_tables()) {
        let rule = Rule::default();
        let terms = Terms { atoms_a_person: 2, ..Terms::default() };
        let blocks = tables.in_blocks();
        // The blocks may leave nothing to withhold; then it is refused and nothing is given.
        let Ok(done) = suppress::system(&blocks, &terms, &rule) else { return Ok(()) };
        prop_assert_eq!(fault(&tables, done.statuses(), &rule), None);
        let found = attack(&tables.system(), done.statuses(), &settings(&rule));
        prop_assert_eq!(found.breaches(), 0);
    }

    #[test]
    fn the_same_tables_are_protected_alike_on_any_number_of_threads(tables in any_table_set()) {
        let rule = Rule::default();
        let once = protect(&tables, &rule);
        for threads in 1..=3 {
            let terms = Terms { threads, ..Terms::default() };
            let again = suppress::system(&tables.system(), &terms, &rule).unwrap();
            prop_assert_eq!(once.statuses(), again.statuses());
            prop_assert_eq!(once.reasons(), again.reasons());
            prop_assert_eq!(once.evidence(), again.evidence());
        }
    }

    #[test]
    fn tables_in_another_order_or_twice_are_protected_alike(
        (tables, order) in any_table_set().prop_flat_map(|tables| {
            let order: Vec<usize> = (0..tables.cells().len()).chain(0..3).collect();
            let cells = tables.cells().len();
            let order = order.into_iter().map(|at| at % cells).collect::<Vec<_>>();
            (Just(tables), Just(order).prop_shuffle())
        })
    ) {
        let straight = protect(&tables, &Rule::default());
        let cells = tables.cells();
        let turned: Vec<Vec<u32>> = order.iter().map(|&at| cells[at].clone()).collect();
        let turned = suppress::system(
            &system(tables.counts.clone(), &turned), &Terms::default(), &Rule::default()).unwrap();
        for (at, status) in order.iter().zip(turned.statuses()) {
            prop_assert_eq!(straight.statuses()[*at], *status);
        }
    }

    #[test]
    fn dropping_any_secondary_cell_of_a_minimal_pattern_is_caught(tables in any_two_way_table()) {
        let rule = Rule::default();
        let mut statuses = protect(&tables, &rule).statuses().to_vec();
        let secondary = |statuses: &[Status]| -> Vec<usize> {
            (0..statuses.len()).filter(|&cell| statuses[cell] == Status::Secondary).collect()
        };
        for cell in secondary(&statuses) {
            let mut fewer = statuses.clone();
            fewer[cell] = Status::Shown;
            if fault(&tables, &fewer, &Rule { insiders: false, ..rule.clone() }).is_none() {
                statuses = fewer;
            }
        }
        for cell in secondary(&statuses) {
            let mut fewer = statuses.clone();
            fewer[cell] = Status::Shown;
            let found = attack(&tables.system(), &fewer, &settings(&rule));
            prop_assert!(found.breaches() > 0, "{} of {:?}", cell, statuses);
        }
    }

    #[test]
    fn what_was_withheld_before_stays_unknown(tables in any_table_set(), at: prop::sample::Index) {
        let rule = Rule::default();
        let cells = tables.cells();
        let large: Vec<usize> =
            (0..cells.len()).filter(|&cell| value(&tables, &cells[cell]) >= 4).collect();
        prop_assume!(!large.is_empty());
        let before = large[at.index(large.len())];
        let held = (0..cells.len()).map(|cell| cell == before).collect();
        let terms = Terms { held, ..Terms::default() };
        let done = suppress::system(&tables.system(), &terms, &rule).unwrap();
        prop_assert_eq!(fault(&tables, done.statuses(), &rule), None);
        let (kept, lost) = (done.evidence().earlier_kept, done.evidence().earlier_lost);
        match done.statuses()[before] {
            Status::Shown => prop_assert_eq!((kept, lost), (0, 1)),
            Status::Secondary => prop_assert_eq!((kept, lost), (1, 0)),
            Status::Primary => prop_assert_eq!((kept, lost), (0, 0)),
        }
    }

    #[test]
    fn what_was_published_stays_and_is_reckoned_with(tables in any_table_set(), at: prop::sample::Index) {
        let rule = Rule::default();
        let cells = tables.cells();
        let large: Vec<usize> =
            (0..cells.len()).filter(|&cell| value(&tables, &cells[cell]) >= 4).collect();
        prop_assume!(!large.is_empty());
        let published = large[at.index(large.len())];
        let published_cells = (0..cells.len()).map(|cell| cell == published).collect();
        let terms = Terms { published: published_cells, ..Terms::default() };
        match suppress::system(&tables.system(), &terms, &rule) {
            Ok(done) => {
                prop_assert_eq!(done.statuses()[published], Status::Shown);
                prop_assert_eq!(fault(&tables, done.statuses(), &rule), None);
            }
            Err(error) => {
                let named = matches!(error, suppress::Error::Irreconcilable { .. });
                prop_assert!(named, "{}", error);
            }
        }
    }
}
