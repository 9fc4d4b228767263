//! Forms of one record a municipality, in Oslo one a bydel: 7, 7B, 12, 13 and each month of 11M; and what forms are set
//! against: accounts, a record a kind of account, and the register's extract, a record a person.
//!
//! What they ask is our assumption (`data/skjema.toml` says what it rests on). They come as JSON or as comma separated
//! values with a header; either way each record is a set of named values.

mod asked;
#[cfg(test)]
mod tests;

pub use asked::{Asked, day, whole};

use crate::controls::{Finding, Options, Quote, Report, Severity};
use crate::{Form, Text};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// One record: values by the name of their field.
pub type Record = BTreeMap<String, String>;

/// What a form asks.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of a form, as its description does"
)]
pub struct Sheet {
    /// The form.
    pub form: Form,
    /// Whether it names who answers for it.
    contact: bool,
    /// Whether Oslo sends a record for each bydel.
    #[serde(default = "yes")]
    bydeler: bool,
    /// Whether it is sent for each month.
    #[serde(default)]
    pub monthly: bool,
    /// Whether a register sends it, with records of every municipality, each about a person.
    #[serde(default)]
    pub of_register: bool,
    /// What tells two records of one place apart.
    #[serde(default)]
    key: Vec<String>,
    /// Its fields.
    #[serde(default, rename = "field")]
    pub fields: Vec<Asked>,
    #[serde(default, rename = "control")]
    controls: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    id: String,
    severity: String,
    kind: RuleKind,
    fields: Vec<String>,
    #[serde(flatten)]
    text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RuleKind {
    /// The first is the sum of the others.
    Sum,
    /// The first is at most the second.
    AtMost,
    /// Where the first is above 0, so is the second.
    Needs,
    /// The first is above 0.
    Positive,
}

#[derive(Deserialize)]
struct Sheets {
    form: Vec<Sheet>,
}

static SHEETS: LazyLock<Vec<Sheet>> = LazyLock::new(|| {
    toml::from_str::<Sheets>(include_str!("../data/skjema.toml"))
        .map_or_else(|_| Vec::new(), |sheets| sheets.form)
});

/// Fields every one of these forms has.
const KOMMUNE: &str = "KOMMUNE_NR";
const YEAR: &str = "AAR";
const BYDEL: &str = "BYDELSNR";
const MONTH: &str = "MAANED";
/// Who answers for it, where the form asks.
const CONTACT: [&str; 3] = ["ANSVARLIG", "EPOST", "TELEFON"];

/// A record as it rests: one JSON object.
#[must_use]
pub fn rested(line: &[u8]) -> Option<Record> {
    serde_json::from_slice(line).ok()
}

const fn yes() -> bool {
    true
}

impl Sheet {
    /// What a form asks, if it is one of these.
    #[must_use]
    pub fn of(form: Form) -> Option<&'static Self> {
        SHEETS.iter().find(|sheet| sheet.form == form)
    }

