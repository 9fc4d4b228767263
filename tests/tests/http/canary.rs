//! Canaries: persons whose numbers, journal numbers, birth dates and caseworkers are known go in by the front
//! door, and nothing of theirs is found anywhere else: not in the database or its log, not in the records as
//! they lie, not in what any command or the server at its most talkative prints, and in no answer but the one
//! that a grant of tier identified asks for by name.

use crate::installation::{Installation, place, words};
use crate::node::{Caller, Node};
use crate::rows::Rows;
use crate::truth;
use hjemmel_kostra::{Form, Layout};
use hjemmel_tests::files;
use std::path::{Path, PathBuf};
use std::process::Command;

const YEAR: u16 = 2025;
const PLANTED: usize = 6;

/// A record file with canaries in it, and all that tells who somebody is.
struct Planted {
    form: Form,
    file: PathBuf,
    numbers: Vec<String>,
    others: Vec<String>,
}

/// The bytes of a field of a line.
fn field<'a>(line: &'a mut [u8], layout: &Layout, name: &str) -> &'a mut [u8] {
    let field = layout.field(name).unwrap();
    &mut line[field.start..field.start + field.length]
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

impl Planted {
    /// Gives some persons of a file, who all have numbers, journals and caseworkers found nowhere else.
    fn in_file(form: Form, mark: char) -> Self {
        let layout = Layout::of(form, YEAR).unwrap();
        let bytes = std::fs::read(&truth::of(form, YEAR).file).unwrap();
        let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let (mut numbers, mut others) = (Vec::new(), Vec::new());
        for line in &mut lines {
            if numbers.len() == PLANTED || line.is_empty() {
                break;
            }
            let number = text(field(line, layout, "PERSON_FODSELSNR"));
            // Stand-ins for those without a number tell nothing.
            if number.len() != 11 || number.ends_with("00100") || number.ends_with("00200") {
                continue;
            }
            let at = numbers.len();
            let (journal, worker) = (format!("QZ{mark}7X9J{at}"), format!("SB{mark}9XQ7ZK{at}"));
            field(line, layout, "PERSON_JOURNALNR").copy_from_slice(journal.as_bytes());
            field(line, layout, "SAKSBEHANDLER").copy_from_slice(worker.as_bytes());
            let born = text(field(line, layout, "FODSELSDATO"));
            assert_eq!(born.len(), 8, "{born}");
            others.push(format!("{}-{}-{}", &born[4..], &born[2..4], &born[..2]));
            others.extend([journal, worker, born]);
            numbers.push(number);
        }
        assert_eq!(numbers.len(), PLANTED);
        let file = place("canaries").join(format!("{form}-{mark}.dat"));
        std::fs::write(&file, lines.join(&b'\n')).unwrap();
        Self { form, file, numbers, others }
    }

    /// The same with one number that cannot be, so that the file is refused and reported on.
    fn spoiled(&self) -> (PathBuf, String) {
        let number = &self.numbers[0];
        let last = number.chars().last().unwrap();
        let wrong = format!("{}{}", &number[..10], if last == '9' { '0' } else { '9' });
        let bytes = std::fs::read(&self.file).unwrap();
        let at = bytes.windows(11).position(|eleven| eleven == number.as_bytes()).unwrap();
        let bytes = [&bytes[..at], wrong.as_bytes(), &bytes[at + 11..]].concat();
        let file = self.file.with_extension("spoiled");
        std::fs::write(&file, bytes).unwrap();
        (file, wrong)
    }

    fn import(&self, installation: &Installation, file: &Path) -> (bool, String) {
        let mut command = talkative(installation);
        command.arg("import").arg(file).args(["--form", self.form.number()]);
        let output = command.args(["--year", &YEAR.to_string()]).output().unwrap();
        (output.status.success(), words(&output))
    }
}

/// The program on an installation, logging all it can.
fn talkative(installation: &Installation) -> Command {
    let mut command = installation.command();
    command.env("HJEMMEL_LOG", "debug");
    command
}

