//! The main job: who is entitled pulls records and exact cells; who is not gets the same table protected.

use crate::answer::{Answer, Cell};
use crate::node::shared;
use crate::rows::Rows;
use crate::truth;
use hjemmel_kostra::{Form, table};
use std::collections::BTreeSet;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024";
const PROGRAMME: &str = "/v1/datasets/skjema-11c/microdata?year=2024";
const NETWORK: [&str; 8] = ["3107", "3105", "3103", "3301", "3907", "3905", "4001", "4003"];

fn table_of(id: &str, regions: &str, other: &str) -> String {
    let codes = "valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
    format!("/pxwebapi/v2/tables/{id}/data?valueCodes[Region]={regions}&{other}=*&{codes}")
}

/// Whether the cells are what the records say, counted here from the file.
#[track_caller]
fn assert_true(answer: &Answer, id: &str, form: Form, variable: &str, field: &str) -> usize {
    let (regions, values) = (truth::of(form, 2024).regions(), truth::of(form, 2024).field(field));
    let table = table(id).unwrap();
    let leaves = |dimension: &str, code: &str| -> BTreeSet<&str> {
        let values = table.dimension(dimension).unwrap().values_of(2024);
        let value = values.iter().find(|value| value.code == code).unwrap();
        value.leaves.iter().map(String::as_str).collect()
    };
    let mut small = 0;
    let shown = |cell: &Cell| cell.value.clone().unwrap();
    for cell in answer.cells().iter().filter(|cell| cell.value != Err(".".to_owned())) {
        let (places, codes) =
            (leaves("Region", &cell.at["Region"]), leaves(variable, &cell.at[variable]));
        let counted = regions.iter().zip(&values).filter(|(region, value)| {
            places.contains(region.as_str()) && codes.contains(value.as_str())
        });
        let counted = counted.count() as u64;
        assert_eq!(shown(cell), counted, "{:?}", cell.at);
        small += usize::from((1..=3).contains(&counted));
    }
    small
}

#[test]
fn navs_pages_follow_the_cursor_to_the_last_record() {
    let nav = shared().caller("nav");
    let address = format!("{RECORDS}&columns=REGION,VKLO,PERSON_PSEUDONYM&limit=700");
    let (mut regions, mut pages, mut next) = (Vec::new(), 0, String::new());
    loop {
        let page = nav.get(&format!("{address}{next}")).ok();
        let records = page.records();
        assert_eq!(page.json()["count"], records.len());
        regions.extend(records.iter().map(|record| record["REGION"].as_str().unwrap().to_owned()));
        pages += 1;
        match page.json()["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    let truth = truth::of(Form::F11, 2024);
    assert_eq!(regions.len(), truth.records());
    assert!(pages >= truth.records() / 700);
    let (mut all, mut known) = (regions, truth.regions());
    all.sort();
    known.sort();
    assert_eq!(all, known);
}

#[test]
fn csv_parquet_and_arrow_hold_the_same_rows_and_columns() {
    let nav = shared().caller("nav");
    let csv = Rows::csv(&nav.get_with(RECORDS, &[("Accept", "text/csv")]).ok());
    let answer = nav.get_with(RECORDS, &[("Accept", "application/vnd.apache.parquet")]).ok();
    assert_eq!(answer.header("content-type"), "application/vnd.apache.parquet");
    let parquet = Rows::parquet(&answer.body);
    let arrow = Rows::arrow(&nav.get(&format!("{RECORDS}&format=arrow")).ok());
    assert_eq!(csv.rows.len(), truth::of(Form::F11, 2024).records());
    assert!(csv.columns.len() > 50, "{:?}", csv.columns);
    assert_eq!(csv, parquet);
    assert_eq!(csv, arrow);
    let page = nav.get(&format!("{RECORDS}&limit=1")).ok().records();
    let names: Vec<&String> = page[0].as_object().unwrap().keys().collect();
    let columns: BTreeSet<&String> = csv.columns.iter().collect();
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), columns);
}

