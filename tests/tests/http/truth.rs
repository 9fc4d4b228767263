//! What the records of the demonstration really say: its record files, generated once more from the same
//! seed and read here by the layout alone.

use crate::installation::{PARTICIPANTS, PERSONS, SEED, place, program, succeed};
use hjemmel_kostra::{Form, Layout};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::LazyLock;

/// The generated years.
pub const YEARS: [u16; 3] = [2023, 2024, 2025];

/// One record file.
pub struct Truth {
    /// The file.
    pub file: PathBuf,
    layout: &'static Layout,
    lines: Vec<String>,
}

static ALL: LazyLock<BTreeMap<(String, u16), Truth>> = LazyLock::new(|| {
    let forms = [(Form::F11, PERSONS), (Form::F11C, PARTICIPANTS)];
    let each = forms.into_iter().flat_map(|(form, persons)| YEARS.map(|year| (form, persons, year)));
    each.map(|(form, persons, year)| {
        ((form.number().to_owned(), year), Truth::generate(form, year, persons, SEED))
    })
    .collect()
});

/// The records of a form and year of the demonstration.
pub fn of(form: Form, year: u16) -> &'static Truth {
    &ALL[&(form.number().to_owned(), year)]
}

impl Truth {
    /// Writes a record file of fictitious persons.
    pub fn generate(form: Form, year: u16, persons: u64, seed: u64) -> Self {
        let file = place("truth").join(format!("{form}-{year}-{persons}-{seed}.dat"));
        let mut generate = program();
        generate.args(["generate", "--form", form.number(), "--year", &year.to_string()]);
        generate.args(["--persons", &persons.to_string(), "--seed", &seed.to_string(), "--out"]);
        succeed(&generate.arg(&file).output().unwrap());
        let bytes = std::fs::read(&file).unwrap();
        // Latin-1: each byte is the character of the same number.
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let lines = text.lines().map(ToOwned::to_owned).collect();
        Self { file, layout: Layout::of(form, year).unwrap(), lines }
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.lines.len()
    }

    /// A field of every record, without the spaces around it.
    pub fn field(&self, name: &str) -> Vec<String> {
        let field = self.layout.field(name).unwrap();
        let cut = |line: &String| -> String {
            line.chars().skip(field.start).take(field.length).collect()
        };
        self.lines.iter().map(|line| cut(line).trim().to_owned()).collect()
    }

    /// The leaf region of every record: the kommune, in Oslo the bydel.
    pub fn regions(&self) -> Vec<String> {
        let bydeler = self.field("BYDELSNR");
        let kommuner = self.field("KOMMUNE_NR").into_iter();
        let leaf = |(kommune, bydel): (String, String)| {
            if kommune == "0301" { kommune + &bydel } else { kommune }
        };
        kommuner.zip(bydeler).map(leaf).collect()
    }
}

/// Every identity number of the generated files, of eleven digits, and every DUF number.
static NUMBERS: LazyLock<HashSet<[u8; 11]>> = LazyLock::new(|| {
    let all = ALL.values().flat_map(|truth| truth.field("PERSON_FODSELSNR"));
    let numbers: HashSet<[u8; 11]> =
        all.filter_map(|number| number.into_bytes().try_into().ok()).collect();
    assert!(numbers.len() > 5_000, "the canary knows too few numbers");
    numbers
});

/// Fails if any known identity number stands anywhere in the bytes.
#[track_caller]
pub fn assert_nobody_is_named(bytes: &[u8], what: &str) {
    let mut digits = 0;
    for (at, byte) in bytes.iter().enumerate() {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if digits >= 11 {
            let found = NUMBERS.contains(&bytes[at - 10..=at]);
            assert!(!found, "an identity number stands in {what}");
        }
    }
}

/// The known identity numbers.
pub fn numbers() -> &'static HashSet<[u8; 11]> {
    &NUMBERS
}
