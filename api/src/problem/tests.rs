use super::*;
use actix_web::body::MessageBody as _;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn body(response: HttpResponse) -> Value {
    let bytes = response.into_body().try_into_bytes().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn every_kind_has_its_own_slug_and_words_in_both_languages() {
    let slugs: BTreeSet<&str> = Kind::ALL.into_iter().map(Kind::slug).collect();
    assert_eq!(slugs.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        assert!(kind.slug().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{kind:?}");
        assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
        for text in [kind.title(), kind.meaning()] {
            assert!(!text.nb.is_empty() && !text.en.is_empty(), "{kind:?}");
        }
        let meaning = kind.meaning();
        assert_ne!(meaning.nb, meaning.en, "{kind:?}");
    }
}

#[test]
fn every_kind_is_answered_as_a_problem_nobody_may_store() {
    for kind in Kind::ALL {
        let response = Problem::new(kind).about(Language::En, "/v1/me").error_response();
        assert_eq!(response.status(), kind.status());
        let header = |name| response.headers().get(name).map_or("", |v| v.to_str().unwrap());
        assert_eq!(header(header::CONTENT_TYPE), "application/problem+json");
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert_eq!(header(header::CONTENT_LANGUAGE), "en");
        assert_eq!(header(header::VARY), crate::reply::VARY);
        let unauthorised = kind.status() == StatusCode::UNAUTHORIZED;
        assert_eq!(header(header::WWW_AUTHENTICATE).starts_with("Bearer"), unauthorised);
        let passes = matches!(kind, Kind::Unavailable | Kind::LimitReached);
        assert_eq!(!header(header::RETRY_AFTER).is_empty(), passes);
        let body = body(response);
        assert_eq!(body["type"], format!("/problems/{}", kind.slug()));
        assert_eq!(body["status"], kind.status().as_u16());
        assert_eq!(body["title"], kind.title().en);
        assert_eq!(body["detail"], kind.meaning().en);
        assert_eq!(body["instance"], "/v1/me");
    }
}

#[test]
fn what_was_added_is_there_and_what_was_not_is_not() {
    let id = uuid::Uuid::from_u128(7);
    let problem = Problem::new(Kind::TooManyCells)
        .titled("Too many cells selected")
        .detail("for mange", "too many")
        .with("maxDataCells", 10)
        .decided(id);
    assert_eq!(problem.to_string(), "too-many-cells");
    let response = problem.error_response();
    assert_eq!(response.headers().get("Hjemmel-Decision").unwrap(), id.to_string().as_str());
    assert_eq!(
        body(response),
        json!({
            "type": "/problems/too-many-cells", "title": "Too many cells selected", "status": 403,
            "detail": "for mange", "instance": "", "decision": id.to_string(), "maxDataCells": 10,
        })
    );
    let plain = body(Problem::new(Kind::NotFound).error_response());
    assert!(plain.get("decision").is_none());
}

#[test]
fn the_language_is_the_one_named_in_the_address_else_the_one_preferred() {
    let asked = |uri: &str, preferred: &str| {
        let request = TestRequest::with_uri(uri).insert_header(("Accept-Language", preferred));
        requested_language(&request.to_http_request())
    };
    assert_eq!(asked("/?lang=en", "nb"), Language::En);
    assert_eq!(asked("/?a=b&LANG=no", "en"), Language::Nb);
    assert_eq!(asked("/?lang=de", "en"), Language::En);
    assert_eq!(asked("/", "de"), Language::Nb);
}
