//! `/v1/nodes`: who holds what elsewhere, and questions brought there.

use crate::app::App;
use crate::federation::catalogue::moment;
use crate::federation::{Peer, Seen, relay};
use crate::microdata::dataset;
use crate::problem::{Kind, Problem};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hjemmel_policy::Relaying;
use serde_json::{Value, json};
use std::sync::Arc;

/// This node and those it knows: whose they are, what they hold, and whether they answered when last looked at.
#[utoipa::path(operation_id = "list_nodes", tag = "Nodes",
    responses((status = 200, description = "The nodes.", body = Value)))]
#[get("/v1/nodes")]
pub async fn list_nodes(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let shelf = app.shelf()?;
        let federation = app.federation();
        let this = federation.map(|federation| {
            let settings = federation.settings();
            let held = hjemmel_kostra::Form::ALL.into_iter().filter_map(|form| {
                let years = shelf.years(form);
                (!years.is_empty()).then(|| json!({ "id": form.dataset(), "years": years }))
            });
            json!({ "organisation": settings.organisation, "name": settings.name,
                    "address": settings.address, "protocol": crate::identity::node::version(),
                    "datasets": held.collect::<Vec<_>>(), "population": settings.population })
        });
        let nodes = federation.into_iter().flat_map(crate::federation::Federation::peers);
        let nodes: Vec<Value> = nodes.map(|peer| describe(peer)).collect();
        Reply::open(&request).json(&json!({ "this": this, "nodes": nodes }))
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

fn describe(peer: &Peer) -> Value {
    let settings = peer.settings();
    let number = settings.organisation;
    let Seen { at, reachable, datasets, as_of } = peer.seen();
    json!({ "organisation": number, "name": settings.name, "address": settings.address,
            "reachable": reachable && !peer.is_paused(), "checkedAt": moment(at),
            "weAsk": settings.we_ask, "theyAsk": settings.they_ask,
            "datasets": datasets, "asOf": moment(as_of) })
}

/// The public keys this node signs with, for nodes that know it.
#[utoipa::path(operation_id = "read_node_keys", tag = "Nodes",
    responses((status = 200, description = "A key set (RFC 7517).", body = Value)))]
#[get("/v1/node-keys")]
pub async fn read_node_keys(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let keys = app.federation().map(|federation| federation.outgoing().key().key_set());
    let answer = Reply::open(&request).json(&keys.unwrap_or_else(|| json!({ "keys": [] })));
    answer.map_err(|problem| problem.for_request(&request))
}

/// Unit records that another node holds, as far as a grant there reaches.
///
/// A lawyer: this node opens nothing. It shows the holder your own token, and the holder decides on you by its own
/// grants; the answer names that decision and this node's. A programmer: the same parameters as at the holder, passed on
/// as they are; `via=redirect` sends you there instead, which needs a token that is made out to the holder.
#[utoipa::path(operation_id = "relay_microdata", tag = "Nodes",
    security(("bearer" = [])),
    params(
        ("organisation" = String, Path, description = "The node, by organisation number.", example = "987879696"),
        ("id" = String, Path, description = "The dataset.", example = "skjema-11b"),
        ("year" = u16, Query, description = "The reporting year.", example = 2024),
        ("columns" = Option<String>, Query, description = "Columns, comma separated.", example = "REGION"),
        ("region" = Option<String>, Query, description = "Leaf regions.", example = "3107"),
        ("format" = Option<String>, Query, description = "`json`, `csv`, `parquet` or `arrow`; else by Accept.", example = "json"),
        ("limit" = Option<u64>, Query, description = "Records a page of JSON, 1 to 10000.", example = 3),
        ("cursor" = Option<String>, Query, description = "Where the page starts: `next` of the page before."),
        ("via" = Option<String>, Query, description = "`relay` (unless said) or `redirect`.", example = "relay"),
    ),
    responses((status = 200, description = "The holder's answer.", content(
            (Value = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.parquet"), (Vec<u8> = "application/vnd.apache.arrow.stream"))),
        (status = 307, description = "Where to ask the holder yourself (`via=redirect`).")))]
#[get("/v1/nodes/{organisation}/datasets/{id}/microdata")]
pub async fn relay_microdata(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let (organisation, id) = path.into_inner();
        let peer = peer(&app, &organisation)?;
        let form = dataset(&id)?;
        let asked = Relaying { holder: peer.settings().organisation, form, table: None };
        held(&peer, form)?;
        let path = format!("/v1/datasets/{}/microdata", form.dataset());
        relay::bring(&request, app, somebody, &peer, asked, path).await
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Cells of a table that another node publishes: exact where you have a grant there, protected otherwise.
///
/// The same parameters as at the holder, passed on as they are. Whoever needs no more than the protected cells may ask
/// the holder without a token.
#[utoipa::path(operation_id = "relay_table_data", tag = "Nodes",
    security(("bearer" = [])),
    params(
        ("organisation" = String, Path, description = "The node, by organisation number.", example = "987879696"),
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("outputFormat" = Option<String>, Query, description = "As at the holder.", example = "json-stat2"),
        ("via" = Option<String>, Query, description = "`relay` (unless said) or `redirect`.", example = "relay"),
    ),
    responses((status = 200, description = "The holder's answer.", body = Value),
        (status = 307, description = "Where to ask the holder yourself (`via=redirect`).")))]
#[get("/v1/nodes/{organisation}/tables/{id}/data")]
pub async fn relay_table_data(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let (organisation, id) = path.into_inner();
        let peer = peer(&app, &organisation)?;
        let id = id.to_ascii_uppercase();
        let table = hjemmel_kostra::table(&id).ok_or_else(|| Problem::new(Kind::NotFound))?;
        let holder = peer.settings().organisation;
        held(&peer, table.form)?;
        let asked = Relaying { holder, form: table.form, table: Some(id.clone()) };
        let path = format!("/pxwebapi/v2/tables/{id}/data");
        relay::bring(&request, app, somebody, &peer, asked, path).await
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn peer(app: &App, organisation: &str) -> Result<Arc<Peer>, Problem> {
    let found = app.federation().and_then(|federation| federation.peer(organisation));
    found.map(Arc::clone).ok_or_else(|| {
        Problem::new(Kind::NotFound)
            .detail("noden er ikke kjent; se /v1/nodes", "the node is not known; see /v1/nodes")
    })
}

fn held(peer: &Peer, form: hjemmel_kostra::Form) -> Result<(), Problem> {
    if peer.is_asked_for(form) {
        return Ok(());
    }
    let (name, id) = (&peer.settings().name, form.dataset());
    Err(Problem::new(Kind::NotFound).detail(
        format!("{name} spørres ikke om {id} herfra; se /v1/nodes"),
        format!("{name} is not asked for {id} from here; see /v1/nodes"),
    ))
}
