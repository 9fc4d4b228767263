//! Statistics Norway's fictitious file: what is shown of 2016 is what the file says.

use crate::answer::Cell;
use crate::node::shared;
use hjemmel_kostra::table;
use std::collections::BTreeMap;

const FILE: &str = include_str!("../../../kostra/data/fictitious/sosialFiktiv.csv");

/// Persons by leaf region, source of income and span of months, read from the file alone.
fn persons() -> Vec<(String, &'static str, &'static str, u64)> {
    let months = BTreeMap::from([("1_5", "01-05"), ("6_9", "06-09"), ("10_12", "10-12")]);
    FILE.lines()
        .skip(1)
        .map(|line| {
            let parts: Vec<&str> = line.split(',').map(|part| part.trim_matches('"')).collect();
            let number: u32 = parts[0].parse().unwrap();
            let region = if number.is_multiple_of(100) {
                format!("{:04}", number / 100)
            } else {
                format!("{number:06}")
            };
            (region, parts[3], months[parts[4]], parts[6].parse().unwrap())
        })
        .collect()
}

/// What the file says of one cell.
fn truth(id: &str, cell: &Cell, persons: &[(String, &str, &str, u64)]) -> Option<u64> {
    let regions = table(id).unwrap().dimension("Region").unwrap().values_of(2016);
    let region = regions.iter().find(|value| value.code == cell.at["Region"])?;
    let source = cell.at.get("HovedInntekt").map_or("00", String::as_str);
    let months: &[&str] = match cell.at.get("Maaneder").map_or("00", String::as_str) {
        "00" => &["01-05", "06-09", "10-12"],
        "06-12" => &["06-09", "10-12"],
        "UOPPG" => return None,
        "01-05" => &["01-05"],
        "06-09" => &["06-09"],
        "10-12" => &["10-12"],
        other => panic!("{other}"),
    };
    let counted = persons.iter().filter(|(leaf, income, span, _)| {
        region.leaves.contains(leaf)
            && (source == "00" || source == *income)
            && months.contains(span)
    });
    Some(counted.map(|(.., count)| count).sum())
}

#[test]
fn every_shown_cell_of_2016_is_what_the_file_says_and_small_ones_are_not_shown() {
    let persons = persons();
    assert_eq!(persons.iter().map(|(.., count)| count).sum::<u64>(), 138_000);
    let (mut shown, mut withheld) = (0, 0);
    for (id, variables) in [
        ("S1101", "&valueCodes[HovedInntekt]=*"),
        ("S1102", "&valueCodes[Maaneder]=*"),
        ("S1103", "&valueCodes[HovedInntekt]=*&valueCodes[Maaneder]=*"),
    ] {
        let address = format!(
            "/pxwebapi/v2/tables/{id}/data?valueCodes[Region]=*&valueCodes[Tid]=2016&valueCodes[ContentsCode]=*{variables}"
        );
        for cell in shared().anyone().get(&address).ok().cells() {
            let Some(truth) = truth(id, &cell, &persons) else {
                assert_eq!(cell.value, Err(".".to_owned()), "{:?}", cell.at);
                continue;
            };
            match &cell.value {
                Ok(value) => {
                    assert_eq!(*value, truth, "{id} {:?}", cell.at);
                    assert!(!(1..=3).contains(value), "{id} {:?}", cell.at);
                    shown += 1;
                }
                Err(sign) => {
                    assert_eq!(sign, ":", "{id} {:?}", cell.at);
                    withheld += 1;
                }
            }
        }
    }
    assert!(shown > 4_000 && withheld > 200, "{shown} shown, {withheld} withheld");
    assert!(withheld * 10 < shown, "{shown} shown, {withheld} withheld");
}

#[test]
fn the_country_is_the_sum_of_its_counties() {
    let address = "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=EAK,EKA*&valueCodes[Tid]=2016&valueCodes[ContentsCode]=*";
    let cells = shared().anyone().get(address).ok().cells();
    let whole = cells.iter().find(|cell| cell.at["Region"] == "EAK").unwrap();
    let parts = cells.iter().filter(|cell| cell.at["Region"].starts_with("EKA"));
    let sum: u64 = parts.filter_map(|cell| cell.value.as_ref().ok()).sum();
    assert_eq!(whole.value, Ok(138_000));
    assert_eq!(sum, 138_000);
}
