use super::*;
use chrono::TimeDelta;
use hjemmel_store::EditionStatus;

const YEAR: u16 = 2025;

fn edition(kind: EditionKind, public_from: DateTime<Utc>) -> Edition {
    Edition {
        id: Uuid::nil(),
        form: Form::F11,
        year: YEAR,
        version: 1,
        kind,
        status: EditionStatus::Current,
        records: 1,
        parquet_sha256: String::new(),
        created_at: public_from,
        missing_regions: Vec::new(),
        public_from,
        reason: None,
    }
}

fn wanted(kind: EditionKind, reason: Option<&str>) -> Wanted {
    let reason = reason.map(str::to_owned);
    Wanted { form: Form::F11, year: YEAR, kind, reason, public_from: None }
}

#[test]
fn an_edition_is_public_on_its_day_and_no_wish_brings_it_forward() {
    let march = calendar::preliminary(YEAR);
    let early = march - TimeDelta::days(20);
    let preliminary = wanted(EditionKind::Preliminary, None);
    assert_eq!(public_from(&preliminary, &[], early).unwrap(), march);
    let sooner = Wanted { public_from: Some(early), ..preliminary.clone() };
    assert_eq!(public_from(&sooner, &[], early).unwrap(), march);
    let later = Wanted { public_from: Some(march + TimeDelta::days(1)), ..preliminary.clone() };
    assert_eq!(public_from(&later, &[], early).unwrap(), march + TimeDelta::days(1));
    let late = march + TimeDelta::hours(3);
    assert_eq!(public_from(&preliminary, &[], late).unwrap(), late);
    let last = wanted(EditionKind::Final, None);
    assert_eq!(public_from(&last, &[], late).unwrap(), calendar::revised(YEAR));
}

#[test]
fn what_is_public_is_corrected_with_a_reason_and_what_is_not_is_made_anew() {
    let march = calendar::preliminary(YEAR);
    let before = [edition(EditionKind::Preliminary, march)];
    let second = TimeDelta::seconds(1);
    let again = wanted(EditionKind::Preliminary, None);
    assert_eq!(public_from(&again, &before, march - second).unwrap(), march);
    assert!(matches!(public_from(&again, &before, march), Err(Fault::NoReason)));
    let blank = wanted(EditionKind::Preliminary, Some("  "));
    assert!(matches!(public_from(&blank, &before, march), Err(Fault::NoReason)));
    let correction = wanted(EditionKind::Preliminary, Some("Moss was counted twice"));
    assert_eq!(public_from(&correction, &before, march + second).unwrap(), march + second);
    // The final edition is no correction of the preliminary one.
    let last = wanted(EditionKind::Final, None);
    assert_eq!(public_from(&last, &before, march).unwrap(), calendar::revised(YEAR));
    let done = [edition(EditionKind::Final, calendar::revised(YEAR))];
    assert!(matches!(public_from(&correction, &done, march), Err(Fault::AfterFinal)));
}

#[test]
fn a_municipality_that_is_missing_is_missing_with_all_its_bydeler() {
    let none = missing_regions(YEAR, &BTreeMap::new());
    assert_eq!(none, Division::of(YEAR).unwrap().leaves());
    assert!(none.contains(&"030101".to_owned()) && none.contains(&"3107".to_owned()));
    assert_eq!(missing_regions(1999, &BTreeMap::new()), Vec::<String>::new());
}
