//! One field of a sheet: what it may hold, and what is said when it holds something else.

use super::{Found, hundredths};
use crate::controls::{Options, Severity};
use crate::identity::{self, NumberKind};
use crate::{Text, layout};
use serde::Deserialize;

/// One field.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Its name.
    pub name: String,
    /// What it holds.
    kind: Kind,
    /// The most that is likely; of digits, how many there are.
    #[serde(default)]
    most: i64,
    /// What it may say, where it is a code.
    #[serde(default)]
    codes: Vec<String>,
    /// What it is.
    #[serde(flatten)]
    pub title: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// A whole number from 0.
    Count,
    /// A whole number with a sign, if any.
    Amount,
    /// A number from 0 with at most two decimals.
    Decimal,
    /// 1 or 2.
    YesNo,
    /// One of a few codes.
    Code,
    /// So many digits.
    Digits,
    /// An identity number that stands for one person, or blank.
    Identity,
    /// A DUF number, or blank.
    Duf,
    /// A day, with four digits of the year first.
    Day,
    /// The same, or blank.
    DayOrBlank,
}

impl Kind {
    const fn may_be_blank(self) -> bool {
        matches!(self, Self::Identity | Self::Duf | Self::DayOrBlank)
    }
}

impl Asked {
    pub(super) fn has_decimals(&self) -> bool {
        self.kind == Kind::Decimal
    }

    pub(super) fn check(&self, value: &str, options: &Options, found: &mut Found) {
        let name = [self.name.as_str()];
        if value.is_empty() {
            if !self.kind.may_be_blank() {
                found.add(("002", Severity::Error), &name, super::missing());
            }
            return;
        }
        if let Some((rule, text)) = self.fault(value, options) {
            found.add((rule, Severity::Error), &name, text);
        } else if self.is_unlikely(value) {
            found.add(
                ("002", Severity::Warning),
                &name,
                Text::new(
                    "Tallet er uvanlig høyt. Se etter at det er riktig.",
                    "The number is unusually high. See that it is right.",
                ),
            );
        }
    }

    fn fault(&self, value: &str, options: &Options) -> Option<(&'static str, Text)> {
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let number = hundredths(value);
        let is_right = match self.kind {
            Kind::Count => number.is_some() && !value.contains('.'),
            Kind::Amount => whole(value).is_some(),
            Kind::Decimal => number.is_some(),
            Kind::YesNo => matches!(value, "1" | "2"),
            Kind::Code => self.codes.iter().any(|code| code == value),
            Kind::Digits => i64::try_from(value.len()) == Ok(self.most) && is_digits(value),
            Kind::Day | Kind::DayOrBlank => day(value).is_some(),
            Kind::Duf => identity::is_valid_duf(value),
            Kind::Identity => {
                if !options.allow_synthetic && identity::is_test_number(value) {
                    return Some(("005", synthetic()));
                }
                let kind = identity::classify(value);
                kind.links() && kind != NumberKind::Duf
            }
        };
        (!is_right).then(|| (self.rule(), self.expected()))
    }

    const fn rule(&self) -> &'static str {
        if matches!(self.kind, Kind::Identity | Kind::Duf) { "005" } else { "002" }
    }

    fn expected(&self) -> Text {
        let (nb, en) = match self.kind {
            Kind::Count => (
                "Skriv et helt tall fra 0, bare sifre.",
                "Write a whole number from 0, digits only.",
            ),
            Kind::Amount => (
                "Skriv hele kroner, bare sifre, med minus foran der det er en inntekt.",
                "Write whole kroner, digits only, with a minus before revenues.",
            ),
            Kind::Decimal => (
                "Skriv et tall fra 0 med høyst to desimaler, som 2,5, og uten mellomrom.",
                "Write a number from 0 with at most two decimals, such as 2.5, and without spaces.",
            ),
            Kind::YesNo => ("Skriv 1 for ja eller 2 for nei.", "Write 1 for yes or 2 for no."),
            Kind::Code => {
                let codes = self.codes.join(", ");
                return Text::new(
                    format!("Koden er ikke blant dem som tas imot: {codes}. Rett koden."),
                    format!("The code is none of those received: {codes}. Correct the code."),
                );
            }
            Kind::Digits => {
                let digits = self.most;
                return Text::new(
                    format!("Skriv {digits} sifre."),
                    format!("Write {digits} digits."),
                );
            }
            Kind::Day | Kind::DayOrBlank => (
                "Skriv en dag som åååå-mm-dd, for eksempel 2017-08-15.",
                "Write a day as yyyy-mm-dd, 2017-08-15 for instance.",
            ),
            Kind::Identity => (
                "Det er ikke et fødselsnummer eller d-nummer som hører til én person. Rett nummeret.",
                "It is no identity number or D-number of one person. Correct the number.",
            ),
            Kind::Duf => (
                "DUF-nummeret har feil kontrollsiffer. Rett nummeret, eller la feltet stå tomt.",
                "The DUF number has wrong check digits. Correct it, or leave the field blank.",
            ),
        };
        Text::new(nb, en)
    }

    fn is_unlikely(&self, value: &str) -> bool {
        let number = match self.kind {
            Kind::Count | Kind::Decimal => hundredths(value).map(|number| number / 100),
            Kind::Amount => whole(value).map(i64::abs),
            _ => None,
        };
        number.is_some_and(|number| number > self.most)
    }
}

fn synthetic() -> Text {
    Text::new(
        "Nummeret hører til en testperson. Bare en testinstallasjon tar imot slike.",
        "The number is a test person's. Only a test installation receives such.",
    )
}

/// A whole number with a sign, if any.
#[must_use]
pub fn whole(value: &str) -> Option<i64> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let is_number = (1..=14).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { value.parse().ok() } else { None }
}

/// A day written with four digits of the year first.
#[must_use]
pub fn day(value: &str) -> Option<chrono::NaiveDate> {
    let bytes = value.as_bytes();
    let is_written_so =
        bytes.len() == 10 && bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let (year, rest) = value.split_at_checked(4).filter(|_| is_written_so)?;
    let (month, day) = (rest.get(1..3)?, rest.get(4..6)?);
    layout::DateFormat::DdMmYyyy.parse(&format!("{day}{month}{year}"))
}
