//! Indicators are what the published cells make them, for everyone alike; targets are set by whom they are of.

use crate::answer::{Answer, Cell};
use crate::installation::Installation;
use crate::node::{Caller, shared};
use hjemmel_kostra::regions::population::inhabitants;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const TABLES: &str = "/pxwebapi/v2/tables";

fn count(number: u64) -> f64 {
    u32::try_from(number).unwrap().into()
}

type Figures = BTreeMap<(String, String, String), Result<f64, String>>;

/// Every number of a table of indicators, by region, indicator and year.
fn figures(caller: &Caller<'_>, table: &str) -> (Figures, Answer) {
    let all = "valueCodes[Region]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=*";
    let answer = caller.get(&format!("{TABLES}/{table}/data?{all}")).ok();
    let set = answer.json();
    assert_eq!(set["id"], json!(["Region", "ContentsCode", "Tid"]));
    let codes = |name: &str| -> Vec<String> {
        let index = set["dimension"][name]["category"]["index"].as_object().unwrap();
        let mut codes: Vec<_> = index.iter().map(|(code, at)| (at.as_u64(), code)).collect();
        codes.sort();
        codes.into_iter().map(|(_, code)| code.clone()).collect()
    };
    let mut place = 0;
    let mut figures = Figures::new();
    for region in codes("Region") {
        for indicator in codes("ContentsCode") {
            for year in codes("Tid") {
                let sign = set["status"][place.to_string()].as_str().unwrap_or_default();
                let value = set["value"][place].as_f64().ok_or_else(|| sign.to_owned());
                figures.insert((region.clone(), indicator.clone(), year), value);
                place += 1;
            }
        }
    }
    (figures, answer)
}

/// The cells of a published table, all of them.
fn published(caller: &Caller<'_>, table: &str) -> Vec<Cell> {
    let definition = hjemmel_kostra::table(table).unwrap();
    let codes = definition.dimensions.iter().map(|one| format!("&valueCodes[{}]=*", one.code));
    let address = format!(
        "{TABLES}/{table}/data?valueCodes[ContentsCode]=*&valueCodes[Tid]=2023,2024,2025{}",
        codes.collect::<String>()
    );
    caller.get(&address).ok().cells()
}

/// The sum of one side of an indicator over the cells it names; an error where any of them has no number.
fn side(
    part: &Value,
    table: &BTreeMap<String, Vec<Cell>>,
    region: &str,
    year: &str,
) -> Result<u64, String> {
    let cells = part["cells"].as_array().unwrap();
    if cells.is_empty() {
        let of = inhabitants(region, year.parse::<u16>().unwrap() + 1).unwrap();
        let ages = part["inhabitants"].as_array().unwrap().iter();
        return Ok(ages.map(|age| u64::from(of.of_age(age.as_str().unwrap()).unwrap())).sum());
    }
    let mut sum = 0;
    for source in cells {
        let name = source["table"].as_str().unwrap();
        let definition = hjemmel_kostra::table(name).unwrap();
        let is_meant = |cell: &&Cell| {
            definition.dimensions.iter().all(|one| {
                let code = cell.at[&one.code].as_str();
                match (one.column.as_str(), source["at"][&one.code].as_str()) {
                    ("REGION", _) => code == region,
                    (_, Some(wanted)) => code == wanted,
                    (_, None) => Some(code) == one.total.as_deref(),
                }
            })
        };
        let cell = table[name].iter().find(|cell| cell.at["Tid"] == year && is_meant(cell));
        match &cell.unwrap_or_else(|| panic!("{name} has no {region}")).value {
            Ok(value) => sum += value,
            Err(sign) => return Err(sign.clone()),
        }
    }
    Ok(sum)
}

