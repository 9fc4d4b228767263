use super::*;
use crate::cipher::Place;

fn keys() -> Keys {
    Keys::draw().unwrap()
}

fn person(keys: &Keys, number: &str) -> Vec<u8> {
    let mut out = Vec::new();
    keys.cipher().seal_person(number.as_bytes(), &mut out).unwrap();
    out
}

fn in_row(keys: &Keys, line: u64) -> Vec<u8> {
    let (mut out, place) = (Vec::new(), Place { year: 2024, version: 1, line });
    keys.cipher().seal_in_row("PERSON_FODSELSNR", place, b"01018000100", &mut out).unwrap();
    out
}

#[test]
fn keys_are_the_same_when_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let made = Keys::create(&path).unwrap();
    let read = Keys::load(&path).unwrap();
    let sealed = person(&made, "12345");
    assert_eq!(read.reveal("_person", &sealed).unwrap(), "12345");
    assert_eq!(made.archive_key(), read.archive_key());
    assert_eq!(made.pseudonym("a", &sealed), read.pseudonym("a", &sealed));
    assert!(matches!(Keys::create(&path), Err(Error::Keys { .. })), "would overwrite");
}

#[cfg(unix)]
#[test]
fn a_key_file_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    Keys::create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(Keys::load(&path).is_err());
}

#[test]
fn pseudonyms_are_of_one_namespace_alone() {
    let keys = keys();
    let (one, other) = (person(&keys, "1"), person(&keys, "2"));
    let first = keys.pseudonym("grant-a", &one).unwrap();
    assert_eq!(first.len(), 32);
    assert_eq!(first, keys.pseudonym("grant-a", &person(&keys, "1")).unwrap());
    assert_ne!(first, keys.pseudonym("grant-b", &one).unwrap());
    assert_ne!(first, keys.pseudonym("grant-a", &other).unwrap());
}

#[test]
fn a_stand_in_looks_different_in_every_row_and_gets_no_pseudonym() {
    let keys = keys();
    let (one, other) = (in_row(&keys, 1), in_row(&keys, 2));
    assert_ne!(one.get(9..), other.get(9..));
    assert_eq!(keys.reveal("PERSON_FODSELSNR", &one).unwrap(), "01018000100");
    assert_eq!(keys.reveal("PERSON_FODSELSNR", &other).unwrap(), "01018000100");
    assert_eq!(keys.pseudonym("a", &one), Err(NotOurs));
}

#[test]
fn what_is_not_ours_does_not_open() {
    let keys = keys();
    let mut sealed = in_row(&keys, 1);
    assert_eq!(keys.reveal("PERSON_DUF", &sealed), Err(NotOurs), "another column");
    assert_eq!(self::keys().reveal("PERSON_FODSELSNR", &sealed), Err(NotOurs), "another key");
    *sealed.last_mut().unwrap() ^= 1;
    assert_eq!(keys.reveal("PERSON_FODSELSNR", &sealed), Err(NotOurs), "altered");
    for short in [&[][..], &[1], &[2, 0, 0], &[9; 40]] {
        assert_eq!(keys.reveal("PERSON_FODSELSNR", short), Err(NotOurs));
        assert_eq!(keys.pseudonym("a", short), Err(NotOurs));
    }
}
