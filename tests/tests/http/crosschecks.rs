//! Deliveries set against each other: accounts against form 11, form 11B against the register, person by person.

use crate::deliveries::{LINES, deliver, file};
use crate::installation::Installation;
use crate::node::{Caller, Node};
use crate::truth;
use chrono::NaiveDate;
use hjemmel_kostra::{Form, Layout, identity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub const CSV: [(&str, &str); 1] = [("Content-Type", "text/csv")];
const CHECK: &str = "/v1/crosschecks/accounts?year=2025";

fn accounts(kommune: &str, grants: i64, loans: i64) -> String {
    format!(
        "KOMMUNE_NR;AAR;FUNKSJON;ART;BELOP\n{kommune};2025;281;470;{grants}\n{kommune};2025;281;520;{loans}\n{kommune};2025;281;010;77\n"
    )
}

/// What a line says was paid.
fn paid(line: &str) -> i64 {
    let layout = Layout::of(Form::F11, 2025).unwrap();
    let amount = |name: &str| line[layout.field(name).unwrap().range()].trim().parse().unwrap_or(0);
    amount("BIDRAG") + amount("LAAN")
}

#[test]
fn a_municipality_sees_its_own_accounts_against_what_it_delivered_and_the_house_everybodys_protected()
 {
    let installation = Installation::copy("crosscheck-accounts");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let own = || fredrikstad.get(CHECK).ok();
    let nothing = own().json()["comparison"].clone();
    assert_eq!((&nothing["standing"], &nothing["form"]), (&"missing".into(), &Value::Null));
    let sum: i64 = LINES[..200].iter().map(|line| paid(line)).sum();
    let address = "/v1/deliveries?form=0A&year=2025";
    let sent = fredrikstad.file(address, &CSV, accounts("3107", sum, 5_000).as_bytes()).unwrap();
    assert_eq!(sent.status, 201, "{}", sent.text());
    assert_eq!(deliver(&fredrikstad, "", &file(200)).status, 201);
    let answer = own();
    assert_eq!(answer.header("hjemmel-protection"), "exact");
    let told = answer.json()["comparison"].clone();
    assert_eq!((&told["form"], &told["accounts"]), (&sum.into(), &(sum + 5_000).into()), "{told}");
    assert_eq!((&told["difference"], &told["otherAccounts"]), (&5_000.into(), &77.into()));
    let others = accounts("3105", 1, 1);
    let refused = fredrikstad.file(address, &CSV, others.as_bytes()).unwrap();
    assert_eq!(
        refused.problem(422, "delivery-refused")["delivery"]["findings"][0]["control"],
        "003K"
    );

    for name in ["nav", "ks", "researcher"] {
        node.caller(name).get(CHECK).problem(403, "not-permitted");
    }
    node.anyone().get(CHECK).problem(401, "not-signed-in");
    node.caller("admin").get("/v1/crosschecks/accounts?year=2016").problem(409, "wrong-state");
    let answer = node.caller("auditor").get(CHECK).ok();
    assert_eq!(answer.header("hjemmel-protection"), "suppressed");
    assert!(answer.header("cache-control").contains("no-store"));
    let decision = answer.header("hjemmel-decision").to_owned();
    assert_protected(&answer.json());
    let events = node.caller("auditor").get("/v1/audit/events").ok().text();
    assert!(events.contains("crosscheck:read") && events.contains(&decision), "{events}");
}

/// What the house sees is what the records say, or withheld; and enough is withheld.
fn assert_protected(told: &Value) {
    let truth = truth::of(Form::F11, 2025);
    let text = std::fs::read(&truth.file).unwrap();
    let text: String = text.iter().map(|byte| char::from(*byte)).collect();
    let mut sums = BTreeMap::<&str, (i64, usize)>::new();
    for line in text.lines() {
        let sum = sums.entry(&line[..4]).or_default();
        *sum = (sum.0 + paid(line), sum.1 + 1);
    }
    let rows = told["kommuner"].as_array().unwrap();
    assert_eq!(rows.len(), sums.len());
    let mut withheld = 0;
    for row in rows {
        let (sum, records) = sums[row["kommune"].as_str().unwrap()];
        match row["form"].as_i64() {
            Some(shown) => assert!(shown == sum && records > 3, "{row} is {sum} of {records}"),
            None => withheld += 1,
        }
        assert_eq!(row["form"].is_null(), row["symbol"] == ":", "{row}");
        assert!(row["form"].is_i64() || row["difference"].is_null(), "{row}");
    }
    assert_ne!(withheld, 1, "one alone would follow from the total");
    let fredrikstad = rows.iter().find(|row| row["kommune"] == "3107").unwrap();
    assert!(fredrikstad["difference"].is_i64(), "it delivered its accounts: {fredrikstad}");
    assert_eq!(rows[0]["kommune"], "3107", "nobody else has a difference");
}

/// A line of form 11B of a person of Fredrikstad.
pub fn participant(number: &str, start: &str, kroner: u32) -> String {
    let layout = Layout::of(Form::F11B, 2017).unwrap();
    let mut line = " ".repeat(layout.record_length);
    let kroner = format!("{kroner:07}");
    for (name, value) in [
        ("felt_1", "0106"),
        ("felt_2", "17"),
        ("felt_5", "QJ7"),
        ("felt_6", number),
        ("felt_8", "2"),
        ("felt_9", "1"),
        ("felt_10", start),
        ("felt_11", "2"),
        ("felt_12_2", "02"),
        ("felt_13", "06"),
        ("felt_15_11", "11"),
        ("felt_15_12", "12"),
        ("felt_16_1", &kroner),
    ] {
        let field = layout.field(name).unwrap();
        line.replace_range(field.start..field.start + value.len(), value);
    }
    line
}

pub fn registered(number: &str, start: &str, kroner: u32) -> String {
    format!("0106;2017;{number};{start};;{kroner}")
}

/// Persons nobody else is.
pub fn numbers() -> Vec<String> {
    let birth = NaiveDate::from_ymd_opt(1987, 3, 9).unwrap();
    (0..500).filter_map(|of| identity::synthetic(birth, of)).take(40).collect()
}

/// Makes and publishes the tables of form 11B by two persons.
fn publish(node: &Node) {
    let (admin, second) = (node.caller("admin"), node.caller("admin2"));
    let made = admin.post("/v1/releases", r#"{"dataset":"skjema-11B","year":2017}"#);
    assert_eq!(made.status, 202, "{}", made.text());
    let address = made.header("location").to_owned();
    node.wait_until(Duration::from_mins(1), |_| {
        let told = admin.get(&address).ok().json();
        assert_ne!(told["state"], "failed", "{told}");
        told["state"] == "done"
    });
    second.post(&format!("{address}/publish"), "{}").ok();
}

#[test]
fn form_11b_is_compared_with_the_register_inside_and_only_protected_counts_come_out() {
    let installation = Installation::copy("crosscheck-register");
    let node = installation.serve();
    let (fredrikstad, imdi) = (node.caller("fredrikstad"), node.caller("imdi"));
    let numbers = numbers();
    // 20 alike, 8 with other dates, 5 with another benefit, 4 delivered alone, 2 in the register alone.
    let delivered = numbers[..37].iter().map(|number| participant(number, "010216", 15_000) + "\n");
    let extract = numbers[..33].iter().chain(&numbers[38..]).enumerate().map(|(at, number)| {
        let start = if (20..28).contains(&at) { "2016-03-01" } else { "2016-02-01" };
        registered(number, start, if (28..33).contains(&at) { 14_000 } else { 15_000 })
    });
    let head = "KOMMUNE_NR;AAR;PERSON_FODSELSNR;STARTDATO;SLUTTDATO;STONAD".to_owned();
    let extract = [head].into_iter().chain(extract).collect::<Vec<_>>().join("\n");

    let address = "/v1/deliveries?form=11B&year=2017";
    let sent = fredrikstad.file(address, &[], delivered.collect::<String>().as_bytes()).unwrap();
    assert_eq!(sent.status, 201, "{}", sent.text());
    let edition = r#"{"dataset":"skjema-11B","year":2017,"kind":"final"}"#;
    let alone = node.caller("admin").post("/v1/editions", edition);
    assert_eq!(alone.status, 201, "{}", alone.text());
    let release = r#"{"dataset":"skjema-11B","year":2017}"#;
    let beside_nothing = node.caller("admin").post("/v1/releases", release);
    beside_nothing.problem(409, "wrong-state");

    let address = "/v1/deliveries?form=NIR&year=2017";
    for name in ["fredrikstad", "nav", "admin"] {
        let refused = node.caller(name).file(address, &CSV, extract.as_bytes()).unwrap();
        refused.problem(403, "not-permitted");
    }
    let by_itself = imdi.file("/v1/deliveries?form=13&year=2025", &CSV, b"a\n1\n").unwrap();
    by_itself.problem(403, "not-permitted");
    let spoiled = extract.replacen(&numbers[0], "12345678901", 1);
    let refused = imdi.file(address, &CSV, spoiled.as_bytes()).unwrap();
    let told = refused.problem(422, "delivery-refused").to_string();
    assert!(told.contains("\"005\"") && !told.contains("12345678901"), "{told}");
    let sent = imdi.file(address, &CSV, extract.as_bytes()).unwrap();
    assert_eq!(sent.status, 201, "{}", sent.text());
    assert_eq!((&sent.json()["kommune"], &sent.json()["records"]), (&"0000".into(), &35.into()));

    let correction =
        r#"{"dataset":"skjema-11B","year":2017,"kind":"final","reason":"the register has come"}"#;
    let made = node.caller("admin").post("/v1/editions", correction);
    assert_eq!(made.status, 201, "{}", made.text());
    let again = node.caller("admin").post("/v1/editions", correction);
    assert_eq!(again.status, 200, "it is made of the very same deliveries");
    publish(&node);
    assert_table(&node.anyone());
    assert_nothing_else(&node, &numbers);
    let files = files(&installation.path(""));
    assert!(files.iter().any(|(name, _)| name.contains("form=NIR")));
    for number in &numbers {
        for (name, bytes) in &files {
            let found = bytes.windows(11).any(|eleven| eleven == number.as_bytes());
            assert!(!found, "a number in {name}");
        }
        assert!(!node.log().contains(number));
    }
}

/// Fredrikstad's cells of the table.
fn assert_table(anyone: &Caller<'_>) {
    let address = "/pxwebapi/v2/tables/S11B1/data?valueCodes[Region]=0106&valueCodes[Samsvar]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2017";
    let answer = anyone.get(address).ok();
    assert_eq!(answer.header("hjemmel-protection"), "suppressed");
    let table = answer.json();
    let codes = table["dimension"]["Samsvar"]["category"]["index"].as_object().unwrap();
    let cell = |code: &str| {
        table["value"][usize::try_from(codes[code].as_u64().unwrap()).unwrap()].clone()
    };
    // Two persons are in the register alone: withheld, with something beside it that would give it away.
    assert_eq!(cell("6"), Value::Null, "{table}");
    let true_counts =
        [("0", 39), ("begge", 33), ("1", 20), ("2", 8), ("3", 5), ("4", 0), ("5", 4), ("7", 0)];
    let shown = true_counts.into_iter().filter(|(code, count)| {
        let cell = cell(code);
        assert!(cell.is_null() || cell == json!(count), "{code} is {cell}");
        !cell.is_null()
    });
    let shown: Vec<&str> = shown.map(|(code, _)| code).collect();
    let total_of_parts = ["0", "begge", "5"].iter().all(|code| shown.contains(code));
    assert!(!total_of_parts, "the withheld count would follow: {shown:?}");
    assert!(shown.len() >= 4, "{shown:?}");
}

/// No records, no exact cells, no answers to questions, for anybody.
fn assert_nothing_else(node: &Node, numbers: &[String]) {
    let callers = ["nav", "imdi", "fredrikstad", "admin", "legal", "auditor", "researcher", "ks"];
    for name in callers {
        for dataset in ["skjema-11B", "nir"] {
            let address = format!("/v1/datasets/{dataset}/microdata?year=2017");
            let answer = node.caller(name).get(&address);
            assert!(matches!(answer.status, 400 | 403 | 404), "{name}: {}", answer.text());
        }
    }
    let question = r#"{"dataset":"skjema-11B","year":2017,"measure":{"count":"persons"},"groupBy":["SAMSVAR"],"rho":0.01}"#;
    let asked = node.caller("researcher").post("/v1/queries", question);
    assert!(matches!(asked.status, 400 | 403 | 404), "{}", asked.text());
    for name in ["auditor", "imdi", "fredrikstad"] {
        for address in
            ["/v1/deliveries", "/v1/audit/events", "/v1/datasets/nir", "/v1/datasets/skjema-11B"]
        {
            let text = node.caller(name).get(address).text();
            assert!(!numbers.iter().any(|number| text.contains(number)), "{name} {address}");
        }
    }
}

/// Every file below a folder, by name.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let read = |path: std::path::PathBuf| {
        (path.display().to_string(), std::fs::read(&path).unwrap_or_default())
    };
    hjemmel_tests::files(folder).unwrap().into_iter().map(read).collect()
}
