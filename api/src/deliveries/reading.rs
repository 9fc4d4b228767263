//! Records of named values, read from JSON or from comma separated values, whichever they are.

use hjemmel_kostra::Text;
use hjemmel_kostra::controls::{Options, Quote, Report};
use hjemmel_kostra::sheet::{Record, Sheet};
use serde_json::Value;
use std::borrow::Cow;

/// Names that are repeated in what is said, at most.
const LISTED: usize = 8;

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The records.
    pub records: Vec<Record>,
    /// The line each begins on; of JSON its place in the list.
    lines: Vec<u64>,
}

impl Rows {
    /// Controls them; gives what was found with what stands in the fields.
    #[must_use]
    pub fn check(
        &self,
        sheet: &Sheet,
        about: (u16, Option<u8>),
        options: &Options,
    ) -> (Report, Vec<Quote>) {
        let mut report = sheet.check_month(about, &self.records, options);
        let quotes = Sheet::quotes(&self.records, &report.findings);
        for line in report.findings.iter_mut().filter_map(|finding| finding.line.as_mut()) {
            let at = usize::try_from(*line).unwrap_or_default().wrapping_sub(1);
            *line = self.lines.get(at).copied().unwrap_or(*line);
        }
        (report, quotes)
    }
}

/// Reads records of a form.
///
/// # Errors
/// What is wrong, in words.
pub fn read(sheet: &Sheet, body: &[u8]) -> Result<Rows, Text> {
    let text = decoded(body);
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\0', ' ', '\r', '\n']);
    let rows = match text.trim_start().chars().next() {
        None => Rows::default(),
        Some('{' | '[') => from_json(text)?,
        Some(_) => from_csv(sheet, text)?,
    };
    let records = rows.records.into_iter().map(|record| sheet.tidied(record)).collect();
    Ok(Rows { records, ..rows })
}

/// Spreadsheets write UTF-8, and older ones ISO 8859-1.
fn decoded(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => body.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

/// A record, or a list of them. Values are texts, whole numbers, or numbers with decimals.
fn from_json(text: &str) -> Result<Rows, Text> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Text::new(
            format!("det er ikke gyldig JSON fra linje {line}, tegn {column}"),
            format!("it is no valid JSON from line {line}, character {column} on"),
        )
    })?;
    let all = match value {
        Value::Array(all) => all,
        one => vec![one],
    };
    let record = |value: Value| -> Result<Record, Text> {
        let Value::Object(members) = value else {
            return Err(Text::new(
                "en post er et objekt med en verdi for hvert felt",
                "a record is an object with a value for each field",
            ));
        };
        let pair = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Null => Ok((name, String::new())),
            _ => {
                let name = crate::pxweb::selection::clip(&name);
                Err(Text::new(
                    format!("`{name}` er verken tall eller tekst"),
                    format!("`{name}` is no number or text"),
                ))
            }
        };
        members.into_iter().map(pair).collect()
    };
    let records: Vec<Record> = all.into_iter().map(record).collect::<Result<_, _>>()?;
    let lines = (1..=records.len() as u64).collect();
    Ok(Rows { records, lines })
}

/// A header of field names, and a line a record; `;`, tabs or `,` between values.
fn from_csv(sheet: &Sheet, text: &str) -> Result<Rows, Text> {
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b';', b'\t'].into_iter().find(|own| head.contains(char::from(*own)));
    let delimiter = delimiter.unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| wrong(&error, delimiter))?.clone();
    let known: Vec<&str> = sheet.names().collect();
    if !names.iter().any(|name| known.contains(&name)) {
        let (form, some) = (sheet.form, known.iter().take(LISTED).copied());
        let some: Vec<&str> = some.collect();
        let (some, more) = (some.join(", "), if known.len() > LISTED { " …" } else { "" });
        return Err(Text::new(
            format!(
                "det er ikke JSON, og første linje nevner ingen av feltene i skjema {form}: {some}{more}"
            ),
            format!(
                "it is no JSON, and the first line names none of the fields of form {form}: {some}{more}"
            ),
        ));
    }
    let mut rows = Rows::default();
    for row in reader.records() {
        let row = row.map_err(|error| wrong(&error, delimiter))?;
        rows.lines.push(row.position().map_or(0, csv::Position::line));
        let pairs = names.iter().zip(&row);
        rows.records.push(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    }
    Ok(rows)
}

