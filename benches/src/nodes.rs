//! Installations that know each other as nodes, on addresses chosen beforehand.

use crate::place::{Place, copy, on, said};
use crate::{Result, server::Server};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

/// An installation that is to be a node.
pub struct Node {
    /// The number of the body that runs it.
    pub number: &'static str,
    /// Its folder.
    pub folder: PathBuf,
    /// Whom it answers for in tables over several nodes.
    pub population: Vec<String>,
    /// Where it will be.
    pub address: SocketAddr,
}

impl Node {
    /// A node on a port that is free now.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(number: &'static str, folder: PathBuf, population: Vec<String>) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        Ok(Self { number, folder, population, address })
    }

    /// Serves it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn serve(&self) -> Result<Server> {
        Server::at(&self.folder, self.address)
    }
}

/// Writes the settings of all: each knows all others, and asks them for form 11.
///
/// # Errors
/// When a file cannot be written, or a key cannot be made.
pub fn join(nodes: &[Node], stance: &str) -> Result<()> {
    let mut keys = Vec::new();
    for node in nodes {
        let key = node.folder.join("node.pem");
        keys.push(said(&["node-key", &key.to_string_lossy()])?);
    }
    for node in nodes {
        let mut text = std::fs::read_to_string(node.folder.join("hjemmel.toml"))?;
        write!(
            text,
            "\n[federation]\norganisation = {:?}\nname = \"A node\"\naddress = \"http://{}\"\nkey = \"node.pem\"\n\
             population = {:?}\n{stance}",
            node.number, node.address, node.population
        )?;
        for (other, keys) in
            nodes.iter().zip(&keys).filter(|(other, _)| other.number != node.number)
        {
            let file = format!("{}.json", other.number);
            std::fs::write(node.folder.join(&file), keys)?;
            write!(
                text,
                "\n[[federation.peers]]\norganisation = {:?}\nname = \"Another\"\naddress = \"http://{}\"\n\
                 jwks = {{ file = {file:?} }}\naudience = {AUDIENCE:?}\nwe_ask = [\"skjema-11\"]\nthey_ask = [\"skjema-11\"]\n",
                other.number, other.address
            )?;
        }
        std::fs::write(node.folder.join("hjemmel.toml"), text)?;
    }
    Ok(())
}

/// What the demonstration's tokens are made out to.
const AUDIENCE: &str = "https://hjemmel.invalid/demo";

/// A new installation with the keys, grants and tokens of a demonstration, an empty database and no records.
///
/// # Errors
/// When it cannot be made.
pub fn installation(place: &Place, name: &str) -> Result<PathBuf> {
    let (model, folder) = (place.join("nodes-model"), place.join(name));
    let dir = model.to_string_lossy();
    // No years: the smallest there is.
    said(&["demo", "--no-serve", "--dir", &dir, "--years"])?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    copy(&model, &folder)?;
    std::fs::remove_dir_all(folder.join("registers"))?;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("hjemmel.db{end}")));
    }
    let grants = folder.join("grants.toml");
    std::fs::write(&grants, hjemmel_policy::DEMO_GRANTS)?;
    on(&folder, None, &["migrate"])?;
    on(&folder, None, &["policy", "load", &grants.to_string_lossy(), "--yes"])?;
    Ok(folder)
}
