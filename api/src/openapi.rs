//! The OpenAPI document: what the handlers say, completed with what holds for all of them.

mod bodies;
mod inbound;
mod law;
mod nodes;
mod sets;

use crate::problem::Kind;
use serde_json::{Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

/// The beginning of the document; the operations come from the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hjemmel",
        description = "KOSTRA-data delt på hjemmel: eksakt til den som har rett til det, vernet til alle andre.\n\nKOSTRA data shared on a legal basis: exact for whoever is entitled, protected for everyone else. Every answer with data says in `Hjemmel-Protection` what was done to it, in `Hjemmel-Basis` under which grant, and in `Hjemmel-Decision` which recorded decision let it leave.",
        license(name = "MIT")
    ),
    tags(
        (name = "Tables", description = "Published tables, as PxWebApi 2."),
        (name = "Indicators", description = "Key figures, and targets set for them."),
        (name = "Classifications", description = "Municipalities, counties, bydeler and KOSTRA groups over the years, as KLASS."),
        (name = "Datasets", description = "The datasets and, on a legal basis, their records."),
        (name = "Questions", description = "Questions of your own, answered with calibrated noise at the cost of a budget."),
        (name = "Deliveries", description = "A municipality's own file in, a report out."),
        (name = "Releases", description = "What deliveries become: editions, and tables protected and published together."),
        (name = "Nodes", description = "Other holders, and questions brought to them."),
        (name = "Access", description = "What you may see and why."),
        (name = "Grants", description = "Applying for a grant, deciding on it, and stopping it."),
        (name = "Audit", description = "The record nobody can rewrite unseen: events, signed checkpoints, proofs."),
        (name = "Health", description = "Whether the server can answer."),
    )
)]
struct Document;

