use std::path::PathBuf;

use super::*;
use crate::Reason;
use crate::audit::attack;
use crate::case::{Protected, protect, read, write};
use crate::suppress::is_primary;

/// Regions in counties, by source and age; two table-sets over them.
fn specification(formula: &str) -> String {
    format!(
        r#"{{"schema":"sdc-case/1","id":"t","measure":{{"kind":"count","var":"n"}},
        "dimensions":{{"region":["region","county"],"source":["source"],"age":["age"]}},
        "tables":[{{"name":"all","formula":"{formula}"}}],"extend_zeros":true,
        "rule":{{"type":"small_count","max_n":3}}}}"#
    )
}

const BY_SOURCE: &str = "~(region+county)*source";
const BY_AGE: &str = "~(region+county)*age + county*age*source";

fn counts(seed: u64, change: bool) -> Vec<u64> {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut counts: Vec<u64> = (0..5 * 3 * 2).map(|_| draw(6)).collect();
    if change {
        counts[usize::try_from(draw(30)).unwrap()] += 2;
        counts[usize::try_from(draw(30)).unwrap()] += 1;
    }
    counts
}

fn data(counts: &[u64]) -> String {
    let line = |(at, count): (usize, &u64)| {
        let (region, source, age) = (at / 6, at / 2 % 3, at % 2);
        format!("r{region},c{},s{source},a{age},{count}\n", region / 3)
    };
    let lines: String = counts.iter().enumerate().map(line).collect();
    format!("region,county,source,age,n\n{lines}")
}

/// A folder with specifications, data, and what is published of them.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.put("source.json", &specification(BY_SOURCE));
        desk.put("age.json", &specification(BY_AGE));
        desk.put("both.json", &specification(&format!("{BY_SOURCE} + {}", &BY_AGE[1..])));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn read(&self, specification: &str, input: &str, earlier: &Earlier) -> Result<Case, Error> {
        read_beside(&self.path(specification), &self.path(input), earlier)
    }

    fn publish(&self, case: &Case, out: &str) -> (PathBuf, Protected) {
        let done = protect(case).unwrap();
        write(case, &done, &self.path(out), false).unwrap();
        (self.path(out).join("cells.csv"), done)
    }
}

/// What an attacker finds who holds all published cells of both table-sets; a cell counts as shown when any shows it.
fn breaches(desk: &Desk, parts: &[(&Case, &Protected)]) -> usize {
    let both = read(&desk.path("both.json"), &desk.path("input.csv")).unwrap();
    let mut statuses = vec![Status::Secondary; both.system.cells()];
    for (cell, status) in statuses.iter_mut().enumerate() {
        if is_primary(&both.system, cell, &both.rule) {
            *status = Status::Primary;
        }
    }
    let index = both.index();
    for (case, done) in parts {
        for (cell, status) in done.statuses().iter().enumerate() {
            let label: Vec<&str> = both.columns.iter().map(|c| case.code_in(cell, c)).collect();
            if *status == Status::Shown {
                statuses[index[&label]] = Status::Shown;
            }
        }
    }
    attack(&both.system, &statuses, &both.promise()).breaches()
}

#[test]
fn a_table_is_protected_beside_another_that_was_published() {
    let desk = Desk::new();
    let mut broken_alone = 0;
    for seed in 0..40 {
        desk.put("input.csv", &data(&counts(seed, false)));
        let first = desk.read("source.json", "input.csv", &Earlier::default()).unwrap();
        let (cells, of_first) = desk.publish(&first, "first");
        let earlier = Earlier { published: vec![cells], ..Earlier::default() };
        let second = desk.read("age.json", "input.csv", &earlier).unwrap();
        let (_, of_second) = desk.publish(&second, "second");
        let alone = desk.read("age.json", "input.csv", &Earlier::default()).unwrap();
        assert_eq!(alone.labels, second.labels, "what was published adds no cells");
        assert_eq!(alone.columns, second.columns);
        let (_, of_alone) = desk.publish(&alone, "alone");
        broken_alone +=
            usize::from(breaches(&desk, &[(&first, &of_first), (&alone, &of_alone)]) > 0);
        assert_eq!(
            breaches(&desk, &[(&first, &of_first), (&second, &of_second)]),
            0,
            "seed {seed}"
        );
    }
    assert!(broken_alone > 0, "the test would not notice if what was published were forgotten");
}

