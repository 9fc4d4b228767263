//! What must stay possible for each withheld cell, and which moves show that it does.
//!
//! # Guarantee
//! Of single insiders: whoever is counted in atoms nobody else is known to be in, as many as one person can be counted
//! in, cannot rule out all moves of a primary cell; a contributor sees only its own amounts.
//!
//! # Source
//! T3 of the reference attacker, taken further: what a person in a cell of several knows is reckoned with too. Held by
//! `no_pattern_gives_anything_away` and `two_of_three_lists_are_not_met_by_one`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::moves::Move;
use super::primary::ranked;
use crate::{Rule, System};
use std::collections::BTreeSet;

/// The room of a primary amount for which no rule says how much, in hundredths of a per cent of the largest part.
const ROOM: u64 = 1_000;

/// What one withheld cell needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// So many values, the true one among them.
    Values(u64),
    /// Values so far above the true one and so far below.
    Room {
        /// Above.
        up: i64,
        /// Below.
        down: i64,
    },
}

impl Need {
    /// Whether changes of the cell, each by a table that fits, are enough.
    pub(super) fn is_met(self, effects: &BTreeSet<i64>) -> bool {
        match self {
            Self::Values(values) => effects.len() as u64 + 1 >= values,
            Self::Room { up, down } => {
                effects.last().is_some_and(|&most| most >= up)
                    && effects.first().is_some_and(|&least| least <= -down)
            }
        }
    }
}

/// What every withheld cell of a system needs.
pub(super) struct Demand {
    /// The least value a withheld cell is known to have; none where amounts may be negative.
    pub(super) least: Option<i64>,
    /// How many atoms of each edition one person is counted in; none when insiders are left out.
    pub(super) insiders: usize,
    /// How many editions there are.
    editions: usize,
    /// By atom the editions it is of, a bit for each.
    editions_of: Vec<u32>,
    /// By distinct cell whether it is withheld for its own sake.
    own: Vec<bool>,
    /// By distinct cell.
    needs: Vec<Need>,
    /// By distinct cell the contributor who makes it up alone, and from whom it cannot be hidden.
    owners: Vec<Option<u32>>,
}

impl Demand {
    /// The demand of a rule; `primary` says which cells are withheld for their own sake.
    pub(super) fn of(
        system: &System,
        primary: &[bool],
        rule: &Rule,
        (atoms_a_person, editions_of): (usize, Vec<u32>),
    ) -> Self {
        let need = |(cell, &primary): (usize, &bool)| match (primary, system.is_magnitude()) {
            (false, _) => Need::Values(2),
            (true, false) => Need::Values(rule.min_feasible.max(2)),
            (true, true) => room(system, cell, rule),
        };
        let negative = system.values().iter().any(|&value| value < 0);
        let least = if system.is_magnitude() { 0 } else { rule.least_withheld() };
        let size = if system.is_magnitude() { 1 } else { atoms_a_person.max(1) };
        Self {
            least: (!negative).then_some(least),
            insiders: if rule.insiders { size } else { 0 },
            editions: editions_of
                .iter()
                .map(|of| of.checked_ilog2().unwrap_or(0) as usize + 1)
                .max()
                .unwrap_or(1),
            editions_of: if system.is_magnitude() { Vec::new() } else { editions_of },
            own: primary.to_vec(),
            needs: primary.iter().enumerate().map(need).collect(),
            owners: (0..primary.len()).map(|cell| owner(system, cell)).collect(),
        }
    }

    /// Whether a cell is withheld for its own sake.
    pub(super) fn is_own(&self, cell: usize) -> bool {
        self.own[cell]
    }

    /// Who could rule out every move that changes a primary cell, given for each who rules it out.
    pub(super) fn ruling_out<'m>(
        &self,
        cell: usize,
        moves: impl Iterator<Item = &'m [u32]>,
    ) -> Option<Vec<u32>> {
        if !self.own[cell] {
            return None;
        }
        let owner = self.owners[cell];
        let others = |by: &[u32]| by.iter().copied().filter(|&who| Some(who) != owner).collect();
        let lists: Vec<Vec<u32>> = moves.map(others).collect();
        let of = |who: u32| self.editions_of.get(who as usize).copied().unwrap_or(1);
        hitting(&lists, &mut vec![self.insiders; self.editions.max(1)], &of)
    }

    /// What a cell needs.
    pub(super) fn need(&self, cell: usize) -> Need {
        self.needs[cell]
    }

    /// Whether a cell may have this value.
    pub(super) fn allows(&self, value: i64) -> bool {
        self.least.is_none_or(|least| value >= least)
    }
}

/// The only contributor of a cell.
fn owner(system: &System, cell: usize) -> Option<u32> {
    let shares = system.cell(cell).iter().flat_map(|&atom| system.contributors(atom));
    let mut who = shares.filter(|share| share.1 != 0).map(|share| share.0);
    let first = who.next()?;
    who.all(|other| other == first).then_some(first)
}

/// The room of the rules that make an amount primary, above and below.
fn room(system: &System, cell: usize, rule: &Rule) -> Need {
    let amounts = ranked(system, cell);
    let total: u128 = amounts.iter().sum();
    let largest = amounts.first().copied().unwrap_or(0);
    let rest: u128 = amounts.iter().skip(2).sum();
    let points = u128::from(rule.p_percent.unwrap_or(ROOM));
    let close = (largest * points).div_ceil(10_000).saturating_sub(rest);
    let dominated = rule.dominance.iter().map(|d| {
        let leaders: u128 = amounts.iter().take(d.leaders).sum();
        (leaders * 10_000).div_ceil(u128::from(d.basis_points).max(1)).saturating_sub(total)
    });
    let most = dominated.fold(close, u128::max).max(1);
    let whole = |room: u128| i64::try_from(room).unwrap_or(i64::MAX / 8).min(i64::MAX / 8);
    let value = system.value(cell);
    let down = if value > 0 { whole(most).min(value) } else { whole(most) };
    Need::Room { up: whole(most), down }
}

