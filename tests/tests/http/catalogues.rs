//! Classifications as KLASS serves them, the JSON-stat collection and the catalogue of data.

use crate::node::shared;
use serde_json::{Value, json};

const KOMMUNER: &str = "/api/klass/v1/classifications/131";

fn get(path: &str) -> Value {
    shared().anyone().get(path).ok().json()
}

fn codes(path: &str, name: &str) -> Vec<String> {
    let all = get(path)[name].as_array().unwrap().clone();
    all.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_classifications_are_those_that_tables_are_made_by() {
    let all = get("/api/klass/v1/classifications?language=en");
    let ids: Vec<u64> = all["_embedded"]["classifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [103, 104, 112, 131]);
    let one = get(&format!("{KOMMUNER}?language=nn"));
    assert_eq!(
        (&one["name"], &one["language"]),
        (&json!("Standard for kommuneinndeling"), &json!("nn"))
    );
    let newest = &one["versions"][0];
    assert_eq!(newest["validTo"], Value::Null);
    let version = get(&format!("/api/klass/v1/versions/{}", newest["id"]));
    assert_eq!(version["classificationItems"].as_array().unwrap().len(), 357);
}

#[test]
fn codes_hold_on_the_days_they_held() {
    let on = |day: &str| codes(&format!("{KOMMUNER}/codesAt?date={day}"), "codes");
    assert_eq!((on("2023-12-31").len(), on("2024-01-01").len()), (356, 357));
    assert!(on("2023-12-31").contains(&"3004".to_owned()));
    assert!(!on("2024-01-01").contains(&"3004".to_owned()));
    let both = codes(
        &format!("{KOMMUNER}/codes?from=2023-01-01&to=2024-01-02&selectCodes=3004,310*"),
        "codes",
    );
    assert_eq!(both, ["3004", "3101", "3103", "3105", "3107"]);
    let row = &get(&format!("{KOMMUNER}/codes?from=2022-06-01&to=2025-01-01&selectCodes=3004"))["codes"]
        [0];
    assert_eq!(row["validFromInRequestedRange"], "2022-01-01");
    assert_eq!(
        (&row["validTo"], &row["validToInRequestedRange"]),
        (&json!("2024-01-01"), &json!("2024-01-01"))
    );
    let groups = get("/api/klass/v1/classifications/112/codesAt?date=2024-01-01&language=en");
    assert_eq!(groups["codes"][0]["name"], "KOSTRA group 01");
}

#[test]
fn changes_and_correspondences_lead_from_code_to_code() {
    let changes = get(&format!("{KOMMUNER}/changes?from=2024-01-01&to=2024-01-02"));
    let changes = changes["codeChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 118);
    let fredrikstad = changes.iter().find(|one| one["oldCode"] == "3004").unwrap();
    assert_eq!(fredrikstad["newCode"], "3107");
    let at = |source: u32, target: u32| {
        let path = format!(
            "/api/klass/v1/classifications/{source}/correspondsAt?targetClassificationId={target}&date=2024-06-01"
        );
        get(&path)["correspondenceItems"].as_array().unwrap().clone()
    };
    let to_groups = at(131, 112);
    assert_eq!(to_groups.len(), 357);
    let oslo = to_groups.iter().find(|one| one["sourceCode"] == "0301").unwrap();
    assert_eq!(oslo["targetCode"], "EKG13");
    let turned = at(112, 131);
    assert!(turned.iter().any(|one| one["sourceCode"] == "EKG13" && one["targetCode"] == "0301"));
    assert_eq!(at(131, 104).len(), 357);
    let none = shared().anyone().get("/api/klass/v1/classifications/104/correspondsAt?targetClassificationId=112&date=2024-01-01");
    none.problem(404, "not-found");
}

#[test]
fn a_version_lists_its_correspondences_and_each_can_be_had() {
    let one = get(KOMMUNER);
    let versions = one["versions"].as_array().unwrap();
    let of_2024 = versions.iter().find(|one| one["validFrom"] == "2024-01-01").unwrap();
    let version = get(&format!("/api/klass/v1/versions/{}", of_2024["id"]));
    let tables = version["correspondenceTables"].as_array().unwrap();
    assert_eq!(tables.len(), 2);
    for (table, target, known) in
        [(&tables[0], 104, ("0301", "03")), (&tables[1], 112, ("0301", "EKG13"))]
    {
        assert_eq!((&table["sourceId"], &table["targetId"]), (&of_2024["id"], &json!(target)));
        let told = get(table["_links"]["self"]["href"].as_str().unwrap());
        let maps = told["correspondenceMaps"].as_array().unwrap();
        assert_eq!(maps.len(), 357, "{target}");
        let found = maps.iter().find(|map| map["sourceCode"] == known.0).unwrap();
        assert_eq!(found["targetCode"], known.1);
    }
    let none = shared().anyone().get("/api/klass/v1/correspondencetables/1");
    none.problem(404, "not-found");
    let found = get("/api/klass/v1/classifications/search?query=KOMMUNE");
    let found = found["_embedded"]["searchResults"].as_array().unwrap();
    assert!(found.iter().any(|one| one["name"] == "Standard for kommuneinndeling"));
    assert!(found.len() < 4);
}

#[test]
fn codes_come_as_csv_for_whoever_would_rather_have_that() {
    let headers = [("Accept", "text/csv")];
    let path = format!(
        "{KOMMUNER}/codesAt?date=2024-01-01&selectCodes=0301&csvSeparator=;&csvFields=code,name"
    );
    let answer = shared().anyone().get_with(&path, &headers).ok();
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.text(), "\"code\";\"name\"\n\"0301\";\"Oslo\"\n");
}

#[test]
fn a_name_can_be_made_by_a_pattern_and_a_level_chosen() {
    let one = format!("{KOMMUNER}/codesAt?date=2024-01-01&selectCodes=3107");
    let of = |more: &str| get(&format!("{one}{more}"))["codes"].clone();
    assert_eq!(of("")[0]["presentationName"], "");
    let named = of("&presentationNamePattern={code}%20-%20{name}");
    assert_eq!(named[0]["presentationName"], "3107 - Fredrikstad");
    assert_eq!(of("&selectLevel=1"), of(""));
    assert_eq!(of("&selectLevel=2"), json!([]));
}

#[test]
fn a_change_is_of_the_day_it_happened() {
    let occurred = |period: &str| -> Vec<String> {
        let all = get(&format!("{KOMMUNER}/changes?{period}"))["codeChanges"].clone();
        let all = all.as_array().unwrap().iter();
        all.map(|one| one["changeOccurred"].as_str().unwrap().to_owned()).collect()
    };
    let late = occurred("from=2023-06-01&to=2024-06-01");
    assert!(!late.is_empty() && late.iter().all(|day| day == "2024-01-01"), "{late:?}");
    assert!(occurred("from=2023-06-01&to=2024-01-01").is_empty());
    assert!(occurred("from=2023-01-01&to=2024-01-01").iter().all(|day| day == "2023-01-01"));
}

#[test]
fn what_cannot_be_read_is_told() {
    let anyone = shared().anyone();
    for (address, missing) in [("codes", "from"), ("codesAt", "date")] {
        let told = anyone.get(&format!("{KOMMUNER}/{address}?language=en"));
        let told = told.problem(400, "parameter-error");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("`{missing}` is missing")), "{detail}");
    }
    for (path, status, slug) in [
        (format!("{KOMMUNER}/codesAt?date=yesterday"), 400, "parameter-error"),
        (format!("{KOMMUNER}/codes"), 400, "parameter-error"),
        (format!("{KOMMUNER}/codes?from=2024-01-01&to=2023-01-01"), 400, "parameter-error"),
        (format!("{KOMMUNER}?language=de"), 400, "parameter-error"),
        ("/api/klass/v1/classifications/999".to_owned(), 404, "not-found"),
        ("/api/klass/v1/classifications/x/codesAt?date=2024-01-01".to_owned(), 404, "not-found"),
        ("/api/klass/v1/versions/1".to_owned(), 404, "not-found"),
    ] {
        anyone.get(&path).problem(status, slug);
    }
}

