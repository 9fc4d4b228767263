//! Equations that are plain sums of smaller ones.
//!
//! A country total says nothing beside all county totals. Dropping such equations first spares the elimination
//! its longest columns.
//!
//! # Guarantee
//! The span stays what it was: each sum that is dropped is one of others that are all smaller, hence of some that stay.
//!
//! # Source
//! Own. Held by `a_total_of_shown_parts_says_nothing_new`.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: atoms and equations index arrays made for them"
)]

/// For every sum whether others, each smaller, add up to it; sums are sets of atoms, ascending.
pub(super) fn redundant(atoms: usize, sums: &[&[u32]]) -> Vec<bool> {
    let mut of_atom: Vec<Vec<u32>> = vec![Vec::new(); atoms];
    let mut order: Vec<u32> = (0_u32..).zip(sums).map(|s| s.0).collect();
    order.sort_by_key(|&s| (std::cmp::Reverse(sums[s as usize].len()), s));
    for &sum in &order {
        for &atom in sums[sum as usize] {
            of_atom[atom as usize].push(sum);
        }
    }
    let mut open = vec![false; atoms];
    sums.iter().map(|sum| sum.len() > 1 && is_covered(sum, sums, &of_atom, &mut open)).collect()
}

/// Fills the sum greedily with the largest smaller sums that still fit.
fn is_covered(sum: &[u32], sums: &[&[u32]], of_atom: &[Vec<u32>], open: &mut [bool]) -> bool {
    for &atom in sum {
        open[atom as usize] = true;
    }
    let covered = sum.iter().all(|&atom| {
        if !open[atom as usize] {
            return true;
        }
        let fits = |&&part: &&u32| {
            let part = sums[part as usize];
            part.len() < sum.len() && part.iter().all(|&a| open[a as usize])
        };
        let Some(&part) = of_atom[atom as usize].iter().find(fits) else { return false };
        for &inner in sums[part as usize] {
            open[inner as usize] = false;
        }
        true
    });
    for &atom in sum {
        open[atom as usize] = false;
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::redundant;

    #[test]
    fn a_total_of_shown_parts_says_nothing_new() {
        let sums: [&[u32]; 5] = [&[0, 1, 2, 3], &[0, 1], &[2, 3], &[0, 2], &[1]];
        assert_eq!(redundant(4, &sums), [true, false, false, false, false]);
    }
}
