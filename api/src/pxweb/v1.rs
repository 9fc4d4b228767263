//! Questions of Statbank's first interface, as the second one asks them.

use super::request::Format;
use super::selection::{VariableSelection, clip};
use super::sheet::Style;
use crate::problem::{Kind, Problem};
use serde::Deserialize;

/// A question of the first interface.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct TableQuery {
    /// One entry a variable; a variable that is left out is its total, or all of its values where it has none.
    #[serde(default)]
    pub query: Vec<QueryPart>,
    /// The format.
    #[serde(default)]
    pub response: ResponseFormat,
}

/// One variable's part of it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct QueryPart {
    /// The variable.
    pub code: String,
    /// What is selected of it.
    pub selection: Filter,
}

/// What is selected of a variable.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Filter {
    /// `item`, `all`, `top`, `agg:…` or `vs:…`.
    pub filter: String,
    /// Codes, masks, or how many.
    #[serde(default)]
    pub values: Vec<String>,
}

/// How it is answered.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct ResponseFormat {
    /// `json-stat2`, `json-stat`, `json`, `csv`, `csv2`, `csv3`, `px`, `xlsx`; px unless said.
    #[serde(default)]
    pub format: String,
}

/// A problem as the first interface's clients read it.
pub fn wrong(nb: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(Kind::ParameterError)
        .titled("Parameter error")
        .detail(nb, en)
        .with("error", "Parameter error")
}

/// One part as the other interface writes it.
///
/// # Errors
/// A filter that does not exist, or has no value, or a mask in an aggregation.
pub fn part(part: QueryPart) -> Result<VariableSelection, Problem> {
    let Filter { filter, values } = part.selection;
    let code = part.code;
    let (name, list) = filter.split_once(':').unwrap_or((filter.as_str(), ""));
    let plain = |values| VariableSelection {
        variable_code: code.clone(),
        codelist: None,
        value_codes: values,
    };
    match (name.to_ascii_lowercase().as_str(), values.as_slice()) {
        ("item" | "all", _) => Ok(plain(values)),
        ("top", [count]) => Ok(plain(vec![format!("top({})", count.trim())])),
        ("agg", _) if values.iter().any(|value| value.contains('*')) => Err(wrong(
            format!("`{}`: velg verdiene i en aggregering ved navn, ikke med `*`", clip(&code)),
            format!("`{}`: name the values of an aggregation, `*` will not do", clip(&code)),
        )),
        ("agg" | "vs", _) => {
            let start = format!("{}_", name.to_ascii_lowercase());
            let id =
                if list.starts_with(&start) { list.to_owned() } else { format!("{start}{list}") };
            Ok(VariableSelection { variable_code: code, codelist: Some(id), value_codes: values })
        }
        _ => Err(wrong(
            format!(
                "variabelen `{}`: filteret `{}` finnes ikke eller mangler verdi; bruk item, all, top, agg: eller vs:",
                clip(&code),
                clip(&filter)
            ),
            format!(
                "the request for variable `{}` has an error: there is no filter `{}`, or it has no value; use item, all, top, agg: or vs:",
                clip(&code),
                clip(&filter)
            ),
        )),
    }
}

/// The format of a name, and whether everything goes down.
///
/// # Errors
/// A format that does not exist.
pub fn format(name: &str) -> Result<(Format, bool), Problem> {
    let texts = |naming: &str| Style::parse("csv", &[naming.to_owned()]).map(Format::Csv);
    Ok(match name.to_ascii_lowercase().as_str() {
        "" | "px" => (Format::Px, false),
        "json-stat2" => (Format::JsonStat2, false),
        "json-stat" => (Format::JsonStat1, false),
        "json" => (Format::JsonPx, false),
        "csv" => (texts("UseTexts")?, false),
        "csv2" => (texts("UseTexts")?, true),
        "csv3" => (texts("UseCodes")?, true),
        "xlsx" => (Format::named("xlsx", &[])?, false),
        other => {
            let known = "json-stat2, json-stat, json, csv, csv2, csv3, px, xlsx";
            return Err(wrong(
                format!("formatet `{}` finnes ikke; bruk en av {known}", clip(other)),
                format!("there is no format `{}`; use one of {known}", clip(other)),
            ));
        }
    })
}

#[cfg(test)]
mod tests;
