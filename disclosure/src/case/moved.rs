//! The two methods that move counts instead of withholding them.

use super::account::account;
use super::error::Error;
use super::protect::{Protected, report};
use super::{Case, Measure};
use crate::account::Method;
use crate::cellkey::{Key, PerturbationTable, TableParameters};
use crate::{Status, round};

/// Rounds the counts of a case to `base`; see [`crate::round`] for what that promises.
///
/// # Errors
/// For amounts, for a base below 2, and where no end is found.
pub fn rounded(case: &Case, base: u32, seed: u64) -> Result<Protected, Error> {
    let rounded =
        round::round(&case.system, base, seed).map_err(|error| Error::Engine(error.to_string()))?;
    let settings = [("base", base.to_string()), ("seed", seed.to_string())];
    Ok(moved(case, Method::Round, &settings, rounded.cells))
}

/// Perturbs the counts of a case by cell keys; see [`crate::cellkey`] for what that promises.
///
/// # Errors
/// For amounts, when the case was read without persons, or when no noise has the parameters.
pub fn perturbed(case: &Case, parameters: TableParameters) -> Result<Protected, Error> {
    let Measure::Count { var: None } = case.specification.measure else {
        return Err(Error::Engine(
            "cell keys need a count with one line for each person: `measure` must be \
             {\"kind\": \"count\", \"var\": null}"
                .to_owned(),
        ));
    };
    let Some(keys) = &case.keys else {
        return Err(Error::Engine("cell keys need the column that names the person".to_owned()));
    };
    let table =
        PerturbationTable::new(parameters).map_err(|error| Error::Engine(error.to_string()))?;
    let cells = (0..case.system.cells()).map(|cell| {
        let atoms = case.system.cell(cell).iter();
        let key: Key = atoms.filter_map(|&atom| keys.get(atom as usize).copied()).collect();
        let count = u64::try_from(case.system.value(cell)).unwrap_or(0);
        i64::try_from(table.perturb(count, key)).unwrap_or(i64::MAX)
    });
    let settings = [
        ("largest", parameters.largest.to_string()),
        ("variance", parameters.variance.to_string()),
        ("forbidden", format!("1..{}", parameters.forbidden)),
    ];
    let cells = cells.collect();
    Ok(moved(case, Method::Cellkey, &settings, cells))
}

fn moved(case: &Case, method: Method, settings: &[(&str, String)], cells: Vec<i64>) -> Protected {
    let by = |cell: usize| {
        let value = case.system.value(cell);
        (value, cells.get(cell).map_or(0, |moved| moved.abs_diff(value)))
    };
    let mut account = account(case, method, &|cell, tally| {
        let (value, by) = by(cell);
        tally.moved(value.unsigned_abs(), by);
    });
    account.settings =
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let statuses = vec![Status::Shown; case.system.cells()];
    let report = report(case, &statuses, None, None, account);
    Protected { reasons: vec![None; statuses.len()], statuses, moved: Some(cells), report }
}
