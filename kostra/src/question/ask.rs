//! A question as it is written, and how it becomes one that can be answered.

mod measure;
mod terms;

use super::mistake::What;
use super::{Clamp, MOST_CELLS, MOST_NANO_RHO, Mistake, Precision, Question, Variable, Vocabulary};
use crate::{Form, Text};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Unexpected};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A question as a caller writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Ask {
    /// The dataset: `skjema-11`.
    pub dataset: Option<String>,
    /// One reporting year.
    pub year: Option<u16>,
    /// Several.
    pub years: Vec<u16>,
    /// What to compute.
    #[serde(deserialize_with = "object")]
    pub measure: AskMeasure,
    /// What to group by.
    pub group_by: Vec<AskGroup>,
    /// Which records count.
    #[serde(deserialize_with = "objects")]
    pub filter: Vec<AskFilter>,
    /// What it may cost each dataset-year.
    pub rho: Option<f64>,
    /// How near each cell must be, as the half width of a 95 % interval.
    pub accuracy: Option<f64>,
    /// Sets negative results to nought.
    pub non_negative: bool,
    /// Asks for pure differential privacy: Laplace noise in the place of Gaussian.
    pub pure: bool,
}

/// What to compute: exactly one of the members, and those that go with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AskMeasure {
    /// `persons` or `records`.
    pub count: Option<String>,
    /// The number to add up.
    pub sum: Option<String>,
    /// The number to average.
    pub mean: Option<String>,
    /// The number to take the median of.
    pub median: Option<String>,
    /// The number to take a quantile of.
    pub quantile: Option<String>,
    /// Which quantile, from 0 to 1.
    pub at: Option<f64>,
    /// The number to count in intervals.
    pub histogram: Option<String>,
    /// The edges of the intervals.
    pub edges: Vec<i64>,
    /// The lowest value that counts as it is.
    pub from: Option<i64>,
    /// The highest value that counts as it is.
    pub to: Option<i64>,
}

/// A variable to group by: its name alone stands for its finest list.
#[derive(Debug, Clone)]
pub enum AskGroup {
    /// By the finest list.
    Name(String),
    /// By named lists.
    Levels(AskLevels),
}

/// A variable with the levels to group by.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskLevels {
    /// The variable.
    variable: String,
    /// Its code lists.
    #[serde(default)]
    levels: Vec<String>,
}

impl<'de> Deserialize<'de> for AskGroup {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(name) => Ok(Self::Name(name)),
            Value::Object(members) => of_members(members).map(Self::Levels),
            other => Err(D::Error::invalid_type(kind_of(&other), &"a string or a map")),
        }
    }
}

/// The kind of value that stands where another should.
fn kind_of(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(yes) => Unexpected::Bool(*yes),
        Value::Number(number) => Unexpected::Float(number.as_f64().unwrap_or_default()),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

/// Reads named members alone: in a list they would go by their order.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<T, D::Error> {
    of_members(Map::deserialize(from)?)
}

/// The same of several.
fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let all: Vec<Map<String, Value>> = Vec::deserialize(from)?;
    all.into_iter().map(of_members).collect()
}

fn of_members<T: DeserializeOwned, E: serde::de::Error>(
    members: Map<String, Value>,
) -> Result<T, E> {
    serde_json::from_value(Value::Object(members)).map_err(E::custom)
}

/// A condition: codes, or a range.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskFilter {
    /// The variable.
    variable: String,
    /// Public codes, of any of its lists.
    #[serde(default)]
    codes: Option<Vec<String>>,
    /// The lowest number that counts.
    #[serde(default)]
    from: Option<i64>,
    /// The highest number that counts.
    #[serde(default)]
    to: Option<i64>,
}

/// The vocabularies of a question's years.
struct Words {
    by_year: BTreeMap<u16, &'static Vocabulary>,
}

impl Ask {
    /// The question in its one form, or what is wrong with it.
    ///
    /// # Errors
    /// Names that do not exist with the nearest that do, numbers out of range, a cross that is too large.
    pub fn resolve(&self) -> Result<Question, Mistake> {
        let form = self.form()?;
        let words = self.words(form)?;
        let measure = self.measure.resolve(&words)?;
        let question = Question {
            form,
            years: words.by_year.keys().copied().collect(),
            group_by: terms::groups(&self.group_by, &words)?,
            filter: terms::conditions(&self.filter, &measure, &words)?,
            measure,
            precision: self.precision()?,
            non_negative: self.non_negative,
            pure: self.pure,
        };
        // The product is bounded before the cells are made: lists are short and groups few.
        match question.cell_count() {
            cells if cells > MOST_CELLS => Err(Mistake::TooManyCells { cells }),
            0 => Err(Mistake::shape(
                "ingen verdi av en kodeliste oppfyller vilkårene",
                "no value of a code list meets the conditions",
            )),
            _ => Ok(question),
        }
    }