#[test]
fn every_indicator_is_what_the_published_cells_make_it_and_withheld_with_any_of_them() {
    let anyone = shared().anyone();
    let all = anyone.get("/v1/indicators").ok().json();
    let all = all["indicators"].as_array().unwrap();
    let mut tables: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    for one in all {
        for part in ["numerator", "denominator"] {
            for source in one[part]["cells"].as_array().unwrap() {
                let name = source["table"].as_str().unwrap();
                tables.entry(name.to_owned()).or_insert_with(|| published(&anyone, name));
            }
        }
    }
    let (mut shown, mut withheld) = (0, 0);
    let ids: BTreeSet<&str> = all.iter().map(|one| one["table"].as_str().unwrap()).collect();
    for id in ids {
        let (figures, answer) = figures(&anyone, id);
        assert_eq!(answer.header("hjemmel-protection"), "suppressed");
        // The population file names municipalities and bydeler of today; others are tested where they are counted.
        let kommuner = ["3107", "0301", "4204", "030101", "3105", "5501"];
        for ((region, code, year), figure) in figures {
            let of = all.iter().find(|one| one["code"] == code.as_str()).unwrap();
            let counts_people = of["denominator"]["cells"].as_array().unwrap().is_empty();
            if counts_people && !kommuner.contains(&region.as_str()) {
                continue;
            }
            let is_there = hjemmel_kostra::Division::of(year.parse().unwrap())
                .is_some_and(|division| division.value(&region).is_some());
            if !is_there {
                assert_eq!(figure, Err(".".to_owned()), "{region} {year}");
                continue;
            }
            let parts =
                ["numerator", "denominator"].map(|part| side(&of[part], &tables, &region, &year));
            let name = format!("{code} {region} {year}: {parts:?}");
            match (&parts, figure) {
                ([Ok(above), Ok(below)], Ok(figure)) => {
                    let factor = of["factor"].as_f64().unwrap();
                    let exact = count(*above) / count(*below) * factor;
                    let half = if of["decimals"] == 0 { 0.5 } else { 0.05 };
                    assert!((exact - figure).abs() <= half + 1e-9, "{name} gives {figure}");
                    shown += 1;
                }
                ([Ok(_), Ok(0)], Err(sign)) => assert_eq!(sign, "..", "{name}"),
                ([above, below], Err(sign)) => {
                    assert!(above.is_err() || below.is_err(), "{name} is {sign}");
                    withheld += usize::from(sign == ":");
                }
                (_, Ok(figure)) => panic!("{name} gives {figure}"),
            }
        }
    }
    assert!(shown > 200 && withheld > 50, "{shown} shown, {withheld} withheld");
}

#[test]
fn nobodys_grant_makes_an_indicator_more_exact() {
    let node = shared();
    let (open, _) = figures(&node.anyone(), "S1191");
    for name in ["fredrikstad", "ks", "husbanken", "nav"] {
        let (own, answer) = figures(&node.caller(name), "S1191");
        assert_eq!(answer.header("hjemmel-protection"), "suppressed", "{name}");
        assert_eq!(answer.header("hjemmel-basis"), "none", "{name}");
        assert_eq!(own, open, "{name}");
    }
}

#[test]
fn ratios_are_the_same_in_every_format_and_are_never_added_up() {
    let anyone = shared().anyone();
    let chosen = "valueCodes[Region]=EAK&valueCodes[ContentsCode]=hovedinntekt-sosialhjelp&valueCodes[Tid]=2024";
    let of = |format: &str| {
        anyone.get(&format!("{TABLES}/S1191/data?{chosen}&outputFormat={format}")).ok()
    };
    let json = of("json-stat2").json();
    let value = json["value"][0].as_f64().unwrap();
    assert!((0.0..=100.0).contains(&value));
    assert_eq!(
        json["dimension"]["ContentsCode"]["category"]["unit"]["hovedinntekt-sosialhjelp"]["decimals"],
        1
    );
    assert_eq!(json["extension"]["px"]["decimals"], 1);
    let text = format!("{value:.1}");
    let csv = of("csv").text();
    assert_eq!(csv.lines().last().unwrap().rsplit(',').next(), Some(text.as_str()), "{csv}");
    let px = of("px").text();
    assert!(px.ends_with(&format!("DATA=\n{text};\n")), "{px}");
    assert!(px.contains("DECIMALS=1;"));
    assert!(of("html").text().contains(&format!("<td>{text}</td>")));
    assert_eq!(of("json-px").json()["data"][0]["values"][0], text.as_str());
    for list in ["agg_AlderNokkeltall", "agg_KOSTRA"] {
        let refused = anyone.get(&format!("{TABLES}/S1191/data?{chosen}&codelist[Region]={list}"));
        refused.problem(400, "parameter-error");
    }
}

