//! A file that is either whole and named, or not there.

use crate::{EditionRef, Error};
use std::{
    fs::{self, File},
    path::Path,
};
use tempfile::{Builder, NamedTempFile};

const PREFIX: &str = ".importing-";

/// An edition's file on its way; gone again unless it is [kept](NewFile::keep).
pub(crate) struct NewFile<'a> {
    edition: &'a EditionRef,
    root: &'a Path,
    temporary: NamedTempFile,
}

impl<'a> NewFile<'a> {
    /// Makes room for an edition that must not exist yet, and clears what a crashed import left.
    pub(crate) fn create(root: &'a Path, edition: &'a EditionRef) -> Result<Self, Error> {
        let folder = edition.folder(root);
        fs::create_dir_all(&folder).map_err(Error::io("make", &folder))?;
        if edition.file(root).exists() {
            return Err(Error::Exists(edition.clone()));
        }
        clear(&folder, PREFIX)?;
        let temporary = Builder::new().prefix(PREFIX).tempfile_in(&folder);
        let temporary = temporary.map_err(Error::io("write in", &folder))?;
        // Held for as long as the import lives, so that others can tell it from a crashed one.
        temporary.as_file().lock().map_err(Error::io("lock", temporary.path()))?;
        Ok(Self { edition, root, temporary })
    }

    /// Where to write.
    pub(crate) fn as_file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Makes what was written durable under the edition's name; whoever comes second fails.
    pub(crate) fn keep(self) -> Result<(), Error> {
        let path = self.edition.file(self.root);
        self.temporary.as_file().sync_all().map_err(Error::io("write", &path))?;
        self.temporary.persist_noclobber(&path).map_err(|error| {
            if error.error.kind() == std::io::ErrorKind::AlreadyExists {
                Error::Exists(self.edition.clone())
            } else {
                Error::Io { act: "write", path: path.clone(), source: error.error }
            }
        })?;
        for folder in path.ancestors().skip(1).take(4) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(Error::io("write", folder))?;
        }
        Ok(())
    }
}

impl crate::Registers {
    /// Removes the file of an edition that nothing refers to: what a run left that was cut between making the
    /// file and making it known. Whoever calls holds the lock on importing that form and year.
    ///
    /// # Errors
    /// When there is a file and it cannot be removed.
    pub fn discard(&self, edition: &EditionRef) -> Result<(), Error> {
        let path = edition.file(self.root());
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }
}

/// Removes temporary files of a prefix that nobody living holds.
pub(crate) fn clear(folder: &Path, prefix: &str) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    for entry in entries.flatten() {
        let is_temporary = entry.file_name().to_string_lossy().starts_with(prefix);
        let abandoned = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_temporary && abandoned() {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}
