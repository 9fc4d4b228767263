//! What the controls found, as a person reads it.

use super::say;
use hjemmel_kostra::Language;
use hjemmel_kostra::controls::{Band, Report, Severity, Summary};

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
        say(&format!("{line}{}: {}", about.trim_end(), finding.text.in_language(language)));
    }
    if report.omitted > 0 {
        say(&format!("… {} {more}", report.omitted));
    }
    if let Some(hint) = &report.hint {
        say(hint.text.in_language(language));
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
