//! `hjemmel check` on two million records of form 11, against counting the lines of the same file.

#![expect(clippy::cast_precision_loss, reason = "figures are rounded")]

use hjemmel_benches::Result;
use hjemmel_benches::clock::{by_turns, ratio};
use hjemmel_benches::own::{self, Used};
use hjemmel_benches::place::Place;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::hint::black_box;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::ExitCode;

/// A year in which every control runs.
const YEAR: u16 = 2026;
const PERSONS: u32 = 2_000_000;
const ROUNDS: usize = 5;
/// Bytes that are read at once, as the command reads them.
const BLOCK: usize = 256 << 10;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let path = Place::open()?.records_of(YEAR, PERSONS)?;
    let all = std::fs::metadata(&path)?.len();
    let megabytes = all as f64 / 1e6;
    println!("{} records, {megabytes:.0} MB", count(&path, 0, all)?);
    let used = RefCell::new([Used::default(); 2]);
    let counting = Cell::new(0.0);
    let lines = || -> Result<()> {
        let before = own::processor_seconds()?;
        black_box(count(&path, 0, all)?);
        counting.set(counting.get() + own::processor_seconds()? - before);
        Ok(())
    };
    let check = |at: usize, cores: &str| -> Result<()> {
        let file = path.to_string_lossy();
        let year = YEAR.to_string();
        let asked = ["check", &file, "--form", "11F", "--year", &year, "--test", "--cores", cores];
        let own = own::of_command(&asked)?;
        if let Some(all) = used.borrow_mut().get_mut(at) {
            all.processor_seconds += own.processor_seconds;
            all.most_resident = all.most_resident.max(own.most_resident);
        }
        Ok(())
    };
    let times = by_turns(
        ROUNDS,
        &mut [
            ("counting lines", Box::new(lines)),
            ("counting lines on two cores", Box::new(|| count_by_two(&path, all))),
            ("the command on one core", Box::new(|| check(0, "1"))),
            ("the command on two cores", Box::new(|| check(1, "2"))),
        ],
    )?;
    let [lines, lines_by_two, one, two] = times.as_slice() else {
        return Err("a side is missing".into());
    };
    for (what, times) in [
        ("counting lines", lines),
        ("counting lines on two cores", lines_by_two),
        ("one core", one),
        ("two cores", two),
    ] {
        println!("  {what}: {:.0} MB/s", megabytes / times.best());
    }
    for (cores, used) in ["one core", "two cores"].into_iter().zip(used.into_inner()) {
        println!(
            "  {cores}: at most {} MB (goal below 200), {:.2} s of processor time, where counting lines takes {:.2} of that",
            used.most_resident / 1_000,
            used.processor_seconds / ROUNDS as f64,
            counting.get() / used.processor_seconds
        );
    }
    ratio("one core, MB/s against counting lines", lines, one, "at least 0.15");
    ratio("two cores, MB/s against counting lines on two", lines_by_two, two, "at least 0.15");
    ratio("two cores, MB/s against counting lines on one", lines, two, "at least 0.3");
    Ok(())
}

/// Reads so many bytes of a file from a place on and counts the lines that end there.
fn count(path: &Path, from: u64, bytes: u64) -> Result<usize> {
    let (mut file, mut block, mut lines) = (File::open(path)?, vec![0; BLOCK], 0);
    file.seek(SeekFrom::Start(from))?;
    let mut file = file.take(bytes);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(lines),
            read => {
                let read = block.get(..read).unwrap_or_default();
                lines += memchr::memchr_iter(b'\n', read).count();
            }
        }
    }
}

/// The same on two cores, half a file each.
fn count_by_two(path: &Path, all: u64) -> Result<()> {
    let half = |from| move || count(path, from, all / 2).map_err(|error| error.to_string());
    std::thread::scope(|scope| {
        let halves = [0, all / 2].map(|from| scope.spawn(half(from)));
        for half in halves {
            black_box(half.join().map_err(|_| "a thread panicked")??);
        }
        Ok(())
    })
}
