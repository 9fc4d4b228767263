//! What a grant gives in a day is counted before it leaves, and no more leaves.

use crate::grants::Grants;
use crate::installation::Installation;
use crate::node::Node;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const GRANT: &str = "nav-11-pseudonymised";
const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=REGION,VKLO";

/// Loads NAV's grant as a further version that gives so many records a day.
fn limit(installation: &Installation, node: &Node, version: u32, most: u32) {
    let tier = format!("\"pseudonymised\"\ndelivery = {{ max_rows_per_day = {most} }}");
    Grants::of_the_demonstration().with(GRANT, version, &[("tier", &tier)]).load(installation);
    wait_for(node, version);
}

fn wait_for(node: &Node, version: u32) {
    node.wait_until(SOON, |node| {
        let me = node.caller("nav").get("/v1/me").ok().json();
        let grants = me["grants"].as_array().unwrap();
        grants.iter().any(|grant| grant["id"] == GRANT && grant["version"] == version)
    });
}

fn sent(node: &Node) -> u64 {
    let used = node.caller("nav").get("/v1/grant-use").ok().json();
    let grants = used["grants"].as_array().unwrap();
    grants.iter().find(|grant| grant["grant"] == GRANT).unwrap()["records"].as_u64().unwrap()
}

#[test]
fn no_more_records_leave_in_a_day_than_were_agreed() {
    let installation = Installation::copy("limits");
    let node = installation.serve();
    let nav = node.caller("nav");
    limit(&installation, &node, 2, 10);
    let page =
        |limit| nav.get_with(&format!("{RECORDS}&limit={limit}"), &[("Accept-Language", "en")]);
    assert_eq!(page(4).ok().json()["count"], 4);
    assert_eq!(page(4).ok().json()["count"], 4);
    let refused = page(4);
    let said = refused.problem(429, "limit-reached");
    assert_eq!(said["maxRowsPerDay"], 10);
    assert!(said["detail"].as_str().unwrap().contains("10 records a day"), "{said}");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    // What was refused was not counted, and what is left may leave.
    assert_eq!(page(2).ok().json()["count"], 2);
    page(1).problem(429, "limit-reached");
    nav.get(&format!("{RECORDS}&format=csv")).problem(429, "limit-reached");
    assert_eq!(sent(&node), 10);

    // A whole year under a limit that not even its first records fit in is refused in words, never shortened; nothing
    // of it is counted. Whoever asks for the head alone gets no records, and has none counted.
    limit(&installation, &node, 3, 20);
    let year = format!("{RECORDS}&format=csv");
    let refused = nav.get_with(&year, &[("Accept-Language", "en")]);
    assert_eq!(refused.problem(429, "limit-reached")["maxRowsPerDay"], 20);
    assert_eq!(nav.send("HEAD", &year, &[("Accept-Encoding", "identity")], "").ok().body.len(), 0);
    assert_eq!(sent(&node), 10);

    // Without a limit everything leaves, and is counted too.
    Grants::of_the_demonstration().load(&installation);
    wait_for(&node, 1);
    let whole = nav.get(&format!("{RECORDS}&format=csv")).ok().text().lines().count() as u64 - 1;
    node.wait_until(SOON, |node| sent(node) == 10 + whole);
}
