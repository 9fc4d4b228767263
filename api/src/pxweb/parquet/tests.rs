use super::*;
use crate::pxweb::example::Example;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use actix_web::web::Bytes;
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use hjemmel_kostra::Language;

#[test]
fn what_is_no_number_is_null_and_has_a_sign() {
    let example = Example::new();
    let sheet = example.sheet("", "", Language::En);
    let file = Bytes::from(write(&sheet, &example.frame(Language::En)).unwrap());
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    let names: Vec<&str> =
        batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(
        names,
        [
            "Region",
            "Main source of income",
            "year",
            "timestamp",
            "ContentsCode_Antall",
            "ContentsCode_Antall_symbol"
        ]
    );
    let text = |column: usize| -> Vec<Option<String>> {
        let array = batch.column(column).as_string::<i32>();
        array.iter().map(|text| text.map(ToOwned::to_owned)).collect()
    };
    assert_eq!(text(1), ["00", "00", "arbeid", "arbeid"].map(|code| Some(code.to_owned())));
    let values = batch.column(4).as_primitive::<Float64Type>();
    assert_eq!((values.value(0), values.null_count()), (7.0, 3));
    assert_eq!(text(5), [None, Some(":".to_owned()), Some("..".to_owned()), Some(".".to_owned())]);
}
