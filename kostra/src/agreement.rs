//! How what municipalities deliver on form 11B agrees with the National Introduction Register, person by person.

use chrono::NaiveDate;

/// What one source says of a person's time in the introduction scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// The first day.
    pub start: Option<NaiveDate>,
    /// The last day, of those who have left.
    pub end: Option<NaiveDate>,
    /// The benefit of the year, in kroner.
    pub kroner: i64,
}

/// How the two agree about a person in a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Both have the person, and say the same.
    Alike,
    /// Both have the person; dates differ.
    Dates,
    /// Both have the person; benefits differ.
    Benefit,
    /// Both have the person; dates and benefits differ.
    DatesAndBenefit,
    /// The municipality alone has the person.
    DeliveredOnly,
    /// The register alone has the person.
    RegisteredOnly,
    /// The municipality has somebody without a number to compare by.
    NoNumber,
}

impl Agreement {
    /// The column of tables that shows it.
    pub const COLUMN: &'static str = "SAMSVAR";
    /// Every one, in the order of its codes.
    pub const ALL: [Self; 7] = [
        Self::Alike,
        Self::Dates,
        Self::Benefit,
        Self::DatesAndBenefit,
        Self::DeliveredOnly,
        Self::RegisteredOnly,
        Self::NoNumber,
    ];

    /// Compares what the two say; a person neither has agrees with nothing.
    #[must_use]
    pub fn of(delivered: Option<Spell>, registered: Option<Spell>) -> Option<Self> {
        Some(match (delivered, registered) {
            (Some(one), Some(other)) => {
                let dates = (one.start, one.end) != (other.start, other.end);
                match (dates, one.kroner != other.kroner) {
                    (false, false) => Self::Alike,
                    (true, false) => Self::Dates,
                    (false, true) => Self::Benefit,
                    (true, true) => Self::DatesAndBenefit,
                }
            }
            (Some(_), None) => Self::DeliveredOnly,
            (None, Some(_)) => Self::RegisteredOnly,
            (None, None) => return None,
        })
    }

    /// Its code in the column.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Alike => "1",
            Self::Dates => "2",
            Self::Benefit => "3",
            Self::DatesAndBenefit => "4",
            Self::DeliveredOnly => "5",
            Self::RegisteredOnly => "6",
            Self::NoNumber => "7",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sources_agree_differ_or_stand_alone() {
        let day = |month| NaiveDate::from_ymd_opt(2017, month, 1);
        let one = Spell { start: day(2), end: None, kroner: 100 };
        for (other, expected) in [
            (one, Agreement::Alike),
            (Spell { start: day(3), ..one }, Agreement::Dates),
            (Spell { end: day(3), ..one }, Agreement::Dates),
            (Spell { kroner: 99, ..one }, Agreement::Benefit),
            (Spell { start: None, kroner: 99, ..one }, Agreement::DatesAndBenefit),
        ] {
            assert_eq!(Agreement::of(Some(one), Some(other)), Some(expected));
        }
        assert_eq!(Agreement::of(Some(one), None), Some(Agreement::DeliveredOnly));
        assert_eq!(Agreement::of(None, Some(one)), Some(Agreement::RegisteredOnly));
        assert_eq!(Agreement::of(None, None), None);
        let codes = Agreement::ALL.map(Agreement::code);
        assert_eq!(codes, ["1", "2", "3", "4", "5", "6", "7"]);
    }
}
