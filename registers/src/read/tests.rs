use super::*;
use crate::tests::{edition, everything, file, identified, import, number, record, registers};
use arrow::{
    array::{Array, AsArray},
    util::display::array_value_to_string,
};
use hjemmel_disclosure::Identities;
use hjemmel_kostra::{Form, layout::Layout};
use hjemmel_policy::{Population, Precision};
use std::{collections::BTreeSet, fs};

async fn read(
    registers: &Registers,
    asked: &MicrodataRead,
    obligations: &Obligations,
    edition: &EditionRef,
    query: &RowQuery,
) -> Result<Vec<RecordBatch>, Error> {
    let (schema, batches) = registers.batches(asked, obligations, edition, query).await?;
    let batches: Vec<_> = batches.collect().await;
    let typed = |batch: RecordBatch| RecordBatch::try_new(schema.clone(), batch.columns().to_vec());
    Ok(batches.into_iter().map(|batch| typed(batch.unwrap()).unwrap()).collect())
}

fn texts(batches: &[RecordBatch], name: &str) -> Vec<String> {
    let columns = batches.iter().map(|batch| batch.column_by_name(name).unwrap());
    columns
        .flat_map(|column| (0..column.len()).map(|row| array_value_to_string(column, row).unwrap()))
        .collect()
}

#[tokio::test]
async fn every_column_comes_back_as_it_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let forms = [(Form::F11, 2023), (Form::F11, 2024), (Form::F11, 2025), (Form::F11C, 2024)];
    for (form, year) in forms {
        let layout = Layout::of(form, year).unwrap();
        let line = record(layout, &[]);
        let edition = EditionRef::new(form, year, 1);
        let text = format!("{line}\r\n{line}");
        let made = registers.import(&edition, text.as_bytes(), &mut |_| ()).unwrap();
        assert_eq!((made.records, made.linkable_persons), (2, 1));
        let (asked, all) = (everything(form, year), identified(form, year));
        let batches = read(&registers, &asked, &all, &made.edition, &RowQuery::default()).await;
        let batch = &batches.unwrap()[0];
        assert_eq!(batch.num_rows(), 2);
        let sent = hjemmel_kostra::record::Record::new(&line);
        for field in layout.fields.iter().filter(|field| field.name != "VERSION") {
            let column = batch.column_by_name(&field.name).unwrap();
            let mut stated = field.stated(sent.value(field)).unwrap_or_default().to_owned();
            if let hjemmel_kostra::layout::FieldKind::Date(format) = field.kind {
                stated = format.parse(&stated).unwrap().to_string();
            }
            let kept = match column.as_binary_opt::<i32>() {
                Some(sealed) if sealed.is_null(1) => String::new(),
                Some(sealed) => registers.keys().reveal(&field.name, sealed.value(1)).unwrap(),
                None => array_value_to_string(column, 1).unwrap(),
            };
            assert_eq!(kept, stated, "{form} {year} {}", field.name);
        }
        let derived: Vec<String> = ["REGION", "NUMMERTYPE", "ANTMND", "MNDSPENN", ROW]
            .map(|name| array_value_to_string(batch.column_by_name(name).unwrap(), 1).unwrap())
            .into();
        assert_eq!(derived, ["3107", "SYN", "12", "10-12", "2"]);
        let pseudonyms = batch.column_by_name(columns::PSEUDONYM).unwrap().as_binary::<i32>();
        let mut names = (0..2).map(|row| registers.keys().pseudonym("a", pseudonyms.value(row)));
        assert_eq!(names.next().unwrap().unwrap(), names.next().unwrap().unwrap());
    }
}

#[tokio::test]
async fn no_identifier_stands_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let canary = number(77);
    let given: &[(&str, &str)] = &[
        ("PERSON_FODSELSNR", &canary),
        ("PERSON_DUF", "201017238203"),
        ("PERSON_JOURNALNR", "KANARI42"),
        ("SAKSBEHANDLER", "Kanarifugl"),
        ("FODSELSDATO", "13121977"),
    ];
    let edition = import(&registers, 2025, &file(2025, &[given]));
    let bytes = fs::read(edition.file(registers.root())).unwrap();
    assert!(memchr::memmem::find(&bytes, b"3107").is_some(), "content is there to be found");
    let hidden = [&canary, "201017238203", "KANARI42", "Kanarifugl", "13121977", "1977-12-13"];
    for secret in hidden {
        assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "{secret}");
    }
}

