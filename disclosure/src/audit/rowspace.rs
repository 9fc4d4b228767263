//! T1 and T3: what follows from the shown cells by algebra, alone and with what one contributor knows of itself.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]

use std::collections::{BTreeMap, HashMap};

use super::field;
use super::null::{Null, Signed};
use super::report::{Algebra, Insiders};
use super::{EXAMPLES, View};

/// The most sums of its own a contributor may have to be tried with the common draws.
const MOST_OWN: usize = 30;

/// T1.
pub(super) fn algebra(view: &View<'_>, null: &Null) -> Algebra {
    let mut found = Algebra { rank: null.rank, ..Algebra::default() };
    for &cell in &view.withheld {
        let atoms = view.system.cell(cell);
        found.empty += usize::from(atoms.is_empty());
        if null.change(atoms).iter().all(|&change| change == 0) {
            found.determined += 1;
            found.determined_primary += usize::from(view.is_primary(cell));
            if found.examples.len() < EXAMPLES {
                found.examples.push(cell);
            }
        }
    }
    found
}

/// Draws enough vectors for T1 and for every contributor T3 tries.
pub(super) fn draw(view: &View<'_>, own: &BTreeMap<u32, Vec<u32>>, seed: u64) -> Null {
    let most = own.values().map(Vec::len).filter(|&k| k <= MOST_OWN).max().unwrap_or(0);
    let cells = view.shown().map(|cell| Signed { plus: view.system.cell(cell), minus: &[] });
    let links = view.system.links().iter();
    let sums: Vec<Signed<'_>> =
        cells.chain(links.map(|link| Signed { plus: &link.left, minus: &link.right })).collect();
    Null::draw(view.system.atoms(), &sums, most + 2, seed)
}

/// The atoms each contributor is alone in: it knows their values. In counts, each atom of one is such a contributor.
pub(super) fn alone(view: &View<'_>) -> BTreeMap<u32, Vec<u32>> {
    let mut own: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (atom, &value) in (0u32..).zip(view.system.values()) {
        if view.system.is_magnitude() {
            if let [(contributor, _)] = view.system.contributors(atom) {
                own.entry(*contributor).or_default().push(atom);
            }
        } else if value == 1 {
            own.insert(atom, vec![atom]);
        }
    }
    own
}

/// T3: primary cells in the span of the shown ones and a contributor's own atoms, its own cells aside.
pub(super) fn insiders(view: &View<'_>, null: &Null, own: &BTreeMap<u32, Vec<u32>>) -> Insiders {
    let mut found = Insiders { contributors: own.len(), ..Insiders::default() };
    let targets: Vec<(usize, Vec<u64>)> = view
        .withheld
        .iter()
        .filter(|&&cell| view.is_primary(cell))
        .map(|&cell| (cell, null.change(view.system.cell(cell))))
        .collect();
    let mut by_direction: HashMap<Vec<u64>, Vec<usize>> = HashMap::new();
    for (cell, change) in &targets {
        by_direction.entry(direction(change)).or_default().push(*cell);
    }
    for (&who, atoms) in own {
        if atoms.len() > MOST_OWN {
            continue;
        }
        found.tried += 1;
        let learnt = if let [atom] = atoms.as_slice() {
            let same = direction(&null.change(&[*atom]));
            by_direction.get(&same).cloned().unwrap_or_default()
        } else {
            let basis = Basis::new(atoms.iter().map(|&atom| null.change(&[atom])));
            let inside =
                |(cell, change): &(usize, Vec<u64>)| basis.holds(change.clone()).then_some(*cell);
            targets.iter().filter_map(inside).collect()
        };
        for cell in learnt {
            // Inner cells nobody is behind are nobody's secret, so a cell of its own and such is its own.
            let nobody =
                |atom: u32| view.system.is_magnitude() && view.system.contributors(atom).is_empty();
            let foreign = |atom: &u32| atoms.binary_search(atom).is_err() && !nobody(*atom);
            if view.system.cell(cell).iter().any(foreign) {
                if view.system.is_magnitude() {
                    found.breaches += 1;
                } else {
                    found.if_known_alone += 1;
                }
                if found.examples.len() < EXAMPLES {
                    found.examples.push((who, cell));
                }
            }
        }
    }
    found
}

/// A vector scaled so that its first entry other than zero is one.
fn direction(vector: &[u64]) -> Vec<u64> {
    let Some(&lead) = vector.iter().find(|&&entry| entry != 0) else { return vector.to_vec() };
    let scale = field::inverse(lead);
    vector.iter().map(|&entry| field::mul(entry, scale)).collect()
}

/// A few vectors in echelon form.
struct Basis(Vec<(usize, Vec<u64>)>);

impl Basis {
    fn new(vectors: impl Iterator<Item = Vec<u64>>) -> Self {
        let mut basis = Self(Vec::new());
        for vector in vectors {
            let rest = basis.reduce(vector);
            if let Some(lead) = rest.iter().position(|&entry| entry != 0) {
                basis.0.push((lead, direction(&rest)));
            }
        }
        basis
    }

    fn reduce(&self, mut vector: Vec<u64>) -> Vec<u64> {
        for (lead, row) in &self.0 {
            let factor = vector[*lead];
            if factor != 0 {
                for (entry, &by) in vector.iter_mut().zip(row) {
                    *entry = field::sub(*entry, field::mul(factor, by));
                }
            }
        }
        vector
    }

    fn holds(&self, vector: Vec<u64>) -> bool {
        self.reduce(vector).iter().all(|&entry| entry == 0)
    }
}
