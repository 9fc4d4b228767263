//! The preliminary and the final figures of a year, read by anybody, against an attacker who holds both and knows which
//! municipalities sent nothing new in between: their inner cells are the same in both editions.

use crate::answer::Cell;
use crate::installation::{Installation, place, succeed};
use crate::row_space::{ASSISTANCE, Attacked, computable_between};
use crate::signs::assert_signs;
use crate::truth::Truth;
use hjemmel_disclosure::audit::{AuditReport, Depth, Settings, attack};
use hjemmel_disclosure::{Rule, Status, System};
use hjemmel_kostra::{Form, Layout};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

const FORM: Form = Form::F11C;
const YEAR: u16 = 2025;
const TABLE: &str = "S11C1";
/// Values that a withheld small count must keep.
const VALUES: u64 = 3;

/// A field of a line, by the layout alone. The first ones are the same in both forms.
fn field(line: &str, name: &str) -> String {
    let field = Layout::of(FORM, YEAR).unwrap().field(name).unwrap();
    line[field.start..field.start + field.length].trim().to_owned()
}

/// The kommune, in Oslo the bydel.
fn region(line: &str) -> String {
    let kommune = field(line, "KOMMUNE_NR");
    if kommune == "0301" { [kommune, field(line, "BYDELSNR")].concat() } else { kommune }
}

/// The file with fewer records of every third municipality, and the regions of those.
fn revised(name: &str, file: &Path) -> (PathBuf, BTreeSet<String>) {
    let text = fs::read_to_string(file).unwrap();
    let (mut kept, mut changed) = (String::new(), BTreeSet::new());
    for (at, line) in text.lines().enumerate() {
        let number: usize = field(line, "KOMMUNE_NR").parse().unwrap();
        if number.is_multiple_of(3) && at.is_multiple_of(4) {
            changed.insert(region(line));
        } else {
            kept += line;
            kept.push('\n');
        }
    }
    let file = place("two-editions").join(name);
    fs::write(&file, kept).unwrap();
    (file, changed)
}

/// Makes an edition of a file, publishes its tables and gives what anybody reads of them.
fn published(
    installation: &Installation,
    (form, tables): (Form, &[&str]),
    file: &Path,
    kind: &[&str],
) -> Vec<Attacked> {
    let (file, year) = (file.to_string_lossy(), YEAR.to_string());
    let about = ["--form", form.number(), "--year", &year];
    succeed(&installation.run(&[&["import", &*file], &about[..], kind].concat()));
    succeed(&installation.run(&[&["release"], &about[..]].concat()));
    let node = installation.serve();
    if tables.contains(&TABLE) {
        assert_signs(&node, TABLE, YEAR, !kind.is_empty());
    }
    tables.iter().map(|table| Attacked::fetch(&node, table, YEAR)).collect()
}

/// How many records each region and status has.
fn counts(file: &Path) -> HashMap<(String, String), i64> {
    let mut counts = HashMap::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        *counts.entry((region(line), field(line, "STATUS"))).or_default() += 1;
    }
    counts
}

/// Both editions as one system of sums: inner cells of regions that did not change stand for both.
struct Both {
    editions: [Attacked; 2],
    counts: [HashMap<(String, String), i64>; 2],
    changed: BTreeSet<String>,
}

