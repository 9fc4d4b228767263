//! How what municipalities deliver on form 11B agrees with the National Introduction Register, person by person.

use crate::Form;
use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

/// What two sources say of a person that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variable {
    /// The first day and the last.
    Dates,
    /// The benefit of the year.
    Benefit,
}

impl Variable {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dates, Self::Benefit];

    /// The fields of a register that it is read from, as a legal basis names them; none of a form that is not compared.
    #[must_use]
    pub const fn fields(self, form: Form) -> &'static [&'static str] {
        match (self, form) {
            (Self::Dates, Form::F11B) => &["felt_10", "felt_14"],
            (Self::Benefit, Form::F11B) => &["felt_16_1"],
            (Self::Dates, Form::Nir) => &["STARTDATO", "SLUTTDATO"],
            (Self::Benefit, Form::Nir) => &["STONAD"],
            _ => &[],
        }
    }
}

/// What one source says of a person's time in the introduction scheme.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Spell {
    /// The first day.
    pub start: Option<NaiveDate>,
    /// The last day, of those who have left.
    pub end: Option<NaiveDate>,
    /// The benefit of the year, in kroner.
    pub kroner: i64,
}

impl Spell {
    /// Two records of one person in one place: from the first day to the last, and all the benefit. Who has not left by one
    /// of them has not left.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        Self {
            start: match (self.start, next.start) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            end: self.end.zip(next.end).map(|(one, other)| one.max(other)),
            kroner: self.kroner.saturating_add(next.kroner),
        }
    }

    /// What it says of a variable, the same bytes if and only if it says the same. No date is a saying of its own.
    #[must_use]
    pub fn says(self, of: Variable) -> [u8; 10] {
        let mut said = [0; 10];
        let mut say = |at: usize, bytes: &[u8]| {
            let place = said.iter_mut().skip(at);
            place.zip(bytes).for_each(|(to, from)| *to = *from);
        };
        match of {
            Variable::Dates => {
                for (at, date) in [(0, self.start), (5, self.end)] {
                    if let Some(date) = date {
                        say(at, &[1]);
                        say(at + 1, &date.num_days_from_ce().to_be_bytes());
                    }
                }
            }
            Variable::Benefit => say(0, &self.kroner.to_be_bytes()),
        }
        said
    }

    /// What is left of it where these variables alone are compared.
    #[must_use]
    pub fn only(self, variables: &std::collections::BTreeSet<Variable>) -> Self {
        let none = Self::default();
        let dates = if variables.contains(&Variable::Dates) { self } else { none };
        let benefit = if variables.contains(&Variable::Benefit) { self } else { none };
        Self { start: dates.start, end: dates.end, kroner: benefit.kroner }
    }
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
    fn records_of_one_person_are_one_time_and_all_the_benefit() {
        let day = |month| NaiveDate::from_ymd_opt(2017, month, 1);
        let one = Spell { start: day(3), end: day(5), kroner: 100 };
        let both = one.and(Spell { start: day(2), end: day(4), kroner: 50 });
        assert!(both == Spell { start: day(2), end: day(5), kroner: 150 });
        assert!(one.and(Spell { start: None, end: None, kroner: 0 }) == Spell { end: None, ..one });
        let dates = one.only(&[Variable::Dates].into());
        assert!(dates == Spell { kroner: 0, ..one } && one.only(&[].into()) == Spell::default());
    }

    #[test]
    fn every_variable_is_named_by_fields_that_both_registers_have() {
        for variable in Variable::ALL {
            let layout = crate::Layout::of(Form::F11B, 2017).unwrap();
            assert!(variable.fields(Form::F11B).iter().all(|name| layout.field(name).is_some()));
            assert!(
                !variable.fields(Form::Nir).is_empty() && variable.fields(Form::F11).is_empty()
            );
        }
    }

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
        for (other, is_same) in [
            (one, [true, true]),
            (Spell { end: day(3), ..one }, [false, true]),
            (Spell { start: None, end: one.start, ..one }, [false, true]),
            (Spell { kroner: -100, ..one }, [true, false]),
        ] {
            let said = Variable::ALL.map(|of| one.says(of) == other.says(of));
            assert_eq!(said, is_same);
        }
        let codes = Agreement::ALL.map(Agreement::code);
        assert_eq!(codes, ["1", "2", "3", "4", "5", "6", "7"]);
    }
}