    fn form(&self) -> Result<Form, Mistake> {
        let open = Vocabulary::forms();
        let Some(dataset) = &self.dataset else {
            return Err(Mistake::shape(
                "spørsmålet mangler `dataset`, som `skjema-11`",
                "the question lacks `dataset`, like `skjema-11`",
            ));
        };
        match Form::parse(dataset) {
            Some(form) if open.contains(&form) => Ok(form),
            Some(form) => Err(Mistake::NotOpen(form.dataset().to_owned())),
            None => {
                let known = open.iter().map(|form| form.dataset());
                Err(Mistake::unknown(What::Dataset, dataset, known))
            }
        }
    }

    fn words(&self, form: Form) -> Result<Words, Mistake> {
        let years: BTreeSet<u16> = self.years.iter().copied().chain(self.year).collect();
        if years.is_empty() {
            return Err(Mistake::shape("spørsmålet mangler `year`", "the question lacks `year`"));
        }
        let known: Vec<String> = Vocabulary::years(form).iter().map(u16::to_string).collect();
        let find = |year: u16| {
            let missing = || {
                Mistake::unknown(What::Year, &year.to_string(), known.iter().map(String::as_str))
            };
            Vocabulary::of(form, year).map(|vocabulary| (year, vocabulary)).ok_or_else(missing)
        };
        Ok(Words { by_year: years.into_iter().map(find).collect::<Result<_, _>>()? })
    }

    fn precision(&self) -> Result<Precision, Mistake> {
        match (self.rho, self.accuracy) {
            (Some(rho), None) => {
                let nano = scaled(rho, 9).filter(|nano| (1..=MOST_NANO_RHO).contains(nano));
                nano.map(Precision::NanoRho).ok_or_else(|| Mistake::Range {
                    member: "rho",
                    allowed: Text::new(
                        "fra 0,000000001 til 10; det regnes i milliarddeler, rundet ned",
                        "from 0.000000001 to 10; it is counted in billionths, rounded down",
                    ),
                })
            }
            (None, Some(width)) => {
                let milli =
                    scaled(width, 3).filter(|milli| (1..=1_000_000_000_000_000).contains(milli));
                milli.map(Precision::MilliHalfWidth).ok_or_else(|| Mistake::Range {
                    member: "accuracy",
                    allowed: Text::new(
                        "minst 0,001; det regnes i tusendeler, rundet ned",
                        "at least 0.001; it is counted in thousandths, rounded down",
                    ),
                })
            }
            _ => Err(Mistake::shape(
                "oppgi enten `rho` (hva svaret kan koste) eller `accuracy` (hvor nøyaktig det må være)",
                "say either `rho` (what the answer may cost) or `accuracy` (how near it must be)",
            )),
        }
    }
}

/// A positive decimal number times a power of ten, rounded down, so that nothing costs more or is less exact than was said.
/// It is read off its shortest decimal form, in which 0.1 is a tenth.
fn scaled(number: f64, decimals: usize) -> Option<u64> {
    if !number.is_finite() || number <= 0.0 || number > 1e15 {
        return None;
    }
    let text = format!("{number}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(decimals).collect();
    format!("{whole}{kept}").parse().ok()
}

impl Words {
    /// The variable of a name in every year.
    fn variable(&self, name: &str) -> Result<Vec<(u16, &'static Variable)>, Mistake> {
        let find = |(year, vocabulary): (&u16, &&'static Vocabulary)| {
            let mut all = vocabulary.variables().iter();
            let found = all.find(|variable| variable.column.eq_ignore_ascii_case(name));
            let known = vocabulary.variables().iter().map(|variable| variable.column.as_str());
            let mut numbers = vocabulary.amounts().iter();
            let missing = || match numbers.find(|one| one.column.eq_ignore_ascii_case(name)) {
                Some(number) => Mistake::IsNumber(number.column.clone()),
                None => Mistake::unknown(What::Variable, name, known),
            };
            found.map(|variable| (*year, variable)).ok_or_else(missing)
        };
        self.by_year.iter().map(find).collect()
    }

    /// The number of a name: its column, what it has room for and its usual bounds, alike in every year.
    fn amount(&self, name: &str) -> Result<(String, Clamp, Clamp), Mistake> {
        let mut agreed: Option<(String, Clamp, Clamp)> = None;
        for vocabulary in self.by_year.values() {
            let mut all = vocabulary.amounts().iter();
            let found = all.find(|amount| amount.column.eq_ignore_ascii_case(name));
            let known = vocabulary.amounts().iter().map(|amount| amount.column.as_str());
            let mut coded = vocabulary.variables().iter();
            let missing = || match coded.find(|one| one.column.eq_ignore_ascii_case(name)) {
                Some(coded) => Mistake::IsCoded(coded.column.clone()),
                None => Mistake::unknown(What::Amount, name, known),
            };
            let amount = found.ok_or_else(missing)?;
            let (domain, usual) =
                agreed.map_or((amount.domain, amount.usual), |(_, domain, usual)| {
                    (narrower(domain, amount.domain), narrower(usual, amount.usual))
                });
            agreed = Some((amount.column.clone(), domain, usual));
        }
        agreed.ok_or_else(|| Mistake::unknown(What::Amount, name, [].into_iter()))
    }
}

fn narrower(one: Clamp, other: Clamp) -> Clamp {
    Clamp { from: one.from.max(other.from), to: one.to.min(other.to) }
}
