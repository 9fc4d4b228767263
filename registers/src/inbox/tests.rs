use super::*;
use crate::tests::{edition, file, registers};
use std::fs;

fn delivery(year: u16) -> DepositRef {
    DepositRef { form: Form::F11, year, id: Uuid::new_v4() }
}

fn keep(registers: &Registers, delivery: &DepositRef, text: &str) {
    let mut deposit = registers.deposit(delivery).unwrap();
    text.lines().for_each(|line| deposit.add(line.as_bytes()).unwrap());
    deposit.keep().unwrap();
}

fn read(registers: &Registers, deliveries: &[DepositRef]) -> io::Result<String> {
    let mut text = String::new();
    registers.collected(deliveries.to_vec()).read_to_string(&mut text).map(|_| text)
}

#[test]
fn what_was_deposited_comes_back_in_order_and_rests_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let long = file(2024, &[&[]]).repeat(1_000);
    let texts = ["a\nb\n", "", &*long, "c\n"];
    let deliveries = texts.map(|text| {
        let one = delivery(2024);
        keep(&registers, &one, text);
        let rests = fs::read(one.file(registers.root())).unwrap();
        assert!(!rests.windows(6).any(|bytes| bytes == b"Bj\xc3\xb8rn"));
        one
    });
    assert_eq!(read(&registers, &deliveries).unwrap(), texts.concat());
    assert_eq!(read(&registers, &[deliveries[3], deliveries[0]]).unwrap(), "c\na\nb\n");
    assert_eq!(registers.deposits(Form::F11, 2024).unwrap().len(), 4);
    assert!(registers.deposits(Form::F11, 2023).unwrap().is_empty());
    let collected = registers.collected(deliveries.to_vec().split_off(2)[..1].to_vec());
    let made = registers.import(&edition(2024), collected, &mut |_| ()).unwrap();
    assert_eq!(made.records, 1_000);
    registers.discard_deposit(&deliveries[0]).unwrap();
    registers.discard_deposit(&deliveries[0]).unwrap();
    assert!(read(&registers, &deliveries[..1]).is_err());
}

#[test]
fn a_file_that_was_cut_changed_or_exchanged_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let long = file(2024, &[&[]]).repeat(500);
    let (one, other) = (delivery(2024), delivery(2024));
    keep(&registers, &one, &long);
    keep(&registers, &other, &long);
    let path = one.file(registers.root());
    let sound = fs::read(&path).unwrap();
    let part = HEAD + u32::from_le_bytes(sound[1..5].try_into().unwrap()) as usize;
    let swapped = [&sound[part..2 * part], &sound[..part], &sound[2 * part..]].concat();
    let mut flipped = sound.clone();
    flipped[part + 40] ^= 1;
    let mut ended_early = sound[..part].to_vec();
    ended_early[0] = 1;
    let foreign = fs::read(other.file(registers.root())).unwrap();
    let more = [&sound[..], b"x"].concat();
    for (name, bytes) in [
        ("cut", &sound[..sound.len() - 1]),
        ("cut after a part", &sound[..part]),
        ("said to be the last", &ended_early),
        ("swapped", &swapped),
        ("flipped", &flipped),
        ("of another delivery", &foreign),
        ("with more behind it", &more),
        ("empty", b""),
    ] {
        fs::write(&path, bytes).unwrap();
        assert!(read(&registers, &[one]).is_err(), "{name}");
    }
    fs::write(&path, &sound).unwrap();
    assert_eq!(read(&registers, &[one]).unwrap(), long);
}

#[test]
fn what_is_not_kept_is_gone_and_a_crashed_arrival_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let one = delivery(2024);
    let names = || {
        let entries = fs::read_dir(one.folder(registers.root())).unwrap().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let mut deposit = registers.deposit(&one).unwrap();
    deposit.add(b"x").unwrap();
    let crashed = one.folder(registers.root()).join(format!("{PREFIX}left"));
    fs::write(&crashed, b"half").unwrap();
    // Another one arrives meanwhile: what lives stays, what crashed goes.
    keep(&registers, &delivery(2024), "y\n");
    assert!(!crashed.exists());
    assert_eq!(names().len(), 2);
    drop(deposit);
    assert_eq!(names().len(), 1);
    let mut again = registers.deposit(&one).unwrap();
    again.add(b"x").unwrap();
    again.keep().unwrap();
    assert!(registers.deposit(&one).unwrap().keep().is_err(), "a delivery's file never changes");
    assert_eq!(read(&registers, &[one]).unwrap(), "x\n");
}

#[test]
fn a_rehearsal_says_what_an_edition_would_stumble_over_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let good = file(2024, &[&[]]);
    registers.rehearse(Form::F11, 2024, good.as_bytes(), 1).unwrap();
    let bad = good + file(2024, &[&[("BIDRAG", "12x")]]).as_str();
    let error = registers.rehearse(Form::F11, 2024, bad.as_bytes(), 7).unwrap_err();
    assert!(matches!(error, Error::Line { line: 8, .. }), "{error}");
    assert!(registers.rehearse(Form::F13, 2024, b"", 1).is_err());
    assert_eq!(fs::read_dir(registers.root()).unwrap().count(), 0);
}
