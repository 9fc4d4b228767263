//! The grants in force as one immutable snapshot, and deciding against it.

mod ask;
mod compare;
mod conditions;
mod relay;
mod stops;

pub use ask::GivenAnswer;
pub(crate) use ask::READ_ANSWER;

use crate::action::Need;
use crate::decision::Asker;
use crate::rules::{Fault, Rules};
use crate::terms::{Columns, ColumnsOf, HardRule, Precision, YearColumns};
use crate::{
    Action, Caller, Decision, Error, Failure, Grant, GrantRef, GrantTerms, NearMiss, Obligations,
    OrganisationNumber, Outcome, Population, Project, Protect, ProtectTables, Subject, Tier,
};
use chrono::{DateTime, Utc};
use conditions::{Question, Reach};
use hjemmel_kostra::Form;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// One grant of the snapshot with what building found out about it.
#[derive(Clone)]
struct Held {
    terms: GrantTerms,
    population: Population,
    columns: BTreeMap<u16, Arc<BTreeSet<String>>>,
    /// The columns that leave coarser than they were reported.
    coarser: BTreeMap<String, Precision>,
    broken: Vec<HardRule>,
    stopped: Option<crate::Stop>,
}

/// All grants of one moment, indexed by recipient and form, with the access rules.
///
/// It never changes: a change of grants is a new snapshot, swapped in whole. It is `Send` and `Sync`.
pub struct Policy {
    grants: Vec<Arc<Held>>,
    index: HashMap<(OrganisationNumber, Form), Vec<usize>>,
    columns: Arc<Known>,
    rules: Arc<Rules>,
    version: u64,
    projects: Vec<Project>,
    stops: Vec<crate::Stop>,
}

/// The columns of the forms and years that grants are about.
struct Known(HashMap<(Form, u16), YearColumns>);

impl ColumnsOf for Known {
    fn columns_of(&self, form: Form, year: u16) -> YearColumns {
        self.0.get(&(form, year)).cloned().unwrap_or_default()
    }
}

/// What decides which columns of a form and year a grant gives: the ones it lists, if it does, and whether
/// direct identifiers are among them. Few kinds of grants share the sets.
type Given = (Form, u16, bool, Option<BTreeSet<String>>);

/// What came of a question.
#[derive(Debug)]
#[must_use]
pub enum Decided<A: Action> {
    /// Permitted, once.
    Allowed(Grant<A>, Decision),
    /// Not permitted.
    Denied(Decision),
}

impl<A: Action> Decided<A> {
    /// The record, whichever way it went.
    #[must_use]
    pub const fn decision(&self) -> &Decision {
        match self {
            Self::Allowed(_, decision) | Self::Denied(decision) => decision,
        }
    }

    /// Whether it was permitted.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(..))
    }
}

impl Policy {
    /// Makes a snapshot. A grant that breaks a hard rule, or whose id is used twice, is set aside: it
    /// allows nothing and says why, and the others take effect. So one bad record neither opens
    /// anything nor holds back the revocation of another.
    ///
    /// # Errors
    /// When the access rules do not load; then there is no snapshot, and the caller keeps refusing.
    pub fn build(
        grants: Vec<GrantTerms>,
        version: u64,
        columns: &impl ColumnsOf,
    ) -> Result<Self, Error> {
        Ok(Self::build_with(grants, version, columns, Rules::shared()?))
    }

    fn build_with(
        grants: Vec<GrantTerms>,
        version: u64,
        columns: &impl ColumnsOf,
        rules: impl Into<Arc<Rules>>,
    ) -> Self {
        let mut known: HashMap<(Form, u16), YearColumns> = HashMap::new();
        for grant in &grants {
            for year in &grant.years {
                known
                    .entry((grant.product, *year))
                    .or_insert_with(|| columns.columns_of(grant.product, *year));
            }
        }
        let known = Known(known);
        let mut times: HashMap<String, usize> = HashMap::new();
        for grant in &grants {
            *times.entry(grant.id.clone()).or_default() += 1;
        }
        let mut shared = HashMap::new();
        let held = grants.into_iter().map(|terms| {
            let twice = times.get(&terms.id).copied() != Some(1);
            Arc::new(hold(terms, twice, &known, &mut shared))
        });
        Self {
            grants: held.collect(),
            index: HashMap::new(),
            columns: Arc::new(known),
            rules: rules.into(),
            version,
            projects: Vec::new(),
            stops: Vec::new(),
        }
        .indexed()
    }

    fn indexed(mut self) -> Self {
        self.index.clear();
        for (position, held) in self.grants.iter().enumerate() {
            let key = (held.terms.recipient.organisation, held.terms.product);
            self.index.entry(key).or_default().push(position);
        }
        self
    }

    /// The version given when it was built.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Every grant, those set aside included.
    pub fn grants(&self) -> impl Iterator<Item = &GrantTerms> {
        self.grants.iter().map(|held| &held.terms)
    }

