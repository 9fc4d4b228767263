//! Deliveries set against each other: the accounts of function 281 against what form 11 says was paid.
//!
//! A municipality sees its own, of what it delivered itself. Whoever looks after the installation sees everybody's, of an
//! edition, with what a few persons make up withheld.

use crate::deliveries::view::name;
use hjemmel_disclosure::Cell;
use hjemmel_disclosure::suppress::Sums;
use hjemmel_kostra::record::{Lines, Record};
use hjemmel_kostra::sheet::{self, whole};
use hjemmel_kostra::{Form, Language, Layout, Text};
use hjemmel_registers::{DepositRef, Registers};
use hjemmel_store::MunicipalDelivery;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use uuid::Uuid;

/// Kinds of account that are paid to persons: transfers, and loans.
const PAID: [&str; 2] = ["470", "520"];
/// A difference up to this share of the accounts agrees, in per mille.
const AGREES: i64 = 10;
/// One above this is large.
const LARGE: i64 = 50;

/// What the accounts of one municipality say of function 281, in kroner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Paid to persons.
    pub paid: i64,
    /// Everything else of the function.
    pub other: i64,
}

/// One municipality, or all of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its number; none of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kommune: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the accounts say was paid to persons.
    pub accounts: Option<i64>,
    /// What else the accounts have on the function.
    pub other_accounts: Option<i64>,
    /// What form 11 says was paid, grants and loans.
    pub form: Option<i64>,
    /// Why there is no such figure: `:` withheld, `..` missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<&'static str>,
    /// By how much the accounts are above the form.
    pub difference: Option<i64>,
    /// The same as a share of the accounts, in per cent with one decimal.
    pub percent: Option<f64>,
    /// `agrees`, `differs`, `differs-much`, `withheld` or `missing`.
    pub standing: &'static str,
    /// What that means.
    pub note: String,
}

/// Reads the accounts that municipalities delivered.
///
/// # Errors
/// When a delivery cannot be read.
pub fn accounts(
    registers: &Registers,
    deliveries: &BTreeMap<String, MunicipalDelivery>,
) -> std::io::Result<BTreeMap<String, Accounts>> {
    let mut all = BTreeMap::new();
    for (kommune, delivery) in deliveries {
        let mut accounts = Accounts::default();
        each_line(registers, delivery, |line| {
            let Some(record) = sheet::rested(line) else { return };
            let text = |name: &str| record.get(name).map_or("", |value| value.trim());
            let amount = whole(text("BELOP")).unwrap_or_default();
            let into =
                if PAID.contains(&text("ART")) { &mut accounts.paid } else { &mut accounts.other };
            *into = into.saturating_add(amount);
        })?;
        all.insert(kommune.clone(), accounts);
    }
    Ok(all)
}

/// What a municipality's own delivery of form 11 says was paid.
///
/// # Errors
/// When it cannot be read.
pub fn own_sum(registers: &Registers, delivery: &MunicipalDelivery) -> std::io::Result<i64> {
    let layout = Layout::of(delivery.form, delivery.year);
    let fields = ["BIDRAG", "LAAN"].map(|name| layout.and_then(|layout| layout.field(name)));
    let length = layout.map_or(0, |layout| layout.record_length);
    let mut sum = 0_i64;
    each_line(registers, delivery, |line| {
        let record = Record::decode(line, length);
        let amounts = fields.iter().flatten().filter_map(|field| whole(record.value(field)));
        sum = amounts.fold(sum, i64::saturating_add);
    })?;
    Ok(sum)
}

fn each_line(
    registers: &Registers,
    delivery: &MunicipalDelivery,
    mut tell: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let (form, year, id): (Form, u16, Uuid) = (delivery.form, delivery.year, delivery.id);
    let source = registers.collected(vec![DepositRef { form, year, id }]);
    let mut lines = Lines::new(BufReader::new(source));
    while let Some(line) = lines.next()? {
        tell(line.bytes);
    }
    Ok(())
}

/// Everybody's, the largest difference first, then what cannot be compared; the total stands alone.
#[must_use]
pub fn ranked(
    year: u16,
    accounts: &BTreeMap<String, Accounts>,
    paid: &Sums,
    language: Language,
) -> (Vec<Row>, Row) {
    let all: BTreeSet<&String> = accounts.keys().chain(paid.kommuner.keys()).collect();
    let row = |kommune: &&String| {
        let form = paid.kommuner.get(*kommune).copied().unwrap_or(Cell::Missing);
        Row {
            kommune: Some((*kommune).clone()),
            name: name(year, kommune),
            ..compared(accounts.get(*kommune).copied(), form, language)
        }
    };
    let mut rows: Vec<Row> = all.iter().map(row).collect();
    rows.sort_by_key(|row| {
        let size = row.difference.map(i64::abs);
        (std::cmp::Reverse(size), row.standing, row.kommune.clone())
    });
    // The totals are of the same municipalities, or say nothing.
    let is_same = accounts.keys().eq(paid.kommuner.keys());
    let sum = accounts.values().fold(Accounts::default(), |sum, one| Accounts {
        paid: sum.paid.saturating_add(one.paid),
        other: sum.other.saturating_add(one.other),
    });
    let form = if is_same { paid.total } else { Cell::Missing };
    (rows, compared(is_same.then_some(sum), form, language))
}

