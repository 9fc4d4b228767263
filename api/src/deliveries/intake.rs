//! A delivery from its first byte to what became of it: controls run while it arrives, and it counts whole or
//! not at all.

use super::arriving::{Arriving, Measured};
use chrono::{DateTime, Utc};
use flate2::read::MultiGzDecoder;
use hjemmel_kostra::controls::{Checker, Options, Quote, Report};
use hjemmel_kostra::record::Lines;
use hjemmel_kostra::{Form, Layout};
use hjemmel_registers::{Deposit, DepositRef, Registers};
use hjemmel_store::{MunicipalDelivery, MunicipalStatus, Received, Store};
use std::io::{BufReader, ErrorKind, Read};
use uuid::Uuid;

/// Findings told of each delivery; the others are counted.
pub(super) const TOLD: usize = 1_000;
/// Records rehearsed at a time.
const TOGETHER: u64 = 2_048;

/// Why a delivery came to nothing. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The body was cut, or its sender fell silent.
    #[error("the body was cut")]
    Cut,
    /// It says it is packed and cannot be unpacked.
    #[error("the body cannot be unpacked")]
    Packing(#[source] std::io::Error),
    /// It is larger than a delivery may be.
    #[error("the body is too large")]
    TooLarge,
    /// There are no controls for the form and year.
    #[error("form {0} has no controls")]
    NoControls(Form),
    /// It cannot be kept, or cannot be made part of an edition though its controls passed.
    #[error(transparent)]
    Registers(#[from] hjemmel_registers::Error),
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] hjemmel_store::Error),
}

/// Who sends a delivery.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The municipality.
    pub kommune: String,
    /// The body.
    pub organisation: String,
    /// The data processor that calls for it.
    pub supplier: Option<String>,
    /// The client id.
    pub client: Option<String>,
    /// Whether the sender lets warnings pass.
    pub confirmed: bool,
    /// The month it is about, where its form is sent for each; else 0.
    pub period: u8,
}

/// Who delivers what.
#[derive(Debug, Clone)]
pub struct Delivering {
    /// The layout of the form and year.
    pub layout: &'static Layout,
    /// Who sends it.
    pub sender: Sender,
    /// Whether the sender says there are records.
    pub expects_records: bool,
    /// Whether numbers of test persons may pass.
    pub allow_synthetic: bool,
    /// Whether the body is packed with gzip.
    pub is_packed: bool,
    /// The largest it may be, unpacked, in bytes.
    pub most: u64,
}

/// What became of a delivery, with what only its sender is told.
pub struct Told {
    /// What is stored.
    pub received: Received,
    /// The report of this very run.
    pub report: Report,
    /// What stands in the fields of its findings.
    pub quotes: Vec<Quote>,
}

/// Takes a delivery in.
///
/// # Errors
/// When it did not arrive whole, or could not be kept; then it is as if it had never come.
pub fn take_in(
    (store, registers): (&Store, &Registers),
    delivering: &Delivering,
    body: Arriving,
    now: DateTime<Utc>,
) -> Result<Told, Fault> {
    let (form, year) = (delivering.layout.form, delivering.layout.year);
    let reference = DepositRef { form, year, id: Uuid::now_v7() };
    let checked = if delivering.is_packed {
        check(registers, delivering, &reference, MultiGzDecoder::new(body))?
    } else {
        check(registers, delivering, &reference, body)?
    };
    let Checked { report, quotes, deposit, sha256, bytes } = checked;
    let received = keep(
        (store, registers),
        &reference,
        &delivering.sender,
        (sha256, bytes),
        &report,
        deposit,
        now,
    )?;
    Ok(Told { received, report, quotes })
}

