//! A question that another node brings here.

use super::receipt::Brought;
use super::{Federation, Peer};
use crate::app::App;
use crate::identity::node::SUBJECT_TOKEN;
use crate::identity::{Incoming, NodeRefusal};
use crate::journal::Using;
use crate::microdata::dataset;
use crate::problem::{Kind, Problem};
use crate::signin::SignedIn;
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest, web};
use chrono::Utc;
use hjemmel_federation::NodeId;
use hjemmel_kostra::Form;
use hjemmel_policy::Caller;
use hjemmel_store::NodeCall;
use std::sync::Arc;

/// Whether a request says that a node brings it.
#[must_use]
pub fn is_brought(request: &HttpRequest) -> bool {
    let mut schemes = request.headers().get_all(header::AUTHORIZATION);
    schemes.any(|value| {
        let scheme = value.as_bytes().get(..5);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop "))
    })
}

/// A token that is being used up, noted on its request.
struct Spending(Using);

/// Who asks, through the node that brings the question. That its token is used up is written down with what is decided:
/// [`spent`] has to be asked before any of it leaves.
///
/// # Errors
/// 401 when the node's token, its proof or the caller's token does not count; 403 when the node may not ask for that;
/// 503 when it cannot be found out.
pub async fn caller(request: &HttpRequest, app: &web::Data<App>) -> Result<Caller, Problem> {
    let call = incoming(request);
    // What a caller may do directly and a node may not bring: anything that is not reading records or cells.
    let asked = if request.method() == Method::GET { brought(request.path()) } else { None };
    let now = Utc::now();
    let found = app.federation().ok_or(NodeRefusal::Stranger);
    let found = found.and_then(|known| Ok((brings(known, &call)?, &known.settings().address)));
    let checked = match found {
        Err(refusal) => Err(refusal),
        Ok((peer, address)) => {
            let may = asked.is_some_and(|form| peer.may_ask_for(form));
            let at_hand = peer.peering().check_at_hand(&call, address, now);
            let checked = if let Some(checked) = at_hand {
                checked
            } else {
                let (peer, address) = (Arc::clone(peer), address.clone());
                let check = move || peer.peering().check(&call, &address, now);
                web::block(check).await.map_err(|_| Problem::new(Kind::Unavailable))?
            };
            checked.map(|relayed| may.then_some(relayed))
        }
    };
    match checked {
        Ok(Some(relayed)) => {
            let call = NodeCall { id: relayed.id.clone(), until: relayed.until };
            let mut noted = request.extensions_mut();
            noted.insert(Spending(app.journal().use_up(call)));
            if let Some(by) = relayed.caller.relay() {
                noted.insert(Brought { by, call: relayed.id });
            }
            Ok(relayed.caller)
        }
        Ok(None) => {
            app.journal().event("node-refused", "node-may-not-ask").await?;
            Err(Problem::new(Kind::NotPermitted).detail(
                "noden kan ikke spørre om dette på vegne av andre",
                "the node may not ask for this on behalf of others",
            ))
        }
        Err(refusal) => Err(noted(app, refusal).await),
    }
}

/// Waits until the token of a question that was brought here is used up.
///
/// # Errors
/// 401 when it was used before, 503 when it could not be written down; nothing of the answer may leave then.
pub async fn spent(request: &HttpRequest) -> Result<(), Problem> {
    let spending = request.extensions_mut().remove::<Spending>();
    let Some(Spending(using)) = spending else { return Ok(()) };
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Problem::new(Kind::Internal))?;
    if app.journal().counts(using).await? {
        Ok(())
    } else {
        Err(noted(app, NodeRefusal::Replayed).await)
    }
}

