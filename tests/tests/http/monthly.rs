//! Indicators by month: delivered, revised with their history kept, and released beside the year.

use crate::answer::Answer;
use crate::installation::{Installation, succeed};
use crate::node::{Caller, Node};
use crate::truth::Truth;
use hjemmel_kostra::{Form, Layout};
use serde_json::{Value, json};
use std::time::Duration;

fn month(month: u8, changes: &[(&str, Value)]) -> String {
    let mut record = json!({
        "KOMMUNE_NR": "3107", "AAR": 2025, "MAANED": month, "MOTTAKERE": 812, "MED_BARN": 230,
        "HOVEDKILDE": 400, "UNDER_30": 301, "KRONER": 9_100_000, "KVP_DELTAKERE": 2,
    });
    for (name, value) in changes {
        record[*name] = value.clone();
    }
    record.to_string()
}

#[track_caller]
fn send(caller: &Caller<'_>, number: u8, body: &str) -> Answer {
    let address = format!("/v1/deliveries/monthly?year=2025&month={number}");
    caller.file(&address, &[], body.as_bytes()).unwrap()
}

/// Makes an edition and publishes its tables by two persons; gives how long they took to protect.
fn publish(node: &Node, reason: Option<&str>) -> Duration {
    publish_year(node, 2025, reason)
}

fn publish_year(node: &Node, year: u16, reason: Option<&str>) -> Duration {
    let (admin, second) = (node.caller("admin"), node.caller("admin2"));
    let edition =
        json!({ "dataset": "skjema-11M", "year": year, "kind": "preliminary", "reason": reason });
    let made = admin.post("/v1/editions", &edition.to_string());
    assert_eq!(made.status, 201, "{}", made.text());
    let release = json!({ "dataset": "skjema-11M", "year": year });
    let made = admin.post("/v1/releases", &release.to_string());
    assert_eq!(made.status, 202, "{}", made.text());
    let address = made.header("location").to_owned();
    let taken = node.wait_until(Duration::from_mins(10), |_| {
        let told = admin.get(&address).ok().json();
        assert_ne!(told["state"], "failed", "{told}");
        told["state"] == "done"
    });
    second.post(&format!("{address}/publish"), "{}").ok();
    taken
}

/// Fredrikstad's cells of a table, in order.
fn cells(node: &Node, table: &str, rest: &str) -> Vec<Value> {
    cells_of(node, ("3107", 2025), table, rest)
}

fn cells_of(node: &Node, (region, year): (&str, u16), table: &str, rest: &str) -> Vec<Value> {
    let address = format!(
        "/pxwebapi/v2/tables/{table}/data?valueCodes[Region]={region}&valueCodes[ContentsCode]=*&valueCodes[Tid]={year}&{rest}"
    );
    let answer = node.anyone().get(&address).ok();
    assert_eq!(answer.header("hjemmel-protection"), "suppressed");
    answer.json()["value"].as_array().unwrap().clone()
}

fn coverage(node: &Node, rest: &str) -> Value {
    let address = format!("/v1/datasets/skjema-11M/coverage?year=2025{rest}");
    node.anyone().get(&address).ok().json()
}

/// January and February have come from Fredrikstad, and nothing else: anybody sees that, and nobody how much.
#[track_caller]
fn assert_covered(node: &Node) {
    let is_in = |all: &Value| {
        let all = all.as_array().unwrap();
        all.iter().any(|one| one["kommune"] == "3107")
    };
    for (rest, has_come) in [
        ("", true),
        ("&month=1", true),
        ("&month=2", true),
        ("&month=3", false),
        ("&month=12", false),
    ] {
        let told = coverage(node, rest);
        assert_eq!((is_in(&told["delivered"]), is_in(&told["missing"])), (has_come, !has_come));
        let [delivered, missing] =
            ["delivered", "missing"].map(|list| told[list].as_array().unwrap().len());
        assert_eq!((delivered, told["kommuner"].as_u64()), (usize::from(has_come), Some(357)));
        assert_eq!(delivered + missing, 357, "{rest}");
        assert_eq!((&told["basis"], &told["form"]), (&json!("deliveries"), &json!("11M")));
        assert!(!["910000", "records", "bytes"].iter().any(|own| told.to_string().contains(own)));
    }
    for wrong in ["&month=0", "&month=13", "&month=x"] {
        let address = format!("/v1/datasets/skjema-11M/coverage?year=2025{wrong}");
        node.anyone().get(&address).problem(400, "parameter-error");
    }
    let admin = node.caller("admin");
    let reminded = |rest: &str| {
        let address = format!("/v1/datasets/skjema-11M/reminders?year=2025{rest}");
        admin.get(&address).ok().json()["reminders"].clone()
    };
    assert!(!is_in(&reminded("&month=1")) && !is_in(&reminded("")));
    for (rest, state) in [("&month=3", "refused"), ("&month=4", "nothing")] {
        let all = reminded(rest);
        let own = all.as_array().unwrap().iter().find(|one| one["kommune"] == "3107").unwrap();
        assert_eq!(own["state"], state, "what came for other months is not of this one");
    }
}