impl Both {
    /// What the cells add up, and whether they are shown, the cells of the first edition first.
    fn system(&self) -> (System, Vec<Status>) {
        let mut atoms: BTreeMap<(usize, Vec<usize>), u32> = BTreeMap::new();
        let (mut values, mut cells, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
        for (edition, (table, counts)) in self.editions.iter().zip(&self.counts).enumerate() {
            for cell in &table.cells {
                let own = table.atoms(cell).into_iter().map(|atom| {
                    let [regions, kinds] = [0, 1].map(|at| &table.dimensions[at].classes[atom[at]]);
                    let is_same = regions.is_disjoint(&self.changed);
                    let all = regions.iter().flat_map(|region| {
                        kinds.iter().map(move |kind| (region.clone(), kind.clone()))
                    });
                    let value = all.map(|key| counts.get(&key).copied().unwrap_or(0)).sum::<i64>();
                    let key = (if is_same { 0 } else { edition }, atom);
                    *atoms.entry(key).or_insert_with(|| {
                        values.push(value);
                        u32::try_from(values.len() - 1).unwrap()
                    })
                });
                let own: Vec<u32> = own.collect();
                let value = own.iter().map(|at| values[*at as usize]).sum::<i64>();
                statuses.push(status(cell, value));
                cells.push(own);
            }
        }
        let mut system = System::builder(values);
        for cell in cells {
            system.cell(cell);
        }
        (system.build().unwrap(), statuses)
    }
}

/// Whether a cell is shown, which it is as it was counted, or else why not.
fn status(cell: &Cell, value: i64) -> Status {
    match &cell.value {
        Ok(shown) => {
            assert_eq!(i64::try_from(*shown), Ok(value), "{:?}", cell.at);
            Status::Shown
        }
        Err(sign) => {
            assert_eq!(sign, ":", "{:?}", cell.at);
            if (1..=3).contains(&value) { Status::Primary } else { Status::Secondary }
        }
    }
}

fn attacked((system, statuses): &(System, Vec<Status>)) -> AuditReport {
    let settings = Settings {
        least_withheld: Rule::default().least_withheld(),
        min_feasible: VALUES,
        depth: Depth::Rule,
        insiders: false,
        ..Settings::default()
    };
    attack(system, statuses, &settings)
}

#[test]
fn whoever_holds_both_editions_of_a_year_computes_nothing_and_keeps_three_values_of_each_small_count()
 {
    let installation = Installation::empty("two-editions-both");
    succeed(&installation.run(&["migrate"]));
    let first = Truth::generate(FORM, YEAR, Some(400), 31).file;
    let (last, changed) = revised("programme.dat", &first);
    assert!(changed.len() > 10, "{changed:?}");
    let editions = [(&first, &["--preliminary"][..]), (&last, &[])]
        .map(|(file, kind)| published(&installation, (FORM, &[TABLE]), file, kind).remove(0));
    let differ = editions[0].cells.iter().zip(&editions[1].cells);
    assert!(differ.filter(|(one, other)| one.value != other.value).count() > 10);
    let both = Both { editions, counts: [counts(&first), counts(&last)], changed };
    let mut joint = both.system();
    let primary = joint.1.iter().filter(|status| **status == Status::Primary).count();
    assert!(primary > 100, "only {primary} small counts are withheld");
    let report = attacked(&joint);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.algebra.determined, 0, "{report:?}");
    let intervals = report.intervals.as_ref().unwrap();
    assert_eq!((intervals.exact, intervals.too_few), (0, 0), "{report:?}");

    // The attacker is one: a cell of the first edition that were shown would tell of the second.
    let (half, same) = (both.editions[0].cells.len(), &both.editions[0]);
    let unchanged = |cell: &Cell| {
        let mut atoms = same.atoms(cell).into_iter();
        atoms.all(|atom| same.dimensions[0].classes[atom[0]].is_disjoint(&both.changed))
    };
    let given = (0..half).find(|at| {
        let withheld = [joint.1[*at], joint.1[at + half]].iter().all(|own| *own != Status::Shown);
        withheld && unchanged(&same.cells[*at])
    });
    joint.1[given.unwrap()] = Status::Shown;
    assert!(attacked(&joint).algebra.determined > 0);
}

#[test]
fn whoever_holds_both_editions_of_five_linked_tables_computes_no_withheld_cell_of_either() {
    let installation = Installation::empty("two-editions-linked");
    succeed(&installation.run(&["migrate"]));
    let first = Truth::delivered(Form::F11, YEAR, 37).file;
    let (last, changed) = revised("assistance.dat", &first);
    assert!(changed.len() > 3, "{changed:?}");
    let mut editions = [(&first, &["--preliminary"][..]), (&last, &[])]
        .map(|(file, kind)| published(&installation, (Form::F11, &ASSISTANCE), file, kind));
    let differ = editions[0].iter().zip(&editions[1]).flat_map(|(one, other)| {
        one.cells.iter().zip(&other.cells).filter(|(one, other)| one.value != other.value)
    });
    assert!(differ.count() > 20);
    let is_same = |regions: &BTreeSet<String>| regions.is_disjoint(&changed);
    for edition in &editions {
        let cells = || edition.iter().flat_map(|table| &table.cells);
        assert!(cells().all(|cell| !matches!(cell.value, Ok(1..=3))), "a small count is shown");
        assert!(cells().filter(|cell| cell.value.is_err()).count() > 20);
    }
    let [one, other] = &editions;
    assert_eq!(computable_between(one, other, &is_same), Vec::<String>::new());

    // The attacker joins both: a cell that one edition withholds and the other shows, of those that did not change, is told.
    let at = |table: &Attacked| {
        table.cells.iter().position(|cell| {
            let mut atoms = table.atoms(cell).into_iter();
            cell.value.is_err() && atoms.all(|atom| is_same(&table.dimensions[0].classes[atom[0]]))
        })
    };
    let (table, cell) = (0..5).find_map(|table| Some((table, at(&one[table])?))).unwrap();
    assert!(other[table].cells[cell].value.is_err(), "it would have been told");
    editions[0][table].cells[cell].value = Ok(5);
    let [one, other] = &editions;
    let told = computable_between(one, other, &is_same);
    assert!(told.contains(&format!("1 {} {:?}", other[table].id, other[table].cells[cell].at)));
}
