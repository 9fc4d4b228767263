//! From observed rows to atoms and cells: zero extension and margins.

use std::collections::{BTreeMap, HashMap};

use super::error::Error;
use super::input::{Input, Observed};

/// Not broken down by this column.
pub(super) const ALL: u32 = u32::MAX;
/// The most atoms a case may have.
const MOST_ATOMS: u64 = 20_000_000;
/// The most cell members a case may have.
const MOST_MEMBERS: u64 = 400_000_000;

/// The atoms: the observed rows, and with `extend` every combination of observed tuples.
pub(super) fn atoms(input: &mut Input, extend: bool) -> Result<Vec<Observed>, Error> {
    let observed = std::mem::take(&mut input.rows);
    if !extend {
        return Ok(observed);
    }
    let sizes: Vec<usize> = input.tuples.iter().map(Vec::len).collect();
    let all: u128 = sizes.iter().map(|&size| size as u128).product();
    within("inner cells", all, MOST_ATOMS)?;
    let mut atoms = Vec::new();
    let mut known = observed.into_iter().peekable();
    let mut key = vec![0u32; sizes.len()];
    for _ in 0..all {
        let row = known.next_if(|row| row.key == key);
        atoms.push(row.unwrap_or_else(|| Observed { key: key.clone(), ..Observed::default() }));
        for (digit, &size) in key.iter_mut().zip(&sizes).rev() {
            *digit += 1;
            if (*digit as usize) < size {
                break;
            }
            *digit = 0;
        }
    }
    Ok(atoms)
}

pub(super) fn within(what: &'static str, needed: u128, limit: u64) -> Result<(), Error> {
    if needed > u128::from(limit) { Err(Error::TooLarge { what, needed, limit }) } else { Ok(()) }
}

/// Cells as the codes they have by column ([`ALL`] where not broken down) and their atoms.
pub(super) struct Cells {
    /// One code a column, cell after cell.
    pub(super) labels: Vec<Vec<u32>>,
    /// The atoms of each.
    pub(super) members: Vec<Vec<u32>>,
}

/// The cells of all margins; a margin named twice is one.
pub(super) fn cells(
    input: &Input,
    atoms: &[Observed],
    margins: &[Vec<usize>],
) -> Result<Cells, Error> {
    within("members of cells", margins.len() as u128 * atoms.len() as u128, MOST_MEMBERS)?;
    let mut cells = Cells { labels: Vec::new(), members: Vec::new() };
    for margin in margins {
        let parts: Vec<Part> =
            (0..input.groups.len()).filter_map(|at| Part::new(input, at, margin)).collect();
        let mut found: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut order: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        let mut members: Vec<Vec<u32>> = Vec::new();
        let mut key = Vec::with_capacity(parts.len());
        for (atom, row) in (0u32..).zip(atoms) {
            key.clear();
            key.extend(parts.iter().map(|part| part.class(row)));
            let at = if let Some(&at) = found.get(&key) {
                at
            } else {
                found.insert(key.clone(), members.len());
                members.push(Vec::new());
                members.len() - 1
            };
            if let Some(list) = members.get_mut(at) {
                list.push(atom);
            }
        }
        for (key, at) in found {
            let mut label = vec![ALL; input.columns.len()];
            for (part, &class) in parts.iter().zip(&key) {
                part.name(class, &mut label);
            }
            order.insert(label, members.get_mut(at).map(std::mem::take).unwrap_or_default());
        }
        for (label, atoms) in order {
            cells.labels.push(label);
            cells.members.push(atoms);
        }
    }
    Ok(cells)
}

/// What a margin sees of one dimension: its tuples in classes of equal codes in the margin's columns.
struct Part {
    dimension: usize,
    columns: Vec<usize>,
    class: Vec<u32>,
    codes: Vec<Vec<u32>>,
}

impl Part {
    fn new(input: &Input, dimension: usize, margin: &[usize]) -> Option<Self> {
        let group = input.groups.get(dimension)?;
        let tuples = input.tuples.get(dimension)?;
        let inside: Vec<usize> = (0..group.len())
            .filter(|&at| group.get(at).is_some_and(|c| margin.contains(c)))
            .collect();
        if inside.is_empty() {
            return None;
        }
        let mut index = HashMap::new();
        let mut codes = Vec::new();
        let mut class = Vec::with_capacity(tuples.len());
        for tuple in tuples {
            let seen: Vec<u32> = inside.iter().filter_map(|&at| tuple.get(at).copied()).collect();
            let next = u32::try_from(codes.len()).unwrap_or(u32::MAX);
            let number = *index.entry(seen.clone()).or_insert(next);
            if number == next {
                codes.push(seen);
            }
            class.push(number);
        }
        let columns = inside.iter().filter_map(|&at| group.get(at).copied()).collect();
        Some(Self { dimension, columns, class, codes })
    }

    fn class(&self, row: &Observed) -> u32 {
        let tuple = row.key.get(self.dimension).copied().unwrap_or(0);
        self.class.get(tuple as usize).copied().unwrap_or(0)
    }

    fn name(&self, class: u32, label: &mut [u32]) {
        let codes = self.codes.get(class as usize).map_or(&[][..], Vec::as_slice);
        for (&column, &code) in self.columns.iter().zip(codes) {
            if let Some(slot) = label.get_mut(column) {
                *slot = code;
            }
        }
    }
}
