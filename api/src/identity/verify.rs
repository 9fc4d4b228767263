//! The one maker of callers: a token is checked whole, or refused.

use super::claims::{self, Accepted, Validity};
use super::config::{Algorithm, IssuerConfig, UNSPECIFIED};
use super::replay::Used;
use super::ring::{KeyRing, Lookup};
use super::token::{self, Unverified};
use super::{Error, Reason, Refusal};
use chrono::{DateTime, Utc};
use hjemmel_policy::Caller;
use jsonwebtoken::Validation;
use jsonwebtoken::errors::ErrorKind;
use moka::sync::Cache;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many accepted tokens are remembered, about a kilobyte each.
const MOST_CACHED: u64 = 10_000;

/// Whether issuers marked as test count here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestIssuers {
    /// They do not: an installation with real data.
    Refused,
    /// They do: the demo and the tests.
    Allowed,
}

/// Checks tokens of the configured issuers.
///
/// Time is given with each call, so that there is no clock inside.
pub struct Verifier {
    issuers: HashMap<String, Issuer>,
    accepted: Cache<[u8; 32], Arc<Verified>>,
}

struct Issuer {
    name: Arc<str>,
    config: IssuerConfig,
    keys: KeyRing,
    validations: Vec<(Algorithm, Validation)>,
    used: Used,
}

/// An accepted token: what it stands for, and what must still be so for it to stand.
struct Verified {
    caller: Caller,
    issuer: String,
    kid: String,
    fingerprint: [u8; 32],
    validity: Validity,
    jti: Option<[u8; 32]>,
}

/// Why an examination ended without a caller.
pub(super) enum Stop<R> {
    Refused(R),
    FetchFirst,
}

impl<R> Stop<R> {
    /// The refusal; none where keys must be fetched first.
    pub(super) fn refusal(self) -> Option<R> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::FetchFirst => None,
        }
    }
}

impl<R> From<R> for Stop<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Reason> for Stop<Refusal> {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}

/// How a key is looked up: [`KeyRing::look_up`], or [`KeyRing::fetch`] where blocking is allowed.
pub(super) type LookUp = fn(&KeyRing, &str, DateTime<Utc>) -> Lookup;

impl Verifier {
    /// A verifier for these issuers. Keys are fetched by [`Self::refresh_due`], or by the first
    /// token that needs them.
    ///
    /// # Errors
    /// When a setting is unsafe, two issuers share a name or an `iss`, or a test issuer is
    /// configured where none counts.
    pub fn new(configs: Vec<IssuerConfig>, tests: TestIssuers) -> Result<Self, Error> {
        let mut issuers = HashMap::new();
        let mut names = HashSet::new();
        for config in configs {
            config.validate()?;
            let problem = if config.test && tests == TestIssuers::Refused {
                Some("test issuers do not count in this installation")
            } else if !names.insert(config.name.clone()) {
                Some("two issuers share this name")
            } else if issuers.contains_key(&config.issuer) {
                Some("another issuer has the same `issuer`")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(Error::Config { issuer: config.name, problem: problem.to_owned() });
            }
            issuers.insert(config.issuer.clone(), Issuer::new(config));
        }
        Ok(Self { issuers, accepted: Cache::new(MOST_CACHED) })
    }

    /// Who is calling, by all `Authorization` headers of the request; nobody when there is none.
    ///
    /// An unknown key id fetches the issuer's keys, at most once in 30 seconds: call it where
    /// blocking is allowed, or try [`Self::verify_at_hand`] first.
    ///
    /// # Errors
    /// The reason the token does not count.
    pub fn verify(&self, authorization: &[&str], now: DateTime<Utc>) -> Result<Caller, Refusal> {
        self.verified(authorization, now).map(|found| caller(found.as_deref()))
    }

    /// The same with the keys at hand, which never blocks; none when keys must be fetched first.
    #[must_use]
    pub fn verify_at_hand(
        &self,
        authorization: &[&str],
        now: DateTime<Utc>,
    ) -> Option<Result<Caller, Refusal>> {
        match self.caller(authorization, now, KeyRing::look_up) {
            Ok(caller) => Some(Ok(caller)),
            Err(stop) => stop.refusal().map(Err),
        }
    }

    /// The same with keys that are looked up so.
    pub(super) fn caller(
        &self,
        authorization: &[&str],
        now: DateTime<Utc>,
        look_up: LookUp,
    ) -> Result<Caller, Stop<Refusal>> {
        self.examine(authorization, now, look_up).map(|found| caller(found.as_deref()))
    }

    /// The same for an act that one token may do once: its `jti` is spent.
    ///
    /// It blocks as [`Self::verify`] does. What was spent is known to this process alone.
    ///
    /// # Errors
    /// The reason the token does not count; a token without `jti`, or one spent before, is refused.
    pub fn verify_once(
        &self,
        authorization: &[&str],
        now: DateTime<Utc>,
    ) -> Result<Caller, Refusal> {
        let Some(found) = self.verified(authorization, now)? else {
            return Ok(Caller::anonymous());
        };
        let issuer = self.issuers.get(&found.issuer).ok_or(Reason::IssUnknown)?;
        let refused = |reason| Refusal::of(reason, Arc::clone(&issuer.name));
        let jti = found.jti.ok_or_else(|| refused(Reason::JtiMissing))?;
        issuer.used.spend(jti, found.validity.until(), now).map_err(refused)?;
        Ok(found.caller.clone())
    }

