//! A development issuer: real signatures on tokens that only a test installation takes.

use super::Error;
use super::config::{Algorithm, IssuerConfig, KeySource, Kind, People};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding,
};
use hjemmel_policy::{OrganisationNumber, Role};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The `iss` of organisations' development tokens.
pub const ORGANISATIONS: &str = "urn:hjemmel:development:organisations";
/// The `iss` of people's development tokens.
pub const PEOPLE: &str = "urn:hjemmel:development:people";

const KEY_FILE: &str = "issuer-key.pem";
const SET_FILE: &str = "jwks.json";
/// The longest a development token may count.
const LIFETIME_SECONDS: u32 = 7 * 86_400;

/// An Ed25519 key of our own and the tokens it signs.
pub struct DevIssuer {
    dir: PathBuf,
    key: EncodingKey,
    kid: String,
}

/// An organisation's token, as Maskinporten shapes it.
#[derive(Debug, Clone)]
pub struct OrganisationToken {
    /// The body that asks.
    pub consumer: OrganisationNumber,
    /// The data processor that calls for it, if any.
    pub supplier: Option<OrganisationNumber>,
    /// The client id, for the record.
    pub client: String,
    /// The scopes.
    pub scopes: Vec<String>,
    /// The installation it is meant for.
    pub audience: String,
    /// How long it counts.
    pub lifetime_seconds: u32,
    /// Its id, drawn by the caller.
    pub jti: Uuid,
}

/// A person's token, as an `OpenID` provider shapes an access token.
#[derive(Debug, Clone)]
pub struct PersonToken {
    /// The stable subject.
    pub subject: String,
    /// The person's roles.
    pub roles: Vec<Role>,
    /// The body the person acts for, if any.
    pub organisation: Option<OrganisationNumber>,
    /// The person behind the account; the same for each account of one person.
    pub person: String,
    /// The installation it is meant for.
    pub audience: String,
    /// How long it counts.
    pub lifetime_seconds: u32,
    /// Its id, drawn by the caller.
    pub jti: Uuid,
}