/// The problems each operation can end in, beside 500 which all can.
const COMMON: &[(&str, &[Kind])] = {
    use Kind::{
        BudgetExhausted, InvalidToken, LimitReached, MayNotAsk, NoLegalBasis, NotAcceptable,
        NotFound, NotPermitted, NotPublished, NotSignedIn, OutsideGrant, ParameterError, TooLarge,
        TooManyCells, Unavailable,
    };
    const CELLS: &[Kind] = &[
        ParameterError,
        InvalidToken,
        TooManyCells,
        NotFound,
        NotPublished,
        NotAcceptable,
        Unavailable,
    ];
    const CELLS_BY_BODY: &[Kind] = &[
        ParameterError,
        InvalidToken,
        TooManyCells,
        NotFound,
        NotPublished,
        NotAcceptable,
        TooLarge,
        Unavailable,
    ];
    &[
        ("read_liveness", &[NotAcceptable]),
        ("read_readiness", &[NotAcceptable, Unavailable]),
        ("read_problem", &[NotFound, NotAcceptable]),
        ("read_config", &[NotAcceptable]),
        ("list_tables", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_table", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_table_metadata", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_default_selection", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_table_data", CELLS),
        ("query_table_data", CELLS_BY_BODY),
        ("list_classifications", &[ParameterError, NotAcceptable]),
        ("read_jsonstat_collection", &[ParameterError, NotAcceptable, Unavailable]),
        ("read_feed", &[ParameterError, NotAcceptable, Unavailable]),
        ("read_catalogue", &[NotAcceptable, Unavailable]),
        ("read_classification", &[ParameterError, NotFound, NotAcceptable]),
        ("list_classification_codes", &[ParameterError, NotFound, NotAcceptable]),
        ("list_classification_codes_at", &[ParameterError, NotFound, NotAcceptable]),
        ("list_classification_changes", &[ParameterError, NotFound, NotAcceptable]),
        ("list_correspondence", &[ParameterError, NotFound, NotAcceptable]),
        ("list_correspondence_at", &[ParameterError, NotFound, NotAcceptable]),
        ("search_classifications", &[ParameterError, NotAcceptable]),
        ("read_correspondence_table", &[ParameterError, NotFound, NotAcceptable]),
        ("read_classification_version", &[ParameterError, NotFound, NotAcceptable]),
        ("list_v1_databases", &[NotFound, NotAcceptable]),
        ("list_v1_subjects", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_v1_table", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_v1_table_of_subject", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_v1_table_of_group", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("query_v1_table", CELLS_BY_BODY),
        ("query_v1_table_of_group", CELLS_BY_BODY),
        ("list_indicators", &[ParameterError, NotAcceptable]),
        ("read_indicator", &[ParameterError, NotFound, NotPublished, NotAcceptable, Unavailable]),
        ("list_targets", &[NotAcceptable, Unavailable]),
        (
            "set_target",
            &[
                ParameterError,
                NotSignedIn,
                InvalidToken,
                NotPermitted,
                Kind::WrongState,
                NotAcceptable,
                TooLarge,
                Unavailable,
            ],
        ),
        ("read_codelist", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("create_saved_query", &[ParameterError, NotAcceptable, TooLarge, Unavailable]),
        ("read_saved_query", &[NotFound, NotAcceptable, Unavailable]),
        ("read_saved_query_selection", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
        ("read_saved_query_data", CELLS),
        ("list_datasets", &[NotAcceptable, Unavailable]),
        ("read_dataset", &[NotFound, NotAcceptable, Unavailable]),
        (
            "read_microdata",
            &[
                ParameterError,
                NotSignedIn,
                InvalidToken,
                NoLegalBasis,
                OutsideGrant,
                NotFound,
                NotPublished,
                NotAcceptable,
                LimitReached,
                Unavailable,
            ],
        ),
        (
            "ask_question",
            &[
                ParameterError,
                NotSignedIn,
                InvalidToken,
                MayNotAsk,
                TooManyCells,
                BudgetExhausted,
                NotPublished,
                NotAcceptable,
                TooLarge,
                Unavailable,
            ],
        ),
        (
            "preview_question",
            &[
                ParameterError,
                InvalidToken,
                TooManyCells,
                NotPublished,
                NotAcceptable,
                TooLarge,
                Unavailable,
            ],
        ),
        (
            "read_answer",
            &[ParameterError, NotSignedIn, InvalidToken, NotFound, NotAcceptable, Unavailable],
        ),
        ("read_receipt_key", &[NotAcceptable]),
        ("list_budgets", &[NotSignedIn, InvalidToken, MayNotAsk, NotAcceptable, Unavailable]),
        (
            "change_budget",
            &[
                ParameterError,
                NotSignedIn,
                InvalidToken,
                NotPermitted,
                Kind::Stale,
                NotAcceptable,
                TooLarge,
                Unavailable,
            ],
        ),
        (
            "list_spends",
            &[ParameterError, NotSignedIn, InvalidToken, NotPermitted, NotAcceptable, Unavailable],
        ),
        ("read_me", &[NotSignedIn, InvalidToken, NotAcceptable, Unavailable]),
        ("read_decision", &[NotSignedIn, InvalidToken, NotFound, NotAcceptable, Unavailable]),
    ]
};

/// The problems of every operation.
static PROBLEMS: LazyLock<Vec<(&str, &[Kind])>> =
    LazyLock::new(|| [COMMON, law::PROBLEMS, inbound::PROBLEMS, nodes::PROBLEMS].concat());

/// Operations whose answers hold data and carry all marks.
const WITH_DATA: [&str; 10] = [
    "relay_microdata",
    "relay_table_data",
    "query_v1_table",
    "query_v1_table_of_group",
    "read_table_data",
    "query_table_data",
    "read_saved_query_data",
    "read_microdata",
    "ask_question",
    "read_answer",
];

/// The base of the document, before the routes are added.
#[must_use]
pub fn base() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(
        "bearer".to_owned(),
        utoipa::openapi::RefOr::T(SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some(
                    "A Maskinporten token of an organisation, or an OIDC access token of a person.",
                ))
                .build(),
        )),
    );
    document
}

/// The finished document of this version, as it is checked in.
///
/// # Errors
/// When it cannot be encoded.
pub fn document() -> serde_json::Result<Value> {
    use utoipa_actix_web::AppExt as _;
    let (_, document) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(base())
        .configure(crate::routes::configure)
        .split_for_parts();
    let mut document = serde_json::to_value(document)?;
    complete(&mut document)?;
    Ok(document)
}