    /// The grants set aside, each with the rules it breaks; someone must look at them.
    pub fn set_aside(&self) -> impl Iterator<Item = (&GrantTerms, &[HardRule])> {
        self.grants
            .iter()
            .filter(|held| !held.broken.is_empty())
            .map(|held| (&held.terms, held.broken.as_slice()))
    }

    /// Whether a version of a grant opens anything at this moment: what a stream that is under way asks
    /// before each part it sends.
    #[must_use]
    pub fn is_open(&self, id: &str, version: u32, now: DateTime<Utc>) -> bool {
        let mut named = self.grants.iter().filter(|held| held.terms.id == id);
        named.any(|held| held.terms.version == version && held.is_open(now))
    }

    /// Whether the caller has a grant of a form that gives anything before it is published. Whether it gives what is
    /// asked for is for [`Policy::decide`] to say.
    #[must_use]
    pub fn sees_ahead(&self, caller: &Caller, form: Form, now: DateTime<Utc>) -> bool {
        let organisation = match caller.subject() {
            Subject::Organisation { organisation } => Some(*organisation),
            Subject::Person { organisation, .. } => *organisation,
            Subject::Anonymous => None,
        };
        let Some(organisation) = organisation else { return false };
        let held = self.index.get(&(organisation, form)).into_iter().flatten();
        let mut held = held.filter_map(|at| self.grants.get(*at));
        held.any(|held| held.terms.pre_release && held.is_open(now))
    }

