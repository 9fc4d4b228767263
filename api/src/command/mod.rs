//! The `hjemmel` command: what an operator, a statistician and a newcomer type.

mod apart;
mod audit;
mod check;
mod demo;
mod examples;
mod findings;
mod generate;
mod grant;
mod import;
mod installation;
mod matrix;
mod nodes;
mod opened;
mod policy;
mod progress;
mod protect;
mod relay;
mod release;
mod remote;
mod serve;
mod token;
mod witness;

#[cfg(test)]
pub(crate) use self::{
    demo::{deliver_all, small},
    installation::Installation,
    policy::{apply as policy_apply, parse as policy_parse},
    release::release,
};
pub(crate) use policy::row as policy_row;

use clap::{Parser, Subcommand};
use hjemmel_kostra::{Form, Layout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// KOSTRA data shared on a legal basis: exact for whoever is entitled, protected for everyone else.
#[derive(Debug, Parser)]
#[command(name = "hjemmel", version, about, long_about = None, propagate_version = true,
    after_help = "New here? Run `hjemmel demo`: it makes ./hjemmel-demo with data, keys and tokens, serves it and prints what to try.")]
pub struct Command {
    /// The settings file.
    #[arg(
        long,
        global = true,
        env = "HJEMMEL_CONFIG",
        default_value = "hjemmel.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// What is logged: error, warn, info, debug, or a filter such as `hjemmel=debug`.
    #[arg(long, global = true, env = "HJEMMEL_LOG", default_value = "warn", value_name = "FILTER")]
    log: String,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a demonstration with data, keys and tokens, and serves it.
    Demo(demo::Demo),
    /// Serves the installation of the settings file.
    Serve(serve::Serve),
    /// Checks a record file and, if it is clean, makes an edition of it.
    Import(import::Import),
    /// Runs every control over record files, and sends nothing anywhere.
    Check(check::Check),
    /// Protects the tables of a form and year together and publishes them.
    Release(release::Command),
    /// Protects the tables of a specification without a server.
    Protect(protect::Protect),
    /// Attacks a published table.
    AuditTable(protect::AuditTable),
    /// Writes a fictitious record file in the real layout.
    Generate(generate::Generate),
    /// Loads, checks and explains grants.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Leads a case against a running server: lists, shows, and takes steps.
    Grant(grant::Command),
    /// Exports the record, and checks an export without a server or database.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Makes the database tables, or brings them up to this version.
    Migrate,
    /// Makes a new key file where the settings say; never overwrites one.
    Keys,
    /// Makes the key file of this installation as a node, and prints the key set for other nodes.
    NodeKey {
        /// The file to make; never written over.
        file: PathBuf,
    },
    /// Signs a token with the development issuer of a demonstration.
    Token(token::Token),
    /// Prints the OpenAPI document of this version.
    Openapi,
}

/// A command that could not do what it was asked, in words for the one who asked.
#[derive(Debug)]
pub struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(crate::fault::with_causes(&error))
    }
}

impl Failure {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For `map_err` after a file operation, whose own errors do not say which file.
    fn at(act: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let about = format!("cannot {act} {}", path.display());
        move |error| Self(format!("{about}: {error}"))
    }
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let filter = tracing_subscriber::EnvFilter::try_new(&self.log).map_err(|error| {
            Failure::new(format!("--log or HJEMMEL_LOG: `{}` is no filter: {error}", self.log))
        })?;
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        let open = || installation::Installation::open(&self.config);
        match self.what {
            What::Demo(demo) => demo.run(),
            What::Serve(serve) => serve.run(&self.config),
            What::Import(import) => import.run(&open()?),
            What::Check(check) => check.run(),
            What::Release(release) => release.run(&open()?),
            What::Protect(protect) => protect.run(),
            What::AuditTable(audit) => audit.run(),
            What::Generate(generate) => generate.run(),
            What::Grant(grant) => grant.run(&self.config),
            What::Audit(audit) => audit.run(&self.config),
            What::Policy(policy) => policy.run(&self.config),
            What::Migrate => {
                let url = installation::settings(&self.config)?.store.url;
                let applied = hjemmel_store::Store::open(&url, 1)?.migrate()?;
                if applied.is_empty() {
                    say("the database is up to date");
                }
                for name in applied {
                    say(&format!("applied {name}"));
                }
                Ok(ExitCode::SUCCESS)
            }
            What::Keys => {
                let settings = installation::settings(&self.config)?;
                hjemmel_registers::Keys::create(&settings.keys.file)?;
                say(&format!(
                    "made {}; keep a copy where the records are not",
                    settings.keys.file.display()
                ));
                Ok(ExitCode::SUCCESS)
            }
            What::NodeKey { file } => {
                let key = crate::identity::NodeKey::create(&file, &mut rand::rng())?;
                say(&key.key_set().to_string());
                Ok(ExitCode::SUCCESS)
            }
            What::Token(token) => token.run(),
            What::Openapi => {
                say(&serde_json::to_string_pretty(&crate::openapi::document()?)?);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The years there are to choose from, in words.
pub(crate) fn choice(exist: &str, years: impl IntoIterator<Item = u16>) -> String {
    let years: Vec<String> = years.into_iter().map(|year| year.to_string()).collect();
    if years.is_empty() {
        "use form 11 or 11C".to_owned()
    } else {
        format!("{exist} {}", years.join(", "))
    }
}

/// A form as people write it: `11`, `11F`, `11cf`.
fn form(text: &str) -> Result<Form, Failure> {
    let form = Form::parse(text).or_else(|| Form::parse(&text.to_ascii_uppercase()));
    form.ok_or_else(|| {
        Failure::new(format!("there is no form `{text}`; use 11 (11F) or 11C (11CF)"))
    })
}

/// The layout of a form and year, which a record file needs.
fn layout(form: Form, year: u16) -> Result<&'static Layout, Failure> {
    Layout::of(form, year).ok_or_else(|| {
        let choice = choice("layouts exist for", Layout::years(form));
        Failure::new(format!("form {form} has no layout for {year}; {choice}"))
    })
}

/// Prints a line beside what the command is asked for.
pub fn complain(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line for the one who typed the command.
fn say(line: &str) {
    use std::io::Write as _;
    // A reader that has gone away, as `head` does, is no failure of the command.
    let _ = writeln!(std::io::stdout(), "{line}");
}
