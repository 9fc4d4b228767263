//! Elimination over the rationals, dense and slow.

/// A row of whole numbers, reduced by cross-multiplication: no fraction, no rounding.
type Row = Vec<i128>;

fn reduce(row: &mut Row) {
    let divisor = row.iter().fold(0, |a: i128, &b| gcd(a, b.abs()));
    if divisor > 1 {
        for entry in row.iter_mut() {
            *entry /= divisor;
        }
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Takes the pivot of `by` out of `row`.
fn eliminate(row: &mut Row, by: &Row, at: usize) {
    let (a, b) = (row[at], by[at]);
    if a != 0 {
        for (entry, other) in row.iter_mut().zip(by) {
            *entry = *entry * b - other * a;
        }
        reduce(row);
    }
}

fn row(cell: &[u32], atoms: usize) -> Row {
    (0_u32..).take(atoms).map(|atom| i128::from(cell.contains(&atom))).collect()
}

/// Whether a sum of inner cells is a combination of others.
pub fn in_span(atoms: usize, given: &[&Vec<u32>], asked: &[u32]) -> bool {
    let mut basis: Vec<(usize, Row)> = Vec::new();
    let reduced = |basis: &[(usize, Row)], cell: &[u32]| {
        let mut row = row(cell, atoms);
        for (at, by) in basis {
            eliminate(&mut row, by, *at);
        }
        row
    };
    for cell in given {
        let row = reduced(&basis, cell);
        if let Some(at) = row.iter().position(|&entry| entry != 0) {
            basis.push((at, row));
        }
    }
    reduced(&basis, asked).iter().all(|&entry| entry == 0)
}

#[test]
fn sums_and_differences_are_in_the_span_and_others_are_not() {
    let (all, left, one) = (vec![0, 1, 2, 3], vec![0, 1], vec![2]);
    let given = [&all, &left, &one];
    assert!(in_span(4, &given, &[3]) && in_span(4, &given, &[2, 3]));
    assert!(!in_span(4, &given, &[0]) && !in_span(4, &given, &[1, 2]));
}
