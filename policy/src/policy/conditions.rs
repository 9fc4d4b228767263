//! The conditions of one grant, each checked apart so that a denial can name all that failed.

use super::Held;
use crate::action::Need;
use crate::rules::Use;
use crate::terms::Precision;
use crate::{Failure, OrganisationNumber, Population, Tier};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// One question to every candidate.
pub(super) struct Question<'a> {
    pub(super) need: &'a Need<'a>,
    pub(super) supplier: Option<OrganisationNumber>,
    pub(super) purpose: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
    /// The scope the token lacks.
    pub(super) scope: Option<&'static str>,
}

/// What a covering grant gives of what was asked.
pub(super) struct Reach {
    pub(super) tier: Tier,
    pub(super) columns: BTreeSet<String>,
    pub(super) population: Population,
}

/// The order of preference, least first.
pub(super) fn rank<'a>(
    held: &'a Held,
    reach: &Reach,
) -> (Tier, Reverse<usize>, Reverse<usize>, Reverse<DateTime<Utc>>, &'a str) {
    let rows = match &reach.population {
        Population::All => usize::MAX,
        Population::Regions(codes) => codes.len(),
    };
    let terms = &held.terms;
    (terms.tier, Reverse(reach.columns.len()), Reverse(rows), Reverse(terms.valid_to), &terms.id)
}

impl Held {
    /// What the grant gives of what was asked, or everything that stands in the way.
    pub(super) fn answer(&self, question: &Question<'_>) -> Result<Reach, Vec<Failure>> {
        let mut failed = Vec::new();
        self.check_standing(question, &mut failed);
        self.check_caller(question, &mut failed);
        self.check_tier(question.need, &mut failed);
        self.check_years(question.need, &mut failed);
        if question.need.unpublished && !self.terms.pre_release {
            failed.push(Failure::Embargo);
        }
        let columns = self.reach_columns(question.need, &mut failed);
        let population = self.reach_rows(question.need, &mut failed);
        if failed.is_empty() {
            Ok(Reach { tier: self.released_tier(question.need), columns, population })
        } else {
            Err(failed)
        }
    }

    /// The columns among these that leave coarser than they were reported.
    pub(super) fn coarser_among(&self, columns: &BTreeSet<String>) -> BTreeMap<String, Precision> {
        let all = self.coarser.iter().filter(|(name, _)| columns.contains(*name));
        all.map(|(name, precision)| (name.clone(), *precision)).collect()
    }

    /// Whether it opens anything at all at this moment.
    pub(super) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.broken.is_empty()
            && self.stopped.is_none()
            && self.terms.state == crate::State::Active
            && self.terms.holds_at(now)
    }

    /// What the access rules are asked about this grant.
    pub(super) fn usage(
        &self,
        role: &'static str,
        action: &'static str,
        question: &Question<'_>,
    ) -> Use {
        Use {
            role,
            product: self.terms.product,
            action,
            purpose: self.terms.purpose.class,
            chain: self.terms.chain,
            tier: self.released_tier(question.need),
        }
    }

    pub(super) fn rule_failure(&self, action: &str, question: &Question<'_>) -> Failure {
        Failure::Rule {
            action: action.to_owned(),
            purpose: self.terms.purpose.class,
            chain: self.terms.chain,
            tier: self.released_tier(question.need),
        }
    }

    /// Records leave at the grant's tier; cells of a table are exact and no more.
    fn released_tier(&self, need: &Need<'_>) -> Tier {
        if need.tier == Tier::Exact { Tier::Exact } else { self.terms.tier }
    }

    pub(super) fn check_standing(&self, question: &Question<'_>, failed: &mut Vec<Failure>) {
        let terms = &self.terms;
        if let Some(stop) = self.stopped {
            failed.push(Failure::Stopped { stop });
        }
        if !self.broken.is_empty() {
            failed.push(Failure::Invalid { rules: self.broken.clone() });
        }
        if terms.state != crate::State::Active {
            failed.push(Failure::State { state: terms.state });
        }
        if !terms.holds_at(question.now) {
            failed.push(if question.now < terms.valid_from {
                Failure::NotYet { valid_from: terms.valid_from }
            } else {
                Failure::Expired { valid_to: terms.valid_to }
            });
        }
    }

    fn check_caller(&self, question: &Question<'_>, failed: &mut Vec<Failure>) {
        if let Some(needed) = question.scope {
            failed.push(Failure::Scope { needed: needed.to_owned() });
        }
        if let Some(supplier) = question.supplier
            && !self.terms.accepts_supplier(supplier)
        {
            failed.push(Failure::Supplier { supplier });
        }
        if let Some(asked) = question.purpose
            && asked != self.terms.purpose.code
        {
            let granted = self.terms.purpose.code.clone();
            failed.push(Failure::Purpose { asked: asked.chars().take(80).collect(), granted });
        }
    }

    pub(super) fn check_tier(&self, need: &Need<'_>, failed: &mut Vec<Failure>) {
        if self.terms.tier < need.tier {
            failed.push(Failure::Tier { needed: need.tier, granted: self.terms.tier });
        }
    }

    fn check_years(&self, need: &Need<'_>, failed: &mut Vec<Failure>) {
        let has = |year: &u16| self.columns.get(year).is_some_and(|columns| !columns.is_empty());
        let years: BTreeSet<u16> =
            need.asked.years.iter().copied().filter(|year| !has(year)).collect();
        if !years.is_empty() {
            failed.push(Failure::Years { years });
        }
    }

    /// The columns given in every year asked for; years the grant lacks are told of elsewhere.
    fn reach_columns(&self, need: &Need<'_>, failed: &mut Vec<Failure>) -> BTreeSet<String> {
        let given: Vec<_> =
            need.asked.years.iter().filter_map(|year| self.columns.get(year)).collect();
        let Some(asked) = need.columns else {
            let Some((first, others)) = given.split_first() else { return BTreeSet::new() };
            let everywhere = |column: &&String| others.iter().all(|other| other.contains(*column));
            return first.iter().filter(everywhere).cloned().collect();
        };
        // Cells of a table are told as they are, so none of them may show what is given coarser.
        let is_coarser =
            |column: &String| need.tier == Tier::Exact && self.coarser.contains_key(column);
        let names: BTreeSet<String> = asked
            .iter()
            .filter(|column| {
                is_coarser(column) || given.iter().any(|columns| !columns.contains(*column))
            })
            .cloned()
            .collect();
        if !names.is_empty() {
            failed.push(Failure::Columns { names });
        }
        asked.clone()
    }

    pub(super) fn reach_rows(&self, need: &Need<'_>, failed: &mut Vec<Failure>) -> Population {
        let Some(asked) = need.regions else {
            if need.whole_country && !self.population.covers_country(&need.asked.years) {
                let (codes, granted) = (BTreeSet::new(), self.population.clone());
                failed.push(Failure::Regions { codes, granted });
            }
            return self.population.clone();
        };
        let codes: BTreeSet<String> =
            asked.iter().filter(|code| !self.population.covers(code)).cloned().collect();
        if !codes.is_empty() {
            failed.push(Failure::Regions { codes, granted: self.population.clone() });
        }
        Population::Regions(asked.clone())
    }
}
