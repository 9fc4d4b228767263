//! What a question is grouped by and which records count, as they are written.

use super::{AskFilter, AskGroup, AskLevels, Words};
use crate::question::mistake::What;
use crate::question::vocabulary::REGION;
use crate::question::{Condition, Group, MOST_FILTERS, MOST_GROUPS, Measure, Mistake, Variable};
use std::collections::{BTreeMap, BTreeSet};

/// What a question is grouped by, in its one order.
pub(super) fn groups(asked: &[AskGroup], words: &Words) -> Result<Vec<Group>, Mistake> {
    let mut levels: BTreeMap<(bool, String), BTreeSet<usize>> = BTreeMap::new();
    for group in asked {
        let (name, named) = match group {
            AskGroup::Name(name) => (name, &[][..]),
            AskGroup::Levels(AskLevels { variable, levels }) => (variable, levels.as_slice()),
        };
        let by_year = words.variable(name)?;
        let Some((_, variable)) = by_year.first() else { continue };
        let place = |level: &str| {
            let known = variable.lists.iter().map(|list| list.id.as_str());
            let at = variable.lists.iter().position(|list| list.id == level);
            let everywhere = by_year.iter().all(|(_, variable)| variable.list(level).is_some());
            at.filter(|_| everywhere).ok_or_else(|| Mistake::unknown(What::Level, level, known))
        };
        let finest = variable.finest().map(|list| list.id.clone());
        let named = if named.is_empty() { finest.as_slice() } else { named };
        let chosen =
            levels.entry((variable.column != REGION, variable.column.clone())).or_default();
        for level in named {
            chosen.insert(place(level)?);
        }
    }
    if levels.len() > MOST_GROUPS {
        return Err(Mistake::TooMany(What::Groups));
    }
    let mut groups = Vec::with_capacity(levels.len());
    for ((_, column), chosen) in levels {
        let by_year = words.variable(&column)?;
        let Some((_, variable)) = by_year.first() else { continue };
        let lists = chosen.iter().filter_map(|at| variable.lists.get(*at));
        let levels: Vec<String> = lists.map(|list| list.id.clone()).collect();
        check_nested(variable, &levels)?;
        // The whole country alone is what no grouping gives.
        if levels != ["country"] {
            groups.push(Group { variable: column, levels });
        }
    }
    Ok(groups)
}

/// Several levels must add up, each to the one before; only regions have several.
fn check_nested(variable: &Variable, levels: &[String]) -> Result<(), Mistake> {
    let crosses = |level: &String| matches!(level.as_str(), "kostra-group" | "size");
    let nested = variable.column == REGION && !levels.iter().any(crosses);
    if levels.len() < 2 || nested {
        return Ok(());
    }
    Err(Mistake::shape(
        "flere nivåer på én gang finnes bare for REGION: country, county, municipality og district",
        "several levels at once exist only for REGION: country, county, municipality and district",
    ))
}

/// Which records count, one condition a column.
///
/// Only records that state the measured number enter its sum, mean or quantile, so `measured` makes a range over all of it
/// idle.
pub(super) fn conditions(
    asked: &[AskFilter],
    measured: &Measure,
    words: &Words,
) -> Result<Vec<Condition>, Mistake> {
    if asked.len() > MOST_FILTERS {
        return Err(Mistake::TooMany(What::Filters));
    }
    let mut all: BTreeMap<String, Condition> = BTreeMap::new();
    for filter in asked {
        let condition = match (&filter.codes, filter.from, filter.to) {
            (Some(codes), None, None) => of_codes(&filter.variable, codes, words)?,
            (None, None, None) | (Some(_), _, _) => {
                return Err(Mistake::shape(
                    format!(
                        "vilkåret på {} må ha enten `codes` eller `from`/`to`",
                        filter.variable
                    ),
                    format!(
                        "the condition on {} must have either `codes` or `from`/`to`",
                        filter.variable
                    ),
                ));
            }
            (None, from, to) => of_range(&filter.variable, from, to, words)?,
        };
        let column = condition.variable().to_owned();
        let joined = match all.remove(&column) {
            Some(before) => both(before, condition),
            None => condition,
        };
        all.insert(column, joined);
    }
    let stated = measured.clamp().and(measured.variable());
    all.retain(|_, condition| !is_redundant(condition, stated, words));
    match all.values().find(|condition| is_impossible(condition)) {
        Some(condition) => Err(Mistake::shape(
            format!("vilkårene på {} kan ingen oppfylle", condition.variable()),
            format!("no record can meet the conditions on {}", condition.variable()),
        )),
        None => Ok(all.into_values().collect()),
    }
}

