//! Two registers of two bodies compared person by person, region by region, without either showing whom it has.
//!
//! The one that asks sends commitments to its blinded persons of every region, and the other answers with its own. Then points
//! go both ways; each side has remembered the comparison, durably, before it sends the first. The one that asks counts, and
//! what it counts leaves its program through disclosure control alone.

use super::joint::{LONGEST_WHY, Why, alive, event};
use super::memory::Pairing;
use super::teller::answered;
pub use super::words::{Accepted, Asked, Exchange, Exchanged, Proposal, register, strata};
use super::{Federation, Peer};
use crate::app::App;
use crate::fault::with_causes;
use crate::releases::own_policy;
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::suppress::{self, Compared};
use hjemmel_federation::psi::{Broken, PairFault, Persons, Set};
use hjemmel_federation::{Bytes, End, NodeId};
use hjemmel_kostra::{Form, Text};
use hjemmel_policy::ProtectTables;
use hjemmel_registers::DepositRef;
use hjemmel_store::{JointEnd, JointTable};
use rand::RngCore as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
/// How long is waited before the other is asked again.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
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
    /// Two would spoil each other.
    #[error("a comparison of these registers is under way")]
    Underway,
    /// Nothing is known of it.
    #[error("the comparison is not known here, or is over")]
    Unknown,
    /// Not now.
    #[error("the node cannot compare now")]
    Unavailable,
}

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

/// This node's persons of every region.
fn persons(app: &App, form: Form, year: u16) -> Result<BTreeMap<String, Persons>, Refusal> {
    let read = || -> Result<_, Box<dyn std::error::Error>> {
        let counting = app.store().counting_deliveries(form, year)?;
        let of = |one: &hjemmel_store::MunicipalDelivery| DepositRef { form, year, id: one.id };
        let deliveries = counting.values().map(of).collect();
        let grant = own_policy()?.permit_protection(ProtectTables { form, year }, Utc::now());
        Ok(suppress::persons(app.registers().numbers(grant, deliveries)?))
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
        let about = (from, form.dataset(), proposal.year);
        if self.asking.lock().unwrap_or_else(PoisonError::into_inner).contains(&about) {
            return Err(Refusal::Underway);
        }
        {
            let now = Utc::now();
            let mut all = self.answering();
            all.retain(|_, open| now < open.until);
            match all.get(&proposal.digest()) {
                Some(open) if open.proposal == proposal => return Ok(accepted(&open.sets)),
                None if all.len() < MOST => {}
                _ => return Err(Refusal::Unavailable),
            }
        }
        Pairing { app, proposal: &proposal, form, other: from }.look()?;
        let sets = proposal.sets(node, &persons(app, form, proposal.year)?)?;
        let (said, until) = (accepted(&sets), Utc::now() + LONGEST);
        let open = Open { until, proposal, form, sets, entered: Mutex::new(false) };
        self.answering().insert(open.proposal.digest(), Arc::new(open));
        Ok(said)
    }

    /// Sends this node's points of some regions, and the other's back. Before the first it is remembered. This blocks.
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
        {
            let mut entered = open.entered.lock().unwrap_or_else(PoisonError::into_inner);
            if !*entered {
                let form = open.form;
                Pairing { app, proposal: &open.proposal, form, other: from }.enter()?;
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

/// Begins a comparison on a thread of its own.
///
/// # Errors
/// When there is none.
pub fn begin(app: Data<App>, row: JointTable) -> std::io::Result<()> {
    std::thread::Builder::new().name("compare".to_owned()).spawn(move || {
        let (end, outcome) = match alive(&app, row.id, || make(&app, &row)) {
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
    let about = (other, form.dataset(), row.year);
    let _asking = federation.comparisons().ask(about).map_err(|refusal| refused(&refusal))?;
    let own = persons(app, form, row.year).map_err(|refusal| refused(&refusal))?;
    let sets = proposal.sets(node, &own).map_err(|e| failed(&e))?;
    proposal.commitments = sets.iter().map(|set| set.commitment().clone()).collect();
    let remembered = Pairing { app, proposal: &proposal, form, other };
    remembered.look().map_err(|refusal| refused(&refusal))?;
    let teller = Teller { federation, peer: &peer, other };
    let accepted: Accepted = teller.say(PROPOSAL, &proposal)?;
    let theirs = accepted.commitments;
    if theirs.len() != sets.len() || theirs.iter().any(|one| one.node != other) {
        return Err(teller.broken());
    }
    remembered.enter().map_err(|refusal| refused(&refusal))?;
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
    let policy = own_policy().map_err(|e| failed(&e))?;
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

    /// What the other answers. It is asked again where it is gone for a moment: a comparison that breaks off cannot be made
    /// again.
    fn say<T: Serialize, U: DeserializeOwned>(&self, path: &str, word: &T) -> Result<U, Why> {
        let body = serde_json::to_string(word).map_err(|e| failed(&e))?;
        let mut pauses = PAUSES.iter();
        loop {
            let (end, said) = match answered(self.federation, (self.other, self.peer), path, &body)
            {
                Ok(answer) => return Ok(answer),
                Err(why) => why,
            };
            let pause =
                pauses.next().filter(|_| matches!(end, End::DroppedOut(_)) && said.is_empty());
            let Some(pause) = pause else { return Err(self.ended(&end, &said)) };
            std::thread::sleep(*pause);
        }
    }

    fn ended(&self, end: &End, said: &str) -> Why {
        let other = self.other;
        let said: String = said.chars().filter(|c| !c.is_control()).take(LONGEST_WHY).collect();
        let more = if said.is_empty() { String::new() } else { format!(": {said}") };
        let (reason, nb, en) = match end {
            End::DroppedOut(_) => ("dropped-out", "falt fra", "dropped out"),
            End::Vetoed(_) => ("vetoed", "sa nei", "refused"),
            End::Broken(_) | End::OutOfRange => return self.broken(),
        };
        why(reason, Some(other), &format!("{other} {nb}{more}"), &format!("{other} {en}{more}"))
    }
}
