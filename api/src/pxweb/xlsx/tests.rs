use super::*;
use crate::pxweb::example::Example;
use flate2::read::DeflateDecoder;
use hjemmel_kostra::Language;
use std::collections::BTreeMap;
use std::io::Read as _;

/// The entries of an archive, found by its directory.
fn entries(bytes: &[u8]) -> BTreeMap<String, String> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let half = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()) as usize;
    let end = bytes.len() - 22;
    assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
    let (count, mut at) = (half(end + 10), word(end + 16));
    let mut all = BTreeMap::new();
    for _ in 0..count {
        assert_eq!(&bytes[at..at + 4], b"PK\x01\x02");
        let (crc, packed, size) = (word(at + 16), word(at + 20), word(at + 24));
        let (length, start) = (half(at + 28), word(at + 42));
        let name = String::from_utf8(bytes[at + 46..at + 46 + length].to_vec()).unwrap();
        assert_eq!(&bytes[start..start + 4], b"PK\x03\x04");
        let from = start + 30 + half(start + 26) + half(start + 28);
        let mut text = String::new();
        let mut read = DeflateDecoder::new(&bytes[from..from + packed]);
        read.read_to_string(&mut text).unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(text.as_bytes());
        assert_eq!((text.len(), sum.sum() as usize), (size, crc), "{name}");
        all.insert(name, text);
        at += 46 + length;
    }
    all
}

fn written(stub: &str, heading: &str) -> BTreeMap<String, String> {
    let example = Example::new();
    let style = Style::parse("xlsx", &["UseCodes".to_owned()]).unwrap();
    let (sheet, frame) = (example.sheet(stub, heading, Language::En), example.frame(Language::En));
    entries(&write(&sheet, &frame, &style).unwrap())
}

#[test]
fn the_archive_holds_what_a_workbook_must() {
    let parts = written("", "");
    for name in ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"] {
        assert!(parts.contains_key(name), "{name}");
    }
    assert!(parts["xl/workbook.xml"].contains("name=\"S1101\""));
}

#[test]
fn numbers_are_numbers_and_signs_are_text() {
    let sheet = written("", "").remove("xl/worksheets/sheet1.xml").unwrap();
    assert!(sheet.contains("<c r=\"D2\"><v>7</v></c>"), "{sheet}");
    let text = |place: &str, text: &str| {
        format!(
            "<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
        )
    };
    for (place, said) in [("A1", "Region"), ("D1", "2016"), ("E2", ":"), ("D3", ".."), ("E3", ".")]
    {
        assert!(sheet.contains(&text(place, said)), "{place} {said}: {sheet}");
    }
    assert!(sheet.contains(&text("A5", "a &lt;note&gt;")), "{sheet}");
}

#[test]
fn every_column_is_named_in_the_last_row_of_heads() {
    let sheet = written("Region ContentsCode", "Tid HovedInntekt");
    let sheet = &sheet["xl/worksheets/sheet1.xml"];
    let rows: Vec<&str> = sheet.lines().filter(|line| line.starts_with("<row")).collect();
    assert!(rows[0].contains("<c r=\"C1\"") && !rows[0].contains("r=\"A1\""), "{}", rows[0]);
    assert!(rows[1].contains("<c r=\"A2\"") && rows[1].contains("<c r=\"F2\""), "{}", rows[1]);
}

#[test]
fn columns_have_letters() {
    let all = [0, 25, 26, 51, 52, 701, 702, 16_383].map(letters);
    assert_eq!(all, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
}

/// The rows of a document with one cell of each kind that has a sign.
fn signs(parameters: &[&str]) -> String {
    let example = Example::signs();
    let own: Vec<String> = parameters.iter().map(|name| (*name).to_owned()).collect();
    let style = Style::parse("xlsx", &own).unwrap();
    let (sheet, frame) = (example.sheet("", "", Language::En), example.frame(Language::En));
    let mut parts = entries(&write(&sheet, &frame, &style).unwrap());
    assert!(parts["xl/styles.xml"].contains("formatCode=\"General&quot;*&quot;\""));
    parts.remove("xl/worksheets/sheet1.xml").unwrap()
}

#[test]
fn preliminary_numbers_and_nil_are_shown_by_their_sign_and_stay_numbers() {
    let text = signs(&[]);
    for cell in [
        "<c r=\"D2\"><v>7</v></c>",
        "<c r=\"E2\" s=\"1\"><v>12</v></c>",
        "<c r=\"D3\" s=\"2\"><v>0</v></c>",
    ] {
        assert!(text.contains(cell), "{cell}: {text}");
    }
    assert!(text.contains("<c r=\"E3\" t=\"inlineStr\"><is><t xml:space=\"preserve\">:</t>"));
}

#[test]
fn signs_have_columns_of_their_own_when_asked_for() {
    let text = signs(&["IncludeSymbols"]);
    let word = |place: &str, text: &str| {
        format!(
            "<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
        )
    };
    for (place, said) in [
        ("D1", "2016"),
        ("E1", "2016 symbol"),
        ("G1", "2024 symbol"),
        ("G2", "*"),
        ("E3", "-"),
        ("G3", ":"),
    ] {
        assert!(text.contains(&word(place, said)), "{place} {said}: {text}");
    }
    assert!(text.contains("<c r=\"D2\"><v>7</v></c><c r=\"F2\"><v>12</v></c>"), "{text}");
    assert!(!text.contains("r=\"F3\"") && !text.contains("r=\"E2\""), "{text}");
}
