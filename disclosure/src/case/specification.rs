//! The specification file, schema `sdc-case/1`.

use std::fmt;
use std::path::Path;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::account::Knowledge;

use super::error::{Error, SpecificationFault as Fault, unknown};

/// The schema this module reads.
pub const SCHEMA: &str = "sdc-case/1";

/// A specification as written.
#[derive(Debug, Clone, Deserialize)]
pub struct Specification {
    /// `sdc-case/1`.
    pub schema: String,
    /// A short name.
    #[serde(default)]
    pub id: String,
    /// A title.
    #[serde(default)]
    pub title: String,
    /// Where the data come from.
    #[serde(default)]
    pub source: String,
    /// The input file, relative to the specification.
    #[serde(default)]
    pub input: String,
    /// The code for "all" in the written cells.
    #[serde(default = "total_code")]
    pub total_code: String,
    /// What is counted or summed.
    pub measure: Measure,
    /// Columns that belong together, by dimension.
    pub dimensions: Ordered<Vec<String>>,
    /// Subtotals by column, instead of tables.
    #[serde(default)]
    pub hierarchies: Option<Ordered<Vec<Subtotal>>>,
    /// The tables, instead of hierarchies.
    #[serde(default)]
    pub tables: Option<Vec<TableSpecification>>,
    /// Whether combinations nobody observed are cells with value zero.
    #[serde(default)]
    pub extend_zeros: bool,
    /// The primary rule or rules.
    pub rule: OneOrMany,
    /// Margins whose cells are withheld only where it cannot be avoided, each a list of columns; the grand total unless
    /// said.
    #[serde(default = "the_total")]
    pub keep: Vec<Vec<String>>,
    /// Who is to learn nothing: all three unless said.
    #[serde(default = "all_attackers")]
    pub attackers: Vec<Knowledge>,
    /// How linked tables are taken in other programs; here always as one system.
    #[serde(default = "linked")]
    pub linked: String,
    /// Free text.
    #[serde(default)]
    pub note: String,
    /// Settings of other programs, read and ignored.
    #[serde(default)]
    pub extra: Value,
}

fn total_code() -> String {
    "Total".to_owned()
}

fn the_total() -> Vec<Vec<String>> {
    vec![Vec::new()]
}

fn all_attackers() -> Vec<Knowledge> {
    vec![Knowledge::Algebra, Knowledge::Bounds, Knowledge::Insider]
}

fn linked() -> String {
    "global".to_owned()
}

/// What the cells hold.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Measure {
    /// Numbers of units.
    Count {
        /// The column of counts; `None` is one unit a line.
        var: Option<String>,
    },
    /// Sums of amounts.
    Magnitude {
        /// The column of amounts.
        var: String,
        /// The column of contributors; `None` is one contributor a line.
        contributor: Option<String>,
    },
}

/// A code that is the sum of others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subtotal {
    /// The code.
    pub code: String,
    /// What it is made of.
    pub from: Vec<String>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TableSpecification {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its margins as a formula.
    #[serde(default)]
    pub formula: Option<String>,
    /// Its margins spelled out.
    #[serde(default)]
    pub margins: Option<Vec<Vec<String>>>,
}

/// A primary rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PrimaryRule {
    /// Counts from 1 to `max_n`, and zero if so said.
    SmallCount {
        /// The largest count withheld.
        max_n: u64,
        /// Whether zeros are withheld too.
        #[serde(default)]
        protect_zeros: bool,
        /// Whether zeros may be withheld to protect others.
        #[serde(default)]
        secondary_zeros: bool,
    },
    /// The `n` largest contributors have `k` per cent or more.
    Dominance {
        /// How many contributors.
        n: Vec<u32>,
        /// Their share in per cent.
        k: Vec<f64>,
    },
    /// The rest is less than `p` per cent of the largest.
    PPercent {
        /// Per cent.
        p: f64,
    },
    /// At most `max_n` contributors.
    FewContributors {
        /// The largest number withheld.
        max_n: u64,
    },
}

/// One rule, or several of which any makes a cell primary.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(PrimaryRule),
    /// Several.
    Many(Vec<PrimaryRule>),
}

impl OneOrMany {
    /// The rules.
    #[must_use]
    pub fn as_slice(&self) -> &[PrimaryRule] {
        match self {
            Self::One(rule) => std::slice::from_ref(rule),
            Self::Many(rules) => rules,
        }
    }
}

/// A JSON object in the order it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    if entries.iter().any(|(other, _)| *other == key) {
                        return Err(serde::de::Error::custom(format!("`{key}` is given twice")));
                    }
                    entries.push((key, value));
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(InOrder(std::marker::PhantomData))
    }
}

