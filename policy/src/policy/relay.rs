//! Whether a question may be brought to the node that holds the answer.

use super::{Decided, Policy};
use crate::decision::Asker;
use crate::{
    Action, Caller, Decision, Failure, Grant, Obligations, Outcome, Population, Relay, Relaying,
    Subject, Tier,
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

impl Policy {
    /// Decides whether this node brings a caller's question to another. It gives no access: the holder decides on
    /// the caller by its own policy. What is stopped here is not brought there either, and what another node brought
    /// goes no further.
    pub fn decide_relay(
        &self,
        caller: &Caller,
        asked: Relaying,
        now: DateTime<Utc>,
    ) -> Decided<Relay> {
        let need = <Relay as crate::action::Sealed>::need(&asked).asked;
        let mut decision =
            Decision::denied(now, Asker::from(caller), Relay::NAME, need, self.version);
        if let Some(failure) = self.keeps_from(caller, &asked) {
            decision.failed.push(failure);
            return Decided::Denied(decision);
        }
        decision.outcome = Outcome::Allowed;
        let obligations = Obligations {
            grant_id: format!("node:{}", asked.holder),
            grant_version: 0,
            clause: "brought to the node that holds it, which decides".to_owned(),
            tier: Tier::Protected,
            columns: BTreeSet::new(),
            coarser: BTreeMap::new(),
            years: BTreeSet::new(),
            population: Population::Regions(BTreeSet::new()),
            pseudonym_namespace: format!("node:{}", asked.holder),
            max_rows_per_day: None,
            decision: decision.id,
        };
        Decided::Allowed(Grant::new(asked, obligations), decision)
    }

    /// Whether an answer that is under way may go on: what a relay asks before each part.
    #[must_use]
    pub fn may_relay(&self, caller: &Caller, asked: &Relaying) -> bool {
        self.keeps_from(caller, asked).is_none()
    }

    fn keeps_from(&self, caller: &Caller, asked: &Relaying) -> Option<Failure> {
        if matches!(caller.subject(), Subject::Anonymous) {
            return Some(Failure::Anonymous);
        }
        if caller.relay().is_some() {
            return Some(Failure::OperatorOnly);
        }
        let stopped = |stop: &&crate::Stop| match (stop, caller.organisation()) {
            (crate::Stop::All, _) => true,
            (stop, Some(recipient)) => stop.stops(recipient, asked.form),
            (crate::Stop::Dataset { form }, None) => *form == asked.form,
            (crate::Stop::Recipient { .. }, None) => false,
        };
        self.stops.iter().find(stopped).map(|stop| Failure::Stopped { stop: *stop })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnsOf, OrganisationNumber, Stop};
    use hjemmel_kostra::Form;

    struct NoColumns;

    impl ColumnsOf for NoColumns {
        fn columns_of(&self, _: Form, _: u16) -> crate::terms::YearColumns {
            crate::terms::YearColumns::default()
        }
    }

    fn body(number: &str) -> OrganisationNumber {
        OrganisationNumber::parse(number).unwrap()
    }

    fn allowed(caller: &Caller, stops: &[Stop]) -> bool {
        let policy = Policy::build(Vec::new(), 1, &NoColumns).unwrap().under(stops);
        let asked = Relaying { holder: body("987879696"), form: Form::F11B, table: None };
        let decided = policy.decide_relay(caller, asked.clone(), DateTime::UNIX_EPOCH);
        assert_eq!(decided.is_allowed(), policy.may_relay(caller, &asked));
        assert!(decided.decision().grant.is_none(), "a relay rests on no grant of ours");
        decided.is_allowed()
    }

    #[test]
    fn a_relay_needs_somebody_who_asks_and_nothing_that_is_stopped() {
        let nav = body("889640782");
        let subject = Subject::Organisation { organisation: nav };
        let caller = Caller::as_if(subject, BTreeSet::new(), None);
        assert!(allowed(&caller, &[]));
        assert!(!allowed(&Caller::anonymous(), &[]));
        assert!(!allowed(&caller.clone().relayed_by(body("942114184")), &[]), "one step only");
        for stop in
            [Stop::All, Stop::Recipient { organisation: nav }, Stop::Dataset { form: Form::F11B }]
        {
            assert!(!allowed(&caller, &[stop]), "{stop:?}");
        }
        let elsewhere = [Stop::Dataset { form: Form::F11 }];
        assert!(allowed(&caller, &elsewhere));
    }
}
