//! Real keys, real signatures, real files and a real HTTP server; only the clock is ours.

mod attacks;
mod cost;
mod development;
mod mutation;
mod rotation;
mod settings;
mod sound;

use super::*;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_policy::{Caller, Role};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

const AUDIENCE: &str = "https://hjemmel.test";
const MASKINPORTEN: &str = "https://maskinporten.no/";
const PEOPLE: &str = "https://login.test/realms/kostra";
const NAV: &str = "889640782";
const KS: &str = "971032146";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400, 0).unwrap()
}

fn later(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

/// A private key made for these tests, with its algorithm and key id.
struct Signer {
    key: EncodingKey,
    alg: jsonwebtoken::Algorithm,
    kid: &'static str,
}

fn signer(alg: &str) -> Signer {
    use jsonwebtoken::Algorithm as A;
    let rsa = include_bytes!("keys/rsa.pem");
    let (key, alg, kid) = match alg {
        "RS256" => (EncodingKey::from_rsa_pem(rsa), A::RS256, "rsa"),
        "RS384" => (EncodingKey::from_rsa_pem(rsa), A::RS384, "rsa"),
        "RS512" => (EncodingKey::from_rsa_pem(rsa), A::RS512, "rsa"),
        "PS256" => (EncodingKey::from_rsa_pem(rsa), A::PS256, "rsa"),
        "RS256-1024" => {
            (EncodingKey::from_rsa_pem(include_bytes!("keys/rsa_short.pem")), A::RS256, "short")
        }
        "ES256" => (EncodingKey::from_ec_pem(include_bytes!("keys/ec.pem")), A::ES256, "ec"),
        "EdDSA" => (EncodingKey::from_ed_pem(include_bytes!("keys/ed.pem")), A::EdDSA, "ed"),
        "EdDSA-new" => {
            (EncodingKey::from_ed_pem(include_bytes!("keys/ed_new.pem")), A::EdDSA, "new")
        }
        other => panic!("no key for {other}"),
    };
    Signer { key: key.unwrap(), alg, kid }
}

impl Signer {
    /// The public half as a key set writes it; RSA keys name no algorithm, so that one serves all.
    fn jwk(&self) -> Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.key, self.alg).unwrap()).unwrap();
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        if jwk["kty"] == "RSA" {
            jwk.as_object_mut().unwrap().remove("alg");
        }
        jwk
    }

    fn mint(&self, claims: &Value) -> String {
        self.mint_with(&json!({ "typ": "JWT" }), claims)
    }

    /// Signs with more or other header members.
    fn mint_with(&self, header: &Value, claims: &Value) -> String {
        let mut all = serde_json::to_value(Header::new(self.alg)).unwrap();
        let all = all.as_object_mut().unwrap();
        all.insert("kid".to_owned(), self.kid.into());
        for (name, value) in header.as_object().unwrap() {
            if value.is_null() {
                all.remove(name);
            } else {
                all.insert(name.clone(), value.clone());
            }
        }
        self.sign(&serde_json::to_string(all).unwrap(), &claims.to_string())
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.alg).unwrap();
        format!("{message}.{signature}")
    }
}

fn encode(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

fn organisation(number: &str) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") })
}

/// What Maskinporten writes for NAV.
fn machine() -> Value {
    json!({
        "iss": MASKINPORTEN, "aud": AUDIENCE, "client_amr": "virksomhetssertifikat",
        "client_id": "5238b3d7", "consumer": organisation(NAV), "scope": "ssb:kostra.read",
        "token_type": "Bearer", "jti": "uHx7Hk4Yqk", "iat": now().timestamp(),
        "exp": now().timestamp() + 120,
    })
}

/// What an `OpenID` provider writes for a lawyer.
fn person() -> Value {
    json!({
        "iss": PEOPLE, "aud": [AUDIENCE], "sub": "f3c1", "groups": ["kostra-legal", "canteen"],
        "azp": "kostra-web", "jti": "p-1", "iat": now().timestamp(), "exp": now().timestamp() + 300,
    })
}

/// The claims with some of them changed; null takes a claim away.
fn but(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn config(kind: Kind, jwks: KeySource) -> IssuerConfig {
    let people = (kind == Kind::Oidc).then(|| People {
        roles_claim: "groups".to_owned(),
        roles: BTreeMap::from([("kostra-legal".to_owned(), Role::Legal)]),
        organisation_claim: Some("org".to_owned()),
        person_claim: None,
    });
    let (name, issuer) = match kind {
        Kind::Maskinporten => ("maskinporten", MASKINPORTEN),
        Kind::Oidc => ("people", PEOPLE),
    };
    let algorithms = ["RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"];
    let algorithms = algorithms.iter().map(|one| Algorithm::parse(one).unwrap()).collect();
    IssuerConfig {
        name: name.to_owned(),
        issuer: issuer.to_owned(),
        kind,
        jwks,
        audience: AUDIENCE.to_owned(),
        allow_unspecified_audience: false,
        algorithms,
        max_lifetime_seconds: 600,
        leeway_seconds: 5,
        required_scopes: Vec::new(),
        refresh_keys_seconds: 3_600,
        people,
        test: false,
    }
}

fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn write_keys(dir: &Path, keys: &[Value]) -> KeySource {
    let path = dir.join("jwks.json");
    std::fs::write(&path, key_set(keys)).unwrap();
    KeySource::File(path)
}

/// Both kinds of issuer with every test key that may be used, and one that is too short.
fn verifier() -> (TempDir, Verifier) {
    verifier_with(|_| {})
}

fn verifier_with(change: impl Fn(&mut IssuerConfig)) -> (TempDir, Verifier) {
    let dir = tempfile::tempdir().unwrap();
    let keys: Vec<Value> =
        ["RS256", "RS256-1024", "ES256", "EdDSA"].map(|alg| signer(alg).jwk()).into();
    let source = write_keys(dir.path(), &keys);
    let mut configs = vec![config(Kind::Maskinporten, source.clone()), config(Kind::Oidc, source)];
    configs.iter_mut().for_each(change);
    (dir, Verifier::new(configs, TestIssuers::Refused).unwrap())
}

fn ask(verifier: &Verifier, token: &str, now: DateTime<Utc>) -> Result<Caller, Reason> {
    verifier.verify(&[&format!("Bearer {token}")], now).map_err(|refusal| refusal.reason())
}

#[track_caller]
fn assert_refused(verifier: &Verifier, token: &str, reason: Reason) {
    assert_eq!(ask(verifier, token, now()), Err(reason), "{}", reason.code());
}
