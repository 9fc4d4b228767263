//! An answer as it leaves and as it is kept: values with how far they may be off, what was done to them, what
//! it cost, and what is left.

use super::pace::padding;
use super::settings::rho;
use chrono::{DateTime, Utc};
use hjemmel_disclosure::Protection;
use hjemmel_disclosure::noise::{Noisy, NoisyCell, NoisyLevel, Number};
use hjemmel_kostra::question::{Layer, Question};
use hjemmel_store::Purse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Its id: `GET /v1/queries/{id}` gives these bytes for ever.
    pub id: Uuid,
    /// Whether it was made of made-up rows and says nothing about anybody.
    pub dummy: bool,
    /// The question in its canonical form.
    pub question: Value,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The project that paid.
    pub project: Option<String>,
    /// The recorded decision that let it leave.
    pub decision: Option<Uuid>,
    /// The editions it was made from.
    pub editions: Vec<Edition>,
    /// What was done to the numbers, a year each.
    pub privacy: Vec<Privacy>,
    /// The purses it was paid from, as they were afterwards.
    pub budgets: Vec<Budget>,
    /// The numbers, by year and level.
    pub layers: Vec<Told>,
    /// What was paid for what, signed (a compact JWS, Ed25519).
    pub receipt: Option<String>,
}

/// An edition of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The reporting year.
    pub year: u16,
    /// Its version.
    pub version: u32,
    /// `preliminary` or `final`.
    pub kind: String,
}

/// What was done to the numbers of one year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Privacy {
    /// The form and year whose budget it cost: `skjema-11/2024`.
    pub lineage: String,
    /// The mechanism, its promise and scales.
    pub mechanism: Value,
    /// The most records of one person that count.
    pub contribution_bound: u32,
    /// The bounds values were moved into.
    pub clamp: Option<Value>,
    /// ρ spent.
    pub rho: f64,
    /// The same in billionths, as the budgets are kept.
    pub nano_rho: u64,
    /// The same as ε at `delta`.
    pub epsilon: f64,
    /// The δ of `epsilon`.
    pub delta: f64,
    /// What was done to the noisy numbers afterwards.
    pub post_processing: Value,
}

/// What is left in one purse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// `dataset-year`, `project` or `organisation`.
    pub kind: String,
    /// Whose.
    pub key: String,
    /// What is left, in ρ.
    pub rho_left: f64,
    /// The same in billionths.
    pub nano_left: u64,
}

/// The cells of one year at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The reporting year.
    pub year: u16,
    /// What the cells are crossed by, slowest first.
    pub dimensions: Vec<Side>,
    /// Intervals this far either way hold all cells of the year at once 95 times in 100.
    pub simultaneous_half_width: Option<f64>,
    /// For a quantile: this many values at most lie between the true and the chosen one, 95 times in 100.
    pub rank_half_width: Option<f64>,
    /// The same for all cells of the year at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simultaneous_rank_half_width: Option<f64>,
    /// The cells, the last dimension varying fastest.
    pub cells: Vec<Cell>,
}

/// One side of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The variable.
    pub variable: String,
    /// The code list.
    pub list: String,
    /// Its codes.
    pub codes: Vec<String>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// Its code along each dimension.
    pub at: BTreeMap<String, String>,
    /// Its value; null for a mean of too few to tell.
    pub value: Option<serde_json::Number>,
    /// Its standard deviation; null for a quantile.
    pub standard_deviation: Option<f64>,
    /// Holds the true value 95 times in 100.
    pub interval95: Option<[f64; 2]>,
    /// Intervals like this one hold the true values of all cells at once 95 times in 100.
    pub simultaneous95: Option<[f64; 2]>,
}

/// What was done to the numbers of an answer.
#[must_use]
pub const fn protection(is_dummy: bool) -> Protection {
    if is_dummy { Protection::NoneNeeded } else { Protection::Noise }
}

impl Answer {
    /// The bytes it leaves as. Blanks at the end make the length independent of the numbers.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        let numbers = self.numbers()?;
        let blanks = padding(numbers.iter().map(String::as_str));
        bytes.resize(bytes.len() + blanks, b' ');
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Every number that depends on the records or on what was spent before, as it is written.
    fn numbers(&self) -> serde_json::Result<Vec<String>> {
        let cells = self.layers.iter().flat_map(|layer| &layer.cells);
        let mut all = Vec::new();
        for budget in &self.budgets {
            all.push(serde_json::to_string(&budget.rho_left)?);
            all.push(serde_json::to_string(&budget.nano_left)?);
        }
        for cell in cells {
            all.push(serde_json::to_string(&cell.value)?);
            all.push(serde_json::to_string(&cell.standard_deviation)?);
            all.extend(interval(cell.interval95)?);
            all.extend(interval(cell.simultaneous95)?);
        }
        Ok(all)
    }
}