/// Who could tell that a move is not the truth: atoms of a count somebody would no longer be in, and contributors who
/// see their own amount changed.
pub(super) fn ruled_out_by(system: &System, change: &Move) -> Vec<u32> {
    if !system.is_magnitude() {
        let gone = |&(atom, by): &(u32, i64)| {
            let value = system.values()[atom as usize];
            (value > 0 && value + by == 0).then_some(atom)
        };
        return change.iter().filter_map(gone).collect();
    }
    let mut who: Vec<u32> = Vec::new();
    for &(atom, by) in change {
        let value = system.values()[atom as usize] + by;
        let shares = system.contributors(atom).iter().filter(|share| share.1 != 0);
        let mut parts: Vec<(u32, i64)> = shares.copied().collect();
        parts.sort_unstable();
        let alone = parts.array_windows().all(|[a, b]| a.0 == b.0);
        who.extend(parts.iter().filter(|part| alone || value < part.1).map(|part| part.0));
    }
    who.sort_unstable();
    who.dedup();
    who
}

/// What a contributor knows: inner cells it is alone in, and what it has in others.
pub(super) fn known_to(system: &System, who: u32) -> (Vec<u32>, Vec<(u32, i64)>) {
    let (mut alone, mut parts) = (Vec::new(), Vec::new());
    for atom in (0_u32..).take(system.atoms()) {
        let shares = system.contributors(atom);
        let own: i64 = shares.iter().filter(|share| share.0 == who).map(|share| share.1).sum();
        if own == 0 {
            continue;
        }
        if shares.iter().all(|share| share.0 == who || share.1 == 0) {
            alone.push(atom);
        } else if own > 0 {
            parts.push((atom, own));
        }
    }
    (alone, parts)
}

/// Elements that meet every list, if there are such, taken within the room of every edition an element is of.
///
/// No lists are met by nothing.
fn hitting(lists: &[Vec<u32>], room: &mut [usize], of: &dyn Fn(u32) -> u32) -> Option<Vec<u32>> {
    let Some((first, rest)) = lists.split_first() else { return Some(Vec::new()) };
    first.iter().find_map(|&element| {
        let editions = of(element);
        let in_it = |edition: usize| editions >> edition & 1 == 1;
        if (0..room.len()).any(|edition| in_it(edition) && room[edition] == 0) {
            return None;
        }
        let left: Vec<Vec<u32>> = rest.iter().filter(|l| !l.contains(&element)).cloned().collect();
        (0..room.len()).filter(|&edition| in_it(edition)).for_each(|edition| room[edition] -= 1);
        let found = hitting(&left, room, of);
        (0..room.len()).filter(|&edition| in_it(edition)).for_each(|edition| room[edition] += 1);
        let mut found = found?;
        found.push(element);
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_lists_are_not_met_by_one() {
        let lists = [vec![1, 2], vec![2, 3], vec![4]];
        let met = |lists: &[Vec<u32>], size| hitting(lists, &mut [size], &|_| 1);
        assert_eq!(met(&lists, 1), None);
        assert_eq!(met(&lists, 2), Some(vec![4, 2]));
        assert_eq!(met(&[], 1), Some(Vec::new()));
        assert_eq!(met(&[Vec::new()], 3), None, "what nobody can rule out stands");
    }

    #[test]
    fn nobody_is_in_two_inner_cells_of_one_edition() {
        let lists = [vec![1], vec![2]];
        assert_eq!(hitting(&lists, &mut [1, 1], &|_| 1), None);
        assert_eq!(hitting(&lists, &mut [1, 1], &|atom| atom), Some(vec![2, 1]));
        assert_eq!(hitting(&lists, &mut [1, 1], &|atom| if atom == 1 { 3 } else { 2 }), None);
    }

    #[test]
    fn room_is_asked_for_above_and_below() {
        let need = Need::Room { up: 5, down: 3 };
        assert!(need.is_met(&[-3, 5].into()) && need.is_met(&[-4, 1, 6].into()));
        assert!(!need.is_met(&[-2, 5].into()) && !need.is_met(&[-3, 4].into()));
        assert!(!need.is_met(&BTreeSet::new()));
        assert!(Need::Values(3).is_met(&[-1, 1].into()) && !Need::Values(3).is_met(&[1].into()));
    }

    #[test]
    fn a_contributor_sees_its_own_amount_changed() {
        let mut builder =
            System::builder(vec![10, 7]).contributions(vec![vec![(1, 6), (2, 4)], vec![(3, 7)]]);
        builder.cell([0, 1]);
        let system = builder.build().unwrap();
        assert_eq!(ruled_out_by(&system, &vec![(0, -3)]), Vec::<u32>::new());
        assert_eq!(ruled_out_by(&system, &vec![(0, -5)]), [1]);
        assert_eq!(ruled_out_by(&system, &vec![(1, 1)]), [3]);
        assert_eq!(known_to(&system, 3), (vec![1], vec![]));
        assert_eq!(known_to(&system, 1), (vec![], vec![(0, 6)]));
    }
}
