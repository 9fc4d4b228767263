use super::*;

#[test]
fn atoms_no_cell_tells_apart_are_merged() {
    let mut builder = System::builder(vec![1, 2, 3, 9]);
    builder.cell([0, 1, 2]);
    builder.cell([2]);
    builder.cell([1, 0]);
    builder.cell([0, 1]);
    let system = builder.build().unwrap();
    let (merged, map) = system.merged();
    assert_eq!(map, [Some(0), Some(0), Some(1), None]);
    assert_eq!(merged.values(), [3, 3]);
    assert_eq!((merged.cell(0), merged.cell(1), merged.cell(2)), (&[0, 1][..], &[1][..], &[0][..]));
    assert_eq!(merged.classes(), [0, 1, 2, 2]);
    assert_eq!((0..4).map(|c| merged.value(c)).collect::<Vec<_>>(), [6, 3, 3, 3]);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let mut unknown = System::builder(vec![1]);
    unknown.cell([1]);
    assert_eq!(unknown.build().err(), Some(MalformedSystem::UnknownAtom));
    let mut twice = System::builder(vec![1]);
    twice.cell([0, 0]);
    assert_eq!(twice.build().err(), Some(MalformedSystem::RepeatedAtom));
    assert_eq!(System::builder(vec![-1]).build().err(), Some(MalformedSystem::NegativeCount));
    let full = System::builder(vec![i64::MAX, 1]);
    assert_eq!(full.build().err(), Some(MalformedSystem::Overflow));
    let mut broken = System::builder(vec![1, 2]);
    broken.link(vec![0], vec![1]);
    assert_eq!(broken.build().err(), Some(MalformedSystem::BrokenLink));
}
