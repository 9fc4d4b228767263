//! A municipality delivers for itself: a report at once, and a delivery that counts whole or not at all.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::node::{Caller, Node};
use crate::tokens::Issuer;
use crate::truth::Truth;
use hjemmel_kostra::{Form, Layout};
use serde_json::{Value, json};
use std::sync::LazyLock;

pub const FORM: Form = Form::F11;
pub const YEAR: u16 = 2025;
pub const ADDRESS: &str = "/v1/deliveries?form=11F&year=2025";

/// Recipients that no installation has yet, all of them Fredrikstad's.
pub static LINES: LazyLock<Vec<String>> =
    LazyLock::new(|| Truth::generate(FORM, YEAR, Some(3_000), 11).of_one("3107"));

/// The file of some of them.
pub fn file(records: usize) -> Vec<u8> {
    (LINES[..records].join("\n") + "\n").into_bytes()
}

/// The same with a field of one line changed.
fn spoiled(records: usize, line: usize, field: &str, value: &str) -> Vec<u8> {
    let field = Layout::of(FORM, YEAR).unwrap().field(field).unwrap();
    let mut lines = LINES[..records].to_vec();
    let value = format!("{value:width$}", width = field.length);
    lines[line - 1].replace_range(field.start..field.start + field.length, &value);
    (lines.join("\n") + "\n").into_bytes()
}

#[track_caller]
pub fn deliver(caller: &Caller<'_>, rest: &str, file: &[u8]) -> Answer {
    caller.file(&format!("{ADDRESS}{rest}"), &[], file).unwrap()
}

