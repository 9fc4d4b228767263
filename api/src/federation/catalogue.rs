//! Whose data it is, and what others hold, for pages that list datasets.

use super::{Federation, Seen};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// Whose this installation's data are; nothing where it is no node.
#[must_use]
pub fn holder(federation: Option<&Federation>) -> Option<Value> {
    let settings = federation?.settings();
    Some(json!({ "organisation": settings.organisation, "name": settings.name }))
}

/// The datasets that others hold and are asked for from here, or the one of them with this id.
#[must_use]
pub fn elsewhere(federation: Option<&Federation>, only: Option<&str>) -> Vec<Value> {
    let mut all = Vec::new();
    for peer in federation.into_iter().flat_map(Federation::peers) {
        let settings = peer.settings();
        let number = settings.organisation;
        let Seen { reachable, datasets, as_of, .. } = peer.seen();
        for mut dataset in datasets {
            let id = dataset.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let wanted = only.is_none_or(|only| only == id);
            let (true, Some(members)) = (wanted, dataset.as_object_mut()) else { continue };
            let href = format!("/v1/nodes/{number}/datasets/{id}/microdata");
            members.insert("microdata".to_owned(), href.into());
            let holder = json!({ "organisation": number, "name": settings.name });
            members.insert("holder".to_owned(), holder);
            members.insert("reachable".to_owned(), (reachable && !peer.is_paused()).into());
            members.insert("asOf".to_owned(), moment(as_of).into());
            all.push(dataset);
        }
    }
    all
}

/// Whose tables a list of tables is of, and whose it is not: those of other nodes are asked for where they are.
#[must_use]
pub fn searched(federation: Option<&Federation>) -> Option<Value> {
    let federation = federation?;
    let others = federation.peers().map(|peer| {
        let (settings, seen) = (peer.settings(), peer.seen());
        json!({
            "holder": { "organisation": settings.organisation, "name": settings.name },
            "reachable": seen.reachable && !peer.is_paused(), "asOf": moment(seen.as_of),
            "tables": format!("{}/pxwebapi/v2/tables", settings.address),
        })
    });
    let others: Vec<Value> = others.collect();
    Some(json!({ "holder": holder(Some(federation)), "notSearched": others }))
}

/// A moment as answers tell it.
#[must_use]
pub fn moment(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
