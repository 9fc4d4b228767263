//! What the records of the installation really say: its record files, read here by the layout alone.

use crate::installation::{place, program, succeed};
use hjemmel_kostra::{Form, Layout};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::LazyLock;

/// The generated years.
pub const YEARS: [u16; 3] = [2023, 2024, 2025];
/// The seed of the demonstration's records.
pub const SEED: u64 = 20_260_315;

/// Municipalities that have delivered: KS's network of eight, small ones beside them, two of Oslo's bydeler.
const DELIVERED: [&str; 21] = [
    "3107", "3105", "3103", "3301", "3907", "3905", "4001", "4003", "3110", "3112", "3114", "3116",
    "3118", "3120", "3122", "3124", "3909", "3911", "4005", "030101", "030112",
];
/// The same in the division of 2023.
const DELIVERED_2023: [&str; 21] = [
    "3004", "3003", "3002", "3005", "3804", "3803", "3806", "3807", "3011", "3012", "3013", "3015",
    "3014", "3016", "3017", "3018", "3802", "3811", "3808", "030101", "030112",
];

/// One record file.
pub struct Truth {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The file.
    pub file: PathBuf,
    layout: &'static Layout,
    lines: Vec<String>,
}

static ALL: LazyLock<BTreeMap<(&str, u16), Truth>> = LazyLock::new(|| {
    let each = YEARS.into_iter().flat_map(|year| {
        let recipients = Truth::delivered(Form::F11, year, SEED);
        [recipients, Truth::generate(Form::F11C, year, Some(400), SEED)]
    });
    each.map(|truth| ((truth.form.number(), truth.year), truth)).collect()
});

/// The records of a form and year.
pub fn of(form: Form, year: u16) -> &'static Truth {
    &ALL[&(form.number(), year)]
}

/// Every record file.
pub fn all() -> impl Iterator<Item = &'static Truth> {
    ALL.values()
}

impl Truth {
    /// Writes a record file of fictitious persons.
    pub fn generate(form: Form, year: u16, persons: Option<u64>, seed: u64) -> Self {
        let file = place("truth").join(format!("{form}-{year}-{seed}.dat"));
        let mut generate = program();
        generate.args([
            "generate",
            "--force",
            "--form",
            form.number(),
            "--year",
            &year.to_string(),
        ]);
        generate.args(["--seed", &seed.to_string()]);
        if let Some(persons) = persons {
            generate.args(["--persons", &persons.to_string()]);
        }
        succeed(&generate.arg("--out").arg(&file).output().unwrap());
        Self::read(form, year, file)
    }

    /// The part of a national file that a few municipalities have delivered: of full size where there are
    /// any, and protected in a second.
    pub fn delivered(form: Form, year: u16, seed: u64) -> Self {
        let mut whole = Self::generate(form, year, None, seed);
        let kommuner = if year == 2023 { DELIVERED_2023 } else { DELIVERED };
        let regions = whole.regions();
        let mut regions = regions.iter();
        whole.lines.retain(|_| regions.next().is_some_and(|one| kommuner.contains(&one.as_str())));
        whole.write();
        whole
    }

    fn read(form: Form, year: u16, file: PathBuf) -> Self {
        let bytes = std::fs::read(&file).unwrap();
        // Latin-1: each byte is the character of the same number.
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let lines = text.lines().map(ToOwned::to_owned).collect();
        Self { form, year, file, layout: Layout::of(form, year).unwrap(), lines }
    }

    fn write(&self) {
        let text = self.lines.join("\n") + "\n";
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
        std::fs::write(&self.file, bytes).unwrap();
    }

    /// The same file under another name with a field of one line changed.
    pub fn spoiled(&self, line: usize, field: &str, value: &str) -> PathBuf {
        let field = self.layout.field(field).unwrap();
        assert_eq!(value.len(), field.length);
        let mut lines = self.lines.clone();
        lines[line - 1].replace_range(field.start..field.start + field.length, value);
        let file = self.file.with_extension(format!("{}.bad", field.name));
        Self { file: file.clone(), lines, ..*self }.write();
        file
    }

    /// The file of one municipality: every record as if it were its own, each person once, with journal numbers
    /// of its own.
    pub fn of_one(&self, kommune: &str) -> Vec<String> {
        let place = |name: &str| {
            let field = self.layout.field(name).unwrap();
            field.start..field.start + field.length
        };
        let (number, journal) = (place("PERSON_FODSELSNR"), place("PERSON_JOURNALNR"));
        let mut numbers = HashSet::new();
        let mut kept = Vec::new();
        for line in &self.lines {
            if numbers.insert(&line[number.clone()]) {
                let mut line = line.clone();
                let own = format!("{:0width$}", numbers.len(), width = journal.len());
                line.replace_range(journal.clone(), &own);
                line.replace_range(place("KOMMUNE_NR"), kommune);
                line.replace_range(place("BYDELSNR"), "  ");
                kept.push(line);
            }
        }
        kept
    }

    /// Writes the records of some regions to a file of their own.
    pub fn of_regions(&self, file: &std::path::Path, regions: &[&str]) {
        let each = self.lines.iter().zip(self.regions());
        let kept = each.filter(|(_, region)| regions.contains(&region.as_str()));
        let lines = kept.map(|(line, _)| line.clone()).collect();
        Self { file: file.to_owned(), lines, ..*self }.write();
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
            if kommune == "0301" { [kommune, bydel].concat() } else { kommune }
        };
        kommuner.zip(bydeler).map(leaf).collect()
    }
}

/// Every identity number of the generated files, of eleven digits, and every DUF number.
static NUMBERS: LazyLock<HashSet<[u8; 11]>> = LazyLock::new(|| {
    let all = ALL.values().flat_map(|truth| truth.field("PERSON_FODSELSNR"));
    let numbers: HashSet<[u8; 11]> =
        all.filter_map(|number| number.into_bytes().try_into().ok()).collect();
    assert!(numbers.len() > 10_000, "the canary knows too few numbers");
    numbers
});

/// Fails if any known identity number stands anywhere in the bytes.
#[track_caller]
pub fn assert_nobody_is_named(bytes: &[u8], what: &str) {
    for bytes in outside_ciphertexts(bytes) {
        let mut digits = 0;
        for (at, byte) in bytes.iter().enumerate() {
            digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
            if digits >= 11 {
                let found = NUMBERS.contains(&bytes[at - 10..=at]);
                assert!(!found, "an identity number stands in {what}");
            }
        }
    }
}

/// The bytes without pseudonyms and digests, which are long runs of hexadecimal digits: among so many any short number
/// stands by chance sooner or later.
pub fn outside_ciphertexts(bytes: &[u8]) -> Vec<&[u8]> {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let (mut kept, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|byte| is_hex(byte)).count();
        if run >= 32 && bytes[at..at + run].iter().any(u8::is_ascii_lowercase) {
            kept.push(&bytes[start..at]);
            start = at + run;
        }
        at += run.max(1);
    }
    kept.push(&bytes[start..]);
    kept
}

#[test]
fn only_long_runs_of_hexadecimal_digits_are_left_out() {
    let pseudonym = "0f".repeat(20);
    let digits = "12345678901".repeat(4);
    let text = format!("a,{pseudonym},{digits},0f0f");
    let kept = ["a,".as_bytes(), format!(",{digits},0f0f").as_bytes()].map(<[u8]>::to_vec);
    assert_eq!(outside_ciphertexts(text.as_bytes()), kept);
}