#[test]
fn months_are_delivered_revised_and_published_beside_the_year() {
    let installation = Installation::copy("monthly");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    assert_eq!(send(&fredrikstad, 1, &month(1, &[])).status, 201);
    assert_eq!(send(&fredrikstad, 2, &month(2, &[("MED_BARN", 810.into())])).status, 201);
    assert_eq!(send(&fredrikstad, 1, &month(1, &[])).status, 200, "it counts already");
    let wrong = send(&fredrikstad, 3, &month(2, &[])).problem(422, "delivery-refused");
    assert_eq!(wrong["delivery"]["findings"][0]["control"], "004");
    let wrong = send(&fredrikstad, 3, &month(3, &[("UNDER_30", 813.into())]));
    let wrong = wrong.problem(422, "delivery-refused");
    assert_eq!(wrong["delivery"]["findings"][0]["control"], "11M-3");
    send(&fredrikstad, 13, &month(13, &[])).problem(400, "parameter-error");
    for name in ["nav", "imdi", "admin"] {
        send(&node.caller(name), 1, &month(1, &[])).problem(403, "not-permitted");
    }
    assert_covered(&node);
    let table = "/pxwebapi/v2/tables/S11M1";
    node.anyone().get(table).problem(404, "not-found");
    publish(&node, None);
    let editions = coverage(&node, "")["editions"].clone();
    let lacks = editions[0]["missingRegions"].as_array().unwrap();
    assert!(lacks.len() > 300, "all others are missing: {editions}");

    let recipients = "valueCodes[Indikator]=mottakere&valueCodes[Maaned]=*";
    let shown = cells(&node, "S11M1", recipients);
    assert_eq!((&shown[0], &shown[1], &shown[2]), (&812.into(), &812.into(), &Value::Null));
    let kroner = cells(&node, "S11M2", "valueCodes[Maaned]=01,02,03");
    assert_eq!(kroner, [json!(9_100_000), json!(9_100_000), Value::Null]);
    let february =
        cells(&node, "S11M1", "valueCodes[Indikator]=med_barn,uten_barn,kvp&valueCodes[Maaned]=02");
    assert_eq!(february, vec![Value::Null; 3], "two without children, two in the programme");
    let missing = node.anyone().get("/pxwebapi/v2/tables/S11M1/data?valueCodes[Region]=3105&valueCodes[ContentsCode]=*&valueCodes[Tid]=2025&valueCodes[Indikator]=mottakere&valueCodes[Maaned]=01");
    assert!(missing.ok().text().contains(".."), "it has not delivered");

    // March comes, and January is revised: that says why, and what was sent before is kept.
    assert_eq!(send(&fredrikstad, 3, &month(3, &[])).status, 201);
    publish(&node, None);
    assert_eq!(send(&fredrikstad, 1, &month(1, &[("MOTTAKERE", 840.into())])).status, 201);
    let edition = r#"{"dataset":"skjema-11M","year":2025,"kind":"preliminary"}"#;
    node.caller("admin").post("/v1/editions", edition).problem(400, "parameter-error");
    publish(&node, Some("Fredrikstad counted a form too few"));
    let shown = cells(&node, "S11M1", recipients);
    assert_eq!((&shown[0], &shown[2]), (&840.into(), &812.into()));
    let all =
        fredrikstad.get("/v1/deliveries?form=11M&year=2025").ok().json()["deliveries"].clone();
    let january = all.as_array().unwrap().iter().filter(|one| one["month"] == 1);
    assert_eq!(january.filter(|one| one["status"] == "accepted").count(), 2);
    let editions = node.caller("admin").get("/v1/editions?dataset=skjema-11M").ok().json();
    let reasons: Vec<&Value> =
        editions["editions"].as_array().unwrap().iter().map(|one| &one["reason"]).collect();
    assert_eq!(reasons, [&Value::Null, &Value::Null, &"Fredrikstad counted a form too few".into()]);
    for name in ["nav", "imdi", "ks", "admin"] {
        let rows = node.caller(name).get("/v1/datasets/skjema-11M/microdata?year=2025");
        assert!(matches!(rows.status, 400 | 403 | 404), "{}", rows.text());
    }
}