#[tokio::test]
async fn rows_outside_the_population_are_never_given() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let text = file(
        2024,
        &[
            &[("KOMMUNE_NR", "0301"), ("BYDELSNR", "05")],
            &[("KOMMUNE_NR", "0301"), ("BYDELSNR", "06")],
            &[("KOMMUNE_NR", "3107")],
            &[("KOMMUNE_NR", "4601")],
        ],
    );
    let edition = import(&registers, 2024, &text);
    let mut asked = everything(Form::F11, 2024);
    let mut held = identified(Form::F11, 2024);
    let cases: [(&[&str], &[&str]); 4] = [
        (&["0301"], &["030105", "030106"]),
        (&["030106", "4601"], &["030106", "4601"]),
        (&["9999"], &[]),
        (&[], &[]),
    ];
    for (regions, expected) in cases {
        held.population = Population::Regions(regions.iter().map(|&r| r.to_owned()).collect());
        let query = RowQuery::default();
        let rows = read(&registers, &asked, &held, &edition, &query).await.unwrap();
        assert_eq!(texts(&rows, "REGION"), expected);
    }
    held.population = Population::Regions(["0301".to_owned()].into());
    asked.regions = Some(["030105".to_owned(), "4601".to_owned()].into());
    let rows = read(&registers, &asked, &held, &edition, &RowQuery::default()).await.unwrap();
    assert_eq!(texts(&rows, "REGION"), ["030105"], "asking for more gives no more");
}

#[tokio::test]
async fn columns_outside_the_permission_are_never_given() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let edition = import(&registers, 2024, &file(2024, &[&[]]));
    let mut asked = everything(Form::F11, 2024);
    let mut held = identified(Form::F11, 2024);
    held.columns = ["KJONN", "DISTRIKTSNR", "REGION"].map(str::to_owned).into();
    held.tier = Tier::Pseudonymised;
    let rows = read(&registers, &asked, &held, &edition, &RowQuery::default()).await.unwrap();
    let names: Vec<_> = rows[0].schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, [ROW, "KJONN", "REGION"], "DISTRIKTSNR ended in 2023");

    let query = RowQuery {
        filters: vec![Filter::Integers { column: "BIDRAG".into(), from: Some(1), to: None }],
        ..RowQuery::default()
    };
    let filtered = read(&registers, &asked, &held, &edition, &query).await;
    assert!(matches!(filtered, Err(Error::Column { column, .. }) if column == "BIDRAG"));
    asked.columns = Some(["BOSIT".to_owned()].into());
    let outside = read(&registers, &asked, &held, &edition, &RowQuery::default()).await;
    assert!(matches!(outside, Err(Error::Column { column, .. }) if column == "BOSIT"));

    asked.columns = None;
    held.columns = BTreeSet::from(["PERSON_FODSELSNR".to_owned()]);
    let tier = read(&registers, &asked, &held, &edition, &RowQuery::default()).await;
    assert!(matches!(tier, Err(Error::Column { .. })), "identifiers need tier identified");
    let other = EditionRef::new(Form::F11, 2025, 1);
    let year = read(&registers, &asked, &held, &other, &RowQuery::default()).await;
    assert!(matches!(year, Err(Error::Mismatch(_))));
}

/// Filters, cursor, limit and the rows that are left.
type Case<'a> = (Vec<Filter>, Option<u64>, Option<u64>, &'a [&'a str]);

#[tokio::test]
async fn filters_and_pages_choose_among_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let bidrag = ["5", "10", "15", "20", ""];
    let given: Vec<Vec<(&str, &str)>> = bidrag.map(|b| vec![("BIDRAG", b), ("KJONN", "2")]).into();
    let given: Vec<&[(&str, &str)]> = given.iter().map(Vec::as_slice).collect();
    let edition = import(&registers, 2024, &file(2024, &given));
    let (asked, held) = (everything(Form::F11, 2024), identified(Form::F11, 2024));
    let day = |day| chrono::NaiveDate::from_ymd_opt(2024, 6, day);
    let between = Filter::Integers { column: "BIDRAG".into(), from: Some(10), to: Some(20) };
    let codes = |code: &str| Filter::Codes { column: "KJONN".into(), codes: vec![code.into()] };
    let dates = |from, to| Filter::Dates { column: "VEDTAKDATO".into(), from, to };
    let cases: [Case<'_>; 6] = [
        (vec![between.clone(), codes("2")], None, None, &["2", "3", "4"]),
        (vec![between.clone()], Some(2), Some(1), &["3"]),
        (vec![codes("1")], None, None, &[]),
        (vec![dates(day(15), day(15))], Some(3), None, &["4", "5"]),
        (vec![dates(day(16), None)], None, None, &[]),
        (vec![], Some(5), None, &[]),
    ];
    for (filters, after_row, limit, expected) in cases {
        let query = RowQuery { filters, after_row, limit, columns: None };
        let rows = read(&registers, &asked, &held, &edition, &query).await.unwrap();
        assert_eq!(texts(&rows, ROW), expected, "{query:?}");
    }
    for (column, reason) in [("PERSON_FODSELSNR", "identifier"), ("BIDRAG", "not codes")] {
        let filters = vec![Filter::Codes { column: column.into(), codes: vec!["1".into()] }];
        let query = RowQuery { filters, ..RowQuery::default() };
        let refused = read(&registers, &asked, &held, &edition, &query).await;
        assert!(matches!(refused, Err(Error::Column { .. })), "{reason}");
    }
}

