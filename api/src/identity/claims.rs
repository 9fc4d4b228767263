//! The claims every token must carry, whoever it is for.

use super::config::{IssuerConfig, Kind, UNSPECIFIED};
use super::{Reason, maskinporten, people};
use chrono::{DateTime, Utc};
use hjemmel_policy::{OrganisationNumber, Subject};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The one scheme of identifiers an organisation may be named in.
const AUTHORITY: &str = "iso6523-actorid-upis";
/// The Register of Legal Entities in that scheme.
const REGISTER: &str = "0192:";
/// The longest identifier we keep for the record.
const MOST_ID_BYTES: usize = 255;

/// What an accepted token says.
pub(super) struct Accepted {
    pub(super) subject: Subject,
    pub(super) scopes: BTreeSet<String>,
    pub(super) supplier: Option<OrganisationNumber>,
    pub(super) client: Option<String>,
    pub(super) person: Option<String>,
    pub(super) validity: Validity,
    pub(super) jti: Option<String>,
}

/// When a token counts, in seconds since 1970 with the issuer's leeway added.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    from: i64,
    until: i64,
}

impl Validity {
    /// Whether the token counts at this moment.
    pub(super) const fn holds(self, now: DateTime<Utc>) -> bool {
        self.from <= now.timestamp() && now.timestamp() < self.until
    }

    /// The first second at which it no longer counts.
    pub(super) const fn until(self) -> i64 {
        self.until
    }
}

/// Checks the claims of a token whose signature has been checked.
pub(super) fn accept(
    config: &IssuerConfig,
    claims: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<Accepted, Reason> {
    audience(config, claims)?;
    let validity = times(config, claims, now)?;
    if claims.contains_key("cnf") {
        return Err(Reason::ProofOfPossessionRequired);
    }
    access_token(claims)?;
    let jti = short_string(claims, "jti", Reason::JtiMissing)?;
    let scopes = scopes(config, claims)?;
    let client = match short_string(claims, "client_id", Reason::ClientInvalid)? {
        Some(client) => Some(client),
        None => short_string(claims, "azp", Reason::ClientInvalid)?,
    };
    let person = match config.kind {
        Kind::Oidc => people::person(config, claims)?,
        Kind::Maskinporten => None,
    };
    let (subject, supplier) = match config.kind {
        Kind::Maskinporten if jti.is_none() => return Err(Reason::JtiMissing),
        Kind::Maskinporten => maskinporten::subject(claims)?,
        Kind::Oidc => (people::subject(config, claims)?, None),
    };
    Ok(Accepted { subject, scopes, supplier, client, person, validity, jti })
}

/// An audience that names others besides us is refused: the token would work there too, so whoever
/// receives it there could use it here.
fn audience(config: &IssuerConfig, claims: &Map<String, Value>) -> Result<(), Reason> {
    let ours = |value: &Value| match value.as_str() {
        Some(text) => {
            let unspecified = config.allow_unspecified_audience && text == UNSPECIFIED;
            if text == config.audience || unspecified { Ok(()) } else { Err(Reason::AudForeign) }
        }
        None => Err(Reason::AudMissing),
    };
    match claims.get("aud") {
        Some(Value::Array(values)) if !values.is_empty() => values.iter().try_for_each(ours),
        Some(value) => ours(value),
        None => Err(Reason::AudMissing),
    }
}

fn times(
    config: &IssuerConfig,
    claims: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<Validity, Reason> {
    let leeway = i64::from(config.leeway_seconds);
    let expires = seconds(claims, "exp").ok_or(Reason::ExpMissing)?;
    let issued = seconds(claims, "iat").ok_or(Reason::IatMissing)?;
    let lifetime = expires.checked_sub(issued).ok_or(Reason::LifetimeTooLong)?;
    if lifetime <= 0 || lifetime > i64::from(config.max_lifetime_seconds) {
        return Err(Reason::LifetimeTooLong);
    }
    let until = expires.checked_add(leeway).ok_or(Reason::LifetimeTooLong)?;
    if now.timestamp() >= until {
        return Err(Reason::Expired);
    }
    let from = issued.saturating_sub(leeway);
    if now.timestamp() < from {
        return Err(Reason::IatInFuture);
    }
    if !claims.contains_key("nbf") {
        return Ok(Validity { from, until });
    }
    let not_before = seconds(claims, "nbf").ok_or(Reason::NbfInvalid)?.saturating_sub(leeway);
    if now.timestamp() < not_before {
        return Err(Reason::NotYetValid);
    }
    Ok(Validity { from: from.max(not_before), until })
}

/// Whole seconds since 1970; fractions, which RFC 7519 permits and no issuer here writes, are
/// refused.
fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64).filter(|seconds| *seconds >= 0)
}

/// Identity and refresh tokens may be signed by the same key for the same audience.
fn access_token(claims: &Map<String, Value>) -> Result<(), Reason> {
    let identity = ["at_hash", "c_hash", "s_hash"].iter().any(|name| claims.contains_key(*name));
    let bearer = |name| match claims.get(name).map(Value::as_str) {
        None => true,
        Some(Some(text)) => text.eq_ignore_ascii_case("bearer"),
        Some(None) => false,
    };
    if identity || !bearer("typ") || !bearer("token_type") {
        return Err(Reason::NotAnAccessToken);
    }
    Ok(())
}

fn scopes(config: &IssuerConfig, claims: &Map<String, Value>) -> Result<BTreeSet<String>, Reason> {
    let scopes = match claims.get("scope") {
        None => BTreeSet::new(),
        Some(value) => parse_scopes(value.as_str().ok_or(Reason::ScopeMalformed)?)?,
    };
    let lacks = !config.required_scopes.is_empty()
        && !config.required_scopes.iter().any(|scope| scopes.contains(scope));
    if lacks || (scopes.is_empty() && config.kind == Kind::Maskinporten) {
        return Err(Reason::ScopeMissing);
    }
    Ok(scopes)
}

/// RFC 6749 section 3.3: words of printable ASCII without `"` and `\`, single spaces between.
fn parse_scopes(text: &str) -> Result<BTreeSet<String>, Reason> {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    text.split(' ')
        .map(|scope| {
            let good = !scope.is_empty() && scope.bytes().all(fits);
            if good { Ok(scope.to_owned()) } else { Err(Reason::ScopeMalformed) }
        })
        .collect()
}

/// A claim that, when it is there, is a string of a sensible length without control characters.
pub(super) fn short_string(
    claims: &Map<String, Value>,
    name: &str,
    reason: Reason,
) -> Result<Option<String>, Reason> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_short(text) => Ok(Some(text.clone())),
        Some(_) => Err(reason),
    }
}

fn is_short(text: &str) -> bool {
    !text.is_empty() && text.len() <= MOST_ID_BYTES && !text.chars().any(char::is_control)
}

/// An organisation as Maskinporten writes it; unknown authorities and registers are nobody.
pub(super) fn organisation(value: &Value) -> Option<OrganisationNumber> {
    let authority = value.get("authority")?.as_str()?;
    let number = value.get("ID")?.as_str()?.strip_prefix(REGISTER)?;
    if authority != AUTHORITY {
        return None;
    }
    OrganisationNumber::parse(number).ok()
}
