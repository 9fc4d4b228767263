//! An answer on disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::error::Error;
use super::{Case, Protected, amount};
use crate::{Reason, Status};

/// Writes `cells.csv`, `report.json` and `report.html` into a directory.
///
/// They are written beside it first and moved when they are whole: an interruption leaves no part of a file, and a
/// directory that was not there before is there with all three or not at all. Withheld values are left out unless
/// `with_values` is said, for the statistician's own eyes.
///
/// # Errors
/// When the directory cannot be made or written.
pub fn write(case: &Case, done: &Protected, out: &Path, with_values: bool) -> Result<(), Error> {
    let failed = |source| Error::File { path: out.to_owned(), source };
    let cells = cells(case, done, with_values)?;
    let json = serde_json::to_vec_pretty(&done.report)?;
    let page = done.report.account.page().into_bytes();
    let files = [("report.json", json), ("report.html", page), ("cells.csv", cells)];
    let above = out.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(above).map_err(failed)?;
    let beside = tempfile::Builder::new().prefix(".hjemmel-").tempdir_in(above).map_err(failed)?;
    let ready = beside.path().join("ready");
    std::fs::create_dir(&ready).map_err(failed)?;
    for (name, content) in &files {
        let mut file = File::create_new(ready.join(name)).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        file.sync_all().map_err(failed)?;
    }
    if !out.exists() {
        return std::fs::rename(&ready, out).map_err(failed);
    }
    for (name, _) in &files {
        std::fs::rename(ready.join(name), out.join(name)).map_err(failed)?;
    }
    Ok(())
}

fn cells(case: &Case, done: &Protected, with_values: bool) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = ["value", "primary", "suppressed", "reason"];
    writer.write_record(case.columns.iter().map(String::as_str).chain(fixed))?;
    for (cell, (status, reason)) in done.statuses.iter().zip(&done.reasons).enumerate() {
        let withheld = *status != Status::Shown;
        let moved = done.moved.as_ref().and_then(|moved| moved.get(cell)).copied();
        let value = if withheld && !with_values {
            String::new()
        } else {
            amount::show(moved.unwrap_or_else(|| case.system.value(cell)), case.decimals)
        };
        let flag = |set| if set { "1" } else { "0" };
        let codes = (0..case.columns.len()).map(|at| case.code(cell, at));
        writer.write_record(codes.chain([
            value.as_str(),
            flag(*status == Status::Primary),
            flag(withheld),
            reason.map_or("", Reason::as_str),
        ]))?;
    }
    writer.into_inner().map_err(|error| Error::Csv(error.into_error().into()))
}
