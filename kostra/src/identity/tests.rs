use proptest::prelude::*;

use super::*;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn strict_validity_is_two_check_digits() {
    for number in ["05011399292", "41011088188", "01840699478", "24101219220"] {
        assert!(is_strictly_valid(number) && is_widely_valid(number), "{number}");
    }
    for number in ["01840612345", "01020304050", "12345612345", "01000000040", "01811088188"] {
        assert!(!is_strictly_valid(number) && !is_widely_valid(number), "{number}");
    }
    for number in ["", "5011399292", "050113992920", "0501139929A", "05011399292 ", "٠٥٠"] {
        assert!(!is_strictly_valid(number) && !is_widely_valid(number), "{number}");
    }
}

#[test]
fn wide_validity_adds_stand_ins_with_a_real_date() {
    for number in ["05012999999", "01018000100", "01018000200", "29022400100"] {
        assert!(!is_strictly_valid(number) && is_widely_valid(number), "{number}");
    }
    for number in ["32018000100", "30021300200", "01131200100", "01018000300"] {
        assert!(!is_widely_valid(number), "{number}");
    }
}

#[test]
fn kinds_are_told_apart() {
    for (number, kind) in [
        ("05011399292", NumberKind::Fodselsnummer),
        ("24101219220", NumberKind::Fodselsnummer),
        ("41011088188", NumberKind::DNummer),
        ("01840699478", NumberKind::Synthetic),
        ("01018000100", NumberKind::StandIn),
        ("05012999999", NumberKind::StandIn),
        ("201017238203", NumberKind::Duf),
        ("201012345678", NumberKind::Unknown),
        ("12345612345", NumberKind::Unknown),
        ("           ", NumberKind::Missing),
        ("", NumberKind::Missing),
    ] {
        assert_eq!(classify(number), kind, "{number}");
    }
}

#[test]
fn duf_numbers_have_two_control_digits() {
    for number in ["201017238203", "200816832910"] {
        assert!(is_valid_duf(number), "{number}");
    }
    for number in ["201012345678", "241012192200", "20101723820", "2010172382030", ""] {
        assert!(!is_valid_duf(number), "{number}");
    }
}

#[test]
fn the_century_follows_the_individual_number() {
    for (individual, short, expected) in [
        (0, 0, 1900),
        (499, 99, 1900),
        (500, 39, 2000),
        (500, 40, 2000),
        (500, 53, 2000),
        (500, 54, 1800),
        (749, 99, 1800),
        (750, 99, 2000),
        (899, 54, 2000),
        (900, 39, 2000),
        (900, 40, 1900),
        (999, 99, 1900),
    ] {
        assert_eq!(century(individual, short), expected, "{individual} {short}");
    }
}

#[test]
fn birth_dates_are_read_from_every_kind() {
    for (number, date) in [
        ("05011399292", day(2013, 1, 5)),
        ("24101219220", day(1912, 10, 24)),
        ("41011088188", day(2010, 1, 1)),
        ("01811088188", day(2010, 1, 1)),
        ("01840699478", day(2006, 4, 1)),
        ("01018000100", day(1980, 1, 1)),
    ] {
        assert_eq!(birth_date(number, 2025), Some(date), "{number}");
    }
    assert_eq!(birth_date("32018012345", 2025), None);
    assert_eq!(birth_date("201017238203", 2025), None);
}

#[test]
fn stand_ins_are_recent_up_to_the_year_after_the_reporting_year() {
    assert_eq!(birth_date("01012600100", 2025), Some(day(2026, 1, 1)));
    assert_eq!(birth_date("31122699999", 2025), Some(day(2026, 12, 31)));
    assert_eq!(birth_date("01012700100", 2025), Some(day(1927, 1, 1)));
    assert_eq!(birth_date("29020000100", 2025), Some(day(2000, 2, 29)));
}

#[test]
fn only_numbers_of_one_person_link() {
    let linking = NumberKind::ALL.map(NumberKind::links);
    assert_eq!(linking, [true, true, true, false, true, false, false]);
}

#[test]
fn a_stand_in_ending_never_links_even_with_right_check_digits() {
    let fits = |date: &NaiveDate| is_strictly_valid(&stand_in(*date, Sex::Man));
    let date = day(1940, 1, 1).iter_days().take(20_000).find(fits).unwrap();
    assert_eq!(classify(&stand_in(date, Sex::Man)), NumberKind::StandIn);
}

prop_compose! {
    fn birth()(offset in 0u64..62_000) -> NaiveDate {
        day(1854, 1, 1) + chrono::Days::new(offset)
    }
}

proptest! {
    #[test]
    fn synthetic_numbers_are_valid_and_give_the_birth_date_back(
        birth in birth(),
        individual in 0u16..1100,
    ) {
        if let Some(number) = synthetic(birth, individual) {
            prop_assert!(is_strictly_valid(&number) && is_test_number(&number));
            prop_assert_eq!(classify(&number), NumberKind::Synthetic);
            prop_assert_eq!(birth_date(&number, 2025), Some(birth));
            let middle = format!("{individual:03}");
            prop_assert_eq!(&number[6..9], middle.as_str());
        }
    }

    #[test]
    fn most_individual_numbers_of_the_century_have_check_digits(birth in birth()) {
        let made = (0..1000).filter(|&n| synthetic(birth, n).is_some()).count();
        let possible = match birth.year() {
            ..=1899 => 250,
            1940..=1999 => 600,
            _ => 500,
        };
        prop_assert!(made * 10 > possible * 7 && made <= possible, "{} of {}", made, possible);
    }

    #[test]
    fn stand_ins_are_wide_and_never_ordinary(birth in birth(), woman: bool) {
        let number = stand_in(birth, if woman { Sex::Woman } else { Sex::Man });
        prop_assert!(is_widely_valid(&number) || birth.month() == 2 && birth.day() == 29);
        prop_assert!(!is_test_number(&number));
        prop_assert!(!classify(&number).links());
    }

    #[test]
    fn one_wrong_digit_is_always_found(at in 0usize..11, add in 1u8..10) {
        for number in ["05011399292", "41011088188", "01840699478"] {
            let mut bytes = number.as_bytes().to_vec();
            bytes[at] = b'0' + (bytes[at] - b'0' + add) % 10;
            prop_assert!(!is_strictly_valid(std::str::from_utf8(&bytes).unwrap()));
        }
    }

    #[test]
    fn any_text_has_a_kind(text in "\\PC{0,14}") {
        let kind = classify(&text);
        prop_assert!(kind != NumberKind::Missing || text.trim_matches(' ').is_empty());
    }
}