    /// The names a record may have.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let contact = CONTACT.iter().copied().filter(|_| self.contact);
        let own = self.fields.iter().map(|field| field.name.as_str());
        let bydel = self.bydeler.then_some(BYDEL);
        let month = self.monthly.then_some(MONTH);
        [KOMMUNE, YEAR].into_iter().chain(bydel).chain(month).chain(contact).chain(own)
    }

    /// Controls the records of a municipality and year.
    #[must_use]
    pub fn check(&self, year: u16, records: &[Record], options: &Options) -> Report {
        self.check_month((year, None), records, options)
    }

    /// The same, of a month where it is one that is sent for each.
    #[must_use]
    pub fn check_month(
        &self,
        (year, month): (u16, Option<u8>),
        records: &[Record],
        options: &Options,
    ) -> Report {
        let mut found = Found { findings: Vec::new(), line: 0 };
        if records.is_empty() {
            found.whole(
                "000",
                Text::new(
                    "Leveringen har ingen poster. Send minst én.",
                    "The delivery has no records. Send at least one.",
                ),
            );
        }
        let known: BTreeSet<&str> = self.names().collect();
        let mut places = BTreeSet::new();
        for (record, line) in records.iter().zip(1..) {
            found.line = line;
            self.check_record((year, month), (record, &known), options, &mut found);
            let value = |name: &str| record.get(name).map_or("", |value| value.trim());
            let key = self.key.iter().map(|name| value(name));
            let place: Vec<&str> = [value(KOMMUNE), value(BYDEL)].into_iter().chain(key).collect();
            if !places.insert(place) {
                let fields: Vec<&str> = [KOMMUNE, BYDEL]
                    .into_iter()
                    .chain(self.key.iter().map(String::as_str))
                    .collect();
                found.add(("005B", Severity::Error), &fields, self.twice());
            }
        }
        let accepted = found.findings.iter().all(|one| one.severity == Severity::Warning);
        let omitted = found.findings.len().saturating_sub(options.max_findings) as u64;
        found.findings.truncate(options.max_findings);
        Report {
            form: self.form,
            year,
            records: records.len() as u64,
            findings: found.findings,
            omitted,
            accepted,
            summary: None,
            hint: None,
        }
    }

    /// A record as it is controlled and kept: what has decimals has them after a point.
    #[must_use]
    pub fn tidied(&self, mut record: Record) -> Record {
        for field in self.fields.iter().filter(|field| field.has_decimals()) {
            let value = record.get_mut(&field.name);
            if let Some(value) = value.filter(|value| !value.contains('.')) {
                *value = value.replacen(',', ".", 1);
            }
        }
        record
    }

    /// What stands in the fields of findings, one for each.
    #[must_use]
    pub fn quotes(records: &[Record], findings: &[Finding]) -> Vec<Quote> {
        let of = |finding: &Finding| {
            let at = finding.line.and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
            Quote::of_values(at.and_then(|at| records.get(at)), finding)
        };
        findings.iter().map(of).collect()
    }

    fn twice(&self) -> Text {
        if self.of_register {
            Text::new(
                "Personen står to ganger i samme kommune. Slå postene sammen.",
                "The person stands twice in one municipality. Merge the records.",
            )
        } else if self.key.is_empty() {
            Text::new(
                "Det er to poster for samme kommune eller bydel. Slå dem sammen.",
                "There are two records of one municipality or bydel. Merge them.",
            )
        } else {
            Text::new(
                "Det er to poster for samme funksjon og art. Slå dem sammen.",
                "There are two records of one function and kind of account. Merge them.",
            )
        }
    }

    fn check_record(
        &self,
        (year, month): (u16, Option<u8>),
        (record, known): (&Record, &BTreeSet<&str>),
        options: &Options,
        found: &mut Found,
    ) {
        let error = Severity::Error;
        let value = |name: &str| record.get(name).map_or("", |value| value.trim());
        for name in record.keys().filter(|name| !known.contains(name.as_str())) {
            let (form, name) = (self.form, name.chars().take(40).collect::<String>());
            found.add(
                ("002", error),
                &[],
                Text::new(
                    format!(
                        "Skjema {form} har ikke feltet «{name}». Ta det bort, eller rett navnet."
                    ),
                    format!("Form {form} has no field “{name}”. Take it out, or correct its name."),
                ),
            );
        }
        let kommune = value(KOMMUNE);
        let is_known = options.kommuner.as_ref().is_none_or(|known| known.contains(kommune));
        if kommune.len() != 4 || !is_known {
            found.add(("003", error), &[KOMMUNE], Text::new(
                format!("Kommunenummeret finnes ikke i {year}. Skriv de fire sifrene kommunen hadde det året."),
                format!("There is no such municipality number in {year}. Write the four digits the municipality had that year."),
            ));
        }
        if let Some(sender) = options.sender.as_deref().filter(|sender| *sender != kommune) {
            found.add(
                ("003K", error),
                &[KOMMUNE],
                Text::new(
                    format!("Kommunenummeret er ikke avsenderens ({sender}). Rett nummeret."),
                    format!("The municipality number is not the sender's ({sender}). Correct it."),
                ),
            );
        }
        let bydel = value(BYDEL).parse::<u8>().ok();
        let is_right = if !self.bydeler {
            true
        } else if kommune == crate::regions::OSLO {
            matches!(bydel, Some(1..=15))
        } else {
            value(BYDEL).is_empty()
        };
        if !is_right {
            found.add(("003B", error), &[KOMMUNE, BYDEL], Text::new(
                "Oslo leverer etter bydel, 01 til 15; bare Oslo har bydelsnummer. Rett feltet.",
                "Oslo delivers by bydel, 01 to 15; only Oslo has bydel numbers. Correct the field.",
            ));
        }
        if value(YEAR).parse() != Ok(year) {
            found.add(
                ("004", error),
                &[YEAR],
                Text::new(
                    format!("Posten er ikke merket med rapporteringsåret {year}. Skriv {year}."),
                    format!(
                        "The record is not marked with the reporting year {year}. Write {year}."
                    ),
                ),
            );
        }
        if let Some(month) = month.filter(|month| value(MONTH).parse() != Ok(*month)) {
            found.add(
                ("004", error),
                &[MONTH],
                Text::new(
                    format!("Posten er ikke merket med måneden {month}. Skriv {month}."),
                    format!("The record is not marked with the month {month}. Write {month}."),
                ),
            );
        }
        for name in
            CONTACT.into_iter().filter(|_| self.contact).filter(|name| value(name).is_empty())
        {
            found.add(("002", error), &[name], missing());
        }
        for field in &self.fields {
            field.check(value(&field.name), options, found);
        }
        if self.of_register && self.key.iter().all(|name| value(name).is_empty()) {
            let fields: Vec<&str> = self.key.iter().map(String::as_str).collect();
            found.add(("005", error), &fields, missing());
        }
        for rule in &self.controls {
            let amounts: Option<Vec<i64>> =
                rule.fields.iter().map(|name| hundredths(value(name))).collect();
            // What is no number has been told of.
            let Some(amounts) = amounts else { continue };
            if rule.is_broken(&amounts) {
                let severity = if rule.severity == "WARNING" { Severity::Warning } else { error };
                let fields: Vec<&str> = rule.fields.iter().map(String::as_str).collect();
                found.add((rule_id(&rule.id), severity), &fields, rule.text.clone());
            }
        }
    }
}

