//! The table interface as Statbank's clients use it: lists, metadata, selections, and the same by POST.

use crate::answer::Answer;
use crate::node::shared;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TABLE: &str = "/pxwebapi/v2/tables/S1101";
/// A value of every variable.
const ONE: [(&str, &str); 4] =
    [("Region", "EAK"), ("HovedInntekt", "00"), ("ContentsCode", "Antall"), ("Tid", "2024")];

/// A variable's codes and labels in the order of the data.
fn values(set: &Value, variable: &str) -> Vec<(String, String)> {
    let category = &set["dimension"][variable]["category"];
    let mut values: Vec<(u64, String, String)> = category["index"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(code, at)| {
            let label = category["label"][code].as_str().unwrap().to_owned();
            (at.as_u64().unwrap(), code.clone(), label)
        })
        .collect();
    values.sort();
    values.into_iter().map(|(_, code, label)| (code, label)).collect()
}

fn metadata(language: &str) -> Value {
    shared().anyone().get(&format!("{TABLE}/metadata?lang={language}")).ok().json()
}

/// One variable's expressions, and a value of each other.
fn ask(language: &str, variable: &str, expression: &str) -> Answer {
    let parts = ONE.map(|(code, value)| {
        let value = if code == variable { expression } else { value };
        format!("&valueCodes[{code}]={value}")
    });
    shared().anyone().get(&format!("{TABLE}/data?lang={language}{}", parts.concat()))
}

#[test]
fn every_expression_selects_what_it_says_in_both_languages() {
    type Chosen = fn(&[String]) -> Vec<String>;
    let cases: [(&str, &str, Chosen); 21] = [
        ("Region", "3107", |_| vec!["3107".into()]),
        ("Region", "eak,3107,3107", |_| vec!["EAK".into(), "3107".into()]),
        ("Region", "*", <[String]>::to_vec),
        ("Region", "EKG*", |all| those(all, |code| code.starts_with("EKG"))),
        ("Region", "*07", |all| those(all, |code| code.ends_with("07"))),
        ("Region", "*10*", |all| those(all, |code| code.contains("10"))),
        ("Region", "31??", |all| those(all, |code| code.len() == 4 && code.starts_with("31"))),
        ("Region", "0301??", |all| those(all, |code| code.len() == 6 && code.starts_with("0301"))),
        ("Region", "top(3)", |all| all[..3].to_vec()),
        ("Region", "bottom(2)", |all| all[all.len() - 2..].to_vec()),
        ("Region", "[range(3107,3105)]", |all| between(all, "3105", "3107")),
        ("Tid", "*", <[String]>::to_vec),
        ("Tid", "top(1)", |all| all[all.len() - 1..].to_vec()),
        ("Tid", "top(2,1)", |all| all[all.len() - 3..all.len() - 1].to_vec()),
        ("Tid", "BOTTOM(1)", |all| all[..1].to_vec()),
        ("Tid", "from(2024)", |all| those(all, |code| code >= "2024")),
        ("Tid", "to(2023)", |all| those(all, |code| code <= "2023")),
        ("Tid", "[range(2016,2023)]", |all| those(all, |code| code <= "2023")),
        ("Tid", "202?", |all| those(all, |code| code.starts_with("202"))),
        ("HovedInntekt", "a*,soshjelp", |all| {
            those(all, |code| code.starts_with('a') || code == "soshjelp")
        }),
        ("HovedInntekt", "from(trygd)", |all| all[2..].to_vec()),
    ];
    for language in ["no", "en"] {
        let metadata = metadata(language);
        for (variable, expression, chosen) in cases {
            let all = values(&metadata, variable);
            let codes: Vec<String> = all.iter().map(|(code, _)| code.clone()).collect();
            let set = ask(language, variable, expression).ok().json();
            let found = values(&set, variable);
            let expected = chosen(&codes);
            assert!(!expected.is_empty());
            let got: Vec<&String> = found.iter().map(|(code, _)| code).collect();
            assert_eq!(got, expected.iter().collect::<Vec<_>>(), "{variable}={expression}");
            assert!(found.iter().all(|value| all.contains(value)), "{variable}={expression}");
        }
    }
}

fn those(all: &[String], keep: fn(&str) -> bool) -> Vec<String> {
    all.iter().filter(|code| keep(code)).cloned().collect()
}

fn between(all: &[String], from: &str, to: &str) -> Vec<String> {
    let at = |code: &str| all.iter().position(|other| other == code).unwrap();
    let (a, b) = (at(from), at(to));
    all[a.min(b)..=a.max(b)].to_vec()
}

#[test]
fn names_are_in_the_language_asked_for() {
    let label = |language: &str, variable: &str, code: &str| {
        let all = values(&metadata(language), variable);
        all.into_iter().find(|(other, _)| other == code).unwrap().1
    };
    assert_eq!(label("no", "Region", "EAK"), "Landet");
    assert_eq!(label("no", "HovedInntekt", "arbeid"), "Arbeidsinntekt");
    assert_eq!(label("en", "HovedInntekt", "arbeid"), "Earned income");
    assert_ne!(label("no", "Region", "EAK"), label("en", "Region", "EAK"));
    assert_eq!(label("no", "Region", "1144"), label("en", "Region", "1144"));
}