#[test]
fn a_later_edition_lives_with_the_earlier_one_and_keeps_its_pattern() {
    let desk = Desk::new();
    for seed in 0..8 {
        let then = desk.put("then.csv", &data(&counts(seed, false)));
        desk.put("input.csv", &data(&counts(seed, true)));
        let first = desk.read("source.json", "then.csv", &Earlier::default()).unwrap();
        let (cells, done) = desk.publish(&first, "first");
        let earlier = Earlier { edition: Some((cells, then)), ..Earlier::default() };
        let second = desk.read("source.json", "input.csv", &earlier).unwrap();
        assert!(second.beside.as_ref().unwrap().joint.cells() > second.system.cells());
        let (_, later) = desk.publish(&second, "second");
        let kept = |wanted| later.statuses().iter().filter(|s| **s == wanted).count();
        assert!(kept(Status::Secondary) < 3 * (kept(Status::Primary) + 2), "seed {seed}");
        assert_eq!(later.statuses().len(), done.statuses().len());
    }
}

#[test]
fn what_was_published_of_other_data_or_is_small_is_named() {
    let desk = Desk::new();
    desk.put("input.csv", &data(&counts(1, false)));
    for (cells, words) in [
        ("region,source,value\nr0,Total,9999\n", "does not add up"),
        ("region,source,value\nr9,Total,1\n", "`r9,Total` is not a cell"),
        ("region,source,values\nr0,Total,1\n", "did you mean `values`?"),
        ("region,source,value,suppressed\nr0,Total,1,yes\n", "must be 0 or 1"),
    ] {
        let earlier =
            Earlier { published: vec![desk.put("cells.csv", cells)], ..Earlier::default() };
        let said = desk.read("source.json", "input.csv", &earlier).err().unwrap().to_string();
        assert!(said.contains(words), "{said}");
    }
    let case = desk.read("source.json", "input.csv", &Earlier::default()).unwrap();
    let small = (0..case.system.cells()).find(|&cell| is_primary(&case.system, cell, &case.rule));
    let small = small.unwrap();
    let codes: Vec<&str> = (0..case.columns.len()).map(|at| case.code(small, at)).collect();
    let (header, codes) = (case.columns.join(","), codes.join(","));
    let shown = format!("{header},value\n{codes},{}\n", case.system.value(small));
    let earlier = Earlier { published: vec![desk.put("cells.csv", &shown)], ..Earlier::default() };
    let beside = desk.read("source.json", "input.csv", &earlier).unwrap();
    let said = protect(&beside).err().unwrap().to_string();
    assert!(said.contains(&case.name(small)), "{said}");
}

#[test]
fn last_years_pattern_is_kept_where_it_can_be() {
    let desk = Desk::new();
    for seed in 0..8 {
        desk.put("input.csv", &data(&counts(seed, false)));
        let first = desk.read("source.json", "input.csv", &Earlier::default()).unwrap();
        let (_, done) = desk.publish(&first, "first");
        // Another pattern for the same table: the largest cells first.
        let mut other: Vec<usize> = (0..done.statuses().len()).collect();
        other.sort_by_key(|&cell| std::cmp::Reverse(first.system.value(cell)));
        let mut text = format!("{},value,suppressed\n", first.columns.join(","));
        for &cell in &other[4..12] {
            let codes: Vec<&str> =
                (0..first.columns.len()).map(|at| first.code(cell, at)).collect();
            text.push_str(&codes.join(","));
            text.push_str(",,1\n");
        }
        text += "gone,gone,gone,,1\n";
        let like = Some(desk.put("last.csv", &text));
        let again = desk.read("source.json", "input.csv", &Earlier { like, ..Earlier::default() });
        let again = again.unwrap();
        let (_, like) = desk.publish(&again, "second");
        let wanted: BTreeSet<usize> = other[4..12].iter().copied().collect();
        let in_common = |done: &Protected| {
            let statuses = done.statuses().iter().enumerate();
            let secondary = statuses.filter(|(_, status)| **status == Status::Secondary);
            secondary.filter(|(cell, _)| wanted.contains(cell)).count()
        };
        assert!(in_common(&like) >= in_common(&done), "seed {seed}");
        let reasons = like.reasons().iter().flatten();
        assert!(reasons.copied().all(|reason| reason != Reason::Earlier));
    }
}
