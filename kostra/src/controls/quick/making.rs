//! Makes the quick look of a layout ready, by asking plan and controls what they say of each content.

use super::super::{Options, contents::Contents, plan::Plan, rules::Places};
use super::{
    Classes, DOUBT, Patterns, Quick, SUMS,
    cases::{BITS, Question},
    person::{Day, Identity},
    small::{Columns, Run, Slot, forms, written},
};
use crate::{
    Form,
    layout::{Field, FieldKind, Layout},
};
use std::ops::Range;

const DIGITS: (u8, u8) = (b'0', b'9');

/// Collects what is looked at.
pub(super) struct Making<'p> {
    layout: &'static Layout,
    plan: &'p Plan,
    pub(super) places: &'p Places,
    classes: Classes,
    slots: Vec<&'static Field>,
    runs: Vec<(Vec<&'static Field>, Run)>,
    pub(super) days: Vec<(&'static Field, Day)>,
    sums: Vec<Vec<&'static Field>>,
    texts: Vec<Range<usize>>,
    rest: Vec<(usize, Range<usize>, bool)>,
    pub(super) questions: Vec<Question>,
}

impl<'p> Making<'p> {
    pub(super) fn new(layout: &'static Layout, plan: &'p Plan, places: &'p Places) -> Self {
        Self {
            layout,
            plan,
            places,
            classes: Classes::any(layout.record_length),
            slots: Vec::new(),
            runs: Vec::new(),
            days: Vec::new(),
            sums: Vec::new(),
            texts: Vec::new(),
            rest: Vec::new(),
            questions: Vec::new(),
        }
    }

    pub(super) fn finish(
        mut self,
        options: &Options,
        contents: Option<&Contents>,
    ) -> Option<Quick> {
        let (layout, places) = (self.layout, self.places);
        let identity = Identity::new(layout, places, options.allow_synthetic)?;
        self.hold_places(options)?;
        for (at, field) in self.plan.fields().enumerate() {
            self.look_at(at, field)?;
        }
        let mut cases = Vec::new();
        for (control, tests) in contents.into_iter().flat_map(Contents::tests).enumerate() {
            let of_control = self.all(tests).into_iter().filter(|case| !case.is_never);
            cases.extend(of_control.map(|case| (control, case)));
        }
        let patterns = Patterns::new(cases);
        let summed: &[&str] = match layout.form {
            Form::F11 => &["BIDRAG", "LAAN"],
            _ => &["KVP_STONAD"],
        };
        let mut kroner = Vec::new();
        let mut months = None;
        if contents.is_some() {
            for name in summed {
                kroner.push(self.sum(&[layout.field(name)?])?);
            }
            let fields = (1..=12).map(|month| layout.field(&format!("STMND_{month}")));
            months = Some(self.run(&fields.collect::<Option<Vec<_>>>()?)?);
        }
        self.add_loose_amounts()?;
        self.ready(options, identity, patterns, (kroner, months))
    }

    /// What may stand where controls of their own look.
    fn hold_places(&mut self, options: &Options) -> Option<()> {
        let Places { kommune, version, bydel, journal, number, birth, .. } = *self.places;
        let fits = self.layout.form != Form::F11B
            && [kommune.length, version.length, bydel.length, journal.length] == [4, 2, 2, 8];
        if !fits {
            return None;
        }
        self.classes.set(kommune.range(), DIGITS, false);
        self.classes.set(bydel.range(), DIGITS, true);
        self.classes.set(number.range(), DIGITS, true);
        self.classes.set(journal.range(), (b' ', b'~'), false);
        if let Some(birth) = birth {
            self.classes.set(birth.range(), DIGITS, false);
        }
        let year = format!("{:02}", self.layout.year % 100);
        let mut exact = vec![(version, year)];
        if let Some(sender) = &options.sender {
            exact.push((kommune, sender.clone()));
        }
        for (field, value) in exact {
            if value.len() != field.length || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            for (at, byte) in field.range().zip(value.bytes()) {
                self.classes.set(at..at + 1, (byte, byte), false);
            }
        }
        Some(())
    }

    /// Looks at a field of the plan in the way that fits it.
    fn look_at(&mut self, at: usize, field: &'static Field) -> Option<()> {
        let may_be_blank = self.plan.allows(field, "");
        if matches!(field.length, 1 | 2) {
            return self.look_at_short(field);
        }
        match field.kind {
            FieldKind::Date(_) => {
                let day = Day::new(field, self.layout, |value| self.plan.allows(field, value))?;
                self.days.push((field, day));
                self.classes.set(field.range(), DIGITS, true);
            }
            FieldKind::Integer if is_amount(field) => {
                self.classes.set(field.range(), DIGITS, true);
            }
            FieldKind::Text if field.codes.is_empty() && !may_be_blank => {
                self.texts.push(field.range());
            }
            _ => self.rest.push((at, field.range(), may_be_blank)),
        }
        Some(())
    }

    /// A field of one or two characters: its class alone tells, or it joins the run before it, or it is a slot.
    fn look_at_short(&mut self, field: &'static Field) -> Option<()> {
        let fine: Vec<String> =
            forms(field.length).filter(|form| self.plan.allows(field, form)).collect();
        let all: Vec<Vec<u8>> = fine.iter().flat_map(|form| written(form, field.length)).collect();
        let mut is_told = field.length == 1;
        for (place, at) in field.range().enumerate() {
            let bytes = all.iter().filter_map(|own| own.get(place).copied());
            let digits = || bytes.clone().filter(u8::is_ascii_digit);
            let (lowest, highest) = (digits().min()?, digits().max()?);
            is_told &= (lowest..=highest).all(|digit| digits().any(|own| own == digit));
            self.classes.set(at..at + 1, (lowest, highest), bytes.clone().any(|own| own == b' '));
        }
        if !is_told && !self.join_run(field, &fine) {
            self.slot(field)?;
        }
        Some(())
    }

    /// Puts a field with few contents of two characters into a run.
    fn join_run(&mut self, field: &'static Field, fine: &[String]) -> bool {
        let full = fine.iter().filter(|form| form.is_empty() || form.len() == 2);
        let (codes, others): (Vec<_>, Vec<_>) = full.partition(|form| field.has_code(form));
        let word = |form: &&String| match *form.as_bytes() {
            [first, second] => u16::from_le_bytes([first, second]),
            _ => u16::from_le_bytes(*b"  "),
        };
        let codes: Vec<u16> = codes.iter().map(word).collect();
        let others: Vec<u16> = others.iter().map(word).collect();
        let (Some(&code), Some(&last_code)) = (codes.first(), codes.last()) else { return false };
        if field.length != 2 || codes.len() > 2 || others.len() > 2 {
            return false;
        }
        let other = others.first().copied().unwrap_or(code);
        let last = others.last().copied().unwrap_or(code);
        let (codes, others) = ([code, last_code], [other, last]);
        if let Some((fields, run)) = self.runs.last_mut()
            && run.end == field.start
            && run.push(codes, others).is_some()
        {
            fields.push(field);
            return true;
        }
        let Some(mut run) = Run::new(field.start, self.layout.record_length) else { return false };
        let is_in = run.push(codes, others).is_some();
        if is_in {
            self.runs.push((vec![field], run));
        }
        is_in
    }

    /// The place of a short field among those that choose an answer.
    pub(super) fn slot(&mut self, field: &'static Field) -> Option<usize> {
        if !matches!(field.length, 1 | 2) {
            return None;
        }
        let known = self.slots.len();
        let at = place(&mut self.slots, |own| own.start == field.start, || field);
        if at == known && !self.plan.fields().any(|own| own.start == field.start) {
            self.classes.set(field.range(), DIGITS, true);
        }
        Some(at)
    }

    /// The run that is exactly these fields.
    pub(super) fn run(&self, fields: &[&'static Field]) -> Option<usize> {
        let starts = |fields: &[&Field]| fields.iter().map(|own| own.start).collect::<Vec<_>>();
        self.runs.iter().position(|(own, _)| starts(own) == starts(fields))
    }

    /// The place of the sum of amounts.
    pub(super) fn sum(&mut self, fields: &[&'static Field]) -> Option<usize> {
        if fields.len() > Columns::MOST || !fields.iter().all(|field| is_amount(field)) {
            return None;
        }
        let is_same = |own: &Vec<&Field>| {
            own.len() == fields.len() && own.iter().zip(fields).all(|(a, b)| a.start == b.start)
        };
        Some(place(&mut self.sums, is_same, || fields.to_vec()))
    }

    /// Amounts that no control asks for must be written rightly all the same.
    fn add_loose_amounts(&mut self) -> Option<()> {
        let known = |field: &Field| self.sums.iter().flatten().any(|own| own.start == field.start);
        let loose: Vec<_> =
            self.plan.fields().filter(|field| is_amount(field) && !known(field)).collect();
        for some in loose.chunks(Columns::MOST) {
            self.sum(some)?;
        }
        (self.sums.len() <= SUMS).then_some(())
    }

    /// The sums as columns: two lists of amounts that stand beside one another are added up together.
    fn columns(&self) -> Option<Vec<(Columns, [Option<usize>; 2])>> {
        let mut columns: Vec<(Columns, [Option<usize>; 2])> = Vec::new();
        for (at, fields) in self.sums.iter().enumerate() {
            if columns.iter().any(|(_, [_, second])| *second == Some(at)) {
                continue;
            }
            let first = fields.first()?;
            let blank = self.plan.allows(first, "");
            let is_alike =
                |own: &&Field| own.length == first.length && self.plan.allows(own, "") == blank;
            let is_beside = |others: &Vec<&'static Field>| {
                let pairs = fields.iter().zip(others);
                others.len() == fields.len()
                    && others.iter().all(&is_alike)
                    && pairs.clone().all(|(own, other)| own.range().end == other.start)
            };
            if !fields.iter().all(is_alike) {
                return None;
            }
            let second = self.sums.iter().position(is_beside).filter(|second| *second > at);
            let rows = fields.iter().map(|own| own.start).collect();
            let kinds = (second.is_some(), blank);
            let own = Columns::new(rows, first.length, kinds, self.layout.record_length)?;
            columns.push((own, [Some(at), second]));
        }
        Some(columns)
    }

    fn ready(
        self,
        options: &Options,
        identity: Identity,
        patterns: Patterns,
        (kroner, months): (Vec<usize>, Option<usize>),
    ) -> Option<Quick> {
        let plan = self.plan;
        let slots = self.slots.iter().map(|field| {
            let mut answers = Box::new([DOUBT; Slot::PLACES]);
            for at in places(field, |value| plan.allows(field, value)) {
                if let Some(answer) = answers.get_mut(at) {
                    *answer = 0;
                }
            }
            (Slot::new(field), answers)
        });
        let columns = self.columns()?;
        let mut quick = Quick {
            year: self.layout.year,
            classes: self.classes,
            identity,
            kommuner: options.kommuner.as_ref().map(known),
            kommune: self.places.kommune.start,
            bydel: self.places.bydel.start,
            journal: self.places.journal.start,
            slots: slots.collect(),
            runs: self.runs.into_iter().map(|(_, run)| (run, 0)).collect(),
            months,
            days: self.days.into_iter().map(|(_, day)| (day, 0)).collect(),
            columns,
            limits: Vec::new(),
            differences: Vec::new(),
            kroner,
            ages: Box::new([0; 256]),
            outside: 0,
            no_number: 0,
            texts: self.texts,
            rest: self.rest,
            patterns,
        };
        for (at, question) in self.questions.iter().enumerate().take(BITS as usize) {
            quick.answer(question, 1 << at)?;
        }
        Some(quick)
    }
}

/// The place of what is sought, which is put last if it is not there.
pub(super) fn place<T>(
    all: &mut Vec<T>,
    is_sought: impl Fn(&T) -> bool,
    new: impl FnOnce() -> T,
) -> usize {
    all.iter().position(is_sought).unwrap_or_else(|| {
        all.push(new());
        all.len() - 1
    })
}

/// The places that contents of a short field choose of which something is true.
pub(super) fn places(field: &Field, is_true: impl Fn(&str) -> bool) -> Vec<usize> {
    let true_of = forms(field.length).filter(|form| is_true(form));
    let written = true_of.flat_map(|form| written(&form, field.length));
    // A slot at the start of a line that is the field alone.
    let slot = Slot::new(&Field { start: 0, ..field.clone() });
    written.filter_map(|bytes| slot.place(&bytes)).collect()
}

/// Whether a field is looked at as an amount.
fn is_amount(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Integer)
        && (3..=8).contains(&field.length)
        && field.codes.is_empty()
        && field.range().end >= 8
}

/// The municipalities of a year, a bit for each number.
fn known(kommuner: &std::collections::BTreeSet<String>) -> Box<[u64; 157]> {
    let mut set = Box::new([0_u64; 157]);
    for number in kommuner.iter().filter_map(|code| code.parse::<usize>().ok()) {
        if let Some(word) = set.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }
    set
}