#[test]
fn a_region_stands_beside_its_group_the_country_and_a_network_in_one_call() {
    let anyone = shared().anyone();
    let address = "/v1/indicators/mottakere-innbyggere?region=3107&year=2025&lang=en&network=3105,3103,3301,3907";
    let told = anyone.get(address).ok().json();
    let (open, _) = figures(&anyone, "S1191");
    let figure = |region: &str| {
        let key = (region.to_owned(), "mottakere-innbyggere".to_owned(), "2025".to_owned());
        open[&key].clone().ok()
    };
    assert_eq!(told["region"]["value"].as_f64(), figure("3107"));
    assert_eq!(told["region"]["label"], "Fredrikstad");
    assert_eq!(told["country"]["value"].as_f64(), figure("EAK"));
    let group = told["kostraGroup"]["code"].as_str().unwrap();
    assert!(group.starts_with("EKG"), "{group}");
    assert_eq!(told["kostraGroup"]["value"].as_f64(), figure(group));
    let network = told["network"].as_array().unwrap();
    let codes: Vec<&str> = network.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["3105", "3103", "3301", "3907"]);
    for one in network {
        let other = figure(one["code"].as_str().unwrap());
        assert_eq!(one["value"].as_f64(), other);
        let apart = figure("3107").zip(other).map(|(own, other)| own - other);
        match (apart, one["difference"].as_f64()) {
            (Some(apart), Some(told)) => assert!((apart - told).abs() < 1e-6),
            (apart, told) => assert_eq!(apart, told),
        }
    }
    for wrong in [
        "network=3105",
        "network=1,2,3,4",
        "network=EAK,3105,3103,3301",
        "region=9999",
        "year=1999",
        "year=x",
        "lang=xx",
    ] {
        anyone
            .get(&format!("/v1/indicators/mottakere-18-24?{wrong}"))
            .problem(400, "parameter-error");
    }
    let missing = anyone.get("/v1/indicators/mottakere-18-25").problem(404, "not-found");
    assert!(missing["detail"].as_str().unwrap().contains("mottakere-18-24"), "{missing}");
}

#[test]
fn a_municipality_sets_its_own_targets_and_an_administrator_the_countrys() {
    let node = Installation::copy("targets").serve();
    let (own, admin, anyone) = (node.caller("fredrikstad"), node.caller("admin"), node.anyone());
    let target = |region: &str, value: Value| {
        json!({ "region": region, "indicator": "mottakere-innbyggere", "year": 2026, "value": value })
            .to_string()
    };
    assert_eq!(anyone.put("/v1/targets", &target("3107", json!(3))).status, 401);
    for (caller, region) in [(&own, "3105"), (&own, "EAK"), (&admin, "3107")] {
        caller.put("/v1/targets", &target(region, json!(3))).problem(403, "not-permitted");
    }
    for name in ["bld", "nav", "ks", "researcher", "auditor", "legal"] {
        for region in ["3107", "EAK"] {
            let refused = node.caller(name).put("/v1/targets", &target(region, json!(3)));
            refused.problem(403, "not-permitted");
        }
    }
    let kept = own.put("/v1/targets", &target("3107", json!(100))).ok().json();
    assert_eq!((&kept["value"], &kept["setBy"]), (&json!(100.0), &json!("940039541")));
    admin.put("/v1/targets", &target("EAK", json!(0.001))).ok();
    let standing = || anyone.get("/v1/indicators/mottakere-innbyggere?region=3107").ok().json();
    let told = standing();
    assert_eq!(told["region"]["target"], json!({ "value": 100.0, "year": 2026 }));
    assert_eq!(told["region"]["status"], "met");
    assert_eq!(told["country"]["status"], "not-met");
    for region in ["region", "kostraGroup", "country"] {
        let of = &told[region];
        assert_eq!(of["nationalTarget"], json!({ "value": 0.001, "year": 2026 }), "{region}");
        assert_eq!(of["nationalStatus"], "not-met", "{region}");
    }
    assert!(told["kostraGroup"]["target"].is_null() && told["kostraGroup"]["status"].is_null());
    own.put("/v1/targets", &target("3107", json!(0))).ok();
    assert_eq!(standing()["region"]["status"], "not-met");
    own.put("/v1/targets", &target("3107", Value::Null)).ok();
    assert!(standing()["region"]["target"].is_null());
    let all = anyone.get("/v1/targets").ok().json();
    assert_eq!(all["targets"].as_array().unwrap().len(), 1);
    assert!(
        anyone.get("/v1/targets?region=3107").ok().json()["targets"].as_array().unwrap().is_empty()
    );
    let text = |value: Value| value.to_string();
    for wrong in [
        String::new(),
        "[]".to_owned(),
        text(
            json!({ "region": "3107", "indicator": "mottakere-innbyggere", "year": 2026, "value": -1 }),
        ),
        text(
            json!({ "region": "3107", "indicator": "mottakere-innbyggere", "year": 2026, "value": "3" }),
        ),
        text(
            json!({ "region": "3107", "indicator": "mottakere-innbyggere", "year": 1999, "value": 1 }),
        ),
        text(json!({ "region": "3107", "indicator": "ingen", "year": 2026, "value": 1 })),
        text(
            json!({ "region": "3107", "indicator": "mottakere-innbyggere", "year": 2026, "value": 1, "extra": 1 }),
        ),
        // Its number until 2023: targets are of today's municipalities.
        target("3004", json!(1)),
    ] {
        own.put("/v1/targets", &wrong).problem(400, "parameter-error");
    }
}
