//! Our answers to the reference cases beside the reference's own.

use super::*;
use crate::Status;
use crate::audit::{Change, attack, attack_knowing};
use crate::suppress::{Terms, system};

/// Secondary cells of the reference, and the most that ours may have and lose in the input's smallest unit: where an
/// attacker breaks the reference, safety costs more.
const SECONDARY: [(&str, usize, usize, i64); 12] = [
    ("c01", 3, 3, 29),
    ("c02", 18, 17, 324),
    ("c03", 15, 15, 305),
    ("c04", 14, 14, 143),
    ("c05", 269, 278, 4_597),
    ("c06", 23, 26, 198),
    ("c07", 64, 90, 750),
    ("c08", 4, 4, 35),
    ("c09", 6, 6, 6_227),
    ("c10", 3, 2, 1_518),
    ("c11", 24, 29, 274),
    ("c12", 20, 29, 274),
];
/// Where the attacker breaks the reference's answer.
const BROKEN: [&str; 6] = ["c03", "c05", "c06", "c07", "c11", "c12"];

#[test]
fn every_case_withstands_the_attacker_and_loses_no_more_than_a_safe_reference() {
    let (mut all_theirs, mut all_ours) = (0, 0);
    for (id, reference, most, most_lost) in SECONDARY {
        let case = case(id);
        let done = protect(&case).unwrap();
        assert_eq!(done.report().audit.as_ref().unwrap().breaches(), 0, "{id}");
        let theirs = statuses(&case, &folder(id).join("expected/cells.csv")).unwrap();
        for (cell, (ours, theirs)) in done.statuses().iter().zip(&theirs).enumerate() {
            let primary = |status: &Status| *status == Status::Primary;
            assert_eq!(primary(ours), primary(theirs), "{id} {}", case.name(cell));
        }
        let lost = |all: &[Status]| {
            let secondary = all.iter().enumerate().filter(|s| *s.1 == Status::Secondary);
            secondary.fold((0, 0), |(cells, lost), (cell, _)| {
                (cells + 1, lost + case.system.value(cell))
            })
        };
        let (ours, theirs_lost) = (lost(done.statuses()), lost(&theirs));
        assert_eq!(theirs_lost.0, reference, "{id}");
        assert!(ours.0 <= most && ours.1 <= most_lost, "{id}: {ours:?}");
        let found = attack(&case.system, &theirs, &case.promise());
        assert_eq!(found.breaches() > 0, BROKEN.contains(&id), "{id}: {found:?}");
        if found.breaches() == 0 {
            assert!(ours.0 <= theirs_lost.0 && ours.1 <= theirs_lost.1, "{id}: {ours:?}");
            (all_theirs, all_ours) = (all_theirs + theirs_lost.0, all_ours + ours.0);
        }
    }
    assert!(all_ours < all_theirs, "{all_ours} of {all_theirs}");
}

#[test]
fn any_number_of_threads_gives_the_same_answer() {
    for id in ["c03", "c06", "c09", "c11"] {
        let case = case(id);
        let [one, two, three] = [1, 2, 3].map(|threads| {
            let terms = Terms { threads, ..Terms::default() };
            system(&case.system, &terms, &case.rule).unwrap()
        });
        for other in [two, three] {
            assert_eq!(one.statuses(), other.statuses(), "{id}");
            assert_eq!(one.reasons(), other.reasons(), "{id}");
            assert_eq!(one.tables(), other.tables(), "{id}");
        }
    }
}

#[test]
fn an_attacker_who_is_told_of_tables_finds_no_less_and_solves_nothing() {
    let case = case("c11");
    let done = system(&case.system, &Terms::default(), &case.rule).unwrap();
    let settings = case.promise();
    let told = |statuses: &[Status], tables: &[Change]| {
        attack_knowing(&case.system, statuses, &settings, tables)
    };
    let found = told(done.statuses(), done.tables()).intervals.unwrap();
    assert_eq!((found.by_tables, found.answered, found.exact), (found.of, found.of, 0));
    // The same tables do not make a weaker pattern pass: those that no longer fit prove nothing.
    let secondary = done.statuses().iter().position(|s| *s == Status::Secondary).unwrap();
    let mut weaker = done.statuses().to_vec();
    weaker[secondary] = Status::Shown;
    let (with, without) = (told(&weaker, done.tables()), told(&weaker, &[]));
    assert_eq!(with.breaches(), without.breaches());
    let theirs = statuses(&case, &folder("c11").join("expected/cells.csv")).unwrap();
    assert_eq!(told(&theirs, done.tables()).breaches(), told(&theirs, &[]).breaches());
}

