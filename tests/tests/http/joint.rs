//! Tables over several nodes: three real installations with keys of their own, wires between them that can be cut and
//! changed, and a coordinator that sees totals alone.

use crate::answer::Answer;
use crate::installation::{Installation, place, succeed};
use crate::node::Node;
use crate::proxy::Proxy;
use crate::truth;
use base64::Engine as _;
use hjemmel_kostra::Form;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// The one that makes the tables, and has no part in them.
pub const MAKER: &str = "971526920";
/// The two with records, and one more.
pub const FIRST: &str = "987879696";
pub const SECOND: &str = "889640782";
pub const THIRD: &str = "942114184";
pub const SOON: Duration = Duration::from_mins(3);

/// What each answers for: parts of the same counties.
pub const OF_FIRST: [&str; 8] = ["3107", "3103", "3110", "3114", "3301", "3907", "4001", "030101"];
pub const OF_SECOND: [&str; 8] = ["3105", "3112", "3116", "3118", "3905", "3909", "4003", "030112"];
pub const OF_THIRD: [&str; 4] = ["3120", "3122", "3124", "3911"];

/// Installations that know each other, each behind a wire of its own.
pub struct Circle {
    pub installations: BTreeMap<&'static str, Installation>,
    pub nodes: BTreeMap<&'static str, Node>,
    pub wires: BTreeMap<&'static str, Proxy>,
}

/// What a node answers for, and with whom it works.
pub struct Part {
    pub number: &'static str,
    pub population: &'static [&'static str],
    /// Whose records it has.
    pub records: &'static [&'static str],
    pub stance: String,
}