/// The first of the needles in the bytes.
fn found<'a>(needles: &'a [String], bytes: &[u8]) -> Option<&'a String> {
    truth::outside_ciphertexts(bytes).into_iter().find_map(|bytes| first_of(needles, bytes))
}

fn first_of<'a>(needles: &'a [String], bytes: &[u8]) -> Option<&'a String> {
    needles.iter().find(|needle| {
        let needle = needle.as_bytes();
        let first = needle[0];
        let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
        starts.map(|(at, _)| &bytes[at..]).any(|rest| rest.starts_with(needle))
    })
}

#[track_caller]
fn assert_nothing_of(needles: &[String], bytes: &[u8], what: &str) {
    assert_eq!(found(needles, bytes), None, "in {what}");
}

/// The bytes behind a value: ciphertexts are shown as hexadecimal digits, among which eight may be a date by
/// chance, and which would hide what is in the clear beneath them.
fn as_stored(value: &str) -> Vec<u8> {
    let digits = value.as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2);
        text.and_then(|text| u8::from_str_radix(text, 16).ok())
    });
    let is_ciphertext = digits.len() >= 36 && digits.iter().all(u8::is_ascii_hexdigit);
    pairs.collect::<Option<Vec<u8>>>().filter(|_| is_ciphertext).unwrap_or_else(|| digits.to_vec())
}

/// Searches every file of the installation, Parquet also as the rows it holds.
fn assert_nothing_at_rest(folder: &Path, needles: &[String]) {
    let (mut databases, mut records) = (0, 0);
    for file in files(folder).unwrap() {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.display().to_string();
        assert_nothing_of(needles, &bytes, &name);
        if file.extension().is_some_and(|end| end == "parquet") {
            let rows = Rows::parquet(&bytes).rows;
            records += rows.len();
            for value in rows.iter().flatten() {
                assert_nothing_of(needles, &as_stored(value), &name);
            }
        }
        databases += usize::from(name.ends_with("hjemmel.db") || name.ends_with("hjemmel.db-wal"));
    }
    assert_eq!(databases, 2, "the database and its write-ahead log");
    assert!(records > 10_000, "{records} records were searched");
}

/// All answers a caller gets: tables, records in every format, and refusals of questions that name a person.
fn ask_everything(caller: &Caller<'_>, needles: &[String], number: &str) {
    let mut addresses = vec![
        "/v1/me".to_owned(),
        "/v1/datasets/skjema-11".to_owned(),
        "/pxwebapi/v2/tables".to_owned(),
        format!("/v1/datasets/skjema-11/microdata?year={YEAR}&filter[PERSON_FODSELSNR]={number}"),
        format!("/v1/datasets/skjema-11/microdata?year={YEAR}&columns=PERSON_FODSELSNR"),
        format!("/v1/datasets/skjema-11/microdata?year={YEAR}&columns=FODSELSDATO,SAKSBEHANDLER"),
        format!("/v1/datasets/skjema-11c/microdata?year={YEAR}&columns=PERSON_JOURNALNR"),
        format!("/v1/datasets/skjema-11c/microdata?year={YEAR}&cursor={number}"),
    ];
    for table in ["S1101", "S1102", "S1103", "S1104", "S1105", "S1106", "S1107", "S11C1"] {
        for format in ["json-stat2", "csv"] {
            addresses.push(format!("/pxwebapi/v2/tables/{table}/data?outputFormat={format}"));
        }
    }
    for dataset in ["skjema-11", "skjema-11c"] {
        for format in ["json&limit=10000", "csv", "arrow", "parquet"] {
            let address = format!("/v1/datasets/{dataset}/microdata?year={YEAR}&format={format}");
            addresses.push(address);
        }
    }
    for address in addresses {
        let answer = caller.get(&address);
        assert_nothing_of(needles, &answer.body, &address);
        for (name, value) in &answer.headers {
            assert_nothing_of(needles, value.as_bytes(), &format!("{name} of {address}"));
        }
        if answer.status == 200 && address.ends_with("parquet") {
            for value in Rows::parquet(&answer.body).rows.iter().flatten() {
                assert_nothing_of(needles, value.as_bytes(), &address);
            }
        }
    }
}

