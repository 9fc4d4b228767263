//! `hjemmel policy`: grants from a reviewed file into force, and what they come to.

use super::installation::Installation;
use super::matrix;
use super::{Failure, say};
use crate::app::{columns_of, policy_of};
use crate::grants::trial;
use chrono::{SecondsFormat, Utc};
use hjemmel_kostra::Language;
use hjemmel_policy::{GrantTerms, Policy, State, diff};
use hjemmel_store::{CaseFilter, GrantRow, Store};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Loads, checks and lists grants.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Reads a file of grants, says what is wrong with it, and changes nothing.
    Check {
        /// The TOML file.
        file: PathBuf,
    },
    /// Puts exactly the grants of a file into force, after showing what changes.
    Load {
        /// The TOML file.
        file: PathBuf,
        /// Does it without asking.
        #[arg(long)]
        yes: bool,
        /// Shows what would change and stops.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
        /// Who loads it, for the record.
        #[arg(long, env = "USER", default_value = "operator")]
        author: String,
    },
    /// Lists the grants the policy holds, and how each stands: one that was revoked stays until its deletion is attested.
    List,
    /// Shows who can see which columns, years and regions at which tier, and what a file would change.
    Matrix(matrix::Matrix),
    /// Says why something was decided, or what would be, now or in the past.
    Explain(matrix::Explain),
}

