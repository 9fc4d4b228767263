//! The indicators of a month as counts of leaf codes, so that they can be protected like any other table.
//!
//! A month tells how many recipients there were and how many of them had children, lived mainly off it, and were under 30,
//! but not how these overlap. Tables show each of the three by itself, so any crossing with these sums will do to protect
//! them: what can be computed follows from the sums alone. The one made here puts who has something first.

use crate::sheet::{Record, whole};

/// The column of months.
pub const MONTH: &str = "MAANED";
/// The column of who is counted.
pub const GROUP: &str = "GRUPPE";
/// The code of participants in the qualification programme, who are counted beside the recipients.
pub const PROGRAMME: &str = "kvp";

/// What is told of recipients, in the order of the letters of their codes.
const TRAITS: [&str; 3] = ["MED_BARN", "HOVEDKILDE", "UNDER_30"];

/// The codes of months.
pub const MONTHS: [&str; 12] =
    ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"];

/// The codes of groups: recipients by which of the three are true of them, `jnj` for the first and the third; and
/// participants.
pub const GROUPS: [&str; 9] = ["nnn", "nnj", "njn", "njj", "jnn", "jnj", "jjn", "jjj", PROGRAMME];

/// The months that wait for the year: whoever has all twelve has what the year adds up. Two of them, so that what is left
/// open is more than the tenth within which nobody may tell what another received.
pub const WAITING: [&str; 2] = ["11", "12"];

/// The code of a month.
#[must_use]
pub fn code(month: u8) -> Option<&'static str> {
    MONTHS.get(usize::from(month.checked_sub(1)?)).copied()
}

/// One municipality's month, in Oslo one bydel's.
#[derive(Clone, PartialEq, Eq)]
pub struct Month {
    /// How many are in each group that anybody is in.
    pub groups: Vec<(&'static str, u64)>,
    /// What was paid, in kroner.
    pub kroner: u64,
}

impl Month {
    /// Reads a record that its controls let pass.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        let number = |name: &str| u64::try_from(whole(record.get(name)?.trim())?).ok();
        let recipients = number("MOTTAKERE")?;
        let mut having = [0; 3];
        for (count, name) in having.iter_mut().zip(TRAITS) {
            *count = number(name)?;
        }
        if having.iter().any(|count| *count > recipients) {
            return None;
        }
        let mut groups = Vec::new();
        // The first so many have the trait: within two neighbouring ends everybody is alike.
        let mut ends: Vec<u64> = having.into_iter().chain([recipients]).collect();
        ends.sort_unstable();
        let mut from = 0;
        for end in ends {
            if end > from {
                let letters = having.map(|count| from < count);
                groups.push((group(letters), end - from));
                from = end;
            }
        }
        let participants = number("KVP_DELTAKERE")?;
        if participants > 0 {
            groups.push((PROGRAMME, participants));
        }
        Some(Self { groups, kroner: number("KRONER")? })
    }
}

const fn group(letters: [bool; 3]) -> &'static str {
    match letters {
        [false, false, false] => "nnn",
        [false, false, true] => "nnj",
        [false, true, false] => "njn",
        [false, true, true] => "njj",
        [true, false, false] => "jnn",
        [true, false, true] => "jnj",
        [true, true, false] => "jjn",
        [true, true, true] => "jjj",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(all: u64, having: [u64; 3], participants: u64) -> Record {
        let numbers = [all, having[0], having[1], having[2], 9_000, participants];
        let names = ["MOTTAKERE", "MED_BARN", "HOVEDKILDE", "UNDER_30", "KRONER", "KVP_DELTAKERE"];
        let pairs = names.iter().zip(numbers);
        pairs.map(|(name, number)| ((*name).to_owned(), number.to_string())).collect()
    }

    #[test]
    fn what_cannot_be_is_no_month() {
        assert!(Month::of(&record(5, [6, 0, 0], 0)).is_none());
        assert!(Month::of(&Record::new()).is_none());
        assert_eq!(Month::of(&record(0, [0; 3], 0)).unwrap().groups, []);
        assert_eq!((code(0), code(1), code(12), code(13)), (None, Some("01"), Some("12"), None));
    }

    proptest! {
        #[test]
        fn the_groups_add_up_to_what_was_told(
            all in 0_u64..200, parts in prop::array::uniform3(0_u64..=100), participants in 0_u64..9
        ) {
            let having = parts.map(|part| all * part / 100);
            let month = Month::of(&record(all, having, participants)).unwrap();
            let sum = |is_in: &dyn Fn(&[u8]) -> bool| -> u64 {
                let of = month.groups.iter().filter(|(code, _)| is_in(code.as_bytes()));
                of.map(|(_, count)| count).sum()
            };
            prop_assert_eq!(sum(&|code| code != b"kvp"), all);
            for (at, count) in having.into_iter().enumerate() {
                prop_assert_eq!(sum(&|code| code[at] == b'j'), count);
            }
            prop_assert_eq!(sum(&|code| code == b"kvp"), participants);
            prop_assert!(month.groups.iter().all(|(code, _)| GROUPS.contains(code)));
        }
    }
}
