//! The one way a success leaves: with what was done to it, under which basis, and how to cache it.

use crate::problem::{Kind, Problem};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use hjemmel_disclosure::{Basis, Protection};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What every answer is negotiated by.
pub const VARY: &str = "Accept, Accept-Encoding, Accept-Language, Authorization";

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
        response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
        response.insert_header((
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, Hjemmel-Protection, Hjemmel-Basis, Hjemmel-Decision",
        ));
    }

    /// Whether a shared cache may keep it: never what rests on a grant.
    #[must_use]
    pub const fn cache_control(&self) -> &'static str {
        match self.basis {
            None => "public, max-age=0, must-revalidate",
            Some(_) => "private, no-store",
        }
    }
}

/// A strong entity tag of a body.
#[must_use]
pub fn entity_tag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
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

/// An answer in the making.
pub struct Reply<'a> {
    request: &'a HttpRequest,
    marks: Marks,
}

impl<'a> Reply<'a> {
    /// An answer that holds nothing about persons.
    #[must_use]
    pub const fn open(request: &'a HttpRequest) -> Self {
        Self { request, marks: Marks::OPEN }
    }

    /// An answer with marks of its own.
    #[must_use]
    pub const fn marked(request: &'a HttpRequest, marks: Marks) -> Self {
        Self { request, marks }
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
        let tag = entity_tag(&body);
        let known = is_known(self.request, &tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        self.marks.put(&mut response);
        response
            .insert_header((header::ETAG, tag))
            .insert_header((header::CACHE_CONTROL, self.marks.cache_control()));
        if known {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, media_type)).body(body)
    }
}
