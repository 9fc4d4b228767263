//! What somebody must be told about a grant: that it ends in 90, 30 or 7 days, that nobody has looked at it in
//! time, that it was opened in an emergency. Each is written down once, shown to whom it is about, and sent on.

use crate::app::App;
use crate::grants::{self, usage};
use crate::problem::Problem;
use actix_web::web;
use chrono::{DateTime, Utc};
use hjemmel_kostra::{Language, Text};
use hjemmel_policy::{Case, GrantTerms, State};
use hjemmel_store::NoticeRow;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often what was not sent is tried.
const SEND: Duration = Duration::from_secs(2);
/// How often it is looked for what is due; days are counted.
const LOOK: Duration = Duration::from_mins(1);
/// How long the address of the settings may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that are sent at a time.
const TOGETHER: u32 = 100;

/// Writes down, before it happens, that a case is opened in an emergency, and says so in the log.
///
/// # Errors
/// When it cannot be written down; then nothing may be opened.
pub async fn alarm(app: &web::Data<App>, case: &Case) -> Result<(), Problem> {
    let terms = &case.terms;
    let by = case.approver.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = Text::new(
        format!(
            "{} ({}) åpnes i en nødssituasjon til {}; se begrunnelsen i saken",
            terms.id, terms.recipient.name, terms.valid_to
        ),
        format!(
            "{} ({}) is opened in an emergency until {}; the case says why",
            terms.id, terms.recipient.name, terms.valid_to
        ),
    );
    tracing::error!(grant = terms.id, by, "access is opened in an emergency, without a review");
    let notice = notice(terms, "break-glass", &text, Utc::now());
    grants::on_disk(app, move |store| store.add_notice(&notice)).await.map(drop)
}

/// A notice as it is shown and sent.
#[must_use]
pub fn told(notice: &NoticeRow, language: Option<Language>) -> Value {
    let body: Value = serde_json::from_str(&notice.body).unwrap_or_default();
    let text = match language {
        Some(Language::Nb) => body.get("nb").cloned().unwrap_or_default(),
        Some(Language::En) => body.get("en").cloned().unwrap_or_default(),
        None => body,
    };
    json!({
        "id": notice.id, "at": notice.at, "kind": notice.kind, "grant": notice.grant_id,
        "grantVersion": notice.grant_version, "recipient": notice.recipient, "text": text,
        "href": format!("/v1/grants/{}", notice.grant_id), "sentAt": notice.sent_at,
    })
}

/// Looks for what is due and sends it on, on a thread of its own: whoever is sent to may be slow.
///
/// # Errors
/// When there can be no thread.
pub fn keep(app: web::Data<App>) -> std::io::Result<()> {
    std::thread::Builder::new().name("notices".to_owned()).spawn(move || {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let agent: ureq::Agent = config.build().into();
        let (mut written, mut looked, mut failed) = (HashSet::new(), None::<Instant>, false);
        loop {
            if looked.is_none_or(|at| at.elapsed() >= LOOK)
                && write_due(&app, &mut written, Utc::now())
            {
                looked = Some(Instant::now());
            }
            let sent = send(&app, &agent);
            if let Err(error) = &sent
                && !failed
            {
                tracing::warn!(error, "notices cannot be sent; they are tried again");
            }
            failed = sent.is_err();
            std::thread::sleep(SEND);
        }
    })?;
    Ok(())
}

/// Writes down what is due and was not written yet; several processes may do so at once. Whether all was.
fn write_due(app: &App, written: &mut HashSet<(String, u32, String)>, now: DateTime<Utc>) -> bool {
    let Ok(policy) = app.policy() else { return false };
    let Ok(reviews) = usage::reviews(app.store()) else { return false };
    let mut all = true;
    for grant in policy.grants() {
        let key = (grant.id.clone(), grant.version);
        let review = reviews.get(&key).copied().unwrap_or(grant.review_due);
        for notice in due(grant, review, now) {
            let key = (grant.id.clone(), grant.version, notice.kind.clone());
            if !written.contains(&key) {
                match app.store().add_notice(&notice) {
                    Ok(_) => drop(written.insert(key)),
                    Err(_) => all = false,
                }
            }
        }
    }
    all
}

fn due(grant: &GrantTerms, review: chrono::NaiveDate, now: DateTime<Utc>) -> Vec<NoticeRow> {
    if grant.state != State::Active || !grant.holds_at(now) || grant.emergency {
        return Vec::new();
    }
    let mut all = Vec::new();
    if let Some(days) = usage::notice_days(grant, now) {
        let end = grant.valid_to.date_naive();
        let text = Text::new(
            format!("{} tar slutt {end}, om under {days} dager", grant.id),
            format!("{} ends on {end}, in less than {days} days", grant.id),
        );
        all.push(notice(grant, &format!("ends-{days}"), &text, now));
    }
    if review < now.date_naive() {
        let days = hjemmel_policy::REVIEW_GRACE_DAYS;
        let text = Text::new(
            format!(
                "{} skulle vært vurdert på nytt {review}; den stanses {days} dager etter det",
                grant.id
            ),
            format!(
                "{} was due for review on {review}; it is suspended {days} days after that",
                grant.id
            ),
        );
        all.push(notice(grant, &format!("review-{review}"), &text, now));
    }
    all
}

fn notice(grant: &GrantTerms, kind: &str, text: &Text, now: DateTime<Utc>) -> NoticeRow {
    NoticeRow {
        id: Uuid::now_v7(),
        at: now,
        kind: kind.to_owned(),
        grant_id: grant.id.clone(),
        grant_version: grant.version,
        recipient: grant.recipient.organisation.to_string(),
        body: json!({ "nb": text.nb, "en": text.en }).to_string(),
        sent_at: None,
    }
}

/// Sends what was not sent, oldest first, until one is not taken.
fn send(app: &App, agent: &ureq::Agent) -> Result<(), String> {
    let Some(address) = &app.settings().notices.webhook else { return Ok(()) };
    if !app.is_healthy() {
        return Ok(());
    }
    let words = |error: &dyn std::error::Error| crate::fault::with_causes(error);
    for notice in app.store().unsent_notices(TOGETHER).map_err(|error| words(&error))? {
        agent
            .post(address)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", notice.id.to_string())
            .send(told(&notice, None).to_string())
            .map_err(|error| words(&error))?;
        app.store().mark_sent(notice.id, Utc::now()).map_err(|error| words(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn what_is_due_is_the_nearest_notice_and_the_review() {
        let mut grant = GrantTerms::from_toml(hjemmel_policy::DEMO_GRANTS).unwrap().remove(0);
        let far = chrono::NaiveDate::MAX;
        let end = grant.valid_to;
        let kinds = |grant: &GrantTerms, review, now| -> Vec<String> {
            due(grant, review, now).into_iter().map(|notice| notice.kind).collect()
        };
        for (days, kind) in
            [(91, None), (89, Some("ends-90")), (29, Some("ends-30")), (6, Some("ends-7"))]
        {
            let told = kinds(&grant, far, end - TimeDelta::days(days));
            assert_eq!(told.first().map(String::as_str), kind, "{days}");
        }
        assert!(kinds(&grant, far, end).is_empty());
        let now = end - TimeDelta::days(100);
        let review = now.date_naive() - TimeDelta::days(1);
        assert_eq!(kinds(&grant, review, now), [format!("review-{review}")]);
        assert!(kinds(&grant, now.date_naive(), now).is_empty());
        grant.state = State::Suspended;
        assert!(kinds(&grant, review, end - TimeDelta::days(1)).is_empty());
    }
}
