//! Checking an export with nothing at hand but the export, the notary's key, and checkpoints noted elsewhere.

use super::export::{End, Line};
use super::opened;
use hjemmel_store::Root;
use std::io::BufRead;
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

/// Checks an export against the notary's key and the checkpoints given, besides the one it ends with.
///
/// # Errors
/// When it cannot be read at all.
pub fn verify(
    mut export: impl BufRead,
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
    let (mut edge, mut text, mut agreed, mut sound) = (Edge::default(), String::new(), 0, 0);
    loop {
        text.clear();
        if export.read_line(&mut text)? == 0 {
            let next = edge.size + 1;
            return Ok(broken(next, "the export stops without its checkpoint".to_owned()));
        }
        let next = edge.size + 1;
        let Ok(line) = serde_json::from_str::<Line<'_>>(&text) else {
            let Ok(end) = serde_json::from_str::<End>(&text) else {
                return Ok(broken(next, "a line cannot be read".to_owned()));
            };
            text.clear();
            if export.read_line(&mut text)? > 0 {
                return Ok(broken(next, "something follows the checkpoint".to_owned()));
            }
            return Ok(at_the_end(&end, &edge, key, &roots, agreed, sound));
        };
        if u64::try_from(line.seq) != Ok(next) {
            return Ok(broken(next, format!("event {next} is missing; {} stands there", line.seq)));
        }
        let leaf = line.computed();
        if !is_hex_of(&line.leaf, &leaf) {
            return Ok(broken(next, format!("event {next} does not say what was recorded")));
        }
        edge.push(Hash(leaf));
        for root in roots.iter().filter(|root| root.size == edge.size) {
            if edge.root().is_none_or(|found| found.0 != root.hash) {
                let why = format!(
                    "events {} to {} are not those of the checkpoint of {}",
                    sound + 1,
                    root.size,
                    root.size
                );
                return Ok(broken(sound + 1, why));
            }
            agreed += 1;
            sound = root.size;
        }
    }
}

/// Whether digits are those of a hash, without writing it down a million times.
fn is_hex_of(digits: &str, hash: &[u8; 32]) -> bool {
    let value = |digit: u8| char::from(digit).to_digit(16).filter(|_| !digit.is_ascii_uppercase());
    digits.len() == 64
        && digits.as_bytes().chunks(2).zip(hash).all(|(pair, byte)| match pair {
            [high, low] => {
                value(*high).zip(value(*low)).is_some_and(|(h, l)| h * 16 + l == u32::from(*byte))
            }
            _ => false,
        })
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
