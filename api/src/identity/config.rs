//! The issuers whose tokens count, as the operator names them.

use super::Error;
use hjemmel_policy::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The audience Maskinporten writes when the client named none.
pub(super) const UNSPECIFIED: &str = "unspecified";

/// Issuers that sign test tokens: anybody can have one, so they never count as production.
const KNOWN_TEST_ISSUERS: [&str; 3] =
    ["https://test.maskinporten.no/", "https://test.idporten.no", "https://test.ansattporten.no"];

const DAY_SECONDS: u32 = 86_400;
const TEST_LIFETIME_SECONDS: u32 = 30 * DAY_SECONDS;
const MOST_LEEWAY_SECONDS: u32 = 60;

/// One issuer of tokens: where its keys are and what its tokens must say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// A short name for logs and records.
    pub name: String,
    /// The exact value of `iss`, trailing slash and all.
    pub issuer: String,
    /// Whose tokens these are, which decides the claims they must carry.
    pub kind: Kind,
    /// Where the public keys are.
    pub jwks: KeySource,
    /// The exact value of `aud`: this installation, and nobody else.
    pub audience: String,
    /// Takes Maskinporten's literal `unspecified` for our audience. A token without an audience can
    /// be replayed here by any other provider that shares the scope, so this is off.
    #[serde(default)]
    pub allow_unspecified_audience: bool,
    /// The algorithms this issuer signs with.
    pub algorithms: Vec<Algorithm>,
    /// The longest time from `iat` to `exp`; Maskinporten's tokens cannot be revoked.
    #[serde(default = "default_lifetime")]
    pub max_lifetime_seconds: u32,
    /// How far the clocks may differ.
    #[serde(default = "default_leeway")]
    pub leeway_seconds: u32,
    /// Scopes of which every token must carry at least one, compared exactly; empty leaves the
    /// question to policy.
    #[serde(default)]
    pub required_scopes: Vec<String>,
    /// How old the cached keys may grow before they are fetched again.
    #[serde(default = "default_key_age")]
    pub refresh_keys_seconds: u32,
    /// How people's claims are read; only for kind `oidc`.
    #[serde(default)]
    pub people: Option<People>,
    /// A test or development issuer, which a production installation turns away at start.
    #[serde(default)]
    pub test: bool,
}

/// The two shapes of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Organisations, through Maskinporten.
    Maskinporten,
    /// People, through an `OpenID` provider's access tokens.
    Oidc,
}

/// Where a key set lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum KeySource {
    /// Over HTTPS, or plain HTTP on this machine.
    Url(String),
    /// In a file.
    File(PathBuf),
}

/// What people's tokens say about their work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// The claim with the person's roles, a string or strings.
    pub roles_claim: String,
    /// Values of that claim that give a role; other values give nothing.
    pub roles: BTreeMap<String, Role>,
    /// The claim with the body the person acts for; without it nobody acts for a body.
    #[serde(default)]
    pub organisation_claim: Option<String>,
    /// The claim that names the person behind the account, such as `pid`: the same for every account of one
    /// person. It tells persons apart where several must act, and is never written down.
    #[serde(default)]
    pub person_claim: Option<String>,
}

/// The signature algorithms we take; symmetric ones and `none` have no name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    RS256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    RS384,
    /// RSA PKCS #1 v1.5 with SHA-512.
    RS512,
    /// RSA PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

const fn default_lifetime() -> u32 {
    3_600
}

const fn default_leeway() -> u32 {
    5
}

const fn default_key_age() -> u32 {
    3_600
}

impl Algorithm {
    /// Reads the header parameter `alg` or a key's; none for what we do not take.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "RS256" => Some(Self::RS256),
            "RS384" => Some(Self::RS384),
            "RS512" => Some(Self::RS512),
            "PS256" => Some(Self::PS256),
            "ES256" => Some(Self::ES256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }

    /// The same algorithm in the signature library's words.
    pub(super) const fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::RS256 => jsonwebtoken::Algorithm::RS256,
            Self::RS384 => jsonwebtoken::Algorithm::RS384,
            Self::RS512 => jsonwebtoken::Algorithm::RS512,
            Self::PS256 => jsonwebtoken::Algorithm::PS256,
            Self::ES256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl KeySource {
    /// Reads a relative file name as lying beside `base`, the folder of the configuration.
    pub fn resolve(&mut self, base: &Path) {
        if let Self::File(path) = self
            && path.is_relative()
        {
            *path = base.join(&path);
        }
    }

    pub(super) fn problem(&self) -> Option<String> {
        let Self::Url(text) = self else { return None };
        let Ok(url) = text.parse::<ureq::http::Uri>() else {
            return Some("`jwks.url` is not an address".to_owned());
        };
        let host = url.host().unwrap_or_default();
        if host.is_empty() || url.authority().is_some_and(|all| all.as_str().contains('@')) {
            return Some("`jwks.url` must have a host and no user name".to_owned());
        }
        let local = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
        match url.scheme_str() {
            Some("https") => None,
            Some("http") if local => None,
            _ => Some("`jwks.url` must be https, or http on this machine".to_owned()),
        }
    }
}

impl IssuerConfig {
    /// Whether the settings are safe to use.
    ///
    /// # Errors
    /// The first setting that is not, by name.
    pub fn validate(&self) -> Result<(), Error> {
        let problem = self
            .naming_problem()
            .or_else(|| self.audience_problem())
            .or_else(|| self.limit_problem())
            .or_else(|| self.people_problem())
            .or_else(|| self.jwks.problem());
        problem.map_or(Ok(()), |problem| Err(Error::Config { issuer: self.name.clone(), problem }))
    }

    fn naming_problem(&self) -> Option<String> {
        if self.name.is_empty() || self.issuer.is_empty() {
            return Some("`name` and `issuer` must not be empty".to_owned());
        }
        if KNOWN_TEST_ISSUERS.contains(&self.issuer.as_str()) && !self.test {
            return Some("this is a test issuer and must be marked `test = true`".to_owned());
        }
        None
    }

    fn audience_problem(&self) -> Option<String> {
        if self.audience.is_empty() || self.audience == UNSPECIFIED {
            return Some("`audience` must name this installation".to_owned());
        }
        if self.allow_unspecified_audience && self.kind != Kind::Maskinporten {
            return Some("`allow_unspecified_audience` is for maskinporten only".to_owned());
        }
        None
    }

    fn limit_problem(&self) -> Option<String> {
        if self.algorithms.is_empty() {
            return Some("`algorithms` must name at least one".to_owned());
        }
        let longest = if self.test { TEST_LIFETIME_SECONDS } else { DAY_SECONDS };
        if self.max_lifetime_seconds == 0 || self.max_lifetime_seconds > longest {
            return Some(format!("`max_lifetime_seconds` must be from 1 to {longest}"));
        }
        if self.leeway_seconds > MOST_LEEWAY_SECONDS {
            return Some(format!("`leeway_seconds` must be at most {MOST_LEEWAY_SECONDS}"));
        }
        if self.refresh_keys_seconds < 60 || self.refresh_keys_seconds > DAY_SECONDS {
            return Some(format!("`refresh_keys_seconds` must be from 60 to {DAY_SECONDS}"));
        }
        None
    }

    fn people_problem(&self) -> Option<String> {
        match (self.kind, &self.people) {
            (Kind::Maskinporten, Some(_)) => Some("`people` is for oidc only".to_owned()),
            (Kind::Oidc, Some(people)) if people.roles_claim.is_empty() => {
                Some("`people.roles_claim` must not be empty".to_owned())
            }
            _ => None,
        }
    }
}
