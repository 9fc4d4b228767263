//! Extracts of records: pages, conditions and columns, held against the whole extract of the same caller.

use crate::node::{Caller, shared};
use crate::rows::Rows;
use crate::truth;
use hjemmel_kostra::Form;
use serde_json::Value;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024";
const PROGRAMME: &str = "/v1/datasets/skjema-11c/microdata?year=2024";
const COLUMNS: &str = "PERSON_PSEUDONYM,REGION,VKLO,ANTMND,ALDER,BIDRAG,UTBETDATO";

fn whole(caller: &Caller<'_>) -> Rows {
    Rows::csv(&caller.get(&format!("{RECORDS}&columns={COLUMNS}&format=csv")).ok())
}

/// A JSON value as CSV writes it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn pages_hold_every_record_exactly_once_and_in_the_order_of_the_whole() {
    for (name, limit) in [("nav", 997), ("fredrikstad", 50)] {
        let caller = shared().caller(name);
        let all = whole(&caller);
        let (mut rows, mut next) = (Vec::new(), String::new());
        loop {
            let page = caller.get(&format!("{RECORDS}&columns={COLUMNS}&limit={limit}{next}")).ok();
            let records = page.records();
            assert!(records.len() <= limit, "{name}");
            rows.extend(records.iter().map(|record| -> Vec<String> {
                all.columns.iter().map(|column| text(&record[column])).collect()
            }));
            match page.json()["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert!(rows.len() > 2 * limit, "{name}: {}", rows.len());
        assert_eq!(rows, all.rows, "{name}");
    }
}

#[test]
fn a_cursor_is_good_for_the_grant_and_dataset_that_gave_it_alone() {
    let node = shared();
    let (nav, fredrikstad) = (node.caller("nav"), node.caller("fredrikstad"));
    let cursor = |caller: &Caller<'_>, address: &str| {
        let page = caller.get(&format!("{address}&limit=3")).ok().json();
        page["next"].as_str().unwrap().to_owned()
    };
    let navs = cursor(&nav, RECORDS);
    let own = cursor(&fredrikstad, RECORDS);
    let programme = cursor(&nav, PROGRAMME);
    let use_of = |caller: &Caller<'_>, address: &str, cursor: &str| {
        caller.get_with(&format!("{address}&limit=3&cursor={cursor}"), &[("Accept-Language", "en")])
    };
    assert_eq!(use_of(&nav, RECORDS, &navs).ok().records().len(), 3);
    assert_eq!(use_of(&fredrikstad, RECORDS, &own).ok().records().len(), 3);
    let identified = format!("{PROGRAMME}&purpose=participant-follow-up&columns=STATUS");
    let last = navs.chars().last().unwrap();
    let changed = format!("{}{}", &navs[..navs.len() - 1], if last == 'A' { 'Q' } else { 'A' });
    for (caller, address, cursor) in [
        (&fredrikstad, RECORDS, navs.as_str()),
        (&nav, RECORDS, own.as_str()),
        (&nav, PROGRAMME, navs.as_str()),
        (&nav, RECORDS, programme.as_str()),
        (&nav, identified.as_str(), programme.as_str()),
        (&nav, &RECORDS.replace("2024", "2023"), navs.as_str()),
        (&nav, RECORDS, changed.as_str()),
        (&nav, RECORDS, "AAAAAAAAAAAAAAAAAAAAAA"),
        (&nav, RECORDS, "3"),
    ] {
        let problem = use_of(caller, address, cursor).problem(400, "parameter-error");
        assert!(problem["detail"].as_str().unwrap().contains("`cursor`"), "{problem}");
    }
}

#[test]
fn conditions_choose_the_records_they_say() {
    let nav = shared().caller("nav");
    let all = whole(&nav);
    let at = |name: &str| all.columns.iter().position(|column| column == name).unwrap();
    let (region, vklo, months) = (at("REGION"), at("VKLO"), at("ANTMND"));
    let (age, amount, paid) = (at("ALDER"), at("BIDRAG"), at("UTBETDATO"));
    let number = |row: &[String], at: usize| row[at].parse::<i64>().ok();
    let within = |value: Option<i64>, from, to| value.is_some_and(|v| (from..=to).contains(&v));
    let expect = |query: &str, keep: &dyn Fn(&[String]) -> bool| {
        let address = format!("{RECORDS}&columns={COLUMNS}&format=csv&{query}");
        let found = Rows::csv(&nav.get(&address).ok());
        let kept: Vec<&Vec<String>> = all.rows.iter().filter(|row| keep(row)).collect();
        assert_eq!(found.rows.iter().collect::<Vec<_>>(), kept, "{query}");
        assert!(!kept.is_empty() && kept.len() < all.rows.len(), "{query} chooses {}", kept.len());
    };
    expect("filter[VKLO]=5", &|row| row[vklo] == "5");
    expect("filter[vklo]=1,3", &|row| ["1", "3"].contains(&row[vklo].as_str()));
    expect("filter[ALDER]=18..24", &|row| within(number(row, age), 18, 24));
    expect("filter[ALDER]=67..", &|row| within(number(row, age), 67, i64::MAX));
    expect("filter[BIDRAG]=..5000", &|row| within(number(row, amount), i64::MIN, 5000));
    expect("filter[ANTMND]=12", &|row| number(row, months) == Some(12));
    expect("filter[UTBETDATO]=2024-07-01..2024-07-31", &|row| row[paid].starts_with("2024-07"));
    expect("region=3107,3105", &|row| ["3107", "3105"].contains(&row[region].as_str()));
    expect("region=030101&filter[VKLO]=3&filter[ANTMND]=6..", &|row| {
        row[region] == "030101" && row[vklo] == "3" && within(number(row, months), 6, 12)
    });
    let none = nav.get(&format!("{RECORDS}&filter[ALDER]=1000..&columns={COLUMNS}&limit=5")).ok();
    assert_eq!((none.records().len(), none.json()["next"].is_null()), (0, true));
    let empty = nav.get(&format!("{RECORDS}&filter[ALDER]=1000..&columns=VKLO&format=csv")).ok();
    assert_eq!(empty.text().trim(), "VKLO");
}

