use super::*;
use crate::Axis;
use hjemmel_kostra::Form;
use hjemmel_policy::{
    Caller, DEMO_GRANTS, Decided, GrantTerms, OrganisationNumber, Policy, SCOPE_MICRODATA,
    SCOPE_TABLES, Subject, TableRead,
};

const IMDI: &str = "987879696";
const KS: &str = "971032146";
const HUSBANKEN: &str = "942114184";
const YEAR: u16 = 2024;

/// The policy of the demonstration.
pub(crate) fn policy() -> Policy {
    let columns = |form, year| {
        let role = |column: hjemmel_kostra::Column| {
            (column.name, column.role == hjemmel_kostra::ColumnRole::Identifier)
        };
        hjemmel_kostra::columns(form, year).into_iter().map(role).collect()
    };
    Policy::build(GrantTerms::from_toml(DEMO_GRANTS).unwrap(), 1, &columns).unwrap()
}

/// A body that may ask for anything.
pub(crate) fn body(number: &str) -> Caller {
    let organisation = OrganisationNumber::parse(number).unwrap();
    let scopes = [SCOPE_MICRODATA, SCOPE_TABLES].map(str::to_owned).into();
    Caller::verified(Subject::Organisation { organisation }, scopes, None, None)
}

/// A moment the demonstration's grants are in force.
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn permit(
    number: &str,
    form: Form,
    columns: &[&str],
    regions: Option<&[&str]>,
) -> Grant<ReadTable> {
    let read = TableRead {
        table: "S".to_owned(),
        form,
        columns: set(columns),
        years: BTreeSet::from([YEAR]),
        regions: regions.map(set),
        unpublished: false,
    };
    match policy().decide::<ReadTable>(&body(number), read, None, now()) {
        Decided::Allowed(grant, _) => grant,
        Decided::Denied(decision) => panic!("{:?}", decision.failed),
    }
}

fn definition(id: &str) -> &'static Table {
    hjemmel_kostra::table(id).unwrap()
}

/// Leaf codes of a table's dimensions, in any order.
fn axes(table: &Table) -> Vec<Axis> {
    table
        .dimensions
        .iter()
        .map(|dimension| {
            let leaves: BTreeSet<&String> =
                dimension.values_of(YEAR).iter().flat_map(|value| &value.leaves).collect();
            let codes = leaves.into_iter().cloned().collect();
            Axis { column: dimension.column.clone(), codes }
        })
        .collect()
}

/// A cube of two axes with so many records of each pair of leaves.
fn cube(table: &Table, records: &[(&str, &str, u64)]) -> Microcube {
    let axes = axes(table);
    let place = |axis: usize, code: &str| {
        let at = axes[axis].codes.iter().position(|known| known == code).unwrap();
        u32::try_from(at).unwrap()
    };
    let first = records.iter().map(|(a, ..)| place(0, a)).collect();
    let second = records.iter().map(|(_, b, _)| place(1, b)).collect();
    let counts = records.iter().map(|(.., count)| *count).collect();
    Microcube::new(axes, vec![first, second], counts, Vec::new()).unwrap()
}

fn cell(table: &Table, cells: &[Cell], region: &str, other: &str) -> Cell {
    let at = |dimension: &Dimension, code: &str| {
        dimension.values_of(YEAR).iter().position(|value| value.code == code).unwrap()
    };
    let (rows, columns) = (&table.dimensions[0], &table.dimensions[1]);
    cells[at(rows, region) * columns.values_of(YEAR).len() + at(columns, other)]
}

