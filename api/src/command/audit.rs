//! `hjemmel audit`: the record out of the house, and the check of it anywhere.

use super::installation::Installation;
use super::{Failure, say};
use crate::identity::jwks::KeySet;
use crate::record::export::End;
use crate::record::receipts;
use crate::record::verify::{Found, verify};
use crate::record::witness::{WitnessKey, cosigned};
use crate::record::{Notary, is_key, is_note};
use crate::routes::audit::lines;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exports the record, and checks an export.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Writes the whole record, one event a line, with its signed checkpoint at the end.
    Export {
        /// The file to write; never written over.
        file: PathBuf,
    },
    /// Prints the signed state of the record and the key to check it with; note both elsewhere.
    Checkpoint,
    /// Checks an export with nothing but the key: every event, their order, and the checkpoints.
    Verify {
        /// The export.
        file: PathBuf,
        /// The notary's key, as `hjemmel audit checkpoint` prints it.
        #[arg(long, value_parser = notary_key)]
        key: String,
        /// A checkpoint noted earlier, in a file; the record must still lead to it. May be said several times.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// A witness's key; one of the checkpoints given must carry its cosignature. May be said several times.
        #[arg(long, value_name = "KEY")]
        witness: Vec<WitnessKey>,
        /// The export of a node that answered questions brought from here: each of its receipts in the first export
        /// must name a decision of it.
        #[arg(long, value_name = "FILE", requires_all = ["holder_key", "node_keys"])]
        holder: Option<PathBuf>,
        /// The key of that node's record.
        #[arg(long, value_name = "KEY", requires = "holder", value_parser = notary_key)]
        holder_key: Option<String>,
        /// The key set that node signs receipts with, as `/v1/node-keys` gives it.
        #[arg(long, value_name = "FILE", requires = "holder")]
        node_keys: Option<PathBuf>,
    },
    /// Makes the key file of a witness and prints the key that others check its cosignatures with.
    WitnessKey {
        /// The file to make; never written over.
        file: PathBuf,
        /// The witness's name, such as a domain of its own.
        #[arg(long)]
        name: String,
    },
    /// Looks at another installation's record as a witness: that it only grew since the last look. Notes its
    /// state and sends a cosignature back.
    Witness(super::witness::Witness),
    /// Forgets a person: what the record holds of them is traced to nobody any more, and it stays whole.
    Forget {
        /// The person, by subject and issuer as they were recorded: `kari (https://login.example.no)`.
        person: String,
    },
}

impl Command {
    pub fn run(self, config: &Path) -> Result<ExitCode, Failure> {
        match self {
            Self::Export { file } => {
                let installation = Installation::open(config)?;
                let store = &installation.store;
                let mut out = File::create_new(&file).map_err(Failure::at("make", &file))?;
                let root = store.record_root(None)?;
                let mut done = 0;
                while done < root.size {
                    let (bytes, now) = lines(store, done, root.size)?;
                    out.write_all(&bytes).map_err(Failure::at("write", &file))?;
                    done = now;
                }
                let checkpoint = signed(&installation, &root)?;
                let end = serde_json::to_string(&End { checkpoint })?;
                writeln!(out, "{end}").map_err(Failure::at("write", &file))?;
                say(&format!("{done} events in {}", file.display()));
                Ok(ExitCode::SUCCESS)
            }
            Self::Checkpoint => {
                let installation = Installation::open(config)?;
                let root = installation.store.record_root(None)?;
                say(signed(&installation, &root)?.trim_end());
                say(&format!("key: {}", Notary::new(&installation.keys)?.key()));
                Ok(ExitCode::SUCCESS)
            }
            Self::WitnessKey { file, name } => super::witness::make_key(&file, &name),
            Self::Witness(witness) => witness.run(),
            Self::Verify { file, key, checkpoint, witness, holder, holder_key, node_keys } => {
                let noted =
                    checkpoint.iter().map(|file| noted_in(file)).collect::<Result<Vec<_>, _>>()?;
                let lacks = |key_of: &&WitnessKey| {
                    !noted.iter().any(|note| cosigned(note, &key, key_of).is_ok())
                };
                if let Some(witness) = witness.iter().find(lacks) {
                    say(&format!("no checkpoint given is signed by the witness {witness}"));
                    return Ok(ExitCode::from(1));
                }
                if let Some(bad) = intact(&file, &key, &noted)? {
                    return Ok(bad);
                }
                match (holder, holder_key, node_keys) {
                    (Some(holder), Some(key), Some(keys)) => both(&file, &holder, &key, &keys),
                    _ => Ok(ExitCode::SUCCESS),
                }
            }
            Self::Forget { person } => {
                Installation::open(config)?.store.forget_person(&person)?;
                say("forgotten");
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// A checkpoint noted in a file; what `hjemmel audit checkpoint` prints besides it, the key, may stand there too.
fn noted_in(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(Failure::at("read", file))?;
    let note: String =
        text.split_inclusive('\n').filter(|line| !line.starts_with("key: ")).collect();
    // A file that holds something else is the user's slip and says nothing of the record.
    if is_note(&note) {
        Ok(note)
    } else {
        Err(Failure::new(format!(
            "{} holds no checkpoint; `hjemmel audit checkpoint` prints one",
            file.display()
        )))
    }
}

/// A key that is none is the user's slip and must not read as if the record had been altered.
fn notary_key(text: &str) -> Result<String, String> {
    if is_key(text.trim()) {
        Ok(text.trim().to_owned())
    } else {
        Err("no notary's key; `hjemmel audit checkpoint` prints it after `key: `".to_owned())
    }
}

fn reader(file: &Path) -> Result<BufReader<File>, Failure> {
    let export = File::open(file).map_err(Failure::at("read", file))?;
    Ok(BufReader::with_capacity(1 << 20, export))
}

/// Says whether an export is as it was recorded; the status to end with, if it is not.
fn intact(file: &Path, key: &str, noted: &[String]) -> Result<Option<ExitCode>, Failure> {
    match verify(reader(file)?, key, noted)? {
        Found::Intact { events, checkpoints } => {
            say(&format!("{events} events, as recorded; {checkpoints} checkpoints agree"));
            Ok(None)
        }
        Found::Broken { first_bad, why } => {
            say(&format!("not as recorded from event {first_bad} on: {why}"));
            Ok(Some(ExitCode::from(1)))
        }
    }
}

/// Holds the receipts of one record against the record of the node that signed them.
fn both(file: &Path, holder: &Path, key: &str, keys: &Path) -> Result<ExitCode, Failure> {
    if let Some(bad) = intact(holder, key, &[])? {
        return Ok(bad);
    }
    let keys = std::fs::read(keys).map_err(Failure::at("read", keys))?;
    let receipts::Kept { signed, others } = receipts::kept(reader(file)?, &KeySet::parse(&keys)?)?;
    if let Some(why) = receipts::unanswered(reader(holder)?, &signed)? {
        say(&why);
        return Ok(ExitCode::from(1));
    }
    say(&format!(
        "{} receipts, each with its decision in the holder's record; {others} that other keys signed",
        signed.len()
    ));
    Ok(ExitCode::SUCCESS)
}

fn signed(installation: &Installation, root: &hjemmel_store::Root) -> Result<String, Failure> {
    let notary = Notary::new(&installation.keys)?;
    notary.sign(root).map_err(|_| Failure::new("the checkpoint cannot be signed"))
}
