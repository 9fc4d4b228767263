//! Tokens that count, how long they do, and what they say.

use super::*;
use hjemmel_policy::{OrganisationNumber, Subject};

#[test]
fn every_algorithm_is_taken_for_both_kinds() {
    let (_dir, verifier) = verifier();
    for alg in ["RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"] {
        let caller = ask(&verifier, &signer(alg).mint(&machine()), now()).unwrap();
        assert_eq!(caller.organisation().unwrap().as_str(), NAV, "{alg}");
        let caller = ask(&verifier, &signer(alg).mint(&person()), now()).unwrap();
        assert_eq!(caller.organisation(), None, "{alg}");
    }
}

#[test]
fn an_organisations_token_gives_consumer_scopes_supplier_and_client() {
    let (_dir, verifier) = verifier();
    let claims = but(
        machine(),
        &json!({
            "supplier": organisation(KS), "delegation_source": "https://www.altinn.no/",
            "scope": "ssb:kostra.read ssb:kostra.read.all",
        }),
    );
    let caller = ask(&verifier, &signer("RS256").mint(&claims), now()).unwrap();
    let nav = OrganisationNumber::parse(NAV).unwrap();
    assert_eq!(caller.subject(), &Subject::Organisation { organisation: nav });
    assert_eq!(caller.supplier().unwrap().as_str(), KS);
    assert_eq!(caller.client(), Some("5238b3d7"));
    assert!(caller.has_scope("ssb:kostra.read") && !caller.has_scope("ssb:kostra"));
}

#[test]
fn a_persons_token_gives_mapped_roles_and_an_organisation_only_if_said() {
    let (_dir, verifier) = verifier();
    for (org, expected) in
        [(Value::Null, None), (json!("0192:889640782"), Some(NAV)), (organisation(KS), Some(KS))]
    {
        let token = signer("ES256").mint(&but(person(), &json!({ "org": org })));
        let caller = ask(&verifier, &token, now()).unwrap();
        let Subject::Person { issuer, subject, roles, organisation } = caller.subject() else {
            panic!("not a person")
        };
        assert_eq!((issuer.as_str(), subject.as_str()), (PEOPLE, "f3c1"));
        assert_eq!(roles.iter().collect::<Vec<_>>(), [&Role::Legal]);
        assert_eq!(organisation.as_ref().map(OrganisationNumber::as_str), expected);
    }
}

#[test]
fn nobody_is_anonymous() {
    let (_dir, verifier) = verifier();
    assert_eq!(verifier.verify(&[], now()), Ok(Caller::anonymous()));
    assert_eq!(verifier.verify_at_hand(&[], now()), Some(Ok(Caller::anonymous())));
}

#[test]
fn a_token_counts_until_the_second_it_expires_cached_or_not() {
    let token = signer("EdDSA").mint(&machine());
    let last = 120 + 5;
    for warm in [true, false] {
        for (seconds, answer) in
            [(last - 1, Ok(())), (last, Err(Reason::Expired)), (last + 1, Err(Reason::Expired))]
        {
            let (_dir, verifier) = verifier();
            if warm {
                ask(&verifier, &token, now()).unwrap();
            }
            assert_eq!(ask(&verifier, &token, later(seconds)).map(|_| ()), answer, "{seconds}");
        }
    }
}

#[test]
fn a_remembered_token_does_not_count_before_its_time() {
    let (_dir, verifier) = verifier();
    let token = signer("EdDSA").mint(&machine());
    assert!(ask(&verifier, &token, later(-5)).is_ok());
    assert_eq!(ask(&verifier, &token, later(-6)), Err(Reason::IatInFuture));
}

#[test]
fn an_unspecified_audience_counts_only_where_configured() {
    let (_dir, verifier) = verifier_with(|config| {
        config.allow_unspecified_audience = config.kind == Kind::Maskinporten;
    });
    let with = |aud: Value| signer("EdDSA").mint(&but(machine(), &json!({ "aud": aud })));
    assert!(ask(&verifier, &with(json!("unspecified")), now()).is_ok());
    assert!(ask(&verifier, &with(json!(AUDIENCE)), now()).is_ok());
    assert_refused(&verifier, &with(Value::Null), Reason::AudMissing);
}

#[test]
fn an_act_that_may_be_done_once_is_done_once() {
    let (_dir, verifier) = verifier();
    let once = |token: &str, at| {
        verifier.verify_once(&[&format!("Bearer {token}")], at).map(|_| ()).map_err(|r| r.reason())
    };
    let signer = signer("ES256");
    let token = signer.mint(&person());
    assert!(ask(&verifier, &token, now()).is_ok());
    assert_eq!(once(&token, now()), Ok(()));
    assert_eq!(once(&token, later(10)), Err(Reason::Replayed));
    // ECDSA signs the same claims differently each time; the id is what counts.
    assert_eq!(
        once(&signer.mint_with(&json!({ "typ": "at+jwt" }), &person()), now()),
        Err(Reason::Replayed)
    );
    // Another issuer's equal id is another id.
    assert_eq!(once(&signer.mint(&but(machine(), &json!({ "jti": "p-1" }))), now()), Ok(()));
    assert_eq!(
        once(&signer.mint(&but(person(), &json!({ "jti": null }))), now()),
        Err(Reason::JtiMissing)
    );
}
