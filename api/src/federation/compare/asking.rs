//! The side that asks for a comparison: it says each word, counts what both have, and hands that to disclosure control.

use super::basis::{basis, holds, named};
use super::{NAME, Refusal, persons};
use crate::app::App;
use crate::fault::with_causes;
use crate::federation::joint::{Why, alive, clipped, event};
use crate::federation::memory::Pairing;
use crate::federation::teller::answered;
use crate::federation::words::{Accepted, Asked, Exchange, Exchanged, Proposal, register, strata};
use crate::federation::{Federation, Peer};
use crate::releases::own_policy;
use actix_web::web::Data;
use chrono::Utc;
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::suppress::{self, Compared};
use hjemmel_federation::psi::{Commitment, Element, Overlap, Set};
use hjemmel_federation::{Bytes, End, NodeId};
use hjemmel_kostra::Text;
use hjemmel_policy::{Compare, Grant, ProtectTables};
use hjemmel_store::{JointEnd, JointTable};
use rand::RngCore as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Where the two words of a comparison are said.
const PROPOSAL: &str = "/v1/node-comparisons/proposal";
/// The second, as often as it takes.
const POINTS: &str = "/v1/node-comparisons/points";
/// How long is waited before the other is asked again.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// How many points one word holds at most, unless one part has more: 43 bytes each.
const POINTS_A_WORD: usize = 30_000;

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

fn why(reason: &str, node: Option<NodeId>, text: Text) -> Why {
    Why { reason: reason.to_owned(), node, nb: text.nb, en: text.en }
}

fn refused(refusal: &Refusal) -> Why {
    let Text { nb, en } = refusal.text();
    let text = Text::new(
        format!("registrene kan ikke sammenlignes: {nb}"),
        format!("the registers cannot be compared: {en}"),
    );
    why("refused", None, text)
}

fn failed(error: &dyn std::error::Error) -> Why {
    tracing::error!(error = with_causes(error), "a comparison failed");
    let text =
        Text::new("sammenligningen kunne ikke gjøres her", "the comparison could not be made here");
    why("failed", None, text)
}

fn make(app: &App, row: &JointTable) -> Result<(Value, Vec<u8>), Why> {
    let refused_by = |refusal: Refusal| refused(&refusal);
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
        differences: asked.differences,
        commitments: Vec::new(),
    };
    let form = proposal.own(node).and_then(register).ok_or_else(no_part)?;
    if !federation.settings().compares(form, other) {
        return Err(no_part());
    }
    let of = (form, row.year);
    let basis = basis(app, of, &proposal.differences, other).map_err(refused_by)?;
    let about = (other, form.dataset(), row.year);
    let _asking = federation.comparisons().ask(about).map_err(refused_by)?;
    let own = persons(app, of, basis.as_ref()).map_err(refused_by)?;
    let sets = proposal.sets(node, &own).map_err(|e| failed(&e))?;
    proposal.commitments = sets.iter().map(|set| set.commitment().clone()).collect();
    let pairing = Pairing { app, proposal: &proposal, form, other, basis: named(basis.as_ref()) };
    pairing.look().map_err(refused_by)?;
    let teller = Teller { app, federation, peer: &peer, other, basis: basis.as_ref() };
    let accepted: Accepted = teller.say(PROPOSAL, &proposal)?;
    let theirs = accepted.commitments;
    if !proposal.fits(&theirs, other) || accepted.basis.is_none() != basis.is_none() {
        return Err(teller.broken());
    }
    pairing.enter().map_err(refused_by)?;
    let found = teller.exchange(proposal.digest(), &sets, &theirs)?;
    let compared = by_region(&proposal, found, &theirs);
    let policy = own_policy().map_err(|e| failed(&e))?;
    let grant = policy.permit_protection(ProtectTables { form, year: row.year }, Utc::now());
    let release = suppress::overlaps(&grant, NAME, &proposal.differences, compared);
    let release = release.map_err(|error| match error {
        suppress::Error::Contradictory => teller.broken(),
        other => failed(&other),
    })?;
    let key = ArchiveKey::new(app.keys().archive_key());
    let archive = archive::pack(&release, &key).map_err(|e| failed(&e))?;
    let grants = [(node, named(basis.as_ref())), (other, accepted.basis.as_deref())];
    let grants = grants.iter().filter_map(|(node, grant)| {
        grant.map(
            |grant| json!({ "node": node, "grant": grant.chars().take(80).collect::<String>() }),
        )
    });
    let body = json!({ "first": node, "second": other, "regions": proposal.strata,
        "comparison": proposal.digest(), "bases": grants.collect::<Vec<_>>() });
    Ok((body, archive))
}

