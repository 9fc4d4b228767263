//! What the three nodes hold: taken in by the same commands and calls as anywhere.

use super::super::demo::SEED;
use super::super::remote::Remote;
use super::super::{Failure, generate, import, layout, release};
use super::introduction;
use super::place::{IMDI, NAV, Place, SENDERS, SSB, answers};
use crate::command::token;
use crate::identity::DevIssuer;
use hjemmel_kostra::{Form, Lines};
use hjemmel_store::EditionKind;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The year of the records and of the monthly figures.
pub const YEAR: u16 = 2024;
/// The last year form 11B was delivered.
pub const NIR_YEAR: u16 = 2017;
/// Months that have been delivered.
const MONTHS: u8 = 3;

fn at(places: &[Place], node: usize) -> Result<&Place, Failure> {
    places.get(node).ok_or_else(|| Failure::new("there is no such node"))
}

/// What is taken in before the nodes run: form 11C at Statistics Norway, published; form 11 at the two that answer for
/// municipalities, to be published by both together.
pub fn before(places: &[Place], dir: &Path, persons: u64) -> Result<(), Failure> {
    let file = dir.join("records.dat");
    let ssb = at(places, SSB)?.installation()?;
    generate::write(&file, Form::F11C, YEAR, SEED, Some((persons / 26).max(1)))?;
    accepted(&import::import(&ssb, &file, Form::F11C, YEAR, None, EditionKind::Final)?)?;
    release::release(&ssb, Form::F11C, YEAR)?;
    generate::write(&file, Form::F11, YEAR, SEED, Some(persons))?;
    let all = std::fs::read(&file)?;
    let kommune = layout(Form::F11, YEAR)?.field("KOMMUNE_NR").map(hjemmel_kostra::Field::range);
    let kommune = kommune.unwrap_or_default();
    for node in [SSB, NAV] {
        let mut own = Vec::new();
        let mut lines = Lines::new(all.as_slice());
        while let Some(line) = lines.next()? {
            let of = line.bytes.get(kommune.clone()).unwrap_or_default();
            if answers(node, std::str::from_utf8(of).unwrap_or_default()) {
                own.extend_from_slice(line.bytes);
                own.push(b'\n');
            }
        }
        std::fs::write(&file, own)?;
        let installation = at(places, node)?.installation()?;
        accepted(&import::import(
            &installation,
            &file,
            Form::F11,
            YEAR,
            None,
            EditionKind::Final,
        )?)?;
    }
    std::fs::remove_file(&file)?;
    Ok(())
}

fn accepted(outcome: &import::Outcome) -> Result<(), Failure> {
    match outcome {
        import::Outcome::Refused(_) => {
            Err(Failure::new("what was generated did not pass the controls"))
        }
        _ => Ok(()),
    }
}

/// What municipalities and a holder deliver to the running nodes: form 11B, the register's extract, and three months.
pub fn over_http(places: &[Place], issuing: &Path) -> Result<(), Failure> {
    let issuer = DevIssuer::open(issuing)?;
    let sender = |place: &Place, organisation: &str| -> Result<Remote, Failure> {
        let token = token::of(&issuer, organisation, &place.audience())?;
        Ok(Remote::new(&place.address(), &token, "en"))
    };
    let (ssb, imdi, nav) = (at(places, SSB)?, at(places, IMDI)?, at(places, NAV)?);
    let drawn = introduction::draw()?;
    for (organisation, lines) in &drawn.delivered {
        let address = format!("/v1/deliveries?form=11B&year={NIR_YEAR}");
        sender(ssb, organisation)?.file(&address, "text/plain", lines.as_bytes())?;
    }
    let address = format!("/v1/deliveries?form=NIR&year={NIR_YEAR}");
    sender(imdi, imdi.number)?.file(&address, "text/csv", drawn.extract.as_bytes())?;
    for (at, (organisation, _, kommune)) in (0_u32..).zip(SENDERS) {
        for month in 1..=MONTHS {
            let recipients = 600 + 170 * at + 7 * u32::from(month);
            let body = json!({
                "KOMMUNE_NR": kommune, "AAR": YEAR, "MAANED": month, "MOTTAKERE": recipients,
                "MED_BARN": recipients / 4, "HOVEDKILDE": recipients / 2, "UNDER_30": recipients / 3,
                "KRONER": u64::from(recipients) * 11_200, "KVP_DELTAKERE": 20 + at,
            });
            let address = format!("/v1/deliveries/monthly?year={YEAR}&month={month}");
            let sender = sender(nav, organisation)?;
            sender.file(&address, "application/json", body.to_string().as_bytes())?;
        }
    }
    publish_months(nav)
}

/// Two administrators publish the months, as anywhere.
fn publish_months(nav: &Place) -> Result<(), Failure> {
    let administrator = |name: &str| -> Result<Remote, Failure> {
        Ok(Remote::new(&nav.address(), &nav.token(name)?, "en"))
    };
    let admin = administrator("admin")?;
    let edition = json!({ "dataset": "skjema-11M", "year": YEAR, "kind": "preliminary" });
    admin.post("/v1/editions", None, edition.to_string())?;
    let release = json!({ "dataset": "skjema-11M", "year": YEAR });
    let made = admin.post("/v1/releases", None, release.to_string())?;
    let id = made.get("id").and_then(Value::as_str).unwrap_or_default();
    let address = format!("/v1/releases/{id}");
    loop {
        let (told, _) = admin.get(&address)?;
        match told.get("state").and_then(Value::as_str) {
            Some("running") => std::thread::sleep(Duration::from_millis(100)),
            Some("done") => break,
            _ => return Err(Failure::new("the months could not be protected")),
        }
    }
    administrator("admin2")?.post(&format!("{address}/publish"), None, "{}".to_owned())?;
    Ok(())
}