/// What a municipality of some size sends for a month; Oslo sends it for each bydel.
fn of_size(kommune: &str, number: u8, size: usize) -> String {
    let record = |bydel: Option<usize>| {
        let persons = 2 + (size * 37 + usize::from(number) * 11 + bydel.unwrap_or(0) * 53) % 900;
        let mut record = json!({
            "KOMMUNE_NR": kommune, "AAR": 2025, "MAANED": number, "MOTTAKERE": persons,
            "MED_BARN": persons * 28 / 100, "HOVEDKILDE": persons / 2, "UNDER_30": persons * 35 / 100,
            "KRONER": persons * 11_000, "KVP_DELTAKERE": persons / 20,
        });
        if let Some(bydel) = bydel {
            record["BYDELSNR"] = format!("{bydel:02}").into();
        }
        record
    };
    if kommune == "0301" {
        Value::Array((1..=15).map(|bydel| record(Some(bydel))).collect()).to_string()
    } else {
        record(None).to_string()
    }
}

/// Lets Fredrikstad's organisation send for every municipality of 2025.
fn send_for_all(installation: &Installation) -> &'static [hjemmel_kostra::regions::Kommune] {
    let kommuner = &hjemmel_kostra::Division::of(2025).unwrap().kommuner;
    let file = installation.path("hjemmel.toml");
    let senders = kommuner.iter().filter(|one| one.code != "3107").map(|one| {
        let organisation = "940039541";
        format!(
            "\n[[deliveries.senders]]\norganisation = \"{organisation}\"\nkommune = \"{}\"\n",
            one.code
        )
    });
    let settings = [std::fs::read_to_string(&file).unwrap(), senders.collect()].concat();
    std::fs::write(&file, settings).unwrap();
    kommuner
}

/// Delivers twelve months of some municipalities and publishes them.
fn publish_whole_year(node: &Node, year: u16, kommuner: &[&str]) {
    let caller = node.caller("fredrikstad");
    for number in 1..=12 {
        for kommune in kommuner {
            let changes = [("AAR", year.into()), ("KOMMUNE_NR", (*kommune).into())];
            let body = month(number, &changes);
            let address =
                format!("/v1/deliveries/monthly?year={year}&month={number}&kommune={kommune}");
            let answer = caller.file(&address, &[], body.as_bytes()).unwrap();
            assert_eq!(answer.status, 201, "{kommune}: {}", answer.text());
        }
    }
    publish_year(node, year, None);
}

#[test]
fn the_last_months_wait_for_the_sums_of_the_year() {
    let installation = Installation::copy("monthly-year");
    send_for_all(&installation);
    let node = installation.serve();
    let of_recipients = "valueCodes[Indikator]=mottakere&valueCodes[Maaned]=*";
    let shown = |region: &str, year: u16| {
        [("S11M1", of_recipients), ("S11M2", "valueCodes[Maaned]=*")].map(|(table, rest)| {
            let cells = cells_of(&node, (region, year), table, rest);
            assert_eq!(cells.len(), 12);
            cells.iter().filter(|cell| !cell.is_null()).count()
        })
    };
    // Nothing of the year 2026 is published: its last months wait, of the country too.
    publish_whole_year(&node, 2026, &["3107"]);
    for region in ["3107", "EKA31", "EAK"] {
        assert_eq!(shown(region, 2026), [10; 2], "{region}");
    }
}

/// Large municipalities, of which none has few recipients of any kind.
const LARGE: [&str; 6] = ["3107", "3105", "3103", "3301", "1103", "4601"];

