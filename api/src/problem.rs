//! The one place that knows how a failure looks over HTTP (RFC 9457).

mod meaning;

use crate::language;
pub use crate::language::requested_language;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use hjemmel_kostra::{Language, Text};
use serde::Serialize;
use std::fmt;

/// The `Content-Type` of every failure.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Every kind of failure a caller can meet. The slug is the stable end of the problem's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No credentials where some are needed.
    NotSignedIn,
    /// The token is not accepted; why is only in our record.
    InvalidToken,
    /// No grant covers the resource.
    NoLegalBasis,
    /// A grant covers part of it; what is outside is named.
    OutsideGrant,
    /// The thing does not exist, or its existence is not for the caller to know.
    NotFound,
    /// A parameter cannot be understood.
    ParameterError,
    /// The selection is larger than one answer may be.
    TooManyCells,
    /// None of the accepted media types can be made.
    NotAcceptable,
    /// The method does not exist here.
    MethodNotAllowed,
    /// The body is larger than any question needs to be.
    TooLarge,
    /// The cell values asked for are not published.
    NotPublished,
    /// The caller is known and may not do this.
    NotPermitted,
    /// It cannot be done in the state the thing is in.
    WrongState,
    /// The caller acts on a version that is no longer the newest.
    Stale,
    /// The caller does not say which version it acts on.
    VersionNeeded,
    /// A hard rule refuses it, by name.
    HardRule,
    /// Only researchers and registered projects may ask questions that cost a budget.
    MayNotAsk,
    /// A budget does not hold what the question costs.
    BudgetExhausted,
    /// The controls refuse what was delivered.
    DeliveryRefused,
    /// What was agreed for the day has left.
    LimitReached,
    /// The caller asks more often than anybody may.
    TooManyRequests,
    /// Database, policy, record or keys cannot be reached; nothing was released.
    Unavailable,
    /// Another node, which holds what is asked for, does not answer or does not accept the question.
    NodeUnavailable,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 24] = [
        Self::NotSignedIn,
        Self::InvalidToken,
        Self::NoLegalBasis,
        Self::OutsideGrant,
        Self::NotFound,
        Self::ParameterError,
        Self::TooManyCells,
        Self::NotAcceptable,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::NotPublished,
        Self::NotPermitted,
        Self::WrongState,
        Self::Stale,
        Self::VersionNeeded,
        Self::HardRule,
        Self::MayNotAsk,
        Self::BudgetExhausted,
        Self::DeliveryRefused,
        Self::LimitReached,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::NodeUnavailable,
        Self::Internal,
    ];

    /// The end of `type`: `/problems/<slug>`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NotSignedIn => "not-signed-in",
            Self::InvalidToken => "invalid-token",
            Self::NoLegalBasis => "no-legal-basis",
            Self::OutsideGrant => "outside-grant",
            Self::NotFound => "not-found",
            Self::ParameterError => "parameter-error",
            Self::TooManyCells => "too-many-cells",
            Self::NotAcceptable => "not-acceptable",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TooLarge => "too-large",
            Self::NotPublished => "not-published",
            Self::NotPermitted => "not-permitted",
            Self::WrongState => "wrong-state",
            Self::Stale => "stale",
            Self::VersionNeeded => "version-needed",
            Self::HardRule => "hard-rule",
            Self::MayNotAsk => "may-not-ask",
            Self::BudgetExhausted => "budget-exhausted",
            Self::DeliveryRefused => "delivery-refused",
            Self::LimitReached => "limit-reached",
            Self::TooManyRequests => "too-many-requests",
            Self::Unavailable => "unavailable",
            Self::NodeUnavailable => "node-unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status it is answered with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::NoLegalBasis
            | Self::OutsideGrant
            | Self::TooManyCells
            | Self::NotPermitted
            | Self::MayNotAsk
            | Self::BudgetExhausted => StatusCode::FORBIDDEN,
            Self::WrongState => StatusCode::CONFLICT,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::VersionNeeded => StatusCode::PRECONDITION_REQUIRED,
            Self::HardRule | Self::DeliveryRefused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound | Self::NotPublished => StatusCode::NOT_FOUND,
            Self::ParameterError => StatusCode::BAD_REQUEST,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::LimitReached | Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NodeUnavailable => StatusCode::BAD_GATEWAY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The short name of the kind; a problem may carry a more exact one.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::NotSignedIn => Text::new("Innlogging kreves", "Sign-in needed"),
            Self::InvalidToken => Text::new("Ugyldig token", "Invalid token"),
            Self::NoLegalBasis => Text::new("Ingen hjemmel", "No legal basis"),
            Self::OutsideGrant => Text::new("Utenfor tilgangen", "Outside the grant"),
            Self::NotFound => Text::new("Finnes ikke", "Not found"),
            Self::ParameterError => Text::new("Feil i parameter", "Parameter error"),
            Self::TooManyCells => Text::new("Too many cells selected", "Too many cells selected"),
            Self::NotAcceptable => Text::new("Formatet finnes ikke", "Not acceptable"),
            Self::MethodNotAllowed => Text::new("Metoden er ikke tillatt", "Method not allowed"),
            Self::TooLarge => Text::new("For stor forespørsel", "Request too large"),
            Self::NotPublished => Text::new("Ikke publisert", "Not published"),
            Self::NotPermitted => Text::new("Ikke tillatt for deg", "Not permitted"),
            Self::WrongState => Text::new("Feil tilstand", "Wrong state"),
            Self::Stale => Text::new("Endret i mellomtiden", "Changed meanwhile"),
            Self::VersionNeeded => Text::new("Versjon mangler", "Version needed"),
            Self::HardRule => Text::new("Bryter en fast regel", "Breaks a hard rule"),
            Self::MayNotAsk => Text::new("Kan ikke spørre", "May not ask"),
            Self::BudgetExhausted => Text::new("Budsjettet er brukt opp", "Budget exhausted"),
            Self::DeliveryRefused => Text::new("Leveringen er avvist", "Delivery refused"),
            Self::LimitReached => Text::new("Dagens grense er nådd", "Limit of the day reached"),
            Self::TooManyRequests => Text::new("For mange kall", "Too many requests"),
            Self::Unavailable => Text::new("Utilgjengelig nå", "Unavailable"),
            Self::NodeUnavailable => Text::new("Noden svarer ikke", "Node unavailable"),
            Self::Internal => Text::new("Intern feil", "Internal error"),
        }
    }
}

