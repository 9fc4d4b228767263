use super::*;
use crate::Axis;
use hjemmel_kostra::months::{GROUPS, MONTHS, Month};
use hjemmel_kostra::{Division, Form, table};
use hjemmel_policy::{Grant, Policy, ProtectTables};

const YEAR: u16 = 2025;

fn permit() -> Grant<Protect> {
    let policy = Policy::build(Vec::new(), 0, &|_, _| Vec::new()).unwrap();
    let resource = ProtectTables { form: Form::F11M, year: YEAR };
    policy.permit_protection(resource, chrono::DateTime::UNIX_EPOCH)
}

/// Regions, months, recipients, those with children, kroner.
type Told<'a> = &'a [(&'a str, &'a str, u64, u64, u64)];

fn sealed(told: Told<'_>) -> Sealed<Protect, Months> {
    let leaves = Division::of(YEAR).unwrap().leaves().to_vec();
    let made = |column: &str, codes: Vec<String>| Axis { column: column.to_owned(), codes };
    let axes = vec![
        made("REGION", leaves.clone()),
        made("MAANED", MONTHS.map(str::to_owned).into()),
        made("GRUPPE", GROUPS.map(str::to_owned).into()),
    ];
    let mut codes = vec![Vec::new(); 3];
    let mut counts = Vec::new();
    let (mut kroner, mut places) = (BTreeMap::new(), BTreeSet::new());
    for (region, month, all, children, paid) in told {
        let record = [
            ("MOTTAKERE", *all),
            ("MED_BARN", *children),
            ("HOVEDKILDE", *all),
            ("UNDER_30", 0),
            ("KRONER", *paid),
            ("KVP_DELTAKERE", 0),
        ];
        let record = record.iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
        let find = |all: &[String], one: &str| {
            u32::try_from(all.iter().position(|code| code == one).unwrap()).unwrap()
        };
        for (group, count) in Month::of(&record.collect()).unwrap().groups {
            codes[0].push(find(&axes[0].codes, region));
            codes[1].push(find(&axes[1].codes, month));
            codes[2].push(find(&axes[2].codes, group));
            counts.push(count);
        }
        let place = ((*region).to_owned(), (*month).to_owned());
        kroner.insert(place.clone(), *paid);
        places.insert(place);
    }
    let counts = Microcube::new(axes, codes, counts, Vec::new()).unwrap();
    Sealed::new(permit(), Months { counts, kroner, told: places })
}

fn released(told: Told<'_>, before: Vec<EarlierMonths>, beside: &Beside) -> Protected {
    let tables = (table("S11M1").unwrap(), "mottakere", table("S11M2").unwrap());
    let rule = Rule::default();
    months(sealed(told), tables, &rule, (before, beside), &|_, _, _| {}).unwrap()
}

/// A cell by region, month and indicator; kroner where there is none.
fn cell(protected: &Protected, region: &str, month: &str, indicator: Option<&str>) -> Cell {
    let counts = table("S11M1").unwrap();
    let at = |dimension: usize, code: &str| {
        let values = counts.dimensions[dimension].values_of(YEAR);
        values.iter().position(|value| value.code == code).unwrap()
    };
    let place = at(0, region) * 12 + at(1, month);
    let content = protected.release.content();
    match indicator {
        Some(indicator) => content[0].cells[place * 8 + at(2, indicator)],
        None => content[1].cells[place],
    }
}

const TOLD: Told<'static> = &[
    ("3107", "01", 812, 230, 9_000_000),
    ("3107", "02", 790, 788, 8_000_000),
    ("3105", "01", 640, 100, 7_000_000),
    ("3105", "02", 655, 101, 7_100_000),
    ("3112", "01", 2, 1, 20_000),
    ("3112", "02", 0, 0, 0),
    ("3114", "01", 9, 4, 90_000),
    ("3114", "02", 11, 6, 91_000),
];

#[test]
fn kroner_follow_the_recipients_and_what_is_not_told_is_missing() {
    let made = released(TOLD, Vec::new(), &Beside::default());
    assert_eq!(cell(&made, "3107", "01", Some("mottakere")), Cell::Shown(812));
    assert_eq!(cell(&made, "3107", "01", None), Cell::Shown(9_000_000));
    for indicator in [Some("mottakere"), Some("med_barn"), None] {
        assert_eq!(cell(&made, "3112", "01", indicator), Cell::Withheld);
    }
    assert_eq!(cell(&made, "3112", "02", None), Cell::Shown(0));
    assert_eq!(cell(&made, "3107", "02", Some("uten_barn")), Cell::Withheld, "two of 790");
    assert_eq!(cell(&made, "3107", "02", Some("med_barn")), Cell::Withheld, "it would tell");
    for month in ["03", "12"] {
        assert_eq!(cell(&made, "3107", month, Some("kvp")), Cell::Missing);
        assert_eq!(cell(&made, "EAK", month, None), Cell::Missing);
    }
    assert_eq!(cell(&made, "0301", "01", None), Cell::Missing);
    // One withheld region of a county would follow from the county and the others.
    let county = ["3105", "3107", "3112", "3114", "EKA31", "EAK"];
    let withheld = county.iter().filter(|code| cell(&made, code, "01", None) == Cell::Withheld);
    assert!(withheld.count() >= 2);
}

