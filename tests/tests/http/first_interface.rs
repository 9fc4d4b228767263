//! Statbank's first interface: the same cells as the second one gives.

use crate::answer::Answer;
use crate::node::{Caller, shared};
use serde_json::{Value, json};

const TABLE: &str = "/api/v0/en/table/S1101";

fn ask(caller: &Caller<'_>, format: &str) -> Answer {
    let body = json!({
        "query": [
            { "code": "Region", "selection": { "filter": "item", "values": ["EAK", "3107"] } },
            { "code": "HovedInntekt", "selection": { "filter": "all", "values": ["*"] } },
            { "code": "Tid", "selection": { "filter": "top", "values": ["2"] } },
        ],
        "response": { "format": format },
    });
    caller.post(TABLE, &body.to_string())
}

#[test]
fn the_levels_lead_to_the_tables_and_a_table_has_its_variables() {
    let anyone = shared().anyone();
    let get = |path: &str| anyone.get(path).ok().json();
    assert_eq!(get("/api/v0/no")[0]["dbid"], "table");
    assert_eq!(get("/api/v0/no/table")[0]["id"], "sk");
    assert_eq!(
        get("/api/v0/en/table/sk")[0],
        json!({ "id": "sk09", "type": "l", "text": "Social assistance and qualification" })
    );
    let tables = get("/api/v0/en/table/sk/sk09");
    assert_eq!(tables.as_array().unwrap().len(), 11);
    assert_eq!((&tables[0]["id"], &tables[0]["type"]), (&json!("S1101"), &json!("t")));
    for path in [TABLE, "/api/v0/en/table/sk/S1101", "/api/v0/en/table/sk/sk09/S1101"] {
        let table = get(path);
        let variables = table["variables"].as_array().unwrap();
        let codes: Vec<&Value> = variables.iter().map(|variable| &variable["code"]).collect();
        assert_eq!(codes, ["Region", "HovedInntekt", "ContentsCode", "Tid"]);
        assert_eq!(
            (&variables[0]["elimination"], &variables[3]["time"]),
            (&json!(true), &json!(true))
        );
        let lengths = |name: &str| variables[0][name].as_array().unwrap().len();
        assert_eq!(lengths("values"), lengths("valueTexts"));
    }
    let found = get("/api/v0/en/table?query=age&filter=title");
    assert_eq!((&found[0]["id"], &found[0]["path"]), (&json!("S1104"), &json!("/sk/sk09")));
    for level in ["/api/v0/en", "/api/v0/en/table", "/api/v0/en/table/sk", TABLE] {
        assert_eq!(get(&format!("{level}?config"))["maxCells"], 800_000, "{level}");
    }
}

#[test]
fn an_answer_is_that_of_the_second_interface() {
    let node = shared();
    let second = "/pxwebapi/v2/tables/S1101/data?lang=en&valueCodes[Region]=EAK,3107&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=top(2)";
    for caller in [node.anyone(), node.caller("nav")] {
        let direct = |more: &str| caller.get(&format!("{second}{more}")).ok();
        let set = ask(&caller, "json-stat2").ok();
        assert_eq!(set.text(), direct("").text());
        assert_eq!(set.header("hjemmel-basis"), direct("").header("hjemmel-basis"));
        for (first, more) in [
            ("csv", "&outputFormat=csv&outputFormatParams=UseTexts"),
            ("csv3", "&outputFormat=csv&stub=Region,HovedInntekt,ContentsCode,Tid"),
            ("px", "&outputFormat=px"),
            ("xlsx", "&outputFormat=xlsx"),
            ("json", "&outputFormat=json-px"),
        ] {
            assert_eq!(ask(&caller, first).ok().body, direct(more).body, "{first}");
        }
        let old = ask(&caller, "json-stat").ok().json();
        assert_eq!(old["dataset"]["value"], set.json()["value"]);
        assert_eq!(old["dataset"]["dimension"]["id"], set.json()["id"]);
    }
}

#[test]
fn a_variable_left_out_is_its_total_or_all_it_has() {
    let anyone = shared().anyone();
    let body = r#"{"query":[],"response":{"format":"json-stat2"}}"#;
    let set = anyone.post("/api/v0/no/table/sk/sk09/S1101", body).ok().json();
    assert_eq!(set["id"], json!(["ContentsCode", "Tid"]));
    assert_eq!(set["size"], json!([1, 4]));
}

#[test]
fn what_is_wrong_is_told_as_its_clients_read_it() {
    let anyone = shared().anyone();
    let part = |filter: &str, value: &str| json!({ "query": [{ "code": "Region", "selection": { "filter": filter, "values": [value] } }] });
    for body in [
        "[".to_owned(),
        part("each", "EAK").to_string(),
        part("agg:Fylker", "*").to_string(),
        json!({ "query": [], "response": { "format": "sdmx" } }).to_string(),
    ] {
        let problem = anyone.post(TABLE, &body).problem(400, "parameter-error");
        assert_eq!(problem["error"], "Parameter error", "{body}");
    }
    // Also where the second interface finds the fault, and in the language of the address.
    for (filter, value, says) in [
        ("item", "none", "`Region` has no value `none`"),
        ("agg:none", "x", "the code list `agg_none` does not exist"),
        ("top", "x", "cannot read the expression `top(x)`"),
    ] {
        let problem = anyone.post(TABLE, &part(filter, value).to_string());
        let problem = problem.problem(400, "parameter-error");
        assert_eq!(problem["error"], "Parameter error", "{filter}");
        assert!(problem["detail"].as_str().unwrap().starts_with(says), "{problem}");
    }
    anyone.get("/api/v0/xx/table").problem(404, "not-found");
    anyone.get("/api/v0/no/table/none").problem(404, "not-found");
    anyone.post("/api/v0/no/table/none", "{}").problem(404, "not-found");
}