impl DevIssuer {
    /// Makes a key in an existing folder: the private part readable by its owner alone, the public
    /// part as a key set. An existing key is never written over.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn create(dir: &Path, rng: &mut impl rand::CryptoRng) -> Result<Self, Error> {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let key = SigningKey::from_bytes(&seed);
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|e| Error::Key(e.to_string()))?;
        let path = dir.join(KEY_FILE);
        write_private(&path, pem.as_bytes()).map_err(|source| Error::File { path, source })?;
        let issuer = Self::with(dir, &key, pem.as_bytes())?;
        let path = dir.join(SET_FILE);
        std::fs::write(&path, key_set(&key, &issuer.kid).to_string())
            .map_err(|source| Error::File { path, source })?;
        Ok(issuer)
    }

    /// Takes up the key that [`Self::create`] made.
    ///
    /// # Errors
    /// When there is none, or others can read it.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(KEY_FILE);
        if is_exposed(&path).map_err(|source| Error::File { path: path.clone(), source })? {
            return Err(Error::KeyExposed(path));
        }
        let pem = std::fs::read_to_string(&path).map_err(|source| Error::File { path, source })?;
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|e| Error::Key(e.to_string()))?;
        Self::with(dir, &key, pem.as_bytes())
    }

    /// The settings with which an installation takes this issuer's tokens, both kinds.
    #[must_use]
    pub fn configs(&self, audience: &str) -> Vec<IssuerConfig> {
        let config = |name: &str, issuer: &str, kind, people| IssuerConfig {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            kind,
            jwks: KeySource::File(self.dir.join(SET_FILE)),
            audience: audience.to_owned(),
            allow_unspecified_audience: false,
            algorithms: vec![Algorithm::EdDsa],
            max_lifetime_seconds: LIFETIME_SECONDS,
            leeway_seconds: 5,
            required_scopes: Vec::new(),
            refresh_keys_seconds: 3_600,
            people,
            test: true,
        };
        let roles = [Role::Legal, Role::Admin, Role::Auditor, Role::Researcher];
        let people = People {
            roles_claim: "roles".to_owned(),
            roles: roles
                .iter()
                .map(|role| (role_name(*role).to_owned(), *role))
                .collect::<BTreeMap<_, _>>(),
            organisation_claim: Some("organisation".to_owned()),
            person_claim: Some("pid".to_owned()),
        };
        vec![
            config("development-organisations", ORGANISATIONS, Kind::Maskinporten, None),
            config("development-people", PEOPLE, Kind::Oidc, Some(people)),
        ]
    }

    /// Signs an organisation's token.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn organisation(
        &self,
        token: &OrganisationToken,
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let mut claims = times(token.lifetime_seconds, now);
        insert(&mut claims, "iss", ORGANISATIONS.into());
        insert(&mut claims, "aud", token.audience.as_str().into());
        insert(&mut claims, "jti", token.jti.to_string().into());
        insert(&mut claims, "client_id", token.client.as_str().into());
        insert(&mut claims, "scope", token.scopes.join(" ").into());
        insert(&mut claims, "token_type", "Bearer".into());
        insert(&mut claims, "consumer", identifier(token.consumer));
        if let Some(supplier) = token.supplier {
            insert(&mut claims, "supplier", identifier(supplier));
            insert(&mut claims, "delegation_source", "https://development.invalid".into());
        }
        self.mint(&claims)
    }

    /// Signs a person's token.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn person(&self, token: &PersonToken, now: DateTime<Utc>) -> Result<String, Error> {
        let mut claims = times(token.lifetime_seconds, now);
        let roles: Vec<&str> = token.roles.iter().map(|role| role_name(*role)).collect();
        insert(&mut claims, "iss", PEOPLE.into());
        insert(&mut claims, "aud", token.audience.as_str().into());
        insert(&mut claims, "jti", token.jti.to_string().into());
        insert(&mut claims, "sub", token.subject.as_str().into());
        insert(&mut claims, "roles", roles.into());
        insert(&mut claims, "pid", token.person.as_str().into());
        if let Some(organisation) = token.organisation {
            insert(&mut claims, "organisation", format!("0192:{organisation}").into());
        }
        self.mint(&claims)
    }

    fn mint(&self, claims: &Value) -> Result<String, Error> {
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|e| Error::Key(e.to_string()))
    }

    fn with(dir: &Path, key: &SigningKey, pem: &[u8]) -> Result<Self, Error> {
        let encoding = EncodingKey::from_ed_pem(pem).map_err(|e| Error::Key(e.to_string()))?;
        Ok(Self { dir: dir.to_owned(), key: encoding, kid: thumbprint(key) })
    }
}

fn insert(claims: &mut Value, name: &str, value: Value) {
    if let Some(members) = claims.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

fn times(lifetime_seconds: u32, now: DateTime<Utc>) -> Value {
    let issued = now.timestamp();
    json!({ "iat": issued, "exp": issued.saturating_add(i64::from(lifetime_seconds)) })
}

fn identifier(organisation: OrganisationNumber) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{organisation}") })
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Legal => "legal",
        Role::Admin => "admin",
        Role::Auditor => "auditor",
        Role::Researcher => "researcher",
    }
}

pub(super) fn public(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}

/// RFC 7638: a name for the key that follows from the key.
pub(super) fn thumbprint(key: &SigningKey) -> String {
    thumbprint_of(&public(key))
}

/// The same of a public key in base64url.
pub(super) fn thumbprint_of(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

pub(super) fn key_set(key: &SigningKey, kid: &str) -> Value {
    let x = public(key);
    json!({ "keys": [
        { "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x }
    ] })
}

pub(super) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
pub(super) fn is_exposed(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_exposed(path: &Path) -> std::io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}
