//! What the controls found, as a person reads it.

use super::say;
use hjemmel_kostra::Language;
use hjemmel_kostra::controls::{Band, Report, Severity, Summary};
use hjemmel_kostra::text::nynorsk;

/// A severity in the word of the control program.
pub const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "FATAL",
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    }
}

/// Prints every finding.
pub fn print(report: &Report, language: Language) {
    let (line_word, more) = match language {
        Language::Nb => ("linje", "funn til"),
        Language::En => ("line", "more findings"),
    };
    for finding in &report.findings {
        let line = finding.line.map(|line| format!("{line_word} {line}: ")).unwrap_or_default();
        let fields = finding.fields.join(", ");
        let about = [word(finding.severity), finding.rule, &fields].join(" ");
        let text = finding.text.in_language(language);
        let alike = match (finding.alike, language) {
            (0, _) => String::new(),
            (alike, Language::Nb) => format!(" (… og {alike} til)"),
            (alike, Language::En) => format!(" (… and {alike} more)"),
        };
        say(&format!("{line}{}: {text}{alike}", about.trim_end()));
    }
    if report.omitted > 0 {
        say(&format!("… {} {more}", report.omitted));
    }
    if let Some(hint) = &report.hint
        && report.findings.iter().all(|finding| finding.text != hint.text)
    {
        say(hint.text.in_language(language));
    }
}

/// Puts nynorsk in the place of bokmål.
pub fn in_nynorsk(report: &mut Report) {
    for finding in &mut report.findings {
        finding.text.nb = nynorsk::of(&finding.text.nb);
    }
    if let Some(hint) = &mut report.hint {
        hint.text.nb = nynorsk::of(&hint.text.nb);
    }
}

/// Puts nynorsk beside bokmål and English, wherever there is a text.
pub fn add_nynorsk(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            if let (Some(nb), Some(_)) = (members.get("nb"), members.get("en")) {
                let nn = nynorsk::of(nb.as_str().unwrap_or_default());
                members.insert("nn".to_owned(), nn.into());
            }
            members.values_mut().for_each(add_nynorsk);
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(add_nynorsk),
        _ => {}
    }
}

/// The last word on a file that was to be imported.
pub const fn refused(language: Language) -> &'static str {
    match language {
        Language::Nb => "filen er avvist; ingenting er importert",
        Language::En => "the file was refused; nothing was imported",
    }
}

/// Prints what the records add up to.
pub fn print_summary(summary: &Summary, language: Language) {
    let (age, months, amount) = match language {
        Language::Nb => ("alder", "måneder", "beløp"),
        Language::En => ("age", "months", "amount"),
    };
    for sum in &summary.sums {
        say(&format!("  {}: {} kr", sum.title.in_language(language), sum.kroner));
    }
    let line = |name: &str, bands: &[Band]| {
        let band = |band: &Band| format!("{} {}", band.label.in_language(language), band.records);
        say(&format!("  {name}: {}", bands.iter().map(band).collect::<Vec<_>>().join(" | ")));
    };
    line(age, &summary.age);
    line(months, &summary.months);
    line(amount, &summary.amount);
}