#[test]
fn the_collection_leads_to_a_dataset_for_every_table() {
    let set = get("/jsonstat?lang=en");
    assert_eq!((&set["version"], &set["class"]), (&json!("2.0"), &json!("collection")));
    let items = set["link"]["item"].as_array().unwrap();
    assert_eq!(items.len(), 11);
    for item in items {
        let href = item["href"].as_str().unwrap();
        let found = get(&href[href.find("/pxwebapi").unwrap()..]);
        assert_eq!((&found["class"], &found["label"]), (&json!("dataset"), &item["label"]));
    }
}

#[test]
fn the_catalogue_names_every_table_and_register_in_each_of_its_forms() {
    let anyone = shared().anyone();
    let ask = |accept: &str| anyone.get_with("/catalog", &[("Accept", accept)]).ok();
    let turtle = ask("text/turtle");
    assert_eq!(turtle.header("content-type"), "text/turtle; charset=utf-8");
    let graph = ask("application/ld+json").json();
    let of = |class: &str| {
        let class = json!(format!("http://www.w3.org/ns/dcat#{class}"));
        let nodes = graph["@graph"].as_array().unwrap().iter();
        nodes
            .filter(|node| node["@type"].as_array().is_some_and(|all| all.contains(&class)))
            .count()
    };
    assert_eq!((of("Catalog"), of("DataService")), (1, 1));
    assert_eq!(of("Dataset"), 13, "eleven tables and two registers");
    assert_eq!(of("Distribution"), 11 * 5 + 2);
    let xml = ask("application/rdf+xml").text();
    for id in ["S1101", "S11C1"] {
        assert!(
            turtle.text().contains(&format!("/tables/{id}>"))
                && xml.contains(&format!("/tables/{id}\""))
        );
    }
    assert!(
        turtle.text().contains("access-right/NON_PUBLIC")
            && turtle.text().contains("dcatap:applicableLegislation")
    );
    anyone.get_with("/catalog", &[("Accept", "image/png")]).problem(406, "not-acceptable");
}

