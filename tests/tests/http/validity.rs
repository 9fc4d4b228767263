//! A grant opens from its first second to its last, and what is taken away is gone within a second.

use crate::grants::Grants;
use crate::installation::Installation;
use crate::node::{Caller, Node};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::time::Duration;

const GRANT: &str = "nav-11-pseudonymised";
const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=REGION,VKLO&limit=2";
const CELLS: &str = "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=3107,3112&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
/// A change of policy reaches a server within a second; this is for a machine that has much else to do.
const SOON: Duration = Duration::from_secs(20);

/// Whether records are given.
fn is_open(nav: &Caller<'_>) -> bool {
    let records = nav.get(RECORDS);
    if records.status == 200 {
        return true;
    }
    let said = records.problem(403, "no-legal-basis");
    assert!(said.get("records").is_none());
    assert!(!said["decision"].as_str().unwrap().is_empty());
    false
}

/// Records and exact cells, or neither.
#[track_caller]
fn assert_open(nav: &Caller<'_>, open: bool) {
    assert_eq!(is_open(nav), open);
    let protection = if open { "exact" } else { "suppressed" };
    assert_eq!(nav.get(CELLS).ok().header("hjemmel-protection"), protection);
}

pub fn text(time: DateTime<Utc>) -> String {
    format!("{:?}", time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Loads NAV's grant as a further version with other dates.
fn date(installation: &Installation, version: u32, from: DateTime<Utc>, to: DateTime<Utc>) {
    let today = format!("{:?}", Utc::now().format("%Y-%m-%d").to_string());
    let changes = [
        ("valid_from", text(from)),
        ("valid_to", text(to)),
        ("review_due", today.clone()),
        ("delete_by", today.clone()),
        ("deletion_attested_by", today),
    ];
    let changes: Vec<_> = changes.iter().map(|(key, value)| (*key, value.as_str())).collect();
    Grants::of_the_demonstration().with(GRANT, version, &changes).load(installation);
}

fn wait_for_version(node: &Node, version: u32) {
    node.wait_until(SOON, |node| {
        let me = node.caller("nav").get("/v1/me").ok().json();
        let grants = me["grants"].as_array().unwrap();
        grants.iter().any(|grant| grant["id"] == GRANT && grant["version"] == version)
    });
}

/// Asks without pause from a second before an instant until a second after it. An answer that was asked for
/// and given on one side of it must be as told; one under way at the instant may be either.
fn assert_changes_at(node: &Node, instant: DateTime<Utc>, open_before: bool) {
    let nav = node.caller("nav");
    let margin = TimeDelta::seconds(1);
    let wait = (instant - margin - Utc::now()).to_std().unwrap_or_default();
    std::thread::sleep(wait);
    let (mut before, mut after) = (0, 0);
    loop {
        let asked = Utc::now();
        let opened = nav.get(RECORDS);
        let answered = Utc::now();
        let is_open = opened.status == 200;
        if answered < instant {
            assert_eq!(is_open, open_before, "asked {asked}, {instant}: {}", opened.text());
            before += 1;
        } else if asked >= instant {
            assert_eq!(is_open, !open_before, "asked {asked}, {instant}: {}", opened.text());
            after += 1;
            if asked > instant + margin {
                break;
            }
        }
    }
    assert!(before > 3 && after > 3, "{before} before, {after} after");
}

#[test]
fn a_grant_opens_at_its_first_second_and_closes_at_its_last() {
    let installation = Installation::copy("validity");
    let node = installation.serve();
    let nav = node.caller("nav");
    assert_open(&nav, true);
    let start = Utc::now() + TimeDelta::seconds(4);
    let end = start + TimeDelta::seconds(4);
    // Dates in a file are whole seconds.
    let whole = |at: DateTime<Utc>| DateTime::from_timestamp(at.timestamp(), 0).unwrap();
    let (start, end) = (whole(start), whole(end));
    date(&installation, 2, start, end);
    wait_for_version(&node, 2);
    assert_open(&nav, false);
    assert_eq!(nav.get(RECORDS).json()["failed"][0]["reason"], "notYet");
    assert_changes_at(&node, start, false);
    assert_open(&nav, true);
    assert_changes_at(&node, end, true);
    assert_open(&nav, false);
    let said = nav.get_with(RECORDS, &[("Accept-Language", "en")]).problem(403, "no-legal-basis");
    assert_eq!(said["failed"][0]["reason"], "expired");
    let at = end.to_rfc3339_opts(SecondsFormat::Secs, true);
    assert_eq!(said["failed"][0]["validTo"], at);
    let decision =
        installation.store().decision(said["decision"].as_str().unwrap().parse().unwrap());
    assert_eq!(decision.unwrap().row.outcome, "denied");
}

#[test]
fn what_is_taken_away_is_gone_and_back_as_soon() {
    let installation = Installation::copy("revocation");
    let node = installation.serve();
    let nav = node.caller("nav");
    assert_open(&nav, true);
    let removed = Grants::of_the_demonstration().without(GRANT).load(&installation);
    node.wait_until(SOON, |node| !is_open(&node.caller("nav")));
    assert_open(&nav, false);
    assert!(removed.contains(GRANT), "{removed}");
    assert_eq!(nav.get(RECORDS).json()["failed"][0]["reason"], "noGrant");
    Grants::of_the_demonstration().load(&installation);
    node.wait_until(SOON, |node| is_open(&node.caller("nav")));
    assert_open(&nav, true);
    for (version, state) in [(2, "suspended"), (3, "active"), (4, "revoked")] {
        let state_text = format!("{state:?}");
        let changed =
            Grants::of_the_demonstration().with(GRANT, version, &[("state", &state_text)]);
        changed.load(&installation);
        let open = state == "active";
        node.wait_until(SOON, |node| is_open(&node.caller("nav")) == open);
        assert_open(&nav, open);
    }
    // Others kept theirs all the time.
    let fredrikstad = node.caller("fredrikstad").get(&format!("{RECORDS}&region=3107")).ok();
    assert_eq!(fredrikstad.records().len(), 2);
}

#[test]
fn a_grant_is_never_changed_without_a_new_version() {
    let installation = Installation::copy("amendment");
    let before = installation.store().policy_version().unwrap();
    let changed =
        Grants::of_the_demonstration().with(GRANT, 1, &[("years", "[2023, 2024, 2025, 2016]")]);
    let refused = changed.try_to_load(&installation, &["--yes"]);
    let words = crate::installation::words(&refused);
    assert_eq!(refused.status.code(), Some(2), "{words}");
    assert!(words.contains(GRANT) && words.contains("version"), "{words}");
    assert_eq!(installation.store().policy_version().unwrap(), before);
}
