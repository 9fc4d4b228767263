//! What is selected of a table: the expressions of PxWebApi 2 turned into positions.

use super::cube::{Cube, Positions, Role, Variable};
use crate::problem::{Kind, Problem};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// One variable's part of a selection, as PxWebApi 2 writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariableSelection {
    /// The variable: `Region`, `Tid`.
    pub variable_code: String,
    /// A code list to put in place of the variable's own values: `agg_Fylker`, `vs_Kommuner`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codelist: Option<String>,
    /// Codes or expressions: `0301`, `EKA*`, `top(2)`, `from(2023)`, `range(2016,2024)`, `*`. None beside a code
    /// list means all of the list.
    #[serde(default)]
    pub value_codes: Vec<String>,
}

/// Where variables go in a two-way layout.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Placement {
    /// Variables across the top.
    #[serde(default)]
    pub heading: Vec<String>,
    /// Variables down the side.
    #[serde(default)]
    pub stub: Vec<String>,
}

/// The body of a POST for data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VariablesSelection {
    /// One entry a variable; none means the default selection.
    #[serde(default)]
    pub selection: Vec<VariableSelection>,
    /// Layout for csv, html, xlsx and px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

/// The most expressions, codes aside, that one selection may have: each is tried on every value.
const MOST_EXPRESSIONS: usize = 1_000;

/// Positions and which variables stay in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// One list a variable, table order, each value once.
    pub positions: Positions,
    /// False for variables left out, whose total is shown instead.
    pub kept: Vec<bool>,
}

impl Selected {
    /// How many cells it has.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.positions.iter().map(Vec::len).fold(1usize, usize::saturating_mul)
    }
}

pub(super) fn wrong(title: &'static str, nb: String, en: String) -> Problem {
    Problem::new(Kind::ParameterError).titled(title).detail(nb, en)
}

/// Everything of the latest year: what a table is published for.
#[must_use]
pub fn default_selection(cube: &Cube) -> Selected {
    let latest = cube.years.len().saturating_sub(1);
    let positions = cube
        .variables
        .iter()
        .map(|variable| match variable.role {
            Role::Time => (latest..variable.values.len()).collect(),
            _ => (0..variable.values.len())
                .filter(|&at| variable.values.get(at).is_some_and(|value| value.occurs_in(latest)))
                .collect(),
        })
        .collect();
    Selected { positions, kept: vec![true; cube.variables.len()] }
}

/// Resolves a selection; a variable left out is replaced by its total.
///
/// # Errors
/// Unknown variables, codes and code lists, ill-formed expressions, and mandatory variables left out.
pub fn resolve(cube: &Cube, wanted: &[VariableSelection]) -> Result<Selected, Problem> {
    if wanted.is_empty() {
        return Ok(default_selection(cube));
    }
    let mut chosen: Vec<Option<Vec<usize>>> = vec![None; cube.variables.len()];
    let mut seen: HashSet<(usize, &str)> = HashSet::new();
    let mut expressions = 0;
    for part in wanted {
        let (at, slot, variable) = cube
            .variable(&part.variable_code)
            .and_then(|at| Some((at, chosen.get_mut(at)?, cube.variables.get(at)?)))
            .ok_or_else(|| unknown_variable(cube, &part.variable_code))?;
        let slot = slot.get_or_insert_default();
        for expression in part.value_codes.iter().map(|text| text.trim()) {
            // What is said twice selects nothing more.
            if !seen.insert((at, expression)) {
                continue;
            }
            expressions += usize::from(variable.position(expression).is_none());
            if expressions > MOST_EXPRESSIONS {
                return Err(too_many_expressions());
            }
            slot.extend(evaluate(variable, expression)?);
        }
        // Without values the variable would be replaced by its total: not what a mask asked for.
        if slot.is_empty()
            && let Some(expression) = part.value_codes.first()
        {
            return Err(nothing_fits(variable, expression));
        }
    }
    let mut selected = Selected { positions: Vec::new(), kept: Vec::new() };
    for (variable, positions) in cube.variables.iter().zip(chosen) {
        let positions = positions.filter(|positions| !positions.is_empty());
        selected.kept.push(positions.is_some());
        selected.positions.push(match (positions, variable.elimination) {
            (Some(mut positions), _) => {
                positions.sort_unstable();
                positions.dedup();
                positions
            }
            (None, Some(total)) => vec![total],
            (None, None) => {
                return Err(wrong(
                    "Missing selection for mandantory variable",
                    format!("velg minst én verdi for `{}`", variable.code),
                    format!("select at least one value of `{}`", variable.code),
                ));
            }
        });
    }
    Ok(selected)
}

pub(super) fn unknown_variable(cube: &Cube, code: &str) -> Problem {
    let names = cube.variables.iter().map(|variable| variable.code.as_str());
    let near = nearest(code, names);
    wrong(
        "Non-existent variable",
        format!("tabellen har ingen variabel `{}`{}", clip(code), hint_nb(near)),
        format!("the table has no variable `{}`{}", clip(code), hint_en(near)),
    )
}

fn unknown_value(variable: &Variable, code: &str) -> Problem {
    // Many write the name where the code belongs.
    let name = code.to_lowercase();
    let is_called = |label: &str| label.to_lowercase() == name;
    let by_name = variable
        .values
        .iter()
        .find(|value| is_called(&value.label.nb) || is_called(&value.label.en))
        .map(|value| value.code.as_str());
    let codes = variable.values.iter().map(|value| value.code.as_str());
    let near = by_name.or_else(|| nearest(code, codes));
    wrong(
        "Non-existent value",
        format!("`{}` har ingen verdi `{}`{}", variable.code, clip(code), hint_nb(near)),
        format!("`{}` has no value `{}`{}", variable.code, clip(code), hint_en(near)),
    )
}

