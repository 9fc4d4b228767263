//! Every operation, asked by those who may not: a new route cannot hide.

use super::document::{Operation, document, operations};
use super::root;
use hjemmel_tests::demonstration::{Demonstration, Server};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static SERVER: LazyLock<Server> = LazyLock::new(|| Demonstration::shared().serve());

/// Who may do what without a grant, by operation.
fn open() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join("tests/policy/open.txt")).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_once(' ').unwrap())
        .map(|(who, operation)| (operation.trim().to_owned(), who.to_owned()))
        .collect()
}

/// The operation's address with the document's own examples in it.
fn address(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    let mut query = Vec::new();
    for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let example = match &parameter["example"] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => "0191c7b0-7f3e-7a52-8c59-2f1f6e0d8a11".to_owned(),
            other => other.to_string(),
        };
        if parameter["in"] == "path" {
            path = path.replace(&format!("{{{name}}}"), &example);
        } else if parameter["required"] == true {
            query.push(format!("{name}={example}"));
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// The status of an operation asked with a token or none.
fn status(operation: &Operation, token: Option<&str>) -> u16 {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = ureq::http::Request::builder()
        .method(operation.method.as_str())
        .uri(format!("http://{}{}", SERVER.address(), address(operation)));
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let example = &operation.value["requestBody"]["content"]["application/json"]["example"];
    let says_nothing = open().get(&operation.id).is_some_and(|who| who == "any-writer");
    let body = if example.is_null() || says_nothing { String::new() } else { example.to_string() };
    agent.run(request.body(body).unwrap()).unwrap().status().as_u16()
}

/// The status of an operation that goes well: 201 where it makes something.
fn success(operation: &Operation) -> u16 {
    if operation.value["responses"].get("200").is_some() { 200 } else { 201 }
}

#[track_caller]
fn assert_documented(operation: &Operation, status: u16) {
    let documented = operation.value["responses"].as_object().unwrap();
    assert!(documented.contains_key(&status.to_string()), "{} gives {status} unsaid", operation.id);
}

#[test]
fn without_a_token_there_is_401_but_for_what_is_open_to_anyone() {
    let open = open();
    for operation in operations(&document()) {
        let status = status(&operation, None);
        assert_documented(&operation, status);
        let expected = match open.get(&operation.id).map(String::as_str) {
            Some("anyone") => success(&operation),
            _ => 401,
        };
        assert_eq!(status, expected, "{} {}", operation.method, address(&operation));
    }
}

#[test]
fn a_token_without_a_grant_is_refused_what_is_not_open() {
    let open = open();
    let token = Demonstration::shared().token("bld");
    for operation in operations(&document()) {
        let status = status(&operation, Some(&token));
        assert_documented(&operation, status);
        match open.get(&operation.id).map(String::as_str) {
            Some("anyone" | "any-token") => {
                assert_eq!(status, success(&operation), "{}", operation.id);
            }
            // Open to whoever has something to say; nothing was said.
            Some("any-writer") => assert_eq!(status, 400, "{}", operation.id),
            _ => assert!(matches!(status, 403 | 404), "{} gives {status}", operation.id),
        }
    }
}

#[test]
fn a_token_that_is_none_is_401_wherever_a_token_is_read() {
    let reads_a_token = |operation: &Operation| operation.value["responses"].get("401").is_some();
    let mut asked = 0;
    for operation in operations(&document()).into_iter().filter(reads_a_token) {
        assert_eq!(status(&operation, Some("no.token.this")), 401, "{}", operation.id);
        asked += 1;
    }
    assert!(asked >= 5, "only {asked} operations read a token");
}

#[test]
fn the_list_of_what_is_open_names_operations_that_exist() {
    let document = document();
    let known: BTreeSet<String> = operations(&document).into_iter().map(|o| o.id).collect();
    for (operation, who) in open() {
        assert!(known.contains(&operation), "{operation} does not exist");
        assert!(matches!(who.as_str(), "anyone" | "any-token" | "any-writer"), "{who} is nobody");
    }
}
