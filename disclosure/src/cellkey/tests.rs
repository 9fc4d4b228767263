use std::path::Path;

use super::*;

fn reference(name: &str) -> Vec<csv::StringRecord> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cellkey").join(name);
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}

fn agrees(file: &str, parameters: TableParameters) {
    let table = PerturbationTable::new(parameters).unwrap();
    for record in reference(file) {
        let count: u64 = record[0].parse().unwrap();
        let noise: i64 = record[3].parse().unwrap();
        let bound: f64 = record[5].parse().unwrap();
        let ours = table.row(count).iter().find(|(v, _)| *v == noise);
        let ours = ours.unwrap_or_else(|| panic!("{file} {count} {noise}")).1;
        assert!((ours - bound).abs() < 2e-3, "{file} count {count} noise {noise}: {ours} {bound}");
    }
}

#[test]
fn tables_agree_with_the_reference() {
    agrees("ptable_a.csv", TableParameters { largest: 2, variance: 1.0, forbidden: 0 });
    agrees("ptable_b.csv", TableParameters { largest: 5, variance: 3.0, forbidden: 2 });
    agrees("ptable_d.csv", TableParameters { largest: 4, variance: 2.0, forbidden: 1 });
}

#[test]
fn noise_is_looked_up_as_in_the_reference() {
    let table =
        PerturbationTable::new(TableParameters { largest: 5, variance: 3.0, forbidden: 2 }).unwrap();
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
