//! A selection in parts that are made one after the other, so that an answer of any size takes the memory of a small one.

use super::selection::Selected;

/// How a selection is cut: whole rows of an order of its variables, the last of which is the fastest.
#[derive(Debug)]
pub struct Windows {
    /// Variables of which a part has one value.
    single: Vec<usize>,
    /// The variable that is cut, and how many of its values a part has.
    cut: Option<(usize, usize)>,
    count: usize,
    largest: usize,
}

impl Windows {
    /// Parts of at most so many cells, or of one row where rows are longer.
    #[must_use]
    pub fn new(selected: &Selected, order: &[usize], most: usize) -> Self {
        let size = |at: &usize| selected.positions.get(*at).map_or(1, Vec::len).max(1);
        let mut rest = selected.cells();
        let mut windows = Self { single: Vec::new(), cut: None, count: 1, largest: rest };
        for (place, at) in order.iter().enumerate() {
            let below = rest / size(at);
            if below <= most || place + 1 == order.len() {
                let values = (most / below.max(1)).clamp(1, size(at));
                windows.cut = Some((*at, values));
                windows.count *= size(at).div_ceil(values);
                windows.largest = values * below;
                break;
            }
            windows.single.push(*at);
            windows.count *= size(at);
            rest = below;
        }
        windows
    }

    /// How many parts there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The cells of the largest part.
    #[must_use]
    pub const fn largest(&self) -> usize {
        self.largest
    }

    /// One part of the selection the windows are of.
    #[must_use]
    pub fn part(&self, selected: &Selected, at: usize) -> Selected {
        let mut part = selected.clone();
        let mut at = at;
        if let Some((variable, values)) = self.cut
            && let Some(positions) = part.positions.get_mut(variable)
        {
            let parts = positions.len().div_ceil(values).max(1);
            let own = positions.chunks(values).nth(at % parts).unwrap_or_default();
            *positions = own.to_vec();
            at /= parts;
        }
        for variable in self.single.iter().rev() {
            let Some(positions) = part.positions.get_mut(*variable) else { continue };
            let size = positions.len().max(1);
            *positions = positions.get(at % size).copied().into_iter().collect();
            at /= size;
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(sizes: &[usize]) -> Selected {
        Selected {
            positions: sizes.iter().map(|size| (0..*size).collect()).collect(),
            kept: vec![true; sizes.len()],
        }
    }

    /// Every combination in the order given, by going through the parts.
    fn combinations(selected: &Selected, order: &[usize], most: usize) -> Vec<Vec<usize>> {
        let windows = Windows::new(selected, order, most);
        let mut all = Vec::new();
        for at in 0..windows.count() {
            let part = windows.part(selected, at);
            assert!(part.cells() <= windows.largest());
            let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
            for variable in order {
                let values = &part.positions[*variable];
                let longer = |row: &Vec<usize>| {
                    values.iter().map(|value| [row.as_slice(), &[*value]].concat()).collect()
                };
                rows = rows
                    .iter()
                    .flat_map(|row: &Vec<usize>| -> Vec<Vec<usize>> { longer(row) })
                    .collect();
            }
            all.extend(rows);
        }
        all
    }

    #[test]
    fn the_parts_are_the_whole_in_its_order() {
        let selected = selected(&[3, 1, 5, 2]);
        for order in [&[0, 1, 2, 3][..], &[2, 0], &[3], &[], &[1, 3, 2, 0]] {
            let whole = combinations(&selected, order, usize::MAX);
            for most in [0, 1, 2, 3, 4, 7, 10, 29, 30] {
                assert_eq!(combinations(&selected, order, most), whole, "{order:?} {most}");
            }
        }
    }

    #[test]
    fn a_part_is_no_larger_than_it_must_be() {
        let selected = selected(&[100, 50, 4]);
        let largest = |order: &[usize], most| Windows::new(&selected, order, most).largest();
        assert_eq!(largest(&[0, 1, 2], 1000), 1000);
        assert_eq!(largest(&[0, 1, 2], 150), 148);
        assert_eq!(largest(&[2], 10), 5000);
        assert_eq!(largest(&[], 10), 20_000);
    }
}
