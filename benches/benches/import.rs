//! Import of a record file, against reading it and cutting its lines into fields.

#![expect(clippy::cast_precision_loss, reason = "figures are rounded")]

use hjemmel_benches::clock::{by_turns, ratio};
use hjemmel_benches::place::{self, Place, YEAR};
use hjemmel_benches::{Result, records};
use hjemmel_kostra::{Form, Layout};
use hjemmel_registers::EditionRef;
use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

const PERSONS: u32 = 130_000;
const ROUNDS: usize = 5;
/// The first version of an edition no command makes.
const UNKNOWN: u32 = 1_000;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let place = Place::open()?;
    let folder = place.demonstration("demo-import")?;
    let path = place.records(PERSONS)?;
    let megabytes = std::fs::metadata(&path)?.len() as f64 / 1e6;
    let layout = Layout::of(Form::F11, YEAR).ok_or("no layout")?;
    let (registers, _) = records::open(&folder)?;
    let mut version = UNKNOWN;
    let mut encode = || -> Result<()> {
        version += 1;
        let edition = EditionRef::new(Form::F11, YEAR, version);
        registers.discard(&edition)?;
        registers.import(&edition, File::open(&path)?, &mut |_| ())?;
        registers.discard(&edition)?;
        Ok(())
    };
    let mut variants = variants(&place, &path)?.into_iter();
    let times = by_turns(
        ROUNDS,
        &mut [
            ("reading and splitting", Box::new(|| split(&path, layout))),
            ("parsing, encrypting and writing", Box::new(&mut encode)),
            (
                "the whole command: digest, controls, edition, database",
                Box::new(|| place::import(&folder, &variants.next().ok_or("no variant")?, None)),
            ),
        ],
    )?;
    let [split, encode, command] = times.as_slice() else { return Err("a side is missing".into()) };
    for (what, times) in [("splitting", split), ("import", encode), ("command", command)] {
        println!("  {what}: {:.0} MB/s of {megabytes:.0} MB", megabytes / times.best());
    }
    ratio("splitting against import, MB/s", split, encode, "at least 0.2");
    ratio("splitting against the whole command, MB/s", split, command, "at least 0.2");
    Ok(())
}

fn split(path: &Path, layout: &Layout) -> Result<()> {
    let bytes = std::fs::read(path)?;
    let mut length = 0;
    for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        for field in &layout.fields {
            let field = line.get(field.range()).ok_or("a short line")?;
            length += black_box(field.trim_ascii()).len();
        }
    }
    black_box(length);
    Ok(())
}

/// The file with its lines in as many orders as there are rounds, in every run others: a file that was
/// imported before is not imported again.
fn variants(place: &Place, path: &Path) -> Result<Vec<std::path::PathBuf>> {
    let text = std::fs::read(path)?;
    let now = chrono::Utc::now().timestamp();
    let seed = usize::try_from(now.rem_euclid(100_000))?;
    let mut paths = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let after = text.len() / 100_000 * ((seed + round * 17_389) % 100_000);
        let cut =
            text.iter().skip(after).position(|&byte| byte == b'\n').map_or(0, |at| after + at + 1);
        let (head, tail) = text.split_at(cut);
        let variant = place.join(&format!("11F-variant-{round}.dat"));
        std::fs::write(&variant, [tail, head].concat())?;
        paths.push(variant);
    }
    Ok(paths)
}
