//! Two registers of two bodies compared person by person, region by region, without either showing whom it has.
//!
//! The one that asks sends commitments to its blinded persons of every region, and the other answers with its own. Then points
//! go both ways; each side has remembered the comparison, durably, before it sends the first. The one that asks counts, and
//! what it counts leaves its program through disclosure control alone. What is said of persons is compared where a legal basis
//! at both names it.

mod asking;
mod basis;
mod refusal;

pub use asking::begin;
pub use basis::basis;
pub use refusal::Refusal;

use super::memory::Pairing;
pub use super::words::{Accepted, Asked, Exchange, Exchanged, Proposal, register, strata};
use crate::app::App;
use crate::fault::with_causes;
use crate::releases::own_policy;
use basis::{holds, named};
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_disclosure::suppress;
use hjemmel_federation::psi::{Persons, Set};
use hjemmel_federation::{Bytes, NodeId};
use hjemmel_kostra::Form;
use hjemmel_policy::{Compare, Grant, ProtectTables};
use hjemmel_registers::DepositRef;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the tables of comparisons are called where they are kept.
pub const NAME: &str = "comparison";
/// How long a comparison is kept.
const LONGEST: TimeDelta = TimeDelta::minutes(30);
/// How many are kept.
const MOST: usize = 4;

/// The comparisons under way.
#[derive(Default)]
pub struct Comparisons {
    answering: Mutex<BTreeMap<Bytes<32>, Arc<Open>>>,
    /// The registers and years that this node itself is asking another about.
    asking: Mutex<BTreeSet<(NodeId, &'static str, u16)>>,
}

struct Open {
    until: DateTime<Utc>,
    proposal: Proposal,
    form: Form,
    sets: Vec<Set>,
    basis: Option<Grant<Compare>>,
    /// Whether it is remembered. It is locked while it is written down.
    entered: Mutex<bool>,
}

/// That this node is asking, until it is dropped.
struct Asking<'a> {
    comparisons: &'a Comparisons,
    about: (NodeId, &'static str, u16),
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut all = self.comparisons.asking.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.about);
    }
}

/// This node's persons of every region, and what is said of them where there is a basis to compare it.
fn persons(
    app: &App,
    (form, year): (Form, u16),
    basis: Option<&Grant<Compare>>,
) -> Result<BTreeMap<String, Persons>, Refusal> {
    let counting = app.store().counting_deliveries(form, year);
    let counting = counting.map_err(|error| {
        tracing::error!(error = with_causes(&error), "deliveries cannot be found for a comparison");
        Refusal::Unavailable
    })?;
    if counting.is_empty() {
        return Err(Refusal::NotYet);
    }
    let read = || -> Result<_, Box<dyn std::error::Error>> {
        let of = |one: &hjemmel_store::MunicipalDelivery| DepositRef { form, year, id: one.id };
        let deliveries = counting.values().map(of).collect();
        let grant = own_policy()?.permit_protection(ProtectTables { form, year }, Utc::now());
        Ok(suppress::persons(app.registers().numbers(grant, deliveries)?, basis))
    };
    read().map_err(|error| {
        tracing::error!(%error, "persons cannot be read for a comparison");
        Refusal::Unavailable
    })
}

impl Comparisons {
    /// That this node asks, if it does not already.
    fn ask(&self, about: (NodeId, &'static str, u16)) -> Result<Asking<'_>, Refusal> {
        let mut all = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = all.insert(about);
        if is_first { Ok(Asking { comparisons: self, about }) } else { Err(Refusal::Underway) }
    }

    fn answering(&self) -> MutexGuard<'_, BTreeMap<Bytes<32>, Arc<Open>>> {
        self.answering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a proposal with this node's own commitments. This blocks.
    ///
    /// # Errors
    /// Why not. Nothing was said of the register then.
    pub fn propose(
        &self,
        app: &App,
        proposal: Proposal,
        from: NodeId,
    ) -> Result<Accepted, Refusal> {
        let federation = app.federation().ok_or(Refusal::NoPart)?;
        let node = federation.node().ok_or(Refusal::NoPart)?;
        let own = proposal.own(node).filter(|_| node != from && proposal.pair.contains(&from));
        let form = own.and_then(register).ok_or(Refusal::NoPart)?;
        if !federation.settings().compares(form, from) {
            return Err(Refusal::NoPart);
        }
        if proposal.strata != strata(proposal.year)
            || proposal.strata.is_empty()
            || !proposal.fits(&proposal.commitments, from)
        {
            return Err(Refusal::Strata);
        }
        let accepted = |sets: &[Set], basis: Option<&Grant<Compare>>| Accepted {
            commitments: sets.iter().map(|set| set.commitment().clone()).collect(),
            basis: named(basis).map(ToOwned::to_owned),
        };
        let about = (from, form.dataset(), proposal.year);
        if self.asking.lock().unwrap_or_else(PoisonError::into_inner).contains(&about) {
            return Err(Refusal::Underway);
        }
        {
            let now = Utc::now();
            let mut all = self.answering();
            all.retain(|_, open| now < open.until);
            match all.get(&proposal.digest()) {
                Some(open) if open.proposal == proposal => {
                    return Ok(accepted(&open.sets, open.basis.as_ref()));
                }
                None if all.len() < MOST => {}
                _ => return Err(Refusal::Unavailable),
            }
        }
        let (other, register) = (from, (form, proposal.year));
        let basis = basis(app, register, &proposal.differences, other)?;
        Pairing { app, proposal: &proposal, form, other, basis: named(basis.as_ref()) }.look()?;
        let sets = proposal.sets(node, &persons(app, register, basis.as_ref())?)?;
        let (said, until) = (accepted(&sets, basis.as_ref()), Utc::now() + LONGEST);
        let open = Open { until, proposal, form, sets, basis, entered: Mutex::new(false) };
        self.answering().insert(open.proposal.digest(), Arc::new(open));
        Ok(said)
    }

    /// Sends this node's points of some parts, and the other's back. Before the first it is remembered. This blocks.
    ///
    /// # Errors
    /// When they are not what was committed to, or what is remembered speaks against it.
    pub fn exchange(
        &self,
        app: &App,
        exchange: &Exchange,
        from: NodeId,
    ) -> Result<Exchanged, Refusal> {
        let open = self.answering().get(&exchange.comparison).map(Arc::clone);
        let open = open.ok_or(Refusal::Unknown)?;
        if !open.proposal.pair.contains(&from) || open.until < Utc::now() {
            return Err(Refusal::Unknown);
        }
        let basis = open.basis.as_ref();
        holds(app, basis)?;
        {
            let mut entered = open.entered.lock().unwrap_or_else(PoisonError::into_inner);
            if !*entered {
                let (form, proposal) = (open.form, &open.proposal);
                Pairing { app, proposal, form, other: from, basis: named(basis) }.enter()?;
                *entered = true;
            }
        }
        let sides = open.sets.iter().zip(&open.proposal.commitments).skip(exchange.first);
        let mut answer = Exchanged { points: Vec::new(), back: Vec::new() };
        for (theirs, (set, committed)) in exchange.points.iter().zip(sides) {
            answer.back.push(set.answer(theirs, committed, &mut rand::rng())?);
            answer.points.push(set.points().clone());
        }
        if answer.back.len() == exchange.points.len() { Ok(answer) } else { Err(Refusal::Strata) }
    }
}
