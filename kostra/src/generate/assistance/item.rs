//! Which field of form 11 holds what.

use super::{CLIENTS, Case};
use crate::generate::line::Cell;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) enum Item {
    Kommune,
    Year,
    Bydel,
    BirthDate,
    Journal,
    Number,
    Duf,
    Sex,
    MaritalStatus,
    HasChildren,
    Children,
    Source,
    Benefit,
    Work,
    /// A month's tick, counted from 0.
    Month(usize),
    Grants,
    Loans,
    Grant(usize),
    Loan(usize),
    Advice,
    Plan,
    Worker,
    Housing,
    HasConditions,
    PartnerHasConditions,
    PaidFrom,
    PaidTo,
    /// A condition by its code.
    Condition(u32),
    ExemptionDate,
    /// A reason by its code.
    Exemption(u32),
    Sanction(u32),
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MARS", "APRIL", "MAI", "JUNI", "JULI", "AUG", "SEPT", "OKT", "NOV", "DES"];

const CONDITIONS: [(&str, u32); 12] = [
    ("VILKARARBEID", 16),
    ("VILKARKURS", 17),
    ("VILKARUTD", 4),
    ("VILKARJOBBLOG", 6),
    ("VILKARJOBBTILB", 7),
    ("VILKARSAMT", 8),
    ("VILKAROKRETT", 10),
    ("VILKARLIVSH", 18),
    ("VILKARHELSE", 14),
    ("VILKARANNET", 15),
    ("VILKARDIGPLAN", 19),
    ("VILKARNORSKSAMISKOPPL", 20),
];

impl Item {
    /// What the field of a name holds; `None` for a field left blank.
    pub(in crate::generate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "KOMMUNE_NR" => Self::Kommune,
            "VERSION" => Self::Year,
            "BYDELSNR" => Self::Bydel,
            "FODSELSDATO" => Self::BirthDate,
            "PERSON_JOURNALNR" => Self::Journal,
            "PERSON_FODSELSNR" => Self::Number,
            "PERSON_DUF" => Self::Duf,
            "KJONN" => Self::Sex,
            "EKTSTAT" => Self::MaritalStatus,
            "BU18" => Self::HasChildren,
            "ANTBU18" => Self::Children,
            "VKLO" => Self::Source,
            "TRYGDESIT" => Self::Benefit,
            "ARBSIT" => Self::Work,
            "BIDRAG" => Self::Grants,
            "LAAN" => Self::Loans,
            "GITT_OKONOMIRAD" => Self::Advice,
            "FAAT_INDIVIDUELL_PLAN" => Self::Plan,
            "SAKSBEHANDLER" => Self::Worker,
            "BOSIT" => Self::Housing,
            "VILKARSOSLOV" => Self::HasConditions,
            "VILKARSAMEKT" => Self::PartnerHasConditions,
            "UTBETDATO" => Self::PaidFrom,
            "UTBETTOMDATO" => Self::PaidTo,
            "VEDTAKDATO" => Self::ExemptionDate,
            "VEDTAKARB" => Self::Exemption(1),
            "VEDTAKAKT" => Self::Exemption(2),
            "VEDTAKHELSE" => Self::Exemption(3),
            "VEDTAKGRUNN" => Self::Exemption(4),
            "SANKSJONRED" => Self::Sanction(1),
            "SANKSJONANDRE" => Self::Sanction(2),
            _ => return Self::numbered(name),
        })
    }

    /// The fields there are several of.
    fn numbered(name: &str) -> Option<Self> {
        if let Some((_, code)) = CONDITIONS.iter().find(|(condition, _)| *condition == name) {
            return Some(Self::Condition(*code));
        }
        let (kind, month) = name.split_once('_')?;
        let named = || MONTHS.iter().position(|known| *known == month);
        match kind {
            "STMND" => Some(Self::Month(month.parse::<usize>().ok()?.checked_sub(1)?)),
            "BIDRAG" => named().map(Self::Grant),
            "LAAN" => named().map(Self::Loan),
            _ => None,
        }
    }

    /// Writes the value of a record.
    pub(in crate::generate) fn write(self, case: &Case, cell: Cell<'_>) {
        let person = &case.record.person;
        match self {
            Self::Kommune => cell.text(&case.record.kommune),
            Self::Year => cell.number(u32::from(case.record.year % 100)),
            Self::Bydel => cell.text(&case.record.code.bydel.unwrap_or(*b"  ")),
            Self::BirthDate => cell.date(Some(person.birth)),
            Self::Journal => cell.number(case.journal),
            Self::Number => cell.text(&person.number),
            Self::Duf => cell.text(&person.duf.unwrap_or([b' '; 12])),
            Self::Sex => cell.number(1 + u32::from(person.is_woman)),
            Self::MaritalStatus => cell.number(person.marital_status),
            Self::HasChildren => cell.yes_no(person.children > 0),
            Self::Children => cell.number(person.children),
            Self::Source => cell.number(case.source),
            Self::Benefit => cell.number(case.benefit),
            Self::Work => cell.number(case.work),
            Self::Housing => cell.number(case.housing),
            Self::Worker => cell.text(&worker(case.record.kommune, case.journal)),
            Self::Advice => cell.yes_no(case.has_advice),
            Self::Plan => cell.yes_no(case.has_plan),
            _ => self.write_decision(case, cell),
        }
    }

    /// Months, amounts and conditions.
    fn write_decision(self, case: &Case, cell: Cell<'_>) {
        let is_ticked = |month: usize| case.months.get(month).copied().unwrap_or_default();
        let of =
            |monthly: &[u32; 12], month: usize| monthly.get(month).copied().unwrap_or_default();
        let exemption = case.exemption;
        match self {
            Self::Month(month) => {
                cell.tick(u32::try_from(month).unwrap_or_default() + 1, is_ticked(month));
            }
            Self::Grants => cell.number(case.grants.iter().sum()),
            Self::Loans => cell.number(case.loans.iter().sum()),
            Self::Grant(month) => cell.tick(of(&case.grants, month), is_ticked(month)),
            Self::Loan(month) => cell.tick(of(&case.loans, month), of(&case.loans, month) > 0),
            Self::HasConditions => cell.yes_no(case.conditions != [0; 3]),
            Self::PartnerHasConditions => cell.yes_no(case.partner_has_conditions),
            Self::PaidFrom => cell.date(Some(case.paid_from)),
            Self::PaidTo => cell.date(Some(case.paid_to)),
            Self::Condition(code) => cell.tick(code, case.conditions.contains(&code)),
            Self::ExemptionDate => cell.date(exemption.map(|(_, date)| date)),
            Self::Exemption(code) => {
                cell.tick(code, exemption.is_some_and(|(reason, _)| reason == code));
            }
            Self::Sanction(code) => cell.tick(code, case.sanction == code),
            _ => {}
        }
    }
}

/// The number of the case worker: the municipality's and a running one.
pub(in crate::generate) fn worker(kommune: [u8; 4], journal: u32) -> [u8; 8] {
    let mut worker = [b'0'; 8];
    let mut rest = journal / CLIENTS + 1;
    for digit in worker.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    for (digit, known) in worker.iter_mut().zip(kommune) {
        *digit = known;
    }
    worker
}
