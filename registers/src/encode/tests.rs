use super::*;
use hjemmel_kostra::Form;
use proptest::prelude::*;

/// What stands in fields: blanks, codes, numbers, and what should not.
const ODD: [u8; 9] = [b' ', b' ', b'0', b'1', b'2', b'9', b'x', b'\t', 0xf8];

fn compare(lines: &[Vec<u8>], layout: &'static Layout) -> Result<(), TestCaseError> {
    let bytes = lines.concat();
    let end = layout.record_length;
    let records = bytes.split(|byte| *byte == b'\n').filter(|line| line.len() >= end);
    let records: Vec<_> = records.map(|line| Record::decode(&line[..end], end)).collect();
    let even = even(&bytes, &records);
    let block =
        Block { records, derived: Vec::new(), lines: (1..=lines.len() as u64).collect(), even };
    prop_assert_eq!(block.records.len(), lines.len());
    prop_assert_eq!(block.even.is_some(), bytes.is_ascii());
    let mut told = 0;
    for column in columns::columns(layout.form, layout.year) {
        let Some(field) = layout.field(&column.name) else { continue };
        if column.role != ColumnRole::Content {
            continue;
        }
        let kind = schema::data_type(&column, Some(field.length));
        let all = wide(&block, field, &kind);
        if let Some(narrow) = narrow::column(&block, field, &kind) {
            told += 1;
            prop_assert_eq!(&narrow, &all.unwrap(), "{}", field.name);
        }
    }
    prop_assert!(told > 0 || block.even.is_none());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn narrow_columns_hold_what_any_column_holds(
        seeds in prop::collection::vec(prop::collection::vec(0..ODD.len(), 400), 1..20),
        form in prop::sample::select(vec![Form::F11, Form::F11C]),
        plain in any::<bool>(),
    ) {
        let layout = Layout::of(form, 2024).unwrap();
        let odd = if plain { 6 } else { ODD.len() };
        let line = |seed: &Vec<usize>| {
            let bytes = seed.iter().cycle().take(layout.record_length);
            bytes.map(|at| ODD[at % odd]).chain(*b"\r\n").collect::<Vec<u8>>()
        };
        compare(&seeds.iter().map(line).collect::<Vec<_>>(), layout)?;
    }
}
