//! Forms of one record a municipality: read from JSON or comma separated values, controlled, and kept as they came.

use super::intake::{Fault, Sender, TOLD, Told, keep};
use super::reading::read;
use chrono::{DateTime, Utc};
use hjemmel_kostra::controls::{Options, Report};
use hjemmel_kostra::sheet::{Record, Sheet};
use hjemmel_kostra::{Language, Text};
use hjemmel_registers::{Deposit, DepositRef, Registers};
use hjemmel_store::Store;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The largest such delivery of a municipality, in bytes.
const LARGEST: usize = 1 << 20;
/// The largest extract of a register: some hundred thousand persons.
const LARGEST_EXTRACT: usize = 32 << 20;
/// What stands in the place of a municipality's number where a register sends.
pub const WHOLE_COUNTRY: &str = "0000";

/// The largest delivery of a form, in bytes.
#[must_use]
pub const fn largest(sheet: &Sheet) -> usize {
    if sheet.of_register { LARGEST_EXTRACT } else { LARGEST }
}

/// Who delivers what.
#[derive(Debug)]
pub struct Sent {
    /// What the form asks.
    pub sheet: &'static Sheet,
    /// The reporting year.
    pub year: u16,
    /// Who sends it.
    pub sender: Sender,
    /// Whether numbers of test persons may pass.
    pub allow_synthetic: bool,
}

/// Why nothing came of one.
#[derive(Debug)]
pub enum Refused {
    /// It is not what it says it is.
    Unreadable(Text),
    /// It could not be kept.
    Fault(Fault),
}

/// Takes one in.
///
/// # Errors
/// When it cannot be read or kept; then it is as if it had never come.
pub fn take_in(
    (store, registers): (&Store, &Registers),
    sent: &Sent,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Told, Refused> {
    let rows = read(sent.sheet, body).map_err(Refused::Unreadable)?;
    let own = (!sent.sheet.of_register).then(|| sent.sender.kommune.clone());
    let options = Options {
        sender: own,
        allow_synthetic: sent.allow_synthetic,
        kommuner: super::kommuner(sent.year),
        max_findings: TOLD,
        ..Options::default()
    };
    let month = (sent.sender.period > 0).then_some(sent.sender.period);
    let (report, quotes) = rows.check(sent.sheet, (sent.year, month), &options);
    let reference = DepositRef { form: sent.sheet.form, year: sent.year, id: Uuid::now_v7() };
    let place = (store, registers);
    let digest = (hex::encode(Sha256::digest(body)), body.len() as u64);
    let received = deposit(registers, &reference, &rows.records, &report)
        .and_then(|deposit| keep(place, &reference, &sent.sender, digest, &report, deposit, now))
        .map_err(Refused::Fault)?;
    Ok(Told { received, report, quotes })
}

/// What is to be kept, unless the controls refuse it.
fn deposit(
    registers: &Registers,
    reference: &DepositRef,
    records: &[Record],
    report: &Report,
) -> Result<Option<Deposit>, Fault> {
    if !report.accepted {
        return Ok(None);
    }
    let mut deposit = registers.deposit(reference)?;
    for record in records {
        deposit.add(&serde_json::to_vec(record).unwrap_or_default())?;
    }
    Ok(Some(deposit))
}

/// The plain name of a field of such a form.
#[must_use]
pub fn plain_name(sheet: &'static Sheet, name: &str, language: Language) -> Option<&'static str> {
    let asked = sheet.fields.iter().find(|field| field.name == name);
    let (nb, en) = match name {
        _ if asked.is_some() => return asked.map(|field| field.title.in_language(language)),
        "KOMMUNE_NR" => ("Kommunenummer", "Municipality number"),
        "AAR" => ("Rapporteringsår", "Reporting year"),
        "BYDELSNR" => ("Bydelsnummer, i Oslo", "City district number, in Oslo"),
        "MAANED" => ("Måned, 1 til 12", "Month, 1 to 12"),
        "ANSVARLIG" => ("Ansvarlig for skjemaet", "Who answers for the form"),
        "EPOST" => ("E-post", "E-mail"),
        "TELEFON" => ("Telefon", "Telephone"),
        _ => return None,
    };
    Some(match language {
        Language::Nb => nb,
        Language::En => en,
    })
}
