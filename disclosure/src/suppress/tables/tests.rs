use super::*;
use crate::audit::{Settings, attack};
use crate::entitled::tests::{now, policy};
use crate::{Axis, Microcube, System};
use hjemmel_kostra::table::Dimension;
use hjemmel_kostra::{Form, Text};
use hjemmel_policy::ProtectTables;

const YEAR: u16 = 2024;
const REGIONS: usize = 6;
const SOURCES: usize = 3;

fn text(words: &str) -> Text {
    Text { nb: words.to_owned(), en: words.to_owned() }
}

/// Six regions in two counties by three sources.
fn table(id: &str) -> Table {
    let value = |code: String, level, leaves: Vec<String>| Value {
        label: text(&code),
        code,
        level,
        leaves,
    };
    let dimension = |column: &str, values: Vec<Value>| Dimension {
        code: column.to_owned(),
        label: text(column),
        column: column.to_owned(),
        values: [(YEAR, values)].into(),
        total: None,
    };
    let leaf = |prefix: &str, at: usize| format!("{prefix}{at}");
    let regions: Vec<String> = (0..REGIONS).map(|at| leaf("r", at)).collect();
    let sources: Vec<String> = (0..SOURCES).map(|at| leaf("s", at)).collect();
    let mut by_region: Vec<Value> = regions
        .iter()
        .map(|code| value(code.clone(), Level::Kommune, vec![code.clone()]))
        .collect();
    by_region.push(value("c0".to_owned(), Level::Fylke, regions[..3].to_vec()));
    by_region.push(value("c1".to_owned(), Level::Fylke, regions[3..].to_vec()));
    by_region.push(value("all".to_owned(), Level::Total, regions));
    let mut by_source: Vec<Value> =
        sources.iter().map(|code| value(code.clone(), Level::Leaf, vec![code.clone()])).collect();
    by_source.push(value("all".to_owned(), Level::Total, sources));
    Table {
        id: id.to_owned(),
        form: Form::F11,
        title: text(id),
        measure: text("persons"),
        sums: Vec::new(),
        bounds: Vec::new(),
        dimensions: vec![dimension("REGION", by_region), dimension("SOURCE", by_source)],
    }
}

fn sealed(counts: &[u64]) -> Sealed<Protect, Microcube> {
    let leaves = |column: &str, prefix: &str, count: usize| Axis {
        column: column.to_owned(),
        codes: (0..count).map(|at| format!("{prefix}{at}")).collect(),
    };
    let axes = vec![leaves("REGION", "r", REGIONS), leaves("SOURCE", "s", SOURCES)];
    let rows = 0..u32::try_from(counts.len()).unwrap();
    let sources = u32::try_from(SOURCES).unwrap();
    let codes = vec![
        rows.clone().map(|row| row / sources).collect(),
        rows.map(|row| row % sources).collect(),
    ];
    let cube = Microcube::new(axes, codes, counts.to_vec(), Vec::new()).unwrap();
    let asked = ProtectTables { form: Form::F11, year: YEAR };
    Sealed::new(policy().permit_protection(asked, now()), cube)
}

fn protected(counts: &[u64], before: Vec<Before>) -> Result<Protected, Error> {
    tables(sealed(counts), &[&table("T1")], &Rule::default(), before, &|_, _, _| {})
}

/// What an attacker finds who holds all editions, the newest first, and guesses which inner cells did not change: any
/// withheld cell of any edition that can be told.
fn breaches(editions: &[(&[u64], &Release<Vec<TableCells>>)]) -> usize {
    let mut values: Vec<i64> = Vec::new();
    let mut place = Vec::new();
    for (counts, _) in editions {
        for (inner, &count) in counts.iter().enumerate() {
            let count = i64::try_from(count).unwrap();
            let known =
                (0..values.len()).find(|&atom| values[atom] == count && place[atom] == inner);
            if known.is_none() {
                values.push(count);
                place.push(inner);
            }
        }
    }
    let mut builder = System::builder(values.clone());
    let mut statuses = Vec::new();
    let definition = table("T1");
    for (counts, release) in editions {
        let atom = |inner: usize| {
            let count = i64::try_from(counts[inner]).unwrap();
            let found = (0..values.len()).find(|&a| values[a] == count && place[a] == inner);
            u32::try_from(found.unwrap()).unwrap()
        };
        let leaf = |code: &String| code[1..].parse::<usize>().unwrap();
        let mut cells = release.content()[0].cells.iter();
        for region in definition.dimensions[0].values_of(YEAR) {
            for source in definition.dimensions[1].values_of(YEAR) {
                let atoms: Vec<u32> = region
                    .leaves
                    .iter()
                    .flat_map(|r| source.leaves.iter().map(move |s| leaf(r) * SOURCES + leaf(s)))
                    .map(atom)
                    .collect();
                let count: i64 = atoms.iter().map(|&a| values[a as usize]).sum();
                let status = match cells.next().unwrap() {
                    Cell::Shown(_) => Status::Shown,
                    _ if count < 4 => Status::Primary,
                    _ => Status::Secondary,
                };
                builder.cell(atoms);
                statuses.push(status);
            }
        }
    }
    let system = builder.build().unwrap();
    let settings = Settings { least_withheld: 1, min_feasible: 3, ..Settings::default() };
    attack(&system, &statuses, &settings).breaches()
}

