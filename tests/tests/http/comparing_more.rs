//! What two registers of two bodies say of persons, compared where a legal basis at both names it, and nowhere else.

use crate::comparing::{HERE, Pair, SOON, THERE, pair};
use crate::crosschecks::{numbers, participant, registered};
use crate::installation::{Installation, succeed};
use crate::node::Node;
use serde_json::{Value, json};

const GRANTS: &str = "../policy/demo-node-grants.toml";
const HEAD: &str = "[[grant]]\n";
/// The grants of the demonstration: each holder's, to the other.
const OF_FORM: &str = "imdi-11b-comparison";
const OF_REGISTER: &str = "ssb-nir-comparison";

/// Puts one grant into force at a running node, changed, and no other.
fn load((node, at): (&Node, &Installation), id: &str, change: impl Fn(&str) -> String) {
    let legal = node.caller("legal");
    let version = || legal.get("/v1/access-matrix").ok().json()["policyVersion"].clone();
    let before = version();
    let text = std::fs::read_to_string(GRANTS).unwrap();
    let named = format!("id = {id:?}");
    let grant = text.split(HEAD).find(|grant| grant.contains(&named)).unwrap();
    let file = at.path("grants.toml");
    std::fs::write(&file, format!("{HEAD}{}", change(grant))).unwrap();
    succeed(&at.run(&["policy", "load", &file.to_string_lossy(), "--yes"]));
    node.wait_until(SOON, |_| version() != before);
}

/// Both nodes let dates and benefits be compared.
fn load_both(pair: &Pair) {
    load((&pair.here, &pair.of_asker), OF_FORM, str::to_owned);
    load((&pair.there, &pair.of_other), OF_REGISTER, str::to_owned);
}

fn asked(differences: &[&str]) -> String {
    json!({ "dataset": "skjema-11B", "node": THERE, "with": "nir", "year": 2017,
        "differences": differences })
    .to_string()
}

/// Takes in what each has: 20 alike, 8 with other dates, 5 with another benefit, 4 in the form alone; the same as is compared
/// inside one body, without the two in the register alone: nobody is few, so that every count can be seen.
fn deliver(pair: &Pair) {
    let numbers = numbers();
    let lines = numbers[..37].iter().map(|number| participant(number, "010216", 15_000) + "\n");
    let extract = numbers[..33].iter().enumerate().map(|(at, number)| {
        let start = if (20..28).contains(&at) { "2016-03-01" } else { "2016-02-01" };
        registered(number, start, if (28..33).contains(&at) { 14_000 } else { 15_000 })
    });
    pair.send(&lines.collect::<String>(), extract);
}

/// Asks, and gives where what comes of it is to be found.
fn begun(pair: &Pair, differences: &[&str]) -> String {
    let begun = pair.here.caller("admin").post("/v1/comparisons", &asked(differences));
    assert_eq!(begun.status, 202, "{}", begun.text());
    begun.header("location").to_owned()
}

/// Fails unless every count that is shown is this one; gives those that are shown.
fn shown<'t>(row: &Value, truth: &[(&'t str, u64)]) -> Vec<&'t str> {
    let mut all = Vec::new();
    for (name, count) in truth {
        assert!(row[name].is_null() || row[name] == *count, "{name} is {}", row[name]);
        if !row[name].is_null() {
            all.push(*name);
        }
    }
    all
}

#[test]
fn dates_and_benefits_are_compared_where_a_basis_at_both_names_them() {
    let pair = pair("compare-more");
    load_both(&pair);
    deliver(&pair);
    let made = pair.ended(&begun(&pair, &["dates", "benefit"]));
    assert_eq!(made["state"], "published", "{made}");
    assert_eq!(made["differences"], json!(["dates", "benefit"]));
    let bases =
        json!([{ "node": HERE, "grant": OF_FORM }, { "node": THERE, "grant": OF_REGISTER }]);
    assert_eq!(made["bases"], bases);
    let truth = [
        ("both", 33),
        ("onlyFirst", 4),
        ("first", 37),
        ("onlySecond", 0),
        ("second", 33),
        ("alike", 20),
        ("datesDiffer", 8),
        ("benefitDiffers", 5),
        ("datesAndBenefitDiffer", 0),
        ("differ", 13),
        ("sameDates", 25),
        ("otherDates", 8),
        ("sameBenefit", 28),
        ("otherBenefit", 5),
    ];
    let rows = made["rows"].as_array().unwrap();
    let of = |region: &str| rows.iter().find(|row| row["region"] == region).unwrap();
    for region in ["0106", "EAK"] {
        let row = of(region);
        assert_eq!(shown(row, &truth).len(), truth.len(), "{row}");
    }
    assert_eq!(of("0105")["alike"], 0, "nobody");
    let address = made["href"].as_str().unwrap();
    let some = pair.here.caller("nav").get(&format!("{address}?region=0106,EAK")).ok().json();
    assert_eq!(some["rows"], json!([of("0106"), of("EAK")]));
    let wrong = pair.here.caller("nav").get(&format!("{address}?region=3107"));
    wrong.problem(400, "parameter-error");

    // Each side decided on the other, and has it on record.
    for (at, other, grant) in
        [(&pair.of_asker, THERE, OF_FORM), (&pair.of_other, HERE, OF_REGISTER)]
    {
        let record = at.store().record_from(0, 10_000).unwrap();
        let decided = record.iter().find(|one| one.row.action == "persons:compare").unwrap();
        assert_eq!(decided.row.organisation.as_deref(), Some(other));
        assert_eq!(decided.row.grant_id.as_deref(), Some(grant));
        let begun = record.iter().find(|one| one.row.action == "comparison:begin").unwrap();
        assert!(begun.row.body.contains(grant) && begun.row.body.contains("benefit"));
    }
    // Asked for less, more or the same, the pair and year are spent, on both sides; and it is told why in both languages.
    let admin = pair.here.caller("admin");
    for differences in [&[][..], &["dates"], &["dates", "benefit"]] {
        let again = admin.post("/v1/comparisons", &asked(differences));
        let address = again.header("location").to_owned();
        let ended = pair.ended(&address);
        assert_eq!(ended["why"]["reason"], "refused", "{ended}");
        assert!(
            ended["why"]["words"].as_str().unwrap().contains("sammenlignet for denne"),
            "{ended}"
        );
        let english = admin.get_with(&address, &[("Accept-Language", "en")]).ok().json();
        assert!(
            english["why"]["words"].as_str().unwrap().contains("compared in this"),
            "{english}"
        );
    }
    let heard = pair.wire.both_ways();
    assert!(!numbers().iter().any(|number| heard.contains(number.as_str())), "a number");
    for log in [pair.here.log(), pair.there.log()] {
        assert!(!log.contains("panicked"), "{log}");
    }
}

