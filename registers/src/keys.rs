//! The keys of the identifiers. They leave this module only as what they do.
//!
//! Three secrets: one encrypts identifiers at rest, one makes a key for each namespace of pseudonyms,
//! one authenticates archived releases. They are drawn from the operating system once and live in a file
//! that its owner alone can read, or in the environment variable [`VARIABLE`].

use crate::{Error, cipher::Cipher};
use hjemmel_disclosure::{Identities, NotOurs};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError, RwLock},
};
use zeroize::Zeroizing;

/// The environment variable [`Keys::from_env`] reads; it holds what a key file holds.
pub const VARIABLE: &str = "HJEMMEL_KEYS";

/// Namespaces whose keys are kept ready; beyond that they are made anew.
const READY_NAMESPACES: usize = 4096;

const HEAD: &str = "\
# Keys of a Hjemmel installation. Whoever has them can reveal every identifier in its registers;
# whoever loses them can reveal none, and every pseudonym changes.
";

/// The secrets of one installation. Neither `Debug` nor `Serialize`, wiped when dropped.
pub struct Keys {
    identifiers: Zeroizing<[u8; 64]>,
    pseudonyms: Zeroizing<[u8; 32]>,
    archive: Zeroizing<[u8; 32]>,
    namespaces: RwLock<HashMap<String, Hmac<Sha256>>>,
    ciphers: Mutex<Vec<Cipher>>,
}