/// The number of a control, which findings hold without owning it.
fn rule_id(id: &str) -> &'static str {
    let all = SHEETS.iter().flat_map(|sheet| &sheet.controls);
    all.map(|rule| rule.id.as_str()).find(|known| *known == id).unwrap_or("002")
}

fn missing() -> Text {
    Text::new("Feltet må fylles ut.", "The field must be filled in.")
}

impl Rule {
    fn is_broken(&self, amounts: &[i64]) -> bool {
        let Some((first, others)) = amounts.split_first() else { return false };
        let second = others.first().copied().unwrap_or_default();
        match self.kind {
            RuleKind::Sum => *first != others.iter().sum::<i64>(),
            RuleKind::AtMost => *first > second,
            RuleKind::Needs => *first > 0 && second <= 0,
            RuleKind::Positive => *first <= 0,
        }
    }
}

/// A number with at most two decimals, in hundredths.
fn hundredths(value: &str) -> Option<i64> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 12
        || decimals.len() > 2
        || !is_digits(whole)
        || !is_digits(decimals)
    {
        return None;
    }
    let decimals: i64 = format!("{decimals:0<2}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 100 + decimals)
}

struct Found {
    findings: Vec<Finding>,
    line: u64,
}

impl Found {
    fn add(&mut self, (rule, severity): (&'static str, Severity), fields: &[&str], text: Text) {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        let line = Some(self.line);
        self.findings.push(Finding { line, rule, severity, fields, text, alike: 0 });
    }

    fn whole(&mut self, rule: &'static str, text: Text) {
        self.add((rule, Severity::Fatal), &[], text);
        if let Some(last) = self.findings.last_mut() {
            last.line = None;
        }
    }
}