#[test]
fn an_expression_nothing_fits_is_a_problem_and_never_the_total() {
    for (variable, expression) in
        [("HovedInntekt", "x*"), ("Region", "9???"), ("Tid", "19??"), ("Tid", "top(1,99)")]
    {
        for (language, says) in [("no", "ingen verdi av"), ("en", "no value of")] {
            let problem = ask(language, variable, expression).problem(400, "parameter-error");
            // To the reference a mandatory variable is then without a selection.
            let title = match variable {
                "Tid" => "Missing selection for mandantory variable",
                _ => "Non-existent value",
            };
            assert_eq!(problem["title"], title);
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(says) && detail.contains(expression), "{detail}");
        }
        let body = json!({ "selection": [
            { "variableCode": variable, "valueCodes": [expression] },
            { "variableCode": "ContentsCode", "valueCodes": ["*"] },
            { "variableCode": "Tid", "valueCodes": [if variable == "Tid" { expression } else { "*" }] },
        ] });
        let answer = shared().anyone().post(&format!("{TABLE}/data"), &body.to_string());
        answer.problem(400, "parameter-error");
    }
}

#[test]
fn a_variable_left_out_is_its_total_and_a_mandatory_one_is_asked_for() {
    let anyone = shared().anyone();
    let total =
        anyone.get(&format!("{TABLE}/data?valueCodes[ContentsCode]=*&valueCodes[Tid]=2024")).ok();
    let whole = ask("no", "Region", "EAK").ok();
    assert_eq!(total.json()["value"], whole.json()["value"]);
    assert_eq!(total.json()["id"], json!(["ContentsCode", "Tid"]));
    let missing = anyone.get(&format!("{TABLE}/data?valueCodes[Tid]=2024"));
    let problem = missing.problem(400, "parameter-error");
    assert_eq!(problem["title"], "Missing selection for mandantory variable");
}

#[test]
fn a_post_is_answered_as_the_same_get() {
    let node = shared();
    for (query, body) in [
        ("", json!({})),
        ("", json!({ "selection": [] })),
        (
            "valueCodes[Region]=EAK,31*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=Antall&valueCodes[Tid]=top(2)",
            json!({ "selection": [
                { "variableCode": "Region", "valueCodes": ["EAK", "31*"] },
                { "variableCode": "hovedinntekt", "valueCodes": ["*"] },
                { "variableCode": "ContentsCode", "codelist": null, "valueCodes": ["Antall"] },
                { "variableCode": "time", "valueCodes": ["top(2)"] } ] }),
        ),
        (
            "valueCodes[Region]=3107&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024&heading=HovedInntekt,Tid&stub=Region,ContentsCode&outputFormat=csv",
            json!({ "selection": [
                { "variableCode": "Region", "valueCodes": ["3107"] },
                { "variableCode": "HovedInntekt", "valueCodes": ["*"] },
                { "variableCode": "ContentsCode", "valueCodes": ["*"] },
                { "variableCode": "Tid", "valueCodes": ["2024"] } ],
                "placement": { "heading": ["HovedInntekt", "Tid"], "stub": ["Region", "ContentsCode"] } }),
        ),
    ] {
        for name in ["anyone", "nav"] {
            let caller = if name == "anyone" { node.anyone() } else { node.caller(name) };
            let get = caller.get(&format!("{TABLE}/data?{query}")).ok();
            let format = if query.contains("csv") { "?outputFormat=csv" } else { "" };
            let post = caller.post(&format!("{TABLE}/data{format}"), &body.to_string()).ok();
            assert_eq!(get.text(), post.text(), "{name} {query}");
            for header in ["etag", "content-type", "hjemmel-protection", "hjemmel-basis"] {
                assert_eq!(get.header(header), post.header(header), "{name} {query} {header}");
            }
        }
    }
    let nothing = node.anyone().post(&format!("{TABLE}/data"), "").ok();
    assert_eq!(nothing.text(), node.anyone().get(&format!("{TABLE}/data")).ok().text());
}

