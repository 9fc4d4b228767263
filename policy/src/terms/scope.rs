//! What a grant reaches: recipient, columns and population.

use crate::{OrganisationNumber, Population};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// Who receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recipient {
    /// Its organisation number.
    pub organisation: OrganisationNumber,
    /// Its name.
    pub name: String,
    /// For a municipality (kommune): the numbers it has had, its own population. Empty for others.
    #[serde(default)]
    pub kommune: BTreeSet<String>,
}

/// Which columns a grant gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// Every column the form has, `all-content` in a file; direct identifiers only as `identifiers` says.
    AllContent,
    /// These. One that exists only in some of the years is given in those.
    Listed(BTreeSet<String>),
}

const ALL_CONTENT: &str = "all-content";

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AllContent => serializer.serialize_str(ALL_CONTENT),
            Self::Listed(columns) => columns.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ColumnsVisitor)
    }
}

struct ColumnsVisitor;

impl<'de> Visitor<'de> for ColumnsVisitor {
    type Value = Columns;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of column names, or \"all-content\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Columns, E> {
        if text == ALL_CONTENT {
            Ok(Columns::AllContent)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Columns, A::Error> {
        let mut columns = BTreeSet::new();
        while let Some(column) = sequence.next_element()? {
            columns.insert(column);
        }
        Ok(Columns::Listed(columns))
    }
}

/// Whose records a grant gives, as it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PopulationTerms {
    /// The whole country.
    All,
    /// These municipalities and bydeler, with every number they had in the years.
    Regions(BTreeSet<String>),
    /// A network of municipalities with a name of its own.
    Network {
        /// What it calls itself.
        name: String,
        /// Its members, with every number they had in the years.
        kommuner: BTreeSet<String>,
    },
}

impl PopulationTerms {
    /// The regions by code, whatever they were called.
    #[must_use]
    pub fn resolve(&self) -> Population {
        match self {
            Self::All => Population::All,
            Self::Regions(codes) | Self::Network { kommuner: codes, .. } => {
                Population::Regions(codes.clone())
            }
        }
    }

    /// The codes it lists; none for the whole country.
    #[must_use]
    pub const fn codes(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::All => None,
            Self::Regions(codes) | Self::Network { kommuner: codes, .. } => Some(codes),
        }
    }
}
