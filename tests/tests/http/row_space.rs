//! All that an anonymous caller can fetch of a year, against an attacker who adds and subtracts: no cell that is
//! withheld is a combination of cells that are shown, in one table or across all of them.
//!
//! The attacker is written here from the definitions of the tables alone. Every cell is a sum of atoms, which
//! are the finest parts that the codes of one table tell apart; tables over the same variables agree on their
//! common sums. A withheld cell can be computed exactly if its sum lies in the span of the shown ones and of
//! those agreements. The span is found by elimination modulo two primes: what is a combination over the
//! rationals is one modulo every prime that does not divide a denominator of it.

use crate::answer::Cell;
use crate::node::{Node, shared};
use hjemmel_kostra::{Table, table};
use hjemmel_tests::demonstration::Demonstration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

pub const PRIMES: [u64; 2] = [2_147_483_647, 4_294_967_291];
pub const ASSISTANCE: [&str; 5] = ["S1101", "S1102", "S1103", "S1104", "S1105"];

/// One dimension: the classes of leaves its codes tell apart, and which of them each code adds up.
pub struct Dimension {
    pub code: String,
    column: String,
    pub classes: Vec<BTreeSet<String>>,
    parts: HashMap<String, Vec<usize>>,
}

/// One table of the year with everything it shows.
pub struct Attacked {
    pub id: String,
    pub dimensions: Vec<Dimension>,
    pub cells: Vec<Cell>,
}

impl Dimension {
    fn new(definition: &hjemmel_kostra::Dimension, year: u16) -> Self {
        let values = definition.values_of(year);
        let mut codes: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (at, value) in values.iter().enumerate() {
            for leaf in &value.leaves {
                codes.entry(leaf).or_default().insert(at);
            }
        }
        let mut classes: BTreeMap<BTreeSet<usize>, BTreeSet<String>> = BTreeMap::new();
        for (leaf, codes) in codes {
            classes.entry(codes).or_default().insert(leaf.to_owned());
        }
        let mut parts: HashMap<String, Vec<usize>> = HashMap::new();
        for (class, codes) in classes.keys().enumerate() {
            for &code in codes {
                parts.entry(values[code].code.clone()).or_default().push(class);
            }
        }
        Self {
            code: definition.code.clone(),
            column: definition.column.clone(),
            classes: classes.into_values().collect(),
            parts,
        }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.classes.len()).collect()
    }
}

impl Attacked {
    pub fn fetch(node: &Node, id: &str, year: u16) -> Self {
        let definition: &Table = table(id).unwrap();
        let parts = definition.dimensions.iter().map(|d| format!("&valueCodes[{}]=*", d.code));
        let address = format!(
            "/pxwebapi/v2/tables/{id}/data?valueCodes[ContentsCode]=*&valueCodes[Tid]={year}{}",
            parts.collect::<String>()
        );
        let answer = node.anyone().get(&address).ok();
        assert_eq!(answer.header("hjemmel-protection"), "suppressed");
        let mut cells = answer.cells();
        cells.retain(|cell| cell.value != Err(".".to_owned()));
        let dimensions = definition.dimensions.iter().map(|d| Dimension::new(d, year)).collect();
        Self { id: id.to_owned(), dimensions, cells }
    }

    /// The atoms of a cell, each a class of every dimension.
    pub fn atoms(&self, cell: &Cell) -> Vec<Vec<usize>> {
        let parts = self.dimensions.iter().map(|d| d.parts[&cell.at[&d.code]].clone());
        product(&parts.collect::<Vec<_>>())
    }
}

fn product(lists: &[Vec<usize>]) -> Vec<Vec<usize>> {
    lists.iter().fold(vec![Vec::new()], |all, list| {
        let longer = |start: &Vec<usize>| -> Vec<Vec<usize>> {
            list.iter().map(|&one| [start.as_slice(), &[one]].concat()).collect()
        };
        all.iter().flat_map(longer).collect()
    })
}

