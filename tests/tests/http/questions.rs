//! Questions answered with noise: what an answer carries, how near the truth it is, and what costs nothing.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::node::{Caller, Node};
use crate::truth;
use crate::wire;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use hjemmel_kostra::Form;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub const QUERIES: &str = "/v1/queries";
const PREVIEW: &str = "/v1/queries/preview";

/// A copy with so much budget that no test here runs out of it.
static NODE: LazyLock<Node> = LazyLock::new(|| rich("questions").serve());

/// An installation with budgets of ρ = 90 for everything.
pub fn rich(name: &str) -> Installation {
    Installation::copy(name)
        .with("HJEMMEL_QUESTIONS_RHO_PER_DATASET_YEAR", "90")
        .with("HJEMMEL_QUESTIONS_RHO_PER_PROJECT", "90")
        .with("HJEMMEL_QUESTIONS_RHO_PER_ORGANISATION", "90")
}

/// A question about 2024 with members added or replaced.
pub fn about(extra: &Value) -> Value {
    let mut question = json!({ "dataset": "skjema-11", "year": 2024,
        "measure": { "count": "persons" }, "rho": 0.5 });
    question.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    question
}

#[track_caller]
fn ask(question: &Value) -> Answer {
    NODE.caller("researcher").post(QUERIES, &question.to_string()).ok()
}

/// The cells of every layer: codes, value, standard deviation.
fn cells(answer: &Value) -> Vec<(BTreeMap<String, String>, f64, f64)> {
    let layers = answer["layers"].as_array().unwrap().iter();
    let cells = layers.flat_map(|layer| layer["cells"].as_array().unwrap());
    cells
        .map(|cell| {
            let at = serde_json::from_value(cell["at"].clone()).unwrap();
            (at, cell["value"].as_f64().unwrap(), cell["standardDeviation"].as_f64().unwrap_or(0.0))
        })
        .collect()
}

fn spent(node: &Node) -> f64 {
    let budgets = node.caller("admin").get("/v1/budgets").ok().json();
    let all = budgets["budgets"].as_array().unwrap().clone();
    all.iter().map(|budget| budget["rhoSpent"].as_f64().unwrap()).sum()
}

