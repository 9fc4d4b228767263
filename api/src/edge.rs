//! What holds for every request whatever its route: `HEAD` is `GET` without the body, `OPTIONS` says what can be
//! done, no body is larger than any question needs, and whatever goes wrong is said as a problem.

use crate::app::App;
use crate::federation::receive;
use crate::limits::Standing;
use crate::problem::{Kind, Problem, requested_language};
use crate::routes::table_list::PREFIX;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _};
use futures::FutureExt as _;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The largest body any question needs.
pub const LARGEST_BODY: usize = 2 << 20;

/// What can be done at addresses that are in no document, such as the documentation.
const READ_ONLY: &str = "GET, HEAD, OPTIONS";

/// The headers a script of another site may send. `Authorization` is among them: the script must hold the
/// token itself, for the browser adds none of its own (there are no cookies and no credentials are allowed).
const SENT_BY_SCRIPTS: &str = "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range";

/// Marks a `GET` whose body nobody waits for.
struct HeadAlone;

/// Whether the head is all that is asked for.
#[must_use]
pub fn is_head_alone(request: &HttpRequest) -> bool {
    request.extensions().contains::<HeadAlone>()
}

/// The methods of each address, as `Allow` lists them.
#[derive(Debug, Default)]
pub struct Methods(BTreeMap<String, String>);

impl Methods {
    /// Reads them off the OpenAPI document, so that they cannot differ from the routes.
    #[must_use]
    pub fn of(document: &serde_json::Value) -> Self {
        let paths = document.get("paths").and_then(serde_json::Value::as_object);
        let listed = paths.into_iter().flatten().map(|(path, operations)| {
            let mut methods: Vec<String> = operations
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::keys)
                .map(|method| method.to_uppercase())
                .collect();
            if methods.iter().any(|method| method == "GET") {
                methods.push("HEAD".to_owned());
            }
            methods.push("OPTIONS".to_owned());
            methods.sort_unstable();
            (path.clone(), methods.join(", "))
        });
        Self(listed.collect())
    }

    fn allowed(&self, pattern: Option<&str>) -> &str {
        pattern.and_then(|pattern| self.0.get(pattern)).map_or(READ_ONLY, String::as_str)
    }
}

/// Stands between the network and every handler.
///
/// # Errors
/// A problem, when a handler panicked.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if declared_length(&request) > LARGEST_BODY && !is_delivery(&request) {
        let problem = Problem::new(Kind::TooLarge).for_request(request.request());
        return Ok(request.into_response(problem.error_response()));
    }
    if holds_nul(&request) {
        let problem = Problem::new(Kind::ParameterError).detail(
            "adressen har et NUL-tegn (%00), som ingenting her kan hete",
            "the address holds a NUL character (%00), which no name here can have",
        );
        let problem = problem.for_request(request.request());
        return Ok(request.into_response(problem.error_response()));
    }
    let standing = standing(&request);
    if let Some((Standing { left: None, seconds }, marks)) = &standing {
        let problem = Problem::new(Kind::TooManyRequests).for_request(request.request());
        let mut response = problem.error_response();
        mark(response.headers_mut(), marks);
        response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
        return Ok(request.into_response(response));
    }
    redirected(&mut request);
    if request.method() == Method::OPTIONS && request.match_pattern().is_some() {
        let response = options(&request);
        return Ok(request.into_response(response));
    }
    let head = request.method() == Method::HEAD;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    if head {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(HeadAlone);
    }
    // The request cannot be kept: routing needs it for itself.
    let (language, path) = (requested_language(request.request()), request.path().to_owned());
    let answered = AssertUnwindSafe(async { next.call(request).await }).catch_unwind().await;
    let Ok(answered) = answered else {
        tracing::error!(path, "a handler panicked");
        return Err(Problem::new(Kind::Internal).about(language, &path).into());
    };
    let mut response = readable(answered?.map_into_boxed_body());
    let request = response.request().clone();
    if let Err(problem) = receive::spent(&request).await {
        response = response.into_response(problem.for_request(&request).error_response());
    }
    let status = response.status().as_u16();
    crate::federation::receipt::add(&request, response.headers_mut(), status);
    drop(request);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(allowed) = allowed(response.request()).parse()
    {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    encoded(&mut response, known.as_ref());
    if let Some((_, marks)) = &standing {
        mark(response.headers_mut(), marks);
    }
    Ok(if head { response.map_body(|_, body| Withheld(body.size()).boxed()) } else { response })
}

/// PostgreSQL's texts hold no NUL: to look for one would look like a fault of the database.
fn holds_nul(request: &ServiceRequest) -> bool {
    let uri = request.uri();
    [uri.path(), uri.query().unwrap_or_default()].iter().any(|part| part.contains("%00"))
}

/// A file that is read as it arrives has a limit of its own.
fn is_delivery(request: &ServiceRequest) -> bool {
    request.method() == Method::POST && request.path() == "/v1/deliveries"
}

