//! Reads the table definitions that are part of the program.

use super::About;
use crate::{Dimension, Form, Level, Table, Text, Value, regions::Division};
use serde::{Deserialize, de::Error as _};
use std::collections::BTreeMap;

/// The definitions, by id.
pub(super) const SOURCES: [&str; 11] = [
    include_str!("../../tables/S1101.toml"),
    include_str!("../../tables/S1102.toml"),
    include_str!("../../tables/S1103.toml"),
    include_str!("../../tables/S1104.toml"),
    include_str!("../../tables/S1105.toml"),
    include_str!("../../tables/S1106.toml"),
    include_str!("../../tables/S1107.toml"),
    include_str!("../../tables/S11B1.toml"),
    include_str!("../../tables/S11C1.toml"),
    include_str!("../../tables/S11M1.toml"),
    include_str!("../../tables/S11M2.toml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    id: String,
    form: Form,
    years: Vec<u16>,
    title: Text,
    measure: Text,
    #[serde(default)]
    sums: Vec<String>,
    #[serde(default)]
    bounds: Vec<String>,
    about: About,
    dimensions: Vec<DimensionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DimensionFile {
    code: String,
    label: Text,
    column: String,
    total: Option<String>,
    regions: Option<Regions>,
    #[serde(default)]
    values: Vec<ValueFile>,
}

/// Which of the year's regions a dimension has.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Regions {
    /// All of them.
    Division,
    /// All but municipalities by size and those that have merged: where persons are so few, most of those would be withheld, and counties for them.
    Plain,
    /// Those that are unions of several municipalities.
    Aggregates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueFile {
    code: String,
    label: Text,
    leaves: Vec<String>,
    #[serde(default)]
    level: LevelFile,
    /// The years it exists in; every year of the table where none is named.
    #[serde(default)]
    years: Vec<u16>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum LevelFile {
    #[default]
    Leaf,
    Total,
}

/// One table and what is said about it.
pub(super) fn table(source: &str) -> Result<(Table, About), toml::de::Error> {
    let file: TableFile = toml::from_str(source)?;
    let dimensions = file
        .dimensions
        .into_iter()
        .map(|dimension| dimension.over(&file.years))
        .collect::<Result<_, _>>()?;
    let TableFile { id, form, title, measure, sums, bounds, about, .. } = file;
    Ok((Table { id, form, title, measure, sums, bounds, dimensions }, about))
}

/// The regions of some years as a dimension.
pub(crate) fn regions(regions: Regions, years: &[u16]) -> Result<Dimension, toml::de::Error> {
    let region = DimensionFile {
        code: "Region".to_owned(),
        label: Text::new("Region", "Region"),
        column: "REGION".to_owned(),
        total: Some("EAK".to_owned()),
        regions: Some(regions),
        values: Vec::new(),
    };
    region.over(years)
}

impl DimensionFile {
    fn over(self, years: &[u16]) -> Result<Dimension, toml::de::Error> {
        let values = years
            .iter()
            .map(|year| Ok((*year, self.values_of(*year)?)))
            .collect::<Result<BTreeMap<_, _>, toml::de::Error>>()?;
        let Self { code, label, column, total, .. } = self;
        Ok(Dimension { code, label, column, values, total })
    }

    fn values_of(&self, year: u16) -> Result<Vec<Value>, toml::de::Error> {
        let Some(regions) = self.regions else {
            let of_year = self.values.iter().filter(|value| value.exists_in(year));
            return Ok(of_year.map(ValueFile::value).collect());
        };
        let division = Division::of(year)
            .ok_or_else(|| toml::de::Error::custom(format!("no division of {year}")))?;
        Ok(match regions {
            Regions::Division => division.values().to_vec(),
            Regions::Plain => {
                let all = division.values().iter();
                all.filter(|value| !value.level.is_further()).cloned().collect()
            }
            Regions::Aggregates => division.aggregates().cloned().collect(),
        })
    }
}

impl ValueFile {
    fn exists_in(&self, year: u16) -> bool {
        self.years.is_empty() || self.years.contains(&year)
    }

    fn value(&self) -> Value {
        Value {
            code: self.code.clone(),
            label: self.label.clone(),
            level: match self.level {
                LevelFile::Leaf => Level::Leaf,
                LevelFile::Total => Level::Total,
            },
            leaves: self.leaves.clone(),
        }
    }
}
