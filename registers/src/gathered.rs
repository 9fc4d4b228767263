//! Forms whose records are never laid out for queries: they rest as they were delivered, sealed, and are opened for one
//! purpose alone, to be counted for tables that are then protected.
//!
//! Form 11B is compared with the extract of the National Introduction Register person by person, by the linkable
//! ciphertexts of their numbers: no more than one line is ever in memory in the clear. Nothing leaves but a sealed cube.

use crate::{DepositRef, Error, Registers, cipher::Cipher};
use hjemmel_disclosure::suppress::Months;
use hjemmel_disclosure::{Axis, Microcube, Sealed};
use hjemmel_kostra::agreement::{Agreement, Spell};
use hjemmel_kostra::derive::Region;
use hjemmel_kostra::{Form, identity, months, sheet};
use hjemmel_policy::{Grant, Protect};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::Path;
use zeroize::Zeroizing;

pub(crate) const MISMATCH: Error = Error::Mismatch("what rests is not what its controls let pass");

/// The linkable ciphertext of a person's number.
type Person = Vec<u8>;

/// A person in a municipality, in Oslo in a bydel.
type Place = (Region, Person);

/// What each source says of each person.
type Both = HashMap<Place, (Option<Spell>, Option<Spell>)>;

/// Rows on their way into a cube.
struct Rows {
    axes: Vec<Axis>,
    places: Vec<HashMap<String, u32>>,
    counts: BTreeMap<Vec<u32>, u64>,
    /// By person the rows of their records.
    persons: HashMap<Person, Vec<Vec<u32>>>,
}

impl Rows {
    fn new(axes: Vec<Axis>) -> Self {
        let place =
            |axis: &Axis| (0..).zip(&axis.codes).map(|(at, code)| (code.clone(), at)).collect();
        let places = axes.iter().map(place).collect();
        Self { axes, places, counts: BTreeMap::new(), persons: HashMap::new() }
    }

    /// Counts so many in a row; `value` says the code on each axis.
    fn add<'v>(
        &mut self,
        value: impl Fn(&str) -> Option<&'v str>,
        count: u64,
    ) -> Result<Vec<u32>, Error> {
        let mut row = Vec::with_capacity(self.axes.len());
        for (axis, places) in self.axes.iter().zip(&self.places) {
            let unknown =
                || Error::column(&axis.column, "holds a code its code list does not have");
            row.push(*value(&axis.column).and_then(|code| places.get(code)).ok_or_else(unknown)?);
        }
        if count > 0 {
            *self.counts.entry(row.clone()).or_default() += count;
        }
        Ok(row)
    }

    fn cube(self) -> Result<Microcube, Error> {
        let index: HashMap<&Vec<u32>, u32> = self.counts.keys().zip(0..).collect();
        let several = self.persons.values().filter(|rows| rows.len() > 1);
        let repeats =
            several.map(|rows| rows.iter().filter_map(|row| index.get(row).copied()).collect());
        let repeats = repeats.collect();
        let column =
            |at: usize| self.counts.keys().filter_map(|row| row.get(at).copied()).collect();
        let codes = (0..self.axes.len()).map(column).collect();
        let counts = self.counts.values().copied().collect();
        Microcube::new(self.axes, codes, counts, repeats)
            .map_err(|_| Error::Mismatch("the counts do not fit the axes"))
    }
}

