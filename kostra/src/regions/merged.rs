//! Today's municipalities in the years when they were several: regions of their own, so that a series in today's
//! division has figures that were protected as what they are.

use super::{changes, read};
use crate::Text;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One of today's municipalities, and those that have become it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    today: String,
    pub(crate) from: Vec<String>,
}

/// The names of today's municipalities. A line that cannot be read is left out; the tests see that none is.
static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let newest = read::SOURCES.last().map_or("", |(_, list)| *list);
    read::kommuner(newest).filter_map(Result::ok).map(|row| (row.code, row.name)).collect()
});

/// Those that were several whole ones among the municipalities of a year, by number.
pub(crate) fn merged<'a>(
    kommuner: impl Iterator<Item = &'a str>,
    year: u16,
) -> impl Iterator<Item = Merged> {
    changes::whence(kommuner, year).into_iter().filter_map(|(today, before)| match before {
        changes::Before::Merged(from) if NAMES.contains_key(&today) => Some(Merged { today, from }),
        _ => None,
    })
}

impl Merged {
    /// Its code as a region: a number of today's may have been another municipality's then.
    pub(crate) fn code(&self) -> String {
        format!("K-{}", self.today)
    }

    /// Its name.
    pub(crate) fn label(&self) -> Text {
        let name = NAMES.get(&self.today).map_or(self.today.as_str(), String::as_str);
        Text::new(format!("{name} (dagens kommune)"), format!("{name} (today's municipality)"))
    }
}
