//! Reading a file of grants, with errors a person without programming can act on.

use super::GrantTerms;
use crate::Error;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    grant: Vec<GrantTerms>,
}

pub(super) fn from_toml(text: &str) -> Result<Vec<GrantTerms>, Error> {
    let file: File = toml::from_str(text).map_err(|error| explain(text, &error))?;
    let mut ids = BTreeSet::new();
    for grant in &file.grant {
        if !ids.insert(&grant.id) {
            return Err(Error::DuplicateGrant { id: grant.id.clone() });
        }
    }
    Ok(file.grant)
}

fn explain(text: &str, error: &toml::de::Error) -> Error {
    let start = error.span().map_or(0, |span| span.start).min(text.len());
    let line = text.as_bytes().iter().take(start).filter(|b| **b == b'\n').count() + 1;
    let message = error.message().lines().next().unwrap_or_default().to_owned();
    let names = quoted(&message);
    let first = names.first().copied();
    if let Some(field) = first.filter(|_| message.starts_with("unknown field")) {
        let guess = nearest(field, names.get(1..).unwrap_or_default())
            .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        let text = format!("there is no field `{field}`{guess}");
        return Error::Unreadable { line, field: Some(field.to_owned()), text };
    }
    if let Some(field) = first.filter(|_| message.starts_with("missing field")) {
        let field = snake(field);
        let text = format!("the field `{field}` is missing from the table that begins here");
        return Error::Unreadable { line, field: Some(field), text };
    }
    let field = field_at(text, line);
    let text = match &field {
        Some(field) => format!("`{field}`: {message}"),
        None => message,
    };
    Error::Unreadable { line, field, text }
}

/// The words between backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn nearest(field: &str, known: &[&str]) -> Option<String> {
    let field = snake(field);
    known
        .iter()
        .map(|name| snake(name))
        .map(|name| (strsim::damerau_levenshtein(&field, &name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().max(4) / 2)
        .map(|(_, name)| name)
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The key that was being given a value on this line, or on the nearest line above it.
fn field_at(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let key = lines.iter().rev().take_while(|line| !line.starts_with('[')).find_map(|line| {
        let (key, _) = line.split_once('=')?;
        let key = key.trim();
        key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)).then_some(key)
    })?;
    (!key.is_empty()).then(|| key.to_owned())
}
