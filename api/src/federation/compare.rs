//! Two registers of two bodies compared person by person, region by region, without either showing whom it has.
//!
//! The one that asks sends commitments to its blinded persons of every region, and the other answers with its own; both have
//! remembered the comparison by then. Then points go both ways. The one that asks counts, and what it counts leaves its
//! program through disclosure control alone.

use super::joint::{Why, event};
pub use super::words::{Accepted, Asked, Exchange, Exchanged, Proposal, register, strata};
use super::{Federation, Peer};
use crate::app::App;
use crate::fault::with_causes;
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::suppress::{self, Compared};
use hjemmel_federation::psi::{Broken, PairFault, Persons, Run, Set, pairs};
use hjemmel_federation::{Bytes, NodeId};
use hjemmel_kostra::{Form, Text};
use hjemmel_policy::{Policy, ProtectTables};
use hjemmel_registers::DepositRef;
use hjemmel_store::{DecisionRow, Entered, JointEnd, JointTable, RoundKind, RoundRow};
use rand::RngCore as _;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Where the two words of a comparison are said.
pub const PROPOSAL: &str = "/v1/node-comparisons/proposal";
/// The second, as often as it takes.
pub const POINTS: &str = "/v1/node-comparisons/points";
/// What the tables of comparisons are called where they are kept.
pub const NAME: &str = "comparison";
/// How long a comparison is kept.
const LONGEST: TimeDelta = TimeDelta::minutes(30);
/// How many are kept.
const MOST: usize = 4;
/// How many points one word holds at most, unless one region has more: 43 bytes each.
const POINTS_A_WORD: usize = 30_000;

/// Why a node does not compare.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It compares nothing, or not this with that node.
    #[error("the node does not compare this register with that node")]
    NoPart,
    /// The regions are not those of the year, or commitments are missing.
    #[error("the proposal is not over the regions of the year")]
    Strata,
    /// What it remembers.
    #[error(transparent)]
    Pair(#[from] PairFault),
    /// It publishes tables of the register itself.
    #[error("the node publishes tables of the form and year itself")]
    Published,
    /// What was sent.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Nothing is known of it.
    #[error("the comparison is not known here, or is over")]
    Unknown,
    /// Not now.
    #[error("the node cannot compare now")]
    Unavailable,
}

/// The comparisons under way.
#[derive(Default)]
pub struct Comparisons(Mutex<BTreeMap<Bytes<32>, Arc<Open>>>);

struct Open {
    until: DateTime<Utc>,
    proposal: Proposal,
    sets: Vec<Set>,
}

/// This node's persons of every region.
fn persons(app: &App, form: Form, year: u16) -> Result<BTreeMap<String, Persons>, Refusal> {
    let read = || -> Result<_, Box<dyn std::error::Error>> {
        let counting = app.store().counting_deliveries(form, year)?;
        let of = |one: &hjemmel_store::MunicipalDelivery| DepositRef { form, year, id: one.id };
        let deliveries = counting.values().map(of).collect();
        let policy = Policy::build(Vec::new(), 0, &crate::app::columns_of)?;
        let grant = policy.permit_protection(ProtectTables { form, year }, Utc::now());
        Ok(suppress::persons(app.registers().numbers(grant, deliveries)?))
    };
    read().map_err(|error| {
        tracing::error!(%error, "persons cannot be read for a comparison");
        Refusal::Unavailable
    })
}

/// Remembers a comparison, if it may be made at all.
fn enter(app: &App, proposal: &Proposal, form: Form, other: NodeId) -> Result<(), Refusal> {
    let runs: Vec<Run> =
        proposal.strata.iter().map(|region| Run::of(&proposal.of(region))).collect();
    let row = RoundRow {
        kind: RoundKind::Comparison,
        id: proposal.digest().to_string(),
        of: (form, proposal.year),
        body: serde_json::to_string(&runs).map_err(|_| Refusal::Unavailable)?,
        at: Utc::now(),
    };
    let policy = app.policy().map_err(|_| Refusal::Unavailable)?.version();
    let event = DecisionRow {
        id: Uuid::now_v7(),
        at: row.at,
        policy_version: i64::try_from(policy).unwrap_or(i64::MAX),
        subject_kind: "node".to_owned(),
        organisation: Some(other.to_string()),
        supplier: None,
        client: None,
        action: "comparison:begin".to_owned(),
        resource: json!({ "datasets": proposal.datasets, "year": proposal.year,
            "comparison": proposal.digest() })
        .to_string(),
        outcome: "allowed".to_owned(),
        grant_id: None,
        grant_version: None,
        body: json!({ "nodes": proposal.pair }).to_string(),
    };
    let mut why = Refusal::Unavailable;
    let mut judge = |remembered: &[String]| {
        let all = remembered.iter().map(|body| serde_json::from_str::<Vec<Run>>(body));
        let Ok(all) = all.collect::<Result<Vec<_>, _>>() else { return false };
        let all: Vec<Run> = all.into_iter().flatten().collect();
        // All strata are compared at once, so one stands for all.
        let Some(first) = proposal.strata.first() else { return false };
        match pairs::judge(&all, &proposal.of(first), &proposal.strata) {
            Ok(()) => true,
            Err(fault) => {
                why = fault.into();
                false
            }
        }
    };
    match app.store().enter_round(&row, &event, &mut judge) {
        Ok(Entered::Yes) => Ok(()),
        Ok(Entered::Refused) => Err(why),
        Ok(Entered::Published) => Err(Refusal::Published),
        Err(error) => {
            tracing::error!(error = with_causes(&error), "a comparison cannot be remembered");
            Err(Refusal::Unavailable)
        }
    }
}

