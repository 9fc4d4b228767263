//! Code lists over the values of a variable: groupings and choices a reader can ask for by name.
//!
//! A list says which values it has and what each of them adds up; whether a published table holds them is for
//! whoever applies it to find out. Nothing is added up here or there.

mod regions;

use crate::Text;
use std::sync::LazyLock;

/// What a list does to the values of its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its values are unions of the variable's own.
    Aggregation,
    /// Its values are some of the variable's own.
    Valueset,
}

/// What one value of a list stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The value of the same code, whatever it adds up that year.
    SameCode,
    /// The sum of these leaf codes, in every year.
    Leaves(Vec<String>),
    /// The municipality of today's division with this code, also before it had it.
    Today,
}

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its code.
    pub code: String,
    /// Its name.
    pub label: Text,
    /// What it stands for.
    pub meaning: Meaning,
    /// The variable's own codes that belong to it.
    pub members: Vec<String>,
}

/// One list.
#[derive(Debug, Clone)]
pub struct CodeList {
    /// `agg_…` or `vs_…`.
    pub id: String,
    /// The register column of the variable it is for.
    pub column: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Its name.
    pub label: Text,
    /// The first and last year of the division it follows, where it follows one.
    pub valid: Option<(u16, Option<u16>)>,
    /// Its values, in order.
    pub items: Vec<Item>,
}

static ALL: LazyLock<Vec<CodeList>> =
    LazyLock::new(|| regions::lists().into_iter().chain(ages()).collect());

/// Every list.
#[must_use]
pub fn code_lists() -> &'static [CodeList] {
    &ALL
}

/// The list of an id, letter by letter.
#[must_use]
pub fn code_list(id: &str) -> Option<&'static CodeList> {
    code_lists().iter().find(|list| list.id == id)
}

impl Item {
    fn own(code: &str, label: Text) -> Self {
        let members = vec![code.to_owned()];
        Self { code: code.to_owned(), label, meaning: Meaning::SameCode, members }
    }

    fn sum(code: &str, label: Text, leaves: &[&str]) -> Self {
        let leaves: Vec<String> = leaves.iter().map(|leaf| (*leaf).to_owned()).collect();
        let members = leaves.clone();
        Self { code: code.to_owned(), label, meaning: Meaning::Leaves(leaves), members }
    }
}

/// Bands of age: those that are published, and those that key figures are commonly given by.
fn ages() -> [CodeList; 2] {
    let years =
        |from: &str, to: &str| Text::new(format!("{from}–{to} år"), format!("{from}–{to} years"));
    let list = |id: &str, kind, label, items| CodeList {
        id: id.to_owned(),
        column: "ALDERSGRUPPE",
        kind,
        label,
        valid: None,
        items,
    };
    [
        list(
            "vs_Aldersgrupper",
            Kind::Valueset,
            Text::new("Aldersgrupper uten sum", "Age bands without the total"),
            vec![
                Item::own("00-17", Text::new("Under 18 år", "Under 18 years")),
                Item::own("18-24", years("18", "24")),
                Item::own("25-44", years("25", "44")),
                Item::own("45-66", years("45", "66")),
                Item::own("67+", Text::new("67 år eller eldre", "67 years or older")),
            ],
        ),
        list(
            "agg_AlderNokkeltall",
            Kind::Aggregation,
            Text::new("Aldersgrupper i nøkkeltall", "Age bands of key figures"),
            vec![
                Item::sum("18-24", years("18", "24"), &["18-24"]),
                Item::sum("25-66", years("25", "66"), &["25-44", "45-66"]),
                Item::sum("18-66", years("18", "66"), &["18-24", "25-44", "45-66"]),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_list_has_an_id_of_its_own_that_says_what_it_does() {
        let ids: BTreeSet<&str> = code_lists().iter().map(|list| list.id.as_str()).collect();
        assert_eq!(ids.len(), code_lists().len());
        for list in code_lists() {
            let start = match list.kind {
                Kind::Aggregation => "agg_",
                Kind::Valueset => "vs_",
            };
            assert!(list.id.starts_with(start), "{}", list.id);
            assert!(!list.items.is_empty(), "{}", list.id);
            let codes: BTreeSet<&str> = list.items.iter().map(|item| item.code.as_str()).collect();
            assert_eq!(codes.len(), list.items.len(), "{}", list.id);
            assert!(list.items.iter().all(|item| !item.members.is_empty()), "{}", list.id);
            assert_ne!(list.label.nb, list.label.en, "{}", list.id);
        }
    }

    #[test]
    fn every_municipality_of_today_is_of_one_size() {
        let sizes = code_list("agg_Folkemengde").expect("the sizes");
        let mut seen = BTreeSet::new();
        for item in &sizes.items {
            for member in &item.members {
                assert!(seen.insert(member), "{member} twice");
            }
        }
        assert_eq!(seen.len(), crate::regions::changes::today().expect("today").kommuner.len());
        assert!(sizes.items.iter().any(|item| item.members.contains(&"0301".to_owned())));
    }

    #[test]
    fn lists_of_regions_follow_the_division_of_their_years() {
        let first = |id: &str| code_list(id).map(|list| list.items[0].code.clone());
        assert_eq!(first("agg_Fylker").as_deref(), Some("EKA03"));
        assert!(
            code_list("agg_Fylker_2020").expect("2020").items.iter().any(|i| i.code == "EKA30")
        );
        assert!(
            code_list("agg_Fylker_2016").expect("2016").items.iter().any(|i| i.code == "EKA16")
        );
        let groups = code_list("agg_KostraGrupper").expect("the groups");
        assert_eq!(groups.items.len(), 17);
        assert_eq!(groups.items[12].members, ["0301"]);
        assert_eq!(code_list("vs_Bydeler").expect("bydeler").items.len(), 15);
    }
}