#[tokio::test]
async fn a_damaged_file_gives_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let (asked, held) = (everything(Form::F11, 2024), identified(Form::F11, 2024));
    let missing = read(&registers, &asked, &held, &edition(2024), &RowQuery::default()).await;
    assert!(matches!(missing, Err(Error::Unreadable { .. })));

    let edition = import(&registers, 2024, &file(2024, &[[].as_slice(); 50]));
    let path = edition.file(registers.root());
    let whole = fs::read(&path).unwrap();
    let mut altered = whole.clone();
    altered[whole.len() / 3] ^= 1;
    let cut = whole[..whole.len() - 9].to_vec();
    for damaged in [altered, cut, b"PAR1 nonsense PAR1".to_vec(), Vec::new()] {
        fs::write(&path, damaged).unwrap();
        let rows = read(&registers, &asked, &held, &edition, &RowQuery::default()).await;
        assert!(matches!(rows, Err(Error::Unreadable { .. })));
    }
    fs::write(&path, &whole).unwrap();
    assert!(read(&registers, &asked, &held, &edition, &RowQuery::default()).await.is_ok());
    let moved = EditionRef { version: 2, ..edition };
    fs::create_dir_all(moved.folder(registers.root())).unwrap();
    fs::write(moved.file(registers.root()), &whole).unwrap();
    let rows = read(&registers, &asked, &held, &moved, &RowQuery::default()).await;
    assert!(matches!(rows, Err(Error::Unreadable { .. })), "a file under another name");
}

#[tokio::test]
async fn what_is_given_coarser_is_never_given_or_asked_by_as_it_was_reported() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let text = file(
        2024,
        &[
            &[("BIDRAG", "0012345"), ("LAAN", "0000001")],
            &[("BIDRAG", "0009999"), ("LAAN", "0000000")],
            &[("BIDRAG", "       "), ("LAAN", "       ")],
        ],
    );
    let edition = import(&registers, 2024, &text);
    let (asked, mut held) = (everything(Form::F11, 2024), identified(Form::F11, 2024));
    held.coarser = [
        ("BIDRAG".to_owned(), Precision::Banded),
        ("LAAN".to_owned(), Precision::Flag),
        ("ALDER".to_owned(), Precision::Banded),
    ]
    .into();
    let query = RowQuery::default();
    let batches = read(&registers, &asked, &held, &edition, &query).await.unwrap();
    assert_eq!(texts(&batches, "BIDRAG"), ["10000", "0", ""]);
    assert_eq!(texts(&batches, "LAAN"), ["1", "0", ""]);
    for age in texts(&batches, "ALDER").iter().filter(|age| !age.is_empty()) {
        assert!(age.ends_with('0'), "{age}");
    }
    let between =
        Filter::Integers { column: "BIDRAG".to_owned(), from: Some(12_345), to: Some(12_345) };
    let asked_by = RowQuery { filters: vec![between], ..RowQuery::default() };
    let refused = read(&registers, &asked, &held, &edition, &asked_by).await;
    assert!(matches!(refused, Err(Error::Column { column, .. }) if column == "BIDRAG"));
    // What nobody can make coarser is not given at all.
    held.coarser = [("VKLO".to_owned(), Precision::Banded)].into();
    let refused = read(&registers, &asked, &held, &edition, &query).await;
    assert!(matches!(refused, Err(Error::Column { column, .. }) if column == "VKLO"));
}
