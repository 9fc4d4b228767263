//! The OpenAPI document: checked in as it is, whole, and with everything a reader needs.

use super::root;
use serde_json::Value;
use std::collections::BTreeSet;

/// Operations whose answers hold numbers or records.
const WITH_DATA: [&str; 8] = [
    "query_v1_table",
    "query_v1_table_of_group",
    "read_table_data",
    "query_table_data",
    "read_saved_query_data",
    "read_microdata",
    "ask_question",
    "read_answer",
];

/// The document of this build.
pub fn document() -> Value {
    hjemmel::openapi::document().unwrap()
}

/// One operation of the document.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub id: String,
    pub value: Value,
}

/// Every operation of the document.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, value) in methods.as_object().unwrap() {
            let id = value["operationId"].as_str().unwrap_or_default().to_owned();
            let (method, path) = (method.to_uppercase(), path.clone());
            all.push(Operation { method, path, id, value: value.clone() });
        }
    }
    all
}

#[test]
fn the_checked_in_document_is_the_one_of_this_build() {
    let path = root().join("openapi/openapi.json");
    let now = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == now,
        "openapi/openapi.json is not what the handlers say; run `BLESS=1 ./test the_checked_in_document` \
         and review the difference",
    );
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn walk(value: &Value, document: &Value, seen: &mut usize) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap_or_default();
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                    *seen += 1;
                }
                members.values().for_each(|member| walk(member, document, seen));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, document, seen)),
            _ => {}
        }
    }
    let document = document();
    let mut seen = 0;
    walk(&document, &document, &mut seen);
    assert!(seen > 20, "only {seen} references were found");
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_described_success() {
    let document = document();
    let operations = operations(&document);
    let names: BTreeSet<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(names.len(), operations.len(), "{names:?}");
    assert!(!names.contains(""));
    for Operation { id, value, .. } in &operations {
        assert!(value["summary"].as_str().is_some_and(|text| !text.is_empty()), "{id}");
        let success =
            ["200", "201", "202"].into_iter().find(|code| value["responses"][code].is_object());
        let described = value["responses"][success.unwrap_or_default()]["description"].as_str();
        assert!(described.is_some_and(|text| !text.is_empty()), "{id}");
    }
}

#[test]
fn every_parameter_is_described() {
    for Operation { id, value, .. } in operations(&document()) {
        for parameter in value["parameters"].as_array().into_iter().flatten() {
            let described = parameter["description"].as_str();
            assert!(described.is_some_and(|text| !text.is_empty()), "{id}: {}", parameter["name"]);
        }
    }
}

#[test]
fn every_problem_of_every_operation_is_described_and_shown() {
    for Operation { id, value, .. } in operations(&document()) {
        let responses = value["responses"].as_object().unwrap();
        assert!(responses.contains_key("500"), "{id}");
        for (status, response) in
            responses.iter().filter(|(status, _)| *status >= &"400".to_owned())
        {
            let described = response["description"].as_str();
            assert!(described.is_some_and(|text| !text.is_empty()), "{id} {status}");
            let content = &response["content"]["application/problem+json"];
            assert!(content["schema"]["$ref"].is_string(), "{id} {status}");
            let examples = content["examples"].as_object();
            assert!(examples.is_some_and(|all| !all.is_empty()), "{id} {status} has no example");
            for example in examples.unwrap().values() {
                assert_eq!(&example["value"]["status"].to_string(), status, "{id}");
            }
        }
    }
}

#[test]
fn answers_with_data_promise_every_mark_of_protection() {
    let document = document();
    let found: Vec<Operation> =
        operations(&document).into_iter().filter(|o| WITH_DATA.contains(&o.id.as_str())).collect();
    assert_eq!(found.len(), WITH_DATA.len());
    for Operation { id, value, .. } in found {
        let headers = value["responses"]["200"]["headers"].as_object().unwrap();
        for name in ["Hjemmel-Protection", "Hjemmel-Basis", "Hjemmel-Decision", "Vary", "ETag"] {
            let described = headers.get(name).and_then(|header| header["description"].as_str());
            assert!(described.is_some_and(|text| !text.is_empty()), "{id} {name}");
        }
    }
}
