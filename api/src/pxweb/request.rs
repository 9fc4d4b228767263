//! What a request for tables asks, read leniently where clients rely on it: names in any case of letters,
//! unknown parameters ignored.

use super::csv::Style;
use super::selection::{Placement, VariableSelection, VariablesSelection, clip, split_values};
use crate::accept;
use crate::language;
use crate::problem::{Kind, Problem, requested_language};
use actix_web::HttpRequest;
use hjemmel_kostra::Language;

/// Formats the data can be had in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// JSON-stat 2.0, the default.
    JsonStat2,
    /// Comma separated values.
    Csv(Style),
}

impl Format {
    /// The names of the formats, as `/config` lists them.
    pub const NAMES: [&str; 2] = ["json-stat2", "csv"];

    /// The `Content-Type` it is sent with.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::JsonStat2 => "application/json; charset=UTF-8",
            Self::Csv(_) => "text/csv; charset=utf-8",
        }
    }

    /// The end of the file name.
    #[must_use]
    pub const fn extension(&self) -> &'static str {
        match self {
            Self::JsonStat2 => "json",
            Self::Csv(_) => "csv",
        }
    }
}

/// A request's query, each name in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query string of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self::parse(request.query_string())
    }

    /// Reads a query string; brackets may be percent-encoded or not.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(pairs.map(|(name, value)| (name.to_lowercase(), value.into_owned())).collect())
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every parameter, names in lower case.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a parameter, split on commas.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| split_values(value))
            .collect()
    }

    /// A positive number.
    ///
    /// # Errors
    /// When the value is something else.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.first(name) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| {
            Problem::new(Kind::ParameterError).titled("Parameter error").detail(
                format!("`{name}` må være et helt tall, ikke `{}`", clip(text)),
                format!("`{name}` must be a whole number, not `{}`", clip(text)),
            )
        })
    }

    /// The language asked for by `lang=`, else by the header.
    ///
    /// # Errors
    /// When `lang=` names a language there is none of.
    pub fn language(&self, request: &HttpRequest) -> Result<Language, Problem> {
        match self.first("lang").filter(|text| !text.is_empty()) {
            None => Ok(requested_language(request)),
            Some(text) => language::parse(text).ok_or_else(|| {
                Problem::new(Kind::ParameterError).titled("Unsupported language").detail(
                    format!("språket `{}` finnes ikke; bruk `no` eller `en`", clip(text)),
                    format!("there is no language `{}`; use `no` or `en`", clip(text)),
                )
            }),
        }
    }

    /// The format asked for by `outputFormat=`, else by `Accept`.
    ///
    /// # Errors
    /// Unknown formats and parameters that do not fit the format.
    pub fn format(&self, request: &HttpRequest) -> Result<Format, Problem> {
        let parameters = self.list("outputformatparams");
        let named = self.first("outputformat").filter(|text| !text.is_empty());
        let name = match named {
            Some(name) => name.to_ascii_lowercase(),
            None => accepted(request)?.to_owned(),
        };
        match name.as_str() {
            "csv" => Style::parse(&parameters).map(Format::Csv),
            "json-stat2" if parameters.is_empty() => Ok(Format::JsonStat2),
            "json-stat2" => Err(Problem::new(Kind::ParameterError)
                .titled("Unsupported output format parameter")
                .detail(
                    "json-stat2 har ingen formatparametre",
                    "json-stat2 has no format parameters",
                )),
            other => {
                Err(Problem::new(Kind::ParameterError).titled("Unsupported output format").detail(
                    format!("formatet `{}` finnes ikke; bruk json-stat2 eller csv", clip(other)),
                    format!("there is no format `{}`; use json-stat2 or csv", clip(other)),
                ))
            }
        }
    }

    /// The selection and layout of a GET for data.
    #[must_use]
    pub fn selection(&self) -> VariablesSelection {
        let inside = |name: &str, prefix: &str| {
            name.strip_prefix(prefix)?.strip_suffix(']').map(ToOwned::to_owned)
        };
        let mut selection: Vec<VariableSelection> = Vec::new();
        let mut part = |code: String, codelist: Option<String>, values: Vec<String>| match selection
            .iter_mut()
            .find(|part| part.variable_code == code)
        {
            Some(part) => {
                part.value_codes.extend(values);
                part.codelist = part.codelist.take().or(codelist);
            }
            None => selection.push(VariableSelection {
                variable_code: code,
                codelist,
                value_codes: values,
            }),
        };
        for (name, value) in &self.0 {
            if let Some(code) = inside(name, "valuecodes[") {
                part(code, None, split_values(value));
            } else if let Some(code) = inside(name, "codelist[") {
                part(code, Some(value.clone()), Vec::new());
            }
        }
        let placement = Placement { heading: self.list("heading"), stub: self.list("stub") };
        VariablesSelection { selection, placement: Some(placement) }
    }
}

/// The best format for an `Accept` header; json-stat2 where anything will do. Its other name comes last, so that
/// a wildcard beside a refusal of JSON is csv.
fn accepted(request: &HttpRequest) -> Result<&'static str, Problem> {
    match accept::preferred(
        request,
        &["application/json", "text/csv", "application/json-stat+json"],
    ) {
        Some("text/csv") => Ok("csv"),
        Some(_) => Ok("json-stat2"),
        None => Err(Problem::new(Kind::NotAcceptable).detail(
            "tabellen kan hentes som application/json (JSON-stat 2.0) eller text/csv",
            "the table can be had as application/json (JSON-stat 2.0) or text/csv",
        )),
    }
}

#[cfg(test)]
mod tests;
