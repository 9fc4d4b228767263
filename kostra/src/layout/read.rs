//! Reads the embedded file descriptions and the English names, once.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{Code, DateFormat, Field, FieldKind, Layout};
use crate::{Form, Text};

/// Every layout. A description that cannot be read has no layout, so its records are refused; a
/// test reads them all.
pub(super) static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let labels: Labels =
        toml::from_str(include_str!("../../data/labels_en.toml")).unwrap_or_default();
    let mut layouts: Vec<_> = SOURCES.iter().filter_map(|json| layout(json, &labels)).collect();
    lend_lists(&mut layouts);
    layouts
});

/// The embedded descriptions, by form and year.
pub(super) const SOURCES: [&str; 15] = [
    include_str!("../../data/filbeskrivelse/11F_2020.json"),
    include_str!("../../data/filbeskrivelse/11F_2021.json"),
    include_str!("../../data/filbeskrivelse/11F_2022.json"),
    include_str!("../../data/filbeskrivelse/11F_2023.json"),
    include_str!("../../data/filbeskrivelse/11F_2024.json"),
    include_str!("../../data/filbeskrivelse/11F_2025.json"),
    include_str!("../../data/filbeskrivelse/11F_2026.json"),
    include_str!("../../data/filbeskrivelse/11B_2017.json"),
    include_str!("../../data/filbeskrivelse/11CF_2020.json"),
    include_str!("../../data/filbeskrivelse/11CF_2021.json"),
    include_str!("../../data/filbeskrivelse/11CF_2022.json"),
    include_str!("../../data/filbeskrivelse/11CF_2023.json"),
    include_str!("../../data/filbeskrivelse/11CF_2024.json"),
    include_str!("../../data/filbeskrivelse/11CF_2025.json"),
    include_str!("../../data/filbeskrivelse/11CF_2026.json"),
];

/// A description as it is written.
#[derive(Deserialize)]
struct Description {
    form: String,
    year: u16,
    record_length: usize,
    fields: Vec<DescribedField>,
}

#[derive(Deserialize)]
struct DescribedField {
    name: String,
    title_nb: String,
    start: usize,
    length: usize,
    #[serde(rename = "type")]
    kind: String,
    mandatory: bool,
    codes: Option<Vec<DescribedCode>>,
    date_format: Option<String>,
}

#[derive(Deserialize)]
struct DescribedCode {
    code: String,
    label: Option<String>,
}

/// English names by field, and by field and code.
#[derive(Deserialize, Default)]
pub(super) struct Labels {
    fields: BTreeMap<String, String>,
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Labels {
    fn code(&self, field: &str, code: &str, year: u16) -> Option<&str> {
        let codes = self.codes.get(field)?;
        let since = (2020..=year).rev().find_map(|year| codes.get(&format!("{code} from {year}")));
        since.or_else(|| codes.get(code)).map(String::as_str)
    }
}

fn layout(json: &str, labels: &Labels) -> Option<Layout> {
    let description: Description = serde_json::from_str(json).ok()?;
    let year = description.year;
    let fields = description.fields.into_iter().map(|field| read_field(field, year, labels));
    Some(Layout {
        form: Form::parse(&description.form)?,
        year,
        record_length: description.record_length,
        fields: fields.collect::<Option<_>>()?,
    })
}

fn read_field(field: DescribedField, year: u16, labels: &Labels) -> Option<Field> {
    let kind = match (field.kind.as_str(), field.date_format.as_deref()) {
        ("string", _) => FieldKind::Text,
        ("integer", _) => FieldKind::Integer,
        ("date", Some("ddMMyy")) => FieldKind::Date(DateFormat::DdMmYy),
        ("date", Some("ddMMyyyy")) => FieldKind::Date(DateFormat::DdMmYyyy),
        _ => return None,
    };
    let english = labels.fields.get(&field.name).unwrap_or(&field.title_nb);
    let codes = field.codes.unwrap_or_default().into_iter();
    Some(Field {
        title: Text::new(&field.title_nb, english),
        start: field.start.checked_sub(1)?,
        length: field.length,
        kind,
        mandatory: field.mandatory && field.name != "BYDELSNR",
        codes: codes
            .filter(|code| !code.code.trim().is_empty())
            .map(|code| read_code(code, &field.name, year, labels))
            .collect(),
        name: field.name,
    })
}

/// A code with its label. One without a label is its own label; zeros mean not stated; the names
/// of municipalities are the same in every language.
fn read_code(code: DescribedCode, field: &str, year: u16, labels: &Labels) -> Code {
    let nb = code.label.unwrap_or_else(|| code.code.clone());
    let en = match labels.code(field, &code.code, year) {
        Some(en) => en.to_owned(),
        None if nb == "Uoppgitt" => "Not stated".to_owned(),
        None if nb == "Ukjent" => "Unknown".to_owned(),
        None => nb.clone(),
    };
    Code { code: code.code, label: Text::new(nb, en) }
}

/// Gives 2022 the code lists its descriptions leave out: those of the year before.
fn lend_lists(layouts: &mut [Layout]) {
    for (form, name) in [
        (Form::F11, "VKLO"),
        (Form::F11, "TRYGDESIT"),
        (Form::F11, "ARBSIT"),
        (Form::F11C, "KVP_OSLO"),
    ] {
        let mut of_form = layouts.iter_mut().filter(|layout| layout.form == form);
        let Some(lender) = of_form.find(|layout| layout.year == 2021) else { continue };
        let Some(borrower) = of_form.find(|layout| layout.year == 2022) else { continue };
        let field = borrower.fields.iter_mut().find(|field| field.name == name);
        if let (Some(field), Some(lent)) = (field, lender.field(name)) {
            field.codes.clone_from(&lent.codes);
        }
    }
}