/// The finest sets of leaves that the classes of both dimensions add up to, as classes of each.
fn common(a: &Dimension, b: &Dimension) -> Vec<(Vec<usize>, Vec<usize>)> {
    let leaves = |d: &Dimension| d.classes.iter().flatten().cloned().collect::<BTreeSet<_>>();
    assert_eq!(leaves(a), leaves(b), "{} and {} cover the same", a.code, b.code);
    let mut blocks: Vec<BTreeSet<String>> = Vec::new();
    for class in a.classes.iter().chain(&b.classes) {
        let (touched, mut kept): (Vec<_>, Vec<_>) =
            blocks.into_iter().partition(|block| !block.is_disjoint(class));
        kept.push(touched.into_iter().flatten().chain(class.iter().cloned()).collect());
        blocks = kept;
    }
    let within = |d: &Dimension, block: &BTreeSet<String>| -> Vec<usize> {
        d.all().into_iter().filter(|&at| d.classes[at].is_subset(block)).collect()
    };
    blocks.iter().map(|block| (within(a, block), within(b, block))).collect()
}

/// A sum of atoms: the column of each, and how often it counts.
pub type Row = Vec<(usize, i64)>;

/// Columns of the atoms nobody has been told outright.
pub struct Columns {
    pub known: BTreeSet<(usize, Vec<usize>)>,
    pub at: HashMap<(usize, Vec<usize>), usize>,
}

impl Columns {
    pub fn row(&mut self, table: usize, atoms: Vec<Vec<usize>>, sign: i64, row: &mut Row) {
        for atom in atoms {
            let key = (table, atom);
            if !self.known.contains(&key) {
                let next = self.at.len();
                row.push((*self.at.entry(key).or_insert(next), sign));
            }
        }
    }
}

/// What the tables agree on, two by two.
pub fn agreements(tables: &[Attacked], columns: &mut Columns) -> Vec<Row> {
    agreements_from(0, tables, columns)
}

/// The same of tables that are numbered from some number on.
fn agreements_from(first: usize, tables: &[Attacked], columns: &mut Columns) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, a) in tables.iter().enumerate() {
        for (beyond, b) in tables[at + 1..].iter().enumerate() {
            let mut choices = vec![(
                a.dimensions.iter().map(Dimension::all).collect::<Vec<_>>(),
                b.dimensions.iter().map(Dimension::all).collect::<Vec<_>>(),
            )];
            for (i, one) in a.dimensions.iter().enumerate() {
                let Some(j) = b.dimensions.iter().position(|d| d.column == one.column) else {
                    continue;
                };
                let blocks = common(one, &b.dimensions[j]);
                choices = choices
                    .iter()
                    .flat_map(|(of_a, of_b)| {
                        blocks.iter().map(move |(in_a, in_b)| {
                            let (mut of_a, mut of_b) = (of_a.clone(), of_b.clone());
                            (of_a[i], of_b[j]) = (in_a.clone(), in_b.clone());
                            (of_a, of_b)
                        })
                    })
                    .collect();
            }
            for (of_a, of_b) in choices {
                let mut row = Row::new();
                columns.row(first + at, product(&of_a), 1, &mut row);
                columns.row(first + at + 1 + beyond, product(&of_b), -1, &mut row);
                rows.push(row);
            }
        }
    }
    rows
}

/// A space of rows modulo a prime, each with a column that no later row has.
pub struct Space {
    prime: u64,
    pivots: Vec<(usize, Vec<(usize, u64)>)>,
    of_column: Vec<Option<usize>>,
    work: Vec<u64>,
    common: Vec<usize>,
}

impl Space {
    pub fn of(mut rows: Vec<Row>, columns: usize, prime: u64) -> Self {
        let mut common = vec![0; columns];
        rows.iter().flatten().for_each(|(column, _)| common[*column] += 1);
        rows.sort_by_key(Vec::len);
        let (of_column, work) = (vec![None; columns], vec![0; columns]);
        let mut space = Self { prime, pivots: Vec::new(), of_column, work, common };
        for row in rows {
            space.add(&row);
        }
        space
    }

    fn add(&mut self, row: &Row) {
        let rest = self.reduce(row);
        let Some(&(pivot, leading)) = rest.iter().min_by_key(|(c, _)| self.common[*c]) else {
            return;
        };
        let (mut inverse, mut base, mut power) = (1, leading, self.prime - 2);
        while power > 0 {
            if power % 2 == 1 {
                inverse = inverse * base % self.prime;
            }
            base = base * base % self.prime;
            power /= 2;
        }
        self.of_column[pivot] = Some(self.pivots.len());
        let unit = rest.into_iter().map(|(column, value)| (column, value * inverse % self.prime));
        self.pivots.push((pivot, unit.collect()));
    }