#[test]
fn an_answer_says_all_there_is_to_say_of_it_and_is_near_the_truth() {
    let question =
        about(&json!({ "groupBy": ["KJONN"], "filter": [{ "variable": "VKLO", "codes": ["5"] }] }));
    let answer = ask(&question);
    for (name, value) in [("hjemmel-protection", "noise"), ("hjemmel-basis", "none")] {
        assert_eq!(answer.header(name), value);
    }
    assert!(
        answer.header("etag").starts_with('"') && answer.header("hjemmel-decision").len() == 36
    );
    assert_eq!(answer.header("content-encoding"), "");
    let body = answer.json();
    let privacy = &body["privacy"][0];
    assert_eq!(privacy["lineage"], "skjema-11/2024");
    assert_eq!(privacy["mechanism"]["name"], "discrete-gaussian");
    assert_eq!((&privacy["contributionBound"], &privacy["delta"]), (&json!(2), &json!(1e-6)));
    assert!(privacy["rho"].as_f64().unwrap() <= 0.5 && privacy["epsilon"].as_f64().unwrap() > 0.5);
    assert_eq!(body["project"], "kvp-effekt");
    let kinds: Vec<&str> = body["budgets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["dataset-year", "project", "organisation"]);
    assert_eq!(
        body["question"]["groupBy"],
        json!([{ "variable": "KJONN", "levels": ["detailed"] }])
    );

    let truth = truth::of(Form::F11, 2024);
    let people: Vec<(String, String)> =
        truth.field("KJONN").into_iter().zip(truth.field("VKLO")).collect();
    for (at, value, deviation) in cells(&body) {
        let exact =
            people.iter().filter(|(sex, source)| *sex == at["KJONN"] && source == "5").count();
        // One person may have a second record, which no count of persons shows.
        let off = (value - f64::from(u32::try_from(exact).unwrap())).abs();
        assert!(
            off < 8.0 * deviation + 0.02 * value.abs() + 3.0,
            "{at:?}: {value}, really {exact}"
        );
    }
}

#[test]
fn one_question_in_every_spelling_and_format_is_one_answer_and_costs_once() {
    // One that no other test asks meanwhile.
    let node = rich("spellings").serve();
    let ask =
        |question: &Value| node.caller("researcher").post(QUERIES, &question.to_string()).ok();
    let question = about(&json!({ "groupBy": ["BOSIT"], "rho": 0.01 }));
    let first = ask(&question);
    let before = spent(&node);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let spelled = json!({ "rho": 1e-2, "groupBy": [{ "variable": "bosit" }, "BOSIT"], "years": [2024],
        "dataset": "11F", "measure": { "count": "persons" }, "filter": [{ "variable": "REGION", "codes": ["EAK"] }] });
    for other in [
        ask(&question),
        ask(&spelled),
        node.caller("researcher2").post(QUERIES, &spelled.to_string()).ok(),
    ] {
        assert_eq!(other.body, first.body);
        assert_eq!(other.header("etag"), first.header("etag"));
    }
    let kept = node.caller("bld").get(&format!("{QUERIES}/{id}")).ok();
    assert_eq!(kept.body, first.body);
    let known = node
        .caller("bld")
        .get_with(&format!("{QUERIES}/{id}"), &[("If-None-Match", first.header("etag"))]);
    assert_eq!(known.status, 304);

    let values: Vec<String> =
        cells(&first.json()).iter().map(|(_, value, _)| format!("{value}")).collect();
    let csv = node
        .caller("researcher")
        .post(&format!("{QUERIES}?format=csv"), &question.to_string())
        .ok();
    let lines: Vec<String> = csv
        .text()
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(2).unwrap().trim().to_owned())
        .collect();
    assert_eq!(lines, values);
    let cube =
        node.caller("researcher").get(&format!("{QUERIES}/{id}?format=json-stat2")).ok().json();
    assert_eq!(cube["id"], json!(["BOSIT", "ContentsCode", "Tid"]));
    let in_cube: Vec<String> = cube["value"]
        .as_array()
        .unwrap()
        .iter()
        .step_by(4)
        .map(|value| format!("{}", value.as_f64().unwrap()))
        .collect();
    assert_eq!(in_cube, values);
    assert!((spent(&node) - before).abs() < 1e-9, "asking again cost something");
}

#[test]
fn levels_of_regions_add_up() {
    let levels = ["country", "county", "municipality", "district"];
    let answer = ask(&about(
        &json!({ "groupBy": [{ "variable": "REGION", "levels": levels }, "KJONN"], "rho": 0.2 }),
    ));
    let body = answer.json();
    assert_eq!(body["privacy"][0]["postProcessing"], json!(["consistent"]));
    let sums: Vec<Vec<f64>> = body["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| {
            let cells = layer["cells"].as_array().unwrap();
            ["1", "2", "UOPPG"]
                .map(|sex| {
                    cells
                        .iter()
                        .filter(|cell| cell["at"]["KJONN"] == sex)
                        .map(|cell| cell["value"].as_f64().unwrap())
                        .sum()
                })
                .to_vec()
        })
        .collect();
    assert_eq!(sums.len(), levels.len());
    assert!(sums.iter().all(|sum| sum == &sums[0]), "{sums:?}");
}

#[test]
fn who_is_in_two_municipalities_counts_in_both_where_levels_add_up() {
    let truth = truth::of(Form::F11, 2024);
    let numbers = truth.field("PERSON_FODSELSNR");
    let places: Vec<(&String, String)> = numbers
        .iter()
        .zip(truth.field("KOMMUNE_NR"))
        .filter(|(number, _)| !number.is_empty())
        .collect();
    // A record without a number is a person of its own.
    let nameless = numbers.len() - places.len();
    let persons: BTreeSet<&String> = places.iter().map(|(number, _)| *number).collect();
    let in_each: BTreeSet<&(&String, String)> = places.iter().collect();
    let of = |group_by: Value| {
        cells(&ask(&about(&json!({ "groupBy": group_by, "rho": 5 }))).json()).swap_remove(0)
    };
    let near = |(_, value, deviation): (_, f64, f64), exact: usize| {
        let exact = f64::from(u32::try_from(exact).unwrap());
        assert!((value - exact).abs() < 8.0 * deviation, "{value}, really {exact}");
    };
    near(of(json!([])), persons.len() + nameless);
    let levels = json!([{ "variable": "REGION", "levels": ["country", "municipality"] }]);
    near(of(levels), in_each.len() + nameless);
    assert!(in_each.len() > persons.len() + 10, "{} {}", in_each.len(), persons.len());
}

