use super::*;
use crate::entitled::tests::{body, now, policy};
use crate::rows::Interrupted;
use crate::{NotOurs, Sealed};
use arrow::array::{BinaryArray, StringArray, UInt64Array};
use futures::FutureExt as _;
use hjemmel_kostra::Form;
use hjemmel_policy::{Decided, Grant, MicrodataRead};

const NAV: &str = "889640782";

/// Opens what [`rows`] holds: ciphertexts that say in plain what they stand for.
struct Plain;

impl Identities for Plain {
    fn reveal(&self, column: &str, ciphertext: &[u8]) -> Result<String, NotOurs> {
        let text = std::str::from_utf8(ciphertext).map_err(|_| NotOurs)?;
        Ok(format!("{column} {text}"))
    }

    fn pseudonym(&self, namespace: &str, ciphertext: &[u8]) -> Result<String, NotOurs> {
        let text = std::str::from_utf8(ciphertext).map_err(|_| NotOurs)?;
        Ok(format!("{namespace} {text}"))
    }
}

fn permit(purpose: Option<&str>) -> Grant<ReadMicrodata> {
    let read = MicrodataRead {
        form: Form::F11C,
        year: 2024,
        columns: None,
        regions: None,
        unpublished: false,
    };
    match policy().decide::<ReadMicrodata>(&body(NAV), read, purpose, now()) {
        Decided::Allowed(grant, _) => grant,
        Decided::Denied(decision) => panic!("{:?}", decision.failed),
    }
}

fn field(name: &str, kind: DataType, role: Option<&str>) -> Field {
    let role = role.map(|role| (ROLE.to_owned(), role.to_owned()));
    Field::new(name, kind, true).with_metadata(role.into_iter().collect())
}

const SECRETS: [Option<&[u8]>; 3] = [Some(b"a"), None, Some(b"b")];

/// Places, one column of ciphertexts and one of content; then a fault, if one is wanted.
fn rows(name: &str, role: Option<&str>, secrets: [Option<&[u8]>; 3], cut: bool) -> Rows {
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        field(ROW, DataType::UInt64, None),
        field(name, DataType::Binary, role),
        field("STATUS", DataType::Utf8, Some(CONTENT)),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from(vec![3, 5, 8])),
        Arc::new(BinaryArray::from(secrets.to_vec())),
        Arc::new(StringArray::from(vec!["1", "2", "7"])),
    ];
    let mut batches = vec![Ok(RecordBatch::try_new(schema.clone(), columns).unwrap())];
    if cut {
        batches.push(Err(Interrupted::from_fault(std::io::Error::other("the disk is gone"))));
    }
    Rows::new(schema, futures::stream::iter(batches))
}

fn opened(grant: Grant<ReadMicrodata>, rows: Rows) -> Result<Release<Records>, EntitledError> {
    records(Sealed::new(grant, rows), Arc::new(Plain))
}

fn pages(release: Release<Records>) -> Vec<Result<Page, EntitledError>> {
    release.into_content().into_pages().collect::<Vec<_>>().now_or_never().unwrap()
}

fn texts(page: &Page, column: usize) -> Vec<Option<&str>> {
    page.batch.column(column).as_string::<i32>().iter().collect()
}

#[test]
fn pseudonyms_are_made_in_the_grants_own_namespace_and_places_stay_inside() {
    let grant = permit(None);
    let namespace = grant.obligations().pseudonym_namespace.clone();
    let release = opened(grant, rows("PERSON_PSEUDONYM", Some(PSEUDONYM), SECRETS, false)).unwrap();
    assert_eq!(release.protection(), Protection::Exact);
    assert_eq!(release.basis().unwrap().grant_id, "nav-11c-pseudonymised");
    let schema = release.content().schema().clone();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["PERSON_PSEUDONYM", "STATUS"]);
    assert!(schema.fields().iter().all(|field| field.metadata().is_empty()));
    let pages = pages(release);
    let [Ok(page)] = pages.as_slice() else { panic!("one page was sealed") };
    let (a, b) = (format!("{namespace} a"), format!("{namespace} b"));
    assert_eq!(texts(page, 0), [Some(a.as_str()), None, Some(b.as_str())]);
    assert_eq!(texts(page, 1), [Some("1"), Some("2"), Some("7")]);
    assert_eq!(page.last_row, Some(8));
}

#[test]
fn identifiers_are_opened_at_tier_identified_only() {
    let sealed = || rows("PERSON_FODSELSNR", Some(IDENTIFIER), SECRETS, false);
    let refused = opened(permit(None), sealed()).err().unwrap();
    assert!(matches!(refused, EntitledError::Outside(column) if column == "PERSON_FODSELSNR"));
    let pages = pages(opened(permit(Some("participant-follow-up")), sealed()).unwrap());
    let page = pages[0].as_ref().ok().unwrap();
    assert_eq!(texts(page, 0), [Some("PERSON_FODSELSNR a"), None, Some("PERSON_FODSELSNR b")]);
}

#[test]
fn an_identifier_hidden_under_a_covered_name_does_not_pass() {
    let sealed = rows("PERSON_PSEUDONYM", Some(IDENTIFIER), SECRETS, false);
    let refused = opened(permit(None), sealed).err().unwrap();
    assert!(matches!(refused, EntitledError::Outside(column) if column == "PERSON_PSEUDONYM"));
}

#[test]
fn a_column_of_no_known_role_or_outside_the_grant_stops_everything() {
    for (name, role) in
        [("PERSON_PSEUDONYM", None), ("PERSON_PSEUDONYM", Some("new")), ("EXTRA", Some(CONTENT))]
    {
        let refused = opened(permit(None), rows(name, role, SECRETS, false)).err().unwrap();
        assert!(matches!(refused, EntitledError::Outside(column) if column == name));
    }
}

#[test]
fn an_interrupted_read_ends_in_an_error() {
    let sealed = rows("PERSON_PSEUDONYM", Some(PSEUDONYM), SECRETS, true);
    let pages = pages(opened(permit(None), sealed).unwrap());
    assert_eq!(pages.len(), 2);
    assert!(pages[0].is_ok());
    assert!(matches!(pages[1], Err(EntitledError::Records(_))));
}

#[test]
fn a_ciphertext_that_does_not_open_is_an_error_not_a_blank() {
    let foreign = [Some(&b"a"[..]), Some(&[0xff, 0xfe][..]), None];
    let sealed = rows("PERSON_PSEUDONYM", Some(PSEUDONYM), foreign, false);
    let pages = pages(opened(permit(None), sealed).unwrap());
    assert!(matches!(pages[0], Err(EntitledError::Identity(_))));
}
