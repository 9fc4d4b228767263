//! `hjemmel grant`: a case as legal staff and applicants lead it, in words, against a running server.
//!
//! Each step reads the case first and acts on exactly what it showed. What it prints comes from the server in the reader's
//! language; only the frame around it stands here.

mod words;

use super::installation::settings;
use super::remote::Remote;
use super::{Failure, say};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Leads a case: lists, shows, and takes steps, as whoever holds a token.
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    what: What,
    /// Who acts, by the name of a token file of the demonstration: legal, legal2, nav …
    #[arg(long = "as", global = true, value_name = "NAME", default_value = "legal")]
    name: String,
    /// The token file, instead of the demonstration's.
    #[arg(long, global = true, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Where the server is; the address of the settings file unless said.
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// Why; needed where something is refused, reviewed, stopped, or let go on.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
    /// Where the lawyer's memo is kept, with a review.
    #[arg(long, global = true, value_name = "REFERENCE")]
    memo: Option<String>,
    /// Says it in English.
    #[arg(long, global = true)]
    english: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists the cases you may see.
    List,
    /// Shows a case: what is asked for, who has done what, and what can be done next.
    Show {
        /// The grant.
        id: String,
    },
    /// Shows every step that was taken.
    History {
        /// The grant.
        id: String,
    },
    /// Shows what would change if the case were in force.
    Impact {
        /// The grant.
        id: String,
    },
    /// Opens a case from a file of terms.
    Apply {
        /// The JSON file.
        file: PathBuf,
    },
    /// Takes a step: submit, complete, return, review, approve, reject, accept, activate, break-glass, suspend, resume,
    /// recertify, amend, revoke, withdraw, attest.
    Take {
        /// The step.
        step: String,
        /// The grant.
        id: String,
    },
}

impl Command {
    pub fn run(self, config: &Path) -> Result<ExitCode, Failure> {
        let beside = own_or_demo(config).with_file_name("tokens");
        let demo = || beside.join(format!("{}.jwt", self.name));
        let file = self.token.clone().unwrap_or_else(demo);
        let token = std::fs::read_to_string(&file).map_err(Failure::at("read", &file))?;
        let words = if self.english { words::ENGLISH } else { words::NORWEGIAN };
        let url = match self.url {
            Some(url) => url,
            None => format!("http://{}", settings(&own_or_demo(config))?.server.address),
        };
        let server = Remote::new(&url, &token, words.language);
        match self.what {
            What::List => {
                let all = server.get("/v1/grants")?.0;
                for grant in list(&all, "grants") {
                    say(&words::line(grant));
                }
            }
            What::Show { id } => words.show(&server.get(&format!("/v1/grants/{id}"))?.0),
            What::History { id } => {
                let history = server.get(&format!("/v1/grants/{id}/history"))?.0;
                list(&history, "steps").iter().for_each(words::step);
            }
            What::Impact { id } => {
                words.impact(&server.get(&format!("/v1/grants/{id}/impact"))?.0);
            }
            What::Apply { file } => {
                let body = std::fs::read_to_string(&file).map_err(Failure::at("read", &file))?;
                words.show(&server.post("/v1/grants", None, body)?);
            }
            What::Take { step, id } => {
                let (_, tag) = server.get(&format!("/v1/grants/{id}"))?;
                let mut body = serde_json::Map::new();
                if let Some(reason) = self.reason {
                    body.insert("reason".to_owned(), reason.into());
                }
                if let Some(memo) = self.memo {
                    body.insert("memo".to_owned(), json!({ "reference": memo }));
                }
                let body = Value::Object(body);
                let path = format!("/v1/grants/{id}/{step}");
                words.standing(&server.post(&path, tag.as_deref(), body.to_string())?);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The settings file, or where there is none that of the demonstration beside it.
fn own_or_demo(config: &Path) -> PathBuf {
    let demo = Path::new("hjemmel-demo/hjemmel.toml");
    if !config.exists() && demo.exists() { demo.to_owned() } else { config.to_owned() }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
