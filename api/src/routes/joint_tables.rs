//! `/v1/joint-tables`: tables that several nodes make together.

use super::several;
use crate::app::App;
use crate::federation::compare::NAME;
use crate::federation::joint::{self, Asked};
use crate::federation::rounds::table_of;
use crate::grants::event::Deed;
use crate::grants::{self, on_disk, written};
use crate::language::requested_language;
use crate::problem::{Kind, Problem};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use hjemmel_disclosure::{Cell, Protection, TableCells};
use hjemmel_federation::{Common, Member, NodeId, Rule};
use hjemmel_kostra::regions::Division;
use hjemmel_kostra::{Language, Table};
use hjemmel_policy::{Caller, OrganisationNumber};
use hjemmel_store::JointTable;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// How many a list has.
const PAGE: u32 = 100;
/// When a cell may be shown, unless more is asked for.
const RULE: Rule = Rule { threshold: 4, percent: 10 };
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    table: String,
    year: u16,
    nodes: BTreeSet<NodeId>,
    #[serde(default)]
    recipient: Option<OrganisationNumber>,
    #[serde(default)]
    threshold: Option<u64>,
    #[serde(default)]
    percent: Option<u8>,
    #[serde(default)]
    trusted: bool,
}

/// Makes a table over several nodes: each adds up its own records and masks the sums, so that this node learns totals alone.
///
/// A lawyer: nobody's part is shown to anybody. A cell is withheld unless two nodes have something in it, and unless for each of
/// them what the others have is neither small nor little beside its own; what is left is protected like any published table.
/// Each node may refuse by table, threshold and recipient. A year is added up over one set of nodes, once.
///
/// A programmer: the answer comes at once and says where to follow the work. If a node drops out or refuses, the round ends,
/// says who it was, and nobody has learned anything; ask again for another.
#[utoipa::path(operation_id = "make_joint_table", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "The table, the year and the nodes that are to take part, and whom it is for; without `recipient` it is for anybody with a token. `threshold` and `percent` (the p% rule) may be raised. With `trusted` the nodes show this one their own sums instead of masking them, if each trusts it.",
        example = json!({ "table": "S1101", "year": 2025, "nodes": ["987879696", "889640782"] })),
    responses((status = 202, description = "The work has begun.", body = Value)))]
#[post("/v1/joint-tables")]
pub async fn make_joint_table(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::administrator(&app, &caller)?;
        let wanted: Wanted = written::read(&body)?;
        if app.federation().is_none() {
            return Err(Problem::new(Kind::NotFound).detail(
                "installasjonen er ikke satt opp som node",
                "the installation is not set up as a node",
            ));
        }
        let table = table_of(&wanted.table, wanted.year).map_err(|_| unknown())?;
        let rule = Rule {
            threshold: wanted.threshold.unwrap_or(RULE.threshold),
            percent: wanted.percent.unwrap_or(RULE.percent),
        };
        if rule.threshold < RULE.threshold || rule.percent < RULE.percent {
            return Err(Problem::new(Kind::ParameterError).detail(
                "terskelen kan heves, ikke senkes",
                "the threshold can be raised, not lowered",
            ));
        }
        let asked = Asked { nodes: wanted.nodes, rule, trusted: wanted.trusted };
        let recipient = wanted.recipient.map(|number| number.to_string());
        let row = several::asked(&actor, (table.id.clone(), wanted.year, recipient), &asked)?;
        let (shared, looked_at, form) = (app.clone(), row.clone(), table.form);
        let may =
            web::block(move || joint::may_begin(&shared, form, &looked_at, &asked.nodes)).await;
        let may = may.map_err(|_| Problem::new(Kind::Unavailable))?;
        may.map_err(|text| Problem::new(Kind::WrongState).detail(text.nb, text.en))?;
        let deed = Deed {
            action: "joint:make",
            resource: json!({ "joint": row.id, "table": row.table, "year": row.year }),
            about: json!({ "nodes": row.body.get("nodes"), "recipient": row.recipient,
                "trusted": row.body.get("trusted") }),
            grant: None,
        };
        several::keep(&app, &actor, &row, &deed).await?;
        let told = told(&request, &row, None);
        let id = row.id;
        joint::begin(app.clone(), row).map_err(|_| Problem::new(Kind::Unavailable))?;
        several::accepted(&request, "/v1/joint-tables", id, &told)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// The newest tables over several nodes that are for the caller: which nodes take part, and what became of each.
#[utoipa::path(operation_id = "list_joint_tables", tag = "Nodes", security(("bearer" = [])),
    responses((status = 200, description = "The tables, the newest first.", body = Value)))]
