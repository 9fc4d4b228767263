//! A table over several nodes, as the node that makes it: it asks each for masked sums, learns the totals alone, asks each
//! what must not be shown, and protects the rest once.

use super::memory::{Durable, coordinated};
use super::rounds::{LARGEST, Refusal, table_of};
use super::teller::{Seat, Teller, nothing};
use super::{Federation, bokmaal};
use crate::app::App;
use crate::fault::with_causes;
use crate::journal::own_row;
use crate::problem::Problem;
use crate::releases::own_policy;
use actix_web::web::Data;
use chrono::{TimeDelta, Utc};
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::{Rule, suppress};
use hjemmel_federation::mask::Memory as _;
use hjemmel_federation::{
    Agreed, Bytes, Common, End, Fault, Hello, Masked, Member, NodeId, Plan, Round, Sealed, State,
    Verdict,
};
use hjemmel_kostra::{Form, Text};
use hjemmel_policy::{Caller, ProtectTables};
use hjemmel_store::{DecisionRow, JointEnd, JointTable, RoundKind};
use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use uuid::Uuid;

/// Where the three words of a round are said.
pub const HELLO: &str = "/v1/node-rounds/hello";
/// The second.
pub const MASKED: &str = "/v1/node-rounds/masked";
/// The third.
pub const VERDICT: &str = "/v1/node-rounds/verdict";
/// After how long without a sign of life a table or a comparison is lost: its server has died.
const SILENT: TimeDelta = TimeDelta::seconds(20);
/// How often there is one.
const BEAT: Duration = Duration::from_secs(4);
/// The longest explanation that is kept of what a node said.
const LONGEST_WHY: usize = 600;

/// What is asked for: the nodes, and when a cell may be shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// The nodes that are to take part.
    pub nodes: BTreeSet<NodeId>,
    /// The rule.
    pub rule: hjemmel_federation::Rule,
    /// Whether the nodes show this one their own sums.
    #[serde(default)]
    pub trusted: bool,
}

/// The second word.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllHellos {
    /// The round.
    pub round: Bytes<32>,
    /// The first words of all.
    pub hellos: Vec<Sealed<Hello>>,
}

/// Why there is no table. Nobody learned anything of anybody's records by it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Why {
    /// A word for machines: `dropped-out`, `vetoed`, `refused`, `failed`.
    pub reason: String,
    /// The node it is about, if it is about one.
    pub node: Option<NodeId>,
    /// In Norwegian.
    pub nb: String,
    /// In English.
    pub en: String,
}

/// What was made.
struct Made {
    members: Vec<Member>,
    partly: BTreeSet<String>,
    round: Bytes<32>,
    commitments: Vec<(NodeId, Bytes<32>)>,
    archive: Vec<u8>,
}

/// Begins the work on a thread of its own.
///
/// # Errors
/// When there is none.
pub fn begin(app: Data<App>, table: JointTable) -> std::io::Result<()> {
    std::thread::Builder::new().name("joint".to_owned()).spawn(move || {
        let made = alive(&app, table.id, || make(&app, &table));
        let (now, nodes) = (Utc::now(), table.body.get("nodes").cloned());
        let (end, about) = match made {
            Ok(made) => {
                let said: Vec<Value> = made
                    .commitments
                    .iter()
                    .map(|(node, commitment)| json!({ "node": node, "commitment": commitment }))
                    .collect();
                let body = json!({ "members": made.members, "partly": made.partly,
                    "round": made.round, "commitments": said });
                let about = json!({ "round": made.round, "commitments": said });
                (JointEnd { at: now, body, archive: Some(made.archive) }, about)
            }
            Err(why) => {
                tracing::warn!(table = %table.id, reason = why.reason, en = why.en, "a round ended");
                let body = json!({ "why": why });
                let about = json!({ "why": why.reason, "node": why.node });
                (JointEnd { at: now, body, archive: None }, about)
            }
        };
        let outcome = if end.archive.is_some() { "allowed" } else { "denied" };
        let about = json!({ "nodes": nodes, "end": about });
        let event = event(&app, "joint:end", &table, outcome, &about);
        if let Err(error) = app.store().end_joint(table.id, &end, &event) {
            tracing::error!(error = with_causes(&error), "the end of a round cannot be noted");
        }
    })?;
    Ok(())
}

