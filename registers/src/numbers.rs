//! The numbers by which persons of two bodies' registers are compared, without either showing whom it has, and what each
//! register says of them.

use crate::gathered::MISMATCH;
use crate::{DepositRef, Error, Registers};
use hjemmel_disclosure::Sealed;
use hjemmel_disclosure::suppress::Numbers;
use hjemmel_kostra::agreement::Spell;
use hjemmel_kostra::derive::Region;
use hjemmel_kostra::layout::{Field, FieldKind};
use hjemmel_kostra::record::Record;
use hjemmel_kostra::regions::OSLO;
use hjemmel_kostra::{Form, Layout, identity, sheet};
use hjemmel_policy::{Grant, Protect};

/// One record: of which region, by which numbers, and what it says.
pub(crate) struct Said<'l> {
    pub(crate) region: Region,
    pub(crate) number: &'l str,
    pub(crate) duf: &'l str,
    pub(crate) spell: Spell,
}

impl Registers {
    /// The numbers of form 11B as it was delivered, or of the register's extract, by region, each with what is said of the
    /// person; they can only be blinded.
    ///
    /// # Errors
    /// When the permission is for something else, or a delivery cannot be read.
    pub fn numbers(
        &self,
        grant: Grant<Protect>,
        deliveries: Vec<DepositRef>,
    ) -> Result<Sealed<Protect, Numbers>, Error> {
        let (form, year) = (grant.resource().form, grant.resource().year);
        if !deliveries.iter().all(|one| one.form == form && one.year == year) {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let mut numbers = Numbers::default();
        let add = |said: Said<'_>| {
            let number = linking(said.number, said.duf);
            numbers.add(said.region.as_str(), number, said.spell);
            Ok(())
        };
        match form {
            Form::F11B => self.each_delivered(year, deliveries, add)?,
            Form::Nir => self.each_registered(deliveries, add)?,
            _ => return Err(Error::Mismatch("it is of no register that is compared")),
        }
        Ok(Sealed::new(grant, numbers))
    }

    /// What municipalities said on form 11B, record by record.
    pub(crate) fn each_delivered(
        &self,
        year: u16,
        deliveries: Vec<DepositRef>,
        mut tell: impl FnMut(Said<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let layout = Layout::of(Form::F11B, year).ok_or(MISMATCH)?;
        let field = |name| layout.field(name).ok_or(MISMATCH);
        let (kommune, bydel) = (field("felt_1")?, field("felt_3")?);
        let (number, duf) = (field("felt_6")?, field("felt_7")?);
        let (start, end, kroner) = (field("felt_10")?, field("felt_14")?, field("felt_16_1")?);
        self.each_line(deliveries, |line| {
            let record = Record::decode(line, layout.record_length);
            let kommune = record.value(kommune);
            let bydel = if kommune == OSLO { record.value(bydel) } else { "" };
            tell(Said {
                region: Region::new(kommune, bydel).ok_or(MISMATCH)?,
                number: record.value(number),
                duf: record.value(duf),
                spell: Spell {
                    start: date(&record, start),
                    end: date(&record, end),
                    kroner: record.value(kroner).parse().unwrap_or_default(),
                },
            })
        })
    }

    /// What the register's extract says, record by record.
    pub(crate) fn each_registered(
        &self,
        extracts: Vec<DepositRef>,
        mut tell: impl FnMut(Said<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_line(extracts, |line| {
            let record = sheet::rested(line).ok_or(MISMATCH)?;
            let text = |name: &str| record.get(name).map_or("", |value| value.trim());
            tell(Said {
                region: Region::new(text("KOMMUNE_NR"), text("BYDELSNR")).ok_or(MISMATCH)?,
                number: text("PERSON_FODSELSNR"),
                duf: text("PERSON_DUF"),
                spell: Spell {
                    start: sheet::day(text("STARTDATO")),
                    end: sheet::day(text("SLUTTDATO")),
                    kroner: text("STONAD").parse().unwrap_or_default(),
                },
            })
        })
    }
}

/// The number a person is compared by: the DUF number where there is no identity number.
fn linking<'n>(number: &'n str, duf: &'n str) -> &'n str {
    let is_blank = number.trim().is_empty();
    if is_blank && identity::is_valid_duf(duf) { duf } else { number }
}

/// A date of a record; what is no date says nothing.
fn date(record: &Record<'_>, field: &Field) -> Option<chrono::NaiveDate> {
    let FieldKind::Date(format) = field.kind else { return None };
    format.parse(record.stated(field)?)
}