/// The bounds of an interval, so that two numbers, a comma and brackets take as much as nothing does.
fn interval(bounds: Option<[f64; 2]>) -> serde_json::Result<[String; 2]> {
    Ok(match bounds {
        Some([low, high]) => {
            // `[` and `,` with the one, `]` with the other.
            [
                format!("[{},", serde_json::to_string(&low)?),
                format!("{}]", serde_json::to_string(&high)?),
            ]
        }
        None => ["null".to_owned(), String::new()],
    })
}

/// The cells of an answer, in the order of the question's layers.
#[must_use]
pub fn told(question: &Question, noisy: &[Noisy]) -> Vec<Told> {
    let years = question.years().iter().zip(noisy);
    years
        .flat_map(|(year, noisy)| {
            let layers = question.layers_of(*year);
            let pairs: Vec<Told> = layers
                .iter()
                .zip(&noisy.levels)
                .map(|(layer, level)| layer_told(layer, level))
                .collect();
            pairs
        })
        .collect()
}

fn layer_told(layer: &Layer, level: &NoisyLevel) -> Told {
    let sides = layer.dimensions.iter().map(|side| Side {
        variable: side.column.clone(),
        list: side.list.clone(),
        codes: side.values.iter().map(|value| value.code.clone()).collect(),
    });
    let [rank, rank_of_all] = level.rank_half_widths.map_or([None; 2], |both| both.map(Some));
    let cells = layer.cells().zip(&level.cells).map(|(place, cell)| {
        let columns = layer.dimensions.iter().map(|side| side.column.clone());
        let codes = place.values().into_iter().map(|value| value.code.clone());
        Cell { at: columns.zip(codes).collect(), ..cell_told(cell) }
    });
    Told {
        year: layer.year,
        dimensions: sides.collect(),
        simultaneous_half_width: level.simultaneous_half_width.map(rounded_up),
        rank_half_width: rank.map(rounded_up),
        simultaneous_rank_half_width: rank_of_all.map(rounded_up),
        cells: cells.collect(),
    }
}

fn cell_told(cell: &NoisyCell) -> Cell {
    let value = cell.value.and_then(|value| match value {
        Number::Whole(whole) => Some(serde_json::Number::from(whole)),
        Number::Real(real) => serde_json::Number::from_f64(in_millionths(real, f64::round)),
    });
    let outwards =
        |[low, high]: [f64; 2]| [in_millionths(low, f64::floor), in_millionths(high, f64::ceil)];
    Cell {
        at: BTreeMap::new(),
        value,
        standard_deviation: cell.standard_deviation.map(rounded_up),
        interval95: cell.interval95.map(outwards),
        simultaneous95: cell.simultaneous95.map(outwards),
    }
}

/// An interval that is rounded inwards would miss more often than it says.
fn rounded_up(number: f64) -> f64 {
    in_millionths(number, f64::ceil)
}

/// To millionths: a mean of months may be known to a thousandth.
fn in_millionths(number: f64, rounding: fn(f64) -> f64) -> f64 {
    rounding(number * 1e6) / 1e6
}

/// What was done to each year's numbers.
#[must_use]
pub fn privacy(noisy: &[Noisy]) -> Vec<Privacy> {
    let of = |noisy: &Noisy| Privacy {
        lineage: format!("{}/{}", noisy.lineage.form.dataset(), noisy.lineage.year),
        mechanism: serde_json::to_value(&noisy.mechanism).unwrap_or_default(),
        contribution_bound: noisy.contribution_bound,
        clamp: noisy.clamp.and_then(|clamp| serde_json::to_value(clamp).ok()),
        rho: rho(noisy.nano_rho),
        nano_rho: noisy.nano_rho,
        epsilon: noisy.epsilon,
        delta: noisy.delta,
        post_processing: serde_json::to_value(&noisy.post_processing).unwrap_or_default(),
    };
    noisy.iter().map(of).collect()
}

/// What is left in the purses it was paid from.
#[must_use]
pub fn budgets(purses: &[Purse]) -> Vec<Budget> {
    let of = |purse: &Purse| Budget {
        kind: purse.id.kind.as_str().to_owned(),
        key: purse.id.key.clone(),
        rho_left: rho(purse.left()),
        nano_left: purse.left(),
    };
    purses.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_rounded_outwards() {
        let cell = NoisyCell {
            value: Some(Number::Real(0.500_000_12)),
            standard_deviation: Some(0.000_000_2),
            interval95: Some([0.499_999_7, 0.500_000_2]),
            simultaneous95: Some([-62.0, 62.0]),
        };
        let told = cell_told(&cell);
        assert_eq!(told.value, serde_json::Number::from_f64(0.5));
        assert_eq!(told.standard_deviation, Some(0.000_001));
        assert_eq!(told.interval95, Some([0.499_999, 0.500_001]));
        assert_eq!(told.simultaneous95, Some([-62.0, 62.0]));
    }
}