/// Counts of an edition, and of a later one in which a few have changed.
fn editions(seed: u64) -> (Vec<u64>, Vec<u64>) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(seed);
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let small = |draw: u64| if draw < 7 { draw } else { draw * 2 };
    let first: Vec<u64> = (0..REGIONS * SOURCES).map(|_| small(draw(14))).collect();
    let mut second = first.clone();
    for _ in 0..3 {
        let at = usize::try_from(draw(second.len() as u64)).unwrap();
        second[at] += 1 + draw(4);
    }
    (first, second)
}

#[test]
fn a_later_edition_is_protected_together_with_the_earlier_one() {
    let (mut broken_alone, mut whole, mut lost) = (0, 0, 0);
    for seed in 0..40 {
        let (first, second) = editions(seed);
        let earlier = protected(&first, Vec::new()).unwrap().release;
        let alone = protected(&second, Vec::new()).unwrap().release;
        broken_alone += usize::from(breaches(&[(&second, &alone), (&first, &earlier)]) > 0);
        let again = protected(&first, Vec::new()).unwrap().release;
        let before = vec![Before { counts: sealed(&first), release: again }];
        let later = protected(&second, before).unwrap();
        assert!(later.report.account().page().contains("still unknown"), "seed {seed}");
        lost += later.report.evidence.earlier_lost;
        if later.report.evidence.earlier_lost == 0 {
            let found = breaches(&[(&second, &later.release), (&first, &earlier)]);
            assert_eq!(found, 0, "seed {seed}");
            whole += 1;
        }
    }
    assert!(whole > 35, "in {whole} of 40 nothing that was withheld can be told; {lost} cells can");
    assert!(broken_alone > 0, "the test would not notice if the earlier edition were forgotten");
}

#[test]
fn the_same_records_released_again_show_what_they_showed() {
    let (counts, _) = editions(3);
    let first = protected(&counts, Vec::new()).unwrap().release;
    let before = Before {
        counts: sealed(&counts),
        release: protected(&counts, Vec::new()).unwrap().release,
    };
    let again = protected(&counts, vec![before]).unwrap().release;
    assert_eq!(first.content()[0].cells, again.content()[0].cells);
}

#[test]
fn three_editions_are_protected_together() {
    let mut whole = 0;
    for seed in 0..10 {
        let (first, second) = editions(seed);
        let third: Vec<u64> = editions(seed + 100)
            .1
            .iter()
            .zip(&second)
            .map(|(a, b)| if a % 5 == 0 { *a } else { *b })
            .collect();
        let release = |counts: &[u64], earlier: &[&[u64]]| {
            let mut before = Vec::new();
            for (at, &counts) in earlier.iter().enumerate() {
                let of_it: Vec<Before> = earlier[..at]
                    .iter()
                    .map(|c| Before {
                        counts: sealed(c),
                        release: protected(c, Vec::new()).unwrap().release,
                    })
                    .take(usize::from(at == 1))
                    .collect();
                let release = protected(counts, of_it).unwrap().release;
                before.push(Before { counts: sealed(counts), release });
            }
            protected(counts, before).unwrap()
        };
        let one = release(&first, &[]);
        let two = release(&second, &[&first]);
        let three = release(&third, &[&first, &second]);
        if [&two, &three].iter().all(|made| made.report.evidence.earlier_lost == 0) {
            let held =
                [(&third[..], &three.release), (&second, &two.release), (&first, &one.release)];
            assert_eq!(breaches(&held), 0, "seed {seed}");
            whole += 1;
        }
    }
    assert!(whole > 5, "in {whole} of 10 nothing that was withheld can be told");
}

#[test]
fn a_release_of_other_records_is_refused() {
    let (first, second) = editions(5);
    let release = protected(&first, Vec::new()).unwrap().release;
    let refused = protected(&second, vec![Before { counts: sealed(&second), release }]);
    assert!(matches!(refused, Err(Error::Before(_))), "{:?}", refused.err());
}

