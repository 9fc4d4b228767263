//! The Merkle tree of RFC 6962 over the record: its leaves are the leaves of the rows, so a row cannot change,
//! go or move without another root.
//!
//! The tree is `tlog_tiles`'. What it asks for is read from the rows of the last unfinished tile of 256, and above
//! that from nodes that are stored once they are finished and never change.

use crate::connection::AnyConnection;
use crate::schema::{decision_head, decisions, record_nodes};
use crate::values::stored;
use crate::{Error, Store};
use diesel::prelude::*;
use std::cell::RefCell;
use tlog_tiles::Tile;
use tlog_tiles::tlog::{self, Hash, HashReader};

/// The level at which nodes are stored: one for every 256 rows.
const TILE: u8 = 8;
/// Rows a tile.
pub(crate) const WIDTH: i64 = 256;

/// The root of the tree over the first rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// How many rows.
    pub size: u64,
    /// The root's hash.
    pub hash: [u8; 32],
}

/// That a row is in the tree, or that one tree is the beginning of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The hashes, in the order of RFC 6962.
    pub hashes: Vec<[u8; 32]>,
    /// The tree it leads to.
    pub root: Root,
}

impl Store {
    /// The root over everything recorded, or over the first `size` rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there are fewer rows.
    pub fn record_root(&self, size: Option<u64>) -> Result<Root, Error> {
        self.told(|conn| root(conn, size))
    }

    /// That row `seq` is in the tree over the first `size` rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not.
    pub fn prove_row(&self, seq: i64, size: Option<u64>) -> Result<Proof, Error> {
        self.told(|conn| {
            let root = root(conn, size)?;
            let at = u64::try_from(seq - 1).map_err(|_| Error::NotFound("row"))?;
            if at >= root.size {
                return Err(Error::NotFound("row"));
            }
            let reader = Reader::new(conn);
            let hashes = tlog::prove_record(root.size, at, &reader);
            let hashes = hashes.map_err(|error| reader.fault(&error))?;
            Ok(Proof { hashes: hashes.into_iter().map(|hash| hash.0).collect(), root })
        })
    }

    /// A tile of the tree, named as C2SP's tlog-tiles name it after `tile/`: its hashes, one after the other.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such tile, or it is not that full yet.
    pub fn record_tile(&self, name: &str) -> Result<Vec<u8>, Error> {
        let none = || Error::NotFound("tile");
        if !is_tile(name) {
            return Err(none());
        }
        let tile = Tile::from_path(&format!("tile/{TILE}/{name}")).map_err(|_| none())?;
        self.told(|conn| {
            let rows: i64 = decision_head::table.find(1).select(decision_head::seq).first(conn)?;
            let below = u32::from(TILE) * u32::from(tile.level());
            let there = u64::try_from(rows).unwrap_or_default().checked_shr(below).unwrap_or(0);
            let width = u64::from(tile.width());
            let last = tile.level_index().checked_mul(1 << TILE).and_then(|n| n.checked_add(width));
            if tile.is_data() || last.is_none_or(|last| last > there) {
                return Err(none());
            }
            let reader = Reader::new(conn);
            tile.read_data(&reader).map_err(|error| reader.fault(&error))
        })
    }

    /// That the tree over the first `old` rows is the beginning of the one over the first `size`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there are fewer rows.
    pub fn prove_consistency(&self, old: u64, size: Option<u64>) -> Result<Proof, Error> {
        self.told(|conn| {
            let root = root(conn, size)?;
            if old == 0 || old > root.size {
                return Err(Error::NotFound("tree of that size"));
            }
            let reader = Reader::new(conn);
            let hashes = tlog::prove_tree(root.size, old, &reader);
            let hashes = hashes.map_err(|error| reader.fault(&error))?;
            Ok(Proof { hashes: hashes.into_iter().map(|hash| hash.0).collect(), root })
        })
    }

    /// Reads what others note elsewhere and hold this record to. A payment is recorded before it is on the disk; what is
    /// told of the record is there.
    fn told<T>(
        &self,
        read: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let told = self.snapshot(read)?;
        self.ping()?;
        Ok(told)
    }
}

fn root(conn: &mut AnyConnection, size: Option<u64>) -> Result<Root, Error> {
    let seq: i64 = decision_head::table.find(1).select(decision_head::seq).first(conn)?;
    let whole = u64::try_from(seq).unwrap_or_default();
    let size = size.unwrap_or(whole);
    if size > whole {
        return Err(Error::NotFound("tree of that size"));
    }
    let reader = Reader::new(conn);
    let hash = tlog::tree_hash(size, &reader).map_err(|error| reader.fault(&error))?;
    Ok(Root { size, hash: hash.0 })
}

/// Whether a name is of a level a tree can have and of a width that is one. [`Tile::from_path`] panics over others.
fn is_tile(name: &str) -> bool {
    let level = name.split('/').next().and_then(|level| level.parse::<u32>().ok());
    let width = name.rsplit_once(".p/").map(|(_, width)| width.parse::<u32>());
    level.is_some_and(|level| level < u64::BITS / u32::from(TILE))
        && width.is_none_or(|width| width.is_ok_and(|width| width > 0))
}