#[test]
fn a_later_month_and_a_revision_are_protected_with_what_was_released_before() {
    let first = released(&TOLD[..1], Vec::new(), &Beside::default());
    let earlier = EarlierMonths { months: sealed(&TOLD[..1]), release: first.release };
    let second = released(TOLD, vec![earlier], &Beside::default());
    assert_eq!(cell(&second, "3107", "01", Some("med_barn")), Cell::Shown(230));
    let mut revised = TOLD.to_vec();
    revised[0].2 = 814;
    let earlier = EarlierMonths { months: sealed(TOLD), release: second.release };
    let third = released(&revised, vec![earlier], &Beside::default());
    assert_eq!(cell(&third, "3112", "01", Some("mottakere")), Cell::Withheld);
    assert!(matches!(
        cell(&third, "3107", "01", Some("mottakere")),
        Cell::Shown(814) | Cell::Withheld
    ));
}

#[test]
fn a_region_whose_year_is_withheld_shows_no_month_but_zeros() {
    let codes = ["mottakere", "med_barn", "uten_barn", "hovedkilde"];
    let withheld = codes.map(|code| ("3114".to_owned(), code.to_owned())).into();
    let beside = Beside { withheld, ..Beside::default() };
    let made = released(TOLD, Vec::new(), &beside);
    for month in ["01", "02"] {
        for indicator in ["mottakere", "med_barn", "uten_barn", "hovedkilde"] {
            assert_eq!(cell(&made, "3114", month, Some(indicator)), Cell::Withheld, "{indicator}");
        }
        assert_eq!(cell(&made, "3114", month, None), Cell::Withheld);
        assert_eq!(cell(&made, "3114", month, Some("kvp")), Cell::Shown(0));
    }
}

/// All twelve months of four municipalities; nobody had support in 3114 in the last two.
fn whole_year() -> Vec<(&'static str, &'static str, u64, u64, u64)> {
    let of_month = |month: &'static str| {
        let last = if WAITING.contains(&month) { 0 } else { 9 };
        [
            ("3107", month, 812, 230, 9_000_000),
            ("3105", month, 640, 100, 7_000_000),
            ("3112", month, 90, 40, 800_000),
            ("3114", month, last, last / 2, last * 10_000),
        ]
    };
    MONTHS.into_iter().flat_map(of_month).collect()
}

/// What the shown months of a region add up to, in any of the releases; `None` while one is not shown.
fn added_up(releases: &[&Protected], region: &str) -> Option<u64> {
    let of = |release: &&Protected, month: &str| match cell(release, region, month, None) {
        Cell::Shown(kroner) => Some(kroner),
        _ => None,
    };
    MONTHS.iter().map(|month| releases.iter().find_map(|release| of(release, month))).sum()
}

#[test]
fn months_never_add_up_to_a_sum_the_year_withholds() {
    let told = whole_year();
    let regions = ["3107", "3105", "3112", "3114", "EKA31", "EAK"];
    let to_come = Beside { sums_to_come: true, ..Beside::default() };
    let first = released(&told, Vec::new(), &to_come);
    for region in regions {
        assert!(matches!(cell(&first, region, "10", None), Cell::Shown(_)), "{region}");
        for month in WAITING {
            for of in [None, Some("mottakere"), Some("kvp")] {
                assert_eq!(cell(&first, region, month, of), Cell::Missing, "{region}");
            }
        }
        assert_eq!(added_up(&[&first], region), None, "{region}");
    }
    let earlier = || {
        let content = first.release.content().clone();
        let release = Release::new(content, first.release.protection(), None);
        vec![EarlierMonths { months: sealed(&told), release }]
    };

    // The year has come and shows all sums.
    let all = released(&told, earlier(), &Beside::default());
    for region in regions {
        assert!(added_up(&[&first, &all], region).is_some(), "{region}");
    }

    // It withholds that of a municipality, where somebody had support in every month or in none of the last two.
    for region in ["3112", "3114"] {
        let codes = ["mottakere", "med_barn", "uten_barn", "hovedkilde", "annen_kilde", "under_30"];
        let open = codes.into_iter().chain(["fra_30"]);
        let open = open.map(|code| (region.to_owned(), code.to_owned())).collect();
        let beside = Beside { open, ..Beside::default() };
        let later = released(&told, earlier(), &beside);
        assert_eq!(added_up(&[&first, &later], region), None, "{region}");
        let has_more = added_up(&[&first, &later], "EAK").is_some();
        assert_eq!(has_more, region == "3112", "the last months wait for good");
    }
}