impl Comparisons {
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
        let others = proposal.commitments.iter().filter(|one| one.node == from).count();
        if proposal.strata != strata(proposal.year)
            || proposal.strata.is_empty()
            || others != proposal.strata.len()
            || proposal.commitments.len() != others
        {
            return Err(Refusal::Strata);
        }
        let accepted = |sets: &[Set]| Accepted {
            commitments: sets.iter().map(|set| set.commitment().clone()).collect(),
        };
        {
            let now = Utc::now();
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, open| now < open.until);
            match all.get(&proposal.digest()) {
                Some(open) if open.proposal == proposal => return Ok(accepted(&open.sets)),
                None if all.len() < MOST => {}
                _ => return Err(Refusal::Unavailable),
            }
        }
        let sets = proposal.sets(node, &persons(app, form, proposal.year)?)?;
        // How many persons there are is told by the commitments already.
        enter(app, &proposal, form, from)?;
        let said = accepted(&sets);
        let open = Open { until: Utc::now() + LONGEST, proposal, sets };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(open.proposal.digest(), Arc::new(open));
        Ok(said)
    }

    /// Sends this node's points of some regions, and the other's back.
    ///
    /// # Errors
    /// When they are not what was committed to.
    pub fn exchange(&self, exchange: &Exchange, from: NodeId) -> Result<Exchanged, Refusal> {
        let open = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(&exchange.comparison).map(Arc::clone).ok_or(Refusal::Unknown)?
        };
        if !open.proposal.pair.contains(&from) || open.until < Utc::now() {
            return Err(Refusal::Unknown);
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

/// Begins a comparison on a thread of its own.
///
/// # Errors
/// When there is none.
pub fn begin(app: Data<App>, row: JointTable) -> std::io::Result<()> {
    std::thread::Builder::new().name("compare".to_owned()).spawn(move || {
        let (end, outcome) = match make(&app, &row) {
            Ok((body, archive)) => {
                (JointEnd { at: Utc::now(), body, archive: Some(archive) }, "allowed")
            }
            Err(why) => {
                tracing::warn!(comparison = %row.id, en = why.en, "a comparison ended");
                (JointEnd { at: Utc::now(), body: json!({ "why": why }), archive: None }, "denied")
            }
        };
        let event = event(&app, "comparison:end", &row, outcome, &row.body);
        if let Err(error) = app.store().end_joint(row.id, &end, &event) {
            tracing::error!(error = with_causes(&error), "the end of a comparison cannot be noted");
        }
    })?;
    Ok(())
}

fn why(reason: &str, node: Option<NodeId>, nb: &str, en: &str) -> Why {
    let text = Text::new(nb, en);
    Why { reason: reason.to_owned(), node, nb: text.nb, en: text.en }
}

fn refused(refusal: &Refusal) -> Why {
    why("refused", None, "registrene kan ikke sammenlignes", &refusal.to_string())
}

fn failed(error: &dyn std::error::Error) -> Why {
    tracing::error!(error = with_causes(error), "a comparison failed");
    why(
        "failed",
        None,
        "sammenligningen kunne ikke gjøres her",
        "the comparison could not be made here",
    )
}

fn make(app: &App, row: &JointTable) -> Result<(Value, Vec<u8>), Why> {
    let no_part = || refused(&Refusal::NoPart);
    let federation = app.federation().ok_or_else(no_part)?;
    let node = federation.node().ok_or_else(no_part)?;
    let asked: Asked = serde_json::from_value(row.body.clone()).map_err(|e| failed(&e))?;
    let other = asked.nodes.into_iter().find(|one| *one != node).ok_or_else(no_part)?;
    let peer = federation.peer(other.as_str()).map(Arc::clone).ok_or_else(no_part)?;
    let mut nonce = [0; 16];
    rand::rng().fill_bytes(&mut nonce);
    let mut proposal = Proposal {
        nonce: Bytes(nonce),
        pair: asked.nodes,
        datasets: asked.datasets,
        year: row.year,
        strata: strata(row.year),
        commitments: Vec::new(),
    };
    let form = proposal.own(node).and_then(register).ok_or_else(no_part)?;
    if !federation.settings().compares(form, other) {
        return Err(no_part());
    }
    let own = persons(app, form, row.year).map_err(|refusal| refused(&refusal))?;
    let sets = proposal.sets(node, &own).map_err(|e| failed(&e))?;
    proposal.commitments = sets.iter().map(|set| set.commitment().clone()).collect();
    enter(app, &proposal, form, other).map_err(|refusal| refused(&refusal))?;
    let teller = Teller { federation, peer: &peer, other };
    let accepted: Accepted = teller.say(PROPOSAL, &proposal)?;
    let theirs = accepted.commitments;
    if theirs.len() != sets.len() || theirs.iter().any(|one| one.node != other) {
        return Err(teller.broken());
    }
    let mut compared = Vec::with_capacity(sets.len());
    let mut first = 0;
    while let Some(next) = sets.get(first..).filter(|rest| !rest.is_empty()) {
        let mut count = 0;
        let fit = next.iter().take_while(|set| {
            let before = count;
            count += set.points().len();
            before == 0 || count <= POINTS_A_WORD
        });
        let length = fit.count();
        let points = next.iter().take(length).map(|set| set.points().clone()).collect();
        let exchange = Exchange { comparison: proposal.digest(), first, points };
        let answer: Exchanged = teller.say(POINTS, &exchange)?;
        if answer.points.len() != length || answer.back.len() != length {
            return Err(teller.broken());
        }
        let sides = next.iter().zip(theirs.iter().skip(first));
        let regions = proposal.strata.iter().skip(first);
        for (((set, committed), region), (points, back)) in
            sides.zip(regions).zip(answer.points.iter().zip(&answer.back))
        {
            let made = set.answer(points, committed, &mut rand::rng());
            let overlap = made.and_then(|made| set.compare(back, &made));
            let overlap = overlap.map_err(|_| teller.broken())?;
            let ours = set.commitment();
            compared.push(Compared {
                region: region.clone(),
                overlap,
                stand_ins: [ours.stand_ins, committed.stand_ins],
                unlinkable: [ours.unlinkable, committed.unlinkable],
            });
        }
        first += length;
    }
    let policy = Policy::build(Vec::new(), 0, &crate::app::columns_of).map_err(|e| failed(&e))?;
    let grant = policy.permit_protection(ProtectTables { form, year: row.year }, Utc::now());
    let release = suppress::overlaps(&grant, NAME, compared).map_err(|e| failed(&e))?;
    let key = ArchiveKey::new(app.keys().archive_key());
    let archive = archive::pack(&release, &key).map_err(|e| failed(&e))?;
    let body = json!({ "first": node, "second": other, "regions": proposal.strata,
        "comparison": proposal.digest() });
    Ok((body, archive))
}

/// Says something to the other node and hears its answer.
struct Teller<'a> {
    federation: &'a Federation,
    peer: &'a Peer,
    other: NodeId,
}

