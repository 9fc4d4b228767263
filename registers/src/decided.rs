//! Reading under permissions that were really decided, from the demo's own grants.

use crate::{
    EditionRef, Error, RowQuery,
    tests::{file, import, number, registers},
};
use chrono::{DateTime, Utc};
use hjemmel_disclosure::{Axis, rows::ROLE};
use hjemmel_kostra::{
    Form,
    columns::{self, ColumnRole},
};
use hjemmel_policy::{
    Caller, Decided, GrantTerms, MicrodataRead, OrganisationNumber, Policy, ProtectTables,
    ReadMicrodata, SCOPE_MICRODATA, Subject,
};

fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn policy() -> Policy {
    let grants = GrantTerms::from_toml(include_str!("../../policy/demo-grants.toml")).unwrap();
    let known = |form: Form, year: u16| -> Vec<(String, bool)> {
        let all = columns::columns(form, year).into_iter();
        all.map(|column| (column.name, column.role == ColumnRole::Identifier)).collect()
    };
    Policy::build(grants, 1, &known).unwrap()
}

fn ask(organisation: &str) -> Decided<ReadMicrodata> {
    let organisation = OrganisationNumber::parse(organisation).unwrap();
    let scopes = [SCOPE_MICRODATA.to_owned()].into();
    let subject = Subject::Organisation { organisation };
    let caller = Caller::verified(subject, scopes, None, None);
    let asked = MicrodataRead {
        form: Form::F11,
        year: 2024,
        columns: None,
        regions: None,
        unpublished: false,
    };
    policy().decide::<ReadMicrodata>(&caller, asked, None, now())
}

#[tokio::test]
async fn nav_gets_pseudonyms_and_bfd_gets_no_permission_to_read_with() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let edition = import(&registers, 2024, &file(2024, &[&[]]));
    let Decided::Allowed(grant, _) = ask("889640782") else { panic!("NAV is denied") };
    let sealed = registers.microdata(grant, &edition, &RowQuery::default()).await.unwrap();
    assert_eq!(format!("{sealed:?}"), "Sealed(..)");
    assert!(!ask("972417793").is_allowed());

    let Decided::Allowed(grant, _) = ask("889640782") else { panic!("NAV is denied") };
    let (asked, held) = (grant.resource(), grant.obligations());
    let scan = registers.batches(asked, held, &edition, &RowQuery::default()).await;
    let (schema, _) = scan.unwrap();
    let roles: Vec<_> =
        schema.fields().iter().map(|field| field.metadata()[ROLE].clone()).collect();
    assert_eq!(roles.iter().filter(|role| *role == "pseudonym").count(), 1);
    assert!(!roles.iter().any(|role| role == "identifier" || role == "hidden"));
    let later = EditionRef::new(Form::F11, 2025, 1);
    let other = registers.microdata(grant, &later, &RowQuery::default()).await;
    assert!(matches!(other, Err(Error::Mismatch(_))), "one decision, one edition's year");
}

#[tokio::test]
async fn a_cube_to_protect_is_of_the_permitted_form_and_year() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let text = file(2024, &[&[("PERSON_FODSELSNR", &number(3))]]);
    let edition = import(&registers, 2024, &text);
    let axes = || vec![Axis { column: "REGION".to_owned(), codes: vec!["3107".to_owned()] }];
    let permit = |year| policy().permit_protection(ProtectTables { form: Form::F11, year }, now());
    let sealed = registers.cube(permit(2024), &edition, axes()).await.unwrap();
    assert_eq!(format!("{sealed:?}"), "Sealed(..)");
    let other = registers.cube(permit(2025), &edition, axes()).await;
    assert!(matches!(other, Err(Error::Mismatch(_))));
}
