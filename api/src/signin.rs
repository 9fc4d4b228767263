//! The caller of a request, as an extractor: a handler that takes it cannot be reached with a bad token.

use crate::app::App;
use crate::federation::receive;
use crate::identity::Refusal;
use crate::problem::{Kind, Problem};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::Utc;
use futures::future::{Either, LocalBoxFuture, Ready, ready};
use hjemmel_policy::{Caller, Subject};

/// Whoever calls: somebody with a verified token, or nobody in particular.
pub struct SignedIn(Caller);

impl SignedIn {
    /// The caller.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.0
    }

    /// Whether no token was sent.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        matches!(self.0.subject(), Subject::Anonymous)
    }

    /// The caller, if it is somebody.
    ///
    /// # Errors
    /// 401 when no token was sent.
    pub fn somebody(&self) -> Result<&Caller, Problem> {
        if self.is_anonymous() { Err(Problem::new(Kind::NotSignedIn)) } else { Ok(&self.0) }
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future =
        Either<Ready<Result<Self, Problem>>, LocalBoxFuture<'static, Result<Self, Problem>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(header::AUTHORIZATION) {
            return Either::Left(ready(Ok(Self(Caller::anonymous()))));
        }
        let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
            return Either::Left(ready(Err(Problem::new(Kind::Internal).for_request(request))));
        };
        if receive::is_brought(request) {
            let request = request.clone();
            return Either::Right(Box::pin(async move {
                let found = receive::caller(&request, &app).await;
                found.map(Self).map_err(|problem| problem.for_request(&request))
            }));
        }
        // A header that is no text is handed on as something no token can be.
        let headers: Vec<String> = request
            .headers()
            .get_all(header::AUTHORIZATION)
            .map(|value| value.to_str().unwrap_or("\u{fffd}").to_owned())
            .collect();
        let request = request.clone();
        Either::Right(Box::pin(async move {
            let now = Utc::now();
            let texts: Vec<&str> = headers.iter().map(String::as_str).collect();
            let found = match app.verifier().verify_at_hand(&texts, now) {
                Some(found) => found,
                None => verify_with_fetch(&app, headers.clone())
                    .await
                    .map_err(|problem| problem.for_request(&request))?,
            };
            match found {
                Ok(caller) => Ok(Self(caller)),
                Err(refusal) => Err(refused(&app, &refusal).await.for_request(&request)),
            }
        }))
    }
}

async fn verify_with_fetch(
    app: &web::Data<App>,
    headers: Vec<String>,
) -> Result<Result<Caller, Refusal>, Problem> {
    let app = app.clone();
    web::block(move || {
        let texts: Vec<&str> = headers.iter().map(String::as_str).collect();
        app.verifier().verify(&texts, Utc::now())
    })
    .await
    .map_err(|_| Problem::new(Kind::Unavailable))
}

/// One line in the log and one in the record, with the reason's code and nothing of the token.
async fn refused(app: &App, refusal: &Refusal) -> Problem {
    let code = refusal.reason().code();
    let issuer = refusal.issuer().unwrap_or("unknown");
    tracing::warn!(reason = code, issuer, "token refused");
    if refusal.is_unavailable() {
        return Problem::new(Kind::Unavailable);
    }
    match app.journal().event("token-refused", &format!("{code} {issuer}")).await {
        Ok(()) => Problem::new(Kind::InvalidToken),
        Err(problem) => problem,
    }
}