#[test]
fn the_grammar_of_conditions_is_closed() {
    let nav = shared().caller("nav");
    for (query, names) in [
        ("filter[VKLO]=x", "`VKLO`"),
        ("filter[ALDER]=18-24", "`ALDER`"),
        ("filter[ALDER]=24..18", "`ALDER`"),
        ("filter[ALDER]=18%20OR%201=1", "`ALDER`"),
        ("filter[UTBETDATO]=01.07.2024", "`UTBETDATO`"),
        ("filter[VLKO]=5", "`VKLO`"),
        ("filter[PERSON_PSEUDONYM]=a", "`PERSON_PSEUDONYM`"),
        ("filter[PERSON_FODSELSNR]=a", "`PERSON_FODSELSNR`"),
        ("region=EAK", "`EAK`"),
        ("region=3", "`3`"),
    ] {
        let answer = nav.get(&format!("{RECORDS}&{query}"));
        let problem = answer.problem(400, "parameter-error");
        assert!(problem["detail"].as_str().unwrap().contains(names), "{query}: {problem}");
    }
}

#[test]
fn columns_outside_the_grant_are_refused_by_name_when_asked_for_and_else_left_out_by_name() {
    let nav = shared().caller("nav");
    let asked = nav.get(&format!("{RECORDS}&columns=VKLO,SAKSBEHANDLER,PERSON_JOURNALNR"));
    let problem = asked.problem(403, "outside-grant");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("SAKSBEHANDLER") && detail.contains("PERSON_JOURNALNR"), "{detail}");
    assert_eq!(asked.header("hjemmel-columns-left-out"), "");
    let unasked = nav.get(&format!("{RECORDS}&format=csv")).ok();
    let left_out: Vec<&str> = unasked.header("hjemmel-columns-left-out").split(',').collect();
    let given = Rows::csv(&unasked).columns;
    let all = hjemmel_kostra::columns(Form::F11, 2024);
    for column in &all {
        let (given, left) = (given.contains(&column.name), left_out.contains(&&*column.name));
        assert!(given != left, "{} is given: {given}, left out: {left}", column.name);
    }
    let page = nav.get(&format!("{RECORDS}&limit=1")).ok();
    assert_eq!(page.header("hjemmel-columns-left-out"), left_out.join(","));
    let named = nav.get(&format!("{RECORDS}&columns=VKLO&limit=1")).ok();
    assert_eq!(named.header("hjemmel-columns-left-out"), "");
    assert_eq!(named.records()[0].as_object().unwrap().len(), 1);
}

#[test]
fn a_persons_pseudonym_is_the_same_in_every_answer_under_a_grant_and_another_under_another() {
    let (nav, columns) = (shared().caller("nav"), "columns=PERSON_PSEUDONYM,REGION");
    let all = |year: &str| {
        let address = format!("{RECORDS}&{columns}&format=csv").replace("2024", year);
        Rows::csv(&nav.get(&address).ok())
    };
    let (now, before) = (all("2024"), all("2023"));
    // Year after year the same persons come back, and one recipient's pseudonyms follow them.
    let known: std::collections::BTreeSet<&str> =
        before.column("PERSON_PSEUDONYM").into_iter().collect();
    let back = now.column("PERSON_PSEUDONYM").into_iter().filter(|one| !one.is_empty());
    let back = back.filter(|one| known.contains(one)).count();
    let numbers: std::collections::BTreeSet<String> =
        truth::of(Form::F11, 2023).field("PERSON_FODSELSNR").into_iter().collect();
    let persons = truth::of(Form::F11, 2024).field("PERSON_FODSELSNR");
    let really = persons.iter().filter(|number| numbers.contains(*number)).count();
    assert!(back > 100, "{back}");
    assert!(back <= really, "{back} pseudonyms come back, of {really} persons");
    let programme = format!("{PROGRAMME}&columns=PERSON_PSEUDONYM&format=csv");
    let other = Rows::csv(&nav.get(&programme).ok());
    let shared = other.column("PERSON_PSEUDONYM");
    let ours: std::collections::BTreeSet<&str> =
        now.column("PERSON_PSEUDONYM").into_iter().collect();
    assert!(shared.iter().all(|one| one.is_empty() || !ours.contains(one)));
}
