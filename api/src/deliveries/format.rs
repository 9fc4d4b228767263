//! A delivery as it leaves: JSON, a page for a person, or comma separated values.

use super::view::Delivery;
use super::{page, sheet};
use crate::accept::preferred;
use crate::language::wants_nynorsk;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use hjemmel_kostra::Language;

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// A page for a person.
    Html,
    /// Comma separated values.
    Csv,
}

impl Format {
    /// What a request asks for.
    ///
    /// # Errors
    /// When it asks for something else.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        match Query::of(request).first("format") {
            Some("json") => return Ok(Self::Json),
            Some("html") => return Ok(Self::Html),
            Some("csv") => return Ok(Self::Csv),
            Some(_) => {
                return Err(Problem::new(Kind::ParameterError)
                    .detail("`format` er json, html eller csv", "`format` is json, html or csv"));
            }
            None => {}
        }
        match preferred(request, &["application/json", "text/html", "text/csv"]) {
            Some("text/html") => Ok(Self::Html),
            Some("text/csv") => Ok(Self::Csv),
            Some(_) => Ok(Self::Json),
            // Whoever accepts only problems is told of a refusal as one.
            None if preferred(request, &[crate::problem::MEDIA_TYPE]).is_some() => Ok(Self::Json),
            None => Err(Problem::new(Kind::NotAcceptable)),
        }
    }
}

/// A delivery in the format and language that were asked for; a refused one in JSON is a problem.
///
/// # Errors
/// A refused one, and what cannot be encoded.
pub fn answer(
    request: &HttpRequest,
    view: Delivery,
    (format, language): (Format, Language),
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let is_nynorsk = language == Language::Nb && wants_nynorsk(request);
    let view = if is_nynorsk { view.in_nynorsk() } else { view };
    let tag = if is_nynorsk { "nn" } else { crate::language::tag(language) };
    if format == Format::Json && status.is_client_error() {
        let told = serde_json::to_value(&view).map_err(|_| Problem::new(Kind::Internal))?;
        return Err(Problem::new(Kind::DeliveryRefused).with("delivery", told));
    }
    let reply = Reply::personal(request)
        .in_language(language)
        .with_status(status)
        .tagged(format!("\"{}.{}.{}\"", view.id, view.status, tag));
    let mut response = match format {
        Format::Json => reply.json(&view)?,
        Format::Csv => reply.send("text/csv; charset=utf-8", sheet::csv(&view)?.into()),
        Format::Html => {
            let mut response = reply
                .send("text/html; charset=utf-8", page::html(&view, language, is_nynorsk).into());
            response.headers_mut().insert(
                header::CONTENT_SECURITY_POLICY,
                header::HeaderValue::from_static(page::CONTENT_SECURITY_POLICY),
            );
            response
        }
    };
    let headers = response.headers_mut();
    if is_nynorsk {
        headers.insert(header::CONTENT_LANGUAGE, header::HeaderValue::from_static("nn"));
    }
    if let Ok(id) = view.id.to_string().parse() {
        headers.insert(header::HeaderName::from_static("hjemmel-delivery"), id);
    }
    if status == StatusCode::CREATED
        && let Ok(address) = format!("/v1/deliveries/{}", view.id).parse()
    {
        headers.insert(header::LOCATION, address);
    }
    Ok(response)
}