impl Registers {
    /// How form 11B of a year, as it was delivered, agrees with the register's extract: persons by region and
    /// agreement, to be protected.
    ///
    /// # Errors
    /// When the permission is for something else, a delivery cannot be read, or there is a region the axes do not have.
    pub fn agreement(
        &self,
        grant: Grant<Protect>,
        delivered: Vec<DepositRef>,
        registered: Vec<DepositRef>,
        axes: Vec<Axis>,
    ) -> Result<Sealed<Protect, Microcube>, Error> {
        let year = grant.resource().year;
        let is_of = |one: &DepositRef, form| one.form == form && one.year == year;
        let is_right = grant.resource().form == Form::F11B
            && delivered.iter().all(|one| is_of(one, Form::F11B))
            && registered.iter().all(|one| is_of(one, Form::Nir));
        if !is_right {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let mut rows = Rows::new(axes);
        let mut both = Both::new();
        self.delivered(year, delivered, &mut both, &mut rows)?;
        self.registered(registered, &mut both)?;
        for ((region, person), (one, other)) in both {
            let Some(agreement) = Agreement::of(one, other) else { continue };
            let row = rows.add(|column| value(column, &region, agreement), 1)?;
            rows.persons.entry(person).or_default().push(row);
        }
        Ok(Sealed::new(grant, rows.cube()?))
    }

    /// The indicators of form 11M of a year by region, month and group, and what was paid, to be protected.
    ///
    /// # Errors
    /// As [`Registers::agreement`].
    pub fn months(
        &self,
        grant: Grant<Protect>,
        delivered: Vec<DepositRef>,
        axes: Vec<Axis>,
    ) -> Result<Sealed<Protect, Months>, Error> {
        let asked = grant.resource();
        let is_of = |one: &DepositRef| (one.form, one.year) == (Form::F11M, asked.year);
        if asked.form != Form::F11M || !delivered.iter().all(is_of) {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let mut rows = Rows::new(axes);
        let (mut kroner, mut told) = (BTreeMap::new(), BTreeSet::new());
        self.each_line(delivered, |line| {
            let record = sheet::rested(line).ok_or(MISMATCH)?;
            let text = |name: &str| record.get(name).map_or("", |value| value.trim());
            let region = Region::new(text("KOMMUNE_NR"), text("BYDELSNR")).ok_or(MISMATCH)?;
            let month = text(months::MONTH).parse().ok().and_then(months::code).ok_or(MISMATCH)?;
            let counted = months::Month::of(&record).ok_or(MISMATCH)?;
            for (group, count) in counted.groups {
                let code = |column: &str| match column {
                    "REGION" => Some(region.as_str()),
                    months::MONTH => Some(month),
                    months::GROUP => Some(group),
                    _ => None,
                };
                rows.add(code, count)?;
            }
            let place = (region.as_str().to_owned(), month.to_owned());
            kroner.insert(place.clone(), counted.kroner);
            told.insert(place);
            Ok(())
        })?;
        Ok(Sealed::new(grant, Months { counts: rows.cube()?, kroner, told }))
    }

    /// Reads what municipalities delivered.
    fn delivered(
        &self,
        year: u16,
        deliveries: Vec<DepositRef>,
        both: &mut Both,
        rows: &mut Rows,
    ) -> Result<(), Error> {
        let mut cipher = self.keys().cipher();
        self.each_delivered(year, deliveries, |said| {
            let region = said.region;
            let Some(number) = linking(said.number, said.duf) else {
                return rows.add(|column| value(column, &region, Agreement::NoNumber), 1).map(drop);
            };
            let entry = both.entry((region, sealed(&mut cipher, number)?)).or_default();
            entry.0 = Some(entry.0.map_or(said.spell, |before| before.and(said.spell)));
            Ok(())
        })
    }

    /// Reads what the register sent.
    fn registered(&self, extracts: Vec<DepositRef>, both: &mut Both) -> Result<(), Error> {
        let mut cipher = self.keys().cipher();
        self.each_registered(extracts, |said| {
            let number = linking(said.number, said.duf).ok_or(MISMATCH)?;
            let entry = both.entry((said.region, sealed(&mut cipher, number)?)).or_default();
            entry.1 = Some(entry.1.map_or(said.spell, |before| before.and(said.spell)));
            Ok(())
        })
    }

    /// Opens deliveries line by line.
    pub(crate) fn each_line(
        &self,
        deliveries: Vec<DepositRef>,
        mut tell: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut source = BufReader::new(self.collected(deliveries));
        let mut line = Zeroizing::new(Vec::new());
        loop {
            line.clear();
            let read = source.read_until(b'\n', &mut line);
            if read.map_err(Error::io("read", Path::new("a delivery")))? == 0 {
                return Ok(());
            }
            tell(line.strip_suffix(b"\n").unwrap_or(&line))?;
        }
    }
}

/// The code of a person on an axis.
fn value<'v>(column: &str, region: &'v Region, agreement: Agreement) -> Option<&'v str> {
    match column {
        "REGION" => Some(region.as_str()),
        Agreement::COLUMN => Some(agreement.code()),
        _ => None,
    }
}

/// The number a person is compared by: the identity number, or the DUF number where there is none.
fn linking<'n>(number: &'n str, duf: &'n str) -> Option<&'n str> {
    if identity::classify(number).links() {
        return Some(number);
    }
    (number.is_empty() && identity::is_valid_duf(duf)).then_some(duf)
}

fn sealed(cipher: &mut Cipher, number: &str) -> Result<Person, Error> {
    let mut sealed = Vec::with_capacity(32);
    cipher.seal_person(number.as_bytes(), &mut sealed).ok_or(MISMATCH)?;
    Ok(sealed)
}

#[cfg(test)]
mod tests;
