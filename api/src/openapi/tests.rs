use super::*;
use std::collections::BTreeSet;

/// Every operation of the document: address, method, what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn every_operation_has_its_problems_listed_and_every_list_an_operation() {
    let document = document().unwrap();
    let operations = operations(&document);
    let named: BTreeSet<&str> = operations
        .iter()
        .map(|(path, method, operation)| {
            operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}"))
        })
        .collect();
    let listed: BTreeSet<&str> = PROBLEMS.iter().map(|(id, _)| *id).collect();
    assert_eq!(named, listed);
    assert_eq!((named.len(), listed.len()), (operations.len(), PROBLEMS.len()));
    assert!(WITH_DATA.iter().all(|id| named.contains(id)));
}

#[test]
fn every_problem_is_an_example_of_its_status() {
    let document = document().unwrap();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let (_, kinds) = PROBLEMS.iter().find(|(known, _)| *known == id).unwrap();
        for kind in kinds.iter().chain(&[Kind::Internal]) {
            let at = format!(
                "/responses/{}/content/application~1problem+json/examples/{}/value/type",
                kind.status().as_u16(),
                kind.slug()
            );
            let example = operation.pointer(&at).and_then(Value::as_str);
            let expected = format!("/problems/{}", kind.slug());
            assert_eq!(example, Some(expected.as_str()), "{method} {path} {kind:?}");
        }
        let kept = kinds.iter().collect::<std::collections::HashSet<_>>();
        assert_eq!(kept.len(), kinds.len(), "{id} lists a problem twice");
    }
}

#[test]
fn whoever_needs_a_token_is_told_so() {
    let document = document().unwrap();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let (_, kinds) = PROBLEMS.iter().find(|(known, _)| *known == id).unwrap();
        let needs = kinds.contains(&Kind::NotSignedIn);
        assert_eq!(operation.get("security").is_some(), needs, "{method} {path}");
    }
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[test]
fn answers_with_data_name_their_decision() {
    let document = document().unwrap();
    for (_, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let headers = &operation["responses"]["200"]["headers"];
        let named = headers.get("Hjemmel-Decision").is_some();
        assert_eq!(named, WITH_DATA.contains(&id), "{id}");
    }
}

/// The schema of every JSON body that is asked for or given, with where it stands.
fn json_bodies(document: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (path, method, operation) in operations(document) {
        let request = operation.get("requestBody").into_iter();
        for body in operation["responses"].as_object().unwrap().values().chain(request) {
            let content = body["content"].as_object().into_iter().flatten();
            for (kind, media) in content.filter(|(kind, _)| kind.contains("json")) {
                all.push((format!("{method} {path} {kind}"), media["schema"].clone()));
            }
        }
    }
    all
}

/// Every schema named somewhere in a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
                found.insert(name.strip_prefix("#/components/schemas/").unwrap().to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_json_body_has_a_schema_and_every_schema_a_body() {
    let document = document().unwrap();
    for (place, schema) in json_bodies(&document) {
        assert!(schema.as_object().is_some_and(|schema| !schema.is_empty()), "{place}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let (mut used, mut reached) = (BTreeSet::new(), 0);
    references(&document["paths"], &mut used);
    while used.len() > reached {
        reached = used.len();
        for name in used.clone() {
            references(schemas.get(&name).unwrap_or_else(|| panic!("no schema {name}")), &mut used);
        }
    }
    let there: BTreeSet<String> = schemas.keys().cloned().collect();
    assert_eq!(used, there);
    let described: BTreeSet<String> = bodies::bodies().unwrap().keys().cloned().collect();
    let listed: BTreeSet<String> = PROBLEMS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert!(described.is_subset(&listed), "{:?}", described.difference(&listed));
}

/// Places of a schema that do not say what they may hold.
fn unsaid(schema: &Value, place: &str, found: &mut Vec<String>) {
    let Some(members) = schema.as_object() else { return };
    let says = ["type", "$ref", "oneOf", "anyOf", "enum", "const"];
    if !says.iter().any(|word| members.contains_key(*word)) {
        found.push(place.to_owned());
    }
    for (name, one) in members.get("properties").and_then(Value::as_object).into_iter().flatten() {
        unsaid(one, &format!("{place}/{name}"), found);
    }
    for word in ["items", "additionalProperties"] {
        if let Some(one) = members.get(word) {
            unsaid(one, &format!("{place}/{word}"), found);
        }
    }
    for choices in ["oneOf", "anyOf"].iter().filter_map(|word| members.get(*word)?.as_array()) {
        for one in choices {
            unsaid(one, place, found);
        }
    }
}

#[test]
fn every_member_of_every_body_says_what_it_may_be() {
    let document = document().unwrap();
    let mut found = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        unsaid(schema, name, &mut found);
    }
    for (place, schema) in json_bodies(&document) {
        unsaid(&schema, &place, &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}
