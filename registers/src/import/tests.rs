use super::*;
use crate::tests::{edition, file, number, registers};
use std::{fs, io};

fn left_behind(registers: &Registers, edition: &EditionRef) -> Vec<String> {
    let entries = fs::read_dir(edition.folder(registers.root()));
    let names = entries.into_iter().flatten().flatten();
    names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_bad_record_refuses_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let edition = edition(2024);
    let good = file(2024, &[&[]]);
    let secret = number(5);
    let cases: [(String, u64, &str); 4] = [
        (format!("{good}{good}{}", file(2024, &[&[("BIDRAG", "12x")]])), 3, "BIDRAG"),
        (format!("{good}{}", file(2024, &[&[("VEDTAKDATO", "320124")]])), 2, "VEDTAKDATO"),
        (format!("{}\n{good}", &good[..300]), 1, "record"),
        (file(2024, &[&[("KOMMUNE_NR", "x"), ("PERSON_FODSELSNR", &secret)]]), 1, "KOMMUNE_NR"),
    ];
    for (text, line, field) in cases {
        let error = registers.import(&edition, text.as_bytes(), &mut |_| ()).unwrap_err();
        assert!(!error.to_string().contains(&secret));
        let Error::Line { line: at, field: told, .. } = error else { panic!("{error}") };
        assert_eq!((at, told.as_str()), (line, field));
        assert_eq!(left_behind(&registers, &edition), [""; 0]);
    }
    assert!(registers.import(&edition, good.as_bytes(), &mut |_| ()).is_ok());
}

#[test]
fn many_blocks_keep_the_order_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let text = file(2024, &[&[]]).repeat(30_000);
    let bad = format!("{text}{}{text}", file(2024, &[&[("BIDRAG", "x")]]));
    let error = registers.import(&edition(2024), bad.as_bytes(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::Line { line: 30_001, .. }), "{error}");
    let mut seen = Vec::new();
    let made = registers.import(&edition(2024), text.as_bytes(), &mut |done| seen.push(done));
    let made = made.unwrap();
    assert_eq!((made.records, made.bytes), (30_000, text.len() as u64));
    assert!(seen.is_sorted() && seen.last() == Some(&made.bytes));
}

#[test]
fn a_full_disk_leaves_nothing() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.0.checked_sub(bytes.len());
            self.0 = room.ok_or(io::Error::from(io::ErrorKind::StorageFull))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let (edition, text) = (edition(2024), file(2024, &[&[]]).repeat(20_000));
    let plan = Plan::of(&edition).unwrap();
    for room in [2, 1_000, 300_000] {
        let source = text.as_bytes();
        let full = registers.import_into(&edition, &plan, source, Full(room), &mut |_| ());
        let is_full = |error: &io::Error| error.kind() == io::ErrorKind::StorageFull;
        assert!(matches!(&full, Err(Error::Io { source, .. }) if is_full(source)), "{full:?}");
    }
    let new = NewFile::create(registers.root(), &edition).unwrap();
    drop(new);
    assert_eq!(left_behind(&registers, &edition), [""; 0]);
}

#[test]
fn one_of_two_imports_at_once_wins() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let (edition, text) = (edition(2024), file(2024, &[&[]]).repeat(5_000));
    let import = || registers.import(&edition, text.as_bytes(), &mut |_| ());
    let results = thread::scope(|scope| {
        let other = scope.spawn(import);
        [import(), other.join().unwrap()]
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let lost = results.iter().find_map(|result| result.as_ref().err());
    assert!(matches!(lost, Some(Error::Exists(_))));
    assert_eq!(left_behind(&registers, &edition), ["part-0.parquet"]);
}

#[test]
fn what_a_crash_left_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let edition = edition(2024);
    fs::create_dir_all(edition.folder(registers.root())).unwrap();
    fs::write(edition.folder(registers.root()).join(".importing-x"), "half").unwrap();
    registers.import(&edition, file(2024, &[&[]]).as_bytes(), &mut |_| ()).unwrap();
    assert_eq!(left_behind(&registers, &edition), ["part-0.parquet"]);
}
