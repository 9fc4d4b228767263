//! National identity numbers as the KOSTRA controls read them.
//!
//! It can make numbers for fictitious records (synthetic and stand-in ones) but has no way to make
//! an ordinary valid one: that might belong to a living person.

#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::{Text, layout::Code};

/// What kind of number a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum NumberKind {
    /// A national identity number (fødselsnummer).
    #[serde(rename = "FNR")]
    Fodselsnummer,
    /// A D-number, for people without a national identity number.
    #[serde(rename = "DNR")]
    DNummer,
    /// A made-up person of the population register's test data (month + 80).
    #[serde(rename = "SYN")]
    Synthetic,
    /// Birth date and a fixed ending, for people without a number. Many people share one.
    #[serde(rename = "ERS")]
    StandIn,
    /// A number in the immigration authorities' register.
    #[serde(rename = "DUF")]
    Duf,
    /// No number.
    #[serde(rename = "MANGLER")]
    Missing,
    /// Something that is none of the others.
    #[serde(rename = "UKJENT")]
    Unknown,
}

impl NumberKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Fodselsnummer,
        Self::DNummer,
        Self::Synthetic,
        Self::StandIn,
        Self::Duf,
        Self::Missing,
        Self::Unknown,
    ];

    /// Whether the number stands for one person only, so that records may be linked by it.
    #[must_use]
    pub const fn links(self) -> bool {
        matches!(self, Self::Fodselsnummer | Self::DNummer | Self::Synthetic | Self::Duf)
    }

    /// The code of the column `NUMMERTYPE`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fodselsnummer => "FNR",
            Self::DNummer => "DNR",
            Self::Synthetic => "SYN",
            Self::StandIn => "ERS",
            Self::Duf => "DUF",
            Self::Missing => "MANGLER",
            Self::Unknown => "UKJENT",
        }
    }

    /// The name of the kind.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Fodselsnummer => Text::new("Fødselsnummer", "National identity number"),
            Self::DNummer => Text::new("D-nummer", "D-number"),
            Self::Synthetic => Text::new("Syntetisk testnummer", "Synthetic test number"),
            Self::StandIn => {
                Text::new("Fødselsdato med erstatningskode", "Date of birth with a stand-in ending")
            }
            Self::Duf => Text::new("DUF-nummer", "DUF number"),
            Self::Missing => Text::new("Mangler nummer", "No number"),
            Self::Unknown => Text::new("Ukjent eller ugyldig nummer", "Unknown or invalid number"),
        }
    }

    /// The code list of the column `NUMMERTYPE`.
    #[must_use]
    pub fn codes() -> Vec<Code> {
        Self::ALL.map(|kind| Code { code: kind.code().to_owned(), label: kind.label() }).into()
    }
}

/// Sex, as the stand-in endings tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Code 1.
    Man,
    /// Code 2.
    Woman,
}

/// Tells the kind of a number.
///
/// An ending kept for stand-ins makes a stand-in whatever the check digits say, because joining
/// strangers is worse than failing to join one person. A number whose check digits are right but
/// whose date is not real belongs to nobody and is [`NumberKind::Unknown`].
#[must_use]
pub fn classify(number: &str) -> NumberKind {
    let number = number.trim_matches(' ');
    if number.is_empty() {
        return NumberKind::Missing;
    }
    let Some(digits) = digits::<11>(number) else {
        return if is_valid_duf(number) { NumberKind::Duf } else { NumberKind::Unknown };
    };
    if has_stand_in_ending(number) {
        let real = ordinary_month(&digits).is_some() && birth_day(&digits, 2000).is_some();
        return if real { NumberKind::StandIn } else { NumberKind::Unknown };
    }
    if !check_digits_fit(&digits) || birth_day(&digits, 2000).is_none() {
        return NumberKind::Unknown;
    }
    match (digits[0] > 3, digits[2] >= 8) {
        (_, true) => NumberKind::Synthetic,
        (true, false) => NumberKind::DNummer,
        (false, false) => NumberKind::Fodselsnummer,
    }
}

/// Whether it has 11 digits with both check digits right. The date is not looked at.
#[must_use]
pub fn is_strictly_valid(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| check_digits_fit(&digits))
}

/// Whether it is strictly valid, or a real date followed by 00100, 00200 or 99999.
#[must_use]
pub fn is_widely_valid(number: &str) -> bool {
    let Some(digits) = digits::<11>(number) else { return false };
    check_digits_fit(&digits)
        || (has_stand_in_ending(number)
            && ordinary_month(&digits).is_some()
            && birth_day(&digits, 2000).is_some())
}

/// Whether the last five characters are 00100 (man), 00200 (woman) or 99999 (unborn).
#[must_use]
pub fn has_stand_in_ending(number: &str) -> bool {
    ["00100", "00200", "99999"].iter().any(|ending| number.ends_with(ending))
}