#[test]
fn without_a_basis_at_both_nothing_said_of_persons_is_compared_and_nothing_is_spent() {
    let pair = pair("compare-no-basis");
    deliver(&pair);
    let admin = pair.here.caller("admin");
    let refused = admin.post("/v1/comparisons", &asked(&["dates"])).problem(403, "no-legal-basis");
    assert!(refused["detail"].as_str().unwrap().contains("ingen hjemmel"), "{refused}");
    let english = [("Accept-Language", "en")];
    let refused = admin.send("POST", "/v1/comparisons", &english, &asked(&["dates"]));
    let words = refused.problem(403, "no-legal-basis")["detail"].as_str().unwrap().to_owned();
    assert!(words.contains("no legal basis") && words.contains("11B"), "{words}");
    admin.post("/v1/comparisons", &asked(&["names"])).problem(400, "parameter-error");

    // Here alone: the other says no, and why, in both languages.
    load((&pair.here, &pair.of_asker), OF_FORM, str::to_owned);
    let address = begun(&pair, &["dates", "benefit"]);
    let ended = pair.ended(&address);
    assert_eq!((&ended["why"]["reason"], &ended["why"]["node"]), (&"vetoed".into(), &THERE.into()));
    assert!(ended["rows"].is_null(), "{ended}");
    assert!(ended["why"]["words"].as_str().unwrap().contains("ingen hjemmel"), "{ended}");
    let ended = admin.get_with(&address, &english).ok().json();
    assert!(ended["why"]["words"].as_str().unwrap().contains("no legal basis"), "{ended}");

    // There dates alone, then: the benefit is asked for in vain, and the dates are compared.
    let dates = |grant: &str| grant.replace(", \"STONAD\"", "");
    load((&pair.there, &pair.of_other), OF_REGISTER, dates);
    assert_eq!(pair.ended(&begun(&pair, &["dates", "benefit"]))["why"]["reason"], "vetoed");
    let found = pair.ended(&begun(&pair, &["dates"]));
    assert_eq!(found["state"], "published", "{found}");
    let rows = found["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["region"] == "0106").unwrap();
    assert_eq!(shown(row, &[("sameDates", 25), ("otherDates", 8)]).len(), 2, "{row}");
    for name in ["sameBenefit", "otherBenefit", "alike", "differ"] {
        assert!(row.get(name).is_none(), "{name} was not asked for: {row}");
    }
    let denied = pair.of_other.store().record_from(0, 10_000).unwrap();
    let denied =
        denied.iter().any(|one| one.row.action == "persons:compare" && one.row.outcome == "denied");
    assert!(denied, "a refusal is on record");
}

#[test]
fn a_basis_that_is_taken_away_on_the_way_ends_the_comparison() {
    let pair = pair("compare-withdrawn");
    load_both(&pair);
    deliver(&pair);
    let address = pair.wire.hold_at(
        "/v1/node-comparisons/points",
        || begun(&pair, &["dates"]),
        || {
            let suspended = |grant: &str| {
                let later = grant.replace("version = 1", "version = 2");
                later.replace("\"active\"", "\"suspended\"")
            };
            load((&pair.there, &pair.of_other), OF_REGISTER, suspended);
        },
    );
    let ended = pair.ended(&address);
    assert_eq!((&ended["why"]["reason"], &ended["why"]["node"]), (&"vetoed".into(), &THERE.into()));
    assert!(ended["why"]["words"].as_str().unwrap().contains("gjelder ikke lenger"), "{ended}");
    assert!(ended["rows"].is_null(), "{ended}");
}
