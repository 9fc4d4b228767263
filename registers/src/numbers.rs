//! The numbers by which persons of two bodies' registers are compared, without either showing whom it has.

use crate::gathered::MISMATCH;
use crate::{DepositRef, Error, Registers};
use hjemmel_disclosure::Sealed;
use hjemmel_disclosure::suppress::Numbers;
use hjemmel_kostra::derive::Region;
use hjemmel_kostra::record::Record;
use hjemmel_kostra::regions::OSLO;
use hjemmel_kostra::{Form, Layout, identity, sheet};
use hjemmel_policy::{Grant, Protect};

impl Registers {
    /// The numbers of form 11B as it was delivered, or of the register's extract, by region; they can only be blinded.
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
        match form {
            Form::F11B => {
                let layout = Layout::of(Form::F11B, year).ok_or(MISMATCH)?;
                let field = |name| layout.field(name).ok_or(MISMATCH);
                let (kommune, bydel) = (field("felt_1")?, field("felt_3")?);
                let (number, duf) = (field("felt_6")?, field("felt_7")?);
                self.each_line(deliveries, |line| {
                    let record = Record::decode(line, layout.record_length);
                    let kommune = record.value(kommune);
                    let bydel = if kommune == OSLO { record.value(bydel) } else { "" };
                    let region = Region::new(kommune, bydel).ok_or(MISMATCH)?;
                    let number = linking(record.value(number), record.value(duf));
                    numbers.add(region.as_str(), number);
                    Ok(())
                })?;
            }
            Form::Nir => self.each_line(deliveries, |line| {
                let record = sheet::rested(line).ok_or(MISMATCH)?;
                let text = |name: &str| record.get(name).map_or("", |value| value.trim());
                let region = Region::new(text("KOMMUNE_NR"), text("BYDELSNR")).ok_or(MISMATCH)?;
                let number = linking(text("PERSON_FODSELSNR"), text("PERSON_DUF"));
                numbers.add(region.as_str(), number);
                Ok(())
            })?,
            _ => return Err(Error::Mismatch("it is of no register that is compared")),
        }
        Ok(Sealed::new(grant, numbers))
    }
}

/// The number a person is compared by: the DUF number where there is no identity number.
fn linking<'n>(number: &'n str, duf: &'n str) -> &'n str {
    let is_blank = number.trim().is_empty();
    if is_blank && identity::is_valid_duf(duf) { duf } else { number }
}
