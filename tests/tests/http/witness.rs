//! A witness at another body: it sees that the record only grows, signs that, and says so when it did not.

use crate::installation::{Installation, succeed, words};
use crate::node::Node;
use std::fs;
use std::process::Output;
use tlog_tiles::tlog::{Hash, node_hash};

struct Witness<'a> {
    at: &'a Installation,
    name: &'static str,
    key: String,
}

impl<'a> Witness<'a> {
    fn new(at: &'a Installation, name: &'static str) -> Self {
        let file = at.path(&format!("{name}.key")).to_string_lossy().into_owned();
        let make = || at.run(&["audit", "witness-key", &file, "--name", name]);
        let key = succeed(&make()).trim().strip_prefix("key: ").unwrap().to_owned();
        assert_eq!(make().status.code(), Some(2), "it was written over");
        Self { at, name, key }
    }

    fn looks_at(&self, node: &Node, record: &str, more: &[&str]) -> Output {
        let path = |end: &str| self.at.path(end).to_string_lossy().into_owned();
        let (token, own) = (path("tokens/nav.jwt"), path(&format!("{}.key", self.name)));
        let state = path(&format!("{}.state", self.name));
        let known =
            ["audit", "witness", "--url", node.address(), "--token", &token, "--record", record];
        let own = ["--key", &own, "--state", &state];
        self.at.run(&[&known[..], &own, more].concat())
    }

    fn state(&self) -> String {
        fs::read_to_string(self.at.path(&format!("{}.state", self.name))).unwrap()
    }
}

/// Adds a setting that has no variable.
fn name_witnesses(installation: &Installation, keys: &[&str]) {
    let file = installation.path("hjemmel.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[record]\nwitnesses = {keys:?}\n")).unwrap();
}

fn grow(node: &Node) {
    node.caller("nav").get("/v1/datasets/skjema-11/microdata?year=2024&limit=1").ok();
}

#[test]
fn a_witness_signs_a_record_that_grew_and_refuses_one_that_was_rewritten() {
    let installation = Installation::copy("witness");
    let agency = Witness::new(&installation, "nav.example.no");
    let stranger = Witness::new(&installation, "stranger.example.no");
    name_witnesses(&installation, &[&agency.key]);
    let node = installation.serve();
    let auditor = node.caller("auditor");
    let checkpoint = || auditor.get("/v1/audit/checkpoint").ok().json();
    let first = checkpoint();
    assert!(first["cosigned"].is_null(), "{first}");
    let record = first["key"].as_str().unwrap().to_owned();

    let said = succeed(&agency.looks_at(&node, &record, &[]));
    assert!(said.contains("grown from 0"), "{said}");
    for _ in 0..3 {
        grow(&node);
        succeed(&agency.looks_at(&node, &record, &[]));
    }
    let cosigned = checkpoint()["cosigned"].clone();
    assert_eq!(cosigned["checkpoint"], agency.state());
    assert_eq!(cosigned["witnesses"], 1);

    // Somebody the settings do not name may look, and is not kept.
    let said = stranger.looks_at(&node, &record, &[]);
    assert!(words(&said).contains("stranger.example.no") || !said.status.success());
    assert_eq!(said.status.code(), Some(2), "{}", words(&said));
    succeed(&stranger.looks_at(&node, &record, &["--silent"]));
    let node_of_nobody = r#"{"note":"no note"}"#;
    auditor.post("/v1/audit/cosignatures", node_of_nobody).problem(400, "parameter-error");
    auditor.post("/v1/audit/cosignatures", "{}").problem(400, "parameter-error");
    let forged = agency.state().replacen('\n', "\n1", 1);
    let forged = serde_json::json!({ "note": forged }).to_string();
    auditor.post("/v1/audit/cosignatures", &forged).problem(400, "parameter-error");

    // The export leads to what the witness signed, and is not believed without it.
    let export = installation.path("export").to_string_lossy().into_owned();
    succeed(&installation.run(&["audit", "export", &export]));
    let state = installation.path("nav.example.no.state").to_string_lossy().into_owned();
    let verify = |witness: &str| {
        let paper = ["--checkpoint", &state, "--witness", witness];
        installation.run(&[&["audit", "verify", &export, "--key", &record], &paper[..]].concat())
    };
    succeed(&verify(&agency.key));
    assert_eq!(verify(&stranger.key).status.code(), Some(1));

    // The same keys over another database: a record that begins anew and grows beyond what was seen.
    drop(node);
    let seen = fs::read_to_string(&state).unwrap();
    let other = Installation::copy("witness-rewritten");
    let node = other.serve();
    let events = |text: &str| text.lines().nth(1).unwrap().parse::<u64>().unwrap();
    let size = || node.caller("auditor").get("/v1/audit/checkpoint").ok().json()["size"].as_u64();
    node.caller("bld")
        .get("/v1/datasets/skjema-11/microdata?year=2024")
        .problem(403, "no-legal-basis");
    let short = agency.looks_at(&node, &record, &[]);
    assert_eq!(short.status.code(), Some(2), "{}", words(&short));
    while size().unwrap() <= events(&seen) {
        grow(&node);
    }
    let rewritten = agency.looks_at(&node, &record, &[]);
    assert_eq!(rewritten.status.code(), Some(2), "{}", words(&rewritten));
    assert!(words(&rewritten).contains("not signed"), "{}", words(&rewritten));
    assert_eq!(fs::read_to_string(&state).unwrap(), seen, "the state seen was lost");
}

