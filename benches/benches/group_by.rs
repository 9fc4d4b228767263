//! Counts of one year by three dimensions with distinct persons, against Apache DataFusion alone and against a
//! plain loop over dictionary codes that are in memory already.
//!
//! `BENCH_PERSONS` sets another number of persons.

use arrow::array::AsArray as _;
use arrow::datatypes::{Int32Type, Int64Type, UInt32Type};
use arrow::record_batch::RecordBatch;
use chrono::Utc;
use datafusion::execution::config::SessionConfig;
use datafusion::execution::context::SessionContext;
use datafusion::execution::options::ParquetReadOptions;
use datafusion::functions_aggregate::expr_fn::{count, count_distinct};
use datafusion::logical_expr::{col, lit};
use hjemmel_benches::clock::{by_turns, ratio};
use hjemmel_benches::place::{Place, YEAR};
use hjemmel_benches::{Result, records};
use hjemmel_disclosure::Axis;
use hjemmel_kostra::Form;
use hjemmel_policy::ProtectTables;
use hjemmel_registers::Registers;
use std::cell::Cell;
use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use tokio::runtime::Runtime;

const PERSONS: u32 = 2_400_000;
const ROUNDS: usize = 5;
/// Region by sex by age group.
const TABLE: &str = "S1104";
const PERSON: &str = "_person_no";

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let persons = std::env::var("BENCH_PERSONS").map_or(Ok(PERSONS), |text| text.parse())?;
    let folder = Place::open()?.year_of(persons)?;
    let (registers, _) = records::open(&folder)?;
    let table = hjemmel_kostra::table(TABLE).ok_or("no table")?;
    let axes = hjemmel_disclosure::Axis::of_table(table, YEAR);
    let path = records::file(&folder);
    let runtime = Runtime::new()?;
    let policy = records::policy()?;
    let loaded = runtime.block_on(load(&path, &axes))?;
    let (alone, plain) = (Cell::default(), Cell::default());
    let times = by_turns(
        ROUNDS,
        &mut [
            ("ours", Box::new(|| runtime.block_on(ours(&registers, &policy, axes.clone())))),
            (
                "DataFusion alone",
                Box::new(|| {
                    alone.set(runtime.block_on(by_datafusion(&path, &axes))?);
                    Ok(())
                }),
            ),
            (
                "plain loop over codes in memory, one thread",
                Box::new(|| {
                    plain.set(by_loop(&loaded, axes.len())?);
                    Ok(())
                }),
            ),
        ],
    )?;
    let [ours, datafusion, plain_times] = times.as_slice() else {
        return Err("a side is missing".into());
    };
    if alone.get() != plain.get() {
        return Err(format!("the sides disagree: {:?} and {:?}", alone.get(), plain.get()).into());
    }
    let (records, distinct, groups) = plain.get();
    println!("  {records} records, {distinct} distinct persons summed over {groups} groups");
    ratio("group-by against DataFusion alone", ours, datafusion, "at most 1.2");
    ratio("group-by against the plain loop in memory", ours, plain_times, "none");
    Ok(())
}

async fn ours(
    registers: &Registers,
    policy: &hjemmel_policy::Policy,
    axes: Vec<Axis>,
) -> Result<()> {
    let grant = policy.permit_protection(ProtectTables { form: Form::F11, year: YEAR }, Utc::now());
    drop(black_box(registers.cube(grant, &records::edition(), axes).await?));
    Ok(())
}

/// Records, distinct persons summed over the groups, and groups.
type Counted = (u64, u64, u64);

fn names(axes: &[Axis]) -> Vec<String> {
    axes.iter().map(|axis| format!("\"{}\"", axis.column)).collect()
}

async fn by_datafusion(path: &Path, axes: &[Axis]) -> Result<Counted> {
    let context = SessionContext::new();
    let path = path.to_string_lossy();
    let frame = context.read_parquet(path.as_ref(), ParquetReadOptions::default()).await?;
    let groups = names(axes).iter().map(col).collect();
    let counts = vec![count(lit(1)).alias("records"), count_distinct(col(PERSON)).alias("persons")];
    let (mut records, mut distinct, mut groups_seen) = (0, 0, 0);
    for batch in frame.aggregate(groups, counts)?.collect().await? {
        let sum = |name: &str| -> Result<u64> {
            let column = batch.column_by_name(name).ok_or("no count")?;
            let counts = column.as_primitive_opt::<Int64Type>().ok_or("no count")?;
            Ok(u64::try_from(counts.values().iter().sum::<i64>())?)
        };
        records += sum("records")?;
        distinct += sum("persons")?;
        groups_seen += batch.num_rows() as u64;
    }
    Ok((records, distinct, groups_seen))
}

/// The columns in memory: a dictionary each, and the numbers of the persons.
async fn load(path: &Path, axes: &[Axis]) -> Result<Vec<RecordBatch>> {
    let mut config = SessionConfig::new().with_target_partitions(1);
    config.options_mut().execution.parquet.schema_force_view_types = false;
    let context = SessionContext::new_with_config(config);
    let path = path.to_string_lossy();
    let frame = context.read_parquet(path.as_ref(), ParquetReadOptions::default()).await?;
    let columns = names(axes).iter().map(col).chain([col(PERSON)]).collect::<Vec<_>>();
    Ok(frame.select(columns)?.collect().await?)
}

fn by_loop(batches: &[RecordBatch], axes: usize) -> Result<Counted> {
    let mut known: Vec<HashMap<Option<String>, u64>> = vec![HashMap::new(); axes];
    let mut counts: Vec<u64> = vec![0; 1 << 21];
    let mut persons: Vec<u64> = Vec::new();
    for batch in batches {
        let mut cells = vec![0_u64; batch.num_rows()];
        for (at, known) in known.iter_mut().enumerate() {
            let codes = batch.column(at).as_dictionary_opt::<Int32Type>().ok_or("no codes")?;
            let values = codes.values().as_string_opt::<i32>().ok_or("no codes")?;
            let width = if at == 0 { 10 } else { 5 };
            let mut place = |code: Option<&str>| {
                let next = known.len() as u64;
                *known.entry(code.map(ToOwned::to_owned)).or_insert(next)
            };
            let blank = place(None);
            let places: Vec<u64> = values.iter().map(place).collect();
            for (cell, key) in cells.iter_mut().zip(codes.keys()) {
                let key = key.and_then(|key| usize::try_from(key).ok());
                *cell = *cell << width | key.and_then(|key| places.get(key)).unwrap_or(&blank);
            }
        }
        let numbers = batch.column(axes).as_primitive_opt::<UInt32Type>().ok_or("no persons")?;
        for (cell, person) in cells.iter().zip(numbers) {
            *counts.get_mut(usize::try_from(*cell)?).ok_or("too many codes")? += 1;
            persons.extend(person.map(|person| cell << 32 | u64::from(person)));
        }
    }
    persons.sort_unstable();
    persons.dedup();
    let groups = counts.iter().filter(|count| **count > 0).count() as u64;
    Ok((counts.iter().sum(), persons.len() as u64, groups))
}