impl Command {
    pub fn run(self, config: &Path) -> Result<ExitCode, Failure> {
        match self {
            Self::Check { file } => {
                let grants = read(&file)?;
                say(&format!("{}: {} grants, nothing wrong", file.display(), grants.len()));
                Ok(ExitCode::SUCCESS)
            }
            Self::Load { file, yes, dry_run, author } => {
                let grants = read(&file)?;
                let installation = Installation::open(config)?;
                load(&installation.store, &grants, &author, yes, dry_run)
            }
            Self::Matrix(matrix) => matrix.run(config),
            Self::Explain(explain) => explain.run(config),
            Self::List => {
                let installation = Installation::open(config)?;
                let Active { version, grants, unreadable } = active(&installation.store)?;
                say(&format!("policy version {version}"));
                for line in unreadable {
                    say(&line);
                }
                for (grant, state) in grants {
                    say(&format!(
                        "{} v{}  {} ({})  {}  {} until {}",
                        grant.id,
                        grant.version,
                        grant.recipient.name,
                        grant.recipient.organisation,
                        grant.title.in_language(Language::En),
                        state.label().in_language(Language::En),
                        grant.valid_to.to_rfc3339_opts(SecondsFormat::Secs, true),
                    ));
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Reads and validates a file of grants.
pub fn read(file: &Path) -> Result<Vec<GrantTerms>, Failure> {
    let text = std::fs::read_to_string(file).map_err(Failure::at("read", file))?;
    parse(&text).map_err(|failure| Failure::new(format!("{}: {failure}", file.display())))
}

/// Validates the text of a file of grants.
pub fn parse(text: &str) -> Result<Vec<GrantTerms>, Failure> {
    let grants = GrantTerms::from_toml(text)?;
    let mut wrong = Vec::new();
    for grant in &grants {
        if let Err(violations) = grant.validate(&columns_of) {
            for violation in violations {
                wrong.push(format!("{}: {}: {}", grant.id, violation.field, violation.text.en));
            }
        }
    }
    if wrong.is_empty() { Ok(grants) } else { Err(Failure::new(wrong.join("\n"))) }
}

/// What is stored as in force.
struct Active {
    version: i64,
    /// With how each stands now, which its terms do not say.
    grants: Vec<(GrantTerms, State)>,
    /// Grants whose terms or state cannot be read; while there is one, servers decide nothing.
    unreadable: Vec<String>,
}

fn active(store: &Store) -> Result<Active, Failure> {
    let (version, rows) = store.active_grants()?;
    let (mut grants, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        match (serde_json::from_str(&row.terms), State::parse(&row.state)) {
            (Ok(terms), Some(state)) => grants.push((terms, state)),
            (Err(error), _) => {
                unreadable.push(format!("{}: the stored grant cannot be read: {error}", row.id));
            }
            (_, None) => {
                let (id, state) = (&row.id, &row.state);
                unreadable.push(format!("{id}: the stored grant is in no known state: {state}"));
            }
        }
    }
    Ok(Active { version, grants, unreadable })
}

/// The policy in force.
pub fn active_policy(store: &Store) -> Result<Policy, Failure> {
    Ok(policy_of(store.policy_at(None)?)?)
}

/// The policy as it would be with these grants in the place of those of the file loaded last; grants that are
/// led as cases stay as they are.
pub fn policy_with(store: &Store, grants: &[GrantTerms]) -> Result<Policy, Failure> {
    let mut stored = store.policy_at(None)?;
    let led = store.cases(&CaseFilter::default(), 1_000_000)?;
    let is_led = |id: &str| led.iter().any(|case| case.id == id);
    stored.grants.retain(|row| is_led(&row.id));
    for grant in grants.iter().filter(|grant| !is_led(&grant.id)) {
        stored.grants.push(row(grant)?);
    }
    Ok(policy_of(stored)?)
}

/// Shows what changes and puts the grants into force.
fn load(
    store: &Store,
    grants: &[GrantTerms],
    author: &str,
    yes: bool,
    dry_run: bool,
) -> Result<ExitCode, Failure> {
    let Active { version, grants: before, unreadable } = active(store)?;
    let before: Vec<GrantTerms> = before.into_iter().map(|(terms, _)| terms).collect();
    let changes = diff(&before, grants);
    for line in &unreadable {
        say(&format!("{line}; it is taken out of force"));
    }
    if changes.is_empty() && unreadable.is_empty() {
        say(&format!("nothing changes; policy version {version} stays in force"));
        return Ok(ExitCode::SUCCESS);
    }
    for change in &changes {
        say(&change.describe(Language::En));
    }
    let failed = trial::failed(&policy_with(store, grants)?, &store.policy_tests()?, Utc::now());
    for failed in &failed {
        say(&format!("breaks the saved test `{}`: {}", failed.name, failed.explanation));
    }
    if !failed.is_empty() {
        return Err(Failure::new("nothing was loaded: saved tests of the policy would break"));
    }
    if dry_run || !(yes || confirmed()?) {
        say("nothing was loaded");
        return Ok(ExitCode::from(u8::from(!dry_run)));
    }
    let version = apply(store, grants, author, Some(version))?;
    say(&format!("policy version {version} is in force"));
    Ok(ExitCode::SUCCESS)
}

fn confirmed() -> Result<bool, Failure> {
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("say --yes to load without being asked"));
    }
    eprint!("put this into force? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "j" | "ja"))
}

/// Stores grants as the active set.
pub fn apply(
    store: &Store,
    grants: &[GrantTerms],
    author: &str,
    expected: Option<i64>,
) -> Result<i64, Failure> {
    let rows = grants.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    let summary = format!("{} grants", rows.len());
    Ok(store.load_policy(&rows, author, &summary, Utc::now(), expected)?)
}

/// A grant as it is stored.
pub fn row(grant: &GrantTerms) -> Result<GrantRow, Failure> {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(GrantRow {
        id: grant.id.clone(),
        version: grant.version,
        recipient: grant.recipient.organisation.to_string(),
        form: grant.product.number().to_owned(),
        state: word(serde_json::to_value(grant.state)?),
        tier: word(serde_json::to_value(grant.tier)?),
        valid_from: grant.valid_from.to_rfc3339_opts(SecondsFormat::Secs, true),
        valid_to: Some(grant.valid_to.to_rfc3339_opts(SecondsFormat::Secs, true)),
        terms: serde_json::to_string(grant)?,
    })
}
