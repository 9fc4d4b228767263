//! `hjemmel check`: the controls without an installation, for whoever makes the files.

use super::{Failure, apart, findings, say};
use hjemmel_kostra::controls::{Checker, Options, Report};
use hjemmel_kostra::{Language, Layout};
use serde::Serialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs every control of a form and year over record files, and sends nothing anywhere.
///
/// WARNING lets a file through; ERROR and FATAL refuse it, and the exit status is then 1. What is found is told
/// by line, control and field, never with a value from the record, so that the report may be passed on.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The record files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The form: 11F, 11CF or 11B.
    #[arg(long, value_name = "FORM")]
    form: String,
    /// The reporting year.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// The municipality that sends the files; without it a file may hold several.
    #[arg(long, value_name = "KOMMUNE")]
    sender: Option<String>,
    /// Lets numbers of test persons (month + 80) pass.
    #[arg(long)]
    test: bool,
    /// Findings told of each file; the others are counted.
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    most: usize,
    /// The language: nb, nn or en.
    #[arg(long, default_value = "nb", value_name = "LANG")]
    lang: String,
    /// How many cores to use; all of them unless said.
    #[arg(long, value_name = "NUMBER", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    cores: Option<usize>,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The shape of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Sentences.
    Text,
    /// One JSON object a file and line, in every language.
    Json,
    /// One line a finding.
    Csv,
}

/// A report of one file.
#[derive(Serialize)]
struct Checked<'a> {
    file: String,
    #[serde(flatten)]
    report: &'a Report,
}

impl Check {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let form = super::form(&self.form)?;
        let layout = super::layout(form, self.year)?;
        let language = crate::language::parse(&self.lang).ok_or_else(|| {
            Failure::new(format!("there is no language `{}`; use nb, nn or en", self.lang))
        })?;
        let options = Options {
            sender: self.sender.clone(),
            kommuner: crate::deliveries::kommuner(self.year),
            allow_synthetic: self.test,
            contents: true,
            max_findings: self.most,
            ..Options::default()
        };
        if Checker::new(layout, options.clone()).is_none() {
            return Err(Failure::new(format!("form {form} has no controls yet")));
        }
        let mut csv = csv::Writer::from_writer(std::io::stdout());
        if self.format == Format::Csv {
            csv.write_record(["file", "line", "control", "severity", "fields", "text", "alike"])?;
        }
        let mut all_pass = true;
        for (path, report) in
            self.files.iter().zip(check_all(&self.files, layout, &options, self.cores))
        {
            match report {
                Ok(mut report) => {
                    all_pass &= report.accepted;
                    if self.lang.eq_ignore_ascii_case("nn") && self.format != Format::Json {
                        findings::in_nynorsk(&mut report);
                    }
                    self.tell(path, &report, language, &mut csv)?;
                }
                // One file that cannot be read does not hide what was found in the others.
                Err(failure) => {
                    all_pass = false;
                    eprintln!("{failure}");
                }
            }
        }
        csv.flush()?;
        Ok(ExitCode::from(u8::from(!all_pass)))
    }

    fn tell(
        &self,
        path: &Path,
        report: &Report,
        language: Language,
        csv: &mut csv::Writer<impl std::io::Write>,
    ) -> Result<(), Failure> {
        let file = path.display().to_string();
        match self.format {
            Format::Json => {
                let mut told = serde_json::to_value(Checked { file, report })?;
                findings::add_nynorsk(&mut told);
                say(&told.to_string());
            }
            Format::Csv => {
                for finding in &report.findings {
                    let line = finding.line.map(|line| line.to_string()).unwrap_or_default();
                    let severity = findings::word(finding.severity);
                    let fields = finding.fields.join(" ");
                    let text = finding.text.in_language(language);
                    let alike = finding.alike.to_string();
                    csv.write_record([
                        &file,
                        &line,
                        finding.rule,
                        severity,
                        &fields,
                        text,
                        &alike,
                    ])?;
                }
            }
            Format::Text => {
                let alike: u64 = report.findings.iter().map(|finding| finding.alike).sum();
                let found = report.findings.len() as u64 + report.omitted + alike;
                let one = if found == 1 { "" } else { "s" };
                say(&match (language, report.accepted) {
                    (Language::Nb, true) => {
                        format!("{file}: {} poster, {found} funn, kan sendes", report.records)
                    }
                    (Language::Nb, false) => {
                        format!("{file}: {} poster, {found} funn, avvises", report.records)
                    }
                    (Language::En, true) => {
                        format!(
                            "{file}: {} records, {found} finding{one}, may be sent",
                            report.records
                        )
                    }
                    (Language::En, false) => {
                        format!("{file}: {} records, {found} finding{one}, refused", report.records)
                    }
                });
                findings::print(report, language);
                if let Some(summary) = &report.summary {
                    findings::print_summary(summary, language);
                }
            }
        }
        Ok(())
    }
}

/// Checks many files, as many at a time as there are cores; the reports come in the order of the files.
fn check_all(
    files: &[PathBuf],
    layout: &'static Layout,
    options: &Options,
    cores: Option<usize>,
) -> Vec<Result<Report, Failure>> {
    let reports: Vec<_> = files.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let cores =
        cores.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let threads = cores.min(files.len());
    // Cores that have no file of their own help with those of others.
    let each = (cores / threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(path), Some(report)) = (files.get(at), reports.get(at)) else {
                        return;
                    };
                    let checked = check(path, layout, options.clone(), each);
                    *report.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                        Some(checked);
                }
            });
        }
    });
    let taken = reports.into_iter().map(|report| {
        let report = report.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        report.unwrap_or_else(|| Err(Failure::new("a check was cut short")))
    });
    taken.collect()
}

fn check(
    path: &Path,
    layout: &'static Layout,
    options: Options,
    threads: usize,
) -> Result<Report, Failure> {
    let none = || Failure::new(format!("form {} has no controls yet", layout.form));
    let mut checker = Checker::new(layout, options).ok_or_else(none)?;
    let file = File::open(path).map_err(Failure::at("read", path))?;
    apart::check(&mut checker, file, threads).map_err(Failure::at("read", path))?;
    Ok(checker.finish())
}