#[test]
fn sums_means_quantiles_and_histograms_are_near_the_truth() {
    let truth = truth::of(Form::F11, 2024);
    let mut amounts: Vec<f64> =
        truth.field("BIDRAG").iter().filter_map(|text| text.parse::<f64>().ok()).collect();
    amounts.sort_by(f64::total_cmp);
    let clamped: Vec<f64> = amounts.iter().map(|amount| amount.clamp(0.0, 200_000.0)).collect();
    let number = f64::from(u32::try_from(clamped.len()).unwrap());
    let (sum, middle) = (clamped.iter().sum::<f64>(), clamped[clamped.len() / 2]);
    let value =
        |measure: Value| cells(&ask(&about(&json!({ "measure": measure, "rho": 2 }))).json())[0].1;
    let near = |value: f64, exact: f64, share: f64| {
        assert!((value - exact).abs() < share * exact, "{value}, really {exact}");
    };
    near(value(json!({ "sum": "BIDRAG", "to": 200_000 })), sum, 0.05);
    near(value(json!({ "mean": "BIDRAG", "to": 200_000 })), sum / number, 0.05);
    near(value(json!({ "median": "BIDRAG", "to": 200_000 })), middle, 0.1);
    let by_sex = |measure: Value| {
        let question = json!({ "measure": measure, "groupBy": ["KJONN"], "rho": 0.5 });
        ask(&about(&question)).json()["layers"][0].clone()
    };
    let means = by_sex(json!({ "mean": "BIDRAG", "to": 200_000 }));
    // Where sex is unstated chance alone says whether there is a mean, and all values may be possible.
    let stated = |cell: &&Value| cell["at"]["KJONN"] != "UOPPG";
    for cell in means["cells"].as_array().unwrap().iter().filter(stated) {
        let ends = |name: &str| [0, 1].map(|end| cell[name][end].as_f64().unwrap());
        let ([low, high], [lowest, highest]) = (ends("interval95"), ends("simultaneous95"));
        let value = cell["value"].as_f64().unwrap();
        assert!(lowest < low && low < value && value < high && high < highest, "{cell}");
    }
    let medians = by_sex(json!({ "median": "BIDRAG", "to": 200_000 }));
    let ranks = |name: &str| medians[name].as_f64().unwrap();
    assert!(ranks("rankHalfWidth") < ranks("simultaneousRankHalfWidth"), "{medians}");
    let histogram = json!({ "histogram": "BIDRAG", "edges": [20_000, 60_000] });
    let bins = cells(&ask(&about(&json!({ "measure": histogram, "rho": 2 }))).json());
    assert_eq!(bins.len(), 4);
    let below = f64::from(
        u32::try_from(amounts.iter().filter(|amount| **amount < 20_000.0).count()).unwrap(),
    );
    near(bins[0].1, below, 0.05);
}

#[test]
fn made_up_rows_and_previews_cost_nothing_and_need_no_token() {
    let anyone = NODE.anyone();
    let question = about(&json!({ "groupBy": ["REGION"] }));
    let mut dummy = question.clone();
    dummy["dummy"] = true.into();
    let answer = anyone.post(QUERIES, &dummy.to_string()).ok();
    assert_eq!(
        (answer.header("hjemmel-protection"), answer.header("hjemmel-decision")),
        ("none-needed", "")
    );
    let body = answer.json();
    assert_eq!((&body["dummy"], &body["receipt"]), (&json!(true), &Value::Null));
    assert_eq!(cells(&body).len(), 357 - 1 + 15);
    anyone.post(QUERIES, &question.to_string()).problem(401, "not-signed-in");
    let preview = anyone.post(PREVIEW, &question.to_string()).ok().json();
    assert_eq!((&preview["cells"], preview["price"].as_array().unwrap().len()), (&json!(371), 1));
    assert_eq!(preview["budgets"].as_array().unwrap().len(), 1, "nobody has no project");
    let own = NODE.caller("researcher").post(PREVIEW, &question.to_string()).ok().json();
    assert_eq!(own["budgets"].as_array().unwrap().len(), 3);
}