pub fn part(number: &'static str, population: &'static [&'static str]) -> Part {
    let stance = format!(
        "coordinators = [\"{MAKER}\", \"{THIRD}\"]\nthreshold = 4\npercent = 10\nmembers = 2\n\
         [federation.stance.tables]\nS1101 = [\"*\"]\n"
    );
    Part { number, population, records: population, stance }
}

fn array(all: &[&str]) -> String {
    format!("{all:?}")
}

impl Circle {
    pub fn new(name: &str, parts: &[Part]) -> Self {
        let truth = truth::of(Form::F11, 2024);
        let wires: BTreeMap<_, _> = parts.iter().map(|part| (part.number, Proxy::new())).collect();
        let mut installations = BTreeMap::new();
        for part in parts {
            let at = Installation::empty(&format!("{name}-{}", part.number));
            succeed(&at.run(&["migrate"]));
            let key = at.path("node.pem").to_string_lossy().into_owned();
            let keys = succeed(&at.run(&["node-key", &key]));
            fs::write(place(name).join(format!("{}.json", part.number)), keys.trim()).unwrap();
            if !part.records.is_empty() {
                let file = place(name).join(format!("{}.dat", part.number));
                truth.of_regions(&file, part.records);
                let file = file.to_string_lossy().into_owned();
                succeed(&at.run(&["import", &file, "--form", "11F", "--year", "2024"]));
            }
            installations.insert(part.number, at);
        }
        for part in parts {
            let at = &installations[part.number];
            let file = at.path("hjemmel.toml");
            let mut text = fs::read_to_string(&file).unwrap();
            let (number, address) = (part.number, wires[part.number].address());
            let (population, stance) = (array(part.population), &part.stance);
            write!(
                text,
                "\n[federation]\norganisation = {number:?}\nname = \"Node {number}\"\naddress = {address:?}\n\
                 key = \"node.pem\"\npopulation = {population}\n\n[federation.stance]\n{stance}",
            )
            .unwrap();
            for other in parts.iter().filter(|other| other.number != part.number) {
                let (number, address) = (other.number, wires[other.number].address());
                let keys = place(name).join(format!("{number}.json"));
                let keys = keys.to_string_lossy();
                write!(
                    text,
                    "\n[[federation.peers]]\norganisation = {number:?}\nname = \"Node {number}\"\n\
                     address = {address:?}\njwks = {{ file = {keys:?} }}\n",
                )
                .unwrap();
            }
            fs::write(&file, text).unwrap();
        }
        let nodes: BTreeMap<_, _> =
            installations.iter().map(|(number, at)| (*number, at.serve())).collect();
        for (number, node) in &nodes {
            wires[number].lead_to(node.host());
        }
        Self { installations, nodes, wires }
    }

    pub fn ask(&self, maker: &str, nodes: &[&str]) -> Answer {
        let body = json!({ "table": "S1101", "year": 2024, "nodes": nodes });
        self.nodes[maker].caller("admin").post("/v1/joint-tables", &body.to_string())
    }

    /// Asks for the table and waits for what becomes of it.
    pub fn make(&self, maker: &str, nodes: &[&str]) -> Value {
        let address = self.begin(maker, nodes);
        self.ended(maker, &address)
    }

    /// Asks for the table and says where it is to be found.
    pub fn begin(&self, maker: &str, nodes: &[&str]) -> String {
        let asked = self.ask(maker, nodes);
        assert_eq!(asked.status, 202, "{}", asked.text());
        asked.header("location").to_owned()
    }

    /// Waits for what becomes of it.
    pub fn ended(&self, maker: &str, address: &str) -> Value {
        let read = || self.nodes[maker].caller("admin").get(address).ok().json();
        self.nodes[maker].wait_until(SOON, |_| read()["state"] != "running");
        read()
    }

    /// Starts a node anew that was killed.
    pub fn restart(&mut self, number: &'static str) {
        let node = self.installations[number].serve();
        self.wires[number].lead_to(node.host());
        self.nodes.insert(number, node);
    }

    /// Fails if anything broke in a server.
    pub fn sound(&self) {
        for node in self.nodes.values() {
            assert!(!node.log().contains("panicked"), "{}", node.log());
        }
    }
}

/// The cells of a table by region and source; none where withheld.
fn cells(table: &Value) -> BTreeMap<(String, String), Option<u64>> {
    let data = &table["data"];
    let codes = |variable: &str| -> Vec<String> {
        serde_json::from_value(data["dimension"][variable]["category"]["index"].clone()).unwrap()
    };
    let (regions, sources) = (codes("Region"), codes("HovedInntekt"));
    let keys = regions.iter().flat_map(|r| sources.iter().map(move |s| (r.clone(), s.clone())));
    let values = data["value"].as_array().unwrap();
    assert_eq!(values.len(), regions.len() * sources.len());
    keys.zip(values.iter().map(Value::as_u64)).collect()
}

/// What the records of some regions really say of a source of income in all, or of every source.
fn counted(regions: &[&str], sources: Option<&[&str]>) -> u64 {
    let truth = truth::of(Form::F11, 2024);
    let of_source = truth.field("VKLO");
    let each = truth.regions().into_iter().zip(of_source);
    let matches = each.filter(|(region, source)| {
        regions.contains(&region.as_str())
            && sources.is_none_or(|sources| sources.contains(&source.as_str()))
    });
    u64::try_from(matches.count()).unwrap()
}

/// The words that went over a wire as masked sums.
pub fn masked(heard: &str) -> Vec<u64> {
    let start = heard.find("\"cells\":\"").unwrap() + 9;
    let text = heard[start..].split('"').next().unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
}

fn of_county<'a>(regions: &[&'a str], county: &str) -> Vec<&'a str> {
    regions.iter().copied().filter(|region| region.starts_with(county)).collect()
}

