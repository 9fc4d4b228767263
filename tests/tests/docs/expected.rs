//! What a page shows, against what was printed.

use serde_json::Value;

/// Members whose value is another each time: only their form is compared.
const DRAWN: [&str; 3] = ["PERSON_PSEUDONYM", "next", "decision"];

/// Whether the answer is the JSON the page shows; a text that ends in `…` is the beginning of the real one.
#[track_caller]
pub fn assert_json(shown: &str, printed: &str, command: &str) {
    let read = |text: &str| -> Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}\n{command}"))
    };
    compare(&read(shown), &read(printed), "", command);
}

#[track_caller]
fn compare(shown: &Value, real: &Value, at: &str, command: &str) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            let names = |object: &serde_json::Map<String, Value>| {
                object.keys().cloned().collect::<std::collections::BTreeSet<_>>()
            };
            // Reasons in full would fill the page.
            let mut all = names(real);
            all.remove("failed");
            assert_eq!(names(shown), all, "at {at} of {command}");
            for (name, value) in shown {
                if DRAWN.contains(&name.as_str()) {
                    let drawn = real[name].as_str().unwrap_or_default();
                    assert_eq!(drawn.len(), value.as_str().unwrap().len(), "{name} of {command}");
                } else {
                    compare(value, &real[name], &format!("{at}/{name}"), command);
                }
            }
        }
        (Value::Array(shown), Value::Array(real)) => {
            assert_eq!(shown.len(), real.len(), "at {at} of {command}");
            for (place, (shown, real)) in shown.iter().zip(real).enumerate() {
                compare(shown, real, &format!("{at}/{place}"), command);
            }
        }
        (Value::String(start), Value::String(whole)) if start.ends_with('…') => {
            let start = start.trim_end_matches('…').trim_end();
            assert!(whole.starts_with(start), "at {at} of {command}: {whole}");
        }
        _ => assert_eq!(shown, real, "at {at} of {command}"),
    }
}

/// Whether the lines the page shows were printed, in this order; `…` stands for any number of others. Headers have
/// no order, and a decision is another each time.
#[track_caller]
pub fn assert_lines(shown: &str, printed: &str, command: &str) {
    let mut rest = printed.lines().map(str::trim_end);
    for line in shown.lines().map(str::trim_end).filter(|line| *line != "…" && !line.is_empty()) {
        let found = match line.split_once(": ") {
            Some(("hjemmel-decision", id)) => {
                let real = printed.lines().find_map(|line| line.strip_prefix("hjemmel-decision: "));
                real.is_some_and(|real| real.trim().len() == id.len())
            }
            Some((name, _)) if name.starts_with("hjemmel-") => {
                printed.lines().any(|real| real.trim_end() == line)
            }
            _ => rest.any(|real| real == line),
        };
        assert!(found, "`{line}` is not where the page has it\n{command}\n{printed}");
    }
}