    /// What is left of a row when all that the space holds of it is taken away; nothing if it lies within.
    pub fn reduce(&mut self, row: &Row) -> Vec<(usize, u64)> {
        let (mut touched, mut pending) = (BTreeSet::new(), BTreeSet::new());
        let prime = i64::try_from(self.prime).unwrap();
        for &(column, value) in row {
            let value = u64::try_from(value.rem_euclid(prime)).unwrap();
            self.work[column] = (self.work[column] + value) % self.prime;
            touched.insert(column);
            pending.extend(self.of_column[column]);
        }
        while let Some(at) = pending.pop_first() {
            let (pivot, unit) = &self.pivots[at];
            let factor = self.work[*pivot];
            if factor == 0 {
                continue;
            }
            for &(column, value) in unit {
                let taken = (self.prime - factor) * value % self.prime;
                self.work[column] = (self.work[column] + taken) % self.prime;
                touched.insert(column);
                pending.extend(self.of_column[column].filter(|other| *other > at));
            }
        }
        let left =
            touched.into_iter().map(|column| (column, std::mem::take(&mut self.work[column])));
        left.filter(|(_, value)| *value != 0).collect()
    }
}

/// The withheld cells that can be computed, by name.
fn computable(tables: &[Attacked]) -> Vec<String> {
    computable_of(&[tables], &|_| false)
        .into_iter()
        .map(|name| name.trim_start_matches("0 ").to_owned())
        .collect()
}

/// The same of two editions, each name after its edition's number, of which the inner cells of some regions are the same.
pub fn computable_between(
    one: &[Attacked],
    other: &[Attacked],
    is_same: &dyn Fn(&BTreeSet<String>) -> bool,
) -> Vec<String> {
    computable_of(&[one, other], is_same)
}

fn computable_of(
    editions: &[&[Attacked]],
    is_same: &dyn Fn(&BTreeSet<String>) -> bool,
) -> Vec<String> {
    let mut columns = Columns { known: BTreeSet::new(), at: HashMap::new() };
    let count = editions[0].len();
    let cells = || {
        editions.iter().enumerate().flat_map(move |(edition, tables)| {
            tables.iter().enumerate().flat_map(move |(at, table)| {
                table.cells.iter().map(move |cell| (edition, edition * count + at, table, cell))
            })
        })
    };
    for (_, at, table, cell) in cells().filter(|(.., cell)| cell.value.is_ok()) {
        if let [atom] = table.atoms(cell).as_slice() {
            columns.known.insert((at, atom.clone()));
        }
    }
    let mut rows = Vec::new();
    for (edition, tables) in editions.iter().enumerate() {
        rows.extend(agreements_from(edition * count, tables, &mut columns));
    }
    for (at, table) in editions[0].iter().enumerate().filter(|_| editions.len() > 1) {
        let all: Vec<Vec<usize>> = table.dimensions.iter().map(Dimension::all).collect();
        let regions = &table.dimensions[0].classes;
        for atom in product(&all).into_iter().filter(|atom| is_same(&regions[atom[0]])) {
            let mut row = Row::new();
            columns.row(at, vec![atom.clone()], 1, &mut row);
            columns.row(count + at, vec![atom], -1, &mut row);
            rows.push(row);
        }
    }
    let mut withheld = Vec::new();
    for (edition, at, table, cell) in cells() {
        let mut row = Row::new();
        columns.row(at, table.atoms(cell), 1, &mut row);
        match &cell.value {
            Ok(_) => rows.push(row),
            Err(_) => withheld.push((format!("{edition} {} {:?}", table.id, cell.at), row)),
        }
    }
    let mut spaces = PRIMES.map(|prime| Space::of(rows.clone(), columns.at.len(), prime));
    let lies_within = |row: &Row, spaces: &mut [Space]| {
        spaces.iter_mut().any(|space| space.reduce(row).is_empty())
    };
    withheld.retain(|(_, row)| lies_within(row, &mut spaces));
    withheld.into_iter().map(|(name, _)| name).collect()
}

#[track_caller]
fn assert_safe(node: &Node, ids: &[&str], year: u16, at_least: usize) {
    let tables: Vec<Attacked> = ids.iter().map(|id| Attacked::fetch(node, id, year)).collect();
    let cells = || tables.iter().flat_map(|table| &table.cells);
    let counts = tables.iter().filter(|one| !table(&one.id).unwrap().is_sum());
    let mut counts = counts.flat_map(|table| &table.cells);
    assert!(counts.all(|cell| !matches!(cell.value, Ok(1..=3))), "a small count is shown");
    assert!(cells().all(|cell| !matches!(&cell.value, Err(sign) if sign != ":")));
    let withheld = cells().filter(|cell| cell.value.is_err()).count();
    assert!(withheld >= at_least, "only {withheld} are withheld in {year}");
    assert_eq!(computable(&tables), Vec::<String>::new(), "{year}");
}