#[test]
fn two_nodes_make_a_table_and_neither_shows_its_part() {
    let circle = Circle::new(
        "joint-two",
        &[part(MAKER, &[]), part(FIRST, &OF_FIRST), part(SECOND, &OF_SECOND)],
    );
    let made = circle.make(MAKER, &[FIRST, SECOND]);
    assert_eq!(made["state"], "published", "{made}");
    let both = [OF_FIRST.as_slice(), &OF_SECOND].concat();
    let cells = cells(&made);
    let at = |region: &str, source: &str| cells[&(region.to_owned(), source.to_owned())];
    assert_eq!(at("EAK", "00"), Some(counted(&both, None)));
    for (region, within) in [("EAK", both.clone()), ("EKA31", of_county(&both, "31"))] {
        for (source, codes) in [("arbeid", "1"), ("trygd", "3"), ("soshjelp", "5")] {
            let truth = counted(&within, Some(&[codes]));
            assert!(at(region, source).is_none_or(|told| told == truth), "{region} {source}");
        }
    }
    let shown = cells.values().filter(|cell| cell.is_some()).count();
    assert!(2 * shown > cells.len(), "{shown} of {}", cells.len());
    assert!(cells.keys().any(|(region, _)| region == "0301"), "both have bydeler of Oslo");
    for own in ["3107", "3105", "030101"] {
        assert!(!cells.keys().any(|(region, _)| region == own), "{own} is one node's alone");
    }
    for value in cells.values().flatten() {
        assert!(*value == 0 || *value >= 4, "{value}");
    }
    // What a node gets that subtracts its own part is never few, and never little beside its own.
    for (county, source) in [("EAK", "00"), ("EKA31", "00"), ("EKA31", "arbeid"), ("EKA39", "00")]
        .into_iter()
        .chain([("EKA39", "trygd"), ("EKA40", "arbeid"), ("EKA40", "soshjelp")])
    {
        let Some(total) = at(county, source) else { continue };
        let codes = [("arbeid", "1"), ("trygd", "3"), ("soshjelp", "5")];
        let code = codes.iter().find(|(name, _)| *name == source).map(|(_, code)| *code);
        for part in [OF_FIRST.as_slice(), &OF_SECOND] {
            let within =
                if county == "EAK" { part.to_vec() } else { of_county(part, &county[3..]) };
            let own = counted(&within, code.as_ref().map(std::slice::from_ref));
            let rest = total.checked_sub(own).unwrap();
            assert!(total == 0 || (rest >= 4 && 10 * rest >= own), "{county} {source}: {rest}");
        }
    }
    // The answer says what was done, who took part and who is missing.
    assert_eq!(made["protection"]["method"], "suppressed");
    assert_eq!(made["protection"]["coordinator"], "masked-sums");
    let members: Vec<&str> = made["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["node"].as_str().unwrap())
        .collect();
    assert_eq!(members, [SECOND, FIRST]);
    let missing = made["missing"].as_array().unwrap();
    assert!(missing.contains(&"1103".into()) && !missing.contains(&"3107".into()));
    assert!(made["partly"].as_array().unwrap().contains(&"EAK".into()));
    let address = made["href"].as_str().unwrap();
    let answer = circle.nodes[MAKER].caller("nav").get(address).ok();
    assert_eq!(answer.header("hjemmel-protection"), "suppressed");
    assert_eq!(answer.header("hjemmel-decision").len(), 36);
    circle.nodes[MAKER].anyone().get(address).problem(401, "not-signed-in");

    // Each side remembers and has it on record, and nothing that went over a wire or stands in a database is a node's part.
    for (number, at) in &circle.installations {
        let record = at.store().record_from(0, 10_000).unwrap();
        let round = made["round"].as_str().unwrap();
        assert!(
            record
                .iter()
                .any(|one| one.row.resource.contains(round) || one.row.body.contains(round)),
            "{number} has nothing on record"
        );
    }
    let heard = circle.wires[FIRST].heard();
    let words = masked(&heard);
    assert_eq!(words.len(), 2 * cells.len());
    let small = words.iter().filter(|word| **word < 1 << 40).count();
    assert!(small < 2, "{small} sums went over the wire without a mask");

    // The same again, or over other nodes, or another table, is refused: the difference would be somebody's.
    circle.ask(MAKER, &[FIRST, SECOND]).problem(409, "wrong-state");
    circle.ask(MAKER, &[FIRST, SECOND, MAKER]).problem(409, "wrong-state");
    // And no node publishes its own part beside it.
    let released = circle.installations[FIRST].run(&["release", "--form", "11", "--year", "2024"]);
    assert!(!released.status.success());
    circle.sound();
}

#[test]
fn a_node_less_is_refused_by_the_nodes_themselves_whoever_asks() {
    let circle = Circle::new(
        "joint-less",
        &[
            part(MAKER, &[]),
            part(FIRST, &OF_FIRST),
            part(SECOND, &OF_SECOND),
            part(THIRD, &OF_THIRD),
        ],
    );
    // Cut off when all totals are known and not yet judged: nothing is published.
    circle.wires[THIRD].cut_at("/v1/node-rounds/verdict");
    let ended = circle.make(MAKER, &[FIRST, SECOND, THIRD]);
    assert_eq!(
        (&ended["why"]["reason"], &ended["why"]["node"]),
        (&"dropped-out".into(), &THIRD.into())
    );
    assert!(ended["data"].is_null(), "{ended}");
    circle.wires[THIRD].mend();
    let made = circle.make(MAKER, &[FIRST, SECOND, THIRD]);
    assert_eq!(made["state"], "published", "{made}");
    circle.ask(MAKER, &[FIRST, SECOND]).problem(409, "wrong-state");
    // A coordinator that has forgotten, or never knew, asks the same with one node left out.
    let other = circle.make(THIRD, &[FIRST, SECOND]);
    assert_eq!((&other["state"], &other["why"]["reason"]), (&"ended".into(), &"vetoed".into()));
    assert!(other["data"].is_null() && other["members"].is_null(), "{other}");
    let words = other["why"]["words"].as_str().unwrap();
    assert!(words.contains("over andre noder"), "{words}");
    // One of two parts and the total: the other part. Nobody coordinates that.
    let own = circle.make(THIRD, &[FIRST, THIRD]);
    assert_eq!(own["why"]["reason"], "refused", "{own}");
    circle.sound();
}

#[test]
fn a_node_that_refuses_or_falls_away_ends_the_round_and_nobody_learns_anything() {
    let only_for_nav = part(SECOND, &OF_SECOND);
    let stance = only_for_nav.stance.replace("[\"*\"]", "[\"889640782\"]");
    let circle = Circle::new(
        "joint-faults",
        &[part(MAKER, &[]), part(FIRST, &OF_FIRST), Part { stance, ..only_for_nav }],
    );
    let vetoed = circle.make(MAKER, &[FIRST, SECOND]);
    assert_eq!(vetoed["state"], "ended");
    assert_eq!(vetoed["why"]["reason"], "vetoed");
    assert_eq!(vetoed["why"]["node"], SECOND);
    // For the recipient it is willing to, and no others; but it is cut off first.
    let for_nav =
        json!({ "table": "S1101", "year": 2024, "nodes": [FIRST, SECOND], "recipient": SECOND });
    let admin = circle.nodes[MAKER].caller("admin");
    let ask = || {
        let asked = admin.post("/v1/joint-tables", &for_nav.to_string());
        assert_eq!(asked.status, 202, "{}", asked.text());
        let address = asked.header("location").to_owned();
        circle.nodes[MAKER]
            .wait_until(SOON, |_| admin.get(&address).ok().json()["state"] != "running");
        admin.get(&address).ok().json()
    };
    for step in ["hello", "masked"] {
        circle.wires[SECOND].cut_at(&format!("/v1/node-rounds/{step}"));
        let ended = ask();
        assert_eq!(ended["why"]["reason"], "dropped-out", "{step}: {ended}");
        assert_eq!(ended["why"]["node"], SECOND, "{step}");
        assert!(ended["data"].is_null(), "{step}");
        circle.wires[SECOND].mend();
    }
    // What is changed on the way is refused by its signature.
    circle.wires[SECOND].corrupt_once("\"cells\":\"");
    let ended = ask();
    assert_eq!(
        (&ended["why"]["reason"], &ended["why"]["node"]),
        (&"broken".into(), &SECOND.into())
    );
    assert!(ended["data"].is_null());
    // Mended, it is made after all, with new masks; and it is for the recipient alone.
    let made = ask();
    assert_eq!(made["state"], "published", "{made}");
    let address = made["href"].as_str().unwrap();
    circle.nodes[MAKER].caller("nav").get(address).ok();
    circle.nodes[MAKER].caller("bld").get(address).problem(404, "not-found");
    let listed = circle.nodes[MAKER].caller("bld").get("/v1/joint-tables").ok().json();
    assert!(!listed.to_string().contains(made["id"].as_str().unwrap()));
    circle.sound();
}