#[test]
fn codes_in_csv_stand_between_quotation_marks_and_numbers_do_not() {
    let address = format!(
        "{TABLE}/data?valueCodes[Region]=EAK,0301&valueCodes[HovedInntekt]=00&valueCodes[ContentsCode]=*&valueCodes[Tid]=2016&outputFormat=csv"
    );
    let text = shared().anyone().get(&address).ok().text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#""Region","HovedInntekt","ContentsCode","2016""#);
    assert_eq!(lines[1], r#""EAK","00","Antall",138000"#);
    assert!(lines[2].starts_with(r#""0301","00","Antall","#), "{}", lines[2]);
    assert!(lines[2].rsplit(',').next().unwrap().parse::<u64>().is_ok(), "{}", lines[2]);
}

#[test]
fn the_list_comes_in_pages_and_the_links_lead_through_them() {
    let anyone = shared().anyone();
    let whole = anyone.get("/pxwebapi/v2/tables?lang=en&pageSize=100").ok().json();
    let ids = |list: &Value| -> Vec<String> {
        let tables = list["tables"].as_array().unwrap();
        tables.iter().map(|table| table["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = ids(&whole);
    let known = [
        "S1101", "S1102", "S1103", "S1104", "S1105", "S1106", "S1107", "S1191", "S1192", "S11C1",
        "S11C9",
    ];
    assert_eq!(all, known);
    let mut address = "/pxwebapi/v2/tables?lang=en&pageSize=1&query=main%20source".to_owned();
    let mut found = Vec::new();
    loop {
        let page = anyone.get(&address).ok().json();
        assert_eq!(page["page"]["totalPages"], page["page"]["totalElements"]);
        found.extend(ids(&page));
        let links = page["page"]["links"].as_array().unwrap();
        let Some(next) = links.iter().find(|link| link["rel"] == "next") else { break };
        let href = next["href"].as_str().unwrap();
        address = href[href.find("/pxwebapi").unwrap()..].to_owned();
    }
    assert_eq!(found, ["S1101", "S1103"], "the search goes with the links");
    let beyond = anyone.get("/pxwebapi/v2/tables?pageNumber=9&pageSize=4&lang=en");
    assert_eq!(beyond.problem(404, "not-found")["title"], "Non-existent page");
    let unset = anyone.get("/pxwebapi/v2/tables?pageSize=0&includeDiscontinued=True").ok().json();
    assert_eq!((ids(&unset), &unset["page"]["pageSize"]), (all, &json!(20)));
}

#[test]
fn a_search_finds_words_of_either_language_and_tables_that_have_all_of_them() {
    let ids = |query: &str| -> BTreeSet<String> {
        let list = shared().anyone().get(&format!("/pxwebapi/v2/tables?query={query}")).ok().json();
        let tables = list["tables"].as_array().unwrap().clone();
        tables.iter().map(|table| table["id"].as_str().unwrap().to_owned()).collect()
    };
    let set = |all: &[&str]| all.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(ids("s1104"), set(&["S1104"]));
    // Shares of the inhabitants of an age are by age too, in English words.
    assert_eq!(ids("ALDER"), set(&["S1104", "S1191", "S11C9"]));
    assert_eq!(ids("age+sex"), set(&["S1104"]));
    assert_eq!(ids("m%C3%A5neder"), set(&["S1191", "S1192", "S1102", "S1103", "S1107"]));
    assert_eq!(ids("skjema-11c"), set(&["S11C9", "S11C1"]));
    assert_eq!(ids("age+months"), set(&["S1191"]));
    // No table has both, and then those that have one of them are better than none.
    assert_eq!(ids("age+housing"), set(&["S1104", "S1105", "S1191", "S11C9"]));
}

#[test]
fn metadata_is_the_dataset_without_numbers() {
    let anyone = shared().anyone();
    for id in ["S1101", "S1102", "S1103", "S1104", "S1105", "S1106", "S11C1", "S1191", "S11C9"] {
        let table = anyone.get(&format!("/pxwebapi/v2/tables/{id}?lang=en")).ok().json();
        let set = anyone.get(&format!("/pxwebapi/v2/tables/{id}/metadata?lang=en")).ok().json();
        assert_eq!((&set["class"], &set["version"]), (&"dataset".into(), &"2.0".into()));
        assert_eq!(set["value"], json!([]));
        let names = set["id"].as_array().unwrap();
        let labels: Vec<&Value> =
            names.iter().map(|name| &set["dimension"][name.as_str().unwrap()]["label"]).collect();
        assert_eq!(json!(labels), table["variableNames"]);
        let years = values(&set, "Tid");
        assert_eq!(table["firstPeriod"], years[0].0);
        assert_eq!(table["lastPeriod"], years[years.len() - 1].0);
        let sizes: Vec<usize> =
            names.iter().map(|name| values(&set, name.as_str().unwrap()).len()).collect();
        assert_eq!(set["size"], json!(sizes));
        let rel: Vec<&Value> =
            table["links"].as_array().unwrap().iter().map(|link| &link["rel"]).collect();
        assert_eq!(json!(rel), json!(["self", "metadata", "data"]));
    }
}

#[test]
fn the_default_selection_is_what_is_sent_when_nothing_is_selected() {
    let anyone = shared().anyone();
    let said = anyone.get(&format!("{TABLE}/defaultselection")).ok().json();
    let sent = anyone.get(&format!("{TABLE}/data")).ok().json();
    for part in said["selection"].as_array().unwrap() {
        let codes: Vec<String> = serde_json::from_value(part["valueCodes"].clone()).unwrap();
        let variable = part["variableCode"].as_str().unwrap();
        let found = values(&sent, variable).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        assert_eq!(found, codes, "{variable}");
    }
}
