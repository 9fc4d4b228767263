//! How long the table of who can see what takes for ten thousand grants, and what one change does to it.

use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use hjemmel_policy::{DEMO_GRANTS, GrantTerms, OrganisationNumber, Policy};
use std::hint::black_box;
use std::time::Instant;

const GRANTS: usize = 10_000;
const ROUNDS: usize = 3;

/// Sixty columns, as many as the record files have, and one identifier.
fn columns(_: Form, _: u16) -> Vec<(String, bool)> {
    let content = (0..60).map(|number| (format!("COLUMN_{number:02}"), false));
    content.chain([("PERSON_FODSELSNR".to_owned(), true)]).collect()
}

fn world(model: &GrantTerms) -> Vec<GrantTerms> {
    let numbers = (800_000_000u32..).map(|number| number.to_string());
    let organisations = numbers.filter_map(|number| OrganisationNumber::parse(&number).ok());
    organisations
        .flat_map(|organisation| [organisation; 2])
        .take(GRANTS)
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
    let mut grants = world(&model);
    let before = Policy::build(grants.clone(), 1, &columns)?;
    // Both grants of one recipient: what the other still gives is no loss.
    for grant in grants.iter_mut().skip(GRANTS / 2).take(2) {
        grant.years.remove(&2024);
    }
    let after = Policy::build(grants, 2, &columns)?;
    let (mut impact, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let shifts = black_box(before.matrix(now)).shifts(&black_box(after.matrix(now)));
        impact.push(start.elapsed());
        assert!(!shifts.is_empty());
        let start = Instant::now();
        let cells = black_box(before.matrix(now).cells());
        whole.push((start.elapsed(), cells.len()));
    }
    impact.sort_unstable();
    whole.sort_unstable();
    let middle = ROUNDS / 2;
    println!("impact of one change among {GRANTS} grants: median {:?}", impact.get(middle));
    println!("every cell laid out: median {:?}", whole.get(middle));
    Ok(())
}
