//! The whole application over a small installation: real database, records, release, keys and tokens.

use super::*;
use crate::command::small;
use crate::identity::{TestIssuers, Verifier};
use actix_web::http::{Method, header};
use actix_web::test as http;
use serde_json::Value;
use std::sync::{Mutex, Weak};
use tempfile::TempDir;

mod embargo;
mod releases;

struct Place {
    app: web::Data<App>,
    directory: TempDir,
}

impl Place {
    /// One for all tests that run at the same time; it goes when the last of them ends.
    fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Place>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(place) = shared.upgrade() {
            return place;
        }
        // Publishing drives a runtime of its own, which no thread of another runtime may.
        let place = Arc::new(std::thread::spawn(Self::make).join().unwrap());
        *shared = Arc::downgrade(&place);
        place
    }

    fn make() -> Self {
        let directory = TempDir::new().unwrap();
        let settings = small(directory.path()).unwrap().settings;
        let verifier = Verifier::new(settings.issuers.clone(), TestIssuers::Allowed).unwrap();
        assert!(verifier.refresh_due(Utc::now()).is_empty());
        let app = web::Data::new(App::open(settings, verifier).unwrap());
        Self { app, directory }
    }

    /// The same installation as a command opens it.
    fn installation(&self) -> crate::command::Installation {
        crate::command::Installation::of(self.app.settings().clone()).unwrap()
    }

    fn token(&self, name: &str) -> (header::HeaderName, String) {
        let path = self.directory.path().join("tokens").join(format!("{name}.jwt"));
        (header::AUTHORIZATION, format!("Bearer {}", std::fs::read_to_string(path).unwrap()))
    }

    async fn ask(&self, request: http::TestRequest) -> Answer {
        let document = Arc::new(openapi::document().unwrap());
        let service = http::init_service(application(self.app.clone(), document)).await;
        let response = http::call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = http::try_read_body(response).await.unwrap().to_vec();
        Answer { status, headers, body }
    }
}

struct Answer {
    status: u16,
    headers: header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn is_problem(&self, status: u16, slug: &str) {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), crate::problem::MEDIA_TYPE);
        assert_eq!(self.json()["type"], format!("/problems/{slug}"));
    }
}

const TABLE: &str = "/pxwebapi/v2/tables/S11C1/data";
const RECORDS: &str = "/v1/datasets/skjema-11c/microdata?year=2024&limit=3";

#[actix_web::test]
async fn head_answers_as_get_does_without_the_body() {
    let place = Place::shared();
    let csv = format!("{RECORDS}&format=csv");
    for uri in [TABLE, RECORDS, &csv, "/v1/datasets", "/pxwebapi/v2/tables/none/data"] {
        let ask = |method| {
            let request = http::TestRequest::with_uri(uri).method(method);
            place.ask(request.insert_header(place.token("nav")))
        };
        let (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
        assert_eq!(get.status, head.status, "{uri}");
        assert!(!get.body.is_empty() && head.body.is_empty(), "{uri}");
        for name in ["content-type", "etag", "vary", "hjemmel-protection", "hjemmel-basis"] {
            assert_eq!(get.header(name), head.header(name), "{uri} {name}");
        }
        assert_eq!(
            get.headers.contains_key("hjemmel-decision"),
            head.headers.contains_key("hjemmel-decision")
        );
    }
}

#[actix_web::test]
async fn a_wrong_method_is_405_and_the_right_ones_are_named() {
    let place = Place::shared();
    for (method, uri, allowed) in [
        (Method::PUT, TABLE, "GET, HEAD, OPTIONS, POST"),
        (Method::DELETE, "/v1/me", "GET, HEAD, OPTIONS"),
        (Method::POST, RECORDS, "GET, HEAD, OPTIONS"),
        (Method::POST, "/openapi.json", "GET, HEAD, OPTIONS"),
        (Method::POST, "/docs", "GET, HEAD, OPTIONS"),
    ] {
        let answer = place.ask(http::TestRequest::with_uri(uri).method(method)).await;
        answer.is_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), allowed, "{uri}");
    }
    place.ask(http::TestRequest::put().uri("/v1/nothing")).await.is_problem(404, "not-found");
}

#[actix_web::test]
async fn the_bare_address_leads_to_the_documentation() {
    let answer = Place::shared().ask(http::TestRequest::get().uri("/")).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/docs/"));
}

