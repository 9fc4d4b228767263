//! Files of deliveries between their arrival and the edition they become part of.
//!
//! The lines rest encrypted as they came, since an edition is made of many deliveries and its identifiers are
//! bound to its rows. A file is a run of parts, each an AES-SIV ciphertext bound to the delivery, to the part's
//! place and to whether it is the last: a part that was moved, left out or taken from another delivery opens
//! nothing. Nobody but the making of an edition reads them.

use crate::{
    EditionRef, Error, Registers,
    cipher::Cipher,
    encode::{Encoder, Plan},
};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// What is encrypted at a time.
const PART: usize = 64 << 10;
/// What a file under way is called.
const PREFIX: &str = ".arriving-";
/// The end of a file's name.
const END: &str = ".sealed";
/// What is bound into every part beside its place.
const NAME: &[u8] = b"hjemmel delivery 1";
/// A part's head: whether it is the last, and its length.
const HEAD: usize = 5;

/// Which delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DepositRef {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The delivery.
    pub id: Uuid,
}

impl DepositRef {
    fn folder(&self, root: &Path) -> PathBuf {
        root.join("inbox").join(format!("form={}", self.form)).join(format!("year={}", self.year))
    }

    fn file(&self, root: &Path) -> PathBuf {
        self.folder(root).join(format!("{}{END}", self.id))
    }
}

/// A delivery's file on its way; gone again unless it is [kept](Deposit::keep).
pub struct Deposit {
    path: PathBuf,
    temporary: NamedTempFile,
    parts: Parts,
    waiting: Vec<u8>,
    sealed: Vec<u8>,
}

/// The cipher at its place in a file.
struct Parts {
    cipher: Cipher,
    id: Uuid,
    index: u64,
}

impl Parts {
    fn headers(&mut self, is_last: bool) -> [u8; 25] {
        let mut place = [0; 25];
        let (id, rest) = place.split_at_mut(16);
        id.copy_from_slice(self.id.as_bytes());
        let (index, last) = rest.split_at_mut(8);
        index.copy_from_slice(&self.index.to_le_bytes());
        last.fill(u8::from(is_last));
        self.index += 1;
        place
    }
}

impl Deposit {
    /// Adds a line, given without its line end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, line: &[u8]) -> Result<(), Error> {
        self.waiting.extend_from_slice(line);
        self.waiting.push(b'\n');
        if self.waiting.len() >= PART { self.seal(false) } else { Ok(()) }
    }

    /// Makes the file durable under the delivery's name.
    ///
    /// # Errors
    /// When the disk fails, or the delivery has a file; nothing is kept then.
    pub fn keep(mut self) -> Result<(), Error> {
        self.seal(true)?;
        crate::file::keep(self.temporary, &self.path)
    }

    fn seal(&mut self, is_last: bool) -> Result<(), Error> {
        let place = self.parts.headers(is_last);
        self.sealed.clear();
        self.sealed.resize(HEAD, 0);
        let done = self.parts.cipher.seal(&[NAME, &place], &self.waiting, &mut self.sealed);
        let length = u32::try_from(self.sealed.len() - HEAD).ok();
        let (Some(()), Some(length), Some((head, _))) =
            (done, length, self.sealed.split_at_mut_checked(HEAD))
        else {
            return Err(Error::Mismatch("a part of a delivery cannot be encrypted"));
        };
        let [a, b, c, d] = length.to_le_bytes();
        head.copy_from_slice(&[u8::from(is_last), a, b, c, d]);
        self.waiting.clear();
        let written = self.temporary.write_all(&self.sealed);
        written.map_err(Error::io("write", &self.path))
    }
}

