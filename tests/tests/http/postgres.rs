//! The main job on PostgreSQL, from an empty database, by the commands an operator types.

use crate::grants::Grants;
use crate::installation::{Installation, succeed, words};
use crate::rows::Rows;
use crate::truth;
use hjemmel_kostra::Form;
use hjemmel_store::Chain;
use hjemmel_tests::postgres::Cluster;
use std::fs;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024";
const CELLS: &str = "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";

/// A new installation on an empty database: keys, tables, grants, one year of records, released.
pub fn installed(name: &str, url: &str) -> Installation {
    let made = Installation::empty(name).with("HJEMMEL_STORE_URL", url);
    fs::remove_file(made.path("keys")).unwrap();
    succeed(&made.run(&["keys"]));
    assert!(succeed(&made.run(&["migrate"])).contains("applied"));
    assert!(succeed(&made.run(&["migrate"])).contains("up to date"));
    let loaded = Grants::of_the_demonstration().load(&made);
    assert!(loaded.contains("policy version 1 is in force"), "{loaded}");
    made.import(truth::of(Form::F11, 2024));
    assert!(!made.path("hjemmel.db").exists(), "the database of the settings file was made too");
    made
}

#[test]
fn the_main_job_is_done_on_postgresql_and_recorded_there() {
    let url = Cluster::shared().database("main_job");
    let installation = installed("postgres", &url);
    let (node, store) = (installation.serve(), installation.store());
    let before = store.chain_state().unwrap().seq;

    let token = succeed(&installation.run(&[
        "token",
        "--dir",
        &installation.path("").to_string_lossy(),
        "--organisation",
        "889640782",
    ]));
    let nav = node.with_token(token.trim());
    let whole = nav.get(&format!("{RECORDS}&format=csv")).ok();
    let rows = Rows::csv(&whole);
    assert_eq!(rows.rows.len(), truth::of(Form::F11, 2024).records());
    assert!(rows.columns.contains(&"PERSON_PSEUDONYM".to_owned()));
    assert!(whole.header("hjemmel-basis").starts_with("nav-11-pseudonymised;"));

    let refused = node.caller("bld").get(RECORDS);
    let said = refused.problem(403, "no-legal-basis");
    assert_eq!(said["protectedTable"], "/pxwebapi/v2/tables/S1101/data");
    let exact = nav.get(CELLS).ok();
    assert_eq!(exact.header("hjemmel-protection"), "exact");
    let small = exact.cells().iter().filter(|cell| matches!(cell.value, Ok(1..=3))).count();
    assert!(small > 0, "no small count is among the exact cells");
    for caller in [node.caller("bld"), node.anyone()] {
        let protected = caller.get(CELLS).ok();
        assert_eq!(protected.header("hjemmel-protection"), "suppressed");
        for (shown, truth) in protected.cells().iter().zip(exact.cells()) {
            assert!(!matches!(shown.value, Ok(1..=3)), "{:?}", shown.at);
            match (&shown.value, &truth.value) {
                (Ok(shown), Ok(truth)) => assert_eq!(shown, truth),
                (Err(sign), truth) => assert!(sign == ":" || *truth == Err(sign.clone())),
                (Ok(_), Err(sign)) => panic!("{:?} is shown and should be {sign}", shown.at),
            }
        }
    }

    for (answer, outcome) in [(&whole, "allowed"), (&refused, "denied"), (&exact, "allowed")] {
        let id = answer.header("hjemmel-decision").parse().unwrap();
        assert_eq!(store.decision(id).unwrap().row.outcome, outcome);
        let told = node.caller("auditor").get(&format!("/v1/decisions/{id}")).ok().json();
        assert_eq!(told["outcome"], outcome);
    }
    let Chain::Intact(state) = store.verify_chain(&[]).unwrap() else { panic!("broken") };
    // NAV's two, BLD's two; what is open to all was recorded when the server started.
    assert_eq!(state.seq, before + 4);
}

#[test]
fn servers_that_share_a_postgresql_share_policy_and_releases() {
    let url = Cluster::shared().database("shared_by_two");
    let installation = installed("postgres-two", &url);
    let nodes = [installation.serve(), installation.serve()];
    for node in &nodes {
        node.caller("nav").get(&format!("{RECORDS}&limit=1")).ok();
    }
    Grants::of_the_demonstration().without("nav-11-pseudonymised").load(&installation);
    for node in &nodes {
        node.wait_until(SOON, |node| {
            node.caller("nav").get(&format!("{RECORDS}&limit=1")).status == 403
        });
    }
    installation.import(truth::of(Form::F11C, 2024));
    for node in &nodes {
        node.wait_until(SOON, |node| node.anyone().get("/pxwebapi/v2/tables/S11C1").status == 200);
    }
}

#[test]
fn a_database_that_is_not_there_or_not_ours_is_told_in_words() {
    let url = Cluster::shared().database("not_migrated");
    let installation = Installation::empty("postgres-none").with("HJEMMEL_STORE_URL", &url);
    let refused = installation.run(&["serve", "--address", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("hjemmel migrate"), "{}", words(&refused));
    let nowhere = Installation::empty("postgres-nowhere")
        .with("HJEMMEL_STORE_URL", "postgres://hjemmel:secret-word@127.0.0.1:1/none");
    let refused = nowhere.run(&["migrate"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("127.0.0.1"), "{}", words(&refused));
    assert!(!words(&refused).contains("secret-word"), "{}", words(&refused));
}
