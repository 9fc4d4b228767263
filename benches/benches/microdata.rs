//! A year of records as CSV and Parquet over loopback, against arrow's own writers into memory.

use arrow::record_batch::RecordBatch;
use hjemmel_benches::clock::{by_turns, ratio};
use hjemmel_benches::place::{Place, YEAR, bearer};
use hjemmel_benches::server::{Server, download};
use hjemmel_benches::{Result, records};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::hint::black_box;
use std::process::ExitCode;

const PERSONS: u32 = 130_000;
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let folder = Place::open()?.year_of(PERSONS)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (schema, batches) = runtime.block_on(records::batches(&folder))?;
    drop(runtime);
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    println!("{rows} records of {} columns", schema.fields().len());
    let headers = [bearer(&folder, "nav")?];
    let server = Server::start(&folder)?;
    let get = |format: &str| -> Result<()> {
        let path = format!("/v1/datasets/skjema-11/microdata?year={YEAR}&format={format}");
        black_box(download(server.address, &path, &headers)?);
        Ok(())
    };
    let csv = || -> Result<()> {
        let mut writer = arrow::csv::Writer::new(Vec::new());
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        black_box(writer.into_inner().len());
        Ok(())
    };
    let parquet = || -> Result<()> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(32_768))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        black_box(writer.into_inner()?.len());
        Ok(())
    };
    let times = by_turns(
        ROUNDS,
        &mut [
            ("csv over loopback", Box::new(|| get("csv"))),
            ("csv by arrow into memory", Box::new(csv)),
            ("parquet over loopback", Box::new(|| get("parquet"))),
            ("parquet by arrow into memory", Box::new(parquet)),
        ],
    )?;
    let [csv, csv_alone, parquet, parquet_alone] = times.as_slice() else {
        return Err("a side is missing".into());
    };
    ratio("csv against arrow's writer", csv, csv_alone, "at most 1.5");
    ratio("parquet against arrow's writer", parquet, parquet_alone, "at most 1.5");
    Ok(())
}