/// What is wrong with comma separated values.
fn wrong(error: &csv::Error, delimiter: u8) -> Text {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let (nb, en) = if delimiter == b',' {
                (
                    "; der tall har komma, skill verdiene med semikolon",
                    "; where numbers have commas, put semicolons between the values",
                )
            } else {
                ("", "")
            };
            Text::new(
                format!("linje {line} har {len} verdier, og første linje har {expected_len}{nb}"),
                format!("line {line} has {len} values, and the first line {expected_len}{en}"),
            )
        }
        _ => Text::new(
            format!("linje {line} er ikke kommaseparert tekst"),
            format!("line {line} is no comma separated text"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hjemmel_kostra::Form;

    fn rows(body: &[u8]) -> Result<Rows, Text> {
        read(Sheet::of(Form::F7).unwrap(), body)
    }

    #[test]
    fn the_same_record_is_read_from_json_and_from_every_kind_of_csv() {
        let expected: Vec<Record> = vec![
            [("KOMMUNE_NR", "3107"), ("SAKER_OKRAD", "12"), ("ARSVERK_OKRAD", "2.5")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        ];
        let json = br#"{"KOMMUNE_NR":"3107","SAKER_OKRAD":12,"ARSVERK_OKRAD":2.5}"#;
        assert_eq!(rows(json).unwrap().records, expected);
        let list = [b" [".as_slice(), json, b"]\n"].concat();
        assert_eq!(rows(&list).unwrap(), Rows { records: expected.clone(), lines: vec![1] });
        for csv in [
            "KOMMUNE_NR,SAKER_OKRAD,ARSVERK_OKRAD\n3107,12,2.5\n",
            "\u{feff}KOMMUNE_NR;SAKER_OKRAD;ARSVERK_OKRAD\r\n3107; 12;2,5",
            "KOMMUNE_NR\tSAKER_OKRAD\tARSVERK_OKRAD\n3107\t12\t2,5\n",
            "KOMMUNE_NR,SAKER_OKRAD,ARSVERK_OKRAD\n3107,12,\"2,5\"\n",
        ] {
            let rows = rows(csv.as_bytes()).unwrap();
            assert_eq!(rows, Rows { records: expected.clone(), lines: vec![2] }, "{csv}");
        }
        let latin = rows(b"KOMMUNE_NR;ANSVARLIG\n3107;Kj\xe6rsti \xd8y\n").unwrap();
        assert_eq!(latin.records[0]["ANSVARLIG"], "Kjærsti Øy");
        assert_eq!(rows(b" \n").unwrap(), Rows::default());
    }

    #[test]
    fn what_cannot_be_read_is_told_of_in_words() {
        for (body, word) in [
            (&b"{"[..], "JSON fra linje 1"),
            (b"[1]", "objekt"),
            (br#"{"SAKER_OKRAD":[1]}"#, "`SAKER_OKRAD` er verken"),
            (b"KOMMUNE_NR,ARSVERK_OKRAD\n3107,2,5\n", "semikolon"),
            (b"KOMMUNE_NR;ARSVERK_OKRAD\n\n3107\n", "linje 3 har 1 verdier"),
            (b"3107202612345678901", "nevner ingen av feltene i skjema 7: KOMMUNE_NR, AAR"),
        ] {
            let told = rows(body).unwrap_err();
            assert!(told.nb.contains(word), "{told:?}");
        }
    }

    #[test]
    fn findings_name_the_line_of_the_file_and_quote_it() {
        let sheet = Sheet::of(Form::F7).unwrap();
        let csv = b"KOMMUNE_NR;AAR;ARSVERK_OKRAD\n\n3107;2025;mange\n";
        let rows = read(sheet, csv).unwrap();
        let (report, quotes) = rows.check(sheet, (2025, None), &Options::default());
        let is_own = |one: &hjemmel_kostra::controls::Finding| one.fields == ["ARSVERK_OKRAD"];
        let at = report.findings.iter().position(is_own).unwrap();
        assert_eq!(report.findings[at].line, Some(3));
        assert_eq!(quotes[at].value(0), Some("mange"));
    }
}