/// One municipality's own.
#[must_use]
pub fn own(
    (year, kommune): (u16, &str),
    accounts: Option<Accounts>,
    form: Option<i64>,
    language: Language,
) -> Row {
    let form = form.map_or(Cell::Missing, |sum| Cell::Shown(u64::try_from(sum).unwrap_or(0)));
    Row {
        kommune: Some(kommune.to_owned()),
        name: name(year, kommune),
        ..compared(accounts, form, language)
    }
}

fn compared(accounts: Option<Accounts>, form: Cell, language: Language) -> Row {
    let (sum, symbol) = match form {
        Cell::Shown(sum) => (i64::try_from(sum).ok(), None),
        Cell::Withheld => (None, Some(":")),
        Cell::Missing | Cell::NotCovered => (None, Some("..")),
    };
    let both = accounts.zip(sum).map(|(accounts, sum)| (accounts.paid, accounts.paid - sum));
    let (standing, note) = match (both, symbol, accounts) {
        (Some((paid, difference)), ..) => standing(paid, difference),
        (None, Some(":"), Some(_)) => (
            "withheld",
            Text::new(
                "Summen i skjema 11 vises ikke, fordi få personer står bak den.",
                "The sum of form 11 is not shown, since few persons stand behind it.",
            ),
        ),
        (None, _, None) => {
            ("missing", Text::new("Regnskapet er ikke levert.", "The accounts are not delivered."))
        }
        (None, ..) => {
            ("missing", Text::new("Skjema 11 er ikke levert.", "Form 11 is not delivered."))
        }
    };
    Row {
        kommune: None,
        name: None,
        accounts: accounts.map(|accounts| accounts.paid),
        other_accounts: accounts.map(|accounts| accounts.other),
        form: sum,
        symbol,
        difference: both.map(|(_, difference)| difference),
        percent: both.and_then(|(paid, difference)| percent(difference, paid)),
        standing,
        note: note.in_language(language).to_owned(),
    }
}

fn standing(paid: i64, difference: i64) -> (&'static str, Text) {
    let share = difference.saturating_abs().saturating_mul(1_000);
    let above = |limit: i64| share > paid.saturating_abs().saturating_mul(limit);
    match (above(AGREES), above(LARGE), difference > 0) {
        (false, ..) => {
            ("agrees", Text::new("Regnskap og skjema stemmer.", "Accounts and form agree."))
        }
        (true, is_large, true) => (
            if is_large { "differs-much" } else { "differs" },
            Text::new(
                "Regnskapet har mer enn skjemaet. Se etter mottakere som mangler, og etter andre utgifter ført på art 470 og 520.",
                "The accounts have more than the form. Look for recipients who are missing, and for other expenses on kinds 470 and 520.",
            ),
        ),
        (true, is_large, false) => (
            if is_large { "differs-much" } else { "differs" },
            Text::new(
                "Skjemaet har mer enn regnskapet. Se etter mottakere som står to ganger, og etter stønad ført på en annen funksjon.",
                "The form has more than the accounts. Look for recipients who stand twice, and for benefits on another function.",
            ),
        ),
    }
}

/// A part of a whole in per cent with one decimal.
fn percent(part: i64, whole: i64) -> Option<f64> {
    if whole == 0 {
        return None;
    }
    let tenths = i128::from(part) * 10_000 / i128::from(whole);
    let tenths = (tenths + if tenths < 0 { -5 } else { 5 }) / 10;
    i32::try_from(tenths).ok().map(|tenths| f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_ranked_and_noted_and_what_few_make_up_is_not_told() {
        let account = |paid| Accounts { paid, other: 7 };
        let accounts = BTreeMap::from([
            ("0301".to_owned(), account(1_000_000)),
            ("3105".to_owned(), account(500_000)),
            ("3107".to_owned(), account(100_000)),
            ("3110".to_owned(), account(9_000)),
            ("5001".to_owned(), account(1)),
        ]);
        let paid = Sums {
            kommuner: BTreeMap::from([
                ("0301".to_owned(), Cell::Shown(995_000)),
                ("3105".to_owned(), Cell::Shown(540_000)),
                ("3107".to_owned(), Cell::Shown(98_000)),
                ("3110".to_owned(), Cell::Withheld),
                ("4601".to_owned(), Cell::Shown(5)),
            ]),
            total: Cell::Shown(1_700_000),
        };
        let (rows, total) = ranked(2025, &accounts, &paid, Language::En);
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.kommune.as_deref().unwrap(), row.difference, row.percent, row.standing))
            .collect();
        assert_eq!(
            seen,
            [
                ("3105", Some(-40_000), Some(-8.0), "differs-much"),
                ("0301", Some(5_000), Some(0.5), "agrees"),
                ("3107", Some(2_000), Some(2.0), "differs"),
                ("4601", None, None, "missing"),
                ("5001", None, None, "missing"),
                ("3110", None, None, "withheld"),
            ]
        );
        let of = |kommune: &str| {
            rows.iter().find(|row| row.kommune.as_deref() == Some(kommune)).unwrap()
        };
        assert_eq!((of("3110").form, of("3110").symbol), (None, Some(":")));
        assert_eq!(of("3110").accounts, Some(9_000), "accounts are public");
        assert!(
            of("3105").note.starts_with("The form has more")
                && of("3107").note.starts_with("The accounts have")
        );
        assert_eq!((total.form, total.standing), (None, "missing"), "they are of others");
        assert_eq!(percent(1, 3), Some(33.3));
        assert_eq!(percent(-2, 3), Some(-66.7));
        assert_eq!(percent(1, 0), None);
        assert_eq!(
            own((2025, "3107"), Some(account(0)), Some(5), Language::Nb).standing,
            "differs-much"
        );
    }
}
