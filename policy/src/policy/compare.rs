//! Whether what a register says of persons may be compared with what another body's register says of them.

use super::{Decided, Found, Held, Policy, Question, Reach, obligations, record};
use crate::decision::Asker;
use crate::terms::{Columns, Precision};
use crate::{Action, Compare, Comparing, Decision, Failure, Grant};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

impl Policy {
    /// Decides whether variables of a form and year are compared with the register of another body. It takes a grant of that
    /// body for the form that names each of the variables' fields, for the year and the whole country: a grant of all content
    /// names none. It opens no record and no cell; what comes of a comparison is protected like a table.
    pub fn decide_comparison(&self, asked: Comparing, now: DateTime<Utc>) -> Decided<Compare> {
        let need = <Compare as crate::action::Sealed>::need(&asked);
        let body = Asker::body(asked.with());
        let mut decision =
            Decision::denied(now, body, Compare::NAME, need.asked.clone(), self.version);
        if need.columns.is_none_or(BTreeSet::is_empty) {
            decision.failed.push(Failure::NothingAsked);
            return Decided::Denied(decision);
        }
        let question = Question { need: &need, supplier: None, purpose: None, now, scope: None };
        let (organisation, form) = (asked.with(), asked.form());
        let names = |held: &Held| held.names(&question);
        match self.find(organisation, "organisation", form, Compare::NAME, names, &question) {
            Found::Covered(held, reach) => {
                record(&mut decision, held, &reach);
                let obligations = obligations(&decision, held);
                drop(need);
                Decided::Allowed(Grant::new(asked, obligations), decision)
            }
            Found::Near(nearest) => {
                decision.nearest = Some(nearest);
                Decided::Denied(decision)
            }
            Found::Nothing => {
                decision.failed.push(Failure::NoGrant { organisation, form });
                Decided::Denied(decision)
            }
        }
    }
}

