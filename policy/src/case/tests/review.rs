//! A grant that nobody looks at in time is suspended; somebody's word keeps it in force for another year.

use super::*;

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().unwrap()
}

#[test]
fn a_grant_is_suspended_a_month_after_a_review_that_nobody_made() {
    let case = active();
    assert_eq!(case.review_due().to_string(), "2027-12-01");
    assert!(case.unreviewed(day("2027-12-31")).is_err(), "the thirtieth day is still in time");
    let after = case.unreviewed(day("2028-01-01")).unwrap();
    assert_eq!(after.terms.state, State::Suspended);
    assert_eq!(after.suspended_by, Some(Actor::Installation));
    assert!(after.reason.as_ref().unwrap().contains("2027-12-01"));
    assert!(after.unreviewed(day("2028-01-02")).is_err(), "once");
}

#[test]
fn somebody_who_did_not_apply_keeps_it_in_force_for_a_year_at_most_to_its_end() {
    let case = active();
    assert!(case.take(Act::Recertify, &nav(), words("we do"), now(), &columns).is_err());
    let nothing = Words::default();
    let refused = case.take(Act::Recertify, &legal(), nothing, now(), &columns);
    assert_eq!(refused, Err(Refused::NoReason { act: Act::Recertify }));
    let late = day("2027-12-20");
    let kept = case.take(Act::Recertify, &legal(), words("needed"), late, &columns).unwrap();
    assert_eq!(kept.terms.state, State::Active);
    assert_eq!(kept.review_due().to_string(), "2028-12-19");
    assert!(kept.unreviewed(day("2028-01-01")).is_err());
    let again = day("2028-12-01");
    let kept = kept.take(Act::Recertify, &legal(), words("needed"), again, &columns).unwrap();
    assert_eq!(kept.review_due(), kept.terms.valid_to.date_naive());
}

#[test]
fn a_look_ahead_of_time_does_not_bring_the_next_one_forward() {
    let case = take(&active(), Act::Recertify, &legal());
    assert_eq!(case.review_due().to_string(), "2027-12-01");
}

#[test]
fn whoever_lets_it_go_on_has_looked_at_it() {
    let late = day("2028-02-01");
    let suspended = active().unreviewed(late).unwrap();
    let resumed = suspended.take(Act::Resume, &legal(), words("needed"), late, &columns).unwrap();
    assert_eq!(resumed.terms.state, State::Active);
    assert!(resumed.unreviewed(day("2028-02-02")).is_err());
    // Letting go on what a person had stopped says nothing of the review.
    let stopped = take(&active(), Act::Suspend, &legal());
    assert_eq!(take(&stopped, Act::Resume, &legal2()).recertified, None);
}