impl Registers {
    /// Begins the file of a delivery that arrives, and clears what crashed ones left under way.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn deposit(&self, delivery: &DepositRef) -> Result<Deposit, Error> {
        let folder = delivery.folder(self.root());
        fs::create_dir_all(&folder).map_err(Error::io("make", &folder))?;
        let temporary = crate::file::temporary(&folder, PREFIX)?;
        Ok(Deposit {
            path: delivery.file(self.root()),
            temporary,
            parts: Parts { cipher: self.keys().inbox(), id: delivery.id, index: 0 },
            waiting: Vec::with_capacity(PART + 4096),
            sealed: Vec::with_capacity(PART + 4096),
        })
    }

    /// The lines of deliveries one after another, each with a line end.
    #[must_use]
    pub fn collected(&self, deliveries: Vec<DepositRef>) -> Collected<'_> {
        Collected {
            registers: self,
            waiting: deliveries.into(),
            open: None,
            plain: Vec::new(),
            at: 0,
        }
    }

    /// Does with whole lines, each with a line end, all that an edition does with them, and keeps nothing: what
    /// passes here cannot stop the making of an edition. `first` is the number of the first line.
    ///
    /// # Errors
    /// When a record does not fit, as importing it would.
    pub fn rehearse(&self, form: Form, year: u16, lines: &[u8], first: u64) -> Result<(), Error> {
        let plan = Plan::of(&EditionRef::new(form, year, 0))?;
        Encoder::new(&plan, self.keys().cipher())?.encode(lines, first).map(drop)
    }

    /// Removes the file of a delivery, if there is one.
    ///
    /// # Errors
    /// When there is one and it cannot be removed.
    pub fn discard_deposit(&self, delivery: &DepositRef) -> Result<(), Error> {
        let path = delivery.file(self.root());
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The deliveries of a form and year that have a file, and when it was last written to.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn deposits(
        &self,
        form: Form,
        year: u16,
    ) -> Result<Vec<(DepositRef, DateTime<Utc>)>, Error> {
        let folder = DepositRef { form, year, id: Uuid::nil() }.folder(self.root());
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io("read", &folder))?,
        };
        let named = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = Uuid::parse_str(name.strip_suffix(END)?).ok()?;
            let written = entry.metadata().and_then(|about| about.modified()).ok()?;
            Some((DepositRef { form, year, id }, written.into()))
        });
        Ok(named.collect())
    }
}

/// Reads deliveries one after another, decrypting as it goes.
pub struct Collected<'r> {
    registers: &'r Registers,
    waiting: VecDeque<DepositRef>,
    open: Option<(BufReader<File>, Parts)>,
    plain: Vec<u8>,
    at: usize,
}

impl Collected<'_> {
    /// Decrypts the next part; nothing at the end of the last delivery.
    fn next_part(&mut self) -> io::Result<Option<()>> {
        if self.open.is_none() {
            let Some(delivery) = self.waiting.pop_front() else { return Ok(None) };
            let file = File::open(delivery.file(self.registers.root()))?;
            let cipher = self.registers.keys().inbox();
            let parts = Parts { cipher, id: delivery.id, index: 0 };
            self.open = Some((BufReader::with_capacity(1 << 17, file), parts));
        }
        let Some((file, parts)) = &mut self.open else { return Ok(None) };
        let mut head = [0; HEAD];
        file.read_exact(&mut head)?;
        let [last, a, b, c, d] = head;
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).map_err(|_| damaged())?;
        if length > 2 * PART {
            return Err(damaged());
        }
        let mut sealed = vec![0; length];
        file.read_exact(&mut sealed)?;
        let place = parts.headers(last == 1);
        let opened = parts.cipher.open_part(&[NAME, &place], &sealed);
        (self.plain, self.at) = (opened.ok_or_else(damaged)?, 0);
        if last == 1 {
            if file.read(&mut head)? != 0 {
                return Err(damaged());
            }
            self.open = None;
        }
        Ok(Some(()))
    }
}

impl Read for Collected<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            if self.next_part()?.is_none() {
                return Ok(0);
            }
        }
        let mut rest = self.plain.get(self.at..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

fn damaged() -> io::Error {
    let what = "the file of a delivery is damaged, or was made with other keys";
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