#[test]
fn a_preview_says_which_coarser_question_would_be_exact_enough() {
    let question = json!({ "dataset": "skjema-11C", "year": 2024, "measure": { "count": "persons" },
        "groupBy": [{ "variable": "REGION", "levels": ["municipality"] }, "ALDERSGRUPPE"],
        "filter": [{ "variable": "STATUS", "codes": ["4"] }], "rho": 0.05, "relativeAccuracy": 0.2, "expectedTotal": 5_000 });
    let preview = NODE.anyone().post(PREVIEW, &question.to_string()).ok().json();
    let advice = preview["advice"]["alternatives"].as_array().unwrap();
    let of = |change: &str| {
        advice
            .iter()
            .find(|one| one["change"] == change)
            .unwrap_or_else(|| panic!("{change}: {advice:?}"))
    };
    assert_eq!(of("as asked")["reaches"], false);
    for change in ["REGION: county", "REGION: kostra-group", "REGION: size", "ALDERSGRUPPE: broad"]
    {
        assert!(of(change)["smallestCell"].as_f64().unwrap() > 0.0, "{change}");
    }
    assert!(advice.iter().any(|one| one["reaches"] == true), "{advice:?}");
}

#[test]
fn a_receipt_is_signed_and_speaks_of_these_values() {
    let answer = ask(&about(&json!({ "groupBy": ["EKTSTAT"] }))).json();
    let receipt = answer["receipt"].as_str().unwrap();
    let (signed, signature) = receipt.rsplit_once('.').unwrap();
    let key = NODE.anyone().get("/v1/receipt-key").ok().json();
    let read = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let public: [u8; 32] = read(key["x"].as_str().unwrap()).try_into().unwrap();
    let signature = Signature::from_slice(&read(signature)).unwrap();
    VerifyingKey::from_bytes(&public).unwrap().verify(signed.as_bytes(), &signature).unwrap();
    let payload: Value = serde_json::from_slice(&read(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!((&payload["id"], &payload["decision"]), (&answer["id"], &answer["decision"]));
    assert_eq!(payload["paid"][0]["nanoRho"], answer["privacy"][0]["nanoRho"]);
}

#[test]
fn several_years_are_answered_and_paid_for_each_by_itself() {
    let answer = ask(&json!({ "dataset": "skjema-11", "years": [2025, 2024], "measure": { "count": "records" }, "accuracy": 30 })).json();
    let years: Vec<&Value> =
        answer["layers"].as_array().unwrap().iter().map(|layer| &layer["year"]).collect();
    assert_eq!(years, [&json!(2024), &json!(2025)]);
    let budgets = answer["budgets"].as_array().unwrap();
    assert_eq!(budgets.len(), 4);
    let interval = &answer["layers"][0]["cells"][0]["interval95"];
    let half = (interval[1].as_f64().unwrap() - interval[0].as_f64().unwrap()) / 2.0;
    assert!(half <= 30.0 && half > 25.0, "{half}");
}

#[test]
fn only_researchers_of_a_project_ask() {
    let question = about(&json!({ "rho": 0.001 })).to_string();
    for name in ["bld", "nav", "legal", "admin", "auditor"] {
        let refused = NODE.caller(name).post(QUERIES, &question).problem(403, "may-not-ask");
        assert!(refused["decision"].is_string(), "{name}");
        let why = refused["detail"].as_str().unwrap();
        assert!(why.contains("støyvernede tall fra skjema 11 for 2024"), "{why}");
    }
    // Whoever was decided on may read why, and nobody else who has no part in it.
    let answer = ask(&about(&json!({ "rho": 0.001 })));
    let decision = format!("/v1/decisions/{}", answer.header("hjemmel-decision"));
    let own = NODE.caller("researcher").get(&decision).ok().json();
    assert_eq!(
        (&own["outcome"], &own["decision"]["resource"]["project"]),
        (&json!("allowed"), &json!("kvp-effekt"))
    );
    NODE.caller("researcher2").get(&decision).problem(404, "not-found");
    NODE.caller("auditor").get(&decision).ok();
    let mut named = about(&json!({ "rho": 0.001 }));
    named["project"] = "unge".into();
    let refused =
        NODE.caller("researcher").post(QUERIES, &named.to_string()).problem(403, "may-not-ask");
    assert!(refused["detail"].as_str().unwrap().contains("kvp-effekt"));
}

/// What is wrong, the status and problem, and words of it.
fn wrong() -> Vec<(Value, u16, &'static str, &'static str)> {
    let bad = |extra: Value| about(&extra);
    vec![
        (bad(json!({ "groupBy": ["KJONNN"] })), 400, "parameter-error", "`KJONN`"),
        (
            bad(json!({ "filter": [{ "variable": "VKLO", "codes": ["sosjelp"] }] })),
            400,
            "parameter-error",
            "`soshjelp`",
        ),
        (bad(json!({ "messure": 1 })), 400, "parameter-error", "`measure`"),
        (
            bad(json!({ "groupBy": ["REGION", "ALDERSGRUPPE", "TRYGDESIT", "VKLO"] })),
            403,
            "too-many-cells",
            "20000",
        ),
        (bad(json!({ "rho": -1 })), 400, "parameter-error", "`rho`"),
        (bad(json!({ "rho": 1e9 })), 400, "parameter-error", "`rho`"),
        (bad(json!({ "rho": "much" })), 400, "parameter-error", "much"),
        (
            json!({ "dataset": "skjema-11", "year": 2024, "measure": { "sum": "BIDRAG" }, "accuracy": 0.01 }),
            400,
            "parameter-error",
            "`rho`",
        ),
        (
            bad(json!({ "measure": { "quantile": "BIDRAG", "at": 1.5 } })),
            400,
            "parameter-error",
            "`at`",
        ),
        (
            bad(json!({ "filter": [{ "variable": "ALDER", "from": 30, "to": 20 }] })),
            400,
            "parameter-error",
            "30",
        ),
        (bad(json!({ "year": 2021 })), 404, "not-published", "2024"),
        (bad(json!({ "year": 1066 })), 400, "parameter-error", "1066"),
        (bad(json!({ "dataset": "skjema-12" })), 400, "parameter-error", "skjema-11C"),
        (
            bad(
                json!({ "groupBy": [{ "variable": "REGION", "levels": ["county", "kostra-group"] }] }),
            ),
            400,
            "parameter-error",
            "REGION",
        ),
        (
            bad(json!({ "groupBy": [{ "variable": "REGION", "levels": ["country", "size"] }] })),
            400,
            "parameter-error",
            "REGION",
        ),
        (
            bad(json!({ "groupBy": ["PERSON_FODSELSNR"] })),
            400,
            "parameter-error",
            "PERSON_FODSELSNR",
        ),
        (bad(json!({ "measure": { "sum": "BIDRAG * 2" } })), 400, "parameter-error", "BIDRAG"),
        (bad(json!({ "dummy": "yes" })), 400, "parameter-error", "`dummy`"),
        (json!([]), 400, "parameter-error", "JSON"),
    ]
}

#[test]
fn whatever_is_wrong_is_told_and_costs_nothing() {
    let node = rich("wrong-questions").serve();
    let researcher = node.caller("researcher");
    let told = |caller: &Caller<'_>, path: &str, body: &str| {
        [caller.post(path, body), caller.post(&format!("{path}?lang=en"), body)]
    };
    for (question, status, slug, says) in wrong() {
        for path in [QUERIES, PREVIEW] {
            for answer in told(&researcher, path, &question.to_string()) {
                let problem = answer.problem(status, slug);
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains(says), "{question}: {detail}");
            }
        }
    }
    researcher.post(QUERIES, &"[".repeat(100_000)).problem(400, "parameter-error");
    let ten_megabytes = (10 << 20).to_string();
    wire::send(&researcher, "POST", QUERIES, &[("Content-Length", &ten_megabytes)])
        .problem(413, "too-large");
    assert!(spent(&node).abs() < 1e-12);
}
