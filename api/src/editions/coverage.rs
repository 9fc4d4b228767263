//! Who has delivered a form and year, who has not, and whom to remind.

use crate::deliveries::settings::Sender;
use chrono::SecondsFormat;
use hjemmel_kostra::sheet::Sheet;
use hjemmel_kostra::{Division, Form, Language, Text};
use hjemmel_store::{Edition, MunicipalDelivery, MunicipalStatus};
use serde::Serialize;
use std::collections::BTreeMap;

/// Who has delivered, as anybody may know it: that a municipality has, and when; never how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// The dataset.
    pub dataset: &'static str,
    /// The form.
    pub form: &'static str,
    /// The reporting year.
    pub year: u16,
    /// What it is reckoned from: `deliveries`, or `edition` where the edition was made of one file.
    pub basis: &'static str,
    /// How many municipalities there were.
    pub kommuner: usize,
    /// Those that have delivered, and when what counts came.
    pub delivered: Vec<Delivered>,
    /// Those that have not.
    pub missing: Vec<Kommune>,
    /// What the published editions lack.
    pub editions: Vec<Lacks>,
}

/// A municipality that has delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// Its number.
    pub kommune: String,
    /// Its name.
    pub name: String,
    /// When what counts came.
    pub received_at: String,
}

/// A municipality.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kommune {
    /// Its number.
    pub kommune: String,
    /// Its name.
    pub name: String,
}

/// What one published edition lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lacks {
    /// Its version.
    pub version: u32,
    /// `preliminary` or `final`.
    pub kind: &'static str,
    /// From when it is public.
    pub public_from: String,
    /// The regions whose figures it lacks.
    pub missing_regions: Vec<String>,
}

/// A municipality to remind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminder {
    /// Its number.
    pub kommune: String,
    /// Its name.
    pub name: String,
    /// `nothing`, `waiting` or `refused`: how far it has come.
    pub state: &'static str,
    /// What to remind it of.
    pub text: String,
    /// When it last sent anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_tried_at: Option<String>,
    /// The body that delivers for it, where it is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

/// The coverage of a form and year. `editions` are those that are public.
#[must_use]
pub fn coverage(
    (form, year): (Form, u16),
    counting: &BTreeMap<String, MunicipalDelivery>,
    editions: &[Edition],
) -> Coverage {
    // Months are made of deliveries alone.
    let is_monthly = Sheet::of(form).is_some_and(|sheet| sheet.monthly);
    let from_file = editions.last().filter(|_| counting.is_empty() && !is_monthly);
    let has = |kommune: &str| match from_file {
        None => counting.contains_key(kommune),
        Some(edition) => !edition.missing_regions.iter().any(|leaf| leaf.starts_with(kommune)),
    };
    let all = kommuner(year);
    let moment = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let delivered = all.iter().filter_map(|kommune| {
        let delivery = counting.get(&kommune.kommune)?;
        Some(Delivered {
            kommune: kommune.kommune.clone(),
            name: kommune.name.clone(),
            received_at: moment(delivery.confirmed_at.unwrap_or(delivery.received_at)),
        })
    });
    Coverage {
        dataset: form.dataset(),
        form: form.number(),
        year,
        basis: if from_file.is_some() { "edition" } else { "deliveries" },
        kommuner: all.len(),
        delivered: delivered.collect(),
        missing: all.iter().filter(|kommune| !has(&kommune.kommune)).cloned().collect(),
        editions: editions.iter().map(|edition| lacks(edition, moment)).collect(),
    }
}

fn lacks(edition: &Edition, moment: impl Fn(chrono::DateTime<chrono::Utc>) -> String) -> Lacks {
    Lacks {
        version: edition.version,
        kind: super::kind_name(edition.kind),
        public_from: moment(edition.public_from),
        missing_regions: edition.missing_regions.clone(),
    }
}

/// Whom to remind, and of what. `newest` are the last deliveries of each municipality, whatever became of them.
#[must_use]
pub fn reminders(
    coverage: &Coverage,
    newest: &BTreeMap<String, MunicipalDelivery>,
    senders: &[Sender],
    language: Language,
) -> Vec<Reminder> {
    let remind = |kommune: &Kommune| {
        let last = newest.get(&kommune.kommune);
        let (state, text) = standing(last.map(|delivery| delivery.status));
        let sender = senders
            .iter()
            .find(|sender| sender.kommune == kommune.kommune && sender.is_of(coverage.year));
        Reminder {
            kommune: kommune.kommune.clone(),
            name: kommune.name.clone(),
            state,
            text: text.in_language(language).to_owned(),
            last_tried_at: last
                .map(|delivery| delivery.received_at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            organisation: sender.map(|sender| sender.organisation.to_string()),
        }
    };
    coverage.missing.iter().map(remind).collect()
}

fn standing(last: Option<MunicipalStatus>) -> (&'static str, Text) {
    match last {
        Some(MunicipalStatus::Waiting) => (
            "waiting",
            Text::new(
                "Filen har advarsler som ingen har bekreftet.",
                "The file has warnings that nobody has confirmed.",
            ),
        ),
        Some(MunicipalStatus::Refused) => (
            "refused",
            Text::new(
                "Den siste filen ble avvist og må rettes.",
                "The last file was refused and must be corrected.",
            ),
        ),
        Some(MunicipalStatus::Accepted) | None => {
            ("nothing", Text::new("Ingenting er levert.", "Nothing has been delivered."))
        }
    }
}

fn kommuner(year: u16) -> Vec<Kommune> {
    let all = Division::of(year).into_iter().flat_map(|division| &division.kommuner);
    all.map(|one| Kommune { kommune: one.code.clone(), name: one.name.clone() }).collect()
}