fn of_codes(name: &str, codes: &[String], words: &Words) -> Result<Condition, Mistake> {
    let by_year = words.variable(name)?;
    let column = by_year.first().map_or(name, |(_, variable)| variable.column.as_str()).to_owned();
    let mut found = BTreeMap::new();
    for (year, variable) in by_year {
        let mut leaves = BTreeSet::new();
        for code in codes {
            let missing = || Mistake::unknown(What::Code, code, variable.codes());
            leaves.extend(variable.leaves_of(code).ok_or_else(missing)?.iter().cloned());
        }
        found.insert(year, leaves);
    }
    Ok(Condition::Codes { variable: column, codes: found })
}

fn of_range(
    name: &str,
    from: Option<i64>,
    to: Option<i64>,
    words: &Words,
) -> Result<Condition, Mistake> {
    let (variable, domain, _) = words.amount(name)?;
    let (from, to) = (from.unwrap_or(domain.from), to.unwrap_or(domain.to));
    if from > to {
        return Err(Mistake::shape(
            format!("vilkåret på {variable} har from {from} over to {to}"),
            format!("the condition on {variable} has from {from} above to {to}"),
        ));
    }
    let condition =
        Condition::Range { variable, from: from.max(domain.from), to: to.min(domain.to) };
    Ok(condition)
}

/// Records that meet two conditions on one column.
fn both(one: Condition, other: Condition) -> Condition {
    match (one, other) {
        (Condition::Codes { variable, codes }, Condition::Codes { codes: further, .. }) => {
            let meet = |(year, codes): (u16, BTreeSet<String>)| {
                let further = further.get(&year).cloned().unwrap_or_default();
                (year, codes.intersection(&further).cloned().collect())
            };
            Condition::Codes { variable, codes: codes.into_iter().map(meet).collect() }
        }
        (Condition::Range { variable, from, to }, Condition::Range { from: f, to: t, .. }) => {
            Condition::Range { variable, from: from.max(f), to: to.min(t) }
        }
        // A column is either coded or a number.
        (one, _) => one,
    }
}

/// Whether every record that can count meets it, where one that does not state a certain number counts for nothing.
fn is_redundant(condition: &Condition, stated: Option<&str>, words: &Words) -> bool {
    let (variable, codes) = match condition {
        Condition::Codes { variable, codes } => (variable, codes),
        Condition::Range { variable, from, to } => {
            let room = words.amount(variable).map(|(_, room, _)| room);
            return stated == Some(variable)
                && room.is_ok_and(|room| *from <= room.from && room.to <= *to);
        }
    };
    words.by_year.iter().all(|(year, vocabulary)| {
        let leaves = vocabulary.variable(variable).map_or(&[][..], |variable| &variable.leaves);
        codes.get(year).is_some_and(|codes| leaves.iter().all(|leaf| codes.contains(leaf)))
    })
}

/// Whether no record of some year can meet it.
fn is_impossible(condition: &Condition) -> bool {
    match condition {
        Condition::Codes { codes, .. } => codes.values().any(BTreeSet::is_empty),
        Condition::Range { from, to, .. } => from > to,
    }
}
