//! The public keys of one issuer, as its key set says, less what is not fit for signatures.

use super::config::{Algorithm, KeySource};
use super::{Error, json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The largest key set we read.
const MOST_BYTES: u64 = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(5);
const RSA: [Algorithm; 4] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256];
/// The signature library computes with no larger modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// One public key.
pub struct Key {
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
    fingerprint: [u8; 32],
    edwards: Option<VerifyingKey>,
}

impl Key {
    /// The key itself, where it is an Ed25519 key.
    #[must_use]
    pub const fn edwards(&self) -> Option<VerifyingKey> {
        self.edwards
    }

    /// Whether the key may check signatures of this algorithm.
    #[must_use]
    pub fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    pub(super) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// A digest of the public key, so that a new key under an old `kid` is known as new.
    #[must_use]
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?})", self.algorithms)
    }
}

/// The usable keys of one issuer by their exact `kid`.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: HashMap<String, Arc<Key>>,
    skipped: usize,
}

impl KeySet {
    /// Reads a key set (RFC 7517). Keys that are not for checking signatures, too weak, or of a kind
    /// we do not use are left out, as the standard asks; symmetric keys are never used.
    ///
    /// # Errors
    /// When the text is not a key set, repeats a member, or two keys share a `kid`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let document = json::object(bytes)
            .map_err(|_| Error::KeySet("it is not one JSON object without repeated members"))?;
        let listed = document.get("keys").and_then(Value::as_array);
        let listed = listed.ok_or(Error::KeySet("it has no list `keys`"))?;
        let mut set = Self::default();
        for value in listed {
            let raw = Raw::deserialize(value).ok();
            let Some((kid, key)) = raw.and_then(Raw::usable) else {
                set.skipped = set.skipped.saturating_add(1);
                continue;
            };
            if set.keys.insert(kid, Arc::new(key)).is_some() {
                return Err(Error::KeySet("two keys share a `kid`"));
            }
        }
        Ok(set)
    }

    /// Reads the key set from where it lies; this blocks.
    ///
    /// # Errors
    /// When it cannot be had, or is not a key set.
    pub fn load(source: &KeySource) -> Result<Self, Error> {
        match source {
            KeySource::File(path) => Self::parse(&read_file(path)?),
            KeySource::Url(url) => Self::parse(&fetch(url)?),
        }
    }

    /// The key with exactly this id.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<&Arc<Key>> {
        self.keys.get(kid)
    }

    /// The only Ed25519 key; none where there are several, so that nobody can choose between them.
    #[must_use]
    pub fn only_edwards(&self) -> Option<VerifyingKey> {
        let mut all = self.keys.values().filter_map(|key| key.edwards());
        let first = all.next();
        if all.next().is_some() { None } else { first }
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys were left out.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Redirects are not followed: the configuration, not the answer, says where keys come from.
fn fetch(url: &str) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::Fetch(Box::new(error));
    let local = url.starts_with("http://");
    let mut settings = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_redirects_will_error(true)
        .https_only(!local)
        .user_agent("hjemmel");
    if local {
        settings = settings.proxy(None);
    }
    let agent = settings.build().new_agent();
    let mut answer = agent.get(url).header("accept", "application/json").call().map_err(failed)?;
    answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec().map_err(failed)
}

/// A key as written; members we have no use for are ignored.
#[derive(Deserialize)]
struct Raw {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<serde::de::IgnoredAny>,
}

impl Raw {
    fn usable(self) -> Option<(String, Key)> {
        let for_signatures = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let verifies =
            self.key_ops.as_ref().is_none_or(|all| all.iter().any(|one| one == "verify"));
        // A published private part is everybody's key.
        if !for_signatures || !verifies || self.d.is_some() {
            return None;
        }
        let kid = self.kid.clone().filter(|kid| !kid.is_empty())?;
        let (mut algorithms, decoding, material) = match self.kty.as_str() {
            "RSA" => self.rsa()?,
            "EC" => self.elliptic()?,
            "OKP" => self.edwards()?,
            _ => return None,
        };
        if let Some(alg) = &self.alg {
            let alg = Algorithm::parse(alg)?;
            algorithms.retain(|one| *one == alg);
        }
        let fingerprint = Sha256::digest(material).into();
        let edwards = self.point().filter(|_| self.kty == "OKP");
        (!algorithms.is_empty())
            .then_some((kid, Key { algorithms, decoding, fingerprint, edwards }))
    }

    fn rsa(&self) -> Option<Parts> {
        let modulus = bytes(self.n.as_ref())?;
        let exponent = bytes(self.e.as_ref())?;
        let first = modulus.iter().position(|byte| *byte != 0)?;
        let modulus = modulus.get(first..)?;
        let leading = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
        let bits = modulus.len().checked_mul(8)?.checked_sub(leading)?;
        let exponent_value = exponent
            .iter()
            .try_fold(0_u32, |sum, byte| Some(sum.checked_mul(256)? | u32::from(*byte)))?;
        // An exponent of one makes every message its own signature.
        if !RSA_BITS.contains(&bits) || exponent_value < 3 || exponent_value % 2 == 0 {
            return None;
        }
        let material = [b"RSA".as_slice(), modulus, b"/", &exponent].concat();
        Some((RSA.to_vec(), DecodingKey::from_rsa_raw_components(modulus, &exponent), material))
    }

    fn elliptic(&self) -> Option<Parts> {
        let (x, y) = (bytes(self.x.as_ref())?, bytes(self.y.as_ref())?);
        if self.crv.as_deref() != Some("P-256") || x.len() != 32 || y.len() != 32 {
            return None;
        }
        let decoding = DecodingKey::from_ec_components(self.x.as_ref()?, self.y.as_ref()?).ok()?;
        Some((vec![Algorithm::ES256], decoding, [b"EC".as_slice(), &x, &y].concat()))
    }

    fn edwards(&self) -> Option<Parts> {
        let point = self.point()?;
        let x = point.to_bytes();
        if self.crv.as_deref() != Some("Ed25519") || point.is_weak() {
            return None;
        }
        let material = [b"OKP".as_slice(), &x].concat();
        Some((vec![Algorithm::EdDsa], DecodingKey::from_ed_der(&x), material))
    }
}

impl Raw {
    fn point(&self) -> Option<VerifyingKey> {
        let x: [u8; 32] = bytes(self.x.as_ref())?.try_into().ok()?;
        VerifyingKey::from_bytes(&x).ok()
    }
}

type Parts = (Vec<Algorithm>, DecodingKey, Vec<u8>);

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}
