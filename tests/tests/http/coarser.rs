//! A grant that gives amounts in bands: no page, stream or condition tells them as they were reported.

use crate::grants::Grants;
use crate::installation::Installation;
use crate::rows::Rows;
use std::time::Duration;

const GRANT: &str = "nav-11-pseudonymised";
const COLUMNS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=BIDRAG,LAAN,ALDER";
const TOLD: &str = "ALDER=banded;10, BIDRAG=banded;10000, LAAN=flag";
const SOON: Duration = Duration::from_secs(20);

#[test]
fn amounts_in_bands_leave_in_bands_alone() {
    let installation = Installation::copy("coarser");
    let terms = "\"pseudonymised\"\nprecision = { BIDRAG = \"banded\", LAAN = \"flag\", ALDER = \"banded\" }";
    Grants::of_the_demonstration().with(GRANT, 2, &[("tier", terms)]).load(&installation);
    let node = installation.serve();
    let nav = node.caller("nav");
    node.wait_until(SOON, |node| {
        node.caller("nav").get(&format!("{COLUMNS}&limit=1")).status == 200
    });

    let page = nav.get(&format!("{COLUMNS}&limit=2000")).ok();
    assert_eq!(page.header("hjemmel-columns-coarser"), TOLD);
    let number = |row: &serde_json::Value, name: &str| row[name].as_i64();
    let rows = page.records();
    assert!(rows.iter().any(|row| number(row, "BIDRAG") > Some(0)));
    for row in &rows {
        assert!(number(row, "BIDRAG").is_none_or(|amount| amount % 10_000 == 0), "{row}");
        assert!(number(row, "ALDER").is_none_or(|age| age % 10 == 0), "{row}");
        assert!(number(row, "LAAN").is_none_or(|flag| flag == 0 || flag == 1), "{row}");
    }
    let whole = nav.get(&format!("{COLUMNS}&format=csv")).ok();
    assert_eq!(whole.header("hjemmel-columns-coarser"), TOLD);
    let whole = Rows::csv(&whole);
    let at = whole.columns.iter().position(|name| name == "BIDRAG").unwrap();
    assert!(whole.rows.len() > 1_000);
    for row in &whole.rows {
        let amount = &row[at];
        assert!(amount.is_empty() || amount == "0" || amount.ends_with("0000"), "{amount}");
    }

    for condition in ["filter[BIDRAG]=12345..12345", "filter[LAAN]=1..5", "filter[ALDER]=30..30"] {
        for columns in ["&columns=BIDRAG,LAAN,ALDER", ""] {
            let path = format!("/v1/datasets/skjema-11/microdata?year=2024{columns}&{condition}");
            nav.get(&path).problem(403, "outside-grant");
        }
    }
    let decision = page.header("hjemmel-decision");
    let why = nav.get_with(&format!("/v1/decisions/{decision}"), &[("Accept-Language", "en")]).ok();
    assert!(why.text().contains("Coarser than they were reported"), "{}", why.text());

    // What cannot be given so is no grant at all.
    let impossible = "\"pseudonymised\"\nprecision = { PERSON_JOURNALNR = \"banded\" }";
    let refused = Grants::of_the_demonstration().with(GRANT, 3, &[("tier", impossible)]);
    let refused = refused.try_to_load(&installation, &["--yes"]);
    assert_eq!(refused.status.code(), Some(2), "{}", crate::installation::words(&refused));
}
