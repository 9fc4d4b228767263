//! Record files and registers for the tests of this crate.

use crate::{Config, EditionRef, Keys, Registers};
use chrono::NaiveDate;
use hjemmel_kostra::{
    Form, columns,
    identity::synthetic,
    layout::{FieldKind, Layout},
};
use hjemmel_policy::{MicrodataRead, Obligations, Population, Tier};
use std::{fmt::Write, path::Path, sync::Arc};

pub(crate) fn registers(folder: &Path) -> Registers {
    let path = folder.join("keys");
    let keys = if path.exists() { Keys::load(&path) } else { Keys::create(&path) };
    let config = Config { threads: 2, ..Config::new(folder.join("registers")) };
    Registers::open(&config, Arc::new(keys.unwrap())).unwrap()
}

pub(crate) fn edition(year: u16) -> EditionRef {
    EditionRef::new(Form::F11, year, 1)
}

/// A synthetic number; `n` in different hundreds of three give different persons, and nearly all others do.
pub(crate) fn number(n: u32) -> String {
    let days = i64::from(n / 300) * 7;
    let born = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + chrono::TimeDelta::days(days);
    let tries = (n % 300)..500;
    tries.map(|i| u16::try_from(i).unwrap()).find_map(|i| synthetic(born, i)).unwrap()
}

/// A record in which every field says something, save for what is given.
pub(crate) fn record(layout: &Layout, given: &[(&str, &str)]) -> String {
    let mut line = String::new();
    for field in &layout.fields {
        let value = match given.iter().find(|(name, _)| *name == field.name) {
            Some((_, value)) => (*value).to_owned(),
            None => usual(layout, field.name.as_str()),
        };
        let width = field.length;
        match field.kind {
            FieldKind::Integer => write!(line, "{value:>width$}").unwrap(),
            _ => write!(line, "{value:<width$}").unwrap(),
        }
    }
    assert_eq!(line.chars().count(), layout.record_length);
    line
}

fn usual(layout: &Layout, name: &str) -> String {
    let field = layout.field(name).unwrap();
    match (name, field.kind, field.codes.first()) {
        ("KOMMUNE_NR", ..) => "3107".to_owned(),
        ("BYDELSNR" | "PERSON_DUF", ..) => String::new(),
        ("VERSION", ..) => format!("{:02}", layout.year % 100),
        ("PERSON_FODSELSNR", ..) => number(1),
        ("SAKSBEHANDLER", ..) => "Bjørn Å".to_owned(),
        (_, FieldKind::Date(format), _) => {
            format.write(NaiveDate::from_ymd_opt(i32::from(layout.year), 6, 15).unwrap())
        }
        (_, FieldKind::Integer, _) => "17".to_owned(),
        (_, FieldKind::Text, Some(code)) => code.code.clone(),
        (_, FieldKind::Text, None) => "7".to_owned(),
    }
}

pub(crate) fn file(year: u16, records: &[&[(&str, &str)]]) -> String {
    let layout = Layout::of(Form::F11, year).unwrap();
    let lines = records.iter().map(|given| record(layout, given) + "\n");
    lines.collect()
}

pub(crate) fn import(registers: &Registers, year: u16, text: &str) -> EditionRef {
    registers.import(&edition(year), text.as_bytes(), &mut |_| ()).unwrap().edition
}

pub(crate) fn everything(form: Form, year: u16) -> MicrodataRead {
    MicrodataRead { form, year, columns: None, regions: None, unpublished: false }
}

pub(crate) fn identified(form: Form, year: u16) -> Obligations {
    Obligations {
        grant_id: "g1".to_owned(),
        grant_version: 1,
        clause: String::new(),
        tier: Tier::Identified,
        columns: columns::columns(form, year).into_iter().map(|column| column.name).collect(),
        coarser: std::collections::BTreeMap::new(),
        years: [year].into(),
        population: Population::All,
        pseudonym_namespace: "g1".to_owned(),
        max_rows_per_day: None,
        decision: uuid::Uuid::nil(),
    }
}
