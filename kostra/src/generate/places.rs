//! Where people live, and what the place is called in the division of a year.
//!
//! A home is a leaf of the division of 2024, the division the population is counted in. In earlier
//! years it goes by the code it had then.

use super::draw::{Draw, Use};
use crate::regions::OSLO;
use std::collections::HashMap;

const ADULTS: &str = include_str!("../../data/klass/adults_2024.csv");
const RECODED: &str = include_str!("../../data/klass/recoded_2024.csv");

/// The first year of the division homes are drawn in.
const DIVISION: u16 = 2024;

/// A place by its position in the list of places.
pub(super) type Place = u16;

/// Every place with its weight and the codes of one year.
pub(super) struct Places {
    codes: Vec<Code>,
    /// The sum of the weights up to and including each place.
    reach: Vec<u64>,
}

/// The code of a place in the division of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    /// The four digits of the municipality.
    pub kommune: [u8; 4],
    /// The two digits of the bydel in Oslo.
    pub bydel: Option<[u8; 2]>,
}

impl Places {
    /// The places by the codes of a year. `None` before 2020, when the division was another.
    pub(super) fn of(seed: u64, year: u16) -> Option<Self> {
        if year < 2020 {
            return None;
        }
        let recoded = if year < DIVISION { pairs(RECODED)? } else { Vec::new() };
        let recoded: HashMap<_, _> = recoded.into_iter().collect();
        let mut places = Self { codes: Vec::new(), reach: Vec::new() };
        let mut reach = 0;
        for (at, (region, adults)) in pairs(ADULTS)?.into_iter().enumerate() {
            let mut draw = Draw::new(seed, Use::Places, u64::try_from(at).ok()?, 0);
            reach += adults.parse::<u64>().ok()? * u64::from(draw.skewed_percent(40));
            places.codes.push(Code::parse(recoded.get(region).copied().unwrap_or(region))?);
            places.reach.push(reach);
        }
        Some(places)
    }

    /// A place drawn by weight.
    pub(super) fn draw(&self, draw: &mut Draw) -> Place {
        let at = draw.below_wide(self.reach.last().copied().unwrap_or_default());
        Place::try_from(self.reach.partition_point(|reach| *reach <= at)).unwrap_or_default()
    }

    /// The code of a place in the year.
    pub(super) fn code(&self, place: Place) -> Code {
        const NOWHERE: Code = Code { kommune: *b"9999", bydel: None };
        self.codes.get(usize::from(place)).copied().unwrap_or(NOWHERE)
    }
}

impl Code {
    fn parse(region: &str) -> Option<Self> {
        let (kommune, bydel) = region.split_at_checked(4)?;
        let kommune = kommune.as_bytes().try_into().ok()?;
        Some(Self { kommune, bydel: bydel.as_bytes().try_into().ok() })
    }

    /// Whether it is a bydel of Oslo.
    pub(super) fn is_oslo(self) -> bool {
        self.kommune == OSLO.as_bytes()
    }
}

/// The rows of a file of two columns, without the heading.
fn pairs(source: &str) -> Option<Vec<(&str, &str)>> {
    source.lines().skip(1).map(|line| line.split_once(',')).collect()
}
