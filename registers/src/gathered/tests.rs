use super::*;
use crate::tests::{number, record, registers};
use hjemmel_kostra::Layout;
use hjemmel_policy::{Policy, ProtectTables};
use uuid::Uuid;

const YEAR: u16 = 2017;

fn permit(form: Form) -> Grant<Protect> {
    let policy = Policy::build(Vec::new(), 0, &|_, _| Vec::new()).unwrap();
    policy.permit_protection(ProtectTables { form, year: YEAR }, chrono::DateTime::UNIX_EPOCH)
}

fn deposit(registers: &Registers, form: Form, lines: &[String]) -> DepositRef {
    let reference = DepositRef { form, year: YEAR, id: Uuid::new_v4() };
    let mut deposit = registers.deposit(&reference).unwrap();
    for line in lines {
        deposit.add(line.as_bytes()).unwrap();
    }
    deposit.keep().unwrap();
    reference
}

/// A person born on a day of their own.
fn person(which: u32) -> String {
    number(300 * which)
}

fn delivered(number: &str, kommune: &str, start: &str, kroner: &str) -> String {
    let layout = Layout::of(Form::F11B, YEAR).unwrap();
    let given = [
        ("felt_1", kommune),
        ("felt_3", ""),
        ("felt_6", number),
        ("felt_7", ""),
        ("felt_10", start),
        ("felt_14", ""),
        ("felt_16_1", kroner),
    ];
    record(layout, &given)
}

fn registered(number: &str, kommune: &str, start: &str, kroner: &str) -> String {
    format!(
        r#"{{"KOMMUNE_NR":"{kommune}","AAR":"2017","PERSON_FODSELSNR":"{number}","STARTDATO":"{start}","SLUTTDATO":"","STONAD":"{kroner}"}}"#
    )
}

fn axes() -> Vec<Axis> {
    let axis = |column: &str, codes: &[&str]| Axis {
        column: column.to_owned(),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
    };
    vec![axis("REGION", &["0104", "0106"]), axis("SAMSVAR", &["1", "2", "3", "4", "5", "6", "7"])]
}

#[test]
fn persons_are_compared_and_only_a_seal_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let of_kommune = deposit(
        &registers,
        Form::F11B,
        &[
            delivered(&person(1), "0106", "010216", "100"),
            delivered(&person(2), "0106", "010216", "100"),
            delivered(&person(3), "0106", "010216", "100"),
            delivered(&person(4), "0106", "010216", "100"),
            delivered(&person(5), "0106", "010216", "100"),
            delivered("01018000100", "0106", "010216", "100"),
            delivered(&person(7), "0104", "010216", "100"),
        ],
    );
    let of_register = deposit(
        &registers,
        Form::Nir,
        &[
            registered(&person(1), "0106", "2016-02-01", "100"),
            registered(&person(2), "0106", "2016-03-01", "100"),
            registered(&person(3), "0106", "2016-02-01", "90"),
            registered(&person(4), "0106", "2016-03-01", "90"),
            registered(&person(6), "0106", "2016-02-01", "100"),
            registered(&person(7), "0106", "2016-02-01", "100"),
        ],
    );
    let mut rows = Rows::new(axes());
    let mut both = Both::new();
    registers.delivered(YEAR, vec![of_kommune], &mut both, &mut rows).unwrap();
    registers.registered(vec![of_register], &mut both).unwrap();
    let mut found: Vec<(String, &str)> = both
        .iter()
        .map(|((region, _), (one, other))| {
            (region.as_str().to_owned(), Agreement::of(*one, *other).unwrap().code())
        })
        .collect();
    found.sort();
    let expected = [
        ("0104", "5"),
        ("0106", "1"),
        ("0106", "2"),
        ("0106", "3"),
        ("0106", "4"),
        ("0106", "5"),
        ("0106", "6"),
        ("0106", "6"),
    ];
    assert_eq!(found, expected.map(|(region, code)| (region.to_owned(), code)));
    assert_eq!(rows.counts.into_iter().collect::<Vec<_>>(), [(vec![1, 6], 1)], "without a number");

    let sealed =
        registers.agreement(permit(Form::F11B), vec![of_kommune], vec![of_register], axes());
    assert_eq!(format!("{:?}", sealed.unwrap()), "Sealed(..)");
    let none = registers.agreement(permit(Form::F11B), vec![of_kommune], vec![], axes());
    assert!(none.is_ok());
    for (permit, delivered, registered) in [
        (permit(Form::F11), of_kommune, of_register),
        (permit(Form::F11B), of_register, of_register),
        (permit(Form::F11B), of_kommune, of_kommune),
    ] {
        let refused = registers.agreement(permit, vec![delivered], vec![registered], axes());
        assert!(matches!(refused, Err(Error::Mismatch(_))));
    }
    let mut few = axes();
    few[0].codes.pop();
    let outside = registers.agreement(permit(Form::F11B), vec![of_kommune], vec![], few);
    assert!(matches!(outside, Err(Error::Column { .. })));
}

#[test]
fn a_person_in_two_places_is_one_person_of_the_cube() {
    let mut rows = Rows::new(axes());
    for (person, region) in [("a", "0104"), ("a", "0106"), ("b", "0106")] {
        let region = Region::new(region, "").unwrap();
        let row = rows.add(|column| value(column, &region, Agreement::Alike), 1).unwrap();
        rows.persons.entry(person.into()).or_default().push(row);
    }
    let index: Vec<_> = rows.counts.values().copied().collect();
    assert_eq!(index, [1, 2]);
    assert!(rows.cube().is_ok());
}