#[test]
fn other_names_for_codes_change_no_primary_cell_and_give_nothing_away() {
    for id in ["c03", "c04", "c11"] {
        let straight = case(id);
        let text = std::fs::read_to_string(folder(id).join("input.csv")).unwrap();
        let (header, lines) = text.split_once('\n').unwrap();
        let columns: Vec<&str> = header.split(',').collect();
        // The same letters in the order of another alphabet, so that what came first comes last.
        let renamed = |code: &str| -> String {
            code.bytes().map(|byte| format!("{:02x}", 255 - byte)).collect::<Vec<_>>().concat()
        };
        let codes = straight.columns();
        let line = |line: &str| {
            let fields = line.split(',').zip(&columns);
            let fields = fields.map(|(field, column)| {
                if codes.iter().any(|c| c == column) { renamed(field) } else { field.to_owned() }
            });
            fields.collect::<Vec<_>>().join(",")
        };
        let lines: Vec<String> = lines.lines().map(line).collect();
        let data = format!("{header}\n{}\n", lines.join("\n"));
        let specification = Specification::read(&folder(id).join("spec.json")).unwrap();
        let turned = Case::new(specification, data.as_bytes()).unwrap();
        let (ours, theirs) = (protect(&straight).unwrap(), protect(&turned).unwrap());
        let index = turned.index();
        for (cell, status) in ours.statuses().iter().enumerate() {
            let label = (0..codes.len()).map(|at| match straight.code(cell, at) {
                "Total" => "Total".to_owned(),
                code => renamed(code),
            });
            let label: Vec<String> = label.collect();
            let label: Vec<&str> = label.iter().map(String::as_str).collect();
            let other = theirs.statuses()[index[&label]];
            let primary = |status: Status| status == Status::Primary;
            assert_eq!(primary(*status), primary(other), "{id} {}", straight.name(cell));
        }
        assert_eq!(theirs.report().audit.as_ref().unwrap().breaches(), 0, "{id}");
    }
}

#[test]
fn who_is_not_tried_is_told_and_costs_nothing() {
    let told = |attackers: &str| {
        let text = std::fs::read_to_string(folder("c11").join("spec.json")).unwrap();
        let wished = format!("\"attackers\": {attackers}, \"linked\"");
        let specification = Specification::parse(&text.replacen("\"linked\"", &wished, 1))?;
        let data = File::open(folder("c11").join("input.csv")).unwrap();
        protect(&Case::new(specification, data)?)
    };
    let all = told(r#"["algebra", "bounds", "insider"]"#).unwrap();
    let page = all.report().account.page();
    assert!(!page.contains("Weaker than usual."), "{page}");
    let fewer = told(r#"["algebra", "insider"]"#).unwrap();
    assert!(fewer.report().secondary <= all.report().secondary);
    assert!(fewer.report().audit.as_ref().unwrap().intervals.is_none());
    let page = fewer.report().account.page();
    for words in ["Weaker than usual.", "Svakere enn vanlig.", "algebra, insider"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for (attackers, words) in [
        (r#"["bounds"]"#, "`attackers` must be a list with `algebra` in it"),
        (r#"["algebra", "bonds"]"#, "unknown variant `bonds`"),
    ] {
        let said = told(attackers).err().unwrap().to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn margins_that_should_stay_are_found_by_their_columns() {
    let mut specification = Specification::read(&folder("c03").join("spec.json")).unwrap();
    specification.keep = vec![vec!["hovedint".to_owned(), "fylke".to_owned()], Vec::new()];
    let data = File::open(folder("c03").join("input.csv")).unwrap();
    let case = Case::new(specification, data).unwrap();
    assert_eq!(case.columns(), ["region", "fylke", "kostragr", "hovedint"]);
    for (cell, keep) in case.kept().into_iter().enumerate() {
        let broken = [0, 1, 2, 3].map(|column| case.code(cell, column) != "Total");
        let stays = broken == [false, true, false, true] || broken == [false; 4];
        assert_eq!(keep == Keep::Total, stays, "{}", case.name(cell));
    }
    assert_eq!(protect(&case).unwrap().report().audit.as_ref().unwrap().breaches(), 0);
}
