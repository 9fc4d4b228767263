//! `hjemmel protect` and `hjemmel audit-table`: the engine without a server, for a statistician.

use super::progress::Progress;
use super::{Failure, say};
use hjemmel_disclosure::case::{self, Attack, Case, Earlier, Persons, Protected};
use hjemmel_disclosure::cellkey::TableParameters;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How tables are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    /// Small counts are withheld, and whatever would give them away.
    Suppress,
    /// Small counts are rounded, and tables add up.
    Round,
    /// Counts are perturbed, the same persons always alike.
    Cellkey,
}

/// Protects the tables of a specification (schema `sdc-case/1`) and writes cells.csv, report.json and report.html.
///
/// Withheld cells have no value in cells.csv, so that the file may be passed on. The reports may not.
#[derive(Debug, clap::Args)]
pub struct Protect {
    /// What to protect: dimensions, tables or hierarchies, measure and rule.
    #[arg(value_name = "SPEC.json")]
    specification: PathBuf,
    /// The data, as comma separated values with a header.
    #[arg(value_name = "INPUT.csv")]
    input: PathBuf,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How; withholding is what published tables go through.
    #[arg(long, value_enum, default_value_t = Method::Suppress)]
    method: Method,
    /// Keeps the values of withheld cells, for the statistician's own eyes.
    #[arg(long)]
    with_values: bool,
    /// Cells published before from the same data, of these tables or of others over the same columns; they stay shown.
    #[arg(long, value_name = "CELLS.csv")]
    published: Vec<PathBuf>,
    /// The cells of an earlier edition, published from other data.
    #[arg(long, value_name = "CELLS.csv", requires = "earlier_input")]
    earlier_edition: Option<PathBuf>,
    /// The data of the earlier edition.
    #[arg(long, value_name = "INPUT.csv", requires = "earlier_edition")]
    earlier_input: Option<PathBuf>,
    /// Another year's cells: what was withheld there is withheld here too where there is a choice.
    #[arg(long, value_name = "CELLS.csv")]
    like: Option<PathBuf>,
    /// round: counts below this become zero or this; the rule's threshold unless said.
    #[arg(long, value_name = "COUNT")]
    base: Option<u32>,
    /// round: how ties fall; the same seed gives the same tables.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// cellkey: the column that names the person.
    #[arg(long, value_name = "COLUMN", required_if_eq("method", "cellkey"))]
    person: Option<String>,
    /// cellkey: the file with the secret of 64 hexadecimal digits that the persons' keys are made with.
    #[arg(long, value_name = "FILE", required_if_eq("method", "cellkey"))]
    key_file: Option<PathBuf>,
    /// cellkey: the largest noise, up or down.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    largest: u32,
    /// cellkey: the variance of the noise.
    #[arg(long, default_value_t = 3.0, value_name = "NUMBER")]
    variance: f64,
    /// cellkey: results from one to this never occur.
    #[arg(long, default_value_t = 2, value_name = "COUNT")]
    forbidden: u32,
}

impl Protect {
    pub fn run(self) -> Result<ExitCode, Failure> {
        if self.with_values && self.method != Method::Suppress {
            return Err(Failure::new(
                "--with-values is for --method suppress: nothing else withholds",
            ));
        }
        if self.out.is_file() {
            return Err(Failure::new(format!("--out: {} is a file", self.out.display())));
        }
        let case = self.read()?;
        let progress = Progress::begin("protecting", None);
        let protected = self.protect(&case, &progress)?;
        case::write(&case, &protected, &self.out, self.with_values)?;
        let report = protected.report();
        progress.end(&format!(
            "{} cells, {} primary, {} secondary",
            report.cells, report.primary, report.secondary
        ));
        say(&format!("wrote {}", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }

    fn protect(&self, case: &Case, progress: &Progress) -> Result<Protected, Failure> {
        Ok(match self.method {
            Method::Suppress => case::protect_watched(case, &|stage, done, total| {
                progress.protection(stage, done, total);
            })?,
            Method::Round => {
                let threshold = case.rule().small_count.map(|small| small.threshold);
                let threshold = threshold.and_then(|threshold| u32::try_from(threshold).ok());
                let base = self.base.or(threshold).ok_or_else(|| {
                    Failure::new("the specification has no small counts: say --base")
                })?;
                case::rounded(case, base, self.seed)?
            }
            Method::Cellkey => {
                let (largest, variance) = (self.largest, self.variance);
                let forbidden = self.forbidden;
                case::perturbed(case, TableParameters { largest, variance, forbidden })?
            }
        })
    }

    fn read(&self) -> Result<Case, Failure> {
        let edition = self.earlier_edition.clone().zip(self.earlier_input.clone());
        let earlier =
            Earlier { published: self.published.clone(), edition, like: self.like.clone() };
        if earlier.is_none() {
            let persons = self.persons()?;
            return Ok(case::read_with(&self.specification, &self.input, persons.as_ref())?);
        }
        if self.method != Method::Suppress {
            return Err(Failure::new(
                "what was published before is reckoned with by --method suppress alone",
            ));
        }
        Ok(case::read_beside(&self.specification, &self.input, &earlier)?)
    }

    fn persons(&self) -> Result<Option<Persons>, Failure> {
        let (Method::Cellkey, Some(column), Some(file)) =
            (self.method, &self.person, &self.key_file)
        else {
            return Ok(None);
        };
        Ok(Some(Persons { column: column.clone(), secret: secret(file)? }))
    }
}

/// Reads a secret of 64 hexadecimal digits.
fn secret(file: &Path) -> Result<[u8; 32], Failure> {
    let text = std::fs::read_to_string(file).map_err(Failure::at("read", file))?;
    let wrong = || {
        let file = file.display();
        Failure::new(format!("{file} is no secret: it must hold 64 hexadecimal digits"))
    };
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut secret = [0; 32];
    for (at, byte) in secret.iter_mut().enumerate() {
        let pair = text.get(2 * at..2 * at + 2).ok_or_else(wrong)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(secret)
}

/// Attacks a published table: exit status 1 when something withheld can be worked out.
#[derive(Debug, clap::Args)]
pub struct AuditTable {
    /// The specification the table was made by.
    #[arg(value_name = "SPEC.json")]
    specification: PathBuf,
    /// The published cells, as `hjemmel protect` writes them.
    #[arg(value_name = "CELLS.csv")]
    cells: PathBuf,
    /// The data the table was made from; the specification's own unless said.
    #[arg(long, value_name = "INPUT.csv")]
    input: Option<PathBuf>,
    /// The least value everybody knows a withheld count to have.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    min_suppressed: i64,
    /// Also tries each contributor of this column, who knows its own part.
    #[arg(long, value_name = "COLUMN")]
    insider: Option<String>,
    /// Also counts as a breach when a primary count can have fewer whole values than this.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    min_feasible: u64,
}

impl AuditTable {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let input = if let Some(input) = self.input {
            input
        } else {
            let named = case::Specification::read(&self.specification)?.input;
            let folder = self.specification.parent().map(PathBuf::from).unwrap_or_default();
            folder.join(named)
        };
        let case = case::read(&self.specification, &input)?;
        if let Some(insider) = &self.insider {
            case.check_insider(insider)?;
        }
        let attack = Attack {
            min_suppressed: self.min_suppressed,
            insiders: self.insider.is_some(),
            min_feasible: self.min_feasible,
        };
        let report = case::audit(&case, &self.cells, &attack)?;
        say(&report.text(|cell| case.name(cell)));
        Ok(ExitCode::from(u8::from(report.breaches() > 0)))
    }
}
