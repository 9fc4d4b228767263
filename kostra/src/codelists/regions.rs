//! The lists over regions, made from the divisions.

use super::{CodeList, Item, Kind, Meaning};
use crate::regions::Division;
use crate::regions::changes::today;
use crate::regions::sizes::{at_the_end_of, sizes as classes};
use crate::{Level, Text, Value};

/// The years a numbering of municipalities holds: an installation's tables can span several.
const NUMBERINGS: [(u16, Option<u16>); 3] = [(2016, Some(2016)), (2020, Some(2023)), (2024, None)];

/// The newest division.
const NEWEST: u16 = 2026;
/// The year at whose end inhabitants decide who belongs to a size.
const SIZES_OF: u16 = NEWEST - 1;

/// Every list over `REGION`.
pub(super) fn lists() -> Vec<CodeList> {
    let mut lists = Vec::new();
    lists.extend(NUMBERINGS.into_iter().rev().flat_map(of_numbering));
    lists.extend(today().map(todays));
    lists.extend(today().into_iter().flat_map(sizes));
    lists
}

fn list(id: String, kind: Kind, label: Text, items: Vec<Item>) -> CodeList {
    CodeList { id, column: "REGION", kind, label, valid: None, items }
}

/// The country, counties, KOSTRA groups, municipalities and bydeler of one numbering.
fn of_numbering((from, to): (u16, Option<u16>)) -> Vec<CodeList> {
    let Some(division) = Division::of(to.unwrap_or(NEWEST)) else { return Vec::new() };
    let newest = to.is_none();
    let named = |name: &str| if newest { name.to_owned() } else { format!("{name}_{from}") };
    let years = |nb: &str, en: &str| match to {
        None => Text::new(format!("{nb} (fra {from})"), format!("{en} (from {from})")),
        Some(to) if to == from => Text::new(format!("{nb} ({from})"), format!("{en} ({from})")),
        Some(to) => Text::new(format!("{nb} ({from}–{to})"), format!("{en} ({from}–{to})")),
    };
    let of_level = |level: Level| -> Vec<Item> {
        let values = division.values().iter().filter(|value| value.level == level);
        values.map(|value| item(division, value)).collect()
    };
    let mut lists = vec![
        list(
            named("agg_Fylker"),
            Kind::Aggregation,
            years("Fylker", "Counties"),
            of_level(Level::Fylke),
        ),
        list(
            named("vs_Kommuner"),
            Kind::Valueset,
            years("Kommuner", "Municipalities"),
            of_level(Level::Kommune),
        ),
    ];
    if newest {
        // The codes are the same in every year, and so is what they mean.
        lists.push(list(
            "agg_KostraGrupper".to_owned(),
            Kind::Aggregation,
            Text::new("KOSTRA-grupper", "KOSTRA groups"),
            of_level(Level::KostraGroup),
        ));
        lists.push(list(
            "agg_Landet".to_owned(),
            Kind::Aggregation,
            Text::new("Landet med og uten Oslo", "The country with and without Oslo"),
            of_level(Level::Total),
        ));
        lists.push(list(
            "vs_Bydeler".to_owned(),
            Kind::Valueset,
            Text::new("Bydeler i Oslo", "City districts of Oslo"),
            of_level(Level::Leaf),
        ));
    }
    for one in lists.iter_mut().take(2) {
        one.valid = Some((from, to));
    }
    lists
}

fn item(division: &Division, value: &Value) -> Item {
    let mut members: Vec<String> = Vec::new();
    for leaf in &value.leaves {
        let kommune = division.kommune_of(leaf);
        let member = if value.level == Level::Leaf { leaf.as_str() } else { kommune };
        if members.last().is_none_or(|last| last != member) {
            members.push(member.to_owned());
        }
    }
    Item {
        code: value.code.clone(),
        label: value.label.clone(),
        meaning: Meaning::SameCode,
        members,
    }
}

/// Today's municipalities, also for the years before they had their number.
fn todays(division: &Division) -> CodeList {
    let items = division.kommuner.iter().map(|kommune| Item {
        code: kommune.code.clone(),
        label: Text::new(&kommune.name, &kommune.name),
        meaning: Meaning::Today,
        members: vec![kommune.code.clone()],
    });
    let label = Text::new(
        "Dagens kommuner, også for tidligere år",
        "Today's municipalities, also for earlier years",
    );
    list("agg_today".to_owned(), Kind::Aggregation, label, items.collect())
}

/// Municipalities by size: the sums as one aggregation, and the municipalities of each size as a choice.
fn sizes(division: &Division) -> Vec<CodeList> {
    let mut sums = Vec::new();
    let mut choices = Vec::new();
    let counted = division.kommuner.iter();
    let counted: Vec<_> =
        counted.filter_map(|one| Some((one, at_the_end_of(&one.code, SIZES_OF)?))).collect();
    for size in classes() {
        let own = || counted.iter().filter(|(_, inhabitants)| size.holds(*inhabitants));
        let kommuner = || own().map(|(one, _)| one);
        let label = size.label();
        sums.push(Item {
            code: size.code(),
            label: label.clone(),
            meaning: Meaning::SameCode,
            members: kommuner().map(|one| one.code.clone()).collect(),
        });
        let items = kommuner().map(|one| Item::own(&one.code, Text::new(&one.name, &one.name)));
        choices.push(list(
            format!("vs_Kommuner_{}", size.range()),
            Kind::Valueset,
            Text::new(
                format!("Kommuner med {}", label.nb),
                format!("Municipalities of {}", label.en),
            ),
            items.collect(),
        ));
    }
    let label = Text::new(
        "Kommuner etter folkemengde ved årets slutt",
        "Municipalities by inhabitants at the end of the year",
    );
    let sums = list("agg_Folkemengde".to_owned(), Kind::Aggregation, label, sums);
    [vec![sums], choices].concat()
}
