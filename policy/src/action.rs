//! What can be asked for, as types, so that a permission for one thing cannot be spent on another.

use hjemmel_kostra::Form;
use std::collections::BTreeSet;

mod sealed {
    pub trait Sealed {}
}

/// Something a caller can be permitted to do.
pub trait Action: sealed::Sealed {
    /// What it is done to.
    type Resource: Clone + Send + Sync + 'static;
    /// The name in grants, rules and records: `table:read`.
    const NAME: &'static str;
}

/// Reading exact cells of a published table.
pub enum ReadTable {}
/// Reading unit records.
pub enum ReadMicrodata {}
/// The operator's own act of protecting a form-year's tables; it opens data for suppression only.
pub enum Protect {}

/// Cells of one table for some years and regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRead {
    /// The table.
    pub table: String,
    /// The form whose records it counts.
    pub form: Form,
    /// The register columns its dimensions show; each must be covered.
    pub columns: BTreeSet<String>,
    /// Reporting years asked for.
    pub years: BTreeSet<u16>,
    /// The leaf regions the selected values add up; none means every region.
    pub regions: Option<BTreeSet<String>>,
}

/// Records of one form and year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrodataRead {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// Columns asked for by name; none means all the grant gives.
    pub columns: Option<BTreeSet<String>>,
    /// Regions asked for by code; none means all the grant gives.
    pub regions: Option<BTreeSet<String>>,
}

/// The tables of one form and year to protect together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectTables {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
}

impl sealed::Sealed for ReadTable {}
impl sealed::Sealed for ReadMicrodata {}
impl sealed::Sealed for Protect {}

impl Action for ReadTable {
    type Resource = TableRead;
    const NAME: &'static str = "table:read";
}
impl Action for ReadMicrodata {
    type Resource = MicrodataRead;
    const NAME: &'static str = "microdata:read";
}
impl Action for Protect {
    type Resource = ProtectTables;
    const NAME: &'static str = "tables:protect";
}
