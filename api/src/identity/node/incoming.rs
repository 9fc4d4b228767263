//! What another node says when it brings a question here.

use super::outgoing::{BODY_HASH, call_id, digest};
use super::{LEEWAY_SECONDS, MOST_LIFETIME_SECONDS, understands};
use super::{Receipt, ReceiptClaims, read_receipt};
use crate::identity::config::{Algorithm, IssuerConfig, KeySource};
use crate::identity::issuer::thumbprint_of;
use crate::identity::ring::{KeyRing, Lookup};
use crate::identity::verify::{LookUp, Stop, TestIssuers, Verifier};
use crate::identity::{Error, json, token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, VerifyingKey};
use hjemmel_policy::{Caller, OrganisationNumber};
use jsonwebtoken::Validation;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// How old a peer's keys may grow before they are fetched again.
const KEY_AGE_SECONDS: u32 = 600;

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Every `Authorization` header.
    pub authorization: Vec<String>,
    /// Every `DPoP` header.
    pub proof: Vec<String>,
    /// Every header with a caller's token.
    pub subject: Vec<String>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, as it came.
    pub query: String,
}

/// A question that another node brings.
#[derive(Debug)]
pub struct Relayed {
    /// Who asks, and through whom.
    pub caller: Caller,
    /// What names the token, to be used up once.
    pub id: String,
    /// When the token counts no longer.
    pub until: DateTime<Utc>,
}

/// A token of another node that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What names it, to be used up once.
    pub id: String,
    /// When it counts no longer.
    pub until: DateTime<Utc>,
}

/// Why a call of another node is turned away; the code stands in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum NodeRefusal {
    /// Headers missing or repeated.
    Headers,
    /// The token is none, or not this node's kind.
    Token,
    /// Not a peer of ours.
    Stranger,
    /// The signature is not the peer's.
    Signature,
    /// Made out to somebody else.
    Audience,
    /// Too old, too young, or good for too long.
    Times,
    /// The proof is none, or of another call, or by another key.
    Proof,
    /// The token was used before.
    Replayed,
    /// What the node's token is bound to, the caller's own token or the body, is not what was sent, or does not count.
    Subject,
    /// The node speaks a version that is not understood.
    Version,
    /// The peer's keys or the caller's issuer's cannot be had now.
    Unavailable,
}

impl NodeRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Headers => "node-headers",
            Self::Token => "node-token-malformed",
            Self::Stranger => "node-unknown",
            Self::Signature => "node-signature-invalid",
            Self::Audience => "node-audience-foreign",
            Self::Times => "node-times",
            Self::Proof => "node-proof-invalid",
            Self::Replayed => "node-token-replayed",
            Self::Subject => "node-subject-invalid",
            Self::Version => "node-version",
            Self::Unavailable => "node-keys-unavailable",
        }
    }
}

/// A peer as it calls us.
pub struct Peering {
    organisation: OrganisationNumber,
    keys: KeyRing,
    /// Checks the tokens that callers sent to the peer.
    subjects: Verifier,
}

impl Peering {
    /// A peer whose keys are at `jwks`. Callers' tokens are made out to it, as `audience` says, and count if one of our
    /// own issuers signed them.
    ///
    /// # Errors
    /// When the settings are unsafe.
    pub fn new(
        organisation: OrganisationNumber,
        jwks: KeySource,
        audience: &str,
        issuers: &[IssuerConfig],
        tests: TestIssuers,
    ) -> Result<Self, Error> {
        let wrong = |problem| Error::Config { issuer: organisation.to_string(), problem };
        if let Some(problem) = jwks.problem() {
            return Err(wrong(problem));
        }
        let subjects = issuers.iter().cloned().map(|issuer| IssuerConfig {
            audience: audience.to_owned(),
            // A token for nobody in particular could have been sent anywhere.
            allow_unspecified_audience: false,
            ..issuer
        });
        Ok(Self {
            organisation,
            keys: KeyRing::of(jwks, KEY_AGE_SECONDS),
            subjects: Verifier::new(subjects.collect(), tests)?,
        })
    }

    /// Fetches the peer's keys, and those of its callers' issuers, when they are old; this blocks.
    ///
    /// # Errors
    /// When the peer's keys cannot be had; the old ones stay.
    pub fn refresh_due(&self, now: DateTime<Utc>) -> Result<(), Error> {
        for (issuer, error) in self.subjects.refresh_due(now) {
            tracing::warn!(%issuer, %error, "the keys of an issuer could not be fetched");
        }
        self.keys.refresh_if_due(now)
    }