/// A year of records of national size.
fn national() -> &'static Node {
    static NATIONAL: LazyLock<Node> = LazyLock::new(|| {
        let demonstration = Demonstration::shared();
        let folder = demonstration.workshop().join("hjemmel-demo");
        let mut command = demonstration.program();
        command.arg("--config").arg(folder.join("hjemmel.toml"));
        Node::start(command, &folder)
    });
    &NATIONAL
}

#[test]
fn no_withheld_cell_of_the_whole_country_can_be_computed_across_five_linked_tables() {
    assert_safe(national(), &ASSISTANCE, 2024, 1_000);
    assert_safe(national(), &["S11C1"], 2024, 500);
}

#[test]
fn no_withheld_sum_can_be_computed_and_none_is_shown_where_the_recipients_are_not() {
    for (node, year) in [(national(), 2024), (shared(), 2023), (shared(), 2024), (shared(), 2025)] {
        let counts = Attacked::fetch(node, "S1101", year);
        let total = |cell: &&Cell| cell.at["HovedInntekt"] == "00";
        let withheld = |cell: &&Cell| cell.value.is_err() && total(cell);
        let untold: BTreeSet<&String> =
            counts.cells.iter().filter(withheld).map(|cell| &cell.at["Region"]).collect();
        for id in ["S1106", "S1107"] {
            assert_safe(node, &[id], year, untold.len());
            let sums = Attacked::fetch(node, id, year);
            for cell in &sums.cells {
                let is_untold = untold.contains(&cell.at["Region"]);
                assert!(cell.value.is_err() || !is_untold, "{id} shows {}", cell.at["Region"]);
            }
            let shown = sums.cells.iter().filter(|cell| cell.value.is_ok()).count();
            assert!(shown > 17, "{id} shows {shown} sums of {year}");
        }
    }
}

#[test]
fn no_withheld_cell_of_the_whole_country_in_2016_can_be_computed() {
    assert_safe(shared(), &ASSISTANCE[..3], 2016, 200);
}

#[test]
fn no_withheld_cell_of_social_assistance_can_be_computed_across_five_linked_tables() {
    assert_safe(shared(), &ASSISTANCE, 2023, 20);
    assert_safe(shared(), &ASSISTANCE, 2024, 20);
    assert_safe(shared(), &ASSISTANCE, 2025, 20);
}

#[test]
fn no_withheld_cell_of_the_programme_can_be_computed() {
    for year in [2023, 2024, 2025] {
        assert_safe(shared(), &["S11C1"], year, 20);
    }
}

#[test]
fn the_attacker_finds_the_last_cell_of_a_row_and_a_cell_given_away_by_another_table() {
    let mut tables: Vec<Attacked> =
        ASSISTANCE[..3].iter().map(|id| Attacked::fetch(shared(), id, 2016)).collect();
    let is_kommune = |cell: &Cell| cell.at["Region"].parse::<u32>().is_ok();
    let first =
        tables[0].cells.iter().find(|cell| cell.value.is_err() && is_kommune(cell)).unwrap();
    let region = first.at["Region"].clone();
    // All but one of a kommune's withheld cells become known: the last is what remains of the total.
    let mut rest = tables[0].cells.iter_mut().filter(|cell| cell.at["Region"] == region);
    let last = rest.find(|cell| cell.value.is_err()).unwrap().at.clone();
    rest.filter(|cell| cell.value.is_err()).for_each(|cell| cell.value = Ok(0));
    let found = computable(&tables);
    assert!(found.contains(&format!("S1101 {last:?}")), "{found:?}");
    // A total withheld in one table is computed from the shown parts in another.
    let total = tables[1].cells.iter_mut().find(|cell| cell.at["Region"] == region);
    let total =
        total.map(|cell| (cell.at.clone(), std::mem::replace(&mut cell.value, Err(":".into()))));
    let (at, _) = total.unwrap();
    assert_eq!(at["Maaneder"], "00");
    let found = computable(&tables);
    assert!(found.contains(&format!("S1102 {at:?}")), "{found:?}");
}
