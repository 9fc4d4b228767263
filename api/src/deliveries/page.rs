//! A delivery as a page for a person.

use super::view::{Delivery, Field};
use hjemmel_kostra::Language;
use serde_json::Value;
use std::fmt::Write as _;

/// Nothing on the page may load or run anything.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}\
caption{text-align:left;font-weight:bold}th{background:#eee}code{white-space:pre-wrap}";

/// The words of the page itself.
struct Words {
    tag: &'static str,
    title: &'static str,
    findings: &'static str,
    none: &'static str,
    head: [&'static str; 5],
    more: &'static str,
    alike: &'static str,
    summary: &'static str,
    record: &'static str,
    records: &'static str,
    position: &'static str,
}

const NB: Words = Words {
    tag: "nb",
    title: "Kontrollrapport",
    findings: "Funn",
    none: "Kontrollene fant ingenting.",
    head: ["Grad", "Kontroll", "Linje og journalnummer", "Felt", "Hva er galt, og hva skal gjøres"],
    more: "funn til",
    alike: "linjer til",
    summary: "Dette summerer filen seg til",
    record: "post",
    records: "poster",
    position: "posisjon",
};

const NN: Words = Words {
    tag: "nn",
    none: "Kontrollane fann ingenting.",
    head: [
        "Grad",
        "Kontroll",
        "Linje og journalnummer",
        "Felt",
        "Kva er gale, og kva skal gjerast",
    ],
    summary: "Dette summerer fila seg til",
    records: "postar",
    ..NB
};

const EN: Words = Words {
    tag: "en",
    title: "Report on controls",
    findings: "Findings",
    none: "The controls found nothing.",
    head: [
        "Severity",
        "Control",
        "Line and journal number",
        "Field",
        "What is wrong and what to do",
    ],
    more: "more findings",
    alike: "more lines",
    summary: "What the file adds up to",
    record: "record",
    records: "records",
    position: "position",
};

/// The page.
#[must_use]
pub fn html(delivery: &Delivery, language: Language, is_nynorsk: bool) -> String {
    let words = match language {
        Language::Nb if is_nynorsk => &NN,
        Language::Nb => &NB,
        Language::En => &EN,
    };
    let kommune = match &delivery.name {
        Some(name) => format!("{name} ({})", delivery.kommune),
        None => delivery.kommune.clone(),
    };
    let title = format!("{}: {} {} {kommune}", words.title, delivery.form, delivery.year);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n<p><strong>{}</strong></p>\n",
        words.tag,
        escaped(&delivery.text),
        title = escaped(&title),
    );
    if let Some(records) = delivery.records {
        let of = if records == 1 { words.record } else { words.records };
        let _ = writeln!(page, "<p>{records} {of}. <code>{}</code></p>", delivery.id);
    }
    if let Some(hint) = &delivery.hint {
        let _ = writeln!(page, "<p>{}</p>", escaped(hint));
    }
    findings(&mut page, delivery, words);
    if let Some(summary) = &delivery.summary {
        summed(&mut page, summary, words);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn findings(page: &mut String, delivery: &Delivery, words: &Words) {
    if delivery.findings.is_empty() {
        let _ = writeln!(page, "<p>{}</p>", words.none);
        return;
    }
    let _ = write!(page, "<table>\n<caption>{}</caption>\n<tr>", words.findings);
    for name in words.head {
        let _ = write!(page, "<th scope=\"col\">{name}</th>");
    }
    page.push_str("</tr>\n");
    for found in &delivery.findings {
        let line = found.line.map(|line| line.to_string()).unwrap_or_default();
        let journal = found.journal.as_deref().map(|journal| format!(" · {}", escaped(journal)));
        let fields: Vec<String> =
            found.fields.iter().map(|field| told(field, words.position)).collect();
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{line}{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&found.severity),
            escaped(&found.control),
            journal.unwrap_or_default(),
            fields.join("<br>"),
            escaped(&match found.alike {
                Some(alike) => format!("{} (… {alike} {})", found.text, words.alike),
                None => found.text.clone(),
            }),
        );
    }
    page.push_str("</table>\n");
    if delivery.omitted > 0 {
        let _ = writeln!(page, "<p>… {} {}</p>", delivery.omitted, words.more);
    }
}

fn told(field: &Field, position: &str) -> String {
    let value = field.value.as_deref().map(|value| format!(": <code>{}</code>", escaped(value)));
    let (title, name) = (escaped(&field.title), escaped(&field.name));
    let at = field.position.map(|at| format!(", {position} {at}")).unwrap_or_default();
    format!("{title} ({name}{at}){}", value.unwrap_or_default())
}

fn summed(page: &mut String, summary: &Value, words: &Words) {
    let _ = write!(page, "<h2>{}</h2>\n<table>\n", words.summary);
    let list =
        |name: &str| summary.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for sum in list("sums") {
        let (title, kroner) = (text(&sum, "title"), sum.get("kroner").and_then(Value::as_i64));
        let kroner = kroner.unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{kroner} kr</td></tr>",
            escaped(&title)
        );
    }
    for name in ["age", "months", "amount"] {
        let told = match (name, words.tag) {
            (name, "en") => name,
            ("age", _) => "alder",
            ("months", "nn") => "månader",
            ("months", _) => "måneder",
            ("amount", _) => "beløp",
            (name, _) => name,
        };
        let bands: Vec<String> = list(name)
            .iter()
            .map(|band| {
                let records = band.get("records").and_then(Value::as_u64).unwrap_or_default();
                format!("{}: {records}", escaped(&text(band, "label")))
            })
            .collect();
        let bands = bands.join(" | ");
        let _ = writeln!(page, "<tr><th scope=\"row\">{told}</th><td>{bands}</td></tr>");
    }
    page.push_str("</table>\n");
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_record_is_text_and_nothing_else() {
        let field = Field {
            name: "SAKSBEHANDLER".to_owned(),
            title: "Saksbehandler".to_owned(),
            position: Some(3),
            length: Some(10),
            value: Some("<script>'\"&".to_owned()),
        };
        let told = told(&field, "position");
        assert_eq!(
            told,
            "Saksbehandler (SAKSBEHANDLER, position 3): <code>&lt;script&gt;&#39;&quot;&amp;</code>"
        );
    }
}