/// Does something, with signs of life in the database meanwhile, so that any server can tell.
pub(super) fn alive<T>(app: &App, id: Uuid, work: impl FnOnce() -> T) -> T {
    let (done, over) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while over.recv_timeout(BEAT) == Err(mpsc::RecvTimeoutError::Timeout) {
                if let Err(error) = app.store().note_joint(id, Utc::now()) {
                    tracing::warn!(error = with_causes(&error), "a sign of life cannot be noted");
                }
            }
        });
        let worked = work();
        drop(done);
        worked
    })
}

/// An event of the record about a table over several nodes.
#[must_use]
pub fn event(
    app: &App,
    action: &str,
    table: &JointTable,
    outcome: &str,
    body: &Value,
) -> DecisionRow {
    let policy = app.policy().map_or(0, |policy| policy.version());
    let organisation = app.federation().map(|one| one.settings().organisation.to_string());
    let about = json!({ "joint": table.id, "table": table.table, "year": table.year });
    DecisionRow { organisation, ..own_row(policy, action, outcome, (&about, body)) }
}

/// How far a table has come.
#[must_use]
pub fn state(table: &JointTable) -> &'static str {
    match &table.end {
        Some(JointEnd { archive: Some(_), .. }) => "published",
        Some(_) => "ended",
        None if Utc::now() - table.beaten_at > SILENT => "lost",
        None => "running",
    }
}

/// The event of one reading.
///
/// # Errors
/// 503 without a policy.
pub fn reading(app: &App, table: &JointTable, caller: &Caller) -> Result<DecisionRow, Problem> {
    app.policy()?;
    let organisation = caller.organisation().map(|number| number.to_string());
    let about = json!({ "recipient": table.recipient });
    let action = if table.table == super::compare::NAME { "comparison:read" } else { "joint:read" };
    let event = event(app, action, table, "allowed", &about);
    let kind = if organisation.is_some() { "organisation" } else { "person" };
    Ok(DecisionRow { subject_kind: kind.to_owned(), organisation, ..event })
}

fn why(reason: &str, node: Option<NodeId>, text: Text) -> Why {
    Why { reason: reason.to_owned(), node, nb: text.nb, en: text.en }
}

fn failed(error: &dyn std::error::Error) -> Why {
    let en = with_causes(error);
    tracing::error!(error = en, "a round failed");
    let text = Text::new("tabellen kunne ikke lages her", "the table could not be made here");
    why("failed", None, text)
}

/// The round came to nothing.
pub(super) fn ended(end: &End, said: &Text) -> Why {
    let (reason, node) = match end {
        End::DroppedOut(node) => ("dropped-out", Some(*node)),
        End::Vetoed(node) => ("vetoed", Some(*node)),
        End::Broken(node) => ("broken", Some(*node)),
        End::OutOfRange => ("out-of-range", None),
    };
    let more = clipped(said);
    let name = node.map_or_else(|| "nodene".to_owned(), |node| node.to_string());
    let nb = match end {
        End::DroppedOut(_) => format!("{name} falt fra; ingen har fått vite noe"),
        End::Vetoed(_) => format!("{name} sa nei; ingen har fått vite noe"),
        End::Broken(_) => format!("{name} brøt reglene for runden"),
        End::OutOfRange => "summene går ikke opp".to_owned(),
    };
    why(reason, node, Text::new(format!("{nb}{}", more.nb), format!("{end}{}", more.en)))
}

/// What a node said, as it follows what is said of the node.
pub(super) fn clipped(said: &Text) -> Text {
    let clip = |said: &str| -> String {
        let said = said.chars().filter(|c| !c.is_control());
        let said: String = said.take(LONGEST_WHY).collect();
        if said.is_empty() { said } else { format!(": {said}") }
    };
    Text::new(clip(&said.nb), clip(&said.en))
}

