//! What a server answered, and how to read it.

use serde_json::Value;
use std::collections::BTreeMap;

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A cell: its codes by variable, and its value or the sign in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The code of each variable.
    pub at: BTreeMap<String, String>,
    /// The value, or the sign that stands for it.
    pub value: Result<u64, String>,
}

impl Answer {
    /// The answer, which must be a success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The answer's problem, which must have this status and slug.
    #[track_caller]
    pub fn problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["type"], format!("/problems/{slug}"), "{body}");
        assert_eq!(body["status"], status);
        body
    }

    /// The records of a page.
    #[track_caller]
    pub fn records(&self) -> Vec<Value> {
        self.json()["records"].as_array().unwrap_or_else(|| panic!("{}", self.text())).clone()
    }

    /// The cells of a JSON-stat 2.0 dataset.
    #[track_caller]
    pub fn cells(&self) -> Vec<Cell> {
        let set = self.json();
        let names: Vec<String> = serde_json::from_value(set["id"].clone()).unwrap();
        let codes: Vec<Vec<String>> = names
            .iter()
            .map(|name| {
                let index = set["dimension"][name]["category"]["index"].as_object().unwrap();
                let mut codes: Vec<_> = index.iter().map(|(c, at)| (at.as_u64(), c)).collect();
                codes.sort();
                codes.into_iter().map(|(_, code)| code.clone()).collect()
            })
            .collect();
        let values = set["value"].as_array().unwrap();
        assert_eq!(values.len(), codes.iter().map(Vec::len).product::<usize>());
        let cell = |(place, value): (usize, &Value)| {
            let mut rest = place;
            let mut at = BTreeMap::new();
            for (name, codes) in names.iter().zip(&codes).rev() {
                at.insert(name.clone(), codes[rest % codes.len()].clone());
                rest /= codes.len();
            }
            let sign = set["status"][place.to_string()].as_str();
            let value = match (value.as_u64(), sign) {
                // Nil and preliminary stand beside the number.
                (Some(value), None | Some("-" | "*")) => Ok(value),
                (None, Some(sign)) => Err(sign.to_owned()),
                other => panic!("a value or a sign, not {other:?}"),
            };
            Cell { at, value }
        };
        values.iter().enumerate().map(cell).collect()
    }
}
