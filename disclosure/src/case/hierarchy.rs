//! Explicit code lists: subtotals by column, checked and turned into the leaves behind every code.

use std::collections::HashMap;

use super::cross::{Cells, within};
use super::error::{Error, SpecificationFault as Fault};
use super::input::{Input, Observed};
use super::specification::{Ordered, Subtotal};

/// One column's codes.
pub(super) struct Hierarchy {
    /// The codes no other codes add up to, sorted.
    pub(super) leaves: Vec<String>,
    /// The subtotals in the order given, then the leaves, each with the leaves behind it.
    pub(super) codes: Vec<(String, Vec<u32>)>,
}

/// Reads and checks the subtotals of every column.
pub(super) fn hierarchies(
    given: &Ordered<Vec<Subtotal>>,
) -> Result<Vec<(String, Hierarchy)>, Error> {
    given
        .0
        .iter()
        .map(|(column, subtotals)| {
            let read = Hierarchy::new(subtotals);
            let place = format!("hierarchies.{column}");
            Ok((column.clone(), read.map_err(|fault| Error::Specification { place, fault })?))
        })
        .collect()
}

impl Hierarchy {
    fn new(subtotals: &[Subtotal]) -> Result<Self, Fault> {
        let mut children: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut parent: HashMap<&str, &str> = HashMap::new();
        for subtotal in subtotals {
            if subtotal.from.is_empty() {
                return Err(Fault::Childless(subtotal.code.clone()));
            }
            for child in &subtotal.from {
                if let Some(other) = parent.insert(child, &subtotal.code) {
                    let (one, two) = (other.to_owned(), subtotal.code.clone());
                    return Err(Fault::TwoParents(child.clone(), one, two));
                }
            }
            let from = subtotal.from.iter().map(String::as_str);
            match children.iter_mut().find(|(code, _)| *code == subtotal.code) {
                Some((_, list)) => list.extend(from),
                None => children.push((&subtotal.code, from.collect())),
            }
        }
        let above: HashMap<&str, &[&str]> =
            children.iter().map(|(code, from)| (*code, from.as_slice())).collect();
        let mut leaves: Vec<String> = parent
            .keys()
            .filter(|code| !above.contains_key(*code))
            .map(|code| (*code).to_owned())
            .collect();
        leaves.sort_unstable();
        let mut codes = Vec::new();
        for (code, _) in &children {
            let mut behind = Vec::new();
            expand(code, &above, &leaves, &mut behind, children.len())?;
            behind.sort_unstable();
            codes.push(((*code).to_owned(), behind));
        }
        codes.extend(leaves.iter().cloned().zip((0..).map(|leaf| vec![leaf])));
        Ok(Self { leaves, codes })
    }
}

/// Adds the leaves behind `code`; a path longer than there are subtotals has met one twice.
fn expand(
    code: &str,
    above: &HashMap<&str, &[&str]>,
    leaves: &[String],
    behind: &mut Vec<u32>,
    depth: usize,
) -> Result<(), Fault> {
    let Some(children) = above.get(code) else {
        let at = leaves.binary_search_by(|leaf| leaf.as_str().cmp(code)).ok();
        behind.extend(at.and_then(|at| u32::try_from(at).ok()));
        return Ok(());
    };
    if depth == 0 {
        return Err(Fault::Cycle(code.to_owned()));
    }
    children.iter().try_for_each(|child| expand(child, above, leaves, behind, depth - 1))
}

/// Makes the hierarchy's leaves the codes of each column, also those nobody has.
///
/// # Errors
/// With the first code that is in no hierarchy.
pub(super) fn align(input: &mut Input, trees: &[(String, Hierarchy)]) -> Result<(), Error> {
    let mut places = Vec::new();
    for ((column, tree), codes) in trees.iter().zip(&mut input.codes) {
        let place = |code: &String| {
            tree.leaves.binary_search(code).map_err(|_| {
                let known = tree.codes.iter().map(|(code, _)| code.as_str());
                super::error::unknown(format!("input column `{column}`"), "code", code, known)
            })
        };
        places.push(codes.iter().map(place).collect::<Result<Vec<usize>, Error>>()?);
        codes.clone_from(&tree.leaves);
    }
    for (at, (tuples, places)) in input.tuples.iter_mut().zip(&places).enumerate() {
        for row in &mut input.rows {
            if let Some(key) = row.key.get_mut(at) {
                let code = tuples.get(*key as usize).and_then(|tuple| tuple.first()).copied();
                let leaf = code.and_then(|code| places.get(code as usize)).copied();
                *key = leaf.and_then(|leaf| u32::try_from(leaf).ok()).unwrap_or(*key);
            }
        }
        let leaves = trees.get(at).map_or(0, |(_, tree)| tree.leaves.len());
        *tuples = (0..).take(leaves).map(|leaf| vec![leaf]).collect();
    }
    input.rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(())
}

/// Every combination of codes, subtotals and leaves alike; the labels number [`Hierarchy::codes`].
pub(super) fn cells(
    trees: &[(String, Hierarchy)],
    atoms: &[Observed],
    extended: bool,
) -> Result<Cells, Error> {
    let above: Vec<Vec<Vec<u32>>> = trees.iter().map(|(_, tree)| tree.above()).collect();
    let count: u128 = trees.iter().map(|(_, tree)| tree.codes.len() as u128).product();
    within("cells", count, 50_000_000)?;
    let mut index: HashMap<Vec<u32>, Vec<u32>> = HashMap::new();
    for (atom, row) in (0u32..).zip(atoms) {
        let lists: Vec<&[u32]> = above
            .iter()
            .zip(&row.key)
            .map(|(above, &leaf)| above.get(leaf as usize).map_or(&[][..], Vec::as_slice))
            .collect();
        for label in combinations(&lists) {
            index.entry(label).or_default().push(atom);
        }
    }
    if extended {
        let all: Vec<Vec<u32>> = trees
            .iter()
            .map(|(_, tree)| (0..).zip(&tree.codes).map(|(code, _)| code).collect())
            .collect();
        let lists: Vec<&[u32]> = all.iter().map(Vec::as_slice).collect();
        for label in combinations(&lists) {
            index.entry(label).or_default();
        }
    }
    let mut sorted: Vec<(Vec<u32>, Vec<u32>)> = index.into_iter().collect();
    sorted.sort_unstable();
    let (labels, members) = sorted.into_iter().unzip();
    Ok(Cells { labels, members })
}

impl Hierarchy {
    /// For every leaf the codes it is summed into.
    fn above(&self) -> Vec<Vec<u32>> {
        let mut above = vec![Vec::new(); self.leaves.len()];
        for (code, (_, behind)) in (0u32..).zip(&self.codes) {
            for &leaf in behind {
                if let Some(list) = above.get_mut(leaf as usize) {
                    list.push(code);
                }
            }
        }
        above
    }
}

fn combinations(lists: &[&[u32]]) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for list in lists {
        all = all
            .iter()
            .flat_map(|start| {
                list.iter().map(move |&next| {
                    let mut longer: Vec<u32> = start.clone();
                    longer.push(next);
                    longer
                })
            })
            .collect();
    }
    all
}
