//! An edition's file, verified before anything is read from it.

use crate::{EditionRef, Error, Registers, write::EDITION};
use arrow::datatypes::Schema;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::Read,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::SystemTime,
};

/// A file that is whole and is the edition it claims to be.
pub(crate) struct Opened {
    pub path: PathBuf,
    pub schema: Schema,
    /// How many records it says it has.
    pub records: usize,
    seen: Seen,
    sha256: Option<[u8; 32]>,
}

/// What tells that a file may have been altered since it was verified.
#[derive(PartialEq, Eq)]
struct Seen {
    length: u64,
    modified: Option<SystemTime>,
}

impl Registers {
    /// Verifies an edition's file, the first time and whenever it has changed.
    pub(crate) fn opened(&self, edition: &EditionRef) -> Result<Arc<Opened>, Error> {
        let unreadable = |reason: String| Error::Unreadable { edition: edition.clone(), reason };
        let path = edition.file(self.root());
        let metadata = std::fs::metadata(&path).map_err(|error| unreadable(error.to_string()))?;
        let seen = Seen { length: metadata.len(), modified: metadata.modified().ok() };
        let known = &self.engine().opened;
        let cached = known.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
        if let Some(opened) = cached
            && opened.seen == seen
            && (edition.sha256.is_none() || edition.sha256 == opened.sha256)
        {
            return Ok(opened);
        }
        let mut file = File::open(&path).map_err(|error| unreadable(error.to_string()))?;
        if let Some(expected) = edition.sha256 {
            let digest = digest(&mut file).map_err(|error| unreadable(error.to_string()))?;
            if digest != expected {
                return Err(unreadable(
                    "its digest is not the one it was imported with".to_owned(),
                ));
            }
        }
        let (schema, records) = footer(&file, edition).map_err(unreadable)?;
        let sha256 = edition.sha256;
        let opened = Arc::new(Opened { path: path.clone(), schema, records, seen, sha256 });
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path, Arc::clone(&opened));
        Ok(opened)
    }
}

/// The schema and number of records in the footer of a file that says it is the edition.
fn footer(file: &File, edition: &EditionRef) -> Result<(Schema, usize), String> {
    let footer = ArrowReaderMetadata::load(file, ArrowReaderOptions::new())
        .map_err(|error| error.to_string())?;
    let pairs = footer.metadata().file_metadata().key_value_metadata();
    let name = pairs.into_iter().flatten().find(|pair| pair.key == EDITION);
    let name = name.and_then(|pair| pair.value.as_deref());
    if name != Some(edition.to_string().as_str()) {
        return Err("it was written for another edition".to_owned());
    }
    let records = footer.metadata().file_metadata().num_rows();
    let records = usize::try_from(records).map_err(|error| error.to_string())?;
    Ok((Schema::new(footer.schema().fields().clone()), records))
}

fn digest(file: &mut File) -> std::io::Result<[u8; 32]> {
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().into()),
            read => digest.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
