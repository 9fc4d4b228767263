//! Who is found in a year, and where.

use super::{
    draw::{Draw, Use},
    person::{Numbers, Person},
    places::{Code, Place, Places},
};

/// Cohorts that can still have somebody in a year.
const COHORTS: u16 = 10;

/// Years a person can be in the qualification programme.
const PROGRAMME_YEARS: u16 = 3;

/// The programme's own people, as a share of the recipients of social assistance.
const PROGRAMME_ONLY: (u64, u64) = (1_795, 130_000);

/// Out of ten thousand persons of the pool: those who are in the programme alone, and those who are
/// in it or below, receiving social assistance as well.
const ROLES: (u64, u64) = (136, 454);

/// Which files a person is found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Social assistance alone.
    Assistance,
    /// Both.
    Both,
    /// The programme alone.
    Programme,
}

/// The people of one year.
pub(super) struct Pool {
    seed: u64,
    year: u16,
    /// Persons who first appear in any one year.
    cohort: u64,
}

/// Which of a person's records of a year it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The only one.
    Whole,
    /// The one before the person moved.
    Before,
    /// The one after the person moved, and where from.
    After(Code),
}

/// One record to be: a person, a year and a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub seed: u64,
    pub year: u16,
    pub kommune: [u8; 4],
    pub code: Code,
    pub part: Part,
    pub person: Person,
    /// Whether the person is found again the next year.
    pub stays: bool,
}

impl Role {
    /// Whether someone who first appeared so many years ago receives social assistance.
    pub(super) fn receives_assistance(self, _years: u16) -> bool {
        self != Self::Programme
    }

    /// Whether someone who first appeared so many years ago is in the programme.
    pub(super) fn takes_part(self, years: u16) -> bool {
        self != Self::Assistance && years < PROGRAMME_YEARS
    }

    fn of(index: u64) -> Self {
        // The factor shares no divisor with ten thousand, so roles are spread evenly over indices.
        match index * 6_133 % 10_000 {
            place if place < ROLES.0 => Self::Programme,
            place if place < ROLES.1 => Self::Both,
            _ => Self::Assistance,
        }
    }
}

impl Record {
    /// Whether the person has an earlier record in the year.
    pub(super) fn is_second(&self) -> bool {
        matches!(self.part, Part::After(_))
    }

    /// Years since the person first appeared.
    pub(super) fn years(&self) -> u16 {
        self.year - self.person.cohort
    }

    /// Whether the programme ends for the person in this year, or soon after.
    pub(super) fn leaves_programme(&self) -> bool {
        !self.stays || self.years() + 1 >= PROGRAMME_YEARS
    }
}

impl Pool {
    /// The people of a year for a file of `persons` persons that has `full` at full size.
    pub(super) fn new(seed: u64, year: u16, persons: Option<u64>, full: u64) -> Self {
        let recipients = super::RECIPIENTS * persons.unwrap_or(full) / full;
        let people = recipients + recipients * PROGRAMME_ONLY.0 / PROGRAMME_ONLY.1;
        // With 55 % staying, ten cohorts hold 1 / 0.45114 of one.
        Self { seed, year, cohort: (people * 45_114).div_ceil(100_000) }
    }

    /// A cohort's persons still found after so many years: those of the lowest indices.
    fn remaining(&self, years: u16) -> u64 {
        (0..years).fold(self.cohort, |left, _| left * 55 / 100)
    }

    /// The records of those who are in the file, municipality by municipality.
    pub(super) fn records(
        &self,
        places: &Places,
        is_in: impl Fn(Role, u16) -> bool,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        for years in (0..COHORTS).rev() {
            let cohort = self.year - years;
            let (remaining, next) = (self.remaining(years), self.remaining(years + 1));
            let mut numbers = Numbers::default();
            for index in 0..remaining {
                let role = Role::of(index);
                let person = Person::draw(self.seed, cohort, index, role, &mut numbers);
                if is_in(role, years) {
                    self.settle(person, index < next, places, &mut records);
                }
            }
        }
        records.sort_by_key(|record| (record.kommune, record.code.bydel));
        records
    }

    /// Adds the person's record, or two where the person moved between municipalities.
    fn settle(&self, person: Person, stays: bool, places: &Places, records: &mut Vec<Record>) {
        let (home, next) = self.homes(&person, places);
        let home = places.code(home);
        let next = next.map(|place| places.code(place));
        let record = |code: Code, part| Record {
            seed: self.seed,
            year: self.year,
            kommune: code.kommune,
            code,
            part,
            person,
            stays,
        };
        match next.filter(|next| next.kommune != home.kommune) {
            Some(next) => {
                records.push(record(home, Part::Before));
                records.push(record(next, Part::After(home)));
            }
            None => records.push(record(home, Part::Whole)),
        }
    }

    /// Where the person lives in the year and, for a few, where the person moves during it.
    fn homes(&self, person: &Person, places: &Places) -> (Place, Option<Place>) {
        let mut home = places.draw(&mut Draw::new(self.seed, Use::Home, person.key, 0));
        for year in person.cohort..self.year {
            home = self.moved(person, year, places).unwrap_or(home);
        }
        (home, self.moved(person, self.year, places))
    }

    /// Where the person moves in a year, if at all.
    fn moved(&self, person: &Person, year: u16, places: &Places) -> Option<Place> {
        let mut draw = Draw::new(self.seed, Use::Home, person.key, year.into());
        draw.chance(9).then(|| places.draw(&mut draw))
    }
}
