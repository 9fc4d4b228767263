//! The server: routes, documentation, refreshing, and an orderly end.

use crate::app::App;
use crate::edge::{self, LARGEST_BODY, Methods};
use crate::federation::Federation;
use crate::openapi;
use crate::problem::{Kind, Problem};
use crate::reply::Reply;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use chrono::Utc;
use std::sync::Arc;
use std::time::Duration;
use utoipa_actix_web::AppExt as _;

/// Serves until it is told to stop.
///
/// # Errors
/// When the address is taken or cannot be used.
pub async fn serve(app: App, listening: impl FnOnce(std::net::SocketAddr)) -> std::io::Result<()> {
    let app = web::Data::new(app);
    let server = app.settings().server.clone();
    let document = Arc::new(openapi::document().map_err(std::io::Error::other)?);
    let shared = app.clone();
    // The end of a stream is a few bytes, which would wait for the reader to acknowledge what came before, and a reader that
    // keeps its connection takes 40 ms to do so.
    let mut http = HttpServer::new(move || application(shared.clone(), document.clone()))
        .shutdown_timeout(5)
        .tcp_nodelay(true);
    if let Some(workers) = server.workers {
        http = http.workers(workers);
    }
    let http = http.bind(server.address)?;
    for address in http.addrs() {
        tracing::info!(%address, "listening");
    }
    if let Some(address) = http.addrs().first() {
        listening(*address);
    }
    crate::notices::keep(app.clone())?;
    app.federation().map(Federation::keep_looking).transpose()?;
    sweep_once(app.clone())?;
    keep_fresh(app, Duration::from_millis(server.refresh_milliseconds.max(50)))?;
    http.run().await
}

/// Everything that answers, for one worker.
pub fn application(
    app: web::Data<App>,
    document: Arc<serde_json::Value>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let (service, _) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(openapi::base())
        .app_data(app)
        .app_data(web::Data::new(Methods::of(&document)))
        .app_data(web::PayloadConfig::new(LARGEST_BODY))
        .configure(crate::routes::configure)
        .split_for_parts();
    service
        .wrap(Compress::default())
        .wrap(from_fn(edge::guard))
        .wrap(
            DefaultHeaders::new()
                .add(("X-Content-Type-Options", "nosniff"))
                .add(("Referrer-Policy", "no-referrer"))
                // Any site's script may read what it can ask for: it has no more than its own token, since
                // credentials of the browser's are never allowed.
                .add(("Access-Control-Allow-Origin", "*"))
                .add(("Access-Control-Expose-Headers", crate::reply::EXPOSED)),
        )
        .route("/", web::get().to(to_docs))
        .route("/docs", web::get().to(to_docs))
        .route(
            "/openapi.json",
            web::get().to(move |request: HttpRequest| {
                std::future::ready(Reply::open(&request).json(document.as_ref()))
            }),
        )
        .service(
            utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}")
                .config(utoipa_swagger_ui::Config::from("/openapi.json")),
        )
        .default_service(web::to(not_found))
}

async fn to_docs() -> HttpResponse {
    HttpResponse::Found().insert_header(("Location", "/docs/")).finish()
}

async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if request.match_pattern().is_some() {
        return Err(Problem::new(Kind::MethodNotAllowed).for_request(&request));
    }
    Err(Problem::new(Kind::NotFound)
        .detail("adressen finnes ikke; se /docs", "there is nothing at this address; see /docs")
        .for_request(&request))
}

/// Removes what cut deliveries left, once and beside everything else: there may be much to look at.
fn sweep_once(app: web::Data<App>) -> std::io::Result<()> {
    std::thread::Builder::new().name("sweep".to_owned()).spawn(move || {
        if let Err(error) = crate::deliveries::sweep(&app, Utc::now()) {
            tracing::warn!(%error, "what cut deliveries left could not be swept away");
        }
    })?;
    Ok(())
}

/// Looks for changes and for a database that has gone or come back, on a thread of its own.
fn keep_fresh(app: web::Data<App>, every: Duration) -> std::io::Result<()> {
    std::thread::Builder::new().name("refresh".to_owned()).spawn(move || {
        let mut fault = None;
        let mut listener = app.store().listener();
        loop {
            listener.wait(every);
            let was_healthy = app.is_healthy();
            let now = app.refresh().err().map(|error| error.to_string());
            match &now {
                None if fault.is_some() || !was_healthy => {
                    tracing::warn!("the database is back; answers are given again");
                }
                // Said once, and again when it is something else that is wrong.
                Some(error) if now != fault => {
                    tracing::error!(%error, "answers are refused until this is mended");
                }
                _ => {}
            }
            fault = now;
            crate::grants::expiry::sweep(&app, Utc::now());
            if let Err(error) = app.sent().settle(app.store(), Utc::now()) {
                tracing::warn!(%error, "what left cannot be written down yet");
            }
            for (issuer, error) in app.verifier().refresh_due(Utc::now()) {
                tracing::warn!(%issuer, %error, "the keys of an issuer could not be fetched");
            }
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
