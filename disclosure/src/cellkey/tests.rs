#![expect(clippy::cast_precision_loss, reason = "small numbers in tests")]

use std::path::Path;

use super::*;

fn reference(name: &str) -> Vec<csv::StringRecord> {
    let path = Path::new("tests/cellkey").join(name);
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}

fn entropy(weights: impl Iterator<Item = f64>) -> f64 {
    weights.filter(|&weight| weight > 0.0).map(|weight| -weight * weight.ln()).sum()
}

/// Compares row by row where the reference has the variance it was asked for; returns how many are the same and how
/// many there are.
///
/// The reference also asks that probabilities fall on both sides of zero; where that binds, ours has more entropy at
/// the same mean and variance, and elsewhere the two are the same.
fn agrees(file: &str, parameters: TableParameters) -> (usize, usize) {
    let table = PerturbationTable::new(parameters).unwrap();
    let records = reference(file);
    let number = |record: &csv::StringRecord, at: usize| record[at].parse::<f64>().unwrap();
    let (mut same, mut compared) = (0, 0);
    for count in 1..=u64::from(parameters.largest + parameters.forbidden) {
        let row: Vec<_> = records.iter().filter(|record| record[0] == *count.to_string()).collect();
        let variance: f64 = row.iter().map(|r| number(r, 2) * number(r, 3).powi(2)).sum();
        if (variance - parameters.variance).abs() > 1e-4 {
            continue;
        }
        compared += 1;
        let theirs = entropy(row.iter().map(|record| number(record, 2)));
        let mut below = 0.0;
        let ours = entropy(table.row(count).iter().map(|&(_, bound)| {
            let weight = bound - below;
            below = bound;
            weight
        }));
        assert!(ours >= theirs - 1e-6, "{file} {count}: {ours} {theirs}");
        let differs = row.iter().map(|record| {
            let noise: i64 = record[3].parse().unwrap();
            let ours = table.row(count).iter().find(|(v, _)| *v == noise).map_or(1.0, |r| r.1);
            (ours - number(record, 5)).abs()
        });
        let most = differs.fold(0.0, f64::max);
        assert!(most < 0.06, "{file} {count}: {most}");
        assert!(most < 1e-3 || ours > theirs + 1e-6, "{file} {count}: {most}");
        same += usize::from(most < 1e-3);
    }
    (same, compared)
}

#[test]
fn tables_agree_with_the_reference() {
    let parameters =
        |largest, variance, forbidden| TableParameters { largest, variance, forbidden };
    assert_eq!(agrees("ptable_a.csv", parameters(2, 1.0, 0)), (1, 1));
    assert_eq!(agrees("ptable_b.csv", parameters(5, 3.0, 2)), (6, 7));
    assert_eq!(agrees("ptable_d.csv", parameters(4, 2.0, 1)), (5, 5));
}

#[test]
fn noise_is_looked_up_as_in_the_reference() {
    let table = PerturbationTable::new(TableParameters { largest: 5, variance: 3.0, forbidden: 2 })
        .unwrap();
    let micro = reference("micro.csv");
    for record in reference("modifications.csv") {
        let inside = |row: &csv::StringRecord| {
            ["Total", &row[0]].contains(&&record[0]) && ["Total", &row[1]].contains(&&record[1])
        };
        let count = micro.iter().filter(|row| inside(row)).count() as u64;
        let key: f64 = record[4].parse().unwrap();
        let noise: i64 = record[3].parse().unwrap();
        let near = [key - 2e-3, key, key + 2e-3].map(|share| table.noise(count, share));
        assert!(near.contains(&noise), "{record:?} {near:?}");
    }
}

#[test]
fn parameters_no_noise_can_have_are_refused() {
    let impossible = TableParameters { largest: 4, variance: 2.0, forbidden: 3 };
    assert!(PerturbationTable::new(impossible).is_err());
}

#[test]
fn the_same_persons_get_the_same_noise() {
    let secret = [7; 32];
    let persons: Vec<Key> = (0..100).map(|n| Key::of(&secret, &n.to_string())).collect();
    let forward: Key = persons.iter().copied().collect();
    let backward: Key = persons.iter().rev().copied().collect();
    assert_eq!(forward, backward);
    let other: Key = (0..100).map(|n| Key::of(&[8; 32], &n.to_string())).collect();
    assert_ne!(forward, other);
}

#[test]
fn noise_has_mean_zero_and_the_variance() {
    let parameters = TableParameters { largest: 5, variance: 3.0, forbidden: 2 };
    let table = PerturbationTable::new(parameters).unwrap();
    for count in 1..10 {
        let (mut sum, mut squares, draws) = (0.0, 0.0, 20_000);
        for person in 0..draws {
            let key = Key::of(&[1; 32], &format!("{count}/{person}"));
            let noise = table.perturb(count, key) as f64 - count as f64;
            sum += noise;
            squares += noise * noise;
            assert!(!(1..=2).contains(&table.perturb(count, key)));
        }
        let draws = f64::from(draws);
        assert!((sum / draws).abs() < 0.08 && (squares / draws - 3.0).abs() < 0.2, "{count}");
    }
    assert_eq!(table.perturb(0, Key::of(&[1; 32], "x")), 0);
}