#[test]
fn pseudonyms_stay_within_a_grant_and_differ_between_grants() {
    let columns = "&columns=PERSON_PSEUDONYM,REGION,VKLO,ANTMND,BIDRAG&region=3107&format=csv";
    let ask =
        |name: &str| Rows::csv(&shared().caller(name).get(&format!("{RECORDS}{columns}")).ok());
    let (nav, again, fredrikstad) = (ask("nav"), ask("nav"), ask("fredrikstad"));
    assert_eq!(nav, again);
    for column in ["REGION", "VKLO", "ANTMND", "BIDRAG"] {
        assert_eq!(nav.column(column), fredrikstad.column(column));
    }
    let pseudonyms = |rows: &Rows| -> BTreeSet<String> {
        rows.column("PERSON_PSEUDONYM").into_iter().map(ToOwned::to_owned).collect()
    };
    let (ours, theirs) = (pseudonyms(&nav), pseudonyms(&fredrikstad));
    assert!(ours.len() > 10 && theirs.len() == ours.len());
    assert_eq!(ours.intersection(&theirs).filter(|one| !one.is_empty()).count(), 0);
}

#[test]
fn persons_are_named_only_to_nav_and_only_when_asked_for_under_that_purpose() {
    let nav = shared().caller("nav");
    let unasked = nav.get(&format!("{PROGRAMME}&format=csv")).ok();
    assert!(unasked.header("hjemmel-basis").starts_with("nav-11c-pseudonymised;"));
    assert!(!Rows::csv(&unasked).columns.contains(&"PERSON_FODSELSNR".to_owned()));
    let named = format!(
        "{PROGRAMME}&format=csv&purpose=participant-follow-up&columns=PERSON_FODSELSNR,STATUS"
    );
    let asked = nav.get_identified(&named).ok();
    assert!(asked.header("hjemmel-basis").starts_with("nav-11c-identified;"));
    let rows = Rows::csv(&asked);
    let mut numbers = rows.column("PERSON_FODSELSNR");
    let mut known = truth::of(Form::F11C, 2024).field("PERSON_FODSELSNR");
    numbers.sort_unstable();
    known.sort();
    assert_eq!(numbers, known);
    for name in ["bld", "imdi", "husbanken", "ks", "fredrikstad", "auditor"] {
        assert_eq!(shared().caller(name).get(&named).status, 403, "{name}");
    }
    let other = named.replace("participant-follow-up", "programme-evaluation");
    assert_eq!(nav.get(&other).status, 403);
}

#[test]
fn bld_is_told_that_it_has_no_legal_basis_and_where_to_go() {
    let bld = shared().caller("bld");
    let refused = bld.get_with(RECORDS, &[("Accept-Language", "en")]);
    let problem = refused.problem(403, "no-legal-basis");
    assert_eq!(problem["title"], "No legal basis");
    assert_eq!(problem["decision"], refused.header("hjemmel-decision"));
    let table = bld.get(problem["protectedTable"].as_str().unwrap()).ok();
    assert_eq!(table.header("hjemmel-protection"), "suppressed");
    let apply = bld.get(problem["howToApply"].as_str().unwrap()).ok();
    assert!(apply.json()["howToApply"].as_str().unwrap().contains("hjemmel"));
    let norwegian = bld.get(RECORDS).problem(403, "no-legal-basis");
    assert_eq!(norwegian["title"], "Ingen hjemmel");
}

#[test]
fn records_are_not_for_anyone_without_a_token() {
    let refused = shared().anyone().get(RECORDS);
    refused.problem(401, "not-signed-in");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

#[test]
fn fredrikstad_sees_its_own_municipality_alone() {
    let fredrikstad = shared().caller("fredrikstad");
    let own = Rows::csv(&fredrikstad.get(&format!("{RECORDS}&format=csv")).ok());
    let known = truth::of(Form::F11, 2024).regions();
    assert_eq!(own.rows.len(), known.iter().filter(|region| *region == "3107").count());
    assert!(own.column("REGION").iter().all(|region| *region == "3107"));
    let problem =
        fredrikstad.get(&format!("{RECORDS}&region=3107,3105")).problem(403, "outside-grant");
    assert!(problem["detail"].as_str().unwrap().contains("3105"), "{problem}");
}

#[test]
fn columns_outside_the_grant_are_named() {
    let fredrikstad = shared().caller("fredrikstad");
    let asked = fredrikstad.get(&format!("{RECORDS}&columns=REGION,PERSON_FODSELSNR"));
    let problem = asked.problem(403, "outside-grant");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("PERSON_FODSELSNR") && !detail.contains("REGION"), "{problem}");
    let unasked = fredrikstad.get(&format!("{RECORDS}&limit=1")).ok();
    let left_out = unasked.header("hjemmel-columns-left-out");
    for name in ["PERSON_FODSELSNR", "PERSON_DUF", "PERSON_JOURNALNR", "SAKSBEHANDLER"] {
        assert!(left_out.split(',').any(|column| column == name), "{left_out}");
    }
    let filtered = fredrikstad.get(&format!("{RECORDS}&filter[SAKSBEHANDLER]=A1"));
    assert_eq!(filtered.problem(400, "parameter-error")["status"], 400);
}

