//! What a case must pass that only the installation knows: the law as it is now, and the saved tests.

use super::{on_disk, trial};
use crate::app::App;
use crate::problem::{Kind, Problem};
use actix_web::web;
use chrono::Utc;
use hjemmel_policy::Case;
use hjemmel_policy::case::Law;
use std::collections::BTreeMap;

/// The law as the register has it now.
///
/// # Errors
/// When the register cannot be asked.
pub async fn law(app: &web::Data<App>) -> Result<Law, Problem> {
    let rows = on_disk(app, |store| store.statutes(None)).await?;
    // Oldest first, so that the newest version of each is what stays.
    Ok(rows.into_iter().map(|row| (row.id, row.text_sha256)).collect::<BTreeMap<_, _>>())
}

/// Refuses what would break a saved test.
///
/// # Errors
/// The tests it would break, by name.
pub async fn check_tests(app: &web::Data<App>, after: &Case) -> Result<(), Problem> {
    let terms = after.terms.clone();
    let failed = on_disk(app, move |store| {
        let (_, policy) = trial::with_in_force(store, &terms).map_err(|error| {
            tracing::error!(%error, "a trial policy cannot be made");
            hjemmel_store::Error::Corrupt("the policy cannot be read".to_owned())
        })?;
        Ok(trial::failed(&policy, &store.policy_tests()?, Utc::now()))
    })
    .await?;
    if failed.is_empty() {
        return Ok(());
    }
    let names = failed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join("; ");
    Err(Problem::new(Kind::HardRule)
        .detail(
            format!("bryter lagrede tester av regelverket: {names}"),
            format!("breaks saved tests of the policy: {names}"),
        )
        .with("tests", serde_json::to_value(failed).unwrap_or_default()))
}
