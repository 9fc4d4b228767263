//! Which records: an edition of one form and year, and where its file is.

use hjemmel_kostra::Form;
use std::path::{Path, PathBuf};

/// One immutable edition of a form and year. Which one is current is for the store to say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EditionRef {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The edition's number, from 1.
    pub version: u32,
    /// The digest of its file as imported; when given, an altered file is never read.
    pub sha256: Option<[u8; 32]>,
}

impl EditionRef {
    /// An edition whose digest is not known.
    #[must_use]
    pub const fn new(form: Form, year: u16, version: u32) -> Self {
        Self { form, year, version, sha256: None }
    }

    /// The folder of the edition's file.
    pub(crate) fn folder(&self, root: &Path) -> PathBuf {
        root.join(format!("form={}", self.form))
            .join(format!("year={}", self.year))
            .join(format!("edition={}", self.version))
    }

    /// The edition's file.
    pub(crate) fn file(&self, root: &Path) -> PathBuf {
        self.folder(root).join("part-0.parquet")
    }
}

impl std::fmt::Display for EditionRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.form, self.year, self.version)
    }
}
