//! What a request for tables asks, read leniently where clients rely on it: names in any case of letters,
//! unknown parameters ignored.

use super::selection::{Placement, VariableSelection, VariablesSelection, clip, split_values};
use super::sheet::Style;
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
    /// JSON-stat 1.2, in the first interface only.
    JsonStat1,
    /// Comma separated values.
    Csv(Style),
    /// A PX file.
    Px,
    /// An Excel workbook.
    Xlsx(Style),
    /// A table for a browser.
    Html(Style),
    /// The JSON of Statbank's first interface.
    JsonPx,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// The names of the formats, as `/config` lists them.
    pub const NAMES: [&str; 7] = ["json-stat2", "csv", "px", "xlsx", "html", "json-px", "parquet"];

    /// The format of a name, in any case of letters, with its parameters.
    ///
    /// # Errors
    /// Unknown formats and parameters that do not fit the format.
    pub fn named(name: &str, parameters: &[String]) -> Result<Self, Problem> {
        let name = name.to_ascii_lowercase();
        let plain = match name.as_str() {
            "csv" => return Style::parse("csv", parameters).map(Self::Csv),
            "xlsx" => return Style::parse("xlsx", parameters).map(Self::Xlsx),
            "html" => return Style::parse("html", parameters).map(Self::Html),
            "json-stat2" => Self::JsonStat2,
            "px" => Self::Px,
            "json-px" => Self::JsonPx,
            "parquet" => Self::Parquet,
            other => {
                let (other, known) = (clip(other), Self::NAMES.join(", "));
                return Err(Problem::new(Kind::ParameterError)
                    .titled("Unsupported output format")
                    .detail(
                        format!("formatet `{other}` finnes ikke; bruk en av {known}"),
                        format!("there is no format `{other}`; use one of {known}"),
                    ));
            }
        };
        if parameters.is_empty() {
            return Ok(plain);
        }
        Err(Problem::new(Kind::ParameterError)
            .titled("Unsupported output format parameter")
            .detail(
                format!("{name} har ingen formatparametre"),
                format!("{name} has no format parameters"),
            ))
    }

    /// The `Content-Type` it is sent with.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::JsonStat2 | Self::JsonStat1 | Self::JsonPx => "application/json; charset=UTF-8",
            Self::Csv(_) => "text/csv; charset=utf-8",
            Self::Px => "application/octet-stream; charset=utf-8",
            Self::Xlsx(_) => WORKBOOK,
            Self::Html(_) => "text/html; charset=utf-8",
            Self::Parquet => "application/octet-stream",
        }
    }

    /// The end of the file name.
    #[must_use]
    pub const fn extension(&self) -> &'static str {
        match self {
            Self::JsonStat2 | Self::JsonStat1 | Self::JsonPx => "json",
            Self::Csv(_) => "csv",
            Self::Px => "px",
            Self::Xlsx(_) => "xlsx",
            Self::Html(_) => "html",
            Self::Parquet => "parquet",
        }
    }

    /// Whether it is compressed in itself.
    #[must_use]
    pub const fn is_packed(&self) -> bool {
        matches!(self, Self::Xlsx(_) | Self::Parquet)
    }
}

/// The media type of an Excel workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The media types a table can be had as by `Accept`, and the format of each. The other name of JSON-stat stands
/// after csv, so that a wildcard beside a refusal of JSON is csv.
const OFFERS: [(&str, &str); 6] = [
    ("application/json", "json-stat2"),
    ("text/csv", "csv"),
    ("application/json-stat+json", "json-stat2"),
    ("text/html", "html"),
    (WORKBOOK, "xlsx"),
    ("application/vnd.apache.parquet", "parquet"),
];

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

    /// A number of at least one; nought and less say nothing, as paging in the reference has it.
    ///
    /// # Errors
    /// When the value is no number.
    pub fn positive(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let said = self.first(name).and_then(|text| text.trim().parse::<i64>().ok());
        if said.is_some_and(|number| number < 1) { Ok(None) } else { self.number(name) }
    }

    /// A word that says yes or no, in any case of letters; no where it is not there.
    #[must_use]
    pub fn says_yes(&self, name: &str) -> bool {
        self.first(name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
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
        Format::named(&name, &parameters)
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

/// The best format for an `Accept` header; json-stat2 where anything will do.
fn accepted(request: &HttpRequest) -> Result<&'static str, Problem> {
    let offers = OFFERS.map(|(media_type, _)| media_type);
    let chosen = accept::preferred(request, &offers);
    let format = OFFERS.iter().find(|(media_type, _)| Some(*media_type) == chosen);
    format.map(|(_, format)| *format).ok_or_else(|| {
        let all = offers.join(", ");
        Problem::new(Kind::NotAcceptable).detail(
            format!("tabellen kan hentes som {all}; px og json-px med outputFormat"),
            format!("the table can be had as {all}; px and json-px by outputFormat"),
        )
    })
}

#[cfg(test)]
mod tests;
