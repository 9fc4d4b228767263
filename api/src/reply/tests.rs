use super::*;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

fn asked(known: Option<&str>) -> HttpRequest {
    let mut request = TestRequest::get();
    if let Some(known) = known {
        request = request.insert_header((header::IF_NONE_MATCH, known));
    }
    request.to_http_request()
}

fn header(response: &HttpResponse, name: &str) -> String {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[test]
fn a_tag_is_quoted_and_follows_the_body_and_its_marks() {
    let tag = entity_tag(&Marks::OPEN, b"a");
    assert_eq!(tag.len(), 34);
    assert!(tag.starts_with('"') && tag.ends_with('"'));
    assert_eq!(tag, entity_tag(&Marks::OPEN, b"a"));
    assert_ne!(tag, entity_tag(&Marks::OPEN, b"b"));
    let under = |protection, grant: &str, version| {
        let basis = Basis { grant_id: grant.to_owned(), grant_version: version };
        entity_tag(&Marks { protection, basis: Some(basis), decision: None }, b"a")
    };
    let tags = [
        under(Protection::Exact, "nav-11", 1),
        under(Protection::Exact, "nav-11", 2),
        under(Protection::Exact, "nav-12", 1),
        under(Protection::Suppressed, "nav-11", 1),
        tag,
    ];
    assert_eq!(tags.iter().collect::<std::collections::BTreeSet<_>>().len(), tags.len());
}

#[test]
fn a_body_the_caller_holds_is_not_sent_again() {
    let tag = entity_tag(&Marks::OPEN, b"{}");
    let held = [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()];
    for known in &held {
        let request = asked(Some(known));
        let response = Reply::open(&request).json_bytes(b"{}".to_vec()).unwrap();
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(header(&response, "etag"), tag);
        assert_eq!(header(&response, "vary"), VARY);
        assert!(response.into_body().try_into_bytes().unwrap().is_empty());
    }
    for other in [None, Some("\"x\""), Some(""), Some("x")] {
        let request = asked(other);
        let response = Reply::open(&request).json_bytes(b"{}".to_vec()).unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{other:?}");
        assert_eq!(response.into_body().try_into_bytes().unwrap(), "{}");
    }
}

#[test]
fn an_open_answer_says_that_nothing_was_needed() {
    let request = asked(None);
    let response = Reply::open(&request).in_language(Language::Nb).json(&"a").unwrap();
    assert_eq!(header(&response, "hjemmel-protection"), "none-needed");
    assert_eq!(header(&response, "hjemmel-basis"), "none");
    assert_eq!(header(&response, "content-language"), "nb");
    assert_eq!(header(&response, "content-type"), "application/json; charset=UTF-8");
    assert_eq!(header(&response, "cache-control"), "public, max-age=0, must-revalidate");
    assert!(!response.headers().contains_key("hjemmel-decision"));
}

#[test]
fn an_answer_on_a_basis_names_it_and_is_for_one_caller() {
    let decision = Uuid::from_u128(9);
    let basis = Basis { grant_id: "nav-11".to_owned(), grant_version: 3 };
    let marks =
        Marks { protection: Protection::Exact, basis: Some(basis), decision: Some(decision) };
    let request = asked(None);
    let response = Reply::marked(&request, marks).json(&1).unwrap();
    assert_eq!(header(&response, "hjemmel-protection"), "exact");
    assert_eq!(header(&response, "hjemmel-basis"), "nav-11;version=3");
    assert_eq!(header(&response, "hjemmel-decision"), decision.to_string());
    assert_eq!(header(&response, "cache-control"), PRIVATE);
    assert_eq!(header(&Reply::personal(&request).json(&1).unwrap(), "cache-control"), PRIVATE);
}