#[actix_web::test]
async fn what_cannot_be_read_is_a_problem_never_plain_text() {
    let place = Place::shared();
    let get = |uri: &str| place.ask(http::TestRequest::get().uri(uri));
    get("/v1/datasets/%FF").await.is_problem(404, "not-found");
    get("/problems/%FF%FE").await.is_problem(404, "not-found");
    get("/docs/nothing.js").await.is_problem(404, "not-found");
    get("/pxwebapi/v2/tables?pageSize=%FF").await.is_problem(400, "parameter-error");
    get("/pxwebapi/v2/tables?pageNumber=-1").await.is_problem(400, "parameter-error");
    get(&format!("{TABLE}?valueCodes[Tid]=%FF")).await.is_problem(400, "parameter-error");
    let post = |body: Vec<u8>| place.ask(http::TestRequest::post().uri(TABLE).set_payload(body));
    post(b"{".to_vec()).await.is_problem(400, "parameter-error");
    post(vec![0xff; 8]).await.is_problem(400, "parameter-error");
    post(vec![b' '; LARGEST_BODY + 1]).await.is_problem(413, "too-large");
    let decision = http::TestRequest::get().uri("/v1/decisions/no-id");
    place.ask(decision.insert_header(place.token("nav"))).await.is_problem(404, "not-found");
}

#[actix_web::test]
async fn http_says_nb_where_statbank_says_no() {
    let place = Place::shared();
    let get = |uri: &str| place.ask(http::TestRequest::get().uri(uri));
    let answer = get(&format!("{TABLE}?lang=no")).await;
    assert_eq!((answer.status, answer.header("content-language")), (200, "nb"));
    assert_eq!(answer.json()["extension"]["px"]["language"], "no");
    assert_eq!(get(&format!("{TABLE}?lang=en")).await.header("content-language"), "en");
    let list = get("/pxwebapi/v2/tables?lang=no").await;
    assert_eq!((list.header("content-language"), &list.json()["language"]), ("nb", &"no".into()));
    assert_eq!(get("/v1/nothing?lang=nb").await.header("content-language"), "nb");
}

#[actix_web::test]
async fn answers_vary_by_what_is_negotiated_and_by_nothing_else() {
    let place = Place::shared();
    for uri in [TABLE, "/v1/datasets", "/v1/nothing", RECORDS] {
        let mut tags = Vec::new();
        for (accepted, coding) in
            [("identity", ""), ("gzip", "gzip"), ("zstd;q=1, gzip;q=0.5", "zstd"), ("br", "br")]
        {
            let asked = http::TestRequest::get().uri(uri);
            let answer = place.ask(asked.insert_header((header::ACCEPT_ENCODING, accepted))).await;
            assert_eq!(answer.headers.get_all("vary").count(), 1, "{uri}");
            assert_eq!(answer.header("vary"), crate::reply::VARY, "{uri}");
            assert_eq!(answer.header("content-encoding"), coding, "{uri} {accepted}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let tag = answer.header("etag").to_owned();
            assert_eq!(tag.starts_with("W/"), !tag.is_empty() && !coding.is_empty(), "{uri}");
            tags.push(tag.trim_start_matches("W/").to_owned());
        }
        assert!(tags.iter().all(|tag| *tag == tags[0]), "{uri} {tags:?}");
    }
}

#[actix_web::test]
async fn a_coding_nobody_has_is_refused_as_a_problem() {
    let asked = http::TestRequest::get().uri(TABLE);
    let asked = asked.insert_header((header::ACCEPT_ENCODING, "compress, identity;q=0"));
    Place::shared().ask(asked).await.is_problem(406, "not-acceptable");
}

#[actix_web::test]
async fn no_shared_cache_may_keep_what_is_for_one_caller() {
    let place = Place::shared();
    let as_nav =
        |uri: &str| place.ask(http::TestRequest::get().uri(uri).insert_header(place.token("nav")));
    assert_eq!(as_nav("/v1/me").await.header("cache-control"), "private, no-store");
    let records = as_nav(RECORDS).await;
    assert_eq!(records.status, 200, "{}", String::from_utf8_lossy(&records.body));
    assert_eq!(records.header("cache-control"), "private, no-store");
    let decision = format!("/v1/decisions/{}", records.header("hjemmel-decision"));
    let decision = as_nav(&decision).await;
    assert_eq!((decision.status, decision.header("cache-control")), (200, "private, no-store"));
    let open = place.ask(http::TestRequest::get().uri(TABLE)).await;
    assert_eq!(open.header("cache-control"), "public, max-age=0, must-revalidate");
}