impl Specification {
    /// Reads a specification file.
    ///
    /// # Errors
    /// When the file is missing, is not JSON, has an unknown key, or contradicts itself.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::File { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a specification from text.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        check_keys(&serde_json::from_str(text)?)?;
        let specification: Self = serde_json::from_str(text)?;
        specification.check()?;
        Ok(specification)
    }

    fn check(&self) -> Result<(), Error> {
        let fault =
            |place: &str, fault| Err(Error::Specification { place: place.to_owned(), fault });
        if self.schema != SCHEMA {
            return fault("schema", Fault::Schema(self.schema.clone()));
        }
        if self.tables.is_some() == self.hierarchies.is_some() {
            return fault("tables", Fault::TablesOrHierarchies);
        }
        let known = ["global", "super-consistent", "consistent", "local"];
        if !known.contains(&self.linked.as_str()) {
            return Err(unknown("linked", "value", &self.linked, known));
        }
        let mut columns: Vec<&String> = Vec::new();
        for (_, group) in &self.dimensions.0 {
            for column in group {
                if columns.contains(&column) {
                    return fault("dimensions", Fault::TwoDimensions(column.clone()));
                }
                columns.push(column);
            }
        }
        for column in self.keep.iter().flatten() {
            if !columns.contains(&column) {
                return Err(unknown("keep", "column", column, columns.iter().map(|c| c.as_str())));
            }
        }
        if !self.attackers.contains(&Knowledge::Algebra) {
            return fault("attackers", Fault::Range("attackers", "a list with `algebra` in it"));
        }
        let amounts = matches!(self.measure, Measure::Magnitude { .. });
        if amounts && !self.attackers.contains(&Knowledge::Bounds) {
            let must = "with `bounds`: the room of an amount is one";
            return fault("attackers", Fault::Range("attackers", must));
        }
        self.rule.as_slice().iter().try_for_each(check_rule)
    }
}

fn check_rule(rule: &PrimaryRule) -> Result<(), Error> {
    let range = |name, must| {
        Err(Error::Specification { place: "rule".to_owned(), fault: Fault::Range(name, must) })
    };
    match rule {
        PrimaryRule::Dominance { n, k } => {
            if n.is_empty() || n.len() != k.len() {
                return range("n", "a list as long as `k`, and not empty");
            }
            if n.contains(&0) {
                return range("n", "at least 1");
            }
            if k.iter().any(|k| !(*k > 0.0 && *k <= 100.0)) {
                return range("k", "above 0 and at most 100");
            }
        }
        PrimaryRule::PPercent { p } if !(*p > 0.0 && *p <= 100.0) => {
            return range("p", "above 0 and at most 100");
        }
        PrimaryRule::FewContributors { max_n: 0 } => return range("max_n", "at least 1"),
        _ => {}
    }
    Ok(())
}

const KEYS: [&str; 17] = [
    "schema",
    "id",
    "title",
    "source",
    "input",
    "total_code",
    "measure",
    "dimensions",
    "hierarchies",
    "tables",
    "extend_zeros",
    "rule",
    "keep",
    "attackers",
    "linked",
    "note",
    "extra",
];

/// Refuses keys nobody reads: a misspelled setting must not be silently without effect.
fn check_keys(value: &Value) -> Result<(), Error> {
    only(value, "specification", &KEYS)?;
    only(&value["measure"], "measure", &["kind", "var", "contributor"])?;
    for (at, table) in value["tables"].as_array().into_iter().flatten().enumerate() {
        only(table, &format!("tables[{at}]"), &["name", "formula", "margins"])?;
    }
    for (column, subtotals) in value["hierarchies"].as_object().into_iter().flatten() {
        for subtotal in subtotals.as_array().into_iter().flatten() {
            only(subtotal, &format!("hierarchies.{column}"), &["code", "from"])?;
        }
    }
    let rules = match &value["rule"] {
        Value::Array(rules) => rules.as_slice(),
        rule => std::slice::from_ref(rule),
    };
    rules.iter().try_for_each(rule_keys)
}

fn rule_keys(rule: &Value) -> Result<(), Error> {
    let kind = rule["type"].as_str().unwrap_or_default();
    let keys: &[&str] = match kind {
        "small_count" => &["type", "max_n", "protect_zeros", "secondary_zeros"],
        "dominance" => &["type", "n", "k"],
        "p_percent" => &["type", "p"],
        "few_contributors" => &["type", "max_n"],
        other => {
            let known = ["small_count", "dominance", "p_percent", "few_contributors"];
            return Err(unknown("rule", "type", other, known));
        }
    };
    only(rule, "rule", keys)
}

fn only(value: &Value, place: &str, known: &[&str]) -> Result<(), Error> {
    for key in value.as_object().into_iter().flat_map(|object| object.keys()) {
        if !known.contains(&key.as_str()) {
            return Err(unknown(place, "key", key, known.iter().copied()));
        }
    }
    Ok(())
}
