//! Tells whether a refused file looks like one of another year.

use super::{Hint, plan::Plan, wording};
use crate::{Text, layout::Layout, record::Record};

/// How many lines are kept to try other years on.
pub(super) const SAMPLE: usize = 64;

/// What a line of the wrong length counts for: more than any number of faults in it.
const WRONG_LENGTH: usize = 100;

/// How many times fewer faults another year must have.
const CLEARLY: usize = 5;

/// The years of the form whose layouts fit the sample clearly better than the one it was checked
/// as; `None` if there are none.
pub(super) fn hint(layout: &'static Layout, sample: &[String]) -> Option<Hint> {
    let own = faults(layout, sample);
    if sample.is_empty() || own < sample.len() {
        return None;
    }
    let others = Layout::all().iter().filter(|other| other.form == layout.form);
    let others: Vec<_> = others
        .filter(|other| other.year != layout.year)
        .map(|other| (faults(other, sample), other.year))
        .collect();
    let best = others.iter().map(|(faults, _)| *faults).min()?;
    if best > own / CLEARLY {
        return None;
    }
    let years: Vec<u16> =
        others.iter().filter(|(faults, _)| *faults == best).map(|(_, year)| *year).collect();
    let text: Text = wording::other_year(layout, &years);
    Some(Hint { years, text })
}

fn faults(layout: &'static Layout, sample: &[String]) -> usize {
    let plan = Plan::new(layout, false);
    sample.iter().map(|line| line_faults(layout, &plan, line)).sum()
}

fn line_faults(layout: &Layout, plan: &Plan, line: &str) -> usize {
    let record = Record::new(line);
    if record.length() != layout.record_length {
        return WRONG_LENGTH;
    }
    let version = record.named(layout, "VERSION").and_then(|value| value.parse::<u16>().ok());
    let mut count = usize::from(version.map(|short| 2000 + short) != Some(layout.year));
    let in_oslo = record.named(layout, "KOMMUNE_NR") == Some("0301");
    plan.faults(&record, in_oslo, |_| count += 1);
    count
}
