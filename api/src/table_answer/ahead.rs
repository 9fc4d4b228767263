//! Exact cells of editions that are not published yet, for whoever has a grant that gives them before they are.
//!
//! Nothing else tells of them: whoever has no such grant is answered from what is published, word for word as if there
//! were nothing more.

use super::{Question, address, finish, marks, read_exact, resource, stream, written};
use crate::app::App;
use crate::problem::Problem;
use crate::pxweb::choice::{Choice, choose};
use crate::pxweb::parts::Parts;
use crate::shelf::Shelf;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use hjemmel_disclosure::Protection;
use hjemmel_policy::{Decided, ReadTable};

/// The answer from what is not published yet, where the caller may have one and asks for any of it.
pub(super) async fn answer(
    app: &App,
    request: &HttpRequest,
    caller: &SignedIn,
    question: &Question,
) -> Result<Option<HttpResponse>, Problem> {
    if caller.is_anonymous() {
        return Ok(None);
    }
    let (open, ahead, policy) = (app.shelf()?, app.ahead()?, app.policy()?);
    let Some(published) = ahead.table(&question.table).filter(|_| ahead.stamp != open.stamp) else {
        return Ok(None);
    };
    let table = published.cube.table;
    if !policy.sees_ahead(caller.caller(), table.form, Utc::now()) {
        return Ok(None);
    }
    // What is wrong with the question is told of what is published.
    let Ok(choice) = choose(&published.cube, &question.selection) else { return Ok(None) };
    let cells = choice.selected.cells();
    let is_large = cells > app.settings().tables.max_cells;
    let parts = Parts::of(&question.format).filter(|_| is_large);
    if (is_large && parts.is_none()) || !is_embargoed(&choice, &open, &ahead) {
        return Ok(None);
    }
    let resource = resource(&choice, true);
    let years = resource.years.clone();
    let decided = policy.decide::<ReadTable>(caller.caller(), resource, None, Utc::now());
    let decision = app.journal().record(decided.decision()).await?;
    let Decided::Allowed(grant, _) = decided else { return Ok(None) };
    let release = read_exact(app, &ahead, grant, table, &years).await?;
    let marks = marks(Protection::Exact, release.basis().cloned(), decision);
    let making = finish::Making {
        shelf: ahead,
        choice,
        question: question.clone(),
        exact: Some(release),
        marks,
        address: address(app),
    };
    if let Some(parts) = parts {
        return stream::respond(making, parts, request).await.map(Some);
    }
    Ok(Some(written(making, cells).await?.respond(request)))
}

/// Whether an edition of a year that is asked for is another than the one that is published.
fn is_embargoed(choice: &Choice, open: &Shelf, ahead: &Shelf) -> bool {
    let form = choice.cube.table.form;
    let version = |shelf: &Shelf, year| shelf.edition(form, year).map(|one| one.reference.version);
    let years = choice.selected.positions.last().into_iter().flatten();
    years
        .filter_map(|at| choice.cube.years.get(*at))
        .any(|year| version(open, *year) != version(ahead, *year))
}
