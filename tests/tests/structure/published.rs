//! Our document beside the published specification of PxWebApi 2: every path, method, parameter and status of it is
//! ours as well, but for what is said here.

use super::document::{Operation, document, operations};
use super::root;
use std::collections::{BTreeMap, BTreeSet};

/// Statuses of the specification that our operations never answer with, and why not.
const NEVER: [(&str, &str, &str, &str); 4] = [
    ("/config", "get", "400", "it has no parameters"),
    ("/config", "get", "404", "there is one of it"),
    ("/savedqueries/{id}", "get", "400", "it has no parameters"),
    ("/savedqueries/{id}/selection", "get", "403", "a selection has no cells"),
];

/// One operation of the specification.
#[derive(Debug, Default)]
struct Published {
    parameters: BTreeSet<String>,
    statuses: BTreeSet<String>,
}

fn indented(line: &str, by: usize) -> Option<&str> {
    let rest = line.strip_prefix(&" ".repeat(by))?;
    (!rest.starts_with([' ', '-', '#']) && !rest.is_empty()).then_some(rest)
}

/// Paths, methods, parameters and statuses, read off the indentation the file is written with.
fn published() -> BTreeMap<(String, String), Published> {
    let text = std::fs::read_to_string(root().join("tests/clients/spec/PxAPI-2.yml")).unwrap();
    let text = text.replace('\r', "");
    let (paths, components) = text.split_once("\ncomponents:").unwrap();
    let paths = paths.split_once("\npaths:\n").unwrap().1;
    let mut shared: BTreeMap<&str, &str> = BTreeMap::new();
    let mut named = "";
    for line in components.lines() {
        if let Some(name) = indented(line, 4) {
            named = name.trim_end_matches(':');
        } else if let Some(name) = line.strip_prefix("      name: ") {
            shared.insert(named, name.trim());
        }
    }
    let mut all: BTreeMap<(String, String), Published> = BTreeMap::new();
    let (mut path, mut method) = (String::new(), String::new());
    for line in paths.lines() {
        if let Some(name) = indented(line, 2) {
            name.trim_end_matches(':').clone_into(&mut path);
        } else if let Some(name) = indented(line, 4) {
            name.trim_end_matches(':').clone_into(&mut method);
            all.insert((path.clone(), method.clone()), Published::default());
        }
        let Some(operation) = all.get_mut(&(path.clone(), method.clone())) else { continue };
        let line = line.trim();
        if let Some(name) = line.strip_prefix("- $ref: \"#/components/parameters/") {
            let name = name.trim_end_matches('"');
            operation.parameters.insert(shared.get(name).unwrap_or(&name).to_string());
        } else if let Some(name) =
            line.strip_prefix("name: ").or_else(|| line.strip_prefix("- name: "))
        {
            operation.parameters.insert(name.to_owned());
        } else if let Some(status) =
            line.strip_prefix('"').and_then(|rest| rest.strip_suffix("\":"))
        {
            operation.statuses.insert(status.to_owned());
        }
    }
    all
}

#[test]
fn every_operation_of_the_published_specification_is_ours() {
    let document = document();
    let ours: BTreeMap<(String, String), Operation> = operations(&document)
        .into_iter()
        .map(|one| ((one.path.clone(), one.method.to_lowercase()), one))
        .collect();
    let published = published();
    assert!(published.len() >= 12, "only {} were read", published.len());
    for ((path, method), wanted) in &published {
        let own = ours.get(&(format!("/pxwebapi/v2{path}"), method.clone()));
        let own = own.unwrap_or_else(|| panic!("{method} {path} is not ours"));
        let parameters: BTreeSet<String> = own.value["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["name"].as_str().unwrap().to_lowercase())
            .collect();
        for parameter in &wanted.parameters {
            let name = parameter.to_lowercase();
            let is_there =
                parameters.iter().any(|own| *own == name || own.starts_with(&format!("{name}[")));
            assert!(is_there, "{method} {path} lacks {parameter}: {parameters:?}");
        }
        let statuses = own.value["responses"].as_object().unwrap();
        assert!(!wanted.statuses.is_empty(), "{method} {path}");
        for status in &wanted.statuses {
            let never = NEVER
                .iter()
                .any(|(p, m, s, _)| (*p, *m, *s) == (path.as_str(), method.as_str(), status));
            let known = statuses.contains_key(status);
            assert_ne!(known, never, "{method} {path} {status}");
        }
    }
}
