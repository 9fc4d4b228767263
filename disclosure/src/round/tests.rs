#![expect(clippy::cast_precision_loss, reason = "small numbers in tests")]

use std::path::Path;

use super::*;
use crate::case;

fn system_of(id: &str) -> case::Case {
    let folder = Path::new("tests/cases").join(id);
    case::read(&folder.join("spec.json"), &folder.join("input.csv")).unwrap()
}

/// The largest and mean difference of the reference's published cells.
fn reference(name: &str) -> (u64, f64) {
    let path = Path::new("tests/rounding").join(name);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|column| column == "difference").unwrap();
    let errors: Vec<u64> = reader
        .records()
        .map(|record| record.unwrap()[at].parse::<i64>().unwrap().unsigned_abs())
        .collect();
    let mean = errors.iter().sum::<u64>() as f64 / errors.len() as f64;
    (*errors.iter().max().unwrap(), mean)
}

#[test]
fn no_published_count_is_small_and_tables_add_up() {
    for (id, base) in [("c03", 3), ("c05", 4), ("c06", 5), ("c11", 3), ("c08", 5)] {
        let case = system_of(id);
        let rounded = round(case.system(), base, 1).unwrap();
        assert!(rounded.cells.iter().all(|&v| v == 0 || v >= i64::from(base)), "{id}");
        assert_eq!(rounded, round(case.system(), base, 1).unwrap());
        // Additive: a change no shown cell of the true table sees is not seen after rounding either.
        let totals: Vec<usize> = (0..case.system().cells())
            .filter(|&c| case.system().cell(c).len() == case.system().atoms())
            .collect();
        let total = rounded.cells[totals[0]];
        let column =
            case.columns().iter().position(|c| c == "hovedint" || c == "main_income").unwrap();
        let leaves =
            ["annet", "arbeid", "soshjelp", "trygd", "other", "wages", "assistance", "pensions"];
        let all_but = |cell: usize| {
            (0..case.columns().len()).all(|at| at == column || case.code(cell, at) == "Total")
        };
        let sum: i64 = (0..case.system().cells())
            .filter(|&cell| all_but(cell) && leaves.contains(&case.code(cell, column)))
            .map(|cell| rounded.cells[cell])
            .sum();
        assert_eq!(sum, total, "{id}");
    }
}

#[test]
fn rounding_is_no_worse_than_the_reference() {
    for (id, base, file) in [("c03", 3, "r1_publish.csv"), ("c06", 5, "r2_publish.csv")] {
        let rounded = round(system_of(id).system(), base, 1).unwrap();
        let (max, mean) = reference(file);
        println!(
            "{id}: max {} ({max}) mean {} ({mean})",
            rounded.max_difference, rounded.mean_difference
        );
        assert!(rounded.max_difference <= max, "{id} {} {max}", rounded.max_difference);
        assert!(rounded.mean_difference <= mean + 1e-9, "{id} {} {mean}", rounded.mean_difference);
    }
}

#[test]
fn what_cannot_be_rounded_is_refused() {
    assert_eq!(round(system_of("c03").system(), 1, 1), Err(Error::Base));
    assert_eq!(round(system_of("c09").system(), 3, 1), Err(Error::Magnitude));
}
