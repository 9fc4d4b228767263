//! What other tables of a year show or withhold of the same regions.

use super::pattern::Terms;
use super::tables::{Shape, value};
use crate::{Reason, Rule, System};
use hjemmel_kostra::months::WAITING;
use hjemmel_kostra::table::Level;
use std::collections::BTreeSet;

/// What is known from elsewhere of the cells of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// Regions with a code of the last dimension: whatever of both is not zero is withheld, since another table withholds
    /// what it would bound.
    pub withheld: BTreeSet<(String, String)>,
    /// Regions with a code of the last dimension whose sum of the year another table withholds: what of both is not zero is
    /// withheld in the months that wait for the year, so that twelve months never add up to it.
    pub open: BTreeSet<(String, String)>,
    /// Regions whose total stays shown where it may be, since another table shows part of it.
    pub shown: BTreeSet<String>,
    /// Whether the year's sums are still to come, which months add up to.
    pub sums_to_come: bool,
}

impl Beside {
    /// Adds what is known from elsewhere to what is wished for the cells.
    pub(super) fn join(
        &self,
        terms: &mut Terms,
        shapes: &[Shape<'_>],
        system: &System,
        rule: &Rule,
    ) {
        if self.withheld.is_empty() && self.open.is_empty() && self.shown.is_empty() {
            return;
        }
        let few = rule.small_count.map_or(0, |small| small.threshold);
        terms.published.resize(system.cells(), false);
        let mut next = 0;
        for shape in shapes {
            for cell in next..next + shape.cells() {
                let mut values = shape.values(cell - next);
                let Some(region) = values.next() else { continue };
                let count = value(system, cell);
                let is_small = (1..few).contains(&count);
                let last = shape.values(cell - next).last().unwrap_or(region);
                let place = (region.code.clone(), last.code.clone());
                let is_open = || {
                    let mut months = shape.values(cell - next).skip(1);
                    self.open.contains(&place)
                        && months.any(|value| WAITING.contains(&value.code.as_str()))
                };
                if (self.withheld.contains(&place) || is_open())
                    && count > 0
                    && let Some(withheld) = terms.withheld.get_mut(cell)
                {
                    withheld.get_or_insert(Reason::Earlier);
                } else if self.shown.contains(&region.code)
                    && values.all(|value| value.level == Level::Total)
                    && terms.withheld.get(cell).is_none_or(Option::is_none)
                    && !is_small
                    && let Some(published) = terms.published.get_mut(cell)
                {
                    *published = true;
                }
            }
            next += shape.cells();
        }
    }
}
