//! `hjemmel protect` and `hjemmel audit-table`: the engine without a server, for a statistician.

use super::{Failure, say};
use hjemmel_disclosure::case::{self, Attack};
use std::path::PathBuf;
use std::process::ExitCode;

/// Protects the tables of a specification (schema `sdc-case/1`) and writes cells.csv and report.json.
///
/// Withheld cells have no value in cells.csv, so that the file may be passed on.
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
    /// Keeps the values of withheld cells, for the statistician's own eyes.
    #[arg(long)]
    with_values: bool,
}

impl Protect {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let case = case::read(&self.specification, &self.input)?;
        let progress = super::progress::Progress::begin("protecting", None);
        let protected = case::protect(&case)?;
        case::write(&case, &protected, &self.out, self.with_values)?;
        let report = &protected.report;
        progress.end(&format!(
            "{} cells, {} primary, {} secondary",
            report.cells, report.primary, report.secondary
        ));
        say(&format!("wrote {}", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }
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
}

impl AuditTable {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let input = match self.input {
            Some(input) => input,
            None => {
                let named = case::Specification::read(&self.specification)?.input;
                let folder = self.specification.parent().map(PathBuf::from).unwrap_or_default();
                folder.join(named)
            }
        };
        let case = case::read(&self.specification, &input)?;
        let attack = Attack {
            min_suppressed: self.min_suppressed,
            insiders: self.insider.is_some(),
            ..Attack::default()
        };
        let report = case::audit(&case, &self.cells, &attack)?;
        say(&report.text(|cell| case.name(cell)));
        Ok(ExitCode::from(u8::from(report.breaches() > 0)))
    }
}