fn of_fault(fault: &Fault) -> Why {
    match fault {
        Fault::Repeat(repeat) => {
            why("refused", None, Text::new(bokmaal::repeat(*repeat), repeat.to_string()))
        }
        Fault::Missing(node) => ended(&End::DroppedOut(*node), &nothing()),
        Fault::Stranger(node) | Fault::NotSigned(node) | Fault::Twice(node) => {
            let said = Text::new(bokmaal::fault(fault), fault.to_string());
            ended(&End::Broken(*node), &said)
        }
        Fault::OutOfRange => ended(&End::OutOfRange, &nothing()),
        other => failed(other),
    }
}

fn make(app: &App, table: &JointTable) -> Result<Made, Why> {
    let federation = app.federation().ok_or_else(|| failed(&Refusal::NoPart))?;
    let asked: Asked = serde_json::from_value(table.body.clone()).map_err(|e| failed(&e))?;
    let form = table_of(&table.table, table.year).map_err(|e| failed(&e))?;
    let seats = seats(federation, &asked.nodes)?;
    let members = populations(federation, &seats)?;
    let common = Common::of(form, table.year, &members).map_err(|error| {
        let text = Text::new(bokmaal::common(&error), error.to_string());
        why("refused", None, text)
    })?;
    let agreed = agreed(federation, table, (&asked, &common), members)?;
    let form = form.form;
    let mut memory = Durable { app, kind: RoundKind::Coordinated, form, edition: None };
    memory.look(&agreed).map_err(|fault| of_fault(&fault))?;
    // The keys of the whole round.
    let directory = federation.directory(Utc::now());
    let mut round = Round::invite(agreed.clone(), directory.clone());
    let plan = serde_json::to_string(agreed.plan()).map_err(|e| failed(&e))?;
    let teller = Teller { app, federation, seats: &seats, from: agreed.plan().coordinator };

    let hellos: Vec<Sealed<Hello>> = teller.all(HELLO, &plan, &mut round)?;
    let mut commitments = Vec::new();
    for (hello, (node, _)) in hellos.into_iter().zip(&seats) {
        let commitment = hello.open(&directory).map(Hello::commitment);
        commitments.push((*node, commitment.map_err(|fault| of_fault(&fault))?));
        round.hello(hello).map_err(|fault| of_fault(&fault))?;
    }
    let hellos = round.hellos().map_err(|fault| of_fault(&fault))?.to_vec();
    let all = AllHellos { round: agreed.digest(), hellos };
    let all = serde_json::to_string(&all).map_err(|e| failed(&e))?;
    let masked: Vec<Sealed<Masked>> = teller.all(MASKED, &all, &mut round)?;
    for one in &masked {
        if let Err(fault) = round.masked(one) {
            // Signed sums of another shape end the round, and it is known whose they are.
            let State::Ended(end) = round.state() else { return Err(of_fault(&fault)) };
            return Err(ended(&end, &Text::new(bokmaal::fault(&fault), fault.to_string())));
        }
    }
    // From here on totals are known: it is remembered first.
    memory.enter(&agreed).map_err(|fault| of_fault(&fault))?;
    let totals = round.sum().map_err(|fault| of_fault(&fault))?;
    let offer = serde_json::to_string(&totals.offer(&mut rand::rng())).map_err(|e| failed(&e))?;
    let verdicts: Vec<Sealed<Verdict>> = teller.all(VERDICT, &offer, &mut round)?;
    let settled = totals.settle(&verdicts, &directory);
    let settled = settled.map_err(|fault| of_fault(&fault))?;

    let policy = own_policy().map_err(|e| failed(&e))?;
    let grant = policy.permit_protection(ProtectTables { form, year: table.year }, Utc::now());
    let protected = suppress::joint(grant, settled, &common, &Rule::default(), &|_, _, _| {});
    let protected = protected.map_err(|error| match error {
        suppress::Error::Contradictory => ended(&End::OutOfRange, &nothing()),
        other => failed(&other),
    })?;
    let key = ArchiveKey::new(app.keys().archive_key());
    let archive = archive::pack(&protected.release, &key).map_err(|e| failed(&e))?;
    Ok(Made {
        members: agreed.plan().members.clone(),
        partly: common.partly().clone(),
        round: agreed.digest(),
        commitments,
        archive,
    })
}

