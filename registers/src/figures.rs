//! The figures this crate claims: `cargo test --release -p hjemmel-registers figures -- --ignored
//! --nocapture --test-threads=1`. They take a minute and a gigabyte of disk.

#![expect(clippy::cast_precision_loss, reason = "figures are rounded")]

use crate::{
    RowQuery,
    cube::count_for_figures,
    tests::{edition, everything, identified, record, registers},
};
use arrow::array::{Array, Int64Array};
use chrono::NaiveDate;
use datafusion::{
    execution::{context::SessionContext, options::ParquetReadOptions},
    functions_aggregate::expr_fn::{count, count_distinct},
    logical_expr::{col, lit},
};
use futures::StreamExt;
use hjemmel_disclosure::Axis;
use hjemmel_kostra::{Form, identity::synthetic, layout::Layout};
use std::{hint::black_box, io::Read, time::Instant};

/// Records of different persons without holding them all.
struct Records {
    template: Vec<u8>,
    number_at: usize,
    next: u32,
    end: u32,
    ready: Vec<u8>,
    given: usize,
}

impl Records {
    fn new(year: u16, count: u32) -> Self {
        let layout = Layout::of(Form::F11, year).unwrap();
        let template = (record(layout, &[("SAKSBEHANDLER", "Berit")]) + "\n").into_bytes();
        let number_at = layout.field("PERSON_FODSELSNR").unwrap().start;
        Self { template, number_at, next: 0, end: count, ready: Vec::new(), given: 0 }
    }

    fn refill(&mut self) {
        self.ready.clear();
        self.given = 0;
        let layout = Layout::of(Form::F11, 2024).unwrap();
        let at = |name: &str| layout.field(name).unwrap().start;
        let (region, income, sex) = (at("KOMMUNE_NR"), at("VKLO"), at("KJONN"));
        let end = self.end.min(self.next + 1000);
        for n in self.next..end {
            let start = self.ready.len();
            self.ready.extend_from_slice(&self.template);
            let line = &mut self.ready[start..];
            let born = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap();
            let born = born + chrono::TimeDelta::days(i64::from(n / 250));
            let first = u16::try_from(n % 250).unwrap();
            let number = (first..500).find_map(|i| synthetic(born, i)).unwrap();
            line[self.number_at..self.number_at + 11].copy_from_slice(number.as_bytes());
            let kommune = format!("{:04}", 3101 + n.wrapping_mul(2_654_435_761) % 357);
            line[region..region + 4].copy_from_slice(kommune.as_bytes());
            line[income] = b'1' + u8::try_from(n / 7 % 9).unwrap();
            line[sex] = b'1' + u8::try_from(n / 3 % 2).unwrap();
        }
        self.next = end;
    }
}

impl Read for Records {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.ready.len() {
            self.refill();
        }
        let length = out.len().min(self.ready.len() - self.given);
        out[..length].copy_from_slice(&self.ready[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
#[ignore = "a figure"]
fn figures_of_import() {
    let mut text = Vec::new();
    Records::new(2024, 130_000).read_to_end(&mut text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("11F");
    std::fs::write(&path, &text).unwrap();
    let megabytes = text.len() as f64 / 1e6;
    let layout = Layout::of(Form::F11, 2024).unwrap();
    for version in 1..=3 {
        let started = Instant::now();
        let bytes = std::fs::read(&path).unwrap();
        let mut length = 0;
        for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            for field in &layout.fields {
                length += black_box(line[field.range()].trim_ascii()).len();
            }
        }
        black_box(length);
        let split = megabytes / started.elapsed().as_secs_f64();
        let registers = registers(folder.path());
        let edition = crate::EditionRef { version, ..edition(2024) };
        let started = Instant::now();
        let source = std::fs::File::open(&path).unwrap();
        let made = registers.import(&edition, source, &mut |_| ()).unwrap();
        let import = megabytes / started.elapsed().as_secs_f64();
        let size = std::fs::metadata(made.edition.file(registers.root())).unwrap().len();
        println!(
            "import {import:.0} MB/s, split {split:.0} MB/s, ratio {:.2}; {megabytes:.0} MB → {:.0} MB",
            import / split,
            size as f64 / 1e6
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a figure"]
async fn figures_of_two_and_a_half_million_records() {
    let folder = tempfile::tempdir().unwrap();
    let registers = registers(folder.path());
    let before = resident_megabytes();
    let started = Instant::now();
    let made =
        registers.import(&edition(2024), Records::new(2024, 2_500_000), &mut |_| ()).unwrap();
    println!("import {:?}, memory grew {} MB", started.elapsed(), resident_megabytes() - before);
    let layout = Layout::of(Form::F11, 2024).unwrap();
    let axes = || {
        let axis = |column: &str, codes: Vec<String>| Axis { column: column.to_owned(), codes };
        let income = layout.field("VKLO").unwrap().codes.iter().map(|code| code.code.clone());
        vec![
            axis("REGION", (3101..3458).map(|kommune| format!("{kommune:04}")).collect()),
            axis("VKLO", income.collect()),
            axis("KJONN", vec!["1".to_owned(), "2".to_owned()]),
        ]
    };
    let path = made.edition.file(registers.root()).to_string_lossy().into_owned();
    for _ in 0..5 {
        let started = Instant::now();
        let rows = count_for_figures(&registers, &made.edition, axes()).await;
        let ours = started.elapsed();
        let started = Instant::now();
        let context = SessionContext::new();
        let frame = context.read_parquet(&path, ParquetReadOptions::default()).await.unwrap();
        let groups = ["REGION", "VKLO", "KJONN"].map(|name| col(format!("\"{name}\""))).to_vec();
        let counted = vec![count(lit(1)).alias("records"), count_distinct(col("_person_no"))];
        let counted = frame.aggregate(groups, counted).unwrap().collect().await.unwrap();
        let alone = started.elapsed();
        let records: i64 = counted
            .iter()
            .flat_map(|batch| batch.column(3).as_any().downcast_ref::<Int64Array>().unwrap())
            .flatten()
            .sum();
        assert_eq!(records, 2_500_000);
        println!("group-by with distinct persons: ours {ours:?} ({rows} rows), alone {alone:?}");
    }
    let (asked, held) = (everything(Form::F11, 2024), identified(Form::F11, 2024));
    let before = resident_megabytes();
    let (mut most, mut records) = (0, 0);
    let started = Instant::now();
    let query = RowQuery::default();
    let scan = registers.batches(&asked, &held, &made.edition, &query).await;
    let (schema, mut batches) = scan.unwrap();
    while let Some(batch) = batches.next().await {
        records += batch.unwrap().num_rows();
        most = most.max(resident_megabytes());
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "scan of {} columns: {:.0} records/s, memory grew {} MB",
        schema.fields().len(),
        records as f64 / seconds,
        most.saturating_sub(before)
    );
    assert_eq!(records, 2_500_000);
    assert!(most.saturating_sub(before) < 100, "a scan is held in bounded memory");
}
