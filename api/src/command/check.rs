//! `hjemmel check`: the controls without an installation, for whoever makes the files.

use super::{Failure, apart, complain, findings, opened, say};
use crate::deliveries::{largest, reading};
use hjemmel_kostra::controls::{Checker, Options, Report};
use hjemmel_kostra::sheet::Sheet;
use hjemmel_kostra::{Division, Form, Language, Layout};
use serde::Serialize;
use std::io::{ErrorKind, Read as _};
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
    /// The files; `-` is standard input. Those packed with gzip are unpacked.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The form: 11F, 11CF, 11B, or one that is delivered as JSON or comma separated values: 7, 7B, 12, 13, 11M, 0A or NIR.
    #[arg(long, value_name = "FORM")]
    form: String,
    /// The reporting year.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// The month, 1 to 12, of a form that is sent for each.
    #[arg(long, value_name = "MONTH", value_parser = clap::value_parser!(u8).range(1..=12))]
    month: Option<u8>,
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

/// What files are to hold.
enum Asked {
    /// Records of a layout.
    Records(&'static Layout),
    /// What a form asks, of a year and perhaps a month.
    Sheet(&'static Sheet, u16, Option<u8>),
}

/// Why a report was not told to its end.
enum Untold {
    /// Nobody reads it.
    Gone,
    Failed(Failure),
}

impl From<csv::Error> for Untold {
    fn from(error: csv::Error) -> Self {
        match error.kind() {
            csv::ErrorKind::Io(io) if io.kind() == ErrorKind::BrokenPipe => Self::Gone,
            _ => Self::Failed(error.into()),
        }
    }
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
        let asked = self.asked()?;
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
        match self.check_and_tell(&asked, &options, language) {
            // A reader that has gone away, as `head` does, has not heard that all is well.
            Err(Untold::Gone) => Ok(ExitCode::FAILURE),
            Err(Untold::Failed(failure)) => Err(failure),
            Ok(all_pass) => Ok(ExitCode::from(u8::from(!all_pass))),
        }
    }

    /// What the files are to hold.
    fn asked(&self) -> Result<Asked, Failure> {
        let form = Form::parse(&self.form).or_else(|| Form::parse(&self.form.to_ascii_uppercase()));
        let form = form.ok_or_else(|| {
            Failure::new(format!(
                "there is no form `{}`; use 11F, 11CF, 11B, 7, 7B, 12, 13, 11M, 0A or NIR",
                self.form
            ))
        })?;
        let sheet = Sheet::of(form);
        let is_monthly = sheet.is_some_and(|sheet| sheet.monthly);
        match (is_monthly, self.month) {
            (true, None) => {
                return Err(Failure::new(format!(
                    "form {form} is of a month; say --month, 1 to 12"
                )));
            }
            (false, Some(_)) => {
                return Err(Failure::new(format!("form {form} is of a year; leave --month out")));
            }
            _ => {}
        }
        let asked = match sheet {
            None => Asked::Records(super::layout(form, self.year)?),
            Some(_) if Division::of(self.year).is_none() => {
                let years = super::choice("they are known for", Division::years());
                let year = self.year;
                return Err(Failure::new(format!(
                    "the municipalities of {year} are not known; {years}"
                )));
            }
            Some(sheet) => Asked::Sheet(sheet, self.year, self.month),
        };
        let known = crate::deliveries::kommuner(self.year);
        if let (Some(sender), Some(known)) = (&self.sender, known)
            && !known.contains(sender)
        {
            return Err(Failure::new(format!(
                "there is no municipality `{sender}` in {}; write the four digits it had that year",
                self.year
            )));
        }
        Ok(asked)
    }

    /// Whether all files pass.
    fn check_and_tell(
        &self,
        asked: &Asked,
        options: &Options,
        language: Language,
    ) -> Result<bool, Untold> {
        let mut csv = csv::Writer::from_writer(std::io::stdout());
        if self.format == Format::Csv {
            csv.write_record(["file", "line", "control", "severity", "fields", "text", "alike"])?;
        }
        let mut all_pass = true;
        for (path, report) in
            self.files.iter().zip(check_all(&self.files, asked, options, self.cores))
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
                    complain(&failure.to_string());
                }
            }
        }
        csv.flush().map_err(csv::Error::from)?;
        Ok(all_pass)
    }

    fn tell(
        &self,
        path: &Path,
        report: &Report,
        language: Language,
        csv: &mut csv::Writer<impl std::io::Write>,
    ) -> Result<(), Untold> {
        let file = path.display().to_string();
        match self.format {
            Format::Json => {
                let told = serde_json::to_value(Checked { file, report });
                let mut told = told.map_err(|error| Untold::Failed(error.into()))?;
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
                let (records, accepted) = (report.records, report.accepted);
                let (of, findings, verdict) = match language {
                    Language::Nb => (
                        if records == 1 { "post" } else { "poster" },
                        "funn",
                        if accepted { "kan sendes" } else { "avvises" },
                    ),
                    Language::En => (
                        if records == 1 { "record" } else { "records" },
                        if found == 1 { "finding" } else { "findings" },
                        if accepted { "may be sent" } else { "refused" },
                    ),
                };
                say(&format!("{file}: {records} {of}, {found} {findings}, {verdict}"));
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
    asked: &Asked,
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
                    let checked = check(path, asked, options.clone(), each);
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

fn check(path: &Path, asked: &Asked, options: Options, threads: usize) -> Result<Report, Failure> {
    let mut source = opened::open(path).map_err(Failure::at("read", path))?;
    match *asked {
        Asked::Records(layout) => {
            let none = || Failure::new(format!("form {} has no controls yet", layout.form));
            let mut checker = Checker::new(layout, options).ok_or_else(none)?;
            apart::check(&mut checker, source, threads).map_err(Failure::at("read", path))?;
            Ok(checker.finish())
        }
        Asked::Sheet(sheet, year, month) => {
            let (mut body, most) = (Vec::new(), largest(sheet) as u64);
            source
                .by_ref()
                .take(most + 1)
                .read_to_end(&mut body)
                .map_err(Failure::at("read", path))?;
            if body.len() as u64 > most {
                let most = most >> 20;
                return Err(Failure::new(format!("{} is larger than {most} MB", path.display())));
            }
            let rows = reading::read(sheet, &body).map_err(|wrong| {
                Failure::new(format!("cannot read {}: {}", path.display(), wrong.en))
            })?;
            Ok(rows.check(sheet, (year, month), &options).0)
        }
    }
}
