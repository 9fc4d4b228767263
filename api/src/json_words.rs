//! What is wrong with a JSON body, in both languages. The parser speaks English, and of types of this program; callers are
//! told of numbers, texts, lists and objects.

use hjemmel_kostra::Text;

/// Longer words are cut, since they may quote what was sent.
const LONGEST: usize = 300;

/// What a parser says that needs no more than other words.
const PLAIN: [(&str, &str); 20] = [
    ("recursion limit exceeded", "dypere enn det leses"),
    ("EOF while parsing a list", "slutter midt i en liste"),
    ("EOF while parsing an object", "slutter midt i et objekt"),
    ("EOF while parsing a string", "slutter midt i en tekst"),
    ("EOF while parsing a value", "slutter der en verdi skal stå"),
    ("expected value", "her skal det stå en verdi"),
    ("expected `:`", "her skal det stå `:`"),
    ("expected `,` or `]`", "her skal det stå `,` eller `]`"),
    ("expected `,` or `}`", "her skal det stå `,` eller `}`"),
    ("expected ident", "her skal det stå true, false eller null"),
    ("trailing characters", "det står mer etter slutten"),
    ("trailing comma", "det står et komma uten noe etter"),
    ("key must be a string", "navn må stå i anførselstegn"),
    ("invalid number", "tallet er skrevet feil"),
    ("number out of range", "tallet er for stort"),
    ("invalid escape", "en tekst har et ukjent tegn etter `\\`"),
    ("unexpected end of hex escape", "en tekst har et halvt tegn etter `\\u`"),
    ("lone leading surrogate in hex escape", "en tekst har et halvt tegn etter `\\u`"),
    ("invalid unicode code point", "en tekst er ikke UTF-8"),
    (
        "control character (\\u0000-\\u001F) found while parsing a string",
        "en tekst har et styretegn eller linjeskift",
    ),
];

/// What is wrong, and where where that is known.
fn words(error: &serde_json::Error) -> Text {
    let said: String = error.to_string().chars().filter(|c| !c.is_control()).collect();
    let (line, column) = (error.line(), error.column());
    match said.rsplit_once(" at line ") {
        Some((said, place)) if line > 0 => {
            let Text { nb, en } = cut(meaning(said));
            Text::new(
                format!("{nb} (linje {line}, tegn {column})"),
                format!("{en} at line {place}"),
            )
        }
        _ => cut(meaning(&said)),
    }
}

/// The same after what it is about.
#[must_use]
pub fn words_after(nb: &str, en: &str, error: &serde_json::Error) -> Text {
    let what = words(error);
    Text::new(format!("{nb}: {}", what.nb), format!("{en}: {}", what.en))
}

/// Cut in each language by itself: words that were cut before would no longer be known.
fn cut(text: Text) -> Text {
    let short = |text: String| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    Text::new(short(text.nb), short(text.en))
}

fn meaning(said: &str) -> Text {
    if let Some((_, nb)) = PLAIN.iter().find(|(en, _)| *en == said) {
        return Text::new(*nb, said);
    }
    let (start, rest) = said.split_once(", ").unwrap_or((said, ""));
    let wanted = rest.strip_prefix("expected ");
    if let Some(name) = start.strip_prefix("missing field ") {
        Text::new(format!("feltet {name} mangler"), said)
    } else if let Some(name) = start.strip_prefix("duplicate field ") {
        Text::new(format!("feltet {name} står to ganger"), said)
    } else if let (Some(name), Some(known)) = (start.strip_prefix("unknown field "), wanted) {
        Text::new(format!("feltet {name} finnes ikke; ventet {}", listed(known)), said)
    } else if let (Some(name), Some(known)) = (start.strip_prefix("unknown variant "), wanted) {
        Text::new(format!("verdien {name} finnes ikke; ventet {}", listed(known)), said)
    } else if let Some((given, wanted)) = mismatch(said) {
        let (given, wanted) = (thing(given), kind(wanted));
        Text::new(
            format!("{} passer ikke; ventet {}", given.nb, wanted.nb),
            format!("{} does not fit; expected {}", given.en, wanted.en),
        )
    } else {
        Text::new(said, said)
    }
}

/// What stands where something else was expected. What is quoted may hold any words, so the last that fit count.
fn mismatch(said: &str) -> Option<(&str, &str)> {
    let starts = ["invalid type: ", "invalid value: "];
    let rest = starts.iter().find_map(|start| said.strip_prefix(start))?;
    rest.rsplit_once(", expected ")
}

fn listed(known: &str) -> String {
    known.trim_start_matches("one of ").replace("` or `", "` eller `")
}

fn thing(given: &str) -> Text {
    for (start, nb, en) in [
        ("integer ", "tallet ", "the number "),
        ("floating point ", "tallet ", "the number "),
        ("string ", "teksten ", "the text "),
        ("boolean ", "", ""),
    ] {
        if let Some(rest) = given.strip_prefix(start) {
            return Text::new(format!("{nb}{rest}"), format!("{en}{rest}"));
        }
    }
    match given {
        "sequence" => Text::new("en liste", "a list"),
        "map" => Text::new("et objekt", "an object"),
        other => Text::new(other, other),
    }
}