    /// Fetches the keys of every issuer whose keys are missing or old; this blocks. Call it at
    /// start and then from time to time.
    ///
    /// Gives the names of the issuers whose keys could not be had, and why; their old keys stay.
    #[must_use]
    pub fn refresh_due(&self, now: DateTime<Utc>) -> Vec<(Arc<str>, Error)> {
        let failed = self.issuers.values().filter_map(|issuer| {
            issuer.keys.refresh_if_due(now).err().map(|error| (Arc::clone(&issuer.name), error))
        });
        failed.collect()
    }

    fn verified(
        &self,
        authorization: &[&str],
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Verified>>, Refusal> {
        let examined = self.examine(authorization, now, KeyRing::fetch);
        examined.map_err(|stop| stop.refusal().unwrap_or_else(|| Reason::KeysUnavailable.into()))
    }

    fn examine(
        &self,
        authorization: &[&str],
        now: DateTime<Utc>,
        look_up: LookUp,
    ) -> Result<Option<Arc<Verified>>, Stop<Refusal>> {
        let Some(token) = token::bearer(authorization)? else { return Ok(None) };
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(known) = self.accepted.get(&digest) {
            if self.still_stands(&known, now) {
                return Ok(Some(known));
            }
            self.accepted.invalidate(&digest);
        }
        let unverified = token::read(token)?;
        let iss = unverified.claims.get("iss").and_then(Value::as_str).ok_or(Reason::IssMissing)?;
        let issuer = self.issuers.get(iss).ok_or(Reason::IssUnknown)?;
        let verified = Arc::new(issuer.check(token, &unverified, now, look_up)?);
        self.accepted.insert(digest, Arc::clone(&verified));
        Ok(Some(verified))
    }

    /// Forgets every accepted token, so that the next check is a whole one.
    #[cfg(test)]
    pub(super) fn forget(&self) {
        self.accepted.invalidate_all();
    }

    fn still_stands(&self, known: &Verified, now: DateTime<Utc>) -> bool {
        let issuer = self.issuers.get(&known.issuer);
        known.validity.holds(now)
            && issuer.is_some_and(|issuer| issuer.keys.holds(&known.kid, &known.fingerprint))
    }
}

fn caller(found: Option<&Verified>) -> Caller {
    found.map_or_else(Caller::anonymous, |verified| verified.caller.clone())
}

impl Issuer {
    fn new(config: IssuerConfig) -> Self {
        let validations =
            config.algorithms.iter().map(|one| (*one, validation(&config, *one))).collect();
        let name = Arc::from(config.name.as_str());
        Self { name, keys: KeyRing::new(&config), validations, config, used: Used::new() }
    }

    fn check(
        &self,
        token: &str,
        unverified: &Unverified,
        now: DateTime<Utc>,
        look_up: LookUp,
    ) -> Result<Verified, Stop<Refusal>> {
        let refused = |reason| Stop::Refused(Refusal::of(reason, Arc::clone(&self.name)));
        let alg = unverified.alg;
        let allowed = self.validations.iter().find(|(one, _)| *one == alg);
        let (_, validation) = allowed.ok_or_else(|| refused(Reason::AlgNotAllowed))?;
        let key = match look_up(&self.keys, &unverified.kid, now) {
            Lookup::Found(key) => key,
            Lookup::Unknown => return Err(refused(Reason::KidUnknown)),
            Lookup::Unavailable => return Err(refused(Reason::KeysUnavailable)),
            Lookup::FetchFirst => return Err(Stop::FetchFirst),
        };
        if !key.is_for(alg) {
            return Err(refused(Reason::KeyNotForAlg));
        }
        jsonwebtoken::decode::<IgnoredAny>(token, key.decoding(), validation)
            .map_err(|error| refused(library_reason(error.kind())))?;
        let accepted = claims::accept(&self.config, &unverified.claims, now).map_err(refused)?;
        Ok(self.verified(unverified.kid.clone(), *key.fingerprint(), accepted))
    }

    fn verified(&self, kid: String, fingerprint: [u8; 32], accepted: Accepted) -> Verified {
        let Accepted { subject, scopes, supplier, client, person, validity, jti } = accepted;
        Verified {
            caller: Caller::verified(subject, scopes, supplier, client).of_person(person),
            issuer: self.config.issuer.clone(),
            kid,
            fingerprint,
            validity,
            jti: jti.map(|jti| Sha256::digest(jti.as_bytes()).into()),
        }
    }
}

/// The library's own checks, as strict as they get. Times are left to us: it reads the system's
/// clock, takes no account of `iat`, and would decide by another moment than the rest of the call.
fn validation(config: &IssuerConfig, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.library());
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&config.issuer]);
    let ours = config.audience.as_str();
    if config.allow_unspecified_audience {
        validation.set_audience(&[ours, UNSPECIFIED]);
    } else {
        validation.set_audience(&[ours]);
    }
    validation.leeway = u64::from(config.leeway_seconds);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn library_reason(kind: &ErrorKind) -> Reason {
    match kind {
        ErrorKind::InvalidAudience => Reason::AudForeign,
        ErrorKind::InvalidIssuer => Reason::IssUnknown,
        ErrorKind::InvalidAlgorithm => Reason::KeyNotForAlg,
        ErrorKind::MissingRequiredClaim(name) => match name.as_str() {
            "aud" => Reason::AudMissing,
            "iss" => Reason::IssMissing,
            _ => Reason::ExpMissing,
        },
        ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::Utf8(_) => Reason::TokenMalformed,
        _ => Reason::SignatureInvalid,
    }
}