/// The node that says something itself, with this body.
///
/// # Errors
/// 401 when its token or its proof does not count, and without any; 403 for whoever is no node; 503 when it cannot be found
/// out or written down.
pub async fn node(
    request: &HttpRequest,
    app: &web::Data<App>,
    body: &web::Bytes,
) -> Result<NodeId, Problem> {
    if !is_brought(request) {
        let caller = SignedIn::from_request(request, &mut Payload::None).await?;
        caller.somebody()?;
        return Err(Problem::new(Kind::NotPermitted)
            .detail("dette er for andre noder", "this is for other nodes"));
    }
    let call = incoming(request);
    let body = String::from_utf8(body.to_vec()).map_err(|_| Problem::new(Kind::ParameterError))?;
    let shared = app.clone();
    let checked = web::block(move || {
        let federation = shared.federation().ok_or(NodeRefusal::Stranger)?;
        let (peer, now) = (brings(federation, &call)?, Utc::now());
        let address = &federation.settings().address;
        let counted = peer.peering().check_own(&call, &body, address, now)?;
        let call = NodeCall { id: counted.id, until: counted.until };
        let first = shared.store().use_node_call(&call, now);
        if !first.map_err(|_| NodeRefusal::Unavailable)? {
            return Err(NodeRefusal::Replayed);
        }
        let node = NodeId::parse(peer.settings().organisation.as_str());
        node.map_err(|_| NodeRefusal::Stranger)
    });
    match checked.await.map_err(|_| Problem::new(Kind::Unavailable))? {
        Ok(node) => Ok(node),
        Err(refusal) => Err(noted(app, refusal).await),
    }
}

/// What is told of a refusal, once it is in the record.
async fn noted(app: &App, refusal: NodeRefusal) -> Problem {
    if refusal == NodeRefusal::Unavailable {
        return Problem::new(Kind::Unavailable);
    }
    tracing::warn!(reason = refusal.code(), "a node was refused");
    match app.journal().event("node-refused", refusal.code()).await {
        Ok(()) => told(refusal),
        Err(problem) => problem,
    }
}

/// The peer that a call says it is of.
fn brings<'f>(federation: &'f Federation, call: &Incoming) -> Result<&'f Arc<Peer>, NodeRefusal> {
    let peer = federation.peers().find(|peer| peer.peering().is_of(call));
    peer.ok_or(NodeRefusal::Stranger)
}

fn incoming(request: &HttpRequest) -> Incoming {
    let texts = |name: &str| {
        let all = request.headers().get_all(name);
        all.map(|value| value.to_str().unwrap_or("\u{fffd}").to_owned()).collect()
    };
    Incoming {
        authorization: texts(header::AUTHORIZATION.as_str()),
        proof: texts(crate::identity::node::PROOF),
        subject: texts(SUBJECT_TOKEN),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
    }
}

/// The form a node may ask about at an address; none at any other address.
fn brought(path: &str) -> Option<Form> {
    let inner = |start: &str, end: &str| path.strip_prefix(start)?.strip_suffix(end);
    if let Some(id) = inner("/v1/datasets/", "/microdata") {
        return dataset(id).ok();
    }
    let table = inner("/pxwebapi/v2/tables/", "/data")?;
    hjemmel_kostra::table(table).map(|table| table.form)
}

fn told(refusal: NodeRefusal) -> Problem {
    let problem = Problem::new(Kind::InvalidToken).with("node", refusal.code());
    match refusal {
        NodeRefusal::Version => problem.detail(
            format!(
                "noden snakker en versjon vi ikke forstår; vi snakker {}, oppgrader den",
                crate::identity::node::version()
            ),
            format!(
                "the node speaks a version we do not understand; we speak {}, upgrade it",
                crate::identity::node::version()
            ),
        ),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_brings_questions_for_records_and_cells_and_nothing_else() {
        assert_eq!(brought("/v1/datasets/skjema-11/microdata"), Some(Form::F11));
        assert_eq!(brought("/pxwebapi/v2/tables/S1101/data"), Some(Form::F11));
        for other in [
            "/v1/grants",
            "/v1/datasets/skjema-11",
            "/v1/datasets/nothing/microdata",
            "/v1/datasets//microdata",
            "/v1/me",
            "/pxwebapi/v2/tables/S9999/data",
            "/pxwebapi/v2/tables/S1101/metadata",
            "/v1/nodes/987879696/datasets/skjema-11/microdata",
        ] {
            assert_eq!(brought(other), None, "{other}");
        }
    }
}
