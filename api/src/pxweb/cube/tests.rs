use super::*;

const TABLE: &str = "S1101";

fn cube(years: &[u16]) -> Cube {
    Cube::new(hjemmel_kostra::table(TABLE).unwrap(), years.to_vec())
}

/// Cells that tell where they come from: the year and the place within it.
fn numbered(cube: &Cube, at: usize) -> Vec<Cell> {
    let size: usize = cube.shapes[at].iter().product();
    let year = u64::from(cube.years[at]) * 1_000_000;
    (0..size as u64).map(|place| Cell::Shown(year + place)).collect()
}

fn position(cube: &Cube, variable: usize, code: &str) -> usize {
    cube.variables[variable].position(code).unwrap()
}

fn visited(cube: &Cube, selection: &Positions) -> Vec<Option<Cell>> {
    let cells: Vec<Vec<Cell>> = (0..cube.years.len()).map(|at| numbered(cube, at)).collect();
    let cells: Vec<&[Cell]> = cells.iter().map(Vec::as_slice).collect();
    let mut all = Vec::new();
    cube.visit(selection, &cells, |cell| all.push(cell));
    all
}

#[test]
fn years_are_sorted_and_each_there_once() {
    let cube = cube(&[2024, 2016, 2024]);
    assert_eq!(cube.years, [2016, 2024]);
    let codes: Vec<&str> = cube.variables[3].values.iter().map(|v| v.code.as_str()).collect();
    assert_eq!(codes, ["2016", "2024"]);
}

#[test]
fn variables_are_the_dimensions_then_contents_then_time() {
    let cube = cube(&[2024]);
    let codes: Vec<&str> = cube.variables.iter().map(|v| v.code.as_str()).collect();
    assert_eq!(codes, ["Region", "HovedInntekt", CONTENTS, TIME]);
    let roles: Vec<Role> = cube.variables.iter().map(|v| v.role).collect();
    assert_eq!(roles, [Role::Geo, Role::Classification, Role::Metric, Role::Time]);
    assert_eq!(cube.variable("TIME"), Some(3));
    assert_eq!(cube.variable("region"), Some(0));
    assert_eq!(cube.variable("none"), None);
    assert_eq!(cube.variables[0].elimination, Some(position(&cube, 0, "EAK")));
    assert_eq!(cube.variables[2].elimination, None);
}

#[test]
fn a_region_of_another_years_division_cannot_occur() {
    let cube = cube(&[2016, 2024]);
    // Fredrikstad was 0106 in 2016 and is 3107 since 2024; the whole country is there in both.
    let regions = ["EAK", "0106", "3107"].map(|code| position(&cube, 0, code));
    for (code, in_2016, in_2024) in
        [("EAK", true, true), ("0106", true, false), ("3107", false, true)]
    {
        let at = [position(&cube, 0, code), 0];
        assert_eq!(cube.index(0, &at).is_some(), in_2016, "{code}");
        assert_eq!(cube.index(1, &at).is_some(), in_2024, "{code}");
    }
    let selection = vec![regions.to_vec(), vec![0], vec![0], vec![0, 1]];
    let occurs: Vec<bool> = visited(&cube, &selection).iter().map(Option::is_some).collect();
    assert_eq!(occurs, [true, true, true, false, false, true]);
}

#[test]
fn every_cell_is_found_where_the_table_of_its_year_has_it() {
    let cube = cube(&[2016, 2024]);
    for (year_at, year) in [2016u16, 2024].into_iter().enumerate() {
        let regions = &cube.table.dimensions[0].values[&year];
        let incomes = &cube.table.dimensions[1].values[&year];
        for (row, region) in regions.iter().enumerate() {
            for (column, income) in incomes.iter().enumerate() {
                let at = [position(&cube, 0, &region.code), position(&cube, 1, &income.code)];
                let expected = row * incomes.len() + column;
                assert_eq!(cube.index(year_at, &at), Some(expected), "{} {year}", region.code);
            }
        }
    }
}

#[test]
fn visiting_is_row_major_with_time_fastest() {
    let cube = cube(&[2016, 2024]);
    let whole = position(&cube, 0, "EAK");
    let selection = vec![vec![whole], vec![0, 2], vec![0], vec![0, 1]];
    let base = [2016u64, 2024].map(|year| year * 1_000_000);
    let at = |year: usize, income| cube.index(year, &[whole, income]).unwrap() as u64 + base[year];
    let expected = [at(0, 0), at(1, 0), at(0, 2), at(1, 2)].map(|n| Some(Cell::Shown(n)));
    assert_eq!(visited(&cube, &selection), expected);
}

#[test]
fn a_year_without_cells_shows_none() {
    let cube = cube(&[2024]);
    let mut all = Vec::new();
    cube.visit(&vec![vec![0], vec![0], vec![0], vec![0]], &[&[]], |cell| all.push(cell));
    assert_eq!(all, [None]);
}

#[test]
fn names_are_those_of_the_latest_year() {
    let cube = cube(&[2016, 2024]);
    let whole = position(&cube, 0, "EAK");
    let latest = &cube.table.dimensions[0].values[&2024];
    let latest = latest.iter().find(|value| value.code == "EAK").unwrap();
    assert_eq!(cube.variables[0].values[whole].label, latest.label);
}
