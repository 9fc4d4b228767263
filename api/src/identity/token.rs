//! A token taken apart, before anything in it is believed.

use super::config::Algorithm;
use super::{Reason, json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The longest token we look at.
const MOST_BYTES: usize = 8 * 1024;
/// The longest key id.
const MOST_KID_BYTES: usize = 128;

/// What a token says about itself; only good for finding the key that proves it.
pub(super) struct Unverified {
    pub(super) alg: Algorithm,
    pub(super) kid: String,
    pub(super) claims: Map<String, Value>,
}

/// The token of the only `Authorization` header; none when there is no header.
pub(super) fn bearer<'a>(authorization: &[&'a str]) -> Result<Option<&'a str>, Reason> {
    let value = match authorization {
        [] => return Ok(None),
        [value] => *value,
        _ => return Err(Reason::AuthorizationRepeated),
    };
    let (scheme, token) = value.split_once(' ').ok_or(Reason::SchemeNotBearer)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Reason::SchemeNotBearer);
    }
    if token.len() > MOST_BYTES {
        return Err(Reason::TokenTooLong);
    }
    Ok(Some(token))
}

/// Takes a token apart.
///
/// The header is judged before the signature's own encoding, so that `alg: none` is recorded as
/// what it is.
pub(super) fn read(token: &str) -> Result<Unverified, Reason> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Reason::TokenMalformed);
    };
    let (alg, kid) = read_header(&json::object(&decode(header)?)?)?;
    let claims = json::object(&decode(claims)?)?;
    decode(signature)?;
    Ok(Unverified { alg, kid, claims })
}

/// Canonical base64url without padding: one text for each value, so that no second spelling of a
/// token exists.
fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    match URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(Reason::TokenMalformed),
    }
}

fn read_header(header: &Map<String, Value>) -> Result<(Algorithm, String), Reason> {
    let alg = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
    let alg = alg.ok_or(Reason::AlgNotAllowed)?;
    match header.get("typ").map(Value::as_str) {
        None | Some(Some("JWT" | "at+jwt")) => {}
        Some(_) => return Err(Reason::TypNotAllowed),
    }
    if ["jku", "x5u", "jwk", "x5c"].iter().any(|name| header.contains_key(*name)) {
        return Err(Reason::KeyInHeader);
    }
    if ["crit", "b64", "zip", "cty", "enc"].iter().any(|name| header.contains_key(*name)) {
        return Err(Reason::HeaderNotSupported);
    }
    match header.get("kid").and_then(Value::as_str) {
        Some(kid) if !kid.is_empty() && kid.len() <= MOST_KID_BYTES => Ok((alg, kid.to_owned())),
        _ => Err(Reason::KidInvalid),
    }
}