/// Stores the nodes that are finished now that there are `seq` rows.
pub(crate) fn grow(conn: &mut AnyConnection, seq: i64) -> Result<(), Error> {
    let have: Option<i64> = record_nodes::table
        .filter(record_nodes::level.eq(i32::from(TILE)))
        .select(diesel::dsl::max(record_nodes::n))
        .first(conn)?;
    let mut next = have.map_or(0, |n| n + 1);
    while (next + 1) * WIDTH <= seq {
        let leaves = leaves(conn, next)?;
        let mut hash = subtree(&leaves)?;
        let (mut level, mut n) = (TILE, next);
        put(conn, level, n, hash)?;
        // Each second node finishes one above it.
        while n % 2 == 1 {
            let left = node(conn, level, n - 1)?;
            hash = tlog::node_hash(left, hash);
            level += 1;
            n /= 2;
            put(conn, level, n, hash)?;
        }
        next += 1;
    }
    Ok(())
}

fn put(conn: &mut AnyConnection, level: u8, n: i64, hash: Hash) -> Result<(), Error> {
    diesel::insert_into(record_nodes::table)
        .values((
            record_nodes::level.eq(i32::from(level)),
            record_nodes::n.eq(n),
            record_nodes::hash.eq(hex::encode(hash.0)),
        ))
        .execute(conn)?;
    Ok(())
}

fn node(conn: &mut AnyConnection, level: u8, n: i64) -> Result<Hash, Error> {
    let found: Option<String> = record_nodes::table
        .find((i32::from(level), n))
        .select(record_nodes::hash)
        .first(conn)
        .optional()?;
    parse(&found.ok_or_else(|| Error::Corrupt("a node of the record is missing".to_owned()))?)
}

/// The leaves of one tile, as far as there are any.
fn leaves(conn: &mut AnyConnection, tile: i64) -> Result<Vec<Hash>, Error> {
    let (first, last) = (tile * WIDTH + 1, (tile + 1) * WIDTH);
    let rows: Vec<String> = decisions::table
        .filter(decisions::seq.ge(first).and(decisions::seq.le(last)))
        .order(decisions::seq.asc())
        .select(decisions::leaf)
        .load(conn)?;
    rows.iter().map(|leaf| parse(leaf)).collect()
}

/// The root of a whole subtree; the number of leaves is a power of two.
fn subtree(leaves: &[Hash]) -> Result<Hash, Error> {
    let mut row = leaves.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => Ok(tlog::node_hash(*left, *right)),
                _ => Err(Error::Corrupt("rows of the record are missing".to_owned())),
            })
            .collect::<Result<_, _>>()?;
    }
    row.first().copied().ok_or_else(|| Error::Corrupt("rows of the record are missing".to_owned()))
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse(digits: &str) -> Result<Hash, Error> {
    let wrong = || Error::Corrupt(format!("`{digits}` is no hash"));
    let mut hash = Hash::default();
    if digits.len() != 64 {
        return Err(wrong());
    }
    for (at, byte) in hash.0.iter_mut().enumerate() {
        let pair = digits.get(at * 2..at * 2 + 2).ok_or_else(wrong)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(hash)
}

/// What the tree reads its hashes with. The tree's own errors hold no cause, so ours is kept aside.
struct Reader<'a> {
    conn: RefCell<&'a mut AnyConnection>,
    fault: RefCell<Option<Error>>,
}

impl<'a> Reader<'a> {
    const fn new(conn: &'a mut AnyConnection) -> Self {
        Self { conn: RefCell::new(conn), fault: RefCell::new(None) }
    }

    fn fault(&self, error: &tlog::Error) -> Error {
        let own = self.fault.borrow_mut().take();
        own.unwrap_or_else(|| Error::Corrupt(format!("the record's tree: {error}")))
    }

    /// One hash; the leaves that were read for the one before it are looked at first.
    fn hash(&self, level: u8, n: u64, read: &mut Option<(i64, Vec<Hash>)>) -> Result<Hash, Error> {
        let mut conn = self.conn.borrow_mut();
        let n: i64 = stored(n)?;
        if level >= TILE {
            return node(&mut conn, level, n);
        }
        let per_tile = WIDTH >> level;
        let tile = n / per_tile;
        let leaves = match read.take() {
            Some((held, leaves)) if held == tile => leaves,
            _ => leaves(&mut conn, tile)?,
        };
        let (_, leaves) = read.insert((tile, leaves));
        let width = usize::from(1u8 << level);
        let at = usize::try_from(n % per_tile).unwrap_or_default() * width;
        let part = leaves.get(at..at + width);
        subtree(part.ok_or_else(|| Error::Corrupt("rows of the record are missing".to_owned()))?)
    }
}

impl HashReader for Reader<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        let whole = RefCell::new(None);
        let read = |index: &u64| {
            let (level, n) = tlog::split_stored_hash_index(*index);
            self.hash(level, n, &mut whole.borrow_mut()).map_err(|error| {
                *self.fault.borrow_mut() = Some(error);
                tlog::Error::InvalidInput("the store cannot be read".to_owned())
            })
        };
        indexes.iter().map(read).collect()
    }
}
