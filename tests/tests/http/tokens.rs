//! Attacks on tokens over HTTP: each is refused without a word on why, and leaves one line in the record.

use crate::installation::Installation;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

const ADDRESS: &str = "/v1/me";

/// The installation's own issuer, held by an attacker who can sign anything with it.
pub struct Issuer {
    key: SigningKey,
    kid: String,
}

impl Issuer {
    /// The issuer of an installation.
    pub fn of(installation: &Installation) -> Self {
        let pem = std::fs::read_to_string(installation.path("issuer-key.pem")).unwrap();
        let set = std::fs::read_to_string(installation.path("jwks.json")).unwrap();
        let set: Value = serde_json::from_str(&set).unwrap();
        let kid = set["keys"][0]["kid"].as_str().unwrap().to_owned();
        Self { key: SigningKey::from_pkcs8_pem(&pem).unwrap(), kid }
    }

    fn header(&self, changes: &Value) -> String {
        but(json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.kid }), changes).to_string()
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        format!("{text}.{}", encode(&signature))
    }

    /// A sound token of NAV's with some claims changed.
    pub fn mint(&self, header: &Value, claims: &Value) -> String {
        self.sign(&self.header(header), &but(sound(), claims).to_string())
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// NAV's token as Maskinporten would shape it.
fn sound() -> Value {
    let now = chrono::Utc::now().timestamp();
    json!({
        "iss": "urn:hjemmel:development:organisations", "aud": "https://hjemmel.invalid/demo",
        "iat": now, "exp": now + 120, "jti": uuid::Uuid::new_v4().to_string(), "client_id": "attack",
        "scope": "ssb:kostra.tables ssb:kostra.microdata", "token_type": "Bearer",
        "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:889640782" },
    })
}

/// The object with some members changed; null takes a member away.
fn but(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            object[name] = value.clone();
        }
    }
    object
}

/// Every attack: the reason that must stand in the record, and the token.
fn attacks(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let none = json!({});
    let now = chrono::Utc::now().timestamp();
    let header = |reason, changes: Value| (reason, issuer.mint(&changes, &none));
    let claims = |reason, changes: Value| (reason, issuer.mint(&none, &changes));
    let unsigned = encode(issuer.header(&json!({ "alg": "none" })).as_bytes());
    let body = encode(sound().to_string().as_bytes());
    let stranger = Issuer { key: SigningKey::from_bytes(&[7; 32]), kid: issuer.kid.clone() };
    let organisation = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:971032146" });
    let twice = sound().to_string().replacen('{', r#"{"scope":"ssb:all","#, 1);
    let good = issuer.mint(&none, &none);
    let (start, signature) = good.rsplit_once('.').unwrap();
    vec![
        ("alg-not-allowed", format!("{unsigned}.{body}.")),
        header("alg-not-allowed", json!({ "alg": "HS256" })),
        header("alg-not-allowed", json!({ "alg": "RS256" })),
        header("kid-unknown", json!({ "kid": "../../jwks" })),
        header("kid-unknown", json!({ "kid": "' OR 1=1 --" })),
        header("kid-invalid", json!({ "kid": null })),
        header("key-in-header", json!({ "jku": "https://evil.test/jwks" })),
        header("key-in-header", json!({ "jwk": { "kty": "OKP" } })),
        header("header-not-supported", json!({ "crit": ["exp"] })),
        header("typ-not-allowed", json!({ "typ": "id_token" })),
        ("signature-invalid", stranger.mint(&none, &none)),
        ("signature-invalid", format!("{start}.{}", encode(&[signature.as_bytes()[0]; 64]))),
        ("token-malformed", "not.a.token".to_owned()),
        ("token-malformed", start.to_owned()),
        ("token-too-long", "a".repeat(9_000)),
        ("duplicate-member", issuer.sign(&issuer.header(&none), &twice)),
        claims("iss-unknown", json!({ "iss": "https://maskinporten.no/" })),
        claims("iss-missing", json!({ "iss": ["urn:hjemmel:development:organisations"] })),
        claims("aud-missing", json!({ "aud": null })),
        claims("aud-foreign", json!({ "aud": "unspecified" })),
        claims("aud-foreign", json!({ "aud": ["https://hjemmel.invalid/demo", "https://other"] })),
        claims("expired", json!({ "iat": now - 300, "exp": now - 60 })),
        claims("lifetime-too-long", json!({ "exp": now + 31 * 86_400 })),
        claims("iat-in-future", json!({ "iat": now + 60 })),
        claims("not-yet-valid", json!({ "nbf": now + 60 })),
        claims("consumer-missing", json!({ "consumer": null })),
        claims(
            "consumer-invalid",
            json!({ "consumer": { "authority": "other", "ID": "0192:889640782" } }),
        ),
        claims("supplier-without-delegation", json!({ "supplier": organisation })),
        claims("pid-present", json!({ "pid": "00000000000" })),
        claims(
            "system-user",
            json!({ "authorization_details": [{ "type": "urn:altinn:systemuser", "systemuser_org": organisation }] }),
        ),
    ]
}

#[test]
fn attacks_on_tokens_are_refused_without_a_reason_and_leave_one_line() {
    let installation = Installation::copy("attacks");
    let node = installation.serve();
    let (issuer, store) = (Issuer::of(&installation), installation.store());
    let me = node.with_token(&issuer.mint(&json!({}), &json!({}))).get(ADDRESS).ok().json();
    let subject = me["subject"].to_string();
    assert!(subject.contains("889640782"), "{subject}");
    let mut said = None;
    for (reason, token) in attacks(&issuer) {
        let before = store.events(1_000).unwrap().len();
        let answer = node.with_token(&token).get_with(ADDRESS, &[("Accept-Language", "en")]);
        answer.problem(401, "invalid-token");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        assert_eq!(*said.get_or_insert_with(|| answer.text()), answer.text(), "{reason}");
        let events = store.events(1_000).unwrap();
        assert_eq!(events.len(), before + 1, "{reason}");
        assert_eq!(events[0].kind, "token-refused");
        assert_eq!(events[0].detail.split(' ').next(), Some(reason), "{}", events[0].detail);
    }
    let log = node.log();
    assert!(log.contains("signature-invalid") && !log.contains(&encode(b"{\"alg\"")), "{log}");
}

#[test]
fn two_authorization_headers_and_other_schemes_are_refused() {
    let node = crate::node::shared();
    let nav = node.caller("nav");
    nav.get_with(ADDRESS, &[("Authorization", "Bearer a.b.c")]).problem(401, "invalid-token");
    for value in ["Basic dTpw", "Bearer", "DPoP a.b.c"] {
        let answer = node.anyone().get_with(ADDRESS, &[("Authorization", value)]);
        answer.problem(401, "invalid-token");
    }
    // A table open to all is not given to a bad token either: the caller believes to be somebody.
    node.with_token("x").get("/pxwebapi/v2/tables/S1101/data").problem(401, "invalid-token");
}
