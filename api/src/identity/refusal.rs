//! Why a token was turned away, in words that hold nothing of the token.

use std::sync::Arc;

/// The reason of a refusal; its code is stable and stands in the record of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// More than one `Authorization` header.
    AuthorizationRepeated,
    /// An `Authorization` header of another scheme, or of no scheme.
    SchemeNotBearer,
    /// More bytes than any token we accept.
    TokenTooLong,
    /// Not three parts of canonical base64url with JSON objects inside.
    TokenMalformed,
    /// A JSON object with the same member twice, at any depth.
    DuplicateMember,
    /// An algorithm that the issuer is not configured to use.
    AlgNotAllowed,
    /// A `typ` that is not that of an access token.
    TypNotAllowed,
    /// Header parameters that change how the token must be read (`crit`, `b64`, `zip`, `cty`).
    HeaderNotSupported,
    /// A key, or the address of one, inside the token.
    KeyInHeader,
    /// No `kid`, or one that is not a short string.
    KidInvalid,
    /// No key with that `kid` at the issuer.
    KidUnknown,
    /// The key is not for that algorithm.
    KeyNotForAlg,
    /// The signature does not fit.
    SignatureInvalid,
    /// No `iss`, or one that is not a string.
    IssMissing,
    /// An issuer that is not configured.
    IssUnknown,
    /// No `aud`, or one that is neither a string nor strings.
    AudMissing,
    /// Meant for somebody else, or for others too.
    AudForeign,
    /// No `exp`, or one that is not whole seconds.
    ExpMissing,
    /// Past its time.
    Expired,
    /// No `iat`, or one that is not whole seconds.
    IatMissing,
    /// Issued in the future.
    IatInFuture,
    /// Longer from `iat` to `exp` than the issuer is configured for, or not a time at all.
    LifetimeTooLong,
    /// An `nbf` that is not whole seconds.
    NbfInvalid,
    /// Before its `nbf`.
    NotYetValid,
    /// No `jti` where one is needed, or one that is not a short string.
    JtiMissing,
    /// A token from Maskinporten without a consumer.
    ConsumerMissing,
    /// A consumer of an unknown authority or without a valid organisation number.
    ConsumerInvalid,
    /// A supplier whose shape is not known.
    SupplierInvalid,
    /// A supplier without a source of delegation, or the other way around.
    SupplierWithoutDelegation,
    /// A person's number in an organisation's token.
    PidPresent,
    /// An Altinn system user, whose consumer is the supplier and not the customer.
    SystemUser,
    /// Authorisation details of a kind nobody here understands.
    AuthorizationDetailsUnknown,
    /// Bound to a key whose possession is not proved by a bearer call.
    ProofOfPossessionRequired,
    /// An identity or refresh token, not an access token.
    NotAnAccessToken,
    /// No scope, or none of those that the issuer's tokens must carry.
    ScopeMissing,
    /// A scope that is not single-space separated words.
    ScopeMalformed,
    /// A client id that is not a short string.
    ClientInvalid,
    /// A person's token without a subject.
    SubMissing,
    /// A token without the claim that tells which person is behind the account, where the issuer is set up to say.
    PersonInvalid,
    /// A roles claim that is neither a string nor strings.
    RolesMalformed,
    /// An organisation claim without a valid organisation number.
    OrganisationInvalid,
    /// Used before, where a token may be used once.
    Replayed,
    /// The issuer's keys cannot be had now; nothing is known about the token.
    KeysUnavailable,
    /// No room to remember used tokens, so none may be used.
    ReplayMemoryFull,
}

impl Reason {
    /// The stable code for the record line.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthorizationRepeated => "authorization-repeated",
            Self::SchemeNotBearer => "scheme-not-bearer",
            Self::TokenTooLong => "token-too-long",
            Self::TokenMalformed => "token-malformed",
            Self::DuplicateMember => "duplicate-member",
            Self::AlgNotAllowed => "alg-not-allowed",
            Self::TypNotAllowed => "typ-not-allowed",
            Self::HeaderNotSupported => "header-not-supported",
            Self::KeyInHeader => "key-in-header",
            Self::KidInvalid => "kid-invalid",
            Self::KidUnknown => "kid-unknown",
            Self::KeyNotForAlg => "key-not-for-alg",
            Self::SignatureInvalid => "signature-invalid",
            Self::IssMissing => "iss-missing",
            Self::IssUnknown => "iss-unknown",
            Self::AudMissing => "aud-missing",
            Self::AudForeign => "aud-foreign",
            Self::ExpMissing => "exp-missing",
            Self::Expired => "expired",
            Self::IatMissing => "iat-missing",
            Self::IatInFuture => "iat-in-future",
            Self::LifetimeTooLong => "lifetime-too-long",
            Self::NbfInvalid => "nbf-invalid",
            Self::NotYetValid => "not-yet-valid",
            Self::JtiMissing => "jti-missing",
            Self::ConsumerMissing => "consumer-missing",
            Self::ConsumerInvalid => "consumer-invalid",
            Self::SupplierInvalid => "supplier-invalid",
            Self::SupplierWithoutDelegation => "supplier-without-delegation",
            Self::PidPresent => "pid-present",
            Self::SystemUser => "system-user",
            Self::AuthorizationDetailsUnknown => "authorization-details-unknown",
            Self::ProofOfPossessionRequired => "proof-of-possession-required",
            Self::NotAnAccessToken => "not-an-access-token",
            Self::ScopeMissing => "scope-missing",
            Self::ScopeMalformed => "scope-malformed",
            Self::ClientInvalid => "client-invalid",
            Self::SubMissing => "sub-missing",
            Self::PersonInvalid => "person-invalid",
            Self::RolesMalformed => "roles-malformed",
            Self::OrganisationInvalid => "organisation-invalid",
            Self::Replayed => "replayed",
            Self::KeysUnavailable => "keys-unavailable",
            Self::ReplayMemoryFull => "replay-memory-full",
        }
    }

    /// Whether the fault is ours or the issuer's, so that the answer is 503 and not 401.
    #[must_use]
    pub const fn is_unavailable(self) -> bool {
        matches!(self, Self::KeysUnavailable | Self::ReplayMemoryFull)
    }
}

/// A token that was turned away.
///
/// It holds nothing that the token said: the issuer's name is the configuration's. The caller is
/// told no more than that it has no valid credentials; the record keeps the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no valid credentials")]
pub struct Refusal {
    reason: Reason,
    issuer: Option<Arc<str>>,
}

impl Refusal {
    /// A refusal before any configured issuer was found in the token.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, issuer: None }
    }

    /// A refusal of a token that says it comes from this configured issuer.
    #[must_use]
    pub const fn of(reason: Reason, issuer: Arc<str>) -> Self {
        Self { reason, issuer: Some(issuer) }
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The configured name of the issuer that the token claimed, not proved, to come from.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether the answer is 503 (try again) and not 401.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        self.reason.is_unavailable()
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}