#[track_caller]
fn id(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The ids of what a caller sees, newest first.
fn listed(caller: &Caller<'_>) -> Vec<String> {
    let all = caller.get("/v1/deliveries").ok().json()["deliveries"].clone();
    all.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// What counts for Fredrikstad.
pub fn counting(installation: &Installation) -> Option<String> {
    let counting = installation.store().counting_deliveries(FORM, YEAR).unwrap();
    counting.get("3107").map(|delivery| delivery.id.to_string())
}

#[test]
fn a_clean_file_is_accepted_summed_up_and_no_news_the_second_time() {
    let installation = Installation::copy("deliver");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let first = deliver(&fredrikstad, "", &file(200));
    let first_id = id(&first, 201);
    let told = first.json();
    assert_eq!(told["status"], "accepted", "{told}");
    assert_eq!((&told["kommune"], &told["name"]), (&"3107".into(), &"Fredrikstad".into()));
    assert_eq!((&told["records"], &told["findings"]), (&200.into(), &Value::Array(vec![])));
    assert!(told["summary"]["sums"][0]["kroner"].as_i64().unwrap() > 100_000, "{told}");
    assert_eq!(first.header("location"), format!("/v1/deliveries/{first_id}"));
    assert_eq!(id(&deliver(&fredrikstad, "", &file(200)), 200), first_id);
    let later = id(&deliver(&fredrikstad, "", &file(150)), 201);
    assert_eq!(counting(&installation).as_ref(), Some(&later));
    // Going back to an earlier file is news.
    let back = id(&deliver(&fredrikstad, "", &file(200)), 201);
    assert_eq!(listed(&fredrikstad), [back.clone(), later, first_id]);
    assert_eq!(counting(&installation), Some(back.clone()));

    let own = fredrikstad.get(&format!("/v1/deliveries/{back}")).ok().json();
    assert_eq!((&own["records"], &own["summary"]), (&200.into(), &Value::Null));
    // Who looks after the installation sees that it came, not how many are in it.
    let seen = node.caller("admin").get(&format!("/v1/deliveries/{back}")).ok().json();
    assert_eq!((&seen["status"], &seen["kommune"]), (&"accepted".into(), &"3107".into()));
    assert!(seen["records"].is_null() && seen["bytes"].is_null(), "{seen}");
    assert_eq!(listed(&node.caller("auditor")).len(), 3);
    let events = node.caller("auditor").get("/v1/audit/events").ok().text();
    assert!(events.contains("delivery:receive") && events.contains(&back), "{events}");
    // Nobody reads records out of it before an edition is made.
    assert_eq!(installation.store().edition(FORM, YEAR).unwrap().unwrap().version, 1);
}

#[test]
fn a_refused_file_is_told_of_in_three_formats_with_values_for_its_sender_alone() {
    let installation = Installation::copy("deliver-refused");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let sound = id(&deliver(&fredrikstad, "", &file(20)), 201);
    let bad = spoiled(20, 7, "SAKSBEHANDLER", "<b>=1");
    let field = Layout::of(FORM, YEAR).unwrap().field("BOSIT").unwrap();
    let mut text = String::from_utf8(bad).unwrap();
    let at = 6 * (text.find('\n').unwrap() + 1) + field.start;
    text.replace_range(at..at + field.length, "9");
    let refused = deliver(&fredrikstad, "", text.as_bytes()).problem(422, "delivery-refused");
    let told = &refused["delivery"];
    let journal = Layout::of(FORM, YEAR).unwrap().field("PERSON_JOURNALNR").unwrap();
    let finding = &told["findings"][0];
    assert_eq!(told["findings"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!((&finding["severity"], &finding["line"]), (&"ERROR".into(), &7.into()));
    assert_eq!(finding["control"], "035");
    assert_eq!(finding["journal"], LINES[6][journal.range()].trim());
    let at = &finding["fields"][0];
    assert_eq!(
        (&at["name"], &at["value"], &at["position"]),
        (&"BOSIT".into(), &"9".into(), &(field.start + 1).into())
    );
    assert!(
        at["title"].as_str().unwrap().len() > 5 && finding["text"].as_str().unwrap().len() > 20
    );
    // It is known, without what stands in the fields; and what counted still counts.
    let id = told["id"].as_str().unwrap();
    let kept = fredrikstad.get(&format!("/v1/deliveries/{id}")).ok().json();
    assert_eq!(kept["findings"][0]["control"], "035");
    assert!(kept["findings"][0]["journal"].is_null(), "{kept}");
    assert!(kept["findings"][0]["fields"][0]["value"].is_null(), "{kept}");
    assert_eq!(counting(&installation), Some(sound));

    let ask =
        |headers: &[(&str, &str)]| fredrikstad.file(ADDRESS, headers, text.as_bytes()).unwrap();
    let csv = ask(&[("Accept", "text/csv")]);
    assert_eq!((csv.status, csv.header("hjemmel-delivery")), (422, id));
    assert!(csv.header("content-type").starts_with("text/csv"));
    let rows = csv.text();
    assert!(
        rows.starts_with("severity,control,line,journal,field,title,position,value,text"),
        "{rows}"
    );
    assert!(rows.contains("\nERROR,035,7,"), "{rows}");
    let html = ask(&[("Accept", "text/html"), ("Accept-Language", "en")]);
    assert_eq!(html.status, 422);
    assert!(html.header("content-security-policy").contains("default-src 'none'"));
    let page = html.text();
    assert!(page.contains("lang=\"en\"") && page.contains("<code>9</code>"), "{page}");
    assert!(page.contains("is refused") && !page.contains("<b>"), "{page}");
    ask(&[("Accept", "image/png")]).problem(406, "not-acceptable");
}

#[test]
fn warnings_wait_until_they_are_confirmed() {
    let installation = Installation::copy("deliver-warnings");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let low = spoiled(20, 3, "BIDRAG", "150");
    let waiting = deliver(&fredrikstad, "", &low);
    let first = id(&waiting, 202);
    assert_eq!(waiting.json()["status"], "waiting");
    let severities = waiting.json()["findings"].clone();
    assert!(severities.as_array().unwrap().iter().all(|one| one["severity"] == "WARNING"));
    assert_eq!(counting(&installation), None);
    let confirm = format!("/v1/deliveries/{first}/confirm");
    node.caller("nav").post(&confirm, "").problem(403, "not-permitted");
    node.caller("admin").post(&confirm, "").problem(403, "not-permitted");
    for _ in 0..2 {
        assert_eq!(fredrikstad.post(&confirm, "").ok().json()["status"], "accepted");
    }
    assert_eq!(counting(&installation), Some(first));
    let other = spoiled(20, 4, "BIDRAG", "150");
    let at_once = id(&deliver(&fredrikstad, "&confirm=true", &other), 201);
    assert_eq!(counting(&installation), Some(at_once));
    // What waits when a later file has been accepted waits in vain.
    let late = id(&deliver(&fredrikstad, "", &low), 202);
    deliver(&fredrikstad, "", &file(20));
    let confirm = format!("/v1/deliveries/{late}/confirm");
    fredrikstad.post(&confirm, "").problem(409, "wrong-state");
}

#[test]
fn a_municipality_or_its_supplier_delivers_for_itself_alone() {
    let installation = Installation::copy("deliver-who");
    let node = installation.serve();
    let sound = file(10);
    node.anyone().file(ADDRESS, &[], &sound).unwrap().problem(401, "not-signed-in");
    for name in ["nav", "ks", "admin", "legal", "researcher"] {
        let refused = node.caller(name).file(ADDRESS, &[], &sound).unwrap();
        refused.problem(403, "not-permitted");
    }
    for name in ["nav", "ks", "researcher"] {
        node.caller(name).get("/v1/deliveries").problem(403, "not-permitted");
    }
    let fredrikstad = node.caller("fredrikstad");
    deliver(&fredrikstad, "&kommune=0301", &sound).problem(403, "not-permitted");
    let early = fredrikstad.file("/v1/deliveries?form=11F&year=2023", &[], &sound).unwrap();
    early.problem(403, "not-permitted");
    let others = spoiled(10, 2, "KOMMUNE_NR", "3105");
    let refused = deliver(&fredrikstad, "", &others).problem(422, "delivery-refused");
    assert_eq!(refused["delivery"]["findings"][0]["control"], "003K");
    for wrong in [
        "form=11F",
        "form=99&year=2025",
        "form=11F&year=1999",
        "form=13&year=2025",
        "form=11F&year=2025&confirm=maybe",
    ] {
        let refused = fredrikstad.file(&format!("/v1/deliveries?{wrong}"), &[], &sound).unwrap();
        refused.problem(400, "parameter-error");
    }
    let coded = fredrikstad.file(ADDRESS, &[("Content-Encoding", "br")], &sound).unwrap();
    coded.problem(400, "parameter-error");
    assert_eq!(counting(&installation), None);

    let issuer = Issuer::of(&installation);
    let body = |number: &str| json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
    let token = |supplier: Option<&str>, scope: &str| {
        let mut claims = json!({ "consumer": body("940039541"), "scope": scope });
        if let Some(supplier) = supplier {
            claims["supplier"] = body(supplier);
            claims["delegation_source"] = "https://altinn.no/".into();
        }
        issuer.mint(&json!({}), &claims)
    };
    let scopeless = token(None, "ssb:kostra.tables");
    deliver(&node.with_token(&scopeless), "", &sound).problem(403, "not-permitted");
    let supplier = token(Some("971032146"), "ssb:kostra.deliveries");
    let sent = deliver(&node.with_token(&supplier), "", &sound);
    assert_eq!(sent.json()["supplier"], "971032146", "{}", sent.text());
    assert_eq!(counting(&installation), Some(id(&sent, 201)));
}

#[test]
fn two_deliveries_at_once_are_one_after_the_other() {
    let installation = Installation::copy("deliver-at-once");
    let node: &Node = &installation.serve();
    let (one, other) = (file(1_000), file(999));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let all = [&one, &other, &one, &other].map(|file| {
            scope.spawn(move || deliver(&node.caller("fredrikstad"), "", file.as_slice()))
        });
        all.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 201)));
    let filter = hjemmel_store::MunicipalFilter::default();
    let stored = installation.store().municipal_deliveries(&filter, 9).unwrap();
    assert_eq!(stored.len(), answers.iter().filter(|answer| answer.status == 201).count());
    let last = stored.iter().max_by_key(|delivery| delivery.number).unwrap();
    assert_eq!(counting(&installation), Some(last.id.to_string()));
}
