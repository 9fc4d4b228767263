//! Tells what was sent in the place of a record file.

use crate::{Text, layout::Layout};

/// What the first line shows a file to be that holds no records of the layout; `None` where nothing is known of it.
pub(super) fn of(layout: &Layout, first: &str) -> Option<Text> {
    let (form, year) = (layout.form, layout.year);
    let begins = |all: &[&str]| all.iter().any(|own| first.starts_with(own));
    let text = if begins(&["\u{1f}\u{8b}"]) {
        Text::new(
            "Filen er pakket med gzip. Pakk den ut, eller send den med Content-Encoding: gzip.",
            "The file is packed with gzip. Unpack it, or send it with Content-Encoding: gzip.",
        )
    } else if begins(&["PK\u{3}\u{4}"]) {
        Text::new(
            format!(
                "Filen er en zip-fil eller et regneark. Pakk den ut, eller lag den etter \
                 filbeskrivelsen for {year}."
            ),
            format!(
                "The file is a zip file or a spreadsheet. Unpack it, or make it after the record \
                 layout of {year}."
            ),
        )
    } else if begins(&["ÿþ", "þÿ"]) || first.chars().take(2).filter(|one| *one == '\0').count() == 1
    {
        Text::new(
            "Filen er skrevet i UTF-16. Lagre den som UTF-8 eller ISO 8859-1.",
            "The file is written in UTF-16. Save it as UTF-8 or ISO 8859-1.",
        )
    } else if begins(&["{", "["]) {
        Text::new(
            format!(
                "Skjema {form} leveres som en fil med en post på hver linje, ikke som JSON. Lag \
                 filen etter filbeskrivelsen for {year}."
            ),
            format!(
                "Form {form} is delivered as a file with a record on each line, not as JSON. Make \
                 the file after the record layout of {year}."
            ),
        )
    } else if is_glued(layout, first) {
        Text::new(
            "Postene står etter hverandre uten linjeskift. Sett et linjeskift (LF eller CRLF) etter \
             hver post. Med curl: bruk --data-binary, ikke --data.",
            "The records stand after one another without line ends. Put a line end (LF or CRLF) \
             after each record. With curl: use --data-binary, not --data.",
        )
    } else {
        return None;
    };
    Some(text)
}

/// Whether the second record begins where the first should end, with or without a lone CR between them: both are
/// marked with the same year.
fn is_glued(layout: &Layout, line: &str) -> bool {
    let Some(version) = layout.field("VERSION").or_else(|| layout.field("felt_2")) else {
        return false;
    };
    let characters: Vec<char> = line.chars().collect();
    let between = usize::from(characters.get(layout.record_length) == Some(&'\r'));
    let own = characters.get(version.range());
    let start = layout.record_length + between + version.start;
    let next = characters.get(start..start + version.length);
    own.is_some_and(|own| own.iter().all(char::is_ascii_digit)) && own == next
}
