//! Forms of one record a municipality, reports in nynorsk, and files of another year.

use crate::deliveries::{LINES, YEAR};
use crate::installation::Installation;
use crate::node::Caller;
use hjemmel_kostra::{Form, Layout, generate};
use serde_json::{Value, json};

const HOUSING: &str = "/v1/deliveries?form=13&year=2025";

fn housing(changes: &[(&str, Value)]) -> Value {
    let mut record = json!({
        "KOMMUNE_NR": "3107", "AAR": 2025, "EIDE": 900, "INNLEIDE": 80, "PRIVATE": 20,
        "DISPONERTE": 1000, "TILGJENGELIGE": 480, "SOKNADER": 310, "VENTELISTE": 45,
        "MIDLERTIDIGE": 60, "NATTHJEM": 0,
    });
    for (name, value) in changes {
        record[*name] = value.clone();
    }
    record
}

#[track_caller]
fn send(caller: &Caller<'_>, rest: &str, body: &Value) -> crate::answer::Answer {
    caller.file(&format!("{HOUSING}{rest}"), &[], body.to_string().as_bytes()).unwrap()
}

#[test]
fn a_municipality_delivers_its_housing_and_is_covered() {
    let installation = Installation::copy("deliver-housing");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let coverage = || {
        let coverage = node.anyone().get("/v1/datasets/skjema-13/coverage?year=2025").ok().json();
        let has = |list: &str| coverage[list].to_string().contains("\"3107\"");
        (has("delivered"), has("missing"))
    };
    assert_eq!(coverage(), (false, true));
    let wrong = housing(&[("DISPONERTE", 1001.into())]);
    let refused = send(&fredrikstad, "&lang=nn", &wrong).problem(422, "delivery-refused");
    let finding = &refused["delivery"]["findings"][0];
    assert_eq!((&finding["control"], &finding["line"]), (&"13-1".into(), &1.into()));
    assert!(finding["text"].as_str().unwrap().starts_with("Boliger i alt er ikkje"), "{finding}");
    assert!(finding["fields"][1]["title"].as_str().unwrap().contains("eier"), "{finding}");
    let reminders = node.caller("admin").get("/v1/datasets/skjema-13/reminders?year=2025");
    let reminders = reminders.ok().json()["reminders"].as_array().unwrap().clone();
    let own = reminders.iter().find(|one| one["kommune"] == "3107").unwrap();
    assert_eq!((&own["state"], &own["organisation"]), (&"refused".into(), &"940039541".into()));
    let sent = send(&fredrikstad, "", &housing(&[]));
    assert_eq!(sent.status, 201, "{}", sent.text());
    assert_eq!(sent.json()["records"], 1);
    assert_eq!(send(&fredrikstad, "", &housing(&[])).status, 200, "it counts already");
    assert_eq!(coverage(), (true, false));
    let csv = "KOMMUNE_NR;AAR;EIDE;INNLEIDE;PRIVATE;DISPONERTE;TILGJENGELIGE;SOKNADER;VENTELISTE;MIDLERTIDIGE;NATTHJEM\n\
        3107;2025;0;0;0;0;0;0;0;0;0\n";
    let typed = [("Content-Type", "text/csv")];
    let zero = fredrikstad.file(HOUSING, &typed, csv.as_bytes()).unwrap();
    assert_eq!((zero.status, &zero.json()["findings"][0]["control"]), (202, &"13-3".into()));
    let dataset = node.anyone().get("/v1/datasets/skjema-13").ok().json();
    assert_eq!(dataset["asks"]["assumed"], true);
    assert!(dataset["asks"]["fields"].to_string().contains("NATTHJEM"));
    let fields = dataset["asks"]["fields"].as_array().unwrap();
    assert!(fields.iter().all(|field| field["title"].is_string()), "{fields:?}");
    let other = send(&fredrikstad, "&lang=en", &housing(&[("AAR", 2024.into())]));
    let other = other.problem(422, "delivery-refused");
    assert_eq!(other["delivery"]["findings"][0]["fields"][0]["title"], "Reporting year");
    let refused = node.caller("nav").file(HOUSING, &[], b"{}").unwrap();
    refused.problem(403, "not-permitted");
}

