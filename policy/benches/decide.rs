//! How long one decision takes as the number of grants grows: p50 and p99 over single decisions.

use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use hjemmel_policy::{
    Caller, DEMO_GRANTS, GrantTerms, MicrodataRead, OrganisationNumber, Policy, ReadMicrodata,
    SCOPE_MICRODATA, Subject,
};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 20_000;

/// Sixty columns, as many as the record files have, and one identifier.
fn columns(_: Form, _: u16) -> Vec<(String, bool)> {
    let content = (0..60).map(|number| (format!("COLUMN_{number:02}"), false));
    content.chain([("PERSON_FODSELSNR".to_owned(), true)]).collect()
}

fn organisations() -> impl Iterator<Item = OrganisationNumber> {
    (800_000_000u32..).filter_map(|number| OrganisationNumber::parse(&number.to_string()).ok())
}

fn world(model: &GrantTerms, size: usize) -> Vec<GrantTerms> {
    // Two grants to each recipient for the same form, so that a choice has to be made.
    let recipients = organisations().flat_map(|organisation| [organisation; 2]);
    recipients
        .take(size)
        .enumerate()
        .map(|(number, organisation)| {
            let mut grant = model.clone();
            grant.id = format!("grant-{number}");
            grant.recipient.organisation = organisation;
            grant
        })
        .collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = GrantTerms::from_toml(DEMO_GRANTS)?.into_iter().next().ok_or("no demo grant")?;
    let now: DateTime<Utc> = "2026-06-01T12:00:00Z".parse()?;
    for size in [100, 10_000, 100_000] {
        let start = Instant::now();
        let policy = Policy::build(world(&model, size), 1, &columns)?;
        let built = start.elapsed();
        let callers: Vec<Caller> = organisations()
            .take(size / 2)
            .map(|organisation| {
                let scopes = BTreeSet::from([SCOPE_MICRODATA.to_owned()]);
                Caller::verified(Subject::Organisation { organisation }, scopes, None, None)
            })
            .collect();
        for (what, form) in [("allowed", Form::F11), ("denied", Form::F11C)] {
            let mut nanoseconds = Vec::with_capacity(ROUNDS);
            for caller in callers.iter().cycle().step_by(7).take(ROUNDS) {
                let asked = MicrodataRead {
                    form,
                    year: 2024,
                    columns: None,
                    regions: None,
                    unpublished: false,
                };
                let start = Instant::now();
                let decided = policy.decide::<ReadMicrodata>(caller, asked, None, now);
                nanoseconds.push(start.elapsed().as_nanos());
                assert_eq!(black_box(decided).is_allowed(), form == Form::F11);
            }
            nanoseconds.sort_unstable();
            let at = |share: usize| nanoseconds.get(ROUNDS * share / 100).copied().unwrap_or(0);
            println!(
                "{size:>7} grants, {what}: p50 {} ns, p99 {} ns (built in {built:?})",
                at(50),
                at(99)
            );
        }
    }
    Ok(())
}
