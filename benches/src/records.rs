//! The records of an installation as its server reads them, under the same permission.

use crate::Result;
use crate::place::YEAR;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use chrono::Utc;
use futures::StreamExt as _;
use hjemmel_disclosure::records;
use hjemmel_kostra::Form;
use hjemmel_policy::{
    Caller, DEMO_GRANTS, Decided, GrantTerms, MicrodataRead, OrganisationNumber, Policy,
    ReadMicrodata, SCOPE_MICRODATA, Subject,
};
use hjemmel_registers::{Config, EditionRef, Keys, Registers, RowQuery};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The labour and welfare administration, which the demonstration gives pseudonymised records.
const NAV: &str = "889640782";

/// The edition a bench imported: the demonstration has made the first.
#[must_use]
pub fn edition() -> EditionRef {
    EditionRef::new(Form::F11, YEAR, 2)
}

/// Where that edition lies in an installation.
#[must_use]
pub fn file(folder: &Path) -> PathBuf {
    folder.join(format!("registers/form=11/year={YEAR}/edition=2/part-0.parquet"))
}

/// The policy of the demonstration.
///
/// # Errors
/// When it cannot be built.
pub fn policy() -> Result<Policy> {
    Ok(Policy::build(GrantTerms::from_toml(DEMO_GRANTS)?, 1, &hjemmel::app::columns_of)?)
}

/// The registers of an installation, and its keys.
///
/// # Errors
/// When they cannot be opened.
pub fn open(folder: &Path) -> Result<(Registers, Arc<Keys>)> {
    let keys = Arc::new(Keys::load(&folder.join("keys"))?);
    Ok((Registers::open(&Config::new(folder.join("registers")), keys.clone())?, keys))
}

/// Everything NAV may read of the edition, in memory.
///
/// # Errors
/// When it may not, or reading fails.
pub async fn batches(folder: &Path) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let (registers, keys) = open(folder)?;
    let subject = Subject::Organisation { organisation: OrganisationNumber::parse(NAV)? };
    let scopes = BTreeSet::from([SCOPE_MICRODATA.to_owned()]);
    let caller = Caller::verified(subject, scopes, None, None);
    let asked = MicrodataRead {
        form: Form::F11,
        year: YEAR,
        columns: None,
        regions: None,
        unpublished: false,
    };
    let decided = policy()?.decide::<ReadMicrodata>(&caller, asked, None, Utc::now());
    let Decided::Allowed(grant, _) = decided else { return Err("NAV was denied".into()) };
    let sealed = registers.microdata(grant, &edition(), &RowQuery::default()).await?;
    let records = records(sealed, keys)?.into_content();
    let schema = records.schema().clone();
    let mut pages = records.into_pages();
    let mut batches = Vec::new();
    while let Some(page) = pages.next().await {
        batches.push(page?.batch);
    }
    Ok((schema, batches))
}