impl Held {
    /// The fields asked for, if the grant names each of them and gives them as they are.
    fn names(&self, question: &Question<'_>) -> Result<Reach, Vec<Failure>> {
        let mut failed = Vec::new();
        self.check_standing(question, &mut failed);
        self.check_tier(question.need, &mut failed);
        let years = question.need.asked.years.difference(&self.terms.years);
        let years: BTreeSet<u16> = years.copied().collect();
        if !years.is_empty() {
            failed.push(Failure::Years { years });
        }
        let asked = question.need.columns.cloned().unwrap_or_default();
        let is_named = |field: &String| {
            let is_exact = self.terms.precision.get(field).is_none_or(|p| *p == Precision::Exact);
            is_exact && matches!(&self.terms.columns, Columns::Listed(all) if all.contains(field))
        };
        let names: BTreeSet<String> =
            asked.iter().filter(|field| !is_named(field)).cloned().collect();
        if !names.is_empty() {
            failed.push(Failure::Columns { names });
        }
        let population = self.reach_rows(question.need, &mut failed);
        if failed.is_empty() {
            Ok(Reach { tier: question.need.tier, columns: asked, population })
        } else {
            Err(failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Caller, MicrodataRead, ReadMicrodata, SCOPE_MICRODATA, Subject};
    use crate::{ColumnsOf, DEMO_NODE_GRANTS, GrantTerms, OrganisationNumber, State, Stop};
    use hjemmel_kostra::Form;
    use hjemmel_kostra::agreement::Variable;

    struct NoColumns;

    impl ColumnsOf for NoColumns {
        fn columns_of(&self, _: Form, _: u16) -> crate::terms::YearColumns {
            crate::terms::YearColumns::default()
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-05-01T00:00:00Z".parse().unwrap()
    }

    fn imdi() -> OrganisationNumber {
        OrganisationNumber::parse("987879696").unwrap()
    }

    /// The demonstration's grant of form 11B to the holder of the register.
    fn grant() -> GrantTerms {
        let all = GrantTerms::from_toml(DEMO_NODE_GRANTS).unwrap();
        all.into_iter().find(|grant| grant.product == Form::F11B).unwrap()
    }

    fn allowed(grant: GrantTerms, variables: &[Variable], stops: &[Stop]) -> bool {
        let policy = Policy::build(vec![grant], 1, &NoColumns).unwrap().under(stops);
        let variables = variables.iter().copied().collect();
        let asked = Comparing::new((Form::F11B, 2017), &variables, imdi());
        let decided = policy.decide_comparison(asked, now());
        // It opens nothing else.
        let subject = Subject::Organisation { organisation: imdi() };
        let caller = Caller::as_if(subject, BTreeSet::from([SCOPE_MICRODATA.to_owned()]), None);
        let records = MicrodataRead {
            form: Form::F11B,
            year: 2017,
            columns: None,
            regions: None,
            unpublished: false,
        };
        assert!(!policy.decide::<ReadMicrodata>(&caller, records, None, now()).is_allowed());
        if let Decided::Allowed(grant, decision) = &decided {
            assert_eq!(grant.resource().with(), imdi());
            assert_eq!(decision.grant.as_ref().unwrap().id, "imdi-11b-comparison");
            assert!(grant.obligations().columns.contains("felt_10"));
        }
        decided.is_allowed()
    }

    #[test]
    fn a_comparison_takes_a_grant_that_names_each_field() {
        assert!(allowed(grant(), &Variable::ALL, &[]));
        let dates = Columns::Listed(["felt_10".to_owned(), "felt_14".to_owned()].into());
        let of_dates = GrantTerms { columns: dates, ..grant() };
        assert!(allowed(of_dates.clone(), &[Variable::Dates], &[]));
        assert!(!allowed(of_dates.clone(), &[Variable::Benefit], &[]));
        assert!(!allowed(of_dates, &Variable::ALL, &[]));
        let start = Columns::Listed(["felt_10".to_owned()].into());
        assert!(!allowed(GrantTerms { columns: start, ..grant() }, &[Variable::Dates], &[]));
        assert!(!allowed(grant(), &[], &[]), "nothing is asked for");
        let all = GrantTerms { columns: Columns::AllContent, ..grant() };
        assert!(!allowed(all, &[Variable::Dates], &[]), "all content names nothing");
        let coarser = [("felt_16_1".to_owned(), Precision::Banded)].into();
        assert!(!allowed(GrantTerms { precision: coarser, ..grant() }, &Variable::ALL, &[]));
    }

    #[test]
    fn a_comparison_takes_a_grant_that_holds_of_the_whole_country() {
        let not = |change: &dyn Fn(&mut GrantTerms)| {
            let mut changed = grant();
            change(&mut changed);
            assert!(!allowed(changed, &[Variable::Dates], &[]));
        };
        not(&|grant| grant.state = State::Suspended);
        not(&|grant| grant.valid_to = now());
        not(&|grant| grant.years = [2016].into());
        not(&|grant| {
            grant.population = crate::terms::PopulationTerms::Regions(["0106".to_owned()].into());
        });
        not(&|grant| {
            grant.recipient.organisation = OrganisationNumber::parse("889640782").unwrap();
        });
        not(&|grant| grant.purpose.class = crate::terms::PurposeClass::Control);
        for stop in [
            Stop::All,
            Stop::Dataset { form: Form::F11B },
            Stop::Recipient { organisation: imdi() },
        ] {
            assert!(!allowed(grant(), &[Variable::Dates], &[stop]), "{stop:?}");
        }
    }

    #[test]
    fn a_grant_of_a_compared_register_names_fields_it_has() {
        let typo = Columns::Listed(["felt_11".to_owned()].into());
        let broken = GrantTerms { columns: typo, ..grant() }.validate(&NoColumns).unwrap_err();
        assert!(broken[0].to_string().contains("felt_10"), "{broken:?}");
        assert!(grant().validate(&NoColumns).is_ok());
    }
}