/// Whether eleven digits name a month outside 01–12, which no living person's number does.
///
/// The population register's test persons have month + 80; other test data have month + 40 or 65.
#[must_use]
pub fn is_test_number(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| ordinary_month(&digits).is_none())
}

/// Whether it is 12 digits whose last two control the first ten.
#[must_use]
pub fn is_valid_duf(number: &str) -> bool {
    const WEIGHTS: [u32; 10] = [4, 6, 3, 2, 4, 6, 3, 2, 7, 5];
    digits::<12>(number).is_some_and(|digits| {
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        sum % 11 == digits[10] * 10 + digits[11]
    })
}

/// Reads the birth date of an 11-digit number; `None` if it holds no real date.
///
/// The check digits are not looked at. Ordinary numbers tell the century by digits 7–9. Stand-ins
/// are of the 2000s unless that is later than the end of the year after the reporting year, so a
/// stand-in for someone about 100 years old reads as a child: the number cannot tell.
#[must_use]
pub fn birth_date(number: &str, reporting_year: u16) -> Option<NaiveDate> {
    let digits = digits::<11>(number)?;
    let short = digits[4] * 10 + digits[5];
    if has_stand_in_ending(number) {
        let recent = birth_day(&digits, 2000);
        return match recent {
            Some(date) if date.year() <= i32::from(reporting_year) + 1 => Some(date),
            _ => birth_day(&digits, 1900),
        };
    }
    let individual = digits[6] * 100 + digits[7] * 10 + digits[8];
    birth_day(&digits, century(individual, short))
}

/// The first year of the century that an individual number and a two-digit year tell.
pub(crate) const fn century(individual: u32, short_year: u32) -> i32 {
    match (individual, short_year) {
        (500..=999, 0..=39) => 2000,
        (0..=499 | 900..=999, _) => 1900,
        (500..=749, 54..=99) => 1800,
        _ => 2000,
    }
}

/// The date of the first six digits in a century, D-numbers and synthetic ones read back.
fn birth_day(digits: &[u32; 11], century: i32) -> Option<NaiveDate> {
    let first = if digits[0] > 3 { digits[0] - 4 } else { digits[0] };
    let third = if digits[2] >= 8 { digits[2] - 8 } else { digits[2] };
    let year = century + i32::try_from(digits[4] * 10 + digits[5]).ok()?;
    NaiveDate::from_ymd_opt(year, third * 10 + digits[3], first * 10 + digits[1])
}

/// The month as written, if it is one.
fn ordinary_month(digits: &[u32; 11]) -> Option<u32> {
    let month = digits[2] * 10 + digits[3];
    (1..=12).contains(&month).then_some(month)
}

/// Both weighted sums are multiples of 11.
fn check_digits_fit(digits: &[u32; 11]) -> bool {
    const FIRST: [u32; 10] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
    const SECOND: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    weighted(digits, &FIRST).is_multiple_of(11) && weighted(digits, &SECOND).is_multiple_of(11)
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Exactly `N` ASCII digits as numbers.
fn digits<const N: usize>(text: &str) -> Option<[u32; N]> {
    let bytes: &[u8; N] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then(|| bytes.map(|byte| u32::from(byte - b'0')))
}

/// Makes the number of a fictitious person: month + 80 and right check digits, as in the
/// population register's test data.
///
/// `None` where the individual number has no check digits, is above 999, is kept for stand-ins, or
/// does not tell the century of the date.
#[must_use]
pub fn synthetic(birth: NaiveDate, individual: u16) -> Option<String> {
    let short = u32::try_from(birth.year().rem_euclid(100)).ok()?;
    let individual = u32::from(individual);
    if individual > 999 || century(individual, short) != birth.year() - birth.year().rem_euclid(100)
    {
        return None;
    }
    let month = birth.month() + 80;
    let head = format!("{:02}{month:02}{short:02}{individual:03}", birth.day());
    let nine = digits::<9>(&head)?;
    let first = check_digit(weighted(&nine, &[3, 7, 6, 1, 8, 9, 4, 5, 2]))?;
    let second = check_digit(weighted(&nine, &[5, 4, 3, 2, 7, 6, 5, 4, 3]) + 2 * first)?;
    let number = format!("{head}{first}{second}");
    (!has_stand_in_ending(&number)).then_some(number)
}

/// The digit that makes a weighted sum a multiple of 11; there is none for a remainder of 1.
const fn check_digit(sum: u32) -> Option<u32> {
    match sum % 11 {
        0 => Some(0),
        1 => None,
        remainder => Some(11 - remainder),
    }
}

/// The stand-in for a person without a number: birth date and 00100 or 00200.
#[must_use]
pub fn stand_in(birth: NaiveDate, sex: Sex) -> String {
    let ending = match sex {
        Sex::Man => "00100",
        Sex::Woman => "00200",
    };
    format!("{}{ending}", birth.format("%d%m%y"))
}
