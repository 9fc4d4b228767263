use super::*;
use hjemmel_disclosure::Cell;
use hjemmel_kostra::code_list;

fn cube(table: &str, years: &[u16]) -> Cube {
    Cube::new(hjemmel_kostra::table(table).unwrap(), years.to_vec())
}

fn ids(cube: &Cube, at: usize) -> Vec<&'static str> {
    offered(cube, at).iter().map(|list| list.id.as_str()).collect()
}

#[test]
fn a_table_offers_the_lists_its_releases_hold_whole() {
    let recent = cube("S1101", &[2024, 2025]);
    let offered = ids(&recent, 0);
    for id in [
        "agg_Fylker",
        "agg_KostraGrupper",
        "agg_Landet",
        "vs_Kommuner",
        "vs_Bydeler",
        "agg_Folkemengde",
    ] {
        assert!(offered.contains(&id), "{id} is not in {offered:?}");
    }
    assert!(offered.contains(&"vs_Kommuner_0-1999") && offered.contains(&"agg_today"));
    assert!(!offered.contains(&"agg_Fylker_2020"));
    let aggregates = ids(&cube("S1105", &[2024]), 0);
    assert!(aggregates.contains(&"agg_Fylker") && !aggregates.contains(&"vs_Kommuner"));
    assert_eq!(ids(&cube("S1104", &[2024]), 2), ["vs_Aldersgrupper"]);
    assert!(ids(&recent, 1).is_empty());
}

#[test]
fn what_no_release_holds_has_a_neighbour_that_one_does() {
    let cube = cube("S1104", &[2024, 2025]);
    let list = code_list("agg_AlderNokkeltall").unwrap();
    assert_eq!(apply(&cube, 2, list).held, [true, false, false]);
    assert_eq!(nearest_held(&cube, 2, &list.items[1]), Some("45-66"));
    assert_eq!(nearest_list(&cube, 2, list), Some("vs_Aldersgrupper"));
    let kommuner = code_list("vs_Kommuner").unwrap();
    let aggregates = self::cube("S1105", &[2024, 2025]);
    assert!(apply(&aggregates, 0, kommuner).held.iter().all(|held| !held));
    for item in &kommuner.items {
        let near = nearest_held(&aggregates, 0, item).unwrap();
        assert!(near.starts_with('E') || near.starts_with('F'), "{near}");
    }
    assert_eq!(nearest_list(&aggregates, 0, kommuner), Some("agg_Fylker"));
}

#[test]
fn todays_municipality_is_the_one_it_was_and_never_a_sum() {
    let cube = cube("S1101", &[2016, 2023, 2024]);
    let list = code_list("agg_today").unwrap();
    let applied = apply(&cube, 0, list);
    let value = |code: &str| applied.values.iter().find(|value| value.code == code).unwrap();
    let own = |code: &str, at: usize| {
        let variable = &cube.variables[0];
        variable.values[variable.position(code).unwrap()].place(at)
    };
    let fredrikstad = value("3107");
    assert_eq!(fredrikstad.place(0), own("0106", 0));
    assert_eq!(fredrikstad.place(1), own("3004", 1));
    assert_eq!(fredrikstad.place(2), own("3107", 2));
    // Drammen is three merged municipalities, whose sum the release of the year holds as a region of its own, and
    // Ålesund a part of what it was.
    assert_eq!(
        (value("3301").place(0), value("1508").place(1)),
        (own("K-3301", 0), Place::NotHeld)
    );
    let years = [(0, 2016), (1, 2023), (2, 2024)];
    let told = not_carried(list, [value("3301"), value("1508")].into_iter(), &years);
    let told: Vec<(&str, u16, &str)> =
        told.iter().map(|one| (one.code.as_str(), one.year, one.why)).collect();
    assert!(told.contains(&("1508", 2016, "split")) && told.contains(&("1508", 2023, "split")));
    assert!(told.iter().all(|(code, year, _)| *code == "1508" && *year != 2024), "{told:?}");
}

#[test]
fn a_cell_that_cannot_be_carried_is_missing_and_the_others_are_the_releases_own() {
    let cube = cube("S1101", &[2023, 2024]);
    let list = code_list("agg_today").unwrap();
    let today = cube.with_values(0, apply(&cube, 0, list).values);
    let position = |code: &str| today.variables[0].position(code).unwrap();
    let sizes = [0, 1].map(|at: usize| {
        let year = cube.years[at];
        cube.table.dimensions.iter().map(|d| d.values_of(year).len()).product::<usize>()
    });
    let cells = sizes.map(|size| (0..size as u64).map(Cell::Shown).collect::<Vec<_>>());
    let cells: Vec<&[Cell]> = cells.iter().map(Vec::as_slice).collect();
    let mut seen = Vec::new();
    let selection = vec![vec![position("3107"), position("1508")], vec![0], vec![0], vec![0, 1]];
    today.visit(&selection, &cells, |cell| seen.push(cell));
    let own = |code: &str, at: usize| {
        let region = cube.variables[0].position(code).unwrap();
        Some(Cell::Shown(cube.index(at, &[region, 0]).unwrap() as u64))
    };
    assert_eq!(seen[..2], [own("3004", 0), own("3107", 1)]);
    assert_eq!(seen[2..], [Some(Cell::Missing), own("1508", 1)]);
}
