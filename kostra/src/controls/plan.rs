//! Control 002 made ready: what each field of a layout must hold.

use crate::{
    Form,
    layout::{DateFormat, Field, FieldKind, Layout},
    record::Record,
};

/// Fields that have controls of their own.
const ELSEWHERE: [&str; 5] =
    ["KOMMUNE_NR", "VERSION", "BYDELSNR", "FODSELSDATO", "PERSON_FODSELSNR"];

/// Coded fields that published tables rest on, with the control that demands them in every year.
const DEMANDED: [(Form, &str, &str); 4] = [
    (Form::F11, "KJONN", "008"),
    (Form::F11, "VKLO", "014"),
    (Form::F11C, "KJONN", "008"),
    (Form::F11C, "STATUS", "036"),
];

/// Coded fields whose control on contents is their code list and nothing else.
const OWN: [(Form, &str, &str); 17] = [
    (Form::F11, "KJONN", "008"),
    (Form::F11, "EKTSTAT", "009"),
    (Form::F11, "BU18", "010"),
    (Form::F11, "VKLO", "014"),
    (Form::F11, "TRYGDESIT", "022"),
    (Form::F11, "ARBSIT", "025"),
    (Form::F11, "GITT_OKONOMIRAD", "032"),
    (Form::F11, "FAAT_INDIVIDUELL_PLAN", "033"),
    (Form::F11, "BOSIT", "035"),
    (Form::F11, "VILKARSOSLOV", "039"),
    (Form::F11, "VILKARSAMEKT", "040"),
    (Form::F11C, "KJONN", "008"),
    (Form::F11C, "EKTSTAT", "009"),
    (Form::F11C, "BU18", "010"),
    (Form::F11C, "KVP_KOMM", "019"),
    (Form::F11C, "KVP_MED_ASTONAD", "026"),
    (Form::F11C, "STATUS", "036"),
];

/// The checks of a layout's fields, those that can never fail left out.
pub(super) struct Plan {
    checks: Vec<Check>,
}

struct Check {
    field: &'static Field,
    rule: &'static str,
    need: Need,
    content: Content,
    zeros_are_blank: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    No,
    OutsideOslo,
    Yes,
}

enum Content {
    Any,
    Integer,
    Date(DateFormat),
    /// Codes, each packed into a number.
    Codes(Vec<u32>),
}

/// A field that does not hold what it must.
pub(super) struct Fault {
    pub field: &'static Field,
    pub rule: &'static str,
    pub kind: FaultKind,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    Missing,
    NotInteger,
    NotDate(DateFormat),
    NotInList,
}

impl Plan {
    /// With `contents`, the controls on contents that ask for a code of a list and nothing else are among them.
    pub(super) fn new(layout: &'static Layout, contents: bool) -> Self {
        // The program that controlled form 11B had no control 002.
        let fields = layout.fields.iter().filter(|_| layout.form != Form::F11B);
        let own = fields.filter(|field| !ELSEWHERE.contains(&field.name.as_str()));
        let checks = own.map(|field| Check::new(layout, field, contents));
        Self { checks: checks.filter(Check::can_fail).collect() }
    }

    /// The fields that are checked, in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.checks.iter().map(|check| check.field)
    }

    /// Whether a value without blanks around it passes in a field, in Oslo and elsewhere.
    pub(super) fn allows(&self, field: &Field, value: &str) -> bool {
        let mut of_field = self.checks.iter().filter(|check| check.field.start == field.start);
        of_field.all(|check| {
            (check.need == Need::No && value.is_empty())
                || [false, true]
                    .into_iter()
                    .all(|oslo| check.fault(value.as_bytes(), oslo).is_none())
        })
    }

    /// Whether the field of a place passes.
    pub(super) fn is_fine(&self, at: usize, record: &Record<'_>, in_oslo: bool) -> bool {
        self.checks.get(at).is_some_and(|check| check.fault_of(record, in_oslo).is_none())
    }

    /// Tells every fault of a record.
    pub(super) fn faults(&self, record: &Record<'_>, in_oslo: bool, mut tell: impl FnMut(Fault)) {
        for check in &self.checks {
            if let Some(kind) = check.fault_of(record, in_oslo) {
                tell(Fault { field: check.field, rule: check.rule, kind });
            }
        }
    }
}