#[get("/v1/joint-tables")]
pub async fn list_joint_tables(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let all = on_disk(&app, |store| store.joints(PAGE)).await?;
        let all = all.iter().filter(|one| one.table != NAME && is_for(&app, one, somebody));
        let all: Vec<Value> = all.map(|one| told(&request, one, None)).collect();
        Reply::personal(&request).json(&json!({ "jointTables": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// A table over several nodes, as JSON-stat 2.0: who took part, whose municipalities are not in it, and how it was protected;
/// or how far it has come, or why it ended.
#[utoipa::path(operation_id = "read_joint_table", tag = "Nodes", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The table over several nodes.")),
    responses((status = 200, description = "The table. Withheld cells are null, with the status `:`.", body = Value)))]
#[get("/v1/joint-tables/{id}")]
pub async fn read_joint_table(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let found = several::found(&app, &id).await?;
        let found = found.filter(|one| one.table != NAME && is_for(&app, one, somebody));
        let found = found.ok_or_else(unknown)?;
        let Some(release) = several::published(&app, &found)? else {
            return Reply::personal(&request).json(&told(&request, &found, None));
        };
        let cells = release.content().first().ok_or_else(|| Problem::new(Kind::Internal))?;
        let body = told(&request, &found, Some(cells));
        several::shown(&request, &app, &found, somebody, (&release, &body)).await
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn unknown() -> Problem {
    Problem::new(Kind::NotFound).detail(
        "det finnes ingen slik tabell over flere noder",
        "there is no such table over several nodes",
    )
}

/// Whether a table is for a caller: its recipient, anybody where there is none, and those who look after the installation.
fn is_for(app: &App, table: &JointTable, caller: &Caller) -> bool {
    let Some(recipient) = &table.recipient else { return true };
    let own = caller.organisation().filter(|_| caller.supplier().is_none());
    own.is_some_and(|number| number.as_str() == recipient)
        || grants::actor(app, caller).is_ok_and(|actor| actor.has(hjemmel_policy::Role::Admin))
}

/// A table as it is told, with its cells if it has any.
fn told(request: &HttpRequest, table: &JointTable, cells: Option<&TableCells>) -> Value {
    let language = requested_language(request);
    let mut told = json!({
        "id": table.id, "table": table.table, "year": table.year, "recipient": table.recipient,
        "state": joint::state(table), "askedAt": table.asked_at, "nodes": table.body.get("nodes"),
        "href": format!("/v1/joint-tables/{}", table.id),
    });
    let Some(members) = told.as_object_mut() else { return told };
    let end = table.end.as_ref().map(|end| &end.body);
    if let Some(why) = several::why(table, language) {
        members.insert("why".to_owned(), why);
    }
    let Some((end, cells)) = end.zip(cells) else { return told };
    let nodes = end.get("members").cloned().unwrap_or_default();
    members.insert("endedAt".to_owned(), json!(table.end.as_ref().map(|end| end.at)));
    members.insert("members".to_owned(), nodes.clone());
    members.insert("round".to_owned(), end.get("round").cloned().unwrap_or_default());
    members.insert("commitments".to_owned(), end.get("commitments").cloned().unwrap_or_default());
    let rule = table.body.get("rule").cloned().unwrap_or_default();
    let is_trusted = table.body.get("trusted").and_then(Value::as_bool).unwrap_or(false);
    let coordinator = if is_trusted { "trusted" } else { "masked-sums" };
    members.insert(
        "protection".to_owned(),
        json!({ "method": Protection::Suppressed.as_str(), "coordinator": coordinator, "nodes": rule,
            "rule": hjemmel_disclosure::Rule::default() }),
    );
    let Ok(of) = serde_json::from_value::<Vec<Member>>(nodes) else { return told };
    members.insert("missing".to_owned(), json!(missing(table.year, &of)));
    members.insert("partly".to_owned(), end.get("partly").cloned().unwrap_or_default());
    if let Some(dataset) = table_of(&table.table, table.year)
        .ok()
        .and_then(|full| Common::of(full, table.year, &of).ok())
        .and_then(|common| dataset(common.table(), table.year, cells, language))
    {
        members.insert("data".to_owned(), dataset);
    }
    told
}

/// The municipalities nobody who took part answers for.
fn missing(year: u16, members: &[Member]) -> Vec<String> {
    let populations = members.iter().map(|member| &member.population);
    let all = populations.map(|one| hjemmel_federation::common::leaves_of(year, one));
    let covered: BTreeSet<String> = all.filter_map(Result::ok).flatten().collect();
    let leaves = Division::of(year).map_or(&[][..], |division| division.leaves());
    leaves.iter().filter(|leaf| !covered.contains(*leaf)).cloned().collect()
}

/// The cells as a dataset of JSON-stat 2.0; none where they are not this table's.
fn dataset(table: &Table, year: u16, cells: &TableCells, language: Language) -> Option<Value> {
    let values = || table.dimensions.iter().map(|dimension| dimension.values_of(year));
    let size: Vec<usize> = values().map(<[_]>::len).collect();
    if size.iter().product::<usize>() != cells.cells.len() {
        return None;
    }
    let mut dimension = Map::new();
    for one in &table.dimensions {
        let values = one.values_of(year);
        let index: Vec<&str> = values.iter().map(|value| value.code.as_str()).collect();
        let label: Map<String, Value> = values
            .iter()
            .map(|value| (value.code.clone(), value.label.in_language(language).into()))
            .collect();
        let about = json!({ "label": one.label.in_language(language),
            "category": { "index": index, "label": label } });
        dimension.insert(one.code.clone(), about);
    }
    let shown = |cell: &Cell| match cell {
        Cell::Shown(value) => json!(value),
        _ => Value::Null,
    };
    let withheld = cells.cells.iter().enumerate();
    let status: Map<String, Value> = withheld
        .filter(|(_, cell)| **cell == Cell::Withheld)
        .map(|(at, _)| (at.to_string(), ":".into()))
        .collect();
    let id: Vec<&str> = table.dimensions.iter().map(|one| one.code.as_str()).collect();
    Some(json!({
        "version": "2.0", "class": "dataset", "label": table.title.in_language(language),
        "id": id, "size": size, "dimension": dimension,
        "value": cells.cells.iter().map(shown).collect::<Vec<_>>(), "status": status,
    }))
}
