//! `/api/klass/v1`: classifications, as KLASS serves them to its clients.

use crate::klass::{
    Tongue, code, codes, corresponds, day, find, period, rows, table_of, tables, version,
};
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::pxweb::selection::clip;
use crate::reply::Reply;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hjemmel_kostra::klass::{changes_of, classifications};
use serde_json::{Map, Value, json};

const CLASSIFICATIONS: &str = "/api/klass/v1/classifications";

/// The classifications.
#[utoipa::path(operation_id = "list_classifications", tag = "Classifications",
    params(("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb")),
    responses((status = 200, description = "The classifications.", body = Value)))]
#[get("/api/klass/v1/classifications")]
pub async fn list_classifications(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let answer = || {
        let tongue = Tongue::of(&Query::of(&request), &request)?;
        let all: Vec<Value> = classifications()
            .iter()
            .map(|one| {
                json!({
                    "name": tongue.name(one),
                    "id": one.id,
                    "classificationType": "Klassifikasjon",
                    "_links": { "self": { "href": format!("{CLASSIFICATIONS}/{}", one.id) } },
                })
            })
            .collect();
        let count = all.len();
        let body = json!({
            "_embedded": { "classifications": all },
            "_links": { "self": { "href": CLASSIFICATIONS } },
            "page": { "size": count, "totalElements": count, "totalPages": 1, "number": 0 },
        });
        Reply::open(&request).in_language(tongue.language()).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// A classification and its versions.
#[utoipa::path(operation_id = "read_classification", tag = "Classifications",
    params(
        ("id" = String, Path, description = "103 bydeler, 104 counties, 112 KOSTRA groups, 131 municipalities.", example = "131"),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The classification.", body = Value)))]
#[get("/api/klass/v1/classifications/{id}")]
pub async fn read_classification(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let tongue = Tongue::of(&Query::of(&request), &request)?;
        let one = find(&id)?;
        let versions: Vec<_> =
            one.versions.iter().map(|state| version(one, state, tongue)).collect();
        let body = json!({
            "name": tongue.name(one),
            "id": one.id,
            "classificationType": "Klassifikasjon",
            "description": one.description.in_language(tongue.language()),
            "primaryLanguage": "nb",
            "language": tongue.tag(),
            "copyrighted": false,
            "includeShortName": false,
            "includeNotes": false,
            "contactPerson": { "name": "Statistisk sentralbyrå" },
            "owningSection": "Statistisk sentralbyrå",
            "statisticalUnits": [],
            "versions": versions,
            "_links": { "self": { "href": format!("{CLASSIFICATIONS}/{}", one.id) } },
        });
        Reply::open(&request).in_language(tongue.language()).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// The codes that hold on some day of a period.
#[utoipa::path(operation_id = "list_classification_codes", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The classification.", example = "131"),
        ("from" = String, Query, description = "The first day.", example = "2024-01-01"),
        ("to" = Option<String>, Query, description = "The day after the last; open where it is left out.", example = "2025-01-01"),
        ("selectCodes" = Option<String>, Query, description = "Codes, `31*` or `3100-3199`, comma separated."),
        ("selectLevel" = Option<String>, Query, description = "A level; each classification has one, `1`."),
        ("presentationNamePattern" = Option<String>, Query, description = "What `presentationName` is made by: `{code} - {name}`."),
        ("csvSeparator" = Option<String>, Query, description = "One character; a comma unless said."),
        ("csvFields" = Option<String>, Query, description = "Fields, comma separated."),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The codes.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/api/klass/v1/classifications/{id}/codes")]
pub async fn list_classification_codes(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    codes(&request, &id).map_err(|problem| problem.for_request(&request))
}

/// The codes that hold on one day.
#[utoipa::path(operation_id = "list_classification_codes_at", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The classification.", example = "131"),
        ("date" = String, Query, description = "The day.", example = "2024-01-01"),
        ("selectCodes" = Option<String>, Query, description = "Codes, `31*` or `3100-3199`, comma separated."),
        ("selectLevel" = Option<String>, Query, description = "A level; each classification has one, `1`."),
        ("presentationNamePattern" = Option<String>, Query, description = "What `presentationName` is made by: `{code} - {name}`."),
        ("csvSeparator" = Option<String>, Query, description = "One character; a comma unless said."),
        ("csvFields" = Option<String>, Query, description = "Fields, comma separated."),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The codes.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/api/klass/v1/classifications/{id}/codesAt")]
pub async fn list_classification_codes_at(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    codes(&request, &id).map_err(|problem| problem.for_request(&request))
}

/// What codes became of others in a period.
#[utoipa::path(operation_id = "list_classification_changes", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The classification; only municipalities have changes here.", example = "131"),
        ("from" = String, Query, description = "The first day.", example = "2024-01-01"),
        ("to" = Option<String>, Query, description = "The day after the last."),
        ("csvSeparator" = Option<String>, Query, description = "One character; a comma unless said."),
        ("csvFields" = Option<String>, Query, description = "Fields, comma separated."),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The changes.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/api/klass/v1/classifications/{id}/changes")]
pub async fn list_classification_changes(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let query = Query::of(&request);
        let tongue = Tongue::of(&query, &request)?;
        let one = find(&id)?;
        let (from, to) = period(&request, &query)?;
        // What changed on 1 January had changed when the period began later in the year.
        let late = day(&query, "from")?.is_some_and(|(_, is_first)| !is_first);
        let from = if late { from.saturating_add(1) } else { from };
        let inside = |year: u16| year >= from && to.is_none_or(|to| year < to);
        let chosen = changes_of(one.id).filter(|change| change.year().is_some_and(inside));
        let all = chosen.map(|change| {
            let mut row = Map::new();
            for (name, value) in [
                ("oldCode", change.from_code.as_str()),
                ("oldName", &change.from_name),
                ("oldShortName", ""),
                ("newCode", &change.to_code),
                ("newName", &change.to_name),
                ("newShortName", ""),
                ("changeOccurred", &change.valid_from),
                ("kind", &change.kind),
            ] {
                row.insert(name.to_owned(), value.into());
            }
            row
        });
        rows(&request, &query, tongue, "codeChanges", &all.collect::<Vec<_>>())
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// Which codes go with which of another classification, in a period.
#[utoipa::path(operation_id = "list_correspondence", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The classification.", example = "131"),
        ("targetClassificationId" = String, Query, description = "The other one.", example = "112"),
        ("from" = String, Query, description = "The first day.", example = "2024-01-01"),
        ("to" = Option<String>, Query, description = "The day after the last."),
        ("csvSeparator" = Option<String>, Query, description = "One character; a comma unless said."),
        ("csvFields" = Option<String>, Query, description = "Fields, comma separated."),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The pairs.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/api/klass/v1/classifications/{id}/corresponds")]
pub async fn list_correspondence(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    corresponds(&request, &id).map_err(|problem| problem.for_request(&request))
}

/// Which codes go with which of another classification, on one day.
#[utoipa::path(operation_id = "list_correspondence_at", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The classification.", example = "131"),
        ("targetClassificationId" = String, Query, description = "The other one.", example = "112"),
        ("date" = String, Query, description = "The day.", example = "2024-01-01"),
        ("csvSeparator" = Option<String>, Query, description = "One character; a comma unless said."),
        ("csvFields" = Option<String>, Query, description = "Fields, comma separated."),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The pairs.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/api/klass/v1/classifications/{id}/correspondsAt")]
pub async fn list_correspondence_at(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    corresponds(&request, &id).map_err(|problem| problem.for_request(&request))
}

/// The classifications that a word is in the name or description of.
#[utoipa::path(operation_id = "search_classifications", tag = "Classifications",
    params(
        ("query" = String, Query, description = "What to look for.", example = "kommune"),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The classifications.", body = Value)))]
#[get("/api/klass/v1/classifications/search")]
pub async fn search_classifications(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let answer = || {
        let query = Query::of(&request);
        let tongue = Tongue::of(&query, &request)?;
        let wanted = query.first("query").unwrap_or_default().trim().to_lowercase();
        let is_meant = |text: &str| text.to_lowercase().contains(&wanted);
        let all: Vec<Value> = classifications()
            .iter()
            .filter(|one| {
                let described = one.description.in_language(tongue.language());
                is_meant(tongue.name(one)) || is_meant(described)
            })
            .map(|one| {
                json!({
                    "name": tongue.name(one),
                    "snippet": one.description.in_language(tongue.language()),
                    "searchScore": 1.0,
                    "_links": { "self": { "href": format!("{CLASSIFICATIONS}/{}", one.id) } },
                })
            })
            .collect();
        let count = all.len();
        let body = json!({
            "_embedded": { "searchResults": all },
            "_links": { "self": { "href": format!("{CLASSIFICATIONS}/search") } },
            "page": { "size": count, "totalElements": count, "totalPages": 1, "number": 0 },
        });
        Reply::open(&request).in_language(tongue.language()).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// Which codes of a version go with which of another classification.
#[utoipa::path(operation_id = "read_correspondence_table", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The table, as the version lists it.", example = "1312024112"),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The pairs.", body = Value)))]
#[get("/api/klass/v1/correspondencetables/{id}")]
pub async fn read_correspondence_table(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let tongue = Tongue::of(&Query::of(&request), &request)?;
        let told = table_of(&id, tongue)?;
        Reply::open(&request).in_language(tongue.language()).json(&told)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// One version of a classification with its codes.
#[utoipa::path(operation_id = "read_classification_version", tag = "Classifications",
    params(
        ("id" = String, Path, description = "The version.", example = "1312024"),
        ("language" = Option<String>, Query, description = "`nb`, `nn` or `en`.", example = "nb"),
    ),
    responses((status = 200, description = "The version.", body = Value)))]
#[get("/api/klass/v1/versions/{id}")]
pub async fn read_classification_version(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let tongue = Tongue::of(&Query::of(&request), &request)?;
        let found = classifications()
            .iter()
            .flat_map(|one| one.versions.iter().map(move |version| (one, version)))
            .find(|(_, version)| version.id.to_string() == **id);
        let (one, state) = found.ok_or_else(|| {
            Problem::new(Kind::NotFound).detail(
                format!("versjonen `{}` finnes ikke; se klassifikasjonens `versions`", clip(&id)),
                format!(
                    "there is no version `{}`; see `versions` of the classification",
                    clip(&id)
                ),
            )
        })?;
        let holds = one.spans.iter().filter(|span| span.holds(state.from, None));
        let items: Vec<_> = holds.map(|span| code(span, None, tongue)).collect();
        let mut body = version(one, state, tongue);
        body.insert("classificationItems".to_owned(), json!(items));
        body.insert("correspondenceTables".to_owned(), json!(tables(one, state, tongue)));
        let further = json!({
            "language": tongue.tag(),
            "introduction": one.description.in_language(tongue.language()),
            "contactPerson": { "name": "Statistisk sentralbyrå" },
            "owningSection": "Statistisk sentralbyrå",
            "levels": [{ "levelNumber": 1, "levelName": tongue.name(one) }],
            "classificationVariants": [],
            "changelogs": [],
        });
        body.extend(further.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
        Reply::open(&request).in_language(tongue.language()).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}