/// Keeps what the controls let pass, and notes the delivery whatever became of it.
///
/// # Errors
/// When it cannot be kept or noted.
pub(super) fn keep(
    (store, registers): (&Store, &Registers),
    reference: &DepositRef,
    sender: &Sender,
    (sha256, bytes): (String, u64),
    report: &Report,
    deposit: Option<Deposit>,
    now: DateTime<Utc>,
) -> Result<Received, Fault> {
    let has_warnings = !report.findings.is_empty() || report.omitted > 0;
    let status = match deposit {
        Some(deposit) => {
            deposit.keep()?;
            let waits = has_warnings && !sender.confirmed;
            if waits { MunicipalStatus::Waiting } else { MunicipalStatus::Accepted }
        }
        None => MunicipalStatus::Refused,
    };
    let is_accepted = status == MunicipalStatus::Accepted;
    // What fails here leaves a file nobody knows of, which is swept away later: it may have been stored.
    let received = store.receive(&MunicipalDelivery {
        id: reference.id,
        number: 0,
        form: reference.form,
        year: reference.year,
        period: sender.period,
        kommune: sender.kommune.clone(),
        sha256,
        bytes,
        records: report.records,
        status,
        report: stored(report),
        organisation: sender.organisation.clone(),
        supplier: sender.supplier.clone(),
        client: sender.client.clone(),
        received_at: now,
        confirmed_at: (is_accepted && has_warnings).then_some(now),
    })?;
    if matches!(received, Received::Already(_)) && status != MunicipalStatus::Refused {
        registers.discard_deposit(reference)?;
    }
    Ok(received)
}

/// The report as it rests: no sums, since those of a small municipality tell of persons.
fn stored(report: &Report) -> serde_json::Value {
    let report = Report { summary: None, ..report.clone() };
    serde_json::to_value(report).unwrap_or_default()
}

struct Checked {
    report: Report,
    quotes: Vec<Quote>,
    /// What is to be kept, unless the controls refuse it.
    deposit: Option<Deposit>,
    sha256: String,
    bytes: u64,
}

fn check(
    registers: &Registers,
    delivering: &Delivering,
    reference: &DepositRef,
    body: impl Read,
) -> Result<Checked, Fault> {
    let layout = delivering.layout;
    let options = Options {
        sender: Some(delivering.sender.kommune.clone()),
        kommuner: super::kommuner(layout.year),
        allow_synthetic: delivering.allow_synthetic,
        contents: true,
        expects_records: delivering.expects_records,
        max_findings: TOLD,
        quotes: true,
    };
    let mut checker = Checker::new(layout, options).ok_or(Fault::NoControls(layout.form))?;
    let mut deposit = Some(registers.deposit(reference)?);
    let mut rehearsing = Rehearsing { registers, layout, lines: Vec::new(), first: 1, count: 0 };
    let mut body = Measured::new(body, delivering.most);
    let mut lines = Lines::new(BufReader::with_capacity(1 << 17, &mut body));
    while let Some(line) = lines.next().map_err(|error| fault(error, delivering.is_packed))? {
        checker.check_line(line.number, line.bytes);
        if !checker.is_accepted() {
            deposit = None;
        }
        // A file of one blank says that there are no records; any other blank line refuses the file.
        if let Some(deposit) = &mut deposit
            && !matches!(line.bytes, b"" | b" ")
        {
            deposit.add(line.bytes)?;
            rehearsing.add(line.bytes)?;
        }
    }
    drop(lines);
    if deposit.is_some() {
        rehearsing.run()?;
    }
    let (digest, bytes) = body.finish();
    let (report, quotes) = checker.finish_quoted();
    let deposit = deposit.filter(|_| report.accepted);
    Ok(Checked { report, quotes, deposit, sha256: hex::encode(digest), bytes })
}

fn fault(error: std::io::Error, is_packed: bool) -> Fault {
    match error.kind() {
        ErrorKind::FileTooLarge => Fault::TooLarge,
        ErrorKind::ConnectionAborted => Fault::Cut,
        _ if is_packed => Fault::Packing(error),
        _ => Fault::Cut,
    }
}

/// Tries on what has passed the controls so far whether it can become part of an edition.
struct Rehearsing<'r> {
    registers: &'r Registers,
    layout: &'static Layout,
    lines: Vec<u8>,
    first: u64,
    count: u64,
}

impl Rehearsing<'_> {
    fn add(&mut self, line: &[u8]) -> Result<(), hjemmel_registers::Error> {
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
        self.count += 1;
        if self.count < TOGETHER { Ok(()) } else { self.run() }
    }

    fn run(&mut self) -> Result<(), hjemmel_registers::Error> {
        let (form, year) = (self.layout.form, self.layout.year);
        // A form that no register is made of yet rests as it came.
        if !hjemmel_kostra::columns(form, year).is_empty() {
            self.registers.rehearse(form, year, &self.lines, self.first)?;
        }
        self.first += self.count;
        self.count = 0;
        self.lines.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
