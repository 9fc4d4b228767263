//! A small RDF graph and its three ways of being written: Turtle, JSON-LD and RDF/XML.

use crate::pxweb::html::escaped;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Short names of vocabularies.
pub const PREFIXES: [(&str, &str); 11] = [
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("cpsv", "http://purl.org/vocab/cpsv#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// What a statement is about something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A thing with an address.
    Thing(String),
    /// Words in a language.
    Words(String, &'static str),
    /// A value of a type of `xsd`, or plain text.
    Value(String, Option<&'static str>),
}

/// Statements by the address of what they are about.
#[derive(Debug, Default)]
pub struct Graph(BTreeMap<String, Vec<(&'static str, Object)>>);

/// Everything about one thing, while it is said.
pub struct About<'a>(&'a mut Vec<(&'static str, Object)>);

impl About<'_> {
    /// It is one of these.
    pub fn is(&mut self, class: &'static str) -> &mut Self {
        self.thing("rdf:type", expand(class))
    }

    /// It has to do with another thing.
    pub fn thing(&mut self, property: &'static str, other: impl Into<String>) -> &mut Self {
        self.0.push((property, Object::Thing(other.into())));
        self
    }

    /// It is described by words in both languages.
    pub fn words(&mut self, property: &'static str, nb: &str, en: &str) -> &mut Self {
        self.0.push((property, Object::Words(nb.to_owned(), "nb")));
        self.0.push((property, Object::Words(en.to_owned(), "en")));
        self
    }

    /// It has a value.
    pub fn value(
        &mut self,
        property: &'static str,
        value: impl Into<String>,
        kind: Option<&'static str>,
    ) -> &mut Self {
        self.0.push((property, Object::Value(value.into(), kind)));
        self
    }
}

/// A short name written out.
#[must_use]
pub fn expand(short: &str) -> String {
    let found = short.split_once(':').and_then(|(prefix, name)| {
        let (_, start) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
        Some(format!("{start}{name}"))
    });
    found.unwrap_or_else(|| short.to_owned())
}

/// An address that cannot end where it stands.
fn safe(address: &str) -> String {
    let barred = |c: char| {
        c.is_control() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '^' | '`' | '\\' | ' ')
    };
    address.chars().fold(String::with_capacity(address.len()), |mut all, c| {
        if barred(c) {
            for byte in c.to_string().bytes() {
                let _ = write!(all, "%{byte:02X}");
            }
        } else {
            all.push(c);
        }
        all
    })
}

impl Graph {
    /// Says something about a thing.
    pub fn about(&mut self, thing: impl Into<String>) -> About<'_> {
        About(self.0.entry(thing.into()).or_default())
    }

    /// Says of every concept of the vocabularies below an address which vocabulary it is of.
    pub fn name_vocabularies(&mut self, below: &str) {
        let objects = self.0.values().flatten();
        let concepts: BTreeSet<String> = objects
            .filter_map(|(_, object)| match object {
                Object::Thing(thing) if thing.starts_with(below) => Some(thing.clone()),
                _ => None,
            })
            .collect();
        for concept in concepts {
            if let Some((vocabulary, _)) = concept.rsplit_once('/') {
                let vocabulary = vocabulary.to_owned();
                self.about(concept).thing("skos:inScheme", vocabulary);
            }
        }
    }

    /// The graph as Turtle.
    #[must_use]
    pub fn turtle(&self) -> String {
        let mut text = String::new();
        for (prefix, start) in PREFIXES {
            // Writing to a string does not fail.
            let _ = writeln!(text, "@prefix {prefix}: <{start}> .");
        }
        for (thing, statements) in &self.0 {
            let _ = write!(text, "\n<{}>", safe(thing));
            for (at, (property, object)) in statements.iter().enumerate() {
                let end = if at == 0 { "" } else { " ;" };
                let object = match object {
                    Object::Thing(other) => format!("<{}>", safe(other)),
                    Object::Words(words, language) => format!("{}@{language}", quoted(words)),
                    Object::Value(value, Some(kind)) => format!("{}^^xsd:{kind}", quoted(value)),
                    Object::Value(value, None) => quoted(value),
                };
                let _ = write!(text, "{end}\n    {property} {object}");
            }
            text.push_str(" .\n");
        }
        text
    }

    /// The graph as JSON-LD.
    #[must_use]
    pub fn json_ld(&self) -> Value {
        let context: Map<String, Value> = PREFIXES
            .iter()
            .map(|(prefix, start)| ((*prefix).to_owned(), (*start).into()))
            .collect();
        let all: Vec<Value> = self
            .0
            .iter()
            .map(|(thing, statements)| {
                let mut node: Map<String, Value> = Map::new();
                node.insert("@id".to_owned(), safe(thing).into());
                for (property, object) in statements {
                    let (name, value) = match object {
                        Object::Thing(class) if *property == "rdf:type" => {
                            ("@type", Value::from(class.as_str()))
                        }
                        Object::Thing(other) => (*property, json!({ "@id": safe(other) })),
                        Object::Words(words, language) => {
                            (*property, json!({ "@value": words, "@language": language }))
                        }
                        Object::Value(value, Some(kind)) => {
                            (*property, json!({ "@value": value, "@type": format!("xsd:{kind}") }))
                        }
                        Object::Value(value, None) => (*property, json!({ "@value": value })),
                    };
                    let slot = node.entry(name).or_insert_with(|| json!([]));
                    if let Some(list) = slot.as_array_mut() {
                        list.push(value);
                    }
                }
                Value::Object(node)
            })
            .collect();
        json!({ "@context": context, "@graph": all })
    }

    /// The graph as RDF/XML.
    #[must_use]
    pub fn rdf_xml(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF".to_owned();
        for (prefix, start) in PREFIXES {
            let _ = write!(text, "\n  xmlns:{prefix}=\"{start}\"");
        }
        text.push_str(">\n");
        for (thing, statements) in &self.0 {
            let _ = writeln!(text, "<rdf:Description rdf:about=\"{}\">", escaped(&safe(thing)));
            for (property, object) in statements {
                let _ = match object {
                    Object::Thing(other) => {
                        let other = escaped(&safe(other));
                        writeln!(text, "  <{property} rdf:resource=\"{other}\"/>")
                    }
                    Object::Words(words, language) => {
                        let words = escaped(words);
                        writeln!(text, "  <{property} xml:lang=\"{language}\">{words}</{property}>")
                    }
                    Object::Value(value, kind) => {
                        let value = escaped(value);
                        let kind = kind.map(|kind| expand(&format!("xsd:{kind}")));
                        let kind = kind.map(|kind| format!(" rdf:datatype=\"{kind}\""));
                        let kind = kind.unwrap_or_default();
                        writeln!(text, "  <{property}{kind}>{value}</{property}>")
                    }
                };
            }
            text.push_str("</rdf:Description>\n");
        }
        text.push_str("</rdf:RDF>\n");
        text
    }
}

/// A Turtle string.
fn quoted(text: &str) -> String {
    let mut safe = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe.push('"');
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let mut graph = Graph::default();
        graph
            .about("http://localhost/a b")
            .is("dcat:Dataset")
            .words("dct:title", "en \"tittel\"", "a <title>")
            .value("dct:issued", "2026-06-15", Some("date"));
        graph
    }

    #[test]
    fn the_same_is_said_in_each_of_the_three() {
        let turtle = graph().turtle();
        assert!(
            turtle.contains(
                "<http://localhost/a%20b>\n    rdf:type <http://www.w3.org/ns/dcat#Dataset> ;"
            ),
            "{turtle}"
        );
        assert!(turtle.contains("dct:title \"en \\\"tittel\\\"\"@nb ;"), "{turtle}");
        assert!(turtle.contains("dct:issued \"2026-06-15\"^^xsd:date ."), "{turtle}");
        let node = &graph().json_ld()["@graph"][0];
        assert_eq!(node["@type"], json!(["http://www.w3.org/ns/dcat#Dataset"]));
        assert_eq!(node["dct:title"][1], json!({ "@value": "a <title>", "@language": "en" }));
        let xml = graph().rdf_xml();
        assert!(xml.contains("<dct:title xml:lang=\"en\">a &lt;title&gt;</dct:title>"), "{xml}");
        assert!(xml.contains("rdf:datatype=\"http://www.w3.org/2001/XMLSchema#date\""), "{xml}");
    }
}