impl Teller<'_> {
    fn broken(&self) -> Why {
        let other = self.other;
        let nb = format!("{other} brøt reglene for sammenligningen");
        why("broken", Some(other), &nb, &format!("{other} broke the rules of the comparison"))
    }

    fn say<T: Serialize, U: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        word: &T,
    ) -> Result<U, Why> {
        let other = self.other;
        let gone = || {
            let (nb, en) = (format!("{other} falt fra"), format!("{other} dropped out"));
            why("dropped-out", Some(other), &nb, &en)
        };
        let body = serde_json::to_string(word).map_err(|e| failed(&e))?;
        let _place = self.peer.place(Utc::now()).map_err(|_| gone())?;
        let (status, text) = self.peer.say(self.federation, path, &body).map_err(|_| gone())?;
        match status {
            200 => serde_json::from_slice(&text).map_err(|_| self.broken()),
            400..=499 => {
                let said: Value = serde_json::from_slice(&text).unwrap_or_default();
                let said = said.get("detail").and_then(Value::as_str).unwrap_or_default();
                let said: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
                let (nb, en) =
                    (format!("{other} sa nei: {said}"), format!("{other} refused: {said}"));
                Err(why("vetoed", Some(other), &nb, &en))
            }
            _ => Err(gone()),
        }
    }
}
