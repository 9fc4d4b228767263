//! Who this node is and which others it knows.

use super::Error;
use super::compare::register;
use crate::identity::KeySource;
use hjemmel_federation::{NodeId, Stance};
use hjemmel_kostra::Form;
use hjemmel_policy::OrganisationNumber;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// This installation as a node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federation {
    /// The body that runs it.
    pub organisation: OrganisationNumber,
    /// Its name.
    pub name: String,
    /// Where other nodes reach it, without a slash at the end; their tokens are made out to this.
    pub address: String,
    /// The file of its key, as `hjemmel node-key` makes it; a relative path starts at the settings file.
    pub key: PathBuf,
    /// The municipalities, or bydeler of Oslo, whose persons are in its records: what it answers for in tables over several
    /// nodes.
    #[serde(default)]
    pub population: BTreeSet<String>,
    /// What it puts up with in tables over several nodes; nothing unless said.
    #[serde(default)]
    pub stance: Stance,
    /// Its registers that may be compared person by person, each with the nodes it may be compared with.
    #[serde(default)]
    pub compare: BTreeMap<String, BTreeSet<OrganisationNumber>>,
    /// The nodes it knows.
    #[serde(default)]
    pub peers: Vec<PeerSettings>,
}

/// A node that this one knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSettings {
    /// The body that runs it.
    pub organisation: OrganisationNumber,
    /// Its name.
    pub name: String,
    /// Where it is, without a slash at the end.
    pub address: String,
    /// The public keys it signs with.
    pub jwks: KeySource,
    /// What the tokens of its own callers are made out to; its address unless said.
    #[serde(default)]
    pub audience: Option<String>,
    /// The datasets we bring it questions for.
    #[serde(default)]
    pub we_ask: BTreeSet<String>,
    /// The datasets of ours it may bring questions for.
    #[serde(default)]
    pub they_ask: BTreeSet<String>,
    /// The certificates of its own authority, as PEM; those that browsers trust unless said.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

impl Federation {
    /// Reads relative file names as lying beside the settings file.
    pub fn resolve(&mut self, folder: &Path) {
        let at_folder = |path: &mut PathBuf| {
            if path.is_relative() {
                *path = folder.join(&path);
            }
        };
        at_folder(&mut self.key);
        for peer in &mut self.peers {
            peer.jwks.resolve(folder);
            peer.ca.as_mut().map(at_folder);
        }
    }

    /// Whether a register of this node's may be compared with another node's.
    #[must_use]
    pub fn compares(&self, form: Form, with: NodeId) -> bool {
        let mut named = self.compare.iter().filter(|(dataset, _)| register(dataset) == Some(form));
        named.any(|(_, nodes)| nodes.iter().any(|node| node.as_str() == with.as_str()))
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        address(&self.address)?;
        if let Some(unknown) = self.compare.keys().find(|dataset| register(dataset).is_none()) {
            let problem = format!("`{unknown}` is not compared; `skjema-11B` and `nir` are");
            return Err(Error::Setting(problem));
        }
        for peer in &self.peers {
            address(&peer.address)?;
            for dataset in peer.we_ask.iter().chain(&peer.they_ask) {
                if form(dataset).is_none() {
                    let problem = format!("`{dataset}` is no dataset; `skjema-11` is one");
                    return Err(Error::Setting(problem));
                }
            }
        }
        Ok(())
    }
}

/// The form of a dataset's id.
pub(super) fn form(dataset: &str) -> Option<Form> {
    Form::ALL.into_iter().find(|form| form.dataset() == dataset)
}

fn address(text: &str) -> Result<(), Error> {
    let wrong = |why: &str| Err(Error::Setting(format!("the address `{text}` {why}")));
    let Ok(url) = text.parse::<ureq::http::Uri>() else { return wrong("is none") };
    let host = url.host().unwrap_or_default();
    if host.is_empty() || url.authority().is_some_and(|all| all.as_str().contains('@')) {
        return wrong("must have a host and no user name");
    }
    if text.ends_with('/') || url.query().is_some() {
        return wrong("must end without a slash and have no query");
    }
    let local = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
    match url.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if local => Ok(()),
        _ => wrong("must be https, or http on this machine"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_this_machine_and_has_one_spelling() {
        for fine in
            ["https://node.example.no", "https://node.example.no/hjemmel", "http://127.0.0.1:1"]
        {
            assert!(address(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://node.example.no",
            "https://node.example.no/",
            "https://a@node.example.no",
            "https://node.example.no/?a",
            "node.example.no",
            "",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
