use super::*;
use crate::agreement::Agreement;
use crate::months;
use crate::{Dimension, Level, columns, regions::Division};
use std::collections::BTreeSet;

/// The codes the register column of a dimension can hold in a year.
fn leaves(table: &Table, dimension: &Dimension, year: u16) -> BTreeSet<String> {
    if dimension.column == "REGION" {
        return Division::of(year).expect("a division").leaves().iter().cloned().collect();
    }
    if dimension.column == Agreement::COLUMN {
        return Agreement::ALL.map(|one| one.code().to_owned()).into();
    }
    if dimension.column == months::MONTH {
        return months::MONTHS.map(str::to_owned).into();
    }
    if dimension.column == months::GROUP {
        return months::GROUPS.map(str::to_owned).into();
    }
    let columns = columns(table.form, year);
    let column = columns.iter().find(|column| column.name == dimension.column);
    let codes = &column.expect("the register has the column").codes;
    codes.iter().map(|code| code.code.clone()).collect()
}

/// Every dimension of every table in each of its years.
fn each_dimension(mut check: impl FnMut(&Table, &Dimension, u16)) {
    for table in tables() {
        for year in table.years() {
            for dimension in &table.dimensions {
                check(table, dimension, year);
            }
        }
    }
}

#[test]
fn every_definition_can_be_read() {
    for source in read::SOURCES {
        read::table(source).expect("a sound definition");
    }
    let ids: Vec<_> = tables().iter().map(|table| table.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "S1101", "S1102", "S1103", "S1104", "S1105", "S1106", "S1107", "S11B1", "S11C1",
            "S11M1", "S11M2"
        ]
    );
    assert!(ids.iter().all(|id| about(id).is_some_and(|about| !about.notes.is_empty())));
}

#[test]
fn every_union_is_made_of_codes_the_register_can_hold() {
    each_dimension(|table, dimension, year| {
        let known = leaves(table, dimension, year);
        for value in dimension.values_of(year) {
            assert!(!value.leaves.is_empty(), "{} {}", table.id, value.code);
            let distinct: BTreeSet<_> = value.leaves.iter().cloned().collect();
            assert_eq!(distinct.len(), value.leaves.len(), "{} {}", table.id, value.code);
            assert!(distinct.is_subset(&known), "{} {} {}", table.id, dimension.code, value.code);
        }
    });
}

#[test]
fn the_total_of_a_dimension_is_every_leaf_that_can_occur() {
    each_dimension(|table, dimension, year| {
        let mut known = leaves(table, dimension, year);
        if year == 2016 && dimension.column == "MNDSPENN" {
            known.remove("UOPPG");
        }
        // Months are not added up, and recipients not with participants.
        if table.form == Form::F11M && dimension.column != "REGION" {
            assert_eq!(dimension.total, None);
            return;
        }
        let total = dimension.total.as_deref().expect("a total");
        let value = dimension.values_of(year).iter().find(|value| value.code == total);
        let value = value.expect("the total is a value");
        assert_eq!(value.level, Level::Total);
        assert_eq!(value.leaves.iter().cloned().collect::<BTreeSet<_>>(), known, "{}", table.id);
    });
}

#[test]
fn the_other_values_of_a_dimension_cover_its_total() {
    each_dimension(|table, dimension, year| {
        let parts = dimension.values_of(year).iter().filter(|value| value.level < Level::Total);
        let covered: BTreeSet<_> = parts.flat_map(|value| &value.leaves).collect();
        let values = dimension.values_of(year).iter();
        let whole: BTreeSet<_> = values.flat_map(|value| &value.leaves).collect();
        assert_eq!(covered, whole, "{} {} {year}", table.id, dimension.code);
    });
}

#[test]
fn codes_are_unique_within_a_dimension_and_a_year() {
    each_dimension(|table, dimension, year| {
        let values = dimension.values_of(year);
        let codes: BTreeSet<_> = values.iter().map(|value| &value.code).collect();
        assert_eq!(codes.len(), values.len(), "{} {} {year}", table.id, dimension.code);
        assert!(
            values.iter().all(|value| !value.label.nb.is_empty() && !value.label.en.is_empty())
        );
    });
}

#[test]
fn tables_are_found_by_form_and_year() {
    let ids = |form, year| -> Vec<_> { tables_of(form, year).map(|t| t.id.as_str()).collect() };
    assert_eq!(ids(Form::F11, 2016), ["S1101", "S1102", "S1103"]);
    let of_2024 = ["S1101", "S1102", "S1103", "S1104", "S1105", "S1106", "S1107"];
    assert_eq!(ids(Form::F11, 2024), of_2024);
    assert_eq!(ids(Form::F11C, 2025), ["S11C1"]);
    assert!(ids(Form::F11C, 2016).is_empty());
    assert!(table("S9999").is_none());
}

#[test]
fn only_the_crossed_table_stops_at_groups_of_municipalities() {
    let deepest = |id| {
        let region = &table(id).expect("a table").dimensions[0];
        region.values_of(2024).iter().map(|value| value.level).min()
    };
    assert_eq!(deepest("S1103"), Some(Level::Size));
    assert_eq!(deepest("S1101"), Some(Level::Leaf));
}

#[test]
fn municipalities_by_size_are_of_tables_with_many_persons() {
    let sizes = |table: &crate::Table, year| {
        let regions = table.dimensions.iter().filter(|dimension| dimension.column == "REGION");
        let values = regions.flat_map(|region| region.values_of(year));
        values.filter(|value| value.level == Level::Size).count()
    };
    for table in tables() {
        let expected = if table.form == crate::Form::F11 { 7 } else { 0 };
        assert_eq!(sizes(table, 2024), expected, "{}", table.id);
        assert_eq!(sizes(table, 2016), 0, "{}", table.id);
    }
}

#[test]
fn sums_are_of_numbers_of_the_register_and_bound_columns_that_are_counted() {
    let mut sums = 0;
    for table in tables().iter().filter(|table| table.is_sum()) {
        assert_eq!(table.dimensions.len(), 1, "{}", table.id);
        for year in table.years() {
            let columns = columns(table.form, year);
            let kind = |name: &String| columns.iter().find(|one| one.name == *name).map(|c| c.kind);
            let is_number = |name| kind(name) == Some(crate::columns::ColumnKind::Integer);
            assert!(table.sums.iter().all(is_number), "{} {year}", table.id);
            let counted = |column: &String| {
                let mut counted = tables_of(table.form, year).filter(|other| !other.is_sum());
                counted.any(|other| other.columns().any(|one| one == column))
            };
            assert!(table.bounds.iter().all(counted), "{} {year}", table.id);
            sums += 1;
        }
    }
    assert_eq!(sums, 8);
}
