//! Each known attack on tokens, with the reason that the record must show.

use super::*;

fn machine_but(changes: &Value, reason: Reason) {
    let (_dir, verifier) = verifier();
    let token = signer("EdDSA").mint(&but(machine(), changes));
    assert_refused(&verifier, &token, reason);
}

fn header(members: &Value, reason: Reason) {
    let (_dir, verifier) = verifier();
    let token = signer("EdDSA").mint_with(members, &machine());
    assert_refused(&verifier, &token, reason);
}

#[test]
fn unsigned_and_symmetric_tokens_are_refused() {
    let (_dir, verifier) = verifier();
    let claims = encode(&machine().to_string());
    let none = encode(r#"{"alg":"none","typ":"JWT","kid":"rsa"}"#);
    assert_refused(&verifier, &format!("{none}.{claims}."), Reason::AlgNotAllowed);
    assert_refused(&verifier, &format!("{none}.{claims}.AAAA"), Reason::AlgNotAllowed);
    let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some("rsa".to_owned());
    let secret = EncodingKey::from_secret(signer("RS256").jwk()["n"].as_str().unwrap().as_bytes());
    let confused = jsonwebtoken::encode(&header, &machine(), &secret).unwrap();
    assert_refused(&verifier, &confused, Reason::AlgNotAllowed);
}

#[test]
fn an_algorithm_outside_the_issuers_list_is_refused() {
    let (_dir, verifier) = verifier_with(|config| config.algorithms = vec![Algorithm::RS256]);
    assert_refused(&verifier, &signer("PS256").mint(&machine()), Reason::AlgNotAllowed);
    assert!(ask(&verifier, &signer("RS256").mint(&machine()), now()).is_ok());
}

#[test]
fn key_ids_are_compared_exactly_and_lead_nowhere() {
    for kid in ["ED", "ed ", "../ed", "' OR 1=1 --", "https://evil.test/jwks", "rsa-2"] {
        header(&json!({ "kid": kid }), Reason::KidUnknown);
    }
    header(&json!({ "kid": "ec" }), Reason::KeyNotForAlg);
    for kid in [json!(null), json!(""), json!(7), json!(["ed"]), json!("k".repeat(129))] {
        header(&json!({ "kid": kid }), Reason::KidInvalid);
    }
}

#[test]
fn keys_and_extensions_in_the_header_are_refused() {
    for name in ["jku", "x5u", "jwk", "x5c"] {
        header(&json!({ name: "https://evil.test/keys" }), Reason::KeyInHeader);
    }
    for name in ["crit", "b64", "zip", "cty", "enc"] {
        header(&json!({ name: ["x"] }), Reason::HeaderNotSupported);
    }
    for typ in ["id_token", "jwt", "logout+jwt", "secevent+jwt"] {
        header(&json!({ "typ": typ }), Reason::TypNotAllowed);
    }
    header(&json!({ "typ": 1 }), Reason::TypNotAllowed);
}

#[test]
fn a_key_that_is_too_short_is_no_key() {
    let (_dir, verifier) = verifier();
    assert_refused(&verifier, &signer("RS256-1024").mint(&machine()), Reason::KidUnknown);
}

#[test]
fn another_key_under_a_known_id_does_not_sign() {
    let (_dir, verifier) = verifier();
    let token = signer("EdDSA-new").mint_with(&json!({ "kid": "ed" }), &machine());
    assert_refused(&verifier, &token, Reason::SignatureInvalid);
}

#[test]
fn issuers_are_compared_exactly() {
    for iss in
        ["https://test.maskinporten.no/", "https://maskinporten.no", "HTTPS://maskinporten.no/"]
    {
        machine_but(&json!({ "iss": iss }), Reason::IssUnknown);
    }
    for iss in [json!(null), json!(1), json!([MASKINPORTEN]), json!({})] {
        machine_but(&json!({ "iss": iss }), Reason::IssMissing);
    }
}

#[test]
fn audiences_other_than_ours_alone_are_refused() {
    machine_but(&json!({ "aud": null }), Reason::AudMissing);
    for aud in
        [json!("unspecified"), json!("https://hjemmel.test/"), json!([AUDIENCE, "https://other"])]
    {
        machine_but(&json!({ "aud": aud }), Reason::AudForeign);
    }
    for aud in [json!([]), json!(1), json!({ "aud": AUDIENCE })] {
        let (_dir, verifier) = verifier();
        let answer =
            ask(&verifier, &signer("EdDSA").mint(&but(machine(), &json!({ "aud": aud }))), now());
        assert!(matches!(answer, Err(Reason::AudMissing | Reason::AudForeign)), "{answer:?}");
    }
}

#[test]
fn times_that_do_not_fit_are_refused() {
    let at = |seconds: i64| now().timestamp() + seconds;
    machine_but(&json!({ "exp": null }), Reason::ExpMissing);
    machine_but(&json!({ "exp": "1772366520" }), Reason::ExpMissing);
    machine_but(&json!({ "exp": 1_772_366_520.5 }), Reason::ExpMissing);
    machine_but(&json!({ "iat": at(-200), "exp": at(-10) }), Reason::Expired);
    machine_but(&json!({ "iat": null }), Reason::IatMissing);
    machine_but(&json!({ "iat": at(6), "exp": at(100) }), Reason::IatInFuture);
    machine_but(&json!({ "exp": at(601) }), Reason::LifetimeTooLong);
    machine_but(&json!({ "exp": i64::MAX }), Reason::LifetimeTooLong);
    machine_but(&json!({ "iat": at(60), "exp": at(60) }), Reason::LifetimeTooLong);
    machine_but(&json!({ "nbf": at(6) }), Reason::NotYetValid);
    machine_but(&json!({ "nbf": "soon" }), Reason::NbfInvalid);
}

#[test]
fn repeated_members_are_refused_even_when_signed() {
    let (_dir, verifier) = verifier();
    let signer = signer("EdDSA");
    let claims = machine().to_string();
    let twice = claims.replacen('{', r#"{"scop\u0065":"ssb:all","#, 1);
    let header = r#"{"alg":"EdDSA","typ":"JWT","kid":"ed"}"#;
    assert_refused(&verifier, &signer.sign(header, &twice), Reason::DuplicateMember);
    let inside = claims.replacen(r#""ID":"#, r#""ID":"0192:971032146","ID":"#, 1);
    assert_refused(&verifier, &signer.sign(header, &inside), Reason::DuplicateMember);
    let header = r#"{"alg":"EdDSA","typ":"JWT","kid":"ed","kid":"ed"}"#;
    assert_refused(&verifier, &signer.sign(header, &claims), Reason::DuplicateMember);
}

#[test]
fn a_consumer_that_is_not_a_norwegian_organisation_is_refused() {
    machine_but(&json!({ "consumer": null }), Reason::ConsumerMissing);
    let id = |id: &str| json!({ "authority": "iso6523-actorid-upis", "ID": id });
    for consumer in [
        id("0192:"),
        id("0192:889640783"),
        id("9908:889640782"),
        id("889640782"),
        id("0192:889640782:1"),
        id(" 0192:889640782"),
        json!("0192:889640782"),
        json!([]),
        json!({ "authority": "other", "ID": "0192:889640782" }),
        json!({ "ID": "0192:889640782" }),
    ] {
        machine_but(&json!({ "consumer": consumer }), Reason::ConsumerInvalid);
    }
}

#[test]
fn confused_deputies_are_refused() {
    machine_but(&json!({ "supplier": organisation(KS) }), Reason::SupplierWithoutDelegation);
    machine_but(
        &json!({ "delegation_source": "https://altinn.no" }),
        Reason::SupplierWithoutDelegation,
    );
    let source = "https://altinn.no";
    machine_but(&json!({ "supplier": "KS", "delegation_source": source }), Reason::SupplierInvalid);
    machine_but(&json!({ "pid": "00000000000" }), Reason::PidPresent);
    let user = json!([{ "type": "urn:altinn:systemuser", "systemuser_org": organisation(KS) }]);
    machine_but(&json!({ "authorization_details": user }), Reason::SystemUser);
    let other = json!([{ "type": "urn:other" }]);
    machine_but(&json!({ "authorization_details": other }), Reason::AuthorizationDetailsUnknown);
    machine_but(&json!({ "authorization_details": {} }), Reason::AuthorizationDetailsUnknown);
    machine_but(&json!({ "cnf": { "jkt": "x" } }), Reason::ProofOfPossessionRequired);
    machine_but(&json!({ "typ": "ID" }), Reason::NotAnAccessToken);
    machine_but(&json!({ "at_hash": "x" }), Reason::NotAnAccessToken);
    machine_but(&json!({ "jti": null }), Reason::JtiMissing);
    machine_but(&json!({ "client_id": 5 }), Reason::ClientInvalid);
}

#[test]
fn scopes_are_whole_words() {
    machine_but(&json!({ "scope": null }), Reason::ScopeMissing);
    for scope in [json!(""), json!("a  b"), json!(" a"), json!("a\tb"), json!(["a"]), json!("å")] {
        machine_but(&json!({ "scope": scope }), Reason::ScopeMalformed);
    }
    let (_dir, verifier) =
        verifier_with(|config| config.required_scopes = vec!["ssb:kostra.read".to_owned()]);
    for scope in ["ssb:kostra.read.all", "ssb:kostra.rea", "xssb:kostra.read", "SSB:kostra.read"] {
        let token = signer("EdDSA").mint(&but(machine(), &json!({ "scope": scope })));
        assert_refused(&verifier, &token, Reason::ScopeMissing);
    }
    assert!(ask(&verifier, &signer("EdDSA").mint(&machine()), now()).is_ok());
}

#[test]
fn people_need_a_subject_and_well_formed_claims() {
    let (_dir, verifier) = verifier();
    for (changes, reason) in [
        (json!({ "sub": null }), Reason::SubMissing),
        (json!({ "sub": "" }), Reason::SubMissing),
        (json!({ "groups": [1] }), Reason::RolesMalformed),
        (json!({ "groups": { "a": 1 } }), Reason::RolesMalformed),
        (json!({ "org": "123456789" }), Reason::OrganisationInvalid),
        (json!({ "org": null, "nonce": 1, "at_hash": "x" }), Reason::NotAnAccessToken),
    ] {
        let token = signer("ES256").mint(&but(person(), &changes));
        assert_refused(&verifier, &token, reason);
    }
}

/// Two accounts without the claim would pass for two persons, and one could do what takes two.
#[test]
fn who_is_behind_an_account_must_be_told_where_it_can_be() {
    let (_dir, verifier) = verifier_with(|config| {
        if let Some(people) = &mut config.people {
            people.person_claim = Some("pid".to_owned());
        }
    });
    for pid in [json!(null), json!(""), json!(7), json!(["a"])] {
        let token = signer("ES256").mint(&but(person(), &json!({ "pid": pid })));
        assert_refused(&verifier, &token, Reason::PersonInvalid);
    }
    let token = signer("ES256").mint(&but(person(), &json!({ "pid": "a" })));
    assert_eq!(ask(&verifier, &token, now()).unwrap().person(), Some("a"));
}

#[test]
fn the_header_itself_must_be_one_bearer_token() {
    let (_dir, verifier) = verifier();
    let good = format!("Bearer {}", signer("EdDSA").mint(&machine()));
    let reason = |headers: &[&str]| verifier.verify(headers, now()).map_err(|r| r.reason());
    assert_eq!(reason(&[&good, &good]), Err(Reason::AuthorizationRepeated));
    for header in ["", "Bearer", "Basic dTpw", "DPoP a.b.c", "Bearer\ta.b.c"] {
        assert_eq!(reason(&[header]), Err(Reason::SchemeNotBearer), "{header}");
    }
    for token in ["", "a.b", "a.b.c.d", " a.b.c", "e30=.e30.e30", "e30.e30.e30,Bearer e30.e30.e30"]
    {
        let answer = reason(&[&format!("Bearer {token}")]);
        assert!(matches!(answer, Err(Reason::TokenMalformed | Reason::AlgNotAllowed)), "{token}");
    }
    assert_eq!(reason(&[&format!("{good}=")]), Err(Reason::TokenMalformed));
    assert_eq!(reason(&[&format!("Bearer {}", "a".repeat(8193))]), Err(Reason::TokenTooLong));
}

#[test]
fn a_refusal_says_nothing_of_the_token() {
    let (_dir, verifier) = verifier();
    let token = signer("EdDSA").mint(&but(machine(), &json!({ "pid": "CANARY", "jti": "CANARY" })));
    let refusal = verifier.verify(&[&format!("Bearer {token}")], now()).unwrap_err();
    assert_eq!(refusal.to_string(), "no valid credentials");
    assert_eq!(refusal.issuer(), Some("maskinporten"));
    assert!(!format!("{refusal:?}").contains("CANARY"));
}