/// Who sits where, in the order of their numbers.
fn seats(federation: &Federation, nodes: &BTreeSet<NodeId>) -> Result<Vec<(NodeId, Seat)>, Why> {
    let of = |node: &NodeId| {
        if federation.node() == Some(*node) {
            return Ok((*node, Seat::Here));
        }
        let peer = federation.peer(node.as_str()).map(Arc::clone);
        peer.map(|peer| (*node, Seat::There(peer))).ok_or_else(|| {
            let text = Text::new(format!("{node} er ikke kjent"), format!("{node} is not known"));
            why("refused", Some(*node), text)
        })
    };
    nodes.iter().map(of).collect()
}

/// Whom each node says it answers for.
fn populations(federation: &Federation, seats: &[(NodeId, Seat)]) -> Result<Vec<Member>, Why> {
    let of = |(node, seat): &(NodeId, Seat)| {
        let population = match seat {
            Seat::Here => federation.settings().population.clone(),
            Seat::There(peer) => {
                let this = peer.this();
                let this = this.ok_or_else(|| ended(&End::DroppedOut(*node), &nothing()))?;
                let told = this.get("population").cloned().unwrap_or_default();
                serde_json::from_value(told).map_err(|_| ended(&End::Broken(*node), &nothing()))?
            }
        };
        Ok(Member { node: *node, population })
    };
    seats.iter().map(of).collect()
}

fn agreed(
    federation: &Federation,
    table: &JointTable,
    (asked, common): (&Asked, &Common),
    members: Vec<Member>,
) -> Result<Agreed, Why> {
    let mut nonce = [0; 16];
    rand::rng().fill_bytes(&mut nonce);
    let coordinator = federation.node().ok_or_else(|| failed(&Refusal::NoPart))?;
    let plan = Plan {
        nonce: Bytes(nonce),
        coordinator,
        dataset: common.table().form.dataset().to_owned(),
        table: table.table.clone(),
        year: table.year,
        definition: common.definition(),
        cells: u32::try_from(common.sums()).unwrap_or(u32::MAX),
        largest: LARGEST,
        rule: asked.rule,
        recipient: table.recipient.clone(),
        trusted: asked.trusted,
        members,
    };
    plan.check().map_err(|error| {
        let text = Text::new(bokmaal::plan(&error), error.to_string());
        why("refused", None, text)
    })
}

/// Whether a table may be asked for at all, by what this node made before.
///
/// # Errors
/// The fault that speaks against it.
pub fn may_begin(
    app: &App,
    form: Form,
    table: &JointTable,
    nodes: &BTreeSet<NodeId>,
) -> Result<(), Text> {
    let unreadable =
        || Text::new("det som er husket, kan ikke leses", "what is remembered cannot be read");
    let before = app.store().published_joints(table.year).map_err(|_| unreadable())?;
    let is_same_form =
        |table_id: &str| table_of(table_id, table.year).is_ok_and(|table| table.form == form);
    if let Some((id, _)) = before.into_iter().find(|(_, table)| is_same_form(table)) {
        // Another round would ask other questions of the nodes, and withhold other cells.
        return Err(Text::new(
            format!("året er publisert over flere noder før, som {id}"),
            format!("the year was published over several nodes before, as {id}"),
        ));
    }
    for attempt in coordinated(app, form, table.year).map_err(|_| unreadable())? {
        let before: BTreeSet<NodeId> = attempt.members.iter().map(|member| member.node).collect();
        if before != *nodes {
            return Err(Text::new(
                "året er lagt sammen over andre noder før; forskjellen ville vist én nodes tall",
                "the year was added up over other nodes before; the difference would be one node's numbers",
            ));
        }
        if attempt.table != table.table {
            return Err(Text::new(
                "en annen tabell av året er lagt sammen før; de måtte vært vernet sammen",
                "another table of the year was added up before; they would have to be protected together",
            ));
        }
    }
    Ok(())
}