fn too_many_expressions() -> Problem {
    wrong(
        "Illegal selection expression",
        format!("utvalget har flere enn {MOST_EXPRESSIONS} uttrykk; skriv kodene, eller `*`"),
        format!(
            "the selection has more than {MOST_EXPRESSIONS} expressions; write the codes, or `*`"
        ),
    )
}

fn nothing_fits(variable: &Variable, expression: &str) -> Problem {
    // To the reference a mask without hits is no selection at all, which only a mandatory variable minds.
    let title = match variable.elimination {
        Some(_) => "Non-existent value",
        None => "Missing selection for mandantory variable",
    };
    wrong(
        title,
        format!("ingen verdi av `{}` passer `{}`", variable.code, clip(expression)),
        format!("no value of `{}` fits `{}`", variable.code, clip(expression)),
    )
}

fn ill_formed(variable: &Variable, expression: &str) -> Problem {
    wrong(
        "Illegal selection expression",
        format!("kan ikke tolke uttrykket `{}` for `{}`", clip(expression), variable.code),
        format!("cannot read the expression `{}` for `{}`", clip(expression), variable.code),
    )
}

/// A caller's own words, short enough to repeat.
#[must_use]
pub fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// The candidate closest to what was written, if any is close.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = clip(written).to_lowercase();
    candidates
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&written, &candidate.to_lowercase()), candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `; mente du …?`, when something is near.
#[must_use]
pub fn hint_nb(near: Option<&str>) -> String {
    near.map(|near| format!("; mente du `{near}`?")).unwrap_or_default()
}

/// `; did you mean …?`, when something is near.
#[must_use]
pub fn hint_en(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// A value whose code equals the text wins over the expression; then range, top, bottom, from, to, masks.
fn evaluate(variable: &Variable, expression: &str) -> Result<Vec<usize>, Problem> {
    if let Some(at) = variable.position(expression) {
        return Ok(vec![at]);
    }
    let count = variable.values.len();
    if let Some((name, arguments)) = call(expression) {
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        let code =
            |text: &&str| variable.position(text).ok_or_else(|| unknown_value(variable, text));
        return match (name.as_str(), arguments.as_slice()) {
            ("range", [a, b]) => {
                let (a, b) = (code(a)?, code(b)?);
                Ok((a.min(b)..=a.max(b)).collect())
            }
            ("from", [a]) => Ok((code(a)?..count).collect()),
            ("to", [a]) => Ok((0..=code(a)?).collect()),
            ("top" | "bottom", [n]) => {
                ends(variable, &name, n, "0").ok_or_else(|| ill_formed(variable, expression))
            }
            ("top" | "bottom", [n, offset]) => {
                ends(variable, &name, n, offset).ok_or_else(|| ill_formed(variable, expression))
            }
            _ => Err(ill_formed(variable, expression)),
        };
    }
    if expression.contains(['*', '?']) {
        return mask(variable, expression).ok_or_else(|| ill_formed(variable, expression));
    }
    Err(unknown_value(variable, expression))
}

fn call(expression: &str) -> Option<(String, &str)> {
    let (name, rest) = expression.split_once('(')?;
    Some((name.to_ascii_lowercase(), rest.strip_suffix(')')?))
}

/// `top` is the latest of time and the first of anything else; `bottom` the other end.
fn ends(variable: &Variable, name: &str, n: &str, offset: &str) -> Option<Vec<usize>> {
    let n: usize = n.parse().ok().filter(|n| *n >= 1)?;
    let offset: usize = offset.parse().ok()?;
    let count = variable.values.len();
    let latest = (name == "top") == (variable.role == Role::Time);
    Some(if latest {
        let end = count.saturating_sub(offset);
        (end.saturating_sub(n)..end).collect()
    } else {
        let start = offset.min(count);
        (start..start.saturating_add(n).min(count)).collect()
    })
}

/// At most two stars, only at the ends; any number of `?`, each one character.
fn mask(variable: &Variable, expression: &str) -> Option<Vec<usize>> {
    let head = expression.starts_with('*');
    let tail = expression.ends_with('*') && expression.len() > 1;
    let core = expression.strip_prefix('*').unwrap_or(expression);
    let core = if tail { core.strip_suffix('*').unwrap_or(core) } else { core };
    if core.contains('*') {
        return None;
    }
    let pattern: Vec<char> = core.to_lowercase().chars().collect();
    let fits = |window: &[char]| {
        window.len() == pattern.len()
            && window.iter().zip(&pattern).all(|(c, p)| *p == '?' || c == p)
    };
    let matches = |code: &str| {
        let letters: Vec<char> = code.to_lowercase().chars().collect();
        let spare = letters.len().checked_sub(pattern.len());
        match (spare, head, tail) {
            (None, ..) => false,
            (Some(spare), false, false) => spare == 0 && fits(&letters),
            (Some(_), false, true) => letters.get(..pattern.len()).is_some_and(&fits),
            (Some(spare), true, false) => letters.get(spare..).is_some_and(&fits),
            (Some(spare), true, true) => {
                (0..=spare).any(|at| letters.get(at..at + pattern.len()).is_some_and(&fits))
            }
        }
    };
    Some(
        variable
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| matches(&value.code))
            .map(|(at, _)| at)
            .collect(),
    )
}

/// Splits `a,b,[range(1,2)]` on the commas outside brackets and parentheses, dropping the brackets.
#[must_use]
pub fn split_values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut depth = 0usize;
    for c in text.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        if !matches!(c, '[' | ']')
            && let Some(last) = values.last_mut()
        {
            last.push(c);
        }
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    values.retain(|value| !value.trim().is_empty());
    values
}

#[cfg(test)]
mod tests;