#[test]
fn whoever_sends_a_sheet_hears_what_stands_there_and_on_which_line() {
    let installation = Installation::copy("deliver-sheets-told");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let send = |headers: &[(&str, &str)], body: &str| {
        fredrikstad
            .file("/v1/deliveries?form=7&year=2025&lang=en", headers, body.as_bytes())
            .unwrap()
    };
    let csv = |years: &str, cases: &str| {
        format!(
            "KOMMUNE_NR;AAR;ANSVARLIG;EPOST;TELEFON;ARSVERK_OKRAD;SAKER_OKRAD\r\n3107;2025;Kari;k@example.no;1;{years};{cases}\r\n"
        )
    };
    // The type need not be said, and decimals are written as people write them.
    let taken = send(&[], &csv("2,5", "100"));
    assert_eq!(taken.status, 201, "{}", taken.text());
    let refused = send(&[], &csv("2,5", "hundre")).problem(422, "delivery-refused");
    let finding = refused["delivery"]["findings"][0].clone();
    let field = &finding["fields"][0];
    assert_eq!((&finding["line"], &field["value"]), (&2.into(), &"hundre".into()), "{finding}");
    assert_eq!((&field["name"], &field["position"]), (&"SAKER_OKRAD".into(), &Value::Null));
    let id = refused["delivery"]["id"].as_str().unwrap().to_owned();
    for name in ["fredrikstad", "admin"] {
        let told = node.caller(name).get(&format!("/v1/deliveries/{id}")).ok().text();
        assert!(told.contains("SAKER_OKRAD") && !told.contains("hundre"), "{name}: {told}");
    }
    let page = send(&[("Accept", "text/html")], &csv("2,5", "hundre")).text();
    assert!(page.contains("own inhabitants (SAKER_OKRAD): <code>hundre</code>"), "{page}");
    assert!(page.contains("<p>1 record. "), "{page}");
    let rows = send(&[("Accept", "text/csv")], &csv("2,5", "hundre")).text();
    assert!(rows.contains("own inhabitants\",,hundre,"), "{rows}");
    let commas = csv("2,5", "100").replace(';', ",");
    let told = send(&[("Content-Type", "text/csv")], &commas).problem(400, "parameter-error");
    assert!(told["detail"].as_str().unwrap().contains("semicolons"), "{told}");
    let told = send(&[], "{\"KOMMUNE_NR\": }").problem(400, "parameter-error");
    assert!(told["detail"].as_str().unwrap().contains("line 1, character 16"), "{told}");
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    let told = send(&kind, "--x").problem(400, "parameter-error");
    assert!(told["detail"].as_str().unwrap().contains("--data-binary"), "{told}");
}

#[test]
fn a_packed_file_that_is_not_said_to_be_is_told_of_once() {
    let installation = Installation::copy("deliver-unsaid");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    for (body, word) in
        [(&b"\x1f\x8b\x08\x00\n\xff\n"[..], "gzip"), (b"PK\x03\x04\n\n", "regneark")]
    {
        let sent = fredrikstad.file(crate::deliveries::ADDRESS, &[], body).unwrap();
        let told = sent.problem(422, "delivery-refused")["delivery"]["findings"].clone();
        let [finding] = told.as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(finding["control"], "001");
        assert!(finding["text"].as_str().unwrap().contains(word), "{finding}");
    }
}

#[test]
fn a_report_is_read_in_nynorsk_by_whoever_asks_for_it() {
    let installation = Installation::copy("deliver-nynorsk");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let layout = Layout::of(Form::F11, YEAR).unwrap();
    let mut line = LINES[0].clone();
    line.replace_range(layout.field("KOMMUNE_NR").unwrap().range(), "3105");
    let ask = |headers: &[(&str, &str)]| {
        fredrikstad.file(crate::deliveries::ADDRESS, headers, line.as_bytes()).unwrap()
    };
    let page = ask(&[("Accept-Language", "nn-NO"), ("Accept", "text/html")]);
    assert_eq!(page.header("content-language"), "nn");
    assert!(page.text().contains("Kommunenummeret er ikkje avsendaren sitt"), "{}", page.text());
    assert!(page.text().contains("<html lang=\"nn\">"));
    assert!(page.text().contains("Leveringa er avvist"), "{}", page.text());
    let bokmaal = ask(&[("Accept-Language", "nb, nn;q=0.5"), ("Accept", "text/csv")]);
    assert!(bokmaal.text().contains("er ikke avsenderens"), "{}", bokmaal.text());
}

#[test]
fn a_file_of_another_year_is_told_of_once() {
    let installation = Installation::copy("deliver-year");
    let node = installation.serve();
    let mut file = Vec::new();
    let options = generate::Options { persons: Some(400), ..generate::Options::default() };
    generate::write(Form::F11, 2022, &options, &mut file, |_| {}).unwrap();
    let sent = node.caller("fredrikstad").file(crate::deliveries::ADDRESS, &[], &file).unwrap();
    let told = sent.problem(422, "delivery-refused")["delivery"].clone();
    let findings = told["findings"].as_array().unwrap();
    assert_eq!((findings.len(), &findings[0]["control"]), (1, &"004Y".into()), "{told}");
    assert!(findings[0]["alike"].as_u64().unwrap() > 300, "{told}");
    assert!(findings[0]["text"].as_str().unwrap().contains("2022"), "{told}");
}
