//! Whether an answer is what the OpenAPI document says of it, to the last field: what is not described is refused, so
//! that nothing leaves that nobody has written down.

use crate::answer::Answer;
use serde_json::{Map, Value};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| hjemmel::openapi::document().unwrap());

/// Checks a success, and what was asked with it, against the document; parts, and streams of lines and of events, are not
/// one JSON value.
#[track_caller]
pub fn assert_described(method: &str, path: &str, asked: &[u8], answer: &Answer) {
    let kind = answer.header("content-type").split(';').next().unwrap_or_default();
    let json = kind.ends_with("/json") || kind.ends_with("+json") || kind.ends_with("-stat2");
    let path = known(path.split('?').next().unwrap_or_default());
    let whole = (200..300).contains(&answer.status) && answer.status != 206;
    if method == "HEAD" || !whole || !json || path == "/openapi.json" {
        return;
    }
    let operation = operation(&method.to_lowercase(), &path);
    let content = &operation["responses"][answer.status.to_string()]["content"];
    let Some(schema) = content[kind].get("schema") else {
        panic!("{method} {path}: {} as {kind} is not described", answer.status)
    };
    if let Err(why) = fits(schema, &answer.json()) {
        panic!("{method} {path}: {why}");
    }
    if let (Ok(asked), Some(schema)) = (
        serde_json::from_slice::<Value>(asked),
        operation.pointer("/requestBody/content/application~1json/schema"),
    ) && let Err(why) = fits(schema, &asked)
    {
        panic!("{method} {path} with {}: {why}", clip(&asked));
    }
}

/// An address as the document has it: clients of Statbank and KLASS may end it in a slash or a format, and an installation
/// may have a prefix of its own.
fn known(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.starts_with("/api/klass/") {
        return path.trim_end_matches(".json").trim_end_matches(".csv").to_owned();
    }
    let rest = path.strip_prefix("/api/px/v2");
    rest.map_or_else(|| path.to_owned(), |rest| format!("/pxwebapi/v2{rest}"))
}

/// The operation of a path, in any letters: of several templates that fit, the one with most written out.
fn operation(method: &str, path: &str) -> &'static Value {
    let fits = |template: &str| {
        let (mut parts, mut of_path) = (template.split('/'), path.split('/'));
        loop {
            match (parts.next(), of_path.next()) {
                (None, None) => return true,
                (Some(part), Some(is))
                    if part.starts_with('{') || part.eq_ignore_ascii_case(is) => {}
                _ => return false,
            }
        }
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let found = paths.iter().filter(|(template, of)| fits(template) && of[method].is_object());
    let best = found.min_by_key(|(template, _)| template.matches('{').count());
    &best.unwrap_or_else(|| panic!("{method} {path} is not described")).1[method]
}

/// Whether a value fits a schema, and if not, where and why.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let place = name.strip_prefix('#').ok_or(format!("a reference elsewhere: {name}"))?;
        return fits(DOCUMENT.pointer(place).ok_or(format!("no {name}"))?, value);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema.get(choice).and_then(Value::as_array) {
            let tried: Vec<_> = choices.iter().map(|one| fits(one, value)).collect();
            if tried.iter().all(Result::is_err) {
                let why: Vec<String> = tried.into_iter().filter_map(Result::err).collect();
                return Err(format!("fits none: {}", why.join(" | ")));
            }
        }
    }
    let types = match schema.get("type") {
        None => return Ok(()),
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
    };
    let is = |name: &str| match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || name == "integer" && !number.is_f64(),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    };
    if !types.iter().filter_map(Value::as_str).any(is) {
        return Err(format!("{} where {} should be", clip(value), schema["type"]));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        return Err(format!("{value} is none of {choices:?}"));
    }
    match value {
        Value::Array(items) => {
            let Some(of_each) = schema.get("items") else { return Ok(()) };
            let mut each = items.iter().enumerate();
            each.try_for_each(|(at, item)| at_place(fits(of_each, item), &at.to_string()))
        }
        Value::Object(fields) => fields_fit(schema, fields),
        _ => Ok(()),
    }
}

fn fields_fit(schema: &Value, fields: &Map<String, Value>) -> Result<(), String> {
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            return Err(format!("`{name}` is missing"));
        }
    }
    for (name, value) in fields {
        let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        match known {
            Some(Value::Bool(true)) => {}
            Some(of_it) if of_it.is_object() => at_place(fits(of_it, value), name)?,
            _ => return Err(format!("`{name}` is not described")),
        }
    }
    Ok(())
}

fn at_place(found: Result<(), String>, place: &str) -> Result<(), String> {
    found.map_err(|why| format!("{place}: {why}"))
}

fn clip(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}
