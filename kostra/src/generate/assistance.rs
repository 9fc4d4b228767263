//! One record of form 11: social assistance.

mod draws;
mod item;

pub(super) use item::{Item, worker};

use super::{
    amounts::{self, Monthly},
    date::Date,
    draw::{Draw, Use},
    pool::{Part, Record, Role},
};

/// Clients of one case worker.
const CLIENTS: u32 = 40;

/// The contents of one record.
pub(super) struct Case {
    record: Record,
    journal: u32,
    /// Code of `VKLO`.
    source: u32,
    /// Code of `TRYGDESIT`.
    benefit: u32,
    /// Code of `ARBSIT`.
    work: u32,
    /// Code of `BOSIT`.
    housing: u32,
    months: [bool; 12],
    grants: Monthly,
    loans: Monthly,
    has_advice: bool,
    has_plan: bool,
    paid_from: Date,
    paid_to: Date,
    /// Codes of the conditions set for the recipient; none without conditions.
    conditions: [u32; 3],
    partner_has_conditions: bool,
    /// Why someone under 30 is let off conditions, and when it was decided.
    exemption: Option<(u32, Date)>,
    /// 0 for none.
    sanction: u32,
}

impl Case {
    /// Draws the record that has a running number in its municipality.
    pub(super) fn draw(record: &Record, journal: u32) -> Self {
        let person = &record.person;
        let age = person.age(record.year);
        let part = u64::from(record.is_second());
        let stream = u64::from(record.year) * 2 + part;
        let mut draw = Draw::new(record.seed, Use::Assistance, person.key, stream);
        let takes_part = person.role == Role::Both && person.role.takes_part(record.years());
        let source = draws::source(&mut draw, age, takes_part, person.has_partner());
        let benefit = draws::benefit(&mut draw, source, age, person.children, record.year);
        let work = draws::work(&mut draw, source, benefit);
        let months = draws::months(&mut draw, source, span(record.part));
        let level = draws::level(source, person.children);
        let (grants, loans) = amounts::support(&mut draw, months, level);
        let (paid_from, paid_to) = draws::payment(&mut draw, record.year, months);
        let is_young = age < 30;
        let conditions = draws::conditions(&mut draw, is_young, record.year);
        let has_conditions = conditions != [0; 3];
        let exempt = is_young && !has_conditions && draw.chance(150);
        Self {
            record: *record,
            journal,
            source,
            benefit,
            work,
            housing: draw.pick(&[(1, 620), (2, 170), (3, 100), (4, 30), (5, 60), (6, 20)]),
            months,
            grants,
            loans,
            has_advice: draw.chance(120),
            has_plan: draw.chance(30),
            paid_from,
            paid_to,
            conditions,
            partner_has_conditions: person.has_partner() && draw.chance(200),
            exemption: exempt.then(|| (draw.between(1, 4), paid_from)),
            sanction: if has_conditions { draw.pick(&[(0, 94), (1, 5), (2, 1)]) } else { 0 },
        }
    }
}

/// The months a record can have: the year, or the part of it before or after a move.
fn span(part: Part) -> (u32, u32) {
    match part {
        Part::Whole => (1, 12),
        Part::Before => (1, 6),
        Part::After(_) => (7, 12),
    }
}