#[test]
fn the_feed_has_an_entry_for_every_table_and_year() {
    let answer = shared().anyone().get("/feed?lang=en").ok();
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    let text = answer.text();
    assert_eq!(text.matches("<entry>").count(), 3 * 4 + 3 * 3 + 3 * 3 + 2 * 3);
    assert!(text.contains("2025 (final figures)</title>"), "{text}");
}

#[test]
fn an_address_of_klass_may_end_in_its_format() {
    let anyone = shared().anyone();
    for (ending, accepted, media_type) in [
        ("codesAt.csv?date=2024-01-01", "text/csv", "text/csv; charset=utf-8"),
        ("codesAt.json?date=2024-01-01", "application/json", "application/json"),
        ("codes.csv?from=2023-01-01&csvSeparator=;", "text/csv", "text/csv; charset=utf-8"),
        ("changes.json?from=2023-01-01", "application/json", "application/json"),
    ] {
        // What the ending says counts, whatever the client sends beside it.
        let ended = anyone.get_with(&format!("{KOMMUNER}/{ending}"), &[("Accept", "*/*")]).ok();
        let plain = ending.replace(".csv", "").replace(".json", "");
        let same = anyone.get_with(&format!("{KOMMUNER}/{plain}"), &[("Accept", accepted)]).ok();
        assert_eq!(ended.text(), same.text(), "{ending}");
        assert!(ended.header("content-type").starts_with(media_type), "{ending}");
    }
    assert_eq!(get(&format!("{KOMMUNER}.json")), get(KOMMUNER));
    anyone.get(&format!("{KOMMUNER}/codesAt.xml?date=2024-01-01")).problem(404, "not-found");
}
