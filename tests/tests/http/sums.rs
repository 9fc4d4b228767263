//! Sums of amounts: exact for who may have them, protected for everyone else, and never shown where a count is not.

use crate::node::shared;
use crate::rows::Rows;
use std::collections::BTreeMap;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024";

fn table(id: &str) -> String {
    format!("/pxwebapi/v2/tables/{id}/data?valueCodes[ContentsCode]=*&valueCodes[Tid]=2024")
}

/// What the records add up to, by region.
fn added(columns: &[&str]) -> BTreeMap<String, u64> {
    let asked = format!("{RECORDS}&columns=REGION,{}&format=csv", columns.join(","));
    let rows = Rows::csv(&shared().caller("nav").get(&asked).ok());
    let mut sums = BTreeMap::new();
    let regions = rows.column("REGION");
    for name in columns {
        for (region, amount) in regions.iter().zip(rows.column(name)) {
            *sums.entry((*region).to_owned()).or_default() += amount.parse::<u64>().unwrap_or(0);
        }
    }
    sums
}

#[test]
fn who_may_have_the_records_has_their_exact_sums() {
    for (id, columns) in [("S1106", &["BIDRAG", "LAAN"][..]), ("S1107", &["ANTMND"][..])] {
        let sums = added(columns);
        let whole: u64 = sums.values().sum();
        assert!(whole > 1_000, "{id} {whole}");
        let nav = shared().caller("nav");
        let exact = nav.get(&format!("{}&valueCodes[Region]=*", table(id))).ok();
        assert_eq!(exact.header("hjemmel-protection"), "exact");
        let cells = exact.cells();
        for (region, sum) in
            sums.iter().map(|(region, sum)| (region.as_str(), *sum)).chain([("EAK", whole)])
        {
            let cell = cells.iter().find(|cell| cell.at["Region"] == region).unwrap();
            assert_eq!(cell.value, Ok(sum), "{id} {region}");
        }
        // A municipality has its own, and nobody else's.
        let fredrikstad = shared().caller("fredrikstad");
        let own = fredrikstad.get(&format!("{}&valueCodes[Region]=3107", table(id))).ok();
        assert_eq!(own.header("hjemmel-protection"), "exact");
        assert_eq!(own.cells()[0].value, Ok(sums["3107"]));
        let all = fredrikstad.get(&format!("{}&valueCodes[Region]=*", table(id))).ok();
        assert_eq!(all.header("hjemmel-protection"), "suppressed");
    }
}

#[test]
fn everyone_else_has_the_protected_sums() {
    for id in ["S1106", "S1107"] {
        let address = format!("{}&valueCodes[Region]=*", table(id));
        let open = shared().anyone().get(&address).ok();
        assert_eq!(open.header("hjemmel-protection"), "suppressed");
        let shown = open.cells().iter().filter(|cell| cell.value.is_ok()).count();
        assert!(shown > 20, "{id} shows {shown}");
        for name in ["husbanken", "ks", "imdi", "bld"] {
            let answer = shared().caller(name).get(&address).ok();
            assert_eq!(answer.header("hjemmel-protection"), "suppressed", "{name}");
            assert_eq!(answer.json()["value"], open.json()["value"], "{name}");
        }
    }
}