impl Keys {
    /// Draws new keys and writes them to a new file that its owner alone can read.
    ///
    /// # Errors
    /// When the file exists, as overwriting would lose every identifier, or cannot be written.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Keys { place: path.display().to_string(), reason };
        let keys = Self::draw().map_err(|error| wrong(error.to_string()))?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                wrong("the file exists, and what its keys made is lost without them".to_owned())
            }
            _ => wrong(error.to_string()),
        })?;
        let written = file.write_all(keys.text().as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written {
            drop(file);
            let _ = fs::remove_file(path);
            return Err(wrong(error.to_string()));
        }
        Ok(keys)
    }

    /// Reads the keys of a file.
    ///
    /// # Errors
    /// When the file is missing, others than its owner can read it, or it is not a key file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Keys { place: path.display().to_string(), reason };
        if !path.exists() {
            return Err(wrong("there is no such file; `hjemmel keys` makes one".to_owned()));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map_err(|e| wrong(e.to_string()))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(wrong("others than the owner can read it; run chmod 600".to_owned()));
            }
        }
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&Zeroizing::new(text)).map_err(wrong)
    }

    /// Reads the keys of the environment variable [`VARIABLE`].
    ///
    /// # Errors
    /// When the variable is not set or does not hold keys.
    pub fn from_env() -> Result<Self, Error> {
        let wrong = |reason: String| Error::Keys { place: VARIABLE.to_owned(), reason };
        let text = std::env::var(VARIABLE).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&Zeroizing::new(text)).map_err(wrong)
    }

    /// The key archived releases are authenticated with.
    #[must_use]
    pub fn archive_key(&self) -> [u8; 32] {
        *self.archive
    }

    /// The key receipts are signed with.
    #[must_use]
    pub fn receipt_key(&self) -> [u8; 32] {
        let name = b"hjemmel receipts 1";
        Sha256::new().chain_update(name).chain_update(self.archive.as_slice()).finalize().into()
    }

    /// A cipher over the identifier key, for one thread.
    pub(crate) fn cipher(&self) -> Cipher {
        Cipher::new(&self.identifiers)
    }

    /// A cipher over the key of deliveries that are not yet part of an edition, for one thread.
    pub(crate) fn inbox(&self) -> Cipher {
        let name = b"hjemmel inbox 1";
        let hash = Sha512::new().chain_update(name).chain_update(self.identifiers.as_slice());
        let key = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
        Cipher::new(&key)
    }

    fn draw() -> Result<Self, getrandom::Error> {
        let mut identifiers = Zeroizing::new([0; 64]);
        let mut pseudonyms = Zeroizing::new([0; 32]);
        let mut archive = Zeroizing::new([0; 32]);
        getrandom::fill(identifiers.as_mut_slice())?;
        getrandom::fill(pseudonyms.as_mut_slice())?;
        getrandom::fill(archive.as_mut_slice())?;
        Ok(Self::new(identifiers, pseudonyms, archive))
    }

    fn new(
        identifiers: Zeroizing<[u8; 64]>,
        pseudonyms: Zeroizing<[u8; 32]>,
        archive: Zeroizing<[u8; 32]>,
    ) -> Self {
        let (namespaces, ciphers) = (RwLock::default(), Mutex::default());
        Self { identifiers, pseudonyms, archive, namespaces, ciphers }
    }

    fn text(&self) -> Zeroizing<String> {
        let secrets = [
            ("identifiers", hex::encode(self.identifiers.as_slice())),
            ("pseudonyms", hex::encode(self.pseudonyms.as_slice())),
            ("archive", hex::encode(self.archive.as_slice())),
        ];
        let mut text = Zeroizing::new(format!("{HEAD}version=1\n"));
        for (name, secret) in secrets {
            let secret = Zeroizing::new(secret);
            text.push_str(name);
            text.push('=');
            text.push_str(&secret);
            text.push('\n');
        }
        text
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(str::split_whitespace);
        let pairs: HashMap<&str, &str> = words.filter_map(|word| word.split_once('=')).collect();
        let given = |name: &str| pairs.get(name).copied().ok_or(format!("`{name}` is missing"));
        if given("version")? != "1" {
            return Err("`version` is not 1".to_owned());
        }
        Ok(Self::new(
            unhex(given("identifiers")?).ok_or("`identifiers` is not 64 bytes in hexadecimal")?,
            unhex(given("pseudonyms")?).ok_or("`pseudonyms` is not 32 bytes in hexadecimal")?,
            unhex(given("archive")?).ok_or("`archive` is not 32 bytes in hexadecimal")?,
        ))
    }

    /// The keyed function of one namespace.
    fn namespace(&self, namespace: &str) -> Result<Hmac<Sha256>, NotOurs> {
        let ready = self.namespaces.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(mac) = ready.get(namespace) {
            return Ok(mac.clone());
        }
        drop(ready);
        let mut master =
            Hmac::<Sha256>::new_from_slice(self.pseudonyms.as_slice()).map_err(|_| NotOurs)?;
        master.update(b"hjemmel pseudonym namespace 1\0");
        master.update(namespace.as_bytes());
        let key = Zeroizing::new(<[u8; 32]>::from(master.finalize().into_bytes()));
        let mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).map_err(|_| NotOurs)?;
        let mut ready = self.namespaces.write().unwrap_or_else(PoisonError::into_inner);
        if ready.len() >= READY_NAMESPACES {
            ready.clear();
        }
        ready.insert(namespace.to_owned(), mac.clone());
        Ok(mac)
    }
}

impl Identities for Keys {
    fn reveal(&self, column: &str, ciphertext: &[u8]) -> Result<String, NotOurs> {
        let waiting = self.ciphers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut cipher = waiting.unwrap_or_else(|| self.cipher());
        let plain = cipher.open(column, ciphertext);
        self.ciphers.lock().unwrap_or_else(PoisonError::into_inner).push(cipher);
        String::from_utf8(plain.ok_or(NotOurs)?).map_err(|_| NotOurs)
    }

    fn pseudonym(&self, namespace: &str, ciphertext: &[u8]) -> Result<String, NotOurs> {
        let linkable = Cipher::linkable(ciphertext).ok_or(NotOurs)?;
        let mut mac = self.namespace(namespace)?;
        mac.update(linkable);
        let whole = mac.finalize().into_bytes();
        Ok(hex::encode(whole.get(..16).ok_or(NotOurs)?))
    }
}

fn unhex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(text, bytes.as_mut_slice()).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
