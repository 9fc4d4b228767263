//! A table handed in by anybody, attacked.

use std::path::Path;

use csv::StringRecord;

use super::error::{Error, LineFault, unknown};
use super::{Case, Measure, amount};
use crate::audit::{AuditReport, Depth, Settings, attack};
use crate::{Status, Zeros};

/// What the attacker is told besides the table.
#[derive(Debug, Clone, Default)]
pub struct Attack {
    /// Every withheld cell is known to be at least this.
    pub min_suppressed: i64,
    /// Whether contributors subtract what they know of themselves.
    pub insiders: bool,
    /// Values a primary count must keep; 0 asks nothing.
    pub min_feasible: u64,
}

impl Case {
    /// The attacker's settings for this case.
    #[must_use]
    pub fn settings(&self, attack: &Attack) -> Settings {
        let small = self.rule.small_count.map(|small| small.threshold.saturating_sub(1));
        Settings {
            least_withheld: attack.min_suppressed,
            min_feasible: attack.min_feasible,
            small: small.and_then(|small| i64::try_from(small).ok()),
            percent: Some(self.rule.p_percent.unwrap_or(1000)),
            p_percent: None,
            insiders: attack.insiders,
            depth: Depth::Full,
            ..Settings::default()
        }
    }

    /// Whether a column is that of the contributors, as it must be for them to attack amounts.
    ///
    /// # Errors
    /// When the specification names another.
    pub fn check_insider(&self, column: &str) -> Result<(), Error> {
        match &self.specification.measure {
            Measure::Magnitude { contributor: Some(named), .. } if named != column => {
                Err(unknown("--insider", "column of contributors", column, [named.as_str()]))
            }
            _ => Ok(()),
        }
    }

    /// All that the case's own rule promises, as questions for the attacker.
    #[must_use]
    pub fn promise(&self) -> Settings {
        let counts = !self.system.is_magnitude();
        let attack = Attack {
            min_suppressed: self.rule.least_withheld(),
            insiders: self.rule.insiders,
            min_feasible: if counts { self.rule.min_feasible } else { 0 },
        };
        // How close an amount is known takes both ends; of a count it is enough that it has the values.
        let depth = match (self.rule.bounds, counts) {
            (false, _) => Depth::None,
            (true, true) => Depth::Rule,
            (true, false) => Depth::Full,
        };
        Settings { p_percent: self.rule.p_percent, depth, ..self.settings(&attack) }
    }

    /// Whether the rule lets everybody know that withheld counts are not zero.
    #[must_use]
    pub fn shows_zeros(&self) -> bool {
        self.rule.small_count.is_some_and(|small| small.zeros == Zeros::Shown)
    }
}

/// Attacks a cells file against the case it was made from.
///
/// # Errors
/// When the file does not hold exactly the cells of the case, or shows a value the input does not add up to.
pub fn audit(case: &Case, cells: &Path, attack_with: &Attack) -> Result<AuditReport, Error> {
    let statuses = statuses(case, cells)?;
    Ok(attack(&case.system, &statuses, &case.settings(attack_with)))
}

/// The columns of a cells file.
struct Header {
    codes: Vec<usize>,
    value: usize,
    suppressed: Option<usize>,
    primary: Option<usize>,
}

impl Header {
    fn find(case: &Case, header: &StringRecord) -> Result<Self, Error> {
        let place = |name: &str| header.iter().position(|column| column == name);
        let needed = |name: &str| {
            place(name).ok_or_else(|| unknown("cells header", "column", name, header.iter()))
        };
        Ok(Self {
            codes: case.columns.iter().map(|name| needed(name)).collect::<Result<_, _>>()?,
            value: needed("value")?,
            suppressed: place("suppressed"),
            primary: place("primary"),
        })
    }
}

/// What a cells file says of every cell of the case.
///
/// # Errors
/// As [`audit`].
pub fn statuses(case: &Case, cells: &Path) -> Result<Vec<Status>, Error> {
    let mut reader = csv::Reader::from_path(cells)?;
    let header = Header::find(case, reader.headers()?)?;
    let index = case.index();
    let mut statuses = vec![None; case.labels.len()];
    for (record, line) in reader.records().zip(2..) {
        let record = record?;
        let wrong = |fault| Error::Line { file: "cells", line, fault };
        let codes: Vec<&str> =
            header.codes.iter().map(|&at| record.get(at).unwrap_or_default()).collect();
        let Some(&cell) = index.get(&codes) else {
            return Err(wrong(LineFault::NotACell(codes.join(","))));
        };
        let status = status(case, cell, &record, &header).map_err(wrong)?;
        let slot = statuses.get_mut(cell);
        if slot.and_then(|slot| slot.replace(status)).is_some() {
            return Err(wrong(LineFault::Twice(case.name(cell))));
        }
    }
    let absent = statuses.iter().position(Option::is_none);
    if let Some(cell) = absent {
        let line = statuses.iter().flatten().count() as u64 + 1;
        return Err(Error::Line { file: "cells", line, fault: LineFault::Absent(case.name(cell)) });
    }
    Ok(statuses.into_iter().flatten().collect())
}

fn status(
    case: &Case,
    cell: usize,
    record: &StringRecord,
    header: &Header,
) -> Result<Status, LineFault> {
    let flag = |place: Option<usize>, name| match place.and_then(|at| record.get(at)) {
        Some("1") => Ok(Some(true)),
        Some("0") => Ok(Some(false)),
        None => Ok(None),
        Some(_) => Err(LineFault::Flag(name)),
    };
    let text = record.get(header.value).unwrap_or_default();
    let withheld = flag(header.suppressed, "suppressed")?.unwrap_or(text.is_empty());
    if withheld {
        let primary = flag(header.primary, "primary")?.unwrap_or(false);
        return Ok(if primary { Status::Primary } else { Status::Secondary });
    }
    if text.is_empty() {
        return Err(LineFault::NoValue(case.name(cell)));
    }
    let Some((digits, decimals)) = amount::parse(text) else {
        return Err(LineFault::Number("value".to_owned(), text.to_owned(), "decimal number"));
    };
    let most = decimals.max(case.decimals);
    let given = amount::shift(digits, most - decimals);
    let truth = amount::shift(case.system.value(cell), most - case.decimals);
    if given.is_none() || given != truth {
        return Err(LineFault::DoesNotAdd(case.name(cell)));
    }
    Ok(Status::Shown)
}