fn kind(wanted: &str) -> Text {
    let first = wanted.split(' ').next().unwrap_or_default();
    match first {
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            Text::new("et helt tall fra 0", "a whole number from 0")
        }
        "i8" | "i16" | "i32" | "i64" | "isize" => Text::new("et helt tall", "a whole number"),
        "f32" | "f64" => Text::new("et tall", "a number"),
        "struct" | "internally" => Text::new("et objekt", "an object"),
        _ => match wanted {
            "a string" | "string" => Text::new("en tekst", "a text"),
            "a boolean" => Text::new("true eller false", "true or false"),
            "a sequence" => Text::new("en liste", "a list"),
            "a map" => Text::new("et objekt", "an object"),
            "a string or a map" => Text::new("en tekst eller et objekt", "a text or an object"),
            other => Text::new(other, other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[expect(dead_code, reason = "only read")]
        year: u16,
        #[expect(dead_code, reason = "only read")]
        names: Option<Vec<String>>,
        #[expect(dead_code, reason = "only read")]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        One,
        Two,
    }

    fn said(body: &str) -> (String, String) {
        let Text { nb, en } = words(&serde_json::from_str::<Asked>(body).unwrap_err());
        (nb, en)
    }

    #[test]
    fn both_languages_say_what_and_where() {
        for (body, nb, en) in [
            (
                "{}",
                "feltet `year` mangler (linje 1, tegn 2)",
                "missing field `year` at line 1 column 2",
            ),
            (
                "{",
                "slutter midt i et objekt (linje 1, tegn 1)",
                "EOF while parsing an object at line 1 column 1",
            ),
            (
                "{\"year\": 1\n 2}",
                "her skal det stå `,` eller `}` (linje 2, tegn 2)",
                "expected `,` or `}` at line 2 column 2",
            ),
            (
                r#"{"yaer":1}"#,
                "feltet `yaer` finnes ikke; ventet `year`, `names`, `kind` (linje 1, tegn 7)",
                "unknown field `yaer`, expected one of `year`, `names`, `kind` at line 1 column 7",
            ),
            (
                r#"{"year":1,"kind":"x"}"#,
                "verdien `x` finnes ikke; ventet `one` eller `two` (linje 1, tegn 20)",
                "unknown variant `x`, expected `one` or `two` at line 1 column 20",
            ),
            (
                r#"{"year":"a, expected b"}"#,
                "teksten \"a, expected b\" passer ikke; ventet et helt tall fra 0 (linje 1, tegn 23)",
                "the text \"a, expected b\" does not fit; expected a whole number from 0 at line 1 column 23",
            ),
            (
                r#"{"year":1,"names":{}}"#,
                "et objekt passer ikke; ventet en liste (linje 1, tegn 18)",
                "an object does not fit; expected a list at line 1 column 18",
            ),
            (
                r#"{"year":-1}"#,
                "tallet `-1` passer ikke; ventet et helt tall fra 0 (linje 1, tegn 10)",
                "the number `-1` does not fit; expected a whole number from 0 at line 1 column 10",
            ),
            (
                "7",
                "tallet `7` passer ikke; ventet et objekt (linje 1, tegn 1)",
                "the number `7` does not fit; expected an object at line 1 column 1",
            ),
        ] {
            assert_eq!(said(body), (nb.to_owned(), en.to_owned()), "{body}");
        }
    }

    #[test]
    fn what_the_parser_says_of_json_itself_is_known() {
        for body in [
            "",
            "{",
            "[",
            "\"",
            "{1",
            "{\"a\":1,}",
            "[1,]",
            "1 2",
            "tru",
            "01",
            "1e999",
            "\"\\x\"",
            "\"\\ud800x\"",
            "\"\\ud800\\u0041\"",
            "\"a\nb\"",
            "{\"a\" 1}",
            "[1 2]",
        ] {
            let error = serde_json::from_str::<serde_json::Value>(body).unwrap_err();
            let Text { nb, en } = words(&error);
            let nb = nb.split(" (").next().unwrap_or_default();
            assert!(PLAIN.iter().any(|(_, known)| *known == nb), "{body}: {nb}, {en}");
        }
        let deep = "[".repeat(500);
        let error = serde_json::from_str::<serde_json::Value>(&deep).unwrap_err();
        assert!(words(&error).nb.starts_with("dypere"));
    }

    #[test]
    fn what_was_sent_is_cut_and_breaks_no_line() {
        let long = format!("{{\"year\":\"{}\"}}", "x\\n".repeat(400));
        let (nb, en) = said(&long);
        assert!(nb.len() < 400 && en.len() < 400 && !nb.contains('\n'), "{nb}");
        assert!(nb.starts_with("teksten \"x") && nb.contains("… (linje 1"), "{nb}");
        assert!(en.starts_with("the text \"x") && en.contains("… at line 1"), "{en}");
    }
}
