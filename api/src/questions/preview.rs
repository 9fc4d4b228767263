//! What a question would cost and how exact its answer would be. Nothing is read and nothing is paid.

use super::advice::{Wish, alternatives, published_total};
use super::asking::editions;
use super::body::Asked;
use super::plan::{plans, unplannable};
use super::settings::rho;
use crate::app::App;
use crate::problem::{Kind, Problem};
use actix_web::web;
use hjemmel_disclosure::noise::{Price, price};
use hjemmel_kostra::question::{Layer, MOST_CELLS, MOST_RECORDS, Question};
use hjemmel_policy::{Caller, Project};
use hjemmel_store::{Purse, PurseId, charges};
use serde_json::{Value, json};

/// The share of a cell half an interval may be, where the caller does not say.
const USUAL: f64 = 0.1;

/// The preview of a question.
///
/// # Errors
/// Whatever is wrong with the question; 503 while the budgets cannot be seen.
pub async fn preview(app: &App, caller: &Caller, asked: Asked) -> Result<Value, Problem> {
    let shelf = app.shelf()?;
    editions(&shelf, &asked.question)?;
    let question = asked.question;
    let published = question
        .years()
        .iter()
        .next()
        .and_then(|year| published_total(&shelf, question.form(), *year));
    let (total, expected_from) = match (asked.expected_total, published) {
        (Some(total), _) => (Some(total), Some("caller")),
        (None, Some(total)) => (Some(total), Some("published total, before any condition")),
        (None, None) => (None, None),
    };
    let wish = Wish { relative: asked.relative_accuracy.unwrap_or(USUAL), total };
    let policy = app.policy()?;
    let project = project(policy.projects_of(caller), asked.project.as_deref());
    let worked = web::block(move || {
        let plans = plans(&question)?;
        let prices = plans.iter().map(price).collect::<Result<Vec<_>, _>>()?;
        let advice = alternatives(&question, wish);
        Ok((question, prices, advice))
    });
    let (question, prices, advice) = match worked.await {
        Ok(Ok(worked)) => worked,
        Ok(Err(error)) => return Err(unplannable(&error)),
        Err(_) => return Err(Problem::new(Kind::Internal)),
    };
    let budgets = budgets(app, &question, &prices, project.as_ref()).await?;
    let total: u64 = prices.iter().map(|price| price.nano_rho).sum();
    let layers = question.layers();
    Ok(json!({
        "question": question.to_value(),
        "cells": question.cell_count(),
        "mostCells": MOST_CELLS,
        "layers": layers.iter().map(layer).collect::<Vec<_>>(),
        "contributionBound": MOST_RECORDS,
        "rho": rho(total),
        "nanoRho": total,
        "price": prices,
        "project": project.map(|project| project.id),
        "budgets": budgets,
        "advice": {
            "relativeAccuracy": wish.relative,
            "expectedTotal": wish.total,
            "expectedFrom": expected_from,
            "alternatives": advice,
        },
    }))
}

/// The project named if the caller takes part, else the only one.
fn project<'a>(own: impl Iterator<Item = &'a Project>, named: Option<&str>) -> Option<Project> {
    let own: Vec<&Project> = own.collect();
    match named {
        Some(named) => own.into_iter().find(|project| project.id == named).cloned(),
        None => own.first().filter(|_| own.len() == 1).map(|project| (*project).clone()),
    }
}

fn layer(layer: &Layer) -> Value {
    let sides = layer.dimensions.iter().map(
        |side| json!({ "variable": side.column, "list": side.list, "values": side.values.len() }),
    );
    json!({ "year": layer.year, "cells": layer.len(), "dimensions": sides.collect::<Vec<_>>() })
}

/// What each purse would be left with.
async fn budgets(
    app: &App,
    question: &Question,
    prices: &[Price],
    project: Option<&Project>,
) -> Result<Vec<Value>, Problem> {
    let store = app.store().clone();
    let Ok(Ok(known)) = web::block(move || store.purses()).await else {
        return Err(Problem::new(Kind::Unavailable));
    };
    let form = question.form();
    let of_data = question.years().iter().zip(prices);
    let of_data = of_data.map(|(year, price)| ((form, *year), price.nano_rho)).collect();
    let sponsor = project.map(|project| project.sponsor.to_string());
    let payers = project.map(|project| project.id.as_str()).zip(sponsor.as_deref());
    let due = charges(&of_data, payers);
    let tell = |(id, nano): (PurseId, u64)| {
        let cap = app.settings().questions.first_caps().of(id.kind);
        let fresh = Purse { id: id.clone(), cap, spent: 0 };
        let purse = known.iter().find(|purse| purse.id == id).unwrap_or(&fresh);
        let after = purse.left().checked_sub(nano);
        json!({
            "kind": id.kind.as_str(), "key": id.key, "rhoLeft": rho(purse.left()),
            "rhoLeftAfter": after.map(rho), "enough": after.is_some(),
        })
    };
    Ok(due.into_iter().map(tell).collect())
}
