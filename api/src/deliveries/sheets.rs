//! Forms of one record a municipality: read from JSON or comma separated values, controlled, and kept as they came.

use super::intake::{Fault, Sender, TOLD, Told, keep};
use crate::hex::hex;
use actix_web::HttpRequest;
use actix_web::http::header;
use chrono::{DateTime, Utc};
use hjemmel_kostra::Language;
use hjemmel_kostra::controls::{Options, Report};
use hjemmel_kostra::sheet::{Record, Sheet};
use hjemmel_registers::{Deposit, DepositRef, Registers};
use hjemmel_store::Store;
use serde_json::Value;
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
    Unreadable(String),
    /// It could not be kept.
    Fault(Fault),
}

/// Whether the body is said to be comma separated values; what says nothing is read as JSON.
#[must_use]
pub fn is_csv(request: &HttpRequest) -> bool {
    let said = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    said.is_some_and(|said| said.trim().to_ascii_lowercase().starts_with("text/csv"))
}

/// Takes one in.
///
/// # Errors
/// When it cannot be read or kept; then it is as if it had never come.
pub fn take_in(
    (store, registers): (&Store, &Registers),
    sent: &Sent,
    body: &[u8],
    is_csv: bool,
    now: DateTime<Utc>,
) -> Result<Told, Refused> {
    let read = if is_csv { from_csv(body) } else { from_json(body) };
    let records = read.map_err(Refused::Unreadable)?;
    let own = (!sent.sheet.of_register).then(|| sent.sender.kommune.clone());
    let options = Options {
        sender: own,
        allow_synthetic: sent.allow_synthetic,
        kommuner: super::kommuner(sent.year),
        max_findings: TOLD,
        ..Options::default()
    };
    let month = (sent.sender.period > 0).then_some(sent.sender.period);
    let report = sent.sheet.check_month((sent.year, month), &records, &options);
    let reference = DepositRef { form: sent.sheet.form, year: sent.year, id: Uuid::now_v7() };
    let place = (store, registers);
    let digest = (hex(&Sha256::digest(body)), body.len() as u64);
    let received = deposit(registers, &reference, &records, &report)
        .and_then(|deposit| keep(place, &reference, &sent.sender, digest, &report, deposit, now))
        .map_err(Refused::Fault)?;
    Ok(Told { received, report, quotes: Vec::new() })
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

/// A record, or a list of them. Values are texts, whole numbers, or numbers with decimals.
fn from_json(body: &[u8]) -> Result<Vec<Record>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let all = match value {
        Value::Array(all) => all,
        one => vec![one],
    };
    let record = |value: Value| -> Result<Record, String> {
        let Value::Object(members) = value else {
            return Err("a record is an object with a value for each field".to_owned());
        };
        let pair = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Null => Ok((name, String::new())),
            _ => Err(format!("`{}` is no number or text", crate::pxweb::selection::clip(&name))),
        };
        members.into_iter().map(pair).collect()
    };
    all.into_iter().map(record).collect()
}

/// A header of field names, and a line a record; `,` or `;` between values.
fn from_csv(body: &[u8]) -> Result<Vec<Record>, String> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let head = body.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let delimiter = if head.contains(&b';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(body);
    let names = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let pairs = names.iter().zip(&row);
        records.push(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    }
    Ok(records)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_record_is_read_from_json_and_from_either_kind_of_csv() {
        let expected: Vec<Record> = vec![
            [("KOMMUNE_NR", "3107"), ("EIDE", "12"), ("SATS", "2.5")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        ];
        let json = br#"{"KOMMUNE_NR":"3107","EIDE":12,"SATS":2.5}"#;
        assert_eq!(from_json(json).unwrap(), expected);
        let list = [b"[".as_slice(), json, b"]"].concat();
        assert_eq!(from_json(&list).unwrap(), expected);
        for csv in
            ["KOMMUNE_NR,EIDE,SATS\n3107,12,2.5\n", "\u{feff}KOMMUNE_NR;EIDE;SATS\r\n3107; 12;2.5"]
        {
            assert_eq!(from_csv(csv.as_bytes()).unwrap(), expected);
        }
        for wrong in [&b"{"[..], b"[1]", br#"{"EIDE":[1]}"#] {
            assert!(from_json(wrong).is_err());
        }
        assert!(from_csv(b"A,B\n1\n").is_err());
    }
}
