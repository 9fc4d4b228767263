//! What bodies look like. The schemas are data: a file for each part of the interface, and one that says which operation
//! asks for and gives what. Every answer of the end-to-end tests is held against them, to the last field.

use serde_json::{Map, Value, json};

/// The schemas, by name.
const SCHEMAS: [&str; 9] = [
    include_str!("schemas/access.json"),
    include_str!("schemas/audit.json"),
    include_str!("schemas/classifications.json"),
    include_str!("schemas/datasets.json"),
    include_str!("schemas/deliveries.json"),
    include_str!("schemas/nodes.json"),
    include_str!("schemas/questions.json"),
    include_str!("schemas/server.json"),
    include_str!("schemas/tables.json"),
];

/// By operation: the schema of its `request`, and of each status; where media types of a status differ, the status
/// and the media type.
const BODIES: &str = include_str!("schemas/bodies.json");

/// Puts the schemas among the components.
pub(super) fn add_schemas(components: &mut Map<String, Value>) -> serde_json::Result<()> {
    for file in SCHEMAS {
        components.extend(serde_json::from_str::<Map<String, Value>>(file)?);
    }
    Ok(())
}

/// Which operation has which bodies.
pub(super) fn bodies() -> serde_json::Result<Map<String, Value>> {
    serde_json::from_str(BODIES)
}

/// Says of each JSON body of an operation, its problems apart, what it looks like.
pub(super) fn describe(operation: &mut Map<String, Value>, bodies: &Value) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten().filter(|(s, _)| s.starts_with('2')) {
        fill(response, |kind| {
            bodies.get(format!("{status} {kind}")).or_else(|| bodies.get(status))
        });
    }
    if let Some(request) = operation.get_mut("requestBody") {
        fill(request, |_| bodies.get("request"));
    }
}

fn fill<'a>(body: &mut Value, name: impl Fn(&str) -> Option<&'a Value>) {
    let content = body.get_mut("content").and_then(Value::as_object_mut);
    for (kind, media) in content.into_iter().flatten().filter(|(kind, _)| kind.contains("json")) {
        let Some(media) = media.as_object_mut() else { continue };
        let empty = media.get("schema").is_none_or(|schema| *schema == json!({}));
        if let Some(name) = name(kind).and_then(Value::as_str).filter(|_| empty) {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            media.insert("schema".to_owned(), schema);
        }
    }
}