    /// The key the peer signs messages of rounds with; none where it has several, or they cannot be had. This blocks.
    #[must_use]
    pub fn signs_with(&self, now: DateTime<Utc>) -> Option<VerifyingKey> {
        self.keys.only_edwards(now)
    }

    /// Whether there are any keys of the peer to check what it signs with; they are looked for if not. This may block.
    #[must_use]
    pub fn has_keys(&self, now: DateTime<Utc>) -> bool {
        self.keys.is_there(now)
    }

    /// Whether a receipt is the peer's and says this.
    #[must_use]
    pub fn gave(&self, receipt: &str, says: &ReceiptClaims<'_>, now: DateTime<Utc>) -> bool {
        let key_of = |kid: &str| match self.keys.fetch(kid, now) {
            Lookup::Found(key) => Some(key),
            _ => None,
        };
        read_receipt(receipt, key_of)
            == Some(Receipt {
                iss: self.name(),
                aud: format!("0192:{}", says.to),
                decision: says.decision.to_owned(),
                question: says.question.to_owned(),
                call: says.call.to_owned(),
                status: says.status,
            })
    }

    /// Whether the token of a call says it is this peer's.
    #[must_use]
    pub fn is_of(&self, call: &Incoming) -> bool {
        let read = bearer(call).and_then(|text| token::read(text).ok());
        read.is_some_and(|read| text(&read.claims, "iss") == Some(&self.name()))
    }

    fn name(&self) -> String {
        format!("0192:{}", self.organisation)
    }

    /// Checks a call made out to `address`; this blocks where keys must be fetched. The token is still to be used up.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check(
        &self,
        call: &Incoming,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Relayed, NodeRefusal> {
        self.relayed(call, address, now, KeyRing::fetch).map_err(without_keys)
    }

    /// The same with the keys at hand, which never blocks; none where keys must be fetched first.
    #[must_use]
    pub fn check_at_hand(
        &self,
        call: &Incoming,
        address: &str,
        now: DateTime<Utc>,
    ) -> Option<Result<Relayed, NodeRefusal>> {
        match self.relayed(call, address, now, KeyRing::look_up) {
            Ok(relayed) => Some(Ok(relayed)),
            Err(stop) => stop.refusal().map(Err),
        }
    }

    fn relayed(
        &self,
        call: &Incoming,
        address: &str,
        now: DateTime<Utc>,
        look_up: LookUp,
    ) -> Result<Relayed, Stop<NodeRefusal>> {
        let [subject] = &call.subject[..] else { return Err(NodeRefusal::Headers.into()) };
        let bound = ("subjectTokenHash", &*digest(subject));
        let Counted { id, until } = self.counted(call, bound, address, (now, look_up))?;
        let bearer = format!("Bearer {subject}");
        let caller = self.subjects.caller(&[&bearer], now, look_up);
        let caller = caller.map_err(|stop| match stop.refusal() {
            None => Stop::FetchFirst,
            Some(refusal) if refusal.is_unavailable() => NodeRefusal::Unavailable.into(),
            Some(_) => NodeRefusal::Subject.into(),
        })?;
        Ok(Relayed { caller: caller.relayed_by(self.organisation), id, until })
    }

    /// The same for what the peer says itself, with this body.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check_own(
        &self,
        call: &Incoming,
        body: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Counted, NodeRefusal> {
        if !call.subject.is_empty() {
            return Err(NodeRefusal::Headers);
        }
        let bound = (BODY_HASH, &*digest(body));
        self.counted(call, bound, address, (now, KeyRing::fetch)).map_err(without_keys)
    }

