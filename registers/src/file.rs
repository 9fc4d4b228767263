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
        let temporary = temporary(&folder, PREFIX)?;
        Ok(Self { edition, root, temporary })
    }

    /// Where to write.
    pub(crate) fn as_file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Makes what was written durable under the edition's name; whoever comes second fails.
    pub(crate) fn keep(self) -> Result<(), Error> {
        let path = self.edition.file(self.root);
        keep(self.temporary, &path).map_err(|error| match error {
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Error::Exists(self.edition.clone())
            }
            error => error,
        })
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

/// Clears what crashed runs left in a folder under a prefix, and begins a file there that lives for as long as its lock is
/// held: so others can tell it from a crashed one.
pub(crate) fn temporary(folder: &Path, prefix: &str) -> Result<NamedTempFile, Error> {
    clear(folder, prefix)?;
    loop {
        let made = Builder::new().prefix(prefix).tempfile_in(folder);
        let made = made.map_err(Error::io("write in", folder))?;
        if let Some(held) = hold(made)? {
            return Ok(held);
        }
    }
}

/// Locks a new file; none where another took it for abandoned and removed it before the lock was had.
fn hold(made: NamedTempFile) -> Result<Option<NamedTempFile>, Error> {
    made.as_file().lock().map_err(Error::io("lock", made.path()))?;
    Ok(made.path().exists().then_some(made))
}

/// Makes a new file durable under a name that no other has, and the folders it stands in.
pub(crate) fn keep(temporary: NamedTempFile, path: &Path) -> Result<(), Error> {
    temporary.as_file().sync_all().map_err(Error::io("write", path))?;
    let kept = temporary.persist_noclobber(path);
    kept.map_err(|error| Error::io("write", path)(error.error))?;
    for folder in path.ancestors().skip(1).take(4) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(Error::io("write", folder))?;
    }
    Ok(())
}

/// Removes temporary files of a prefix that nobody living holds. Each is locked until it is gone, so that whoever has just
/// made one and waits for its lock finds out.
fn clear(folder: &Path, prefix: &str) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    for entry in entries.flatten() {
        let is_temporary = entry.file_name().to_string_lossy().starts_with(prefix);
        if is_temporary
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_that_another_cleared_before_it_was_held_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let made = Builder::new().prefix(PREFIX).tempfile_in(folder.path()).unwrap();
        clear(folder.path(), PREFIX).unwrap();
        assert!(hold(made).unwrap().is_none());
        let held = temporary(folder.path(), PREFIX).unwrap();
        clear(folder.path(), PREFIX).unwrap();
        assert!(held.path().exists());
    }

    #[test]
    fn files_that_are_begun_at_once_are_all_there() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let kept = folder.path().join(format!("kept-{thread}"));
                let folder = folder.path();
                scope.spawn(move || {
                    for _ in 0..2_000 {
                        temporary(folder, PREFIX).unwrap().persist_noclobber(&kept).unwrap();
                        fs::remove_file(&kept).unwrap();
                    }
                });
            }
        });
    }
}
