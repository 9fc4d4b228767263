//! Two pictures of one population as one system.

use super::{Link, MalformedSystem, System};

/// What was published earlier, from other data about the same population.
pub(crate) struct Earlier<'a> {
    /// The earlier system.
    pub(crate) system: &'a System,
    /// The cells of it that count: those that were shown, and those to be protected still.
    pub(crate) cells: &'a [usize],
    /// For every earlier atom those of the same inner cell there are already: the present one, and others from other
    /// earlier systems.
    pub(crate) same: &'a [Vec<u32>],
    /// For every earlier contributor by number the present number; others are kept apart from all present ones.
    pub(crate) people: &'a [Option<u32>],
}

/// By atom of a joint system the editions it is of, a bit for each: the present one, then the earlier ones.
pub(crate) fn editions(present: usize, atoms: usize, earlier: &[Vec<u32>]) -> Vec<u32> {
    let mut of: Vec<u32> = (0..atoms).map(|atom| u32::from(atom < present)).collect();
    for (edition, renamed) in (1..32).zip(earlier) {
        for &atom in renamed {
            if let Some(of) = of.get_mut(atom as usize) {
                *of |= 1 << edition;
            }
        }
    }
    of
}

/// Added to the numbers of earlier contributors who are no longer there.
const GONE: u32 = 1 << 31;

impl System {
    /// Some cells of this system with those of an earlier one behind them; also, for every earlier atom, its number.
    ///
    /// An inner cell that is the same in both is one atom, so whoever knows or guesses which inner cells did not
    /// change knows no more than is reckoned with; one that changed is two, of which nobody knows the difference.
    ///
    /// # Errors
    /// When the values of both add up to more than the arithmetic can hold.
    pub(crate) fn beside(
        &self,
        own: &[usize],
        earlier: Option<&Earlier<'_>>,
    ) -> Result<(Self, Vec<u32>), MalformedSystem> {
        let mut values = self.values.clone();
        let mut frequencies = self.frequencies.clone();
        let mut shares: Vec<Vec<(u32, i64)>> =
            (0_u32..).take(self.atoms()).map(|atom| self.contributors(atom).to_vec()).collect();
        let mut links = self.links.clone();
        let mut renamed = Vec::new();
        let mut twins = self.twins.clone();
        if let Some(earlier) = earlier {
            for atom in (0_u32..).take(earlier.system.atoms()) {
                let (value, frequency) = earlier.system.of_atom(atom);
                let people = earlier.shares(atom);
                let there = earlier.same.get(atom as usize).map_or(&[][..], Vec::as_slice);
                let same = there.iter().copied().find(|&there| {
                    let same = self.of_atom(there) == (value, frequency);
                    same && sorted(self.contributors(there).to_vec()) == people
                });
                renamed.push(same.unwrap_or_else(|| {
                    let new = u32::try_from(values.len()).unwrap_or(u32::MAX);
                    twins.extend(there.first().map(|&present| (new, present)));
                    values.push(value);
                    frequencies.push(frequency);
                    shares.push(people);
                    new
                }));
            }
            links.extend(earlier.system.links.iter().map(|link| Link {
                left: rename(&link.left, &renamed),
                right: rename(&link.right, &renamed),
            }));
            // A link between atoms that did not change is the same one.
            links.sort_unstable_by(|a, b| (&a.left, &a.right).cmp(&(&b.left, &b.right)));
            links.dedup();
        }
        let mut builder = Self::builder(values);
        for &cell in own {
            builder.cell(self.cell(cell).iter().copied());
        }
        for &cell in earlier.map_or(&[][..], |earlier| earlier.cells) {
            let atoms = earlier.map_or(&[][..], |earlier| earlier.system.cell(cell));
            builder.cell(rename(atoms, &renamed));
        }
        builder.links = links;
        builder.crosses.clone_from(&self.crosses);
        builder.twins = twins;
        builder = builder.frequencies(frequencies);
        if self.is_magnitude() {
            builder = builder.contributions(shares);
        }
        Ok((builder.build()?, renamed))
    }

    fn of_atom(&self, atom: u32) -> (i64, u64) {
        let at = atom as usize;
        (self.values.get(at).copied().unwrap_or(0), self.frequencies.get(at).copied().unwrap_or(0))
    }
}

impl Earlier<'_> {
    /// The contributors of an earlier atom by their present numbers.
    fn shares(&self, atom: u32) -> Vec<(u32, i64)> {
        let shares = self.system.contributors(atom).iter();
        let now = |who: u32| self.people.get(who as usize).copied().flatten();
        sorted(shares.map(|&(who, share)| (now(who).unwrap_or(who | GONE), share)).collect())
    }
}

fn sorted(mut shares: Vec<(u32, i64)>) -> Vec<(u32, i64)> {
    shares.sort_unstable();
    shares
}

fn rename(atoms: &[u32], renamed: &[u32]) -> Vec<u32> {
    let mut atoms: Vec<u32> =
        atoms.iter().filter_map(|&atom| renamed.get(atom as usize).copied()).collect();
    atoms.sort_unstable();
    atoms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_apart_and_what_did_not_is_one() {
        let build = |values: Vec<i64>| {
            let mut builder = System::builder(values);
            builder.cell([0, 1]);
            builder.cell([1]);
            builder.build().unwrap()
        };
        let (now, then) = (build(vec![5, 2]), build(vec![4, 2]));
        let same = [vec![0], vec![1]];
        let earlier = Earlier { system: &then, cells: &[0, 1], same: &same, people: &[] };
        let (joint, renamed) = now.beside(&[0, 1], Some(&earlier)).unwrap();
        assert_eq!((joint.atoms(), renamed), (3, vec![2, 1]));
        let cells: Vec<&[u32]> = (0..4).map(|cell| joint.cell(cell)).collect();
        assert_eq!(cells, [&[0, 1][..], &[1], &[1, 2], &[1]]);
        assert_eq!((0..4).map(|cell| joint.value(cell)).collect::<Vec<_>>(), [7, 2, 6, 2]);
    }

    #[test]
    fn two_earlier_pictures_that_agree_share_what_the_present_one_changed() {
        let build = |value: i64| {
            let mut builder = System::builder(vec![value]);
            builder.cell([0]);
            builder.build().unwrap()
        };
        let (now, then) = (build(5), build(3));
        let first = Earlier { system: &then, cells: &[0], same: &[vec![0]], people: &[] };
        let (joint, renamed) = now.beside(&[0], Some(&first)).unwrap();
        let same = [vec![0, renamed[0]]];
        let second = Earlier { system: &then, cells: &[0], same: &same, people: &[] };
        let (joint, _) = joint.beside(&[0, 1], Some(&second)).unwrap();
        assert_eq!((joint.cell(1), joint.cell(2), joint.atoms()), (&[1][..], &[1][..], 2));
    }
}
