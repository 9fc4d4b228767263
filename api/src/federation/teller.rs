//! What a coordinator says to the nodes of a round, to all at once, and what each answers.

use super::joint::{AllHellos, HELLO, MASKED, Why, ended};
use super::rounds::Refusal;
use super::{Federation, Peer};
use crate::app::App;
use chrono::Utc;
use hjemmel_federation::{End, NodeId, Round};
use hjemmel_kostra::Text;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// The word for what a node knows nothing of, or nothing any more.
pub const UNKNOWN: &str = "unknown";

/// A node that takes part: this one, or another.
pub(super) enum Seat {
    Here,
    There(Arc<Peer>),
}

/// Says the same to all nodes at once and hears what each answers.
pub(super) struct Teller<'a> {
    pub(super) app: &'a App,
    pub(super) federation: &'a Federation,
    pub(super) seats: &'a [(NodeId, Seat)],
    pub(super) from: NodeId,
}

/// Nothing was said.
pub(super) fn nothing() -> Text {
    Text::new("", "")
}

fn unreadable() -> Text {
    Text::new("et svar som ikke kan leses", "an answer that cannot be read")
}

/// What a node answers to one word, or how it ends what is under way and what it said about that.
pub(super) fn answered<T: DeserializeOwned>(
    federation: &Federation,
    (node, peer): (NodeId, &Peer),
    path: &str,
    body: &str,
) -> Result<T, (End, Text)> {
    let gone = || (End::DroppedOut(node), nothing());
    let _place = peer.place(Utc::now()).map_err(|_| gone())?;
    let (status, text) = peer.say(federation, path, body).map_err(|silent| {
        tracing::warn!(%node, why = %silent, "a node dropped out");
        gone()
    })?;
    match status {
        200 => serde_json::from_slice(&text).map_err(|_| (End::Broken(node), unreadable())),
        400..=499 => {
            let told: Value = serde_json::from_slice(&text).unwrap_or_default();
            let text = |name| told.get(name).and_then(Value::as_str).unwrap_or_default();
            let of = |language: &str| {
                let words = told.get("words").and_then(|words| words.get(language));
                words.and_then(Value::as_str).unwrap_or_else(|| text("detail"))
            };
            let said = Text::new(of("nb"), of("en"));
            // A node that was started anew since, or took too long, has forgotten what it said.
            let is_lost = text("refusal") == UNKNOWN;
            Err((if is_lost { End::DroppedOut(node) } else { End::Vetoed(node) }, said))
        }
        _ => Err(gone()),
    }
}

impl Teller<'_> {
    /// The answers of all, in the order of the seats. If one is missing the round ends.
    pub(super) fn all<T: DeserializeOwned + Send>(
        &self,
        path: &str,
        body: &str,
        round: &mut Round,
    ) -> Result<Vec<T>, Why> {
        let answers: Vec<Result<T, (End, Text)>> = std::thread::scope(|scope| {
            let asked: Vec<_> = self
                .seats
                .iter()
                .map(|(node, seat)| (node, scope.spawn(move || self.one(*node, seat, path, body))))
                .collect();
            let each = asked.into_iter();
            each.map(|(node, one)| {
                one.join().unwrap_or_else(|_| Err((End::DroppedOut(*node), nothing())))
            })
            .collect()
        });
        let mut all = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer {
                Ok(answer) => all.push(answer),
                Err((end, said)) => {
                    round.end(end);
                    return Err(ended(&end, &said));
                }
            }
        }
        Ok(all)
    }

    fn one<T: DeserializeOwned>(
        &self,
        node: NodeId,
        seat: &Seat,
        path: &str,
        body: &str,
    ) -> Result<T, (End, Text)> {
        let gone = || (End::DroppedOut(node), nothing());
        let peer = match seat {
            Seat::There(peer) => peer,
            Seat::Here => {
                let said = self.here(path, body).map_err(|r| (End::Vetoed(node), r.text()))?;
                return serde_json::from_value(said).map_err(|_| gone());
            }
        };
        answered(self.federation, (node, peer), path, body)
    }

    /// What this node says as one of those that take part.
    fn here(&self, path: &str, body: &str) -> Result<Value, Refusal> {
        let (rounds, unreadable) = (self.federation.rounds(), |_| Refusal::Unknown);
        let said = match path {
            HELLO => {
                let plan = serde_json::from_str(body).map_err(unreadable)?;
                serde_json::to_value(rounds.join(self.app, plan, self.from)?)
            }
            MASKED => {
                let AllHellos { round, hellos } = serde_json::from_str(body).map_err(unreadable)?;
                serde_json::to_value(rounds.mask(self.app, (round, hellos), self.from)?)
            }
            _ => {
                let offer = serde_json::from_str(body).map_err(unreadable)?;
                serde_json::to_value(rounds.judge(self.app, offer, self.from)?)
            }
        };
        said.map_err(|_| Refusal::Unknown)
    }
}