#[test]
fn exact_aggregates_give_husbanken_no_records() {
    let refused = shared().caller("husbanken").get(&format!("{RECORDS}&columns=REGION,BOSIT"));
    refused.problem(403, "no-legal-basis");
}

#[test]
fn ks_gets_its_eight_municipalities_exact_and_anything_wider_suppressed() {
    let ks = shared().caller("ks");
    let own = ks.get(&table_of("S1101", &NETWORK.join(","), "valueCodes[HovedInntekt]")).ok();
    assert_eq!(own.header("hjemmel-protection"), "exact");
    assert!(own.header("hjemmel-basis").starts_with("ks-11-network;version=1"));
    assert_eq!(own.header("cache-control"), "private, no-store");
    assert_true(&own, "S1101", Form::F11, "HovedInntekt", "VKLO");
    for regions in ["3107,EAK", "3107,3201", "*"] {
        let wider = ks.get(&table_of("S1101", regions, "valueCodes[HovedInntekt]")).ok();
        assert_eq!(wider.header("hjemmel-protection"), "suppressed");
        assert_eq!(wider.header("hjemmel-basis"), "none");
        assert!(wider.cells().iter().all(|cell| !matches!(cell.value, Ok(1..=3))));
    }
}

#[test]
fn nav_and_imdi_get_exact_cells_where_everyone_else_gets_suppressed_ones() {
    let address = table_of("S1101", "*", "valueCodes[HovedInntekt]");
    let nav = shared().caller("nav").get(&address).ok();
    assert_eq!(nav.header("hjemmel-protection"), "exact");
    let small = assert_true(&nav, "S1101", Form::F11, "HovedInntekt", "VKLO");
    assert!(small > 0, "no small count is among the exact cells");
    let address = table_of("S11C1", "*", "valueCodes[Status]");
    let imdi = shared().caller("imdi").get(&address).ok();
    assert_eq!(imdi.header("hjemmel-protection"), "exact");
    assert!(imdi.header("hjemmel-basis").starts_with("imdi-11c-exact;"));
    assert!(assert_true(&imdi, "S11C1", Form::F11C, "Status", "STATUS") > 10);
    for name in ["bld", "husbanken", "ks", "fredrikstad"] {
        let other = shared().caller(name).get(&address).ok();
        assert_eq!(other.header("hjemmel-protection"), "suppressed", "{name}");
        assert!(other.cells().iter().all(|cell| !matches!(cell.value, Ok(1..=3))));
    }
}

#[test]
fn a_decision_can_be_read_by_its_organisation_and_the_auditor_alone() {
    let node = shared();
    let allowed = node.caller("nav").get(&format!("{RECORDS}&limit=1")).ok();
    let refused = node.caller("bld").get(RECORDS);
    for (answer, own, other, outcome) in
        [(allowed, "nav", "bld", "allowed"), (refused, "bld", "nav", "denied")]
    {
        let address = format!("/v1/decisions/{}", answer.header("hjemmel-decision"));
        for name in [own, "auditor", "legal", "admin"] {
            let read = node.caller(name).get(&address).ok().json();
            assert_eq!(read["outcome"], outcome);
            assert_eq!(read["id"], answer.header("hjemmel-decision"));
            assert!(read["explanation"].as_str().is_some_and(|text| !text.is_empty()));
        }
        node.caller(other).get(&address).problem(404, "not-found");
        node.caller("researcher").get(&address).problem(404, "not-found");
        node.anyone().get(&address).problem(401, "not-signed-in");
    }
}