#[test]
fn every_cell_is_the_sum_of_its_leaves_small_ones_too() {
    let s11c1 = definition("S11C1");
    let grant = permit(IMDI, Form::F11C, &["REGION", "STATUS"], None);
    let records = [("3107", "1", 2), ("3107", "3", 1), ("030101", "1", 40), ("030115", "7", 5)];
    let sealed = Sealed::new(grant, vec![(YEAR, cube(s11c1, &records))]);
    let release = table(sealed, s11c1).unwrap();
    assert_eq!(release.protection(), Protection::Exact);
    assert_eq!(release.basis().unwrap().grant_id, "imdi-11c-exact");
    let [released] = release.content().as_slice() else { panic!("one year was read") };
    assert_eq!((released.table.as_str(), released.year), ("S11C1", YEAR));
    for (region, status, expected) in [
        ("EAK", "0", 48),
        ("EAKUO", "0", 3),
        ("3107", "0", 3),
        ("3107", "1", 2),
        ("3107", "3", 1),
        ("3107", "2", 0),
        ("0301", "0", 45),
        ("030101", "1", 40),
        ("030115", "1", 0),
        ("EAK", "1", 42),
    ] {
        let found = cell(s11c1, &released.cells, region, status);
        assert_eq!(found, Cell::Shown(expected), "{region} {status}");
    }
}

#[test]
fn a_sum_with_a_region_outside_the_grant_is_not_covered() {
    let s1101 = definition("S1101");
    let grant = permit(KS, Form::F11, &["REGION", "VKLO"], Some(&["3107", "3105"]));
    // The registers read only what the grant covers; the door does not rely on it.
    let records = [("3107", "1", 2), ("3105", "1", 7), ("1103", "1", 9)];
    let sealed = Sealed::new(grant, vec![(YEAR, cube(s1101, &records))]);
    let release = table(sealed, s1101).unwrap();
    let cells = &release.content()[0].cells;
    assert_eq!(cell(s1101, cells, "3107", "arbeid"), Cell::Shown(2));
    assert_eq!(cell(s1101, cells, "3105", "00"), Cell::Shown(7));
    for outside in ["1103", "EAK", "EAKUO", "EKA31", "0301", "030101"] {
        assert_eq!(cell(s1101, cells, outside, "00"), Cell::NotCovered, "{outside}");
    }
}

#[test]
fn a_column_or_year_outside_the_grant_stops_everything() {
    let s1101 = definition("S1101");
    let housing = permit(HUSBANKEN, Form::F11, &["REGION", "BOSIT"], None);
    let sealed = Sealed::new(housing, vec![(YEAR, cube(s1101, &[("3107", "1", 9)]))]);
    let refused = table(sealed, s1101).unwrap_err();
    assert!(matches!(refused, EntitledError::Outside(column) if column == "VKLO"));
    let grant = permit(KS, Form::F11, &["REGION", "VKLO"], Some(&["3107"]));
    let sealed = Sealed::new(grant, vec![(YEAR + 1, cube(s1101, &[("3107", "1", 9)]))]);
    let refused = table(sealed, s1101).unwrap_err();
    assert!(matches!(refused, EntitledError::Outside(year) if year == "2025"));
}

#[test]
fn data_without_an_axis_of_the_table_are_an_error() {
    let s1101 = definition("S1101");
    let grant = permit(KS, Form::F11, &["REGION", "VKLO"], Some(&["3107"]));
    let mut axes = axes(s1101);
    axes.truncate(1);
    let cube = Microcube::new(axes, vec![vec![0]], vec![4], Vec::new()).unwrap();
    let refused = table(Sealed::new(grant, vec![(YEAR, cube)]), s1101).unwrap_err();
    assert!(matches!(refused, EntitledError::NoAxis(column) if column == "VKLO"));
}

#[test]
fn a_kommune_covers_its_bydeler_and_not_the_other_way_round() {
    let leaves = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    let oslo = Population::Regions(set(&["0301", "3107"]));
    assert!(covers(&oslo, &leaves(&["030101", "030115", "3107"])));
    assert!(!covers(&oslo, &leaves(&["030101", "3105"])));
    assert!(!covers(&Population::Regions(set(&["030101"])), &leaves(&["030101", "030102"])));
    assert!(covers(&Population::All, &leaves(&["9999"])));
}