    /// Checks the node's token and the proof, and the one thing the token is bound to.
    fn counted(
        &self,
        call: &Incoming,
        (bound, hash): (&str, &str),
        address: &str,
        (now, look_up): (DateTime<Utc>, LookUp),
    ) -> Result<Counted, Stop<NodeRefusal>> {
        let ([_], [proof]) = (&call.authorization[..], &call.proof[..]) else {
            return Err(NodeRefusal::Headers.into());
        };
        let token = bearer(call).ok_or(NodeRefusal::Headers)?;
        let read = token::read(token).map_err(|_| NodeRefusal::Token)?;
        let claims = &read.claims;
        if read.alg != Algorithm::EdDsa {
            return Err(NodeRefusal::Token.into());
        }
        let key = match look_up(&self.keys, &read.kid, now) {
            Lookup::Found(key) if key.is_for(Algorithm::EdDsa) => key,
            Lookup::Unavailable => return Err(NodeRefusal::Unavailable.into()),
            Lookup::FetchFirst => return Err(Stop::FetchFirst),
            _ => return Err(NodeRefusal::Signature.into()),
        };
        jsonwebtoken::decode::<IgnoredAny>(token, key.decoding(), &only_the_signature())
            .map_err(|_| NodeRefusal::Signature)?;
        let says = |name: &str, value: &str| text(claims, name) == Some(value);
        let name = self.name();
        let actor = claims.get("act").and_then(|act| act.get("sub")).and_then(Value::as_str);
        if !says("iss", &name) || !says("sub", &name) || actor != Some(&name) {
            return Err(NodeRefusal::Stranger.into());
        }
        if !says("aud", address) {
            return Err(NodeRefusal::Audience.into());
        }
        let until = times(claims, now).ok_or(NodeRefusal::Times)?;
        if !text(claims, "protocol").is_some_and(understands) {
            return Err(NodeRefusal::Version.into());
        }
        proven(call, proof, token, claims, address, now).ok_or(NodeRefusal::Proof)?;
        let jti = text(claims, "jti").filter(|jti| (8..=128).contains(&jti.len()));
        let jti = jti.ok_or(NodeRefusal::Token)?;
        if !says(bound, hash) {
            return Err(NodeRefusal::Subject.into());
        }
        Ok(Counted { id: call_id(&name, jti), until })
    }
}

/// A refusal where fetching was allowed: keys that are not there then cannot be had.
fn without_keys(stop: Stop<NodeRefusal>) -> NodeRefusal {
    stop.refusal().unwrap_or(NodeRefusal::Unavailable)
}

/// Whether the proof is of this call, by the key the token is bound to.
fn proven(
    call: &Incoming,
    proof: &str,
    token: &str,
    claims: &Map<String, Value>,
    address: &str,
    now: DateTime<Utc>,
) -> Option<()> {
    let (signed, signature) = proof.rsplit_once('.')?;
    let (header, body) = signed.split_once('.')?;
    let object = |part: &str| json::object(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (header, body) = (object(header)?, object(body)?);
    let is = |value: &Map<String, Value>, name: &str, wanted: &str| {
        (text(value, name) == Some(wanted)).then_some(())
    };
    is(&header, "alg", "EdDSA")?;
    is(&header, "typ", "dpop+jwt")?;
    let jwk = header.get("jwk")?.as_object()?;
    is(jwk, "kty", "OKP")?;
    is(jwk, "crv", "Ed25519")?;
    let x = text(jwk, "x")?;
    let bound = claims.get("cnf")?.get("jkt")?.as_str()?;
    if thumbprint_of(x) != bound || jwk.contains_key("d") {
        return None;
    }
    let key: [u8; 32] = URL_SAFE_NO_PAD.decode(x).ok()?.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&key).ok()?;
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    key.verify_strict(signed.as_bytes(), &signature).ok()?;
    is(&body, "htm", &call.method)?;
    is(&body, "htu", &format!("{address}{}", call.path))?;
    is(&body, "queryHash", &digest(&call.query))?;
    is(&body, "ath", &digest(token))?;
    let issued = body.get("iat")?.as_i64()?;
    let distance = now.timestamp().checked_sub(issued)?.checked_abs()?;
    (distance <= MOST_LIFETIME_SECONDS.saturating_add(LEEWAY_SECONDS)).then_some(())
}

fn bearer(call: &Incoming) -> Option<&str> {
    let (scheme, token) = call.authorization.first()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("dpop").then_some(token)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// When a token counts no longer, if it counts now and for no longer than it may.
fn times(claims: &Map<String, Value>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64).filter(|at| *at >= 0);
    let (issued, expires) = (seconds("iat")?, seconds("exp")?);
    let lifetime = expires.checked_sub(issued)?;
    let now = now.timestamp();
    let until = expires.checked_add(LEEWAY_SECONDS)?;
    let young = issued.checked_sub(LEEWAY_SECONDS)? <= now;
    let counts = (1..=MOST_LIFETIME_SECONDS).contains(&lifetime) && young && now < until;
    counts.then(|| DateTime::from_timestamp(until, 0)).flatten()
}

/// The library checks the signature; the rest is checked here, by the time of the call.
fn only_the_signature() -> Validation {
    let mut validation = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