/// What was found, region by region.
fn by_region(proposal: &Proposal, found: Vec<Overlap>, theirs: &[Commitment]) -> Vec<Compared> {
    let further = Element::of(&proposal.differences).len() - 1;
    let sides = proposal.commitments.iter().zip(theirs).step_by(further + 1);
    let (mut found, mut compared) = (found.into_iter(), Vec::new());
    for (region, (ours, theirs)) in proposal.strata.iter().zip(sides) {
        let Some(overlap) = found.next() else { break };
        compared.push(Compared {
            region: region.clone(),
            overlap,
            alike: found.by_ref().take(further).collect(),
            stand_ins: [ours.stand_ins, theirs.stand_ins],
            unlinkable: [ours.unlinkable, theirs.unlinkable],
        });
    }
    compared
}

/// Says something to the other node and hears its answer.
struct Teller<'a> {
    app: &'a App,
    federation: &'a Federation,
    peer: &'a Peer,
    other: NodeId,
    basis: Option<&'a Grant<Compare>>,
}

impl Teller<'_> {
    fn broken(&self) -> Why {
        let other = self.other;
        let text = Text::new(
            format!("{other} brøt reglene for sammenligningen"),
            format!("{other} broke the rules of the comparison"),
        );
        why("broken", Some(other), text)
    }

    /// Sends the points of every part, and counts what both have in each.
    fn exchange(
        &self,
        comparison: Bytes<32>,
        sets: &[Set],
        theirs: &[Commitment],
    ) -> Result<Vec<Overlap>, Why> {
        let mut found = Vec::with_capacity(sets.len());
        while let Some(next) = sets.get(found.len()..).filter(|rest| !rest.is_empty()) {
            let mut count = 0;
            let fit = next.iter().take_while(|set| {
                let before = count;
                count += set.points().len();
                before == 0 || count <= POINTS_A_WORD
            });
            let (length, first) = (fit.count(), found.len());
            let points = next.iter().take(length).map(|set| set.points().clone()).collect();
            holds(self.app, self.basis).map_err(|refusal| refused(&refusal))?;
            let answer: Exchanged = self.say(POINTS, &Exchange { comparison, first, points })?;
            if answer.points.len() != length || answer.back.len() != length {
                return Err(self.broken());
            }
            let sides = next.iter().zip(theirs.iter().skip(first));
            for ((set, committed), (points, back)) in
                sides.zip(answer.points.iter().zip(&answer.back))
            {
                let made = set.answer(points, committed, &mut rand::rng());
                let overlap = made.and_then(|made| set.compare(back, &made));
                found.push(overlap.map_err(|_| self.broken())?);
            }
        }
        Ok(found)
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
            let is_silent = matches!(end, End::DroppedOut(_)) && said.en.is_empty();
            let Some(pause) = pauses.next().filter(|_| is_silent) else {
                return Err(self.ended(&end, &said));
            };
            std::thread::sleep(*pause);
        }
    }

    fn ended(&self, end: &End, said: &Text) -> Why {
        let other = self.other;
        let (reason, nb, en) = match end {
            End::DroppedOut(_) => ("dropped-out", "falt fra", "dropped out"),
            End::Vetoed(_) => ("vetoed", "sa nei", "refused"),
            End::Broken(_) | End::OutOfRange => return self.broken(),
        };
        let more = clipped(said);
        let text =
            Text::new(format!("{other} {nb}{}", more.nb), format!("{other} {en}{}", more.en));
        why(reason, Some(other), text)
    }
}