impl Check {
    fn new(layout: &Layout, field: &'static Field, contents: bool) -> Self {
        // The original runs 002 for these only; elsewhere older habits pass.
        let is_strict = layout.form == Form::F11 && layout.year >= 2025;
        let demanded = DEMANDED.iter().find(|(form, name, _)| {
            *form == layout.form && *name == field.name && !field.mandatory
        });
        let is_own =
            |(form, name, _): &&(Form, &str, _)| *form == layout.form && *name == field.name;
        let own = OWN.iter().find(|own| contents && is_own(own));
        let content = match field.kind {
            FieldKind::Date(format) => Content::Date(format),
            // In 2020 and 2021 `BOSIT` is called a whole number and has a list all the same.
            _ if !field.codes.is_empty() => Content::Codes(packed(field)),
            FieldKind::Integer => Content::Integer,
            FieldKind::Text => Content::Any,
        };
        let need = match (field.mandatory || demanded.is_some() || own.is_some(), &content) {
            (false, _) => Need::No,
            (true, Content::Date(_)) if layout.form == Form::F11C => Need::OutsideOslo,
            (true, _) => Need::Yes,
        };
        let zeros_are_blank = !is_strict && !matches!(content, Content::Any | Content::Integer);
        Self {
            field,
            rule: own.or(demanded).map_or("002", |(_, _, rule)| rule),
            need,
            content,
            zeros_are_blank,
        }
    }

    const fn can_fail(&self) -> bool {
        !matches!((self.need, &self.content), (Need::No, Content::Any))
    }

    #[inline]
    fn fault_of(&self, record: &Record<'_>, in_oslo: bool) -> Option<FaultKind> {
        let bytes = record.bytes(self.field);
        if self.need == Need::No && bytes.iter().all(|&byte| byte == b' ') {
            return None;
        }
        self.fault(bytes.trim_ascii(), in_oslo)
    }

    fn fault(&self, value: &[u8], in_oslo: bool) -> Option<FaultKind> {
        if value.is_empty() {
            return self.is_needed(in_oslo).then_some(FaultKind::Missing);
        }
        let kind = match &self.content {
            Content::Any => return None,
            Content::Integer if is_integer(value) => return None,
            Content::Integer => FaultKind::NotInteger,
            Content::Codes(codes) if pack(value).is_some_and(|code| codes.contains(&code)) => {
                return None;
            }
            Content::Codes(_) => FaultKind::NotInList,
            Content::Date(format) if is_date(*format, value) => return None,
            Content::Date(format) => FaultKind::NotDate(*format),
        };
        if self.zeros_are_blank && value.iter().all(|&byte| byte == b'0') {
            return self.is_needed(in_oslo).then_some(FaultKind::Missing);
        }
        Some(kind)
    }

    fn is_needed(&self, in_oslo: bool) -> bool {
        self.need == Need::Yes || (self.need == Need::OutsideOslo && !in_oslo)
    }
}

/// Digits, with a sign before them if any.
fn is_integer(value: &[u8]) -> bool {
    let is_signed = matches!(value.first(), Some(b'+' | b'-'));
    let digits = value.get(usize::from(is_signed)..).unwrap_or_default();
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn is_date(format: DateFormat, value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|value| format.parse(value).is_some())
}

/// The codes of a field as numbers; one too long to pack can never be met.
fn packed(field: &Field) -> Vec<u32> {
    field.codes.iter().filter_map(|code| pack(code.code.trim().as_bytes())).collect()
}

/// Up to four bytes as one number, so that comparing codes is comparing numbers.
fn pack(code: &[u8]) -> Option<u32> {
    (code.len() <= 4).then(|| code.iter().fold(0, |packed, &byte| packed << 8 | u32::from(byte)))
}
