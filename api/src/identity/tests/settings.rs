//! Settings and key sets that are not safe.

use super::*;
use crate::identity::jwks::KeySet;

fn parsed(change: &str) -> Result<IssuerConfig, toml::de::Error> {
    let text = r#"
        name = "maskinporten"
        issuer = "https://maskinporten.no/"
        kind = "maskinporten"
        jwks = { url = "https://maskinporten.no/jwk" }
        audience = "https://hjemmel.test"
        algorithms = ["RS256", "PS256", "ES256", "EdDSA"]
    "#;
    toml::from_str(&format!("{text}\n{change}"))
}

#[test]
fn the_shortest_configuration_is_a_careful_one() {
    let config = parsed("").unwrap();
    config.validate().unwrap();
    assert!(!config.allow_unspecified_audience && !config.test);
    assert_eq!((config.leeway_seconds, config.max_lifetime_seconds), (5, 3_600));
}

#[test]
fn unknown_settings_and_algorithms_are_named() {
    assert!(parsed("leway_seconds = 5").unwrap_err().to_string().contains("leway_seconds"));
    let text = r#"a = ["HS256"]"#;
    assert!(toml::from_str::<BTreeMap<String, Vec<Algorithm>>>(text).is_err());
}

#[test]
fn unsafe_settings_are_refused() {
    let changes: [fn(&mut IssuerConfig); 12] = [
        |c| c.audience.clear(),
        |c| c.audience = "unspecified".to_owned(),
        |c| c.algorithms.clear(),
        |c| c.max_lifetime_seconds = 86_401,
        |c| c.max_lifetime_seconds = 0,
        |c| c.leeway_seconds = 61,
        |c| c.issuer = "https://test.maskinporten.no/".to_owned(),
        |c| c.jwks = KeySource::Url("http://maskinporten.no/jwk".to_owned()),
        |c| c.jwks = KeySource::Url("http://localhost@evil.test/jwk".to_owned()),
        |c| c.jwks = KeySource::Url("http://localhost.evil.test/jwk".to_owned()),
        |c| c.jwks = KeySource::Url("file:///etc/passwd".to_owned()),
        |c| (c.kind, c.allow_unspecified_audience) = (Kind::Oidc, true),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut config = parsed("").unwrap();
        change(&mut config);
        assert!(config.validate().is_err(), "change {number}");
    }
}

#[test]
fn test_issuers_and_doubles_do_not_count_in_production() {
    let config = parsed("test = true").unwrap();
    assert!(Verifier::new(vec![config.clone()], TestIssuers::Refused).is_err());
    assert!(Verifier::new(vec![config.clone()], TestIssuers::Allowed).is_ok());
    assert!(Verifier::new(vec![config.clone(), config], TestIssuers::Allowed).is_err());
}

#[test]
fn only_keys_fit_for_signatures_are_kept() {
    let with = |alg: &str, changes: Value| but(signer(alg).jwk(), &changes);
    let keys = [
        with("EdDSA", json!({ "kid": "good" })),
        with("EdDSA", json!({ "kid": "enc", "use": "enc" })),
        with("EdDSA", json!({ "kid": "ops", "key_ops": ["encrypt"] })),
        with("EdDSA", json!({ "kid": "alg", "alg": "RS256" })),
        with("EdDSA", json!({ "kid": "private", "d": "AAAA" })),
        with("EdDSA", json!({ "kid": "weak", "x": encode(&"\0".repeat(32)) })),
        with("EdDSA", json!({ "kid": null })),
        with("RS256", json!({ "kid": "identity", "e": "AQ" })),
        with("RS256", json!({ "kid": "rs512-oaep", "alg": "RSA-OAEP" })),
        with("ES256", json!({ "kid": "curve", "crv": "P-384" })),
        with("ES256", json!({ "kid": "short", "x": "AAAA" })),
        signer("RS256-1024").jwk(),
        json!({ "kty": "oct", "kid": "oct", "k": "c2VjcmV0", "alg": "HS256" }),
        json!("not a key"),
    ];
    let set = KeySet::parse(key_set(&keys).as_bytes()).unwrap();
    assert!(set.key("good").is_some());
    assert_eq!((set.len(), set.skipped()), (1, keys.len() - 1));
}