/// Adds the schemas, and to each operation its bodies, its problems and the headers of its answers.
fn complete(document: &mut Value) -> serde_json::Result<()> {
    let bodies = bodies::bodies()?;
    if let Some(schemas) = document
        .pointer_mut("/components")
        .and_then(Value::as_object_mut)
        .map(|components| components.entry("schemas").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
    {
        schemas.insert("Problem".to_owned(), problem_schema());
        bodies::add_schemas(schemas)?;
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (method, operation) in paths
        .into_iter()
        .flat_map(serde_json::Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flatten()
    {
        let Some(id) = operation.get("operationId").and_then(Value::as_str).map(str::to_owned)
        else {
            continue;
        };
        if let (Some(operation), Some(bodies)) = (operation.as_object_mut(), bodies.get(&id)) {
            bodies::describe(operation, bodies);
        }
        let kinds = PROBLEMS.iter().find(|(known, _)| *known == id).map_or(&[][..], |(_, k)| *k);
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            for kind in kinds.iter().chain(&[Kind::TooManyRequests, Kind::Internal]) {
                add_problem(responses, *kind);
            }
            for status in ["200", "201"] {
                if let Some(success) = responses.get_mut(status).and_then(Value::as_object_mut) {
                    success.insert("headers".to_owned(), headers(&id));
                }
            }
            let reads = method == "get" || WITH_DATA.contains(&id.as_str());
            if reads && !id.contains("ness") {
                responses.insert(
                    "304".to_owned(),
                    json!({ "description": "You hold this already (If-None-Match)." }),
                );
            }
        }
    }
    Ok(())
}

/// One problem as a named example of its status.
fn add_problem(responses: &mut serde_json::Map<String, Value>, kind: Kind) {
    let status = kind.status().as_str().to_owned();
    let response = responses.entry(status).or_insert_with(|| {
        json!({
            "description": "",
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" }, "examples": {} } },
        })
    });
    let meaning = kind.meaning().en;
    if let Some(description) = response.get_mut("description") {
        let so_far = description.as_str().unwrap_or_default();
        *description = format!("{so_far} {meaning}").trim().into();
    }
    let examples = response
        .pointer_mut("/content/application~1problem+json/examples")
        .and_then(Value::as_object_mut);
    if let Some(examples) = examples {
        examples.insert(
            kind.slug().to_owned(),
            json!({ "value": {
                "type": format!("/problems/{}", kind.slug()),
                "title": kind.title().en,
                "status": kind.status().as_u16(),
                "detail": meaning,
                "instance": "/v1/…",
            } }),
        );
    }
}

fn headers(operation: &str) -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    if operation.contains("ness") {
        return json!({});
    }
    let mut headers = json!({
        "ETag": text("Changes when the answer does; weak (`W/`) where it is compressed or streamed.", "\"0f343b0931126a20f133d67c2b018a3b\""),
        "RateLimit": text("Calls that are left at once, and the seconds until all are again.", "\"calls\";r=99999;t=1"),
        "RateLimit-Policy": text("How many calls one address has a window.", "\"calls\";q=100000;w=1"),
        "Vary": text("What the answer is negotiated by.", crate::reply::VARY),
        "Hjemmel-Protection": text("`exact`, `suppressed`, `rounded`, `noise` or `none-needed`: what was done to the numbers.", "suppressed"),
        "Hjemmel-Basis": text("The grant and version the answer rests on, or `none`.", "none"),
    });
    if let Some(all) = headers.as_object_mut() {
        if WITH_DATA.contains(&operation) {
            all.insert(
                "Hjemmel-Decision".to_owned(),
                text(
                    "The recorded decision that let it leave.",
                    "0191c7b0-7f3e-7a52-8c59-2f1f6e0d8a11",
                ),
            );
        }
        if operation.starts_with("relay_") {
            nodes::add_headers(all, text);
        }
        if operation == "read_microdata" {
            all.insert(
                "Hjemmel-Columns-Left-Out".to_owned(),
                text("Columns of the year the grant does not give, when none were asked for by name.", "SAKSBEHANDLER"),
            );
            all.insert(
                "Hjemmel-Columns-Coarser".to_owned(),
                text("Columns the grant gives coarser than they were reported: `banded`, with the width of the bands (a number is given as the lowest of its band) or `month` (a date as the first of its month), or `flag` (1 above zero, else 0).", "BIDRAG=banded;10000, LAAN=flag"),
            );
        }
    }
    headers
}

fn problem_schema() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457), in bokmål or English by Accept-Language.",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": text("The kind of problem, as an address that explains it."),
            "title": text("The kind in a few words."),
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": text("What is wrong this time and what to do."),
            "instance": text("The address that was called."),
            "decision": text("The recorded decision that refused."),
        },
    })
}

#[cfg(test)]
mod tests;
