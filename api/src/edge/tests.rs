use super::*;
use actix_web::middleware::from_fn;
use actix_web::test as http;
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};

async fn panics() -> HttpResponse {
    panic!("a value nobody may see: 3107")
}

async fn plain() -> Result<HttpResponse, Error> {
    Err(actix_web::error::ErrorBadRequest("plain words"))
}

async fn length(body: Bytes) -> String {
    body.len().to_string()
}

/// What an address answers: status, `Content-Type` and the whole body.
async fn ask(request: http::TestRequest) -> (u16, String, Vec<u8>) {
    let app = http::init_service(
        App::new()
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .wrap(from_fn(guard))
            .route("/panics", web::get().to(panics))
            .route("/plain", web::get().to(plain))
            .route("/length", web::post().to(length)),
    )
    .await;
    let response = match http::try_call_service(&app, request.to_request()).await {
        Ok(response) => response.into_parts().1,
        Err(error) => error.error_response(),
    };
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = response.status().as_u16();
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    (status, media_type, body.to_vec())
}

#[actix_web::test]
async fn a_panic_in_a_handler_is_a_500_that_says_nothing_more() {
    let request = http::TestRequest::get().uri("/panics?lang=en");
    let (status, media_type, body) = ask(request).await;
    assert_eq!((status, media_type.as_str()), (500, crate::problem::MEDIA_TYPE));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["type"], "/problems/internal");
    assert_eq!(body["instance"], "/panics");
    assert_eq!(body["title"], "Internal error");
    assert!(!body.to_string().contains("3107"), "{body}");
}

#[actix_web::test]
async fn no_name_holds_a_nul() {
    for address in ["/plain?organisation=%00", "/plain/a%00b", "/nothing?%00"] {
        let (status, media_type, body) = ask(http::TestRequest::get().uri(address)).await;
        assert_eq!((status, media_type.as_str()), (400, crate::problem::MEDIA_TYPE), "{address}");
        assert!(String::from_utf8_lossy(&body).contains("%00"), "{address}");
    }
}

#[actix_web::test]
async fn plain_words_of_the_framework_become_a_problem() {
    let (status, media_type, body) = ask(http::TestRequest::get().uri("/plain")).await;
    assert_eq!((status, media_type.as_str()), (400, crate::problem::MEDIA_TYPE));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["type"], "/problems/parameter-error");
    assert_eq!(body["instance"], "/plain");
}

#[actix_web::test]
async fn a_body_is_taken_up_to_the_limit_and_not_a_byte_further() {
    let post = |size| http::TestRequest::post().uri("/length").set_payload(vec![b' '; size]);
    let (status, _, body) = ask(post(LARGEST_BODY)).await;
    assert_eq!((status, body), (200, LARGEST_BODY.to_string().into_bytes()));
    let (status, media_type, body) = ask(post(LARGEST_BODY + 1)).await;
    assert_eq!((status, media_type.as_str()), (413, crate::problem::MEDIA_TYPE));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["type"], "/problems/too-large");
    let declared = http::TestRequest::get()
        .uri("/plain")
        .insert_header((header::CONTENT_LENGTH, LARGEST_BODY + 1));
    assert_eq!(ask(declared).await.0, 413);
}

#[test]
fn methods_are_those_of_the_document_and_head_goes_with_get() {
    let document = json!({ "paths": {
        "/a": { "get": {}, "post": {} }, "/b": { "post": {} }, "/c": { "get": {} },
    } });
    let methods = Methods::of(&document);
    assert_eq!(methods.allowed(Some("/a")), "GET, HEAD, OPTIONS, POST");
    assert_eq!(methods.allowed(Some("/b")), "OPTIONS, POST");
    assert_eq!(methods.allowed(Some("/c")), "GET, HEAD, OPTIONS");
    assert_eq!(methods.allowed(Some("/docs")), "GET, HEAD, OPTIONS");
    assert_eq!(methods.allowed(None), "GET, HEAD, OPTIONS");
}

#[test]
fn the_table_interface_is_found_under_its_prefix_and_in_any_letters() {
    let at = |path: &str| canonical(path, "/api/pxwebapi/v2");
    for (path, known) in [
        ("/api/pxwebapi/v2/tables", Some("/pxwebapi/v2/tables")),
        ("/API/PxWebApi/V2/Tables/S1101/Metadata", Some("/pxwebapi/v2/tables/S1101/metadata")),
        ("/pxwebapi/v2/codeLists/agg_Fylker", Some("/pxwebapi/v2/codelists/agg_Fylker")),
        ("/pxwebapi/v2/tables/S1101", None),
        ("/pxwebapi/v22/tables", None),
        ("/v1/datasets", None),
        ("/", None),
    ] {
        assert_eq!(at(path).as_deref(), known, "{path}");
    }
}
