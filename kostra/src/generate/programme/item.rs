//! Which field of form 11C holds what.

use super::Case;
use crate::generate::{assistance, line::Cell};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) enum Item {
    Kommune,
    Year,
    Bydel,
    BirthDate,
    Journal,
    Number,
    Sex,
    MaritalStatus,
    HasChildren,
    Children,
    Applied,
    Decided,
    Began,
    IsFromElsewhere,
    From,
    EarlierAssistance,
    EarlierAssistanceKind,
    Introduction,
    Measure,
    Insurance,
    HasSupportBeside,
    /// Support beside the programme by its code.
    Beside(u32),
    /// A month's tick, counted from 0.
    Month(usize),
    Amount,
    Status,
    Ended,
    /// A situation afterwards by its code.
    Afterwards(u32),
    IncomeAfterwards,
    Worker,
}

const CODED: [(&str, Item); 15] = [
    ("KVP_MED_KOMMBOS", Item::Beside(4)),
    ("KVP_MED_HUSBANKBOS", Item::Beside(5)),
    ("KVP_MED_SOSHJ_ENGANG", Item::Beside(9)),
    ("KVP_MED_SOSHJ_PGM", Item::Beside(8)),
    ("KVP_MED_SOSHJ_SUP", Item::Beside(7)),
    ("AVSL_ORDINAERTARB", Item::Afterwards(1)),
    ("AVSL_ARBLONNSTILS", Item::Afterwards(11)),
    ("AVSL_ARBMARK", Item::Afterwards(3)),
    ("AVSL_SKOLE", Item::Afterwards(4)),
    ("AVSL_UFORE", Item::Afterwards(13)),
    ("AVSL_AAP", Item::Afterwards(14)),
    ("AVSL_OK_AVKLAR", Item::Afterwards(15)),
    ("AVSL_UTEN_OK_AVKLAR", Item::Afterwards(16)),
    ("AVSL_ANNET", Item::Afterwards(10)),
    ("AVSL_UKJENT", Item::Afterwards(17)),
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
            "KJONN" => Self::Sex,
            "EKTSTAT" => Self::MaritalStatus,
            "BU18" => Self::HasChildren,
            "ANTBU18" => Self::Children,
            "REG_DATO" => Self::Applied,
            "VEDTAK_DATO" => Self::Decided,
            "BEGYNT_DATO" => Self::Began,
            "KVP_KOMM" => Self::IsFromElsewhere,
            "KOMMNR_KVP_KOMM" => Self::From,
            "YTELSE_SOSHJELP" => Self::EarlierAssistance,
            "YTELSE_TYPE_SOSHJ" => Self::EarlierAssistanceKind,
            "YTELSE_INTRO" => Self::Introduction,
            "YTELSE_INDIVIDSTONAD" | "YTELSE_TILTAKSPENGER" => Self::Measure,
            "YTELSE_FOLKETRYGDL" => Self::Insurance,
            "KVP_MED_ASTONAD" => Self::HasSupportBeside,
            "KVP_STONAD" => Self::Amount,
            "STATUS" => Self::Status,
            "AVSL_DATO" => Self::Ended,
            "AVSL_VIKTIGSTE_INNTEKT" => Self::IncomeAfterwards,
            "SAKSBEHANDLER" => Self::Worker,
            _ => return Self::numbered(name),
        })
    }

    /// The fields there are several of.
    fn numbered(name: &str) -> Option<Self> {
        if let Some((_, item)) = CODED.iter().find(|(coded, _)| *coded == name) {
            return Some(*item);
        }
        let month: usize = name.strip_prefix("STMND_")?.parse().ok()?;
        Some(Self::Month(month.checked_sub(1)?))
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
            Self::Sex => cell.number(1 + u32::from(person.is_woman)),
            Self::MaritalStatus => cell.number(person.marital_status),
            Self::HasChildren => cell.yes_no(person.children > 0),
            Self::Children => cell.number(person.children),
            Self::Worker => cell.text(&assistance::worker(case.record.kommune, case.journal)),
            _ => self.write_programme(case, cell),
        }
    }

    /// Where the person came from, the programme and how it ended.
    fn write_programme(self, case: &Case, cell: Cell<'_>) {
        let is_ticked = |month: usize| case.months.get(month).copied().unwrap_or_default();
        match self {
            Self::Applied => cell.date(Some(case.applied)),
            Self::Decided => cell.date(Some(case.decided)),
            Self::Began => cell.date(Some(case.began)),
            Self::IsFromElsewhere => cell.yes_no(case.from.is_some()),
            Self::From => cell.text(&case.from.map_or(*b"    ", |from| from.kommune)),
            Self::EarlierAssistance => cell.tick(1, case.earlier_assistance > 0),
            Self::EarlierAssistanceKind => {
                cell.tick(case.earlier_assistance, case.earlier_assistance > 0);
            }
            Self::Introduction => cell.tick(4, case.had_introduction),
            Self::Measure => cell.tick(5, case.had_measure),
            Self::Insurance => cell.tick(6, case.had_insurance),
            Self::HasSupportBeside => cell.yes_no(case.beside != [0; 3]),
            Self::Beside(code) => cell.tick(code, case.beside.contains(&code)),
            Self::Month(month) => {
                cell.tick(u32::try_from(month).unwrap_or_default() + 1, is_ticked(month));
            }
            Self::Amount => cell.number(case.amount),
            Self::Status => cell.number(case.status),
            Self::Ended => cell.date(case.ended),
            Self::Afterwards(code) => cell.tick(code, case.afterwards == code),
            Self::IncomeAfterwards => cell.tick(case.afterwards, case.afterwards > 0),
            _ => {}
        }
    }
}
