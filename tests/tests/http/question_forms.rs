//! The forms of questions and answers: what is refused because it could be meant otherwise, and what every format says.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::node::Node;
use crate::questions::{QUERIES, about, rich};
use hjemmel_store::DecisionFilter;
use serde_json::{Value, json};

const PREVIEW: &str = "/v1/queries/preview";

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect()
}

#[test]
fn what_could_be_meant_otherwise_is_refused_and_costs_nothing() {
    let installation = Installation::copy("meant-otherwise");
    let node = installation.serve();
    let researcher = node.caller("researcher");
    let plain = about(&json!({ "rho": 0.001 })).to_string();
    for (body, says) in [
        (plain.replacen('{', r#"{"rho":1,"#, 1), "`rho`"),
        (about(&json!({ "measure": ["persons"] })).to_string(), "list"),
        (about(&json!({ "filter": [["VKLO", ["5"]]] })).to_string(), "list"),
        (about(&json!({ "groupBy": [{ "varible": "KJONN" }] })).to_string(), "`variable`"),
        (about(&json!({ "rho": 1e-10 })).to_string(), "0.000000001"),
        (about(&json!({ "relativAccuracy": 0.1 })).to_string(), "`relativeAccuracy`"),
    ] {
        for path in [QUERIES, PREVIEW] {
            let answer = researcher.send("POST", path, &[("Accept-Language", "en")], &body);
            let problem = answer.problem(400, "parameter-error");
            assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
        }
    }
    for path in ["/v1/queries?rho=1", "/v1/queries?Project=kvp", "/v1/queries/preview?format=csv"] {
        researcher.post(path, &plain).problem(400, "parameter-error");
    }
    assert_eq!(installation.store().paid_and_answered().unwrap(), (0, 0));
}

#[test]
fn whoever_reads_an_answer_again_is_recorded() {
    let installation = Installation::copy("read-again");
    let node = installation.serve();
    let first =
        node.caller("researcher").post(QUERIES, &about(&json!({ "rho": 0.01 })).to_string());
    let first = first.ok();
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let path = format!("{QUERIES}/{id}");
    let read = |name: &str| {
        let answer = node.caller(name).get(&path).ok();
        assert_eq!(answer.body, first.body);
        answer.header("hjemmel-decision").to_owned()
    };
    let decisions = [read("bld"), read("bld"), read("researcher2")];
    let filter =
        DecisionFilter { action: Some("question:read".to_owned()), ..DecisionFilter::default() };
    let recorded = installation.store().decisions(&filter, None, 10).unwrap();
    let ids: Vec<String> = recorded.iter().rev().map(|one| one.row.id.to_string()).collect();
    assert_eq!(ids, decisions);
    assert!(recorded.iter().all(|one| one.row.resource.contains(&id)), "{recorded:?}");
    node.anyone().get(&path).problem(401, "not-signed-in");
    assert_eq!(installation.store().decisions(&filter, None, 10).unwrap().len(), 3);
    // Asked again it is answered whole, whatever the caller holds.
    let held = [("If-None-Match", first.header("etag"))];
    let question = about(&json!({ "rho": 0.01 })).to_string();
    let again = node.caller("researcher").send("POST", QUERIES, &held, &question).ok();
    assert_eq!(again.body, first.body);
    assert_eq!(node.caller("researcher").get_with(&path, &held).status, 304);
}

/// An answer in each format, once paid for.
fn told(node: &Node, question: &Value) -> [Answer; 3] {
    let researcher = node.caller("researcher");
    ["json", "csv", "json-stat2"].map(|format| {
        researcher.post(&format!("{QUERIES}?format={format}"), &question.to_string()).ok()
    })
}

#[test]
fn quantiles_of_one_region_on_two_levels_stand_beside_each_other() {
    let node = rich("two-levels").serve();
    let levels = json!([{ "variable": "REGION", "levels": ["municipality", "district"] }]);
    let medians = json!({ "rho": 0.1, "measure": { "median": "BIDRAG" }, "groupBy": levels });
    let [answer, csv, cube] = told(&node, &about(&medians));
    let (answer, cube) = (answer.json(), cube.json());
    // How far ranks may be off is said in every format.
    let first = &answer["layers"][0];
    let widths = ["rankHalfWidth", "simultaneousRankHalfWidth"].map(|name| first[name].clone());
    let csv = csv.text();
    let [names, line] = [0, 1].map(|at| csv.lines().nth(at).unwrap());
    assert!(names.ends_with("\"rankHalfWidth\",\"rankHalfWidthAll\""), "{names}");
    let ends: Vec<f64> = line.rsplit(',').take(2).map(|one| one.trim().parse().unwrap()).collect();
    assert_eq!(widths, [json!(ends[1]), json!(ends[0])]);
    let told_of = &cube["extension"]["hjemmel"]["layers"][0];
    assert_eq!(
        widths,
        [told_of["rankHalfWidth"].clone(), told_of["simultaneousRankHalfWidth"].clone()]
    );
    assert_eq!(told_of["levels"], json!({ "REGION": "municipality" }));
    let index = &cube["dimension"]["REGION"]["category"]["index"];
    let in_cube = |code: &str| {
        let at = index[code].as_u64().unwrap();
        cube["value"][usize::try_from(at).unwrap() * 4].clone()
    };
    let mut differ = 0;
    for layer in answer["layers"].as_array().unwrap() {
        let is_district = layer["dimensions"][0]["list"] == "district";
        for cell in layer["cells"].as_array().unwrap() {
            let code = cell["at"]["REGION"].as_str().unwrap();
            // A municipality without districts is one itself.
            let beside = format!("{code} (district)");
            let has_two = index.get(&beside).is_some();
            let here = if is_district && has_two { beside.as_str() } else { code };
            assert_eq!(in_cube(here), cell["value"], "{here}");
            differ += usize::from(in_cube(here) != in_cube(code));
        }
    }
    assert!(differ > 0, "no quantile differs between the levels");
    // Counts agree on both levels, and have one place.
    let counts = json!({ "rho": 0.1, "dummy": true, "groupBy": levels });
    let [.., cube] = told(&node, &about(&counts));
    let cube = cube.json();
    assert_eq!(cube["extension"]["hjemmel"]["protection"], "none-needed");
    let index = cube["dimension"]["REGION"]["category"]["index"].as_object().unwrap();
    assert!(index.keys().all(|code| !code.contains('(')));
}

#[test]
fn a_mean_is_told_as_exactly_as_its_interval() {
    let node = rich("exact-means").serve();
    let mean = json!({ "rho": 1, "groupBy": ["KJONN"], "measure": { "mean": "ANTMND", "to": 12 } });
    let [answer, csv, _] = told(&node, &about(&mean));
    let (answer, csv) = (answer.json(), csv.text());
    let cells = answer["layers"][0]["cells"].as_array().unwrap();
    // Where sex is unstated chance alone says whether there is a mean.
    for (cell, line) in cells.iter().zip(csv.lines().skip(1)).take(2) {
        let value = cell["value"].as_f64().unwrap();
        let interval = numbers(&cell["interval95"]);
        assert!(interval[0] < value && value < interval[1], "{cell}");
        let mut written: Vec<f64> = vec![value, cell["standardDeviation"].as_f64().unwrap()];
        written.extend(interval);
        written.extend(numbers(&cell["simultaneous95"]));
        let line: Vec<f64> =
            line.split(',').skip(2).map(|one| one.trim().parse().unwrap()).collect();
        assert_eq!(line, written);
    }
}
