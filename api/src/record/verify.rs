//! Checking an export with nothing at hand but the export, the notary's key, and checkpoints noted elsewhere.

mod pieces;

use super::export::{End, Line};
use super::opened;
use hjemmel_store::Root;
use std::io::BufRead;
use std::ops::ControlFlow;
use tlog_tiles::tlog::{Hash, node_hash};

/// What checking found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Everything is as it was recorded.
    Intact {
        /// How many events.
        events: u64,
        /// How many checkpoints they agree with.
        checkpoints: usize,
    },
    /// Something was changed, taken out, moved or added.
    Broken {
        /// The first event that is not as it was recorded, or the first of those among which it is.
        first_bad: u64,
        /// What is wrong, in words.
        why: String,
    },
}

/// The roots of growing trees, with a hash for each whole subtree on the right edge.
#[derive(Default)]
struct Edge {
    size: u64,
    whole: Vec<Hash>,
}

impl Edge {
    fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut size = self.size;
        while size % 2 == 1 {
            if let Some(left) = self.whole.pop() {
                hash = node_hash(left, hash);
            }
            size /= 2;
        }
        self.whole.push(hash);
        self.size += 1;
    }

    fn root(&self) -> Option<Hash> {
        let mut all = self.whole.iter().rev();
        let last = *all.next()?;
        Some(all.fold(last, |right, left| node_hash(*left, right)))
    }
}

/// Fewer bytes than an event takes.
const SHORTEST: usize = 256;

/// What one line is.
enum Judged {
    /// An event that says what was recorded.
    Sound { seq: i64, leaf: Hash },
    /// An event that does not.
    Altered { seq: i64 },
    /// The last line.
    End(End),
    /// Neither.
    Unreadable,
}

/// Judges lines that follow one another.
fn judge(lines: &[u8]) -> Vec<Judged> {
    let mut judged = Vec::with_capacity(lines.len() / SHORTEST);
    // One reader for all of them keeps the memory in which it undoes escapes.
    let text = str::from_utf8(lines).unwrap_or_default();
    let mut events = serde_json::Deserializer::from_str(text).into_iter::<Line<'_>>();
    let mut rest = Some(lines);
    while let Some(left) = rest
        && left.starts_with(b"{")
        && let Some(Ok(event)) = events.next()
    {
        let after = lines.get(events.byte_offset()..).unwrap_or_default();
        rest = match after.strip_prefix(b"\n") {
            None if after.is_empty() => None,
            // Something else stands on the line.
            None => break,
            next => next,
        };
        judged.push(compared(&event));
    }
    let others = rest.into_iter().flat_map(|left| left.split(|byte| *byte == b'\n'));
    judged.extend(others.map(judge_one));
    judged
}

fn judge_one(line: &[u8]) -> Judged {
    let Ok(line) = str::from_utf8(line) else { return Judged::Unreadable };
    serde_json::from_str::<Line<'_>>(line).map_or_else(
        |_| serde_json::from_str(line).map_or(Judged::Unreadable, Judged::End),
        |event| compared(&event),
    )
}

fn compared(event: &Line<'_>) -> Judged {
    let leaf = event.computed();
    let mut digits = [0; 64];
    let written = hex::encode_to_slice(leaf, &mut digits);
    if written.is_ok() && event.leaf.as_bytes() == digits {
        Judged::Sound { seq: event.seq, leaf: Hash(leaf) }
    } else {
        Judged::Altered { seq: event.seq }
    }
}

/// Checks an export against the notary's key and the checkpoints given, besides the one it ends with.
///
/// # Errors
/// When it cannot be read at all.
pub fn verify(
    export: impl BufRead + Send,
    key: &str,
    noted: &[String],
) -> Result<Found, std::io::Error> {
    let mut roots: Vec<Root> = Vec::new();
    for note in noted {
        match opened(note, key) {
            Ok(root) => roots.push(root),
            Err(why) => {
                return Ok(broken(0, format!("a checkpoint given is not the notary's: {why}")));
            }
        }
    }
    roots.sort_by_key(|root| root.size);
    let mut reading = Reading { edge: Edge::default(), agreed: 0, sound: 0, end: None };
    let ended = pieces::judged(export, judge, |line| reading.hear(line, &roots))?;
    Ok(match (ended, &reading.end) {
        (ControlFlow::Break(found), _) => found,
        (_, Some(end)) => {
            at_the_end(end, &reading.edge, key, &roots, reading.agreed, reading.sound)
        }
        _ => broken(reading.edge.size + 1, "the export stops without its checkpoint".to_owned()),
    })
}

/// How far an export was heard.
struct Reading {
    edge: Edge,
    /// Checkpoints it agrees with so far.
    agreed: usize,
    /// Events the last of them vouches for.
    sound: u64,
    end: Option<End>,
}

impl Reading {
    fn hear(&mut self, line: Judged, roots: &[Root]) -> ControlFlow<Found> {
        let next = self.edge.size + 1;
        if self.end.is_some() {
            let why = "something follows the checkpoint".to_owned();
            return ControlFlow::Break(broken(next, why));
        }
        let (seq, leaf) = match line {
            Judged::Sound { seq, leaf } => (seq, Some(leaf)),
            Judged::Altered { seq } => (seq, None),
            Judged::Unreadable => {
                return ControlFlow::Break(broken(next, "a line cannot be read".to_owned()));
            }
            Judged::End(end) => {
                self.end = Some(end);
                return ControlFlow::Continue(());
            }
        };
        if u64::try_from(seq) != Ok(next) {
            let why = format!("event {next} is missing; {seq} stands there");
            return ControlFlow::Break(broken(next, why));
        }
        let Some(leaf) = leaf else {
            let why = format!("event {next} does not say what was recorded");
            return ControlFlow::Break(broken(next, why));
        };
        self.edge.push(leaf);
        for root in roots.iter().filter(|root| root.size == self.edge.size) {
            if self.edge.root().is_none_or(|found| found.0 != root.hash) {
                let (first, last) = (self.sound + 1, root.size);
                let why =
                    format!("events {first} to {last} are not those of the checkpoint of {last}");
                return ControlFlow::Break(broken(first, why));
            }
            self.agreed += 1;
            self.sound = root.size;
        }
        ControlFlow::Continue(())
    }
}

fn at_the_end(
    end: &End,
    edge: &Edge,
    key: &str,
    roots: &[Root],
    agreed: usize,
    sound: u64,
) -> Found {
    let root = match opened(&end.checkpoint, key) {
        Ok(root) => root,
        Err(why) => return broken(sound + 1, format!("the checkpoint is not the notary's: {why}")),
    };
    let furthest = roots.iter().map(|root| root.size).max().unwrap_or(0).max(root.size);
    if furthest > edge.size {
        let next = edge.size + 1;
        return broken(next, format!("events {next} to {furthest} are missing at the end"));
    }
    if root.size < edge.size {
        let next = root.size + 1;
        return broken(next, format!("events from {next} on are beyond the checkpoint"));
    }
    let fits = root.size == 0 || edge.root().is_some_and(|found| found.0 == root.hash);
    if !fits {
        let (first, last) = (sound + 1, root.size);
        return broken(first, format!("events {first} to {last} are not those of the checkpoint"));
    }
    Found::Intact { events: edge.size, checkpoints: agreed + 1 }
}

const fn broken(first_bad: u64, why: String) -> Found {
    Found::Broken { first_bad, why }
}
