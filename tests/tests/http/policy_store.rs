//! What the server does when the grants it is to decide by are not there, break a rule, or cannot be read.

use crate::grants::Grants;
use crate::installation::{Installation, succeed};
use crate::node::Node;
use crate::truth;
use chrono::Utc;
use hjemmel_kostra::Form;
use hjemmel_store::GrantRow;
use std::time::Duration;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=REGION,VKLO&limit=2";
const CELLS: &str = "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=3107,3112&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
const SOON: Duration = Duration::from_secs(20);

fn status(node: &Node, who: &str, path: &str) -> u16 {
    node.caller(who).get(path).status
}

#[test]
fn without_any_grant_everyone_gets_what_everyone_gets() {
    let installation = Installation::empty("no-grants");
    succeed(&installation.run(&["migrate"]));
    installation.import(truth::of(Form::F11, 2024));
    let node = installation.serve();
    for who in ["nav", "fredrikstad", "husbanken", "ks"] {
        let caller = node.caller(who);
        let refused = caller.get(RECORDS).problem(403, "no-legal-basis");
        assert_eq!(refused["failed"][0]["reason"], "noGrant", "{who}");
        assert_eq!(caller.get(CELLS).ok().header("hjemmel-protection"), "suppressed", "{who}");
    }
}

/// A grant in force whose terms were spoilt where they are kept.
fn spoilt(id: &str, of: &GrantRow, terms: String) -> GrantRow {
    GrantRow { id: id.to_owned(), terms, ..of.clone() }
}

#[test]
fn a_grant_that_breaks_a_rule_is_set_aside_and_one_that_cannot_be_read_closes_everything() {
    let installation = Installation::copy("bad-grants");
    let node = installation.serve();
    let (store, now) = (installation.store(), Utc::now());
    let (version, sound) = store.active_grants().unwrap();
    let model = sound.iter().find(|row| row.id == "nav-11-pseudonymised").unwrap();
    assert_eq!(status(&node, "nav", RECORDS), 200);

    // Without an end nobody would ever look at it again: it opens nothing, and the others stand.
    let husbanken = sound.iter().find(|row| row.id == "husbanken-11-housing").unwrap();
    let endless =
        husbanken.terms.replace(&husbanken.id, "endless").replace("\"exact\"", "\"identified\"");
    let bad = spoilt("endless", husbanken, endless);
    let with_bad = [sound.clone(), vec![bad]].concat();
    store.load_policy(&with_bad, "test", "a grant that breaks a rule", now, Some(version)).unwrap();
    node.wait_until(SOON, |node| node.log().contains("set aside"));
    assert_eq!(status(&node, "nav", RECORDS), 200);
    assert_eq!(status(&node, "husbanken", RECORDS), 403);

    let (version, _) = store.active_grants().unwrap();
    let broken = [sound.clone(), vec![spoilt("broken", model, "{".to_owned())]].concat();
    store.load_policy(&broken, "test", "a grant that is no JSON", now, Some(version)).unwrap();
    node.wait_until(SOON, |node| status(node, "nav", RECORDS) == 503);
    for who in ["nav", "fredrikstad", "bld"] {
        for path in [RECORDS, CELLS] {
            node.caller(who).get(path).problem(503, "unavailable");
        }
    }
    assert!(!node.log().contains("panicked"), "{}", node.log());

    let mended = Grants::of_the_demonstration().try_to_load(&installation, &["--yes"]);
    let words = crate::installation::words(&mended);
    assert!(mended.status.success() && words.contains("broken: the stored grant"), "{words}");
    node.wait_until(SOON, |node| status(node, "nav", RECORDS) == 200);
    assert_eq!(status(&node, "bld", RECORDS), 403);
}