#[test]
fn who_somebody_is_is_found_nowhere_but_in_the_identified_answer_asked_for_by_name() {
    let installation = Installation::copy("canary");
    let planted = [Planted::in_file(Form::F11, 'A'), Planted::in_file(Form::F11C, 'C')];
    let mut needles: Vec<String> = Vec::new();
    let mut said = String::new();
    for planted in &planted {
        // The search finds what it is to find where it is.
        let file = std::fs::read(&planted.file).unwrap();
        for needle in planted.numbers.iter().chain(&planted.others).filter(|n| !n.contains('-')) {
            assert!(found(std::slice::from_ref(needle), &file).is_some());
        }
        needles.extend(planted.numbers.iter().chain(&planted.others).cloned());
        let (spoiled, wrong) = planted.spoiled();
        needles.push(wrong);
        let (accepted, report) = planted.import(&installation, &spoiled);
        assert!(!accepted && report.contains("PERSON_FODSELSNR"), "{report}");
        said += &report;
        let (accepted, report) = planted.import(&installation, &planted.file);
        assert!(accepted, "{report}");
        said += &report;
        let mut release = talkative(&installation);
        release.args(["release", "--form", planted.form.number(), "--year", &YEAR.to_string()]);
        let account = installation.path(&format!("{}.json", planted.form.number()));
        let output = release.arg("--report").arg(&account).output().unwrap();
        assert!(output.status.success(), "{}", words(&output));
        let page = std::fs::read_to_string(account.with_extension("html")).unwrap();
        assert!(page.contains("No attacker found anything."), "{page}");
        said += &words(&output);
    }
    assert_nothing_of(&needles, said.as_bytes(), "what the commands print");
    let folder = installation.path("");
    let node = Node::start(talkative(&installation), &folder);
    let number = &planted[0].numbers[0];
    ask_everything(&node.anyone(), &needles, number);
    for name in ["nav", "fredrikstad", "bld", "husbanken", "imdi", "ks", "auditor", "researcher"] {
        ask_everything(&node.caller(name), &needles, number);
    }
    assert_only_the_identified_answer_names(&node, &planted[1], &needles);
    let log = node.log();
    assert!(log.contains("DEBUG"), "the server logs at debug: {log}");
    assert_nothing_at_rest(&folder, &needles);
}

fn assert_only_the_identified_answer_names(node: &Node, planted: &Planted, needles: &[String]) {
    let nav = node.caller("nav");
    let address = format!("/v1/datasets/skjema-11c/microdata?year={YEAR}&format=csv");
    let purpose = format!("{address}&purpose=participant-follow-up");
    let named = nav.get_identified(&format!("{purpose}&columns=PERSON_FODSELSNR,STATUS")).ok();
    let rows = Rows::csv(&named);
    let numbers = rows.column("PERSON_FODSELSNR");
    for number in &planted.numbers {
        assert!(numbers.contains(&number.as_str()), "{number} is given to whoever is entitled");
    }
    // Even then what was not asked for stays: journal, birth date and caseworker.
    assert_nothing_of(&planted.others, &named.body, "the identified answer");
    for unnamed in [format!("{purpose}&columns=STATUS,REGION"), address.clone()] {
        let unnamed = nav.get(&unnamed).ok();
        assert_nothing_of(needles, &unnamed.body, "an answer that numbers were not asked of");
    }
    for name in ["fredrikstad", "imdi", "bld"] {
        let refused = node.caller(name).get(&format!("{purpose}&columns=PERSON_FODSELSNR"));
        assert_eq!(refused.status, 403, "{name}");
    }
}
