//! `hjemmel audit witness`: another body's look at a record, to be run every hour or so.

use super::remote::Remote;
use super::{Failure, say};
use crate::record::opened;
use crate::record::witness;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use hjemmel_store::Root;
use rand::Rng as _;
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A witness's look at a record.
#[derive(Debug, clap::Args)]
pub struct Witness {
    /// Where the server is.
    #[arg(long, value_name = "URL")]
    url: String,
    /// A file with a token that server takes.
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// The key of the record, as its staff gave it: `hjemmel audit checkpoint` prints it.
    #[arg(long, value_name = "KEY")]
    record: String,
    /// The witness's own key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the last state seen is noted; made at the first look. Keep it where nobody of the other
    /// installation can write.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Notes the state and sends nothing back.
    #[arg(long)]
    silent: bool,
}

/// Makes a witness's key file.
pub fn make_key(file: &Path, name: &str) -> Result<ExitCode, Failure> {
    let seed: [u8; 32] = rand::rng().random();
    let witness = witness::Witness::new(name, &seed, Utc::now()).map_err(Failure::new)?;
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut out = new.map_err(Failure::at("make", file))?;
    out.write_all(witness.secret().as_bytes()).map_err(Failure::at("write", file))?;
    out.sync_all().map_err(Failure::at("write", file))?;
    say(&format!("key: {}", witness.key()));
    Ok(ExitCode::SUCCESS)
}

impl Witness {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let read = |file: &Path| fs::read_to_string(file).map_err(Failure::at("read", file));
        let witness =
            witness::Witness::from_secret(&read(&self.key)?, Utc::now()).map_err(|why| {
                Failure::new(format!(
                    "{}: {why}; make one with `hjemmel audit witness-key`",
                    self.key.display()
                ))
            })?;
        // Two looks at once could each sign another continuation of the same state.
        let lock = self.state.with_added_extension("lock");
        let held = File::create(&lock).map_err(Failure::at("make", &lock))?;
        held.lock().map_err(Failure::at("lock", &lock))?;
        let seen = if self.state.exists() { Some(self.noted(&read(&self.state)?)?) } else { None };
        let server = Remote::new(&self.url, &read(&self.token)?, "en");
        let (now, _) = server.get("/v1/audit/checkpoint")?;
        let note = now.get("checkpoint").and_then(Value::as_str);
        let note = note.ok_or_else(|| Failure::new("the answer has no `checkpoint`"))?;
        let root = opened(note, &self.record).map_err(|why| self.refused(&why))?;
        let proof = match &seen {
            Some(seen) if seen.size > 0 && seen.size < root.size => {
                let path = format!("/v1/audit/proof?old={}&size={}", seen.size, root.size);
                hashes(&server.get(&path)?.0)?
            }
            _ => Vec::new(),
        };
        let signed = witness.cosign(note, &self.record, seen.as_ref(), &proof);
        let signed = signed.map_err(|why| self.refused(&why))?;
        // Noted before anybody is told, so that a later look never signs what does not follow from this.
        self.note(&signed)?;
        if !self.silent {
            let body = json!({ "note": signed }).to_string();
            server.post("/v1/audit/cosignatures", None, body)?;
        }
        let before = seen.map_or(0, |seen| seen.size);
        say(&format!(
            "{} events, grown from {before}; noted in {}",
            root.size,
            self.state.display()
        ));
        Ok(ExitCode::SUCCESS)
    }

    fn noted(&self, note: &str) -> Result<Root, Failure> {
        opened(note, &self.record).map_err(|why| {
            Failure::new(format!("{} is no state of that record: {why}", self.state.display()))
        })
    }

    /// The finding a witness is there for.
    fn refused(&self, why: &str) -> Failure {
        Failure::new(format!(
            "not signed: {why}. The record of {} is not what it was; keep {} and tell the auditor",
            self.url,
            self.state.display()
        ))
    }

    fn note(&self, signed: &str) -> Result<(), Failure> {
        let folder = self.state.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut file =
            tempfile::NamedTempFile::new_in(folder).map_err(Failure::at("write in", folder))?;
        file.write_all(signed.as_bytes()).map_err(Failure::at("write", &self.state))?;
        file.as_file().sync_all().map_err(Failure::at("write", &self.state))?;
        file.persist(&self.state)
            .map_err(|error| Failure::at("write", &self.state)(error.error))?;
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(Failure::at("write", folder))
    }
}

fn hashes(proof: &Value) -> Result<Vec<[u8; 32]>, Failure> {
    let all = proof.get("hashes").and_then(Value::as_array).into_iter().flatten();
    all.map(|hash| {
        let bytes = hash.as_str().and_then(|text| STANDARD.decode(text).ok());
        bytes.and_then(|bytes| bytes.try_into().ok())
    })
    .collect::<Option<_>>()
    .ok_or_else(|| Failure::new("the proof cannot be read"))
}
