use super::*;
use crate::tests::{edition, file, import, number, registers};
use hjemmel_kostra::Form;

fn axis(column: &str, codes: &[&str]) -> Axis {
    Axis { column: column.to_owned(), codes: codes.iter().map(|&code| code.to_owned()).collect() }
}

#[tokio::test]
async fn persons_count_in_every_cell_and_their_repeats_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let (one, two, three) = (number(1), number(400), number(800));
    let stand_in = "01018000100";
    let persons = [
        ("3107", "1", one.as_str()),
        ("4601", "1", one.as_str()),
        ("3107", "2", two.as_str()),
        ("3107", "2", stand_in),
        ("3107", "2", stand_in),
        ("4601", "2", three.as_str()),
        ("4601", "2", three.as_str()),
    ];
    let given = persons.map(|(kommune, sex, number)| {
        [("KOMMUNE_NR", kommune), ("KJONN", sex), ("PERSON_FODSELSNR", number)]
    });
    let given: Vec<&[(&str, &str)]> = given.iter().map(<[_; 3]>::as_slice).collect();
    let edition = import(&registers, 2024, &file(2024, &given));
    let axes = || vec![axis("REGION", &["3107", "4601", "5001"]), axis("KJONN", &["1", "2"])];

    let counts = registers.tally(&edition, axes(), Vec::new()).await.unwrap();
    let (_, codes, counts, repeats) = counts.into_parts();
    assert_eq!(codes, [[0, 1, 0, 1], [0, 0, 1, 1]]);
    assert_eq!(counts, [1, 1, 3, 2]);
    assert_eq!(repeats, [vec![0, 1], vec![3, 3]], "stand-ins are nobody in particular");

    let only = in_regions(&["4601".to_owned()].into());
    let counts = registers.tally(&edition, axes(), vec![only]).await.unwrap();
    let (_, _, counts, repeats) = counts.into_parts();
    assert_eq!(counts, [1, 2]);
    assert_eq!(repeats, [vec![1, 1]], "one record among those counted is no repeat");
}

#[tokio::test]
async fn a_code_outside_the_list_is_told_by_its_column_alone() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let edition = import(&registers, 2024, &file(2024, &[&[], &[("KOMMUNE_NR", "4601")]]));
    let axes = vec![axis("KJONN", &["1", "2"]), axis("REGION", &["3107"])];
    let error = registers.tally(&edition, axes, Vec::new()).await.err().unwrap();
    assert!(matches!(&error, Error::Column { column, .. } if column == "REGION"));
    assert!(!error.to_string().contains("4601"));
    for column in ["FINNES_IKKE", "BIDRAG"] {
        let wrong = registers.tally(&edition, vec![axis(column, &["1"])], Vec::new()).await;
        assert!(matches!(wrong, Err(Error::Column { .. })));
    }
}

#[tokio::test]
async fn fictitious_records_are_counted_too() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let rows = [["030101", "1", "01-05"], ["0101", "3", "10-12"], ["030101", "1", "01-05"]];
    let made = registers.import_rows(&edition(2016), rows).unwrap();
    assert_eq!(made.edition.form, Form::F11);
    assert_eq!((made.records, made.linkable_persons), (3, 0));
    let axes = vec![axis("REGION", &["0101", "030101"]), axis("MNDSPENN", &["01-05", "10-12"])];
    let only = in_regions(&["0301".to_owned()].into());
    let counts = registers.tally(&made.edition, axes, vec![only]).await.unwrap();
    let (_, codes, counts, _) = counts.into_parts();
    assert_eq!((codes, counts), (vec![vec![1], vec![0]], vec![2]));
}
