//! Statistics Norway's fictitious social assistance table as one record per counted person.
//!
//! `sosialFiktiv` describes 138 000 persons who do not exist. It stands in for the year 2016 of
//! form 11, with few columns: where, main source of income, span of months.

use std::sync::LazyLock;

/// The reporting year the records stand in for.
pub const YEAR: u16 = 2016;

/// The SHA-256 of the file, as its delivery is known by.
pub const SHA256: &str = "47beeeb4c859b26549a741eaf9111915a79fcf755879b7d475d53116e2da8dcd";

const SOURCE: &str = include_str!("../data/fictitious/sosialFiktiv.csv");

/// One cell of the file: how many persons have the same three codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Where, what source, how long.
    pub record: Record,
    /// How many persons.
    pub persons: u32,
}

/// One fictitious person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The leaf region: `0101`, or `030101` in Oslo.
    pub region: String,
    /// The code of `VKLO`: 1 work, 3 social security, 5 social assistance, 9 other.
    pub vklo: &'static str,
    /// The code of `MNDSPENN`: `01-05`, `06-09`, `10-12`.
    pub months: &'static str,
}

impl Record {
    /// The four-digit municipality.
    #[must_use]
    pub fn kommune(&self) -> &str {
        self.region.get(..4).unwrap_or_default()
    }

    /// The two-digit bydel; empty outside Oslo.
    #[must_use]
    pub fn bydel(&self) -> &str {
        self.region.get(4..).unwrap_or_default()
    }
}

static COUNTS: LazyLock<Vec<Count>> = LazyLock::new(|| read(SOURCE).unwrap_or_default());

/// The cells of the file, in its order; cells of nobody are among them.
#[must_use]
pub fn counts() -> &'static [Count] {
    &COUNTS
}

/// One record for each counted person.
pub fn records() -> impl Iterator<Item = &'static Record> {
    counts().iter().flat_map(|count| (0..count.persons).map(move |_| &count.record))
}

/// `None` if a row is not of the file's known shape.
fn read(source: &str) -> Option<Vec<Count>> {
    let mut rows = csv::Reader::from_reader(source.as_bytes());
    rows.records().map(|row| count(&row.ok()?)).collect()
}

/// Reads `region, fylke, kostragr, hovedint, mnd, mnd2, ant`.
fn count(row: &csv::StringRecord) -> Option<Count> {
    let number: u32 = row.get(0)?.parse().ok()?;
    let region = match (number / 100, number % 100) {
        (kommune, 0) => format!("{kommune:04}"),
        _ => format!("{number:06}"),
    };
    let vklo = match row.get(3)? {
        "arbeid" => "1",
        "trygd" => "3",
        "soshjelp" => "5",
        "annet" => "9",
        _ => return None,
    };
    let months = match row.get(4)? {
        "1_5" => "01-05",
        "6_9" => "06-09",
        "10_12" => "10-12",
        _ => return None,
    };
    let record = Record { region, vklo, months };
    Some(Count { record, persons: row.get(6)?.parse().ok()? })
}

#[cfg(test)]
mod tests;
