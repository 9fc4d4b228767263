//! The body of a request: JSON that is a question in the closed grammar, or a problem that names what is wrong.

use crate::identity::repeated_member;
use crate::json_words::words_after;
use crate::problem::{Kind, Problem};
use crate::pxweb::selection::clip;
use hjemmel_kostra::Text;
use hjemmel_kostra::question::{Ask, Mistake, Question, nearest};
use serde_json::{Map, Value};

/// What is asked, and how.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// The project that pays, if it is named.
    pub project: Option<String>,
    /// Whether to answer from made-up rows, for nothing.
    pub dummy: bool,
    /// For a preview: the share of a cell its answer may be off by.
    pub relative_accuracy: Option<f64>,
    /// For a preview: how many records the caller expects to meet the conditions.
    pub expected_total: Option<f64>,
}

/// Members that are no part of the question.
const BESIDE: [&str; 4] = ["project", "dummy", "relativeAccuracy", "expectedTotal"];

fn wrong(nb: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(Kind::ParameterError).detail(nb, en)
}

/// What is wrong with a question, to its asker.
#[must_use]
pub fn mistaken(mistake: &Mistake) -> Problem {
    let text = mistake.text();
    let kind = match mistake {
        Mistake::TooManyCells { .. } => Kind::TooManyCells,
        _ => Kind::ParameterError,
    };
    let problem = Problem::new(kind).detail(text.nb, text.en);
    match mistake {
        Mistake::TooManyCells { cells } => problem
            .with("selectedCells", *cells)
            .with("maxDataCells", hjemmel_kostra::question::MOST_CELLS),
        Mistake::Unknown { nearest: Some(nearest), .. } => problem.with("nearest", nearest.clone()),
        _ => problem,
    }
}

/// Reads a body. Its Content-Type does not matter: clients send none.
///
/// # Errors
/// 400 or 403 with what is wrong and what is near.
pub fn read(bytes: &[u8]) -> Result<Asked, Problem> {
    let mut members = object(bytes)?;
    let [project, dummy, relative_accuracy, expected_total] = BESIDE;
    let project = text(&mut members, project)?;
    let dummy = flag(&mut members, dummy)?;
    let relative_accuracy = positive(&mut members, relative_accuracy)?;
    let expected_total = positive(&mut members, expected_total)?;
    let ask: Ask = serde_json::from_value(Value::Object(members)).map_err(|e| explain(&e))?;
    let question = ask.resolve().map_err(|mistake| mistaken(&mistake))?;
    Ok(Asked { question, project, dummy, relative_accuracy, expected_total })
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    // Whichever of the two counted, somebody would have paid for the other.
    if let Some(name) = repeated_member(bytes) {
        let name = clip(&name);
        return Err(wrong(
            format!("`{name}` står to ganger i samme objekt"),
            format!("`{name}` stands twice in one object"),
        ));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(wrong("kroppen er ikke et JSON-objekt", "the body is not a JSON object")),
        Err(error) => {
            let Text { nb, en } =
                words_after("kroppen er ikke JSON", "the body is not JSON", &error);
            Err(wrong(nb, en))
        }
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            Err(wrong(format!("`{name}` må være tekst"), format!("`{name}` must be a string")))
        }
    }
}

fn flag(members: &mut Map<String, Value>, name: &str) -> Result<bool, Problem> {
    match members.remove(name) {
        None => Ok(false),
        Some(Value::Bool(yes)) => Ok(yes),
        Some(_) => Err(wrong(
            format!("`{name}` må være true eller false"),
            format!("`{name}` must be true or false"),
        )),
    }
}

fn positive(members: &mut Map<String, Value>, name: &str) -> Result<Option<f64>, Problem> {
    let Some(value) = members.remove(name) else { return Ok(None) };
    let number = value.as_f64().filter(|number| number.is_finite() && *number > 0.0);
    number.map(Some).ok_or_else(|| {
        wrong(format!("`{name}` må være et tall over 0"), format!("`{name}` must be above 0"))
    })
}

/// The parser's words, with the nearest right member where one is unknown.
fn explain(error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let message = message.split(" at line").next().unwrap_or_default();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let near = match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(given)) => nearest(given, quoted.chain(BESIDE)),
        _ => None,
    };
    let (near_nb, near_en) = match near {
        Some(near) => (format!("; mente du `{near}`?"), format!("; did you mean `{near}`?")),
        None => (String::new(), String::new()),
    };
    let Text { nb, en } =
        words_after("spørsmålet kan ikke leses", "the question cannot be read", error);
    let problem = wrong(format!("{nb}{near_nb}"), format!("{en}{near_en}"));
    match near {
        Some(near) => problem.with("nearest", near),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hjemmel_kostra::Language;

    fn told(body: &str) -> String {
        read(body.as_bytes()).unwrap_err().words(Language::En)
    }

    #[test]
    fn an_unknown_member_is_told_with_what_is_near() {
        let body = r#"{"dataset":"skjema-11","year":2024,"messure":{"count":"persons"},"rho":0.1}"#;
        assert!(told(body).contains("did you mean `measure`?"), "{}", told(body));
        for (given, near) in [
            (r#""relativeAcuracy":0.1"#, "relativeAccuracy"),
            (r#""expectTotal":9"#, "expectedTotal"),
            (r#""groupBy":[{"varible":"REGION"}]"#, "variable"),
            (r#""filter":[{"variable":"VKLO","code":["5"]}]"#, "codes"),
        ] {
            let told = told(&format!(r#"{{"dataset":"skjema-11","year":2024,"rho":0.1,{given}}}"#));
            assert!(told.contains(&format!("did you mean `{near}`?")), "{told}");
        }
    }

    #[test]
    fn a_member_that_stands_twice_is_refused() {
        for body in
            [r#"{"rho":0.1,"rho":1}"#, r#"{"measure":{"count":"persons","\u0063ount":"records"}}"#]
        {
            assert!(told(body).contains("twice"), "{}", told(body));
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[]", "7", "{", "\u{fffd}", &"[".repeat(10_000)] {
            let problem = read(body.as_bytes()).unwrap_err();
            assert_eq!(problem.kind(), Kind::ParameterError, "{}", clip(body));
        }
    }

    #[test]
    fn project_and_dummy_are_no_part_of_the_question() {
        let body = |extra: &str| {
            let text = format!(
                r#"{{"dataset":"skjema-11","year":2024,"measure":{{"count":"persons"}},"rho":0.1{extra}}}"#
            );
            read(text.as_bytes()).unwrap()
        };
        let (plain, other) = (body(""), body(r#","project":"kvp","dummy":true"#));
        assert_eq!(plain.question.canonical(), other.question.canonical());
        assert_eq!((other.project.as_deref(), other.dummy), (Some("kvp"), true));
    }
}