    /// Decides one question. Among the grants that cover it, the least revealing one wins, then the one
    /// that gives most columns, then most rows, then the one that lasts longest, then the first by id.
    /// Whatever breaks on the way is a denial.
    pub fn decide<A: Action>(
        &self,
        caller: &Caller,
        resource: A::Resource,
        purpose: Option<&str>,
        now: DateTime<Utc>,
    ) -> Decided<A> {
        let need = A::need(&resource);
        let mut decision =
            Decision::denied(now, Asker::from(caller), A::NAME, need.asked.clone(), self.version);
        decision.purpose = purpose.map(str::to_owned);
        let (organisation, role, scope) = match at_the_door(caller, &need) {
            Ok(inside) => inside,
            Err(failure) => {
                decision.failed.push(failure);
                return Decided::Denied(decision);
            }
        };
        let question = Question { need: &need, supplier: caller.supplier(), purpose, now, scope };
        let form = need.asked.form;
        match self.find(organisation, role, form, A::NAME, |held| held.answer(&question), &question)
        {
            Found::Covered(held, reach) => {
                record(&mut decision, held, &reach);
                let obligations = obligations(&decision, held);
                drop(need);
                Decided::Allowed(Grant::new(resource, obligations), decision)
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

    /// The installation's own act: opening a form and year to protect its tables. The permission lets
    /// nothing but protected tables out, which the disclosure crate's types hold.
    pub fn permit_protection(&self, resource: ProtectTables, now: DateTime<Utc>) -> Grant<Protect> {
        let asked = <Protect as crate::action::Sealed>::need(&resource).asked;
        let decision = Decision::denied(now, Asker::operator(), Protect::NAME, asked, self.version);
        let columns = self.columns.columns_of(resource.form, resource.year);
        let obligations = Obligations {
            grant_id: "operator".to_owned(),
            grant_version: 0,
            clause: "protection of tables before publishing".to_owned(),
            tier: Tier::Protected,
            columns: columns.iter().filter(|(_, id)| !id).map(|(name, _)| name.clone()).collect(),
            coarser: BTreeMap::new(),
            years: BTreeSet::from([resource.year]),
            population: Population::All,
            pseudonym_namespace: "operator".to_owned(),
            max_rows_per_day: None,
            decision: decision.id,
        };
        Grant::new(resource, obligations)
    }

    fn find(
        &self,
        organisation: OrganisationNumber,
        role: &'static str,
        form: Form,
        action: &'static str,
        answer: impl Fn(&Held) -> Result<Reach, Vec<Failure>>,
        question: &Question<'_>,
    ) -> Found<'_> {
        let positions = self.index.get(&(organisation, form)).map_or(&[][..], Vec::as_slice);
        let mut covered = Vec::new();
        let mut nearest: Option<(&Held, Vec<Failure>)> = None;
        for held in positions.iter().filter_map(|position| self.grants.get(*position)) {
            match answer(held) {
                Ok(reach) => covered.push((held, reach)),
                Err(failed) => nearer(&mut nearest, held, failed),
            }
        }
        covered.sort_by(|(a, reach_a), (b, reach_b)| {
            conditions::rank(a, reach_a).cmp(&conditions::rank(b, reach_b))
        });
        for (held, reach) in covered {
            match self.rules.permit(held.usage(role, action, question)) {
                Ok(true) => return Found::Covered(held, reach),
                Ok(false) => nearer(&mut nearest, held, vec![held.rule_failure(action, question)]),
                Err(Fault) => nearer(&mut nearest, held, vec![Failure::Fault]),
            }
        }
        nearest.map_or(Found::Nothing, |(held, failed)| {
            Found::Near(NearMiss {
                grant_id: held.terms.id.clone(),
                grant_version: held.terms.version,
                failed,
            })
        })
    }
}

enum Found<'a> {
    Covered(&'a Held, Reach),
    Near(NearMiss),
    Nothing,
}

/// What is asked of every caller before any grant is looked at. A missing scope is kept for the
/// nearest grant to tell, so that the answer names everything that is missing at once.
fn at_the_door(
    caller: &Caller,
    need: &Need<'_>,
) -> Result<(OrganisationNumber, &'static str, Option<&'static str>), Failure> {
    let role = match caller.subject() {
        Subject::Anonymous => return Err(Failure::Anonymous),
        Subject::Organisation { .. } => "organisation",
        Subject::Person { .. } => "person",
    };
    let scope = need.scope.ok_or(Failure::OperatorOnly)?;
    let organisation = caller.organisation().ok_or(Failure::NoOrganisation)?;
    if need.asked.years.is_empty() || need.columns.is_some_and(BTreeSet::is_empty) {
        return Err(Failure::NothingAsked);
    }
    Ok((organisation, role, (!caller.has_scope(scope)).then_some(scope)))
}

fn nearer<'a>(
    nearest: &mut Option<(&'a Held, Vec<Failure>)>,
    held: &'a Held,
    failed: Vec<Failure>,
) {
    let nearer = nearest
        .as_ref()
        .is_none_or(|(best, least)| (failed.len(), &held.terms.id) < (least.len(), &best.terms.id));
    if nearer {
        *nearest = Some((held, failed));
    }
}

fn record(decision: &mut Decision, held: &Held, reach: &Reach) {
    let terms = &held.terms;
    let first = terms.statutes.first();
    decision.outcome = Outcome::Allowed;
    decision.grant = Some(GrantRef {
        id: terms.id.clone(),
        version: terms.version,
        clause: first.map(|statute| statute.clause.clone()).unwrap_or_default(),
        statute: terms.basis(),
        purpose: terms.purpose.code.clone(),
    });
    decision.tier = reach.tier;
    decision.columns.clone_from(&reach.columns);
    decision.coarser = held.coarser_among(&reach.columns);
    decision.years.clone_from(&decision.resource.years);
    decision.population = Some(reach.population.clone());
}

fn obligations(decision: &Decision, held: &Held) -> Obligations {
    let grant = decision.grant.as_ref();
    Obligations {
        grant_id: held.terms.id.clone(),
        grant_version: held.terms.version,
        clause: grant
            .map(|grant| format!("{}: {}", grant.statute, grant.clause))
            .unwrap_or_default(),
        tier: decision.tier,
        columns: decision.columns.clone(),
        coarser: decision.coarser.clone(),
        years: decision.years.clone(),
        population: decision.population.clone().unwrap_or(Population::Regions(BTreeSet::new())),
        // A new version of a grant keeps its pseudonyms, so that a recipient's series do not break.
        pseudonym_namespace: format!("grant:{}", held.terms.id),
        max_rows_per_day: held.terms.delivery.max_rows_per_day,
        decision: decision.id,
    }
}

fn hold(
    terms: GrantTerms,
    twice: bool,
    lookup: &impl ColumnsOf,
    shared: &mut HashMap<Given, Arc<BTreeSet<String>>>,
) -> Held {
    let mut broken: Vec<HardRule> = match terms.validate(lookup) {
        Ok(()) => Vec::new(),
        Err(violations) => violations.into_iter().map(|violation| violation.rule).collect(),
    };
    if twice {
        broken.push(HardRule::Complete);
    }
    broken.sort_unstable();
    broken.dedup();
    let columns = terms
        .years
        .iter()
        .map(|year| {
            let listed = match &terms.columns {
                Columns::AllContent => None,
                Columns::Listed(listed) => Some(listed.clone()),
            };
            let kind = (terms.product, *year, terms.gives_identifiers(), listed);
            let given = shared.entry(kind).or_insert_with(|| {
                Arc::new(terms.columns_among(&lookup.columns_of(terms.product, *year)))
            });
            (*year, Arc::clone(given))
        })
        .collect();
    let population = terms.population();
    let coarser = coarser(&terms);
    Held { terms, population, columns, coarser, broken, stopped: None }
}

/// The numbers and dates that a grant gives in bands or as a flag.
fn coarser(terms: &GrantTerms) -> BTreeMap<String, Precision> {
    let less = terms.precision.iter().filter(|(_, precision)| **precision != Precision::Exact);
    let made = |name: &str| {
        let years = terms.years.iter();
        let mut columns = years.flat_map(|year| hjemmel_kostra::columns(terms.product, *year));
        columns.any(|column| column.name == name && column.is_made_coarser())
    };
    less.filter(|(name, _)| made(name)).map(|(name, how)| (name.clone(), *how)).collect()
}

pub mod matrix;

#[cfg(test)]
mod tests;
