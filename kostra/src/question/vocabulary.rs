//! What a dataset-year can be asked about: its code variables with their public lists, and its numbers.

use super::Clamp;
use crate::columns::{ColumnKind, ColumnRole, FICTITIOUS_YEAR};
use crate::derive::NOT_STATED;
use crate::regions::OSLO;
use crate::{Column, Division, Form, Layout, Level, Text, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The forms whose records can be asked about.
const OPEN: [Form; 2] = [Form::F11, Form::F11C];

/// The variable of regions.
pub(super) const REGION: &str = "REGION";

/// What one form and year can be asked about.
#[derive(Debug)]
pub struct Vocabulary {
    variables: Vec<Variable>,
    amounts: Vec<Amount>,
}

/// A variable with public code lists: to group by and to set conditions on.
#[derive(Debug)]
pub struct Variable {
    /// The register column.
    pub column: String,
    /// What it holds.
    pub label: Text,
    /// Every code a record can hold. A record without one holds the empty code.
    pub leaves: Vec<String>,
    /// Its code lists, coarsest first; the last is the finest.
    pub lists: Vec<CodeList>,
}

/// One public list of values that a variable can be grouped by.
#[derive(Debug)]
pub struct CodeList {
    /// `county`, `municipality`, `detailed`.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// Its values; no leaf is in two of them.
    pub values: Vec<Value>,
}

/// A number: to sum, average, rank or count in intervals, and to set conditions on.
#[derive(Debug)]
pub struct Amount {
    /// The register column.
    pub column: String,
    /// What it holds.
    pub label: Text,
    /// What its field has room for.
    pub domain: Clamp,
    /// The bounds where a question names none.
    pub usual: Clamp,
}

static ALL: LazyLock<BTreeMap<(Form, u16), Vocabulary>> = LazyLock::new(|| {
    let years = |form| {
        Layout::years(form).into_iter().chain((form == Form::F11).then_some(FICTITIOUS_YEAR))
    };
    let pairs = OPEN.into_iter().flat_map(|form| years(form).map(move |year| (form, year)));
    pairs.filter_map(|(form, year)| Some(((form, year), Vocabulary::make(form, year)?))).collect()
});

impl Vocabulary {
    /// What a form and year can be asked about; none where no questions are answered.
    #[must_use]
    pub fn of(form: Form, year: u16) -> Option<&'static Self> {
        ALL.get(&(form, year))
    }

    /// The years of a form that can be asked about, oldest first; none for a form without questions.
    #[must_use]
    pub fn years(form: Form) -> Vec<u16> {
        ALL.keys().filter(|(known, _)| *known == form).map(|(_, year)| *year).collect()
    }

    /// The forms that can be asked about.
    #[must_use]
    pub const fn forms() -> [Form; 2] {
        OPEN
    }

    /// The code variables.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The numbers.
    #[must_use]
    pub fn amounts(&self) -> &[Amount] {
        &self.amounts
    }

    /// The code variable of a column.
    #[must_use]
    pub fn variable(&self, column: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.column == column)
    }

    /// The number of a column.
    #[must_use]
    pub fn amount(&self, column: &str) -> Option<&Amount> {
        self.amounts.iter().find(|amount| amount.column == column)
    }

    fn make(form: Form, year: u16) -> Option<Self> {
        let division = Division::of(year)?;
        let columns = crate::columns(form, year);
        let content = || columns.iter().filter(|column| column.role == ColumnRole::Content);
        let is_region = |column: &Column| matches!(column.name.as_str(), "KOMMUNE_NR" | "BYDELSNR");
        let coded = content().filter(|column| column.kind == ColumnKind::Code);
        let variables = coded
            .filter(|column| !is_region(column))
            .map(|column| match column.name.as_str() {
                REGION => regions(column, division),
                _ => Variable::coded(column),
            })
            .collect();
        let numbers = content().filter(|column| column.kind == ColumnKind::Integer);
        let amounts = numbers.map(|column| Amount::of(column, form, year)).collect();
        Some(Self { variables, amounts })
    }
}

impl Variable {
    /// The code list of an id.
    #[must_use]
    pub fn list(&self, id: &str) -> Option<&CodeList> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// The finest code list.
    #[must_use]
    pub fn finest(&self) -> Option<&CodeList> {
        self.lists.last()
    }

    /// The leaves of a public code, whichever list it is of.
    pub(super) fn leaves_of(&self, code: &str) -> Option<&[String]> {
        let values = self.lists.iter().rev().flat_map(|list| &list.values);
        values.into_iter().find(|value| value.code == code).map(|value| value.leaves.as_slice())
    }

    /// Every public code, of whichever list.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> + Clone {
        self.lists.iter().flat_map(|list| &list.values).map(|value| value.code.as_str())
    }

    fn coded(column: &Column) -> Self {
        let listed = column.codes.iter().map(|code| leaf(&code.code, &code.label, [&code.code]));
        let mut values: Vec<Value> = listed.collect();
        let (unstated, nb, en) = NOT_STATED;
        match values.iter_mut().find(|value| value.code == unstated) {
            Some(value) => value.leaves.push(String::new()),
            None => values.push(leaf(unstated, &Text::new(nb, en), [""])),
        }
        let leaves = values.iter().flat_map(|value| value.leaves.clone()).collect();
        let detailed = CodeList {
            id: "detailed".to_owned(),
            label: Text::new("Alle koder", "All codes"),
            values,
        };
        let lists = broader(column, &detailed).into_iter().chain([detailed]).collect();
        Self { column: column.name.clone(), label: column.label.clone(), leaves, lists }
    }
}

