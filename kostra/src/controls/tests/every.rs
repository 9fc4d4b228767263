//! No control is forgotten: for each one of each form and year there is a record that it reports, made from the layout and
//! the control's own row of the table, and one that it does not.

use super::*;
use crate::controls::contents::{Contents, Ready};
use crate::layout::{DateFormat, Field};

/// A record the controls have nothing to say of.
fn clean(layout: &'static Layout) -> String {
    match layout.form {
        Form::F11B => introduction::record(&[]).line,
        form => contents::clean(form, layout.year).line,
    }
}

struct Making {
    layout: &'static Layout,
    line: String,
}

impl Making {
    fn set(&mut self, field: &Field, value: &str) {
        let value = format!("{value:width$}", width = field.length);
        self.line.replace_range(field.range(), &value);
    }

    fn set_date(&mut self, (field, format): (&Field, DateFormat), year: i32) {
        self.set(field, &format.write(NaiveDate::from_ymd_opt(year, 2, 2).unwrap()));
    }

    /// Puts in somebody who reaches the age in the reporting year.
    fn set_age(&mut self, age: i32) {
        let names = ["PERSON_FODSELSNR", "felt_6"];
        let number = names.iter().find_map(|name| self.layout.field(name)).unwrap();
        let born = i32::from(self.layout.year) - age;
        let born = NaiveDate::from_ymd_opt(born, 1, 2).unwrap();
        self.set(number, &(0..1000).find_map(|n| synthetic(born, n)).unwrap());
    }

    /// A code of the list that is not among these; a blank where there is none.
    fn other(&mut self, field: &Field, codes: &[&str]) {
        let other = field.codes.iter().find(|own| !codes.contains(&&*own.code));
        self.set(field, other.map_or("", |own| &own.code));
    }

    fn tick(&mut self, fields: &[&Field]) {
        for field in fields {
            self.set(field, &field.codes.last().unwrap().code);
        }
    }

    /// Changes the record so that a test holds.
    fn hold(&mut self, test: &Ready) {
        let year = i32::from(self.layout.year);
        match test {
            Ready::Is(field, codes) => self.set(field, codes[0]),
            Ready::IsNot(field, codes) => self.other(field, codes),
            Ready::Unlisted(field)
            | Ready::Blank(field)
            | Ready::NoDate(field, _)
            | Ready::NoDateSince(field, ..)
            | Ready::NoDateOfYear(field, _) => self.set(field, ""),
            Ready::Above(fields, limit) => self.set(fields[0], &(limit + 1).to_string()),
            Ready::AtMost(fields, _) => fields.iter().for_each(|field| self.set(field, "0")),
            Ready::IsNotSum(total, _) => self.set(total, "7"),
            Ready::Ticked(fields) => self.tick(&fields[..1]),
            Ready::Unticked(fields) => fields.iter().for_each(|field| self.set(field, "")),
            Ready::Later(field, format) => self.set_date((field, *format), year + 1),
            Ready::BeforeYear(field, format) => self.set_date((field, *format), year - 1),
            Ready::Before([(one, early), (other, late)]) => {
                self.set_date((one, *early), year - 1);
                self.set_date((other, *late), year);
            }
            Ready::Under(age, _) => self.set_age(age - 1),
            Ready::From(age) => self.set_age(*age),
            Ready::NoChild(has, _) => self.set(has, "2"),
            Ready::NoDuf(field) => self.set(field, "201012345678"),
            Ready::NoKommune(field) => self.set(field, "9998"),
            Ready::OutsideOslo => {}
            Ready::Filled(field) => self.set(field, "1"),
            Ready::NotDigits(places) => {
                let (start, _) = places[0];
                self.line.replace_range(start + 2..start + 3, "x");
            }
            Ready::Odd(fields) => self.set(fields[0], "99"),
            Ready::PerTicked(amount, fields, limit) => {
                self.tick(&fields[..1]);
                self.set(amount, &(limit * 12).to_string());
            }
            Ready::Either(groups) => groups[0].iter().for_each(|test| self.hold(test)),
        }
    }
}

#[test]
fn every_control_of_every_year_reports_a_record_made_from_its_own_row_and_no_clean_one() {
    let mut all = 0;
    for layout in Layout::all() {
        let options = Options {
            contents: true,
            kommuner: Some(["0301", "3107"].map(str::to_owned).into()),
            ..options()
        };
        let told = |line: &str| {
            let mut checker = Checker::new(layout, options.clone()).unwrap();
            checker.check_line(1, line.as_bytes());
            let found = checker.finish().findings.into_iter().map(|finding| finding.rule);
            found.collect::<Vec<_>>()
        };
        let clean = clean(layout);
        assert_eq!(told(&clean), Vec::<&str>::new(), "{} {}", layout.form, layout.year);
        let ready = Contents::new(layout).unwrap();
        for (control, tests) in ready.all() {
            let mut making = Making { layout, line: clean.clone() };
            for test in tests {
                making.hold(test);
            }
            let found = told(&making.line);
            let (form, year, id) = (layout.form, layout.year, control.id);
            assert!(found.contains(&id), "{form} {year}: {id} is not among {found:?}");
            all += 1;
        }
    }
    assert!(all > 300, "{all} controls");
}
