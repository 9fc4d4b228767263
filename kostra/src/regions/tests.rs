use super::*;
use std::collections::BTreeSet;

#[test]
fn every_listed_year_can_be_read() {
    for (year, kommuner) in read::SOURCES {
        let division = read::division(year, kommuner).expect("the file is whole");
        assert_eq!(division.kommuner.len() - 1 + division.bydeler.len(), division.leaves.len());
    }
    assert_eq!(Division::years().count(), read::SOURCES.len());
    assert!(Division::of(2019).is_none());
}

#[test]
fn the_divisions_have_the_official_sizes() {
    let sizes = |year| {
        let division = Division::of(year).expect("a division");
        (
            division.kommuner.len(),
            division.fylker.len(),
            division.grupper.len(),
            division.leaves().len(),
        )
    };
    assert_eq!(sizes(2016), (423, 19, 15, 437));
    assert_eq!(sizes(2023), (356, 11, 17, 370));
    assert_eq!(sizes(2024), (357, 15, 17, 371));
    assert_eq!(sizes(2025), (357, 15, 17, 371));
    assert_eq!(sizes(2026), (357, 15, 17, 371));
}

#[test]
fn each_level_covers_every_leaf_exactly_once() {
    for year in Division::years() {
        let division = Division::of(year).expect("a division");
        let mut whole: Vec<_> = division.leaves().to_vec();
        whole.sort();
        // The groups of 2017 are not known.
        let levels = [Level::Kommune, Level::Fylke, Level::KostraGroup];
        for level in levels.into_iter().take(if year == 2017 { 2 } else { 3 }) {
            let values = division.values().iter().filter(|value| value.level == level);
            let mut covered: Vec<_> = values.flat_map(|value| value.leaves.clone()).collect();
            covered.sort();
            assert_eq!(covered, whole, "{level:?} {year}");
        }
        let codes: BTreeSet<_> = division.values().iter().map(|value| &value.code).collect();
        assert_eq!(codes.len(), division.values().len());
    }
}

#[test]
fn oslo_is_its_fifteen_bydeler_and_the_country_without_it_has_none() {
    let division = Division::of(2024).expect("a division");
    let oslo = division.leaves_of("0301").expect("Oslo");
    assert_eq!((oslo.len(), oslo[0].as_str(), oslo[14].as_str()), (15, "030101", "030115"));
    assert_eq!(division.leaves_of("EKA03"), Some(oslo));
    assert_eq!(division.leaves_of("EKG13"), Some(oslo));
    let without = division.leaves_of("EAKUO").expect("the country without Oslo");
    assert_eq!(without.len() + 15, division.leaves_of("EAK").expect("the country").len());
    assert!(without.iter().all(|leaf| leaf.len() == 4));
}

#[test]
fn regions_are_published_from_the_country_down_to_the_bydeler_and_then_by_size() {
    let division = Division::of(2024).expect("a division");
    let values = division.values();
    assert_eq!(values[0].code, "EAK");
    assert_eq!(values[1].code, "EAKUO");
    assert_eq!((values[2].code.as_str(), values[2].label.nb.as_str()), ("EKA03", "Oslo"));
    assert_eq!(values[values.len() - 8].code, "030115");
    assert_eq!(values.last().map(|value| value.code.as_str()), Some("F100000-"));
    assert_eq!(division.aggregates().count(), 2 + 15 + 17 + 7);
    assert!(division.values().iter().all(|value| value.level != Level::Merged), "none of 2024");
    assert_eq!(division.value("3107").map(|value| value.label.nb.as_str()), Some("Fredrikstad"));
    assert_eq!(division.value("EKG01").map(|v| v.label.en.as_str()), Some("KOSTRA group 01"));
    assert!(division.value("9999").is_none());
}

#[test]
fn the_names_of_2016_are_those_of_its_time() {
    let division = Division::of(2016).expect("a division");
    let name = |code| division.value(code).map(|value| value.label.nb.as_str());
    assert_eq!(name("0720"), Some("Stokke"));
    assert_eq!(name("EKA16"), Some("Sør-Trøndelag"));
    assert_eq!(division.leaves_of("EKG15").map(<[String]>::len), Some(15));
}

#[test]
fn every_municipality_is_of_one_size_where_inhabitants_are_known() {
    for year in Division::years() {
        let division = Division::of(year).expect("a division");
        let sizes: Vec<&Value> =
            division.values().iter().filter(|value| value.level == Level::Size).collect();
        if !(2023..2026).contains(&year) {
            assert!(sizes.is_empty(), "{year}");
            continue;
        }
        let mut covered: Vec<_> = sizes.iter().flat_map(|value| value.leaves.clone()).collect();
        let mut whole: Vec<_> = division.leaves().to_vec();
        covered.sort();
        whole.sort();
        assert_eq!((sizes.len(), covered), (7, whole), "{year}");
        assert!(sizes[6].leaves.contains(&"030101".to_owned()), "{year}");
    }
}

#[test]
fn todays_municipalities_that_were_several_are_regions_of_those_years() {
    let merged = |year| -> Vec<&Value> {
        let division = Division::of(year).expect("a division");
        division.values().iter().filter(|value| value.level == Level::Merged).collect()
    };
    let of_2016 = merged(2016);
    assert!(of_2016.len() > 30, "{}", of_2016.len());
    let drammen = of_2016.iter().find(|value| value.code == "K-3301").expect("Drammen");
    assert_eq!(drammen.label.en, "Drammen (today's municipality)");
    assert_eq!(drammen.leaves.len(), 3);
    let mut seen = BTreeSet::new();
    for value in of_2016 {
        let code = value.code.trim_start_matches("K-");
        let before = changes::before(code, 2016);
        assert_eq!(before, Some(&changes::Before::Merged(value.leaves.clone())), "{code}");
        assert!(value.leaves.iter().all(|leaf| seen.insert(leaf)), "{code} shares one");
    }
    for year in [2020, 2021, 2022, 2023, 2024, 2025, 2026] {
        assert!(merged(year).is_empty(), "{year}");
    }
}