fn leaf<const N: usize>(code: &str, label: &Text, leaves: [&str; N]) -> Value {
    Value {
        code: code.to_owned(),
        label: label.clone(),
        level: Level::Leaf,
        leaves: leaves.map(str::to_owned).to_vec(),
    }
}

/// The values of a broader list: code, name in bokmål and English, and the codes it adds up.
type Unions = &'static [(&'static str, &'static str, &'static str, &'static [&'static str])];

/// Lists that add up codes, by column.
const BROADER: [(&str, &str, &str, &str, Unions); 3] = [
    (
        "ALDERSGRUPPE",
        "broad",
        "Brede aldersgrupper",
        "Wide age bands",
        &[
            ("00-24", "Under 25 år", "Under 25 years", &["00-17", "18-24"]),
            ("25-44", "25-44 år", "25-44 years", &["25-44"]),
            ("45+", "45 år eller eldre", "45 years or older", &["45-66", "67+"]),
        ],
    ),
    (
        "MNDSPENN",
        "broad",
        "Brede spenn",
        "Wide spans",
        &[
            ("01-05", "1-5 måneder", "1-5 months", &["01-05"]),
            ("06-12", "6-12 måneder", "6-12 months", &["06-09", "10-12"]),
        ],
    ),
    (
        "VKLO",
        "main",
        "Hovedgrupper",
        "Main groups",
        &[
            ("arbeid", "Arbeidsinntekt", "Earned income", &["1"]),
            ("trygd", "Trygd eller pensjon", "Social security or pension", &["3"]),
            ("soshjelp", "Sosialhjelp", "Social assistance", &["5"]),
            ("annet", "Annen inntekt", "Other income", &["2", "4", "6", "7", "8", "9"]),
        ],
    ),
];

/// A broader list of a column, where there is one and it adds up every code; what is not stated stays apart.
fn broader(column: &Column, detailed: &CodeList) -> Option<CodeList> {
    let (_, id, nb, en, unions) = BROADER.iter().find(|(name, ..)| *name == column.name)?;
    let mut values: Vec<Value> = unions
        .iter()
        .map(|(code, nb, en, members)| Value {
            code: (*code).to_owned(),
            label: Text::new(*nb, *en),
            level: Level::Leaf,
            leaves: members.iter().map(|member| (*member).to_owned()).collect(),
        })
        .collect();
    values.extend(detailed.values.iter().filter(|value| value.code == NOT_STATED.0).cloned());
    let has = |leaf: &String| values.iter().any(|value| value.leaves.contains(leaf));
    let whole = detailed.values.iter().flat_map(|value| &value.leaves).all(has);
    whole.then(|| CodeList { id: (*id).to_owned(), label: Text::new(*nb, *en), values })
}

fn regions(column: &Column, division: &'static Division) -> Variable {
    let of = |level| division.values().iter().filter(move |value| value.level == level).cloned();
    let districts = of(Level::Kommune).filter(|value| value.code != OSLO).chain(of(Level::Leaf));
    let list = |id: &str, nb: &str, en: &str, values: Vec<Value>| CodeList {
        id: id.to_owned(),
        label: Text::new(nb, en),
        values,
    };
    let country = division.value("EAK").cloned().into_iter().collect();
    let by_size = of(Level::Size).collect();
    let mut variable = Variable {
        column: column.name.clone(),
        label: column.label.clone(),
        leaves: division.leaves().to_vec(),
        lists: vec![
            list("country", "Landet", "The whole country", country),
            list(
                "kostra-group",
                "KOSTRA-grupper",
                "KOSTRA groups",
                of(Level::KostraGroup).collect(),
            ),
            list(
                "size",
                "Kommuner etter folkemengde",
                "Municipalities by number of inhabitants",
                by_size,
            ),
            list("county", "Fylker", "Counties", of(Level::Fylke).collect()),
            list("municipality", "Kommuner", "Municipalities", of(Level::Kommune).collect()),
            list(
                "district",
                "Kommuner, i Oslo bydeler",
                "Municipalities, in Oslo city districts",
                districts.collect(),
            ),
        ],
    };
    // Inhabitants are not known of every year.
    variable.lists.retain(|list| !list.values.is_empty());
    variable
}

impl Amount {
    fn of(column: &Column, form: Form, year: u16) -> Self {
        let digits = Layout::of(form, year)
            .and_then(|layout| layout.field(&column.name))
            .map_or(3, |field| field.length.min(12));
        let room = (0..digits).fold(1_i64, |room, _| room * 10) - 1;
        let highest = match column.name.as_str() {
            "ALDER" => 125,
            "ANTMND" => 12,
            _ => room,
        };
        let usual = match column.name.as_str() {
            "BIDRAG" => 400_000,
            "KVP_STONAD" => 300_000,
            "LAAN" => 100_000,
            "ANTBU18" => 10,
            name if name.starts_with("BIDRAG_") || name.starts_with("LAAN_") => 50_000,
            _ => highest,
        };
        Self {
            column: column.name.clone(),
            label: column.label.clone(),
            domain: Clamp { from: 0, to: highest },
            usual: Clamp { from: 0, to: usual.min(highest) },
        }
    }
}
