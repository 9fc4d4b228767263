//! `/catalog`: what there is, for catalogues of data.

use crate::accept;
use crate::app::App;
use crate::dcat;
use crate::problem::{Kind, Problem};
use crate::reply::Reply;
use actix_web::{HttpRequest, HttpResponse, get, web};

/// The media types, the first where anything will do.
const OFFERS: [&str; 4] =
    ["text/turtle", "application/ld+json", "application/rdf+xml", "application/json"];

/// The catalogue in DCAT-AP-NO: tables and registers, their files, access rights and the laws behind them; as
/// Turtle, JSON-LD or RDF/XML by `Accept`.
#[utoipa::path(operation_id = "read_catalogue", tag = "Tables",
    responses((status = 200, description = "The catalogue.", content((String = "text/turtle"), (Value = "application/ld+json"), (String = "application/rdf+xml")))))]
#[get("/catalog")]
pub async fn read_catalogue(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let chosen = accept::preferred(&request, &OFFERS).ok_or_else(|| {
            Problem::new(Kind::NotAcceptable).detail(
                "katalogen kan hentes som text/turtle, application/ld+json eller application/rdf+xml",
                "the catalogue can be had as text/turtle, application/ld+json or application/rdf+xml",
            )
        })?;
        let graph = dcat::catalogue(&*app.shelf()?, &app.public_address(), app.federation());
        let reply = Reply::open(&request);
        Ok(match chosen {
            "text/turtle" => reply.send("text/turtle; charset=utf-8", graph.turtle().into()),
            "application/rdf+xml" => reply.send(chosen, graph.rdf_xml().into()),
            _ => {
                let text = serde_json::to_vec(&graph.json_ld());
                let text = text.map_err(|_| Problem::new(Kind::Internal))?;
                reply.send("application/ld+json", text.into())
            }
        })
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}