/// A path as the routes know it, where it is written with the installation's own prefix or in other letters: what
/// Statbank's interfaces are called by is not told apart by the case of its letters, but for the ids in it.
fn canonical(path: &str, prefix: &str) -> Option<String> {
    let after = |start: &str| {
        let head = path.get(..start.len()).filter(|head| head.eq_ignore_ascii_case(start))?;
        path.get(head.len()..).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let rest = after(prefix).or_else(|| after(PREFIX))?;
    let parts = || rest.split('/').enumerate().map(|(at, part)| (part, matches!(at, 1 | 3)));
    let is_known = |(part, is_word): (&str, bool)| {
        !is_word || !part.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    // Nearly every request is written so, and for those nothing is made.
    if path.strip_suffix(rest) == Some(PREFIX) && parts().all(is_known) {
        return None;
    }
    let known = parts().map(
        |(part, is_word)| {
            if is_word { part.to_ascii_lowercase() } else { part.to_owned() }
        },
    );
    Some(format!("{PREFIX}{}", known.collect::<Vec<_>>().join("/")))
}

/// Clients of Statbank and KLASS may end an address in a slash, which says nothing.
fn without_slash<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let bare = path.strip_suffix('/')?;
    let starts =
        |start: &&str| bare.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    [prefix, PREFIX, "/api/v0/", "/api/klass/v1/"].iter().any(starts).then_some(bare)
}

/// Clients of KLASS ask for `codesAt.csv` where others say by `Accept` what they take.
fn klass_ending(path: &str) -> Option<(String, &'static str)> {
    if !path.starts_with("/api/klass/v1/") {
        return None;
    }
    let mut endings = [(".csv", "text/csv"), (".json", "application/json")].into_iter();
    endings.find_map(|(ending, kind)| Some((path.strip_suffix(ending)?.to_owned(), kind)))
}

/// Counts the call of whoever is at the other end of the connection, and what the answer says of it.
fn standing(request: &ServiceRequest) -> Option<(Standing, [HeaderValue; 2])> {
    let buckets = request.app_data::<Data<App>>()?.buckets();
    let standing = buckets.call(request.peer_addr()?.ip());
    let written = HeaderValue::try_from(standing.written()).ok()?;
    Some((standing, [written, buckets.policy().clone()]))
}

fn mark(headers: &mut HeaderMap, [standing, policy]: &[HeaderValue; 2]) {
    headers.insert(HeaderName::from_static("ratelimit"), standing.clone());
    headers.insert(HeaderName::from_static("ratelimit-policy"), policy.clone());
}

/// Sends a request to the route it means.
fn redirected(request: &mut ServiceRequest) {
    let app = request.app_data::<Data<App>>();
    let prefix = app.map_or(PREFIX, |app| app.settings().tables.prefix.as_str());
    let trimmed = without_slash(request.path(), prefix);
    let path = trimmed.unwrap_or(request.path());
    let (path, media_type) = match (canonical(path, prefix), klass_ending(path)) {
        (Some(path), _) => (path, None),
        (None, Some((path, media_type))) => (path, Some(media_type)),
        (None, None) => match trimmed {
            Some(path) => (path.to_owned(), None),
            None => return,
        },
    };
    if let Some(media_type) = media_type {
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(media_type));
    }
    let query = request.query_string();
    let whole = if query.is_empty() { path } else { format!("{path}?{query}") };
    let mut parts = request.head().uri.clone().into_parts();
    parts.path_and_query = whole.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

fn declared_length(request: &ServiceRequest) -> usize {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

/// Extractors and the framework answer in plain text; callers are promised problems.
fn readable(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes() == crate::problem::MEDIA_TYPE.as_bytes());
    // A report on a refused delivery is what was asked for, in the format that was asked for.
    let is_report = response.headers().contains_key("hjemmel-delivery");
    if is_problem || is_report || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = Problem::new(kind(status)).for_request(response.request());
    response.into_response(problem.error_response())
}

fn kind(status: StatusCode) -> Kind {
    match status {
        StatusCode::UNAUTHORIZED => Kind::NotSignedIn,
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Kind::MethodNotAllowed,
        StatusCode::NOT_ACCEPTABLE => Kind::NotAcceptable,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        StatusCode::SERVICE_UNAVAILABLE => Kind::Unavailable,
        status if status.is_server_error() => Kind::Internal,
        _ => Kind::ParameterError,
    }
}

fn allowed(request: &HttpRequest) -> String {
    let pattern = request.match_pattern();
    let methods = request.app_data::<Data<Methods>>();
    methods.map_or(READ_ONLY, |methods| methods.allowed(pattern.as_deref())).to_owned()
}

/// What can be done at an address, for whoever asks and for the browser that asks before a script may.
fn options(request: &ServiceRequest) -> HttpResponse {
    let allowed = allowed(request.request());
    let mut response = HttpResponse::NoContent();
    response.insert_header((header::ALLOW, allowed.as_str()));
    if request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        response
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, allowed))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, SENT_BY_SCRIPTS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"));
    }
    response.finish()
}

/// An entity tag names bytes; of an answer that is compressed on its way it can only say that the content is
/// the same, which a weak tag does. A 304 carries the tag its 200 had.
fn encoded(response: &mut ServiceResponse<BoxBody>, known: Option<&HeaderValue>) {
    let not_modified = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else {
        return plain(headers);
    };
    let weak = format!("W/{}", tag.trim_start_matches("W/"));
    let holds_weak = known.and_then(|known| known.to_str().ok()).is_some_and(|k| k.contains(&weak));
    let compressed =
        headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if (compressed || (not_modified && holds_weak))
        && let Ok(weak) = weak.parse()
    {
        headers.insert(header::ETAG, weak);
    }
    plain(headers);
}

/// `identity` is what keeps the compressor away; it is no coding to tell. `Vary` is ours alone.
fn plain(headers: &mut HeaderMap) {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "identity") {
        headers.remove(header::CONTENT_ENCODING);
    }
    if headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static(crate::reply::VARY));
    }
}

/// A body that is announced and not sent.
struct Withheld(BodySize);

impl MessageBody for Withheld {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests;
