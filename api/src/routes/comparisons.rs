//! `/v1/comparisons`: two registers of two bodies compared, person by person, without either showing whom it has.

use super::node_rounds::Refused;
use super::several;
use crate::app::App;
use crate::federation::Federation;
use crate::federation::compare::{self, Asked, NAME, register};
use crate::federation::joint;
use crate::grants::event::Deed;
use crate::grants::{self, written};
use crate::language::requested_language;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use hjemmel_disclosure::suppress::counted;
use hjemmel_disclosure::{Cell, Protection};
use hjemmel_federation::NodeId;
use hjemmel_kostra::agreement::Variable;
use hjemmel_kostra::{Form, Layout};
use hjemmel_store::JointTable;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    dataset: String,
    node: NodeId,
    with: String,
    year: u16,
    #[serde(default)]
    differences: BTreeSet<Variable>,
}

/// Compares a register of this node with one of another, municipality by municipality: how many persons are in both, in one
/// alone, and how many records have a number many may share or none, which are never linked.
///
/// A lawyer: neither body sees whom the other has. Each sees how many persons the other has in each municipality; what is
/// published is protected like any table. Two registers are compared once for a year, so ask for everything at once. With
/// `differences` it is also counted of how many persons in both the dates (start or end) and the benefit differ; that takes a
/// legal basis at both nodes: a grant to the other body, for the node's own register, that names the fields.
///
/// A programmer: `differences` is a list of `dates` and `benefit`, and counts are left out that were not asked for. Form 11B (`skjema-11B`) and the extract of the introduction register (`nir`), as they were delivered. The answer
/// comes at once and says where to follow the work.
#[utoipa::path(operation_id = "make_comparison", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "This node's register, the other node and its register, the year, and what is compared of the persons in both.",
        example = json!({ "dataset": "skjema-11B", "node": "987879696", "with": "nir", "year": 2017,
            "differences": ["dates", "benefit"] })),
    responses((status = 202, description = "The work has begun.", body = Value)))]
#[post("/v1/comparisons")]
pub async fn make_comparison(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::administrator(&app, &caller)?;
        let wanted: Wanted = written::read(&body)?;
        let own = app.federation().and_then(Federation::node);
        let own = own.filter(|own| *own != wanted.node).ok_or_else(|| {
            Problem::new(Kind::NotFound).detail(
                "installasjonen er ikke satt opp som node, eller noden er den selv",
                "the installation is not set up as a node, or the node is itself",
            )
        })?;
        let (first, second) =
            register(&wanted.dataset).zip(register(&wanted.with)).ok_or_else(|| {
                Problem::new(Kind::ParameterError).detail(
                    "registrene som sammenlignes, er skjema-11B og nir",
                    "the registers that are compared are skjema-11B and nir",
                )
            })?;
        if Layout::of(Form::F11B, wanted.year).is_none() {
            let year = wanted.year;
            return Err(Problem::new(Kind::ParameterError).detail(
                format!("det finnes ikke noe skjema 11B for {year}"),
                format!("there is no form 11B for {year}"),
            ));
        }
        let mut sides = [(own, first), (wanted.node, second)];
        sides.sort_by_key(|(node, _)| *node);
        let asked = Asked {
            nodes: sides.map(|(node, _)| node),
            datasets: sides.map(|(_, form)| form.dataset().to_owned()),
            differences: wanted.differences,
        };
        may_compare(&app, (first, wanted.year), &asked.differences, wanted.node).await?;
        let row = several::asked(&actor, (NAME.to_owned(), wanted.year, None), &asked)?;
        let deed = Deed {
            action: "comparison:make",
            resource: json!({ "comparison": row.id, "year": row.year }),
            about: row.body.clone(),
            grant: None,
        };
        several::keep(&app, &actor, &row, &deed).await?;
        let (id, told) = (row.id, told(&request, &row, &[]));
        compare::begin(app.clone(), row).map_err(|_| Problem::new(Kind::Unavailable))?;
        several::accepted(&request, "/v1/comparisons", id, &told)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Whether this node has a basis for what is to be compared of the persons.
async fn may_compare(
    app: &web::Data<App>,
    register: (Form, u16),
    differences: &BTreeSet<Variable>,
    other: NodeId,
) -> Result<(), Problem> {
    let (shared, variables) = (app.clone(), differences.clone());
    let basis = web::block(move || {
        compare::basis(&shared, register, &variables, other)
            .map(drop)
            .map_err(|r| Refused::from(r).problem)
    });
    basis.await.map_err(|_| Problem::new(Kind::Unavailable))?
}

/// A comparison: a row for each region and one for all (`EAK`), with null where a count is withheld; or how far it has come,
/// or why it ended.
///
/// `first` and `second` are the node that asked and the other. Of the persons in both, `alike` say the same in both registers,
/// and `datesDiffer`, `benefitDiffers` and `datesAndBenefitDiffer` differ by that and nothing else, as in the table `S11B1`;
/// `differ` is the three together, `sameDates` and `otherDates` leave the benefit aside, and `sameBenefit` and `otherBenefit`
/// the dates. `bases` are the grants that was compared under.
#[utoipa::path(operation_id = "read_comparison", tag = "Nodes", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The comparison."),
        ("region" = Option<String>, Query, description = "Only these regions, with a comma between.", example = "0106,EAK")),
    responses((status = 200, description = "The comparison.", body = Value)))]
