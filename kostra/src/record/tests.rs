use super::*;
use crate::Form;

fn layout() -> &'static Layout {
    Layout::of(Form::F11, 2025).unwrap()
}

fn split(input: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Lines::new(std::io::BufReader::with_capacity(7, input));
    let mut all = Vec::new();
    while let Some(line) = lines.next().unwrap() {
        all.push((line.number, line.bytes.to_vec()));
    }
    all
}

#[test]
fn lines_end_with_lf_or_crlf_and_are_numbered() {
    let expected = [(1, b"one".to_vec()), (2, b"".to_vec()), (3, b"two".to_vec())];
    assert_eq!(split(b"one\r\n\ntwo\r\n"), expected);
    assert_eq!(split(b"one\n\r\ntwo"), expected);
    assert!(split(b"").is_empty());
    assert_eq!(split(b" "), [(1, b" ".to_vec())]);
}

#[test]
fn a_utf8_mark_is_dropped_from_the_first_line_only() {
    assert_eq!(split("\u{feff}ab\n\u{feff}".as_bytes())[0].1, b"ab");
    assert_eq!(split("\u{feff}ab\n\u{feff}".as_bytes())[1].1, "\u{feff}".as_bytes());
}

#[test]
fn a_line_without_end_is_cut_and_the_next_one_found() {
    let mut input = vec![b'x'; 3 * MAX_LINE];
    input.extend_from_slice(b"\nnext\n");
    let lines = split(&input);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].1.len(), MAX_LINE);
    assert_eq!(lines[1], (2, b"next".to_vec()));
}

#[test]
fn fields_are_found_by_character_in_every_encoding() {
    let mut line = " ".repeat(338);
    line.replace_range(16..24, "J\u{c5}\u{d8}-0001");
    let kommune = "3107";
    line.replace_range(0..4, kommune);
    let line: String = line.chars().take(338).collect();
    let latin: Vec<u8> = line.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    assert_eq!(latin.len(), 338);
    for bytes in [line.as_bytes(), &latin] {
        let record = Record::decode(bytes, 338);
        assert_eq!(record.length(), 338);
        assert_eq!(record.named(layout(), "KOMMUNE_NR"), Some("3107"));
        assert_eq!(record.named(layout(), "PERSON_JOURNALNR"), Some("J\u{c5}\u{d8}-0001"));
        assert_eq!(record.named(layout(), "SANKSJONANDRE"), Some(""));
        assert_eq!(record.named(layout(), "NOPE"), None);
    }
}

#[test]
fn bytes_that_happen_to_be_utf8_are_latin_1_when_only_that_fits_the_length() {
    let bytes =
        ["\u{c3}\u{b8}ab".chars().map(|c| c as u8).collect::<Vec<_>>(), vec![b' ']].concat();
    assert_eq!(Record::decode(&bytes, 5).length(), 5);
    assert_eq!(Record::decode(&bytes, 4).length(), 4);
}

#[test]
fn a_short_line_has_empty_fields() {
    let record = Record::new("31");
    assert!(layout().fields.iter().all(|field| record.value(field).is_empty()));
    let record = Record::new("3\u{e5}");
    assert!(layout().fields.iter().all(|field| record.value(field).is_empty()));
}

#[test]
fn what_a_field_states_does_not_depend_on_how_it_is_looked_for() {
    let layout = layout();
    let cells =
        ["", " ", "0", "00", "1", "01", " 1", "1 ", "  ", "\t", "\t1", "12", "0 1", "000", "å"];
    for field in &layout.fields {
        for cell in cells {
            let cell: String =
                cell.chars().chain(" ".repeat(12).chars()).take(field.length).collect();
            let line: String = [" ".repeat(field.start), cell, " ".repeat(400)].concat();
            let line: String = line.chars().take(layout.record_length).collect();
            let record = Record::new(&line);
            assert_eq!(record.value(field), record.raw(field).trim_matches(' '));
            assert_eq!(record.stated(field), field.stated(record.raw(field).trim()));
        }
    }
}