/// A failure on its way to a caller.
#[derive(Debug)]
pub struct Problem(Box<Told>);

/// In a box, so that results stay small on the way where nothing fails.
#[derive(Debug)]
struct Told {
    kind: Kind,
    title: Option<&'static str>,
    detail: Option<Text>,
    extra: Vec<(&'static str, serde_json::Value)>,
    language: Language,
    instance: String,
    decision: Option<uuid::Uuid>,
}

impl Problem {
    /// A failure of one kind, in bokmål until [`Problem::for_request`] says otherwise.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self(Box::new(Told {
            kind,
            title: None,
            detail: None,
            extra: Vec::new(),
            language: Language::Nb,
            instance: String::new(),
            decision: None,
        }))
    }

    /// Says what is wrong this time and what to do. Never a value from a protected row.
    #[must_use]
    pub fn detail(mut self, nb: impl Into<String>, en: impl Into<String>) -> Self {
        self.0.detail = Some(Text::new(nb, en));
        self
    }

    /// A title Statbank's clients know.
    #[must_use]
    pub fn titled(mut self, title: &'static str) -> Self {
        self.0.title = Some(title);
        self
    }

    /// The same failure as part of a request for data, where the reference answers 400 to a table it does not have.
    #[must_use]
    pub fn in_a_selection(mut self) -> Self {
        self.0.kind = Kind::ParameterError;
        self
    }

    /// A further member of the problem object.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.0.extra.push((member, value.into()));
        self
    }

    /// The recorded decision that refused.
    #[must_use]
    pub fn decided(mut self, decision: uuid::Uuid) -> Self {
        self.0.decision = Some(decision);
        self
    }

    /// In the caller's language, about the address that was called.
    #[must_use]
    pub fn for_request(self, request: &HttpRequest) -> Self {
        self.about(requested_language(request), request.path())
    }

    /// In a language, about an address.
    #[must_use]
    pub fn about(mut self, language: Language, path: &str) -> Self {
        self.0.language = language;
        path.clone_into(&mut self.0.instance);
        self
    }

    /// The kind, for the log and the tests.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What is wrong this time, in words.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let detail = self.0.detail.clone().unwrap_or_else(|| self.0.kind.meaning());
        detail.in_language(language).to_owned()
    }

    fn body(&self) -> Body<'_> {
        let title = self.0.kind.title();
        Body {
            kind: format!("/problems/{}", self.0.kind.slug()),
            title: self.0.title.unwrap_or_else(|| title.in_language(self.0.language)).to_owned(),
            status: self.0.kind.status().as_u16(),
            detail: self.words(self.0.language),
            instance: &self.0.instance,
            decision: self.0.decision.map(|id| id.to_string()),
            extra: self
                .0
                .extra
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    instance: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.slug())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.kind.status());
        response
            .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::VARY, crate::reply::VARY))
            .insert_header((header::CONTENT_LANGUAGE, language::tag(self.0.language)));
        match self.0.kind {
            Kind::NotSignedIn => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            Kind::InvalidToken => {
                response
                    .insert_header((header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
            }
            Kind::Unavailable => {
                response.insert_header((header::RETRY_AFTER, "2"));
            }
            Kind::LimitReached => {
                let second = chrono::Utc::now().timestamp().rem_euclid(86_400);
                response.insert_header((header::RETRY_AFTER, (86_400 - second).to_string()));
            }
            _ => {}
        }
        if let Some(decision) = self.0.decision {
            response.insert_header(("Hjemmel-Decision", decision.to_string()));
        }
        response.body(serde_json::to_vec(&self.body()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
