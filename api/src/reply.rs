//! The one way a success leaves: with what was done to it, under which basis, and how to cache it.

use crate::language;
use crate::problem::{Kind, Problem};
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use hjemmel_disclosure::{Basis, Protection};
use hjemmel_kostra::Language;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What every answer is negotiated by.
pub const VARY: &str = "Accept, Accept-Encoding, Accept-Language, Authorization";

/// The headers a script of another site may read.
pub const EXPOSED: &str = "Accept-Ranges, Content-Disposition, Content-Range, ETag, Hjemmel-Basis, Hjemmel-Columns-Coarser, Hjemmel-Columns-Left-Out, Hjemmel-Decision, Hjemmel-Delivery, Hjemmel-Holder, Hjemmel-Holder-Decision, Hjemmel-Holder-Receipt, Hjemmel-Protection, Hjemmel-Receipt, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate";

/// `Cache-Control` of what is for one caller.
const PRIVATE: &str = "private, no-store";

/// How an answer is marked.
#[derive(Debug, Clone)]
pub struct Marks {
    /// What was done to the numbers.
    pub protection: Protection,
    /// The grant, if the answer rests on one.
    pub basis: Option<Basis>,
    /// The recorded decision, for answers that hold data.
    pub decision: Option<Uuid>,
}

impl Marks {
    /// An answer that holds nothing about persons.
    pub const OPEN: Self = Self { protection: Protection::NoneNeeded, basis: None, decision: None };

    /// Puts the marks on a response.
    pub fn put(&self, response: &mut HttpResponseBuilder) {
        response.insert_header(("Hjemmel-Protection", self.protection.as_str()));
        match &self.basis {
            Some(basis) => response.insert_header((
                "Hjemmel-Basis",
                format!("{};version={}", basis.grant_id, basis.grant_version),
            )),
            None => response.insert_header(("Hjemmel-Basis", "none")),
        };
        if let Some(decision) = self.decision {
            response.insert_header(("Hjemmel-Decision", decision.to_string()));
        }
        response.insert_header((header::VARY, VARY));
    }

    /// Whether a shared cache may keep it: never what rests on a grant.
    #[must_use]
    pub const fn cache_control(&self) -> &'static str {
        match self.basis {
            None => "public, max-age=0, must-revalidate",
            Some(_) => PRIVATE,
        }
    }
}

/// A strong entity tag of a body under its marks: equal numbers that one caller is entitled to and another
/// is shown protected are two answers.
#[must_use]
pub fn entity_tag(marks: &Marks, body: &[u8]) -> String {
    let basis = marks.basis.as_ref();
    let digest = Sha256::new()
        .chain_update(marks.protection.as_str())
        .chain_update([0])
        .chain_update(basis.map_or("", |basis| basis.grant_id.as_str()))
        .chain_update([0])
        .chain_update(basis.map_or(0, |basis| basis.grant_version).to_be_bytes())
        .chain_update(body)
        .finalize();
    format!("\"{}\"", hex::encode(digest.get(..16).unwrap_or_default()))
}

/// Whether the caller already holds this entity (RFC 9110 section 13.1.2).
#[must_use]
pub fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let Some(known) = request.headers().get(header::IF_NONE_MATCH) else { return false };
    let Ok(known) = known.to_str() else { return false };
    known
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == "*" || known == tag)
}

/// The 304 for whoever holds the stream that answers a question, or else the stream's tag.
///
/// Nobody has seen the bytes yet. But an edition never changes, so the same question under the same version of
/// the same grant has the same answer from this version of the program.
///
/// # Errors
/// The tag, where the stream has to be sent.
pub fn not_modified(
    request: &HttpRequest,
    marks: &Marks,
    question: &str,
) -> Result<HttpResponse, String> {
    let question = concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned() + question;
    let tag = entity_tag(marks, question.as_bytes());
    let weak = format!("W/{tag}");
    if !is_known(request, &tag) {
        return Err(weak);
    }
    let mut response = HttpResponse::NotModified();
    marks.put(&mut response);
    response
        .insert_header((header::ETAG, weak))
        .insert_header((header::CACHE_CONTROL, marks.cache_control()));
    Ok(response.finish())
}

/// An answer in the making.
pub struct Reply<'a> {
    request: &'a HttpRequest,
    marks: Marks,
    language: Option<Language>,
    cache_control: &'static str,
    tag: Option<String>,
    location: Option<String>,
    status: StatusCode,
}

impl<'a> Reply<'a> {
    /// An answer that holds nothing about persons.
    #[must_use]
    pub const fn open(request: &'a HttpRequest) -> Self {
        Self::marked(request, Marks::OPEN)
    }

    /// An answer with marks of its own.
    #[must_use]
    pub const fn marked(request: &'a HttpRequest, marks: Marks) -> Self {
        let cache_control = marks.cache_control();
        Self {
            request,
            marks,
            language: None,
            cache_control,
            tag: None,
            location: None,
            status: StatusCode::OK,
        }
    }

    /// An answer about the caller, for nobody else's cache.
    #[must_use]
    pub fn personal(request: &'a HttpRequest) -> Self {
        let reply = Self::open(request);
        Self { cache_control: PRIVATE, ..reply }
    }

    /// An answer with marks of its own, for nobody else's cache.
    #[must_use]
    pub fn private(request: &'a HttpRequest, marks: Marks) -> Self {
        let reply = Self::marked(request, marks);
        Self { cache_control: PRIVATE, ..reply }
    }

    /// Says which language the words of the answer are in; without it the answer has none of ours.
    #[must_use]
    pub const fn in_language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Under a tag of the thing's own instead of one of the bytes, so that a change can name what it changes.
    #[must_use]
    pub fn tagged(self, tag: String) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Of something new, which is found at an address.
    #[must_use]
    pub fn found_at(self, address: String) -> Self {
        Self { location: Some(address), ..self }
    }

    /// With another status than 200.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn json(self, value: &impl serde::Serialize) -> Result<HttpResponse, Problem> {
        let body = serde_json::to_vec(value).map_err(|_| Problem::new(Kind::Internal))?;
        self.json_bytes(body)
    }

    /// Sends JSON that is already encoded.
    ///
    /// # Errors
    /// None today; the signature lets callers chain.
    pub fn json_bytes(self, body: Vec<u8>) -> Result<HttpResponse, Problem> {
        Ok(self.send("application/json; charset=UTF-8", body.into()))
    }

    /// Sends bytes of a media type.
    #[must_use]
    pub fn send(self, media_type: &str, body: Bytes) -> HttpResponse {
        // What changes something is answered whole, whatever the caller holds.
        let changes = self.tag.is_some() && self.request.method() != Method::GET;
        let tag = self.tag.unwrap_or_else(|| entity_tag(&self.marks, &body));
        let known = !changes && is_known(self.request, &tag);
        let status = if known { StatusCode::NOT_MODIFIED } else { self.status };
        let mut response = HttpResponse::build(status);
        self.marks.put(&mut response);
        response
            .insert_header((header::ETAG, tag))
            .insert_header((header::CACHE_CONTROL, self.cache_control));
        if let Some(address) = self.location {
            response.insert_header((header::LOCATION, address));
        }
        if let Some(language) = self.language {
            response.insert_header((header::CONTENT_LANGUAGE, language::tag(language)));
        }
        if known {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, media_type)).body(body)
    }
}

#[cfg(test)]
mod tests;
