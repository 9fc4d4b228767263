//! One record of form 11C: the qualification programme.

mod item;

pub(super) use item::Item;

use super::{
    amounts,
    date::Date,
    draw::{Draw, Use},
    places::Code,
    pool::{Part, Record, Role},
};

/// Twice the basic amount of the National Insurance Scheme in 2023, a month.
const MONTHLY: u32 = 19_770;

/// Child supplement a month.
const CHILD: u32 = 585;

/// Codes of `STATUS`.
const STILL: u32 = 1;
const ON_LEAVE: u32 = 2;
const COMPLETED: u32 = 3;
const ENDED_BY_ABSENCE: u32 = 4;
const MOVED_AWAY: u32 = 5;
const MOVED_IN_OSLO: u32 = 6;
const ENDED_AFTER_BREAK: u32 = 7;

/// The contents of one record.
pub(super) struct Case {
    record: Record,
    journal: u32,
    applied: Date,
    decided: Date,
    began: Date,
    /// The municipality of an earlier programme.
    from: Option<Code>,
    /// Code of `YTELSE_TYPE_SOSHJ`; 0 without social assistance before.
    earlier_assistance: u32,
    had_introduction: bool,
    had_measure: bool,
    had_insurance: bool,
    /// Codes of the support beside the programme.
    beside: [u32; 3],
    months: [bool; 12],
    amount: u32,
    status: u32,
    ended: Option<Date>,
    /// Code of the situation afterwards; 0 for none.
    afterwards: u32,
}

impl Case {
    /// Draws the record that has a running number in its municipality.
    pub(super) fn draw(record: &Record, journal: u32) -> Self {
        let person = &record.person;
        let mut history = Draw::new(record.seed, Use::Programme, person.key, 0);
        let began = Date::new(person.cohort, history.between(1, 12), history.between(1, 28));
        let decided = began.before(u64::from(history.between(5, 30)));
        let applied = decided.before(u64::from(history.between(20, 90)));
        let earlier_assistance =
            if history.chance(700) { history.pick(&[(2, 65), (3, 35)]) } else { 0 };
        let had_introduction = history.chance(120);
        let had_measure = history.chance(80);
        let had_insurance = history.chance(120);
        let stream = u64::from(record.year) * 2 + u64::from(record.is_second());
        let mut draw = Draw::new(record.seed, Use::Programme, person.key, stream);
        let status = status(&mut draw, record);
        let ended = (status >= COMPLETED).then(|| end(&mut draw, record, began));
        let months = months(&mut draw, record, began, ended);
        Self {
            record: *record,
            journal,
            applied,
            decided,
            began,
            from: match record.part {
                Part::After(from) => Some(from),
                Part::Whole | Part::Before => None,
            },
            earlier_assistance,
            had_introduction,
            had_measure,
            had_insurance,
            beside: beside(&mut draw, person.role),
            months,
            amount: amount(&mut draw, record, months),
            status,
            ended,
            afterwards: afterwards(&mut draw, status),
        }
    }
}

/// The state of the programme at the end of the year, or when the person left.
fn status(draw: &mut Draw, record: &Record) -> u32 {
    if record.part == Part::Before {
        return MOVED_AWAY;
    }
    if !record.leaves_programme() {
        return draw.pick(&[(STILL, 93), (ON_LEAVE, 7)]);
    }
    let status = draw.pick(&[
        (STILL, 405),
        (COMPLETED, 427),
        (ENDED_BY_ABSENCE, 68),
        (MOVED_AWAY, 30),
        (MOVED_IN_OSLO, 13),
        (ENDED_AFTER_BREAK, 57),
    ]);
    let elsewhere = status == MOVED_IN_OSLO && !record.code.is_oslo();
    if elsewhere { ENDED_BY_ABSENCE } else { status }
}

/// A day of the reporting year, not before the programme began.
fn end(draw: &mut Draw, record: &Record, began: Date) -> Date {
    let (first, day) =
        if began.year == record.year { (u32::from(began.month), began.day) } else { (1, 1) };
    let last = if record.part == Part::Before { first.max(6) } else { 12 };
    let month = draw.between(first, last);
    let from = if month == first { u32::from(day) } else { 1 };
    Date::new(record.year, month, draw.between(from, 28))
}

/// The months from the start, or the move, to the end.
fn months(draw: &mut Draw, record: &Record, began: Date, ended: Option<Date>) -> [bool; 12] {
    let begins = if began.year == record.year { u32::from(began.month) } else { 1 };
    let arrives = if record.is_second() { 7 } else { 1 };
    let last = ended.map_or(12, |ended| u32::from(ended.month));
    let first = begins.max(arrives).min(last);
    amounts::months(draw, last - first + 1, (first, last))
}

/// Kroner in the year; a person under 25 gets two thirds.
fn amount(draw: &mut Draw, record: &Record, months: [bool; 12]) -> u32 {
    let age = record.person.age(record.year);
    let benefit = if age < 25 { MONTHLY * 2 / 3 } else { MONTHLY };
    let a_month = benefit + CHILD * record.person.children;
    months.into_iter().filter(|ticked| *ticked).fold(0, |sum, _| {
        let attended = if draw.chance(250) { draw.between(60, 95) } else { 100 };
        sum + a_month * attended / 100
    })
}

/// Support beside the programme: those in both files have social assistance, others at most help
/// with housing.
fn beside(draw: &mut Draw, role: Role) -> [u32; 3] {
    let housing = |draw: &mut Draw| draw.pick(&[(4, 30), (5, 70)]);
    if role == Role::Both {
        let assistance = draw.pick(&[(9, 45), (8, 20), (7, 35)]);
        let second = if draw.chance(250) { 9 } else { 0 };
        let third = if draw.chance(300) { housing(draw) } else { 0 };
        return [assistance, second, third];
    }
    [if draw.chance(250) { housing(draw) } else { 0 }, 0, 0]
}

/// The situation after a programme that has ended.
fn afterwards(draw: &mut Draw, status: u32) -> u32 {
    draw.pick(match status {
        COMPLETED => &[
            (1, 30),
            (11, 8),
            (3, 10),
            (4, 12),
            (13, 6),
            (14, 12),
            (15, 8),
            (16, 8),
            (10, 4),
            (17, 2),
        ],
        ENDED_AFTER_BREAK => &[(1, 10), (3, 6), (4, 6), (14, 20), (15, 14), (16, 30), (17, 14)],
        _ => &[(0, 1)],
    })
}