#[test]
fn what_was_shown_though_it_is_small_is_named_and_refused() {
    let (mut counts, _) = editions(5);
    counts[0] = 2;
    let lax = Rule { small_count: None, ..Rule::default() };
    let release =
        tables(sealed(&counts), &[&table("T1")], &lax, Vec::new(), &|_, _, _| {}).unwrap().release;
    let said = protected(&counts, vec![Before { counts: sealed(&counts), release }]).err().unwrap();
    assert!(said.to_string().contains("T1 r0 s0"), "{said}");
}

#[test]
fn the_account_of_a_release_can_be_read() {
    let (counts, _) = editions(3);
    let report = protected(&counts, Vec::new()).unwrap().report;
    let account = report.account();
    assert_eq!((account.attackers.len(), account.found()), (3, 0));
    assert!(
        account.narrowest.iter().all(|interval| interval.cell.starts_with("T1 ")),
        "{account:?}"
    );
    assert!(!account.narrowest.is_empty() && account.narrowest_primary >= Some(3));
    let page = account.page();
    for words in ["T1 2024", "No attacker found anything.", "small_count", "county", "fylke"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let text = serde_json::to_string(&report).unwrap();
    let again: Report = serde_json::from_str(&text).unwrap();
    assert_eq!((again.attacks, again.narrowest), (report.attacks, report.narrowest));
}

#[test]
fn sums_of_the_country_are_withheld_only_where_others_will_not_do() {
    let (definition, rule) = (table("T1"), Rule::default());
    let (mut free, mut wished) = (0, 0);
    for seed in 0..60 {
        let counts = editions(seed).0;
        let (_, cube) = sealed(&counts).open();
        let shapes = [Shape::of(&definition, YEAR).unwrap()];
        let blocks = Blocks::of(&cube, &shapes).unwrap();
        let system = blocks.system(&cube, &shapes).unwrap();
        let terms = terms(&cube, &shapes, &system, &blocks, &rule).unwrap();
        let country: Vec<usize> =
            (0..system.cells()).filter(|&cell| terms.kept[cell] > Keep::No).collect();
        assert_eq!(country.len(), SOURCES + 3, "the country by source, and the totals of counties");
        let lost = |terms: &Terms| {
            let done = crate::suppress::system(&system, terms, &rule).unwrap();
            country.iter().filter(|&&cell| done.statuses()[cell] == Status::Secondary).count()
        };
        wished += lost(&terms);
        free += lost(&Terms { kept: Vec::new(), ..terms.clone() });
    }
    assert!(wished <= free, "{wished} of {free}");
}

/// The table with its regions by size as well, across the counties.
fn sized() -> Table {
    let mut table = table("T1");
    let sizes = [("F0", [0, 3, 5]), ("F1", [1, 2, 4])].map(|(code, regions)| Value {
        label: text(code),
        code: code.to_owned(),
        level: Level::Size,
        leaves: regions.map(|at| format!("r{at}")).into(),
    });
    table.dimensions[0].values.get_mut(&YEAR).unwrap().extend(sizes);
    table
}

fn withheld(cells: &[Cell]) -> usize {
    cells.iter().filter(|cell| **cell == Cell::Withheld).count()
}

#[test]
fn regions_by_size_cost_the_others_little() {
    let (mut alone, mut beside) = (0, 0);
    for seed in 0..60 {
        let counts = editions(seed).0;
        let plain = protected(&counts, Vec::new()).unwrap().release;
        let all = tables(sealed(&counts), &[&sized()], &Rule::default(), Vec::new(), &|_, _, _| {});
        let all = all.unwrap().release;
        let plain = &plain.content()[0].cells;
        alone += withheld(plain);
        beside += withheld(&all.content()[0].cells[..plain.len()]);
    }
    assert!(beside * 20 <= alone * 21, "{beside} beside, {alone} alone");
}

#[test]
fn a_release_of_before_there_were_regions_by_size_is_reckoned_with() {
    for seed in 0..20 {
        let (counts, later) = editions(seed);
        let release = protected(&counts, Vec::new()).unwrap().release;
        let shown = release.content()[0].cells.clone();
        let before = Before { counts: sealed(&counts), release };
        let later =
            tables(sealed(&later), &[&sized()], &Rule::default(), vec![before], &|_, _, _| {});
        let cells = later.unwrap().release.content()[0].cells.clone();
        assert_eq!(cells.len(), shown.len() + 2 * (SOURCES + 1));
    }
}
