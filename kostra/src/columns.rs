//! The columns of a dataset-year: what a register keeps of each record.

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::{
    Form, Text,
    derive::{AGE_GROUPS, MONTH_SPANS, NOT_STATED},
    identity::NumberKind,
    layout::{Code, Field, FieldKind, Layout},
};

/// The year of Statistics Norway's fictitious social assistance file, which has no full records.
pub const FICTITIOUS_YEAR: u16 = 2016;

/// The columns that are made from a record, not read from it, in the order they are kept.
pub const DERIVED: [&str; 7] =
    ["REGION", "NUMMERTYPE", "ALDER", "ALDERSGRUPPE", "ANTMND", "MNDSPENN", PSEUDONYM];

/// The column a person is linked by, made anew for each recipient when records are released.
pub const PSEUDONYM: &str = "PERSON_PSEUDONYM";

/// Fields that tell who a person is, or who handles the case. The free text of 2020 is one: nobody
/// knows what was written there.
const IDENTIFIERS: [&str; 6] = [
    "PERSON_FODSELSNR",
    "PERSON_DUF",
    "PERSON_JOURNALNR",
    "SAKSBEHANDLER",
    "FODSELSDATO",
    "AVSL_ANNET_SPES",
];

/// Fields whose codes are regions. Their lists follow the year's division, so they have none here.
const REGIONS: [&str; 2] = ["KOMMUNE_NR", "BYDELSNR"];

/// One column of a dataset-year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// The name of the field it is read from, or of the derived value.
    pub name: String,
    /// What it holds.
    pub label: Text,
    /// What kind of value it holds.
    pub kind: ColumnKind,
    /// How sensitive it is.
    pub role: ColumnRole,
    /// Its code list. Region columns have none: the codes are those of the year's division.
    pub codes: Vec<Code>,
}

/// The kind of value a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ColumnKind {
    /// A code out of a list.
    Code,
    /// Characters.
    Text,
    /// A whole number.
    Integer,
    /// A calendar date.
    Date,
}

/// How a column may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ColumnRole {
    /// Tells directly who it is about; encrypted where it is kept.
    Identifier,
    /// Stands for a person towards one recipient; made when released, never kept.
    Pseudonym,
    /// Everything else.
    Content,
}

/// The columns of a form's records in a reporting year; empty where no records are kept.
///
/// The fields stand in the order of the record, without `VERSION`, which is the year itself. The
/// derived columns follow.
#[must_use]
pub fn columns(form: Form, year: u16) -> Vec<Column> {
    if form == Form::F11 && year == FICTITIOUS_YEAR {
        return fictitious();
    }
    match (form, Layout::of(form, year)) {
        (Form::F11 | Form::F11C, Some(layout)) => {
            let fields = layout.fields.iter().filter(|field| field.name != "VERSION");
            fields.map(of_field).chain(DERIVED.iter().filter_map(|name| derived(name))).collect()
        }
        _ => Vec::new(),
    }
}

/// The few columns the fictitious file of 2016 can fill.
fn fictitious() -> Vec<Column> {
    let Some(layout) = Layout::of(Form::F11, 2020) else { return Vec::new() };
    let field = |name| layout.field(name).map(of_field);
    let region = |name| field(name).or_else(|| derived(name));
    ["KOMMUNE_NR", "BYDELSNR", "REGION", "VKLO", "MNDSPENN"]
        .into_iter()
        .filter_map(region)
        .collect()
}

fn of_field(field: &Field) -> Column {
    let is_region = REGIONS.contains(&field.name.as_str());
    Column {
        name: field.name.clone(),
        label: field.title.clone(),
        kind: match field.kind {
            FieldKind::Integer => ColumnKind::Integer,
            FieldKind::Date(_) => ColumnKind::Date,
            FieldKind::Text if is_region || !field.codes.is_empty() => ColumnKind::Code,
            FieldKind::Text => ColumnKind::Text,
        },
        role: if IDENTIFIERS.contains(&field.name.as_str()) {
            ColumnRole::Identifier
        } else {
            ColumnRole::Content
        },
        codes: field.codes.clone(),
    }
}

/// A derived column by name.
fn derived(name: &str) -> Option<Column> {
    let (label, kind, codes) = match name {
        "REGION" => (
            Text::new("Kommune, i Oslo bydel", "Municipality, in Oslo city district"),
            ColumnKind::Code,
            Vec::new(),
        ),
        "NUMMERTYPE" => (
            Text::new("Type personnummer", "Kind of identity number"),
            ColumnKind::Code,
            NumberKind::codes(),
        ),
        "ALDER" => (
            Text::new("Alder ved utgangen av året", "Age at the end of the year"),
            ColumnKind::Integer,
            Vec::new(),
        ),
        "ALDERSGRUPPE" => {
            (Text::new("Aldersgruppe", "Age group"), ColumnKind::Code, groups(&AGE_GROUPS))
        }
        "ANTMND" => (
            Text::new("Antall måneder med stønad", "Number of months with benefit"),
            ColumnKind::Integer,
            Vec::new(),
        ),
        "MNDSPENN" => (
            Text::new("Måneder med stønad, gruppert", "Months with benefit, grouped"),
            ColumnKind::Code,
            groups(&MONTH_SPANS),
        ),
        PSEUDONYM => (
            Text::new("Pseudonym for personen", "Pseudonym for the person"),
            ColumnKind::Text,
            Vec::new(),
        ),
        _ => return None,
    };
    let role = if name == PSEUDONYM { ColumnRole::Pseudonym } else { ColumnRole::Content };
    Some(Column { name: name.to_owned(), label, kind, role, codes })
}

/// A list of groups, closed by the code for not stated.
fn groups(groups: &[(&str, &str, &str)]) -> Vec<Code> {
    let codes = groups.iter().chain([&NOT_STATED]);
    codes.map(|(code, nb, en)| Code { code: (*code).into(), label: Text::new(*nb, *en) }).collect()
}