/// The year's records of the large municipalities, as made or such that one recipient has nearly all of what 3105 paid.
fn year_of(name: &str, one_has_all: bool) -> std::path::PathBuf {
    let truth = Truth::generate(Form::F11, 2025, Some(30_000), 41);
    let file = crate::installation::place(name).join("year.dat");
    truth.of_regions(&file, &LARGE);
    if one_has_all {
        let grant = Layout::of(Form::F11, 2025).unwrap().field("BIDRAG").unwrap().range();
        let bytes = std::fs::read(&file).unwrap();
        let mut lines: Vec<Vec<u8>> =
            bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let of_3105 = lines.iter_mut().filter(|line| line.starts_with(b"3105"));
        for (at, line) in of_3105.enumerate() {
            line[grant.clone()].copy_from_slice(if at == 0 { b"9000000" } else { b"0000100" });
        }
        std::fs::write(&file, lines.join(&b'\n')).unwrap();
    }
    file
}

/// The municipalities whose sums of the year anybody sees.
fn told_sums(node: &Node) -> Vec<&'static str> {
    let is_shown = |kommune: &&str| {
        ["S1106", "S1107"].iter().all(|table| {
            let address = format!("/pxwebapi/v2/tables/{table}/data?valueCodes[Region]={kommune}&valueCodes[ContentsCode]=*&valueCodes[Tid]=2025");
            node.anyone().get(&address).ok().json()["value"][0].is_u64()
        })
    };
    LARGE.into_iter().filter(is_shown).collect()
}

#[test]
fn the_last_months_are_told_when_every_sum_of_the_year_is_and_not_while_one_is_withheld() {
    for (name, one_has_all) in [("monthly-told", false), ("monthly-withheld", true)] {
        let installation = Installation::empty(name);
        succeed(&installation.run(&["migrate"]));
        send_for_all(&installation);
        let file = year_of(name, one_has_all);
        let about = ["--form", "11", "--year", "2025"];
        succeed(&installation.run(&[&["import", &*file.to_string_lossy()], &about[..]].concat()));
        succeed(&installation.run(&[&["release"], &about[..]].concat()));
        let node = installation.serve();
        let told = told_sums(&node);
        assert_eq!(told.contains(&"3105"), !one_has_all, "{told:?}");
        assert_eq!(told.len() == LARGE.len(), !one_has_all, "{told:?}");
        publish_whole_year(&node, 2025, &LARGE);
        for region in LARGE {
            let of =
                ("valueCodes[Indikator]=mottakere&valueCodes[Maaned]=*", "valueCodes[Maaned]=*");
            for (table, rest) in [("S11M1", of.0), ("S11M2", of.1)] {
                let cells = cells_of(&node, (region, 2025), table, rest);
                let shown: Vec<bool> = cells.iter().map(|cell| !cell.is_null()).collect();
                let last = [!one_has_all; 2];
                assert_eq!(shown, [&[true; 10], &last[..]].concat(), "{name} {table} {region}");
            }
        }
    }
}

#[test]
#[ignore = "a measurement"]
fn a_year_of_months_of_every_municipality_is_delivered_and_protected() {
    let installation = Installation::copy("monthly-national");
    let kommuner = send_for_all(&installation);
    let node = installation.serve();
    let caller = node.caller("fredrikstad");
    let started = std::time::Instant::now();
    let mut sent = 0;
    for number in 1..=12 {
        for (size, kommune) in kommuner.iter().enumerate() {
            let (code, body) = (&kommune.code, of_size(&kommune.code, number, size));
            let address = format!("/v1/deliveries/monthly?year=2025&month={number}&kommune={code}");
            let answer = caller.file(&address, &[], body.as_bytes()).unwrap();
            assert_eq!(answer.status, 201, "{code}: {}", answer.text());
            sent += 1;
        }
    }
    let delivered = started.elapsed();
    assert_eq!(coverage(&node, "&month=12")["missing"], json!([]));
    let protected = publish(&node, None);
    let shown = cells(&node, "S11M1", "valueCodes[Indikator]=mottakere&valueCodes[Maaned]=*");
    assert_eq!(shown.len(), 12);
    eprintln!("{sent} deliveries in {delivered:.1?}, their tables protected in {protected:.1?}");
}
