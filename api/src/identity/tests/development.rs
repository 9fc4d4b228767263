//! The development issuer.

use super::*;
use hjemmel_policy::OrganisationNumber;
use rand::SeedableRng as _;
use uuid::Uuid;

fn issuer(dir: &Path) -> DevIssuer {
    DevIssuer::create(dir, &mut rand::rngs::StdRng::seed_from_u64(1)).unwrap()
}

fn organisation_token() -> OrganisationToken {
    OrganisationToken {
        consumer: OrganisationNumber::parse(NAV).unwrap(),
        supplier: Some(OrganisationNumber::parse(KS).unwrap()),
        client: "demo".to_owned(),
        scopes: vec!["ssb:kostra.read".to_owned()],
        audience: AUDIENCE.to_owned(),
        lifetime_seconds: 3_600,
        jti: Uuid::from_u128(1),
    }
}

#[test]
fn its_tokens_count_in_a_test_installation_alone() {
    let dir = tempfile::tempdir().unwrap();
    issuer(dir.path());
    let issuer = DevIssuer::open(dir.path()).unwrap();
    assert!(Verifier::new(issuer.configs(AUDIENCE), TestIssuers::Refused).is_err());
    let verifier = Verifier::new(issuer.configs(AUDIENCE), TestIssuers::Allowed).unwrap();
    let token = issuer.organisation(&organisation_token(), now()).unwrap();
    let caller = ask(&verifier, &token, now()).unwrap();
    assert_eq!(caller.organisation().unwrap().as_str(), NAV);
    assert_eq!(caller.supplier().unwrap().as_str(), KS);
    let token = PersonToken {
        person: "legal2".to_owned(),
        subject: "legal2".to_owned(),
        roles: vec![Role::Legal],
        organisation: OrganisationNumber::parse(KS).ok(),
        audience: AUDIENCE.to_owned(),
        lifetime_seconds: 3_600,
        jti: Uuid::from_u128(2),
    };
    let caller = ask(&verifier, &issuer.person(&token, now()).unwrap(), now()).unwrap();
    assert_eq!(caller.organisation().unwrap().as_str(), KS);
}

#[test]
fn its_key_is_its_owners_alone_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    issuer(dir.path());
    let path = dir.path().join("issuer-key.pem");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut rng = rand::rngs::StdRng::seed_from_u64(2);
    assert!(DevIssuer::create(dir.path(), &mut rng).is_err());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(DevIssuer::open(dir.path()), Err(Error::KeyExposed(_))));
}