#[test]
fn a_key_that_is_none_is_told_when_the_settings_are_read() {
    let installation = Installation::copy("witness-key");
    name_witnesses(&installation, &["nav+0+x"]);
    let said = installation.run(&["audit", "checkpoint"]);
    assert_eq!(said.status.code(), Some(2));
    assert!(words(&said).contains("witnesses") || words(&said).contains("key"), "{}", words(&said));
}

#[test]
fn tiles_hold_the_tree_the_checkpoint_is_over() {
    let installation = Installation::copy("tiles");
    let node = installation.serve();
    for _ in 0..3 {
        grow(&node);
    }
    let nav = node.caller("nav");
    let size = nav.get("/v1/audit/checkpoint").ok().json()["size"].as_u64().unwrap();
    let (whole, rest) = (size / 256, size % 256);
    let tile = |name: &str| nav.get(&format!("/v1/audit/tile/{name}"));
    let mut leaves: Vec<Hash> = Vec::new();
    for number in 0..whole {
        push(&mut leaves, &tile(&format!("0/{number:03}")).ok().body);
    }
    if rest > 0 {
        push(&mut leaves, &tile(&format!("0/{whole:03}.p/{rest}")).ok().body);
    }
    let root = nav.get(&format!("/v1/audit/proof?old=1&size={size}")).ok().json()["root"].clone();
    assert_eq!(leaves.len() as u64, size);
    assert_eq!(root, tree(&leaves).to_string());
    let beyond = format!("0/{whole:03}.p/255");
    for none in [
        "0/999",
        "9/000",
        "0/x001/000",
        "data/000",
        "0/000.p/0",
        "0/000.p/x",
        "0/000.p/00",
        "64/000",
        "300/000",
        &beyond,
        "x",
    ] {
        tile(none).problem(404, "not-found");
    }
    assert_eq!(node.anyone().get("/v1/audit/tile/0/000.p/1").status, 401);
}

fn push(leaves: &mut Vec<Hash>, tile: &[u8]) {
    leaves.extend(tile.chunks(32).map(|hash| Hash(hash.try_into().unwrap())));
}

/// RFC 6962 as it is written there.
fn tree(leaves: &[Hash]) -> Hash {
    if let [leaf] = leaves {
        *leaf
    } else {
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        node_hash(tree(left), tree(right))
    }
}