#[get("/v1/comparisons/{id}")]
pub async fn read_comparison(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let unknown = || {
            Problem::new(Kind::NotFound)
                .detail("det finnes ingen slik sammenligning", "there is no such comparison")
        };
        let found = several::found(&app, &id).await?.filter(|one| one.table == NAME);
        let found = found.ok_or_else(unknown)?;
        let Some(release) = several::published(&app, &found)? else {
            return Reply::personal(&request).json(&told(&request, &found, &[]));
        };
        let cells = release.content().first().ok_or_else(|| Problem::new(Kind::Internal))?;
        let mut body = told(&request, &found, &cells.cells);
        if let Some(regions) = Query::of(&request).first("region") {
            keep_only(&mut body, regions)?;
        }
        several::shown(&request, &app, &found, somebody, (&release, &body)).await
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Leaves the rows of these regions; each must be one.
fn keep_only(body: &mut Value, regions: &str) -> Result<(), Problem> {
    let wanted: BTreeSet<&str> = regions.split(',').collect();
    let Some(rows) = body.get_mut("rows").and_then(Value::as_array_mut) else { return Ok(()) };
    rows.retain(|row| {
        row.get("region").and_then(Value::as_str).is_some_and(|r| wanted.contains(r))
    });
    if rows.len() == wanted.len() {
        return Ok(());
    }
    Err(Problem::new(Kind::ParameterError).detail(
        "`region` er kommuner det året, bydeler i Oslo, eller EAK, med komma mellom",
        "`region` is municipalities of the year, bydeler of Oslo, or EAK, with a comma between",
    ))
}

fn told(request: &HttpRequest, row: &JointTable, cells: &[Cell]) -> Value {
    let end = row.end.as_ref().map(|end| &end.body);
    let mut told = json!({ "id": row.id, "year": row.year, "state": joint::state(row),
        "askedAt": row.asked_at, "href": format!("/v1/comparisons/{}", row.id) });
    let Some(members) = told.as_object_mut() else { return told };
    for name in ["nodes", "datasets", "differences"] {
        members.insert(name.to_owned(), row.body.get(name).cloned().unwrap_or_default());
    }
    if let Some(why) = several::why(row, requested_language(request)) {
        members.insert("why".to_owned(), why);
    }
    let Some(end) = end.filter(|_| !cells.is_empty()) else { return told };
    for name in ["first", "second", "comparison", "bases"] {
        members.insert(name.to_owned(), end.get(name).cloned().unwrap_or_default());
    }
    members.insert(
        "protection".to_owned(),
        json!({ "method": Protection::Suppressed.as_str(), "rule": hjemmel_disclosure::Rule::default() }),
    );
    let regions = end.get("regions").and_then(Value::as_array).cloned().unwrap_or_default();
    let regions = regions.into_iter().chain([Value::from("EAK")]);
    let variables: BTreeSet<Variable> = row
        .body
        .get("differences")
        .and_then(|all| serde_json::from_value(all.clone()).ok())
        .unwrap_or_default();
    let counted = counted(&variables);
    let rows = regions.zip(cells.chunks(counted.len())).map(|(region, cells)| {
        let counts = counted.iter().zip(cells).map(|(name, cell)| {
            let value = if let Cell::Shown(value) = cell { json!(value) } else { Value::Null };
            ((*name).to_owned(), value)
        });
        let mut row: Map<String, Value> = counts.collect();
        row.insert("region".to_owned(), region);
        Value::Object(row)
    });
    members.insert("rows".to_owned(), rows.collect());
    told
}
