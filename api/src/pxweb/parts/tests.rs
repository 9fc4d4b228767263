use super::*;
use crate::pxweb::cube::Cube;
use crate::pxweb::jsonstat::everything as all;
use crate::pxweb::jsonstat::tests::provenance;
use crate::pxweb::selection::Placement;
use crate::pxweb::windows::Windows;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::util::pretty::pretty_format_batches;
use hjemmel_kostra::Language;

const FORMATS: [&str; 6] = ["json-stat2", "csv", "px", "html", "json-px", "parquet"];

fn frame(cube: &Cube) -> Frame<'_> {
    Frame {
        notes: vec!["a <note> that says \"value\":[".to_owned()],
        preliminary: vec![false, true],
        next_update: None,
        ..jsonstat::tests::frame(cube)
    }
}

/// Cells of every kind, and how many of them are numbers.
fn cells(count: usize, kinds: usize) -> Vec<Option<Cell>> {
    let kind = |at: usize| match at % kinds {
        0 => Some(Cell::Shown(at as u64)),
        1 => Some(Cell::Withheld),
        2 => Some(Cell::Shown(0)),
        3 => Some(Cell::Missing),
        _ => None,
    };
    (0..count).map(kind).collect()
}

struct Example {
    cube: Cube,
    selected: Selected,
    cells: Vec<Option<Cell>>,
    placement: Placement,
}

impl Example {
    fn sheet(&self) -> Sheet<'_> {
        let placement = &self.placement;
        Sheet::new(&self.cube, &self.selected, &self.cells, placement, Language::En).unwrap()
    }

    /// The cells of a part, by the places they have in the whole.
    fn of(&self, part: &Selected) -> Vec<Option<Cell>> {
        let mut places = vec![0];
        for (own, all) in part.positions.iter().zip(&self.selected.positions) {
            let at = |value| all.iter().position(|other| *other == value).unwrap();
            let next = |place: &usize| -> Vec<usize> {
                own.iter().map(|value| place * all.len() + at(*value)).collect()
            };
            places = places.iter().flat_map(next).collect();
        }
        places.into_iter().map(|place| self.cells[place]).collect()
    }

    fn written(&self, format: &Format, most: usize) -> Vec<u8> {
        let (whole, frame) = (self.sheet(), frame(&self.cube));
        let mut parts = Parts::of(format).unwrap();
        let windows = Windows::new(&self.selected, &parts.order(&whole), most);
        let mut text = parts.head(&whole, &frame, &provenance(self.cells.len())).unwrap();
        for pass in 0..parts.passes() {
            for at in 0..windows.count() {
                let selected = windows.part(&self.selected, at);
                let cells = self.of(&selected);
                let placement = &self.placement;
                let part =
                    Sheet::new(&self.cube, &selected, &cells, placement, Language::En).unwrap();
                text.extend(parts.part(pass, &part, &frame).unwrap());
            }
        }
        text.extend(parts.end(&frame).unwrap());
        text
    }

    fn whole(&self, format: &Format) -> Vec<u8> {
        let (sheet, frame, provenance) =
            (self.sheet(), frame(&self.cube), provenance(self.cells.len()));
        match format {
            Format::Csv(style) => csv::write(&sheet, &frame, style),
            Format::Html(style) => html::write(&sheet, &frame, style),
            Format::Px => px::write(&sheet, &frame),
            Format::JsonPx => json_px::write(&sheet, &frame).unwrap(),
            Format::Parquet => parquet::write(&sheet, &frame).unwrap(),
            Format::JsonStat2 => {
                jsonstat::data(&frame, &self.selected, &self.cells, &provenance).unwrap()
            }
            Format::JsonStat1 => {
                json_stat1::write(&frame, &self.selected, &self.cells, &provenance).unwrap()
            }
            Format::Xlsx(_) => Vec::new(),
        }
    }
}

/// What a reader makes of a file: rows may stand in other groups.
fn read(format: &Format, bytes: Vec<u8>) -> String {
    match format {
        Format::Parquet => {
            let file = actix_web::web::Bytes::from(bytes);
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
            pretty_format_batches(&reader.map(Result::unwrap).collect::<Vec<_>>())
                .unwrap()
                .to_string()
        }
        Format::JsonStat1 => {
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap().to_string()
        }
        _ => String::from_utf8(bytes).unwrap(),
    }
}

fn example(kinds: usize, stub: &[&str], heading: &[&str]) -> Example {
    let cube = Cube::new(hjemmel_kostra::table("S1105").unwrap(), vec![2024, 2025]);
    let selected = all(&cube);
    let cells = cells(selected.cells(), kinds);
    let own = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    Example {
        cube,
        selected,
        cells,
        placement: Placement { stub: own(stub), heading: own(heading) },
    }
}

#[test]
fn parts_are_together_what_the_whole_would_be() {
    let layouts: [(&[&str], &[&str]); 4] =
        [(&[], &[]), (&["Tid"], &[]), (&[], &["Region"]), (&["Tid", "Region"], &[])];
    for (stub, heading) in layouts {
        for kinds in [1, 5] {
            let example = example(kinds, stub, heading);
            let mut formats: Vec<Format> =
                FORMATS.iter().map(|name| Format::named(name, &[]).unwrap()).collect();
            formats.push(Format::JsonStat1);
            formats.push(Format::named("csv", &["IncludeSymbols".to_owned()]).unwrap());
            for format in formats {
                let whole = read(&format, example.whole(&format));
                for most in [1, 7, 60, 100_000] {
                    let parts = read(&format, example.written(&format, most));
                    assert!(parts == whole, "{format:?} {most} {kinds}: {parts:.200} {whole:.200}");
                }
            }
        }
    }
}

#[test]
fn a_workbook_is_written_whole() {
    assert!(Parts::of(&Format::named("xlsx", &[]).unwrap()).is_none());
}

/// The most the process has held since it was last asked, in megabytes, and what it holds now.
fn resident(anew: bool) -> (u64, u64) {
    if anew {
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let of = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
    };
    (of("VmHWM:"), of("VmRSS:"))
}

/// `cargo test --release --workspace --lib figures_of_memory -- --ignored --nocapture --test-threads=1`
#[test]
#[ignore = "a figure, not a fact"]
fn figures_of_memory_for_four_hundred_thousand_cells() {
    // No published table has so many: one with its years many times over has.
    let cube = Cube::new(hjemmel_kostra::table("S1104").unwrap(), vec![2023, 2024, 2025]);
    let mut selected = all(&cube);
    *selected.positions.last_mut().unwrap() = (0..3).cycle().take(40).collect();
    let count = selected.cells();
    assert!(count >= 400_000, "{count}");
    let frame = Frame { preliminary: vec![false; 3], ..frame(&cube) };
    let placement = Placement::default();
    let mut formats: Vec<Format> =
        FORMATS.iter().map(|name| Format::named(name, &[]).unwrap()).collect();
    formats.push(Format::named("xlsx", &[]).unwrap());
    for format in formats {
        let (_, before) = resident(true);
        let mut sent = 0;
        if let Some(mut parts) = Parts::of(&format) {
            let whole = Sheet::new(&cube, &selected, &[], &placement, Language::En).unwrap();
            let windows = Windows::new(&selected, &parts.order(&whole), 20_000);
            sent += parts.head(&whole, &frame, &provenance(count)).unwrap().len();
            for pass in 0..parts.passes() {
                for at in 0..windows.count() {
                    let own = windows.part(&selected, at);
                    let cells = cells(own.cells(), 5);
                    let part = Sheet::new(&cube, &own, &cells, &placement, Language::En).unwrap();
                    sent += parts.part(pass, &part, &frame).unwrap().len();
                }
            }
            sent += parts.end(&frame).unwrap().len();
        } else {
            let cells = cells(count, 5);
            let whole = Sheet::new(&cube, &selected, &cells, &placement, Language::En).unwrap();
            let style = crate::pxweb::sheet::Style::parse("xlsx", &[]).unwrap();
            sent += crate::pxweb::xlsx::write(&whole, &frame, &style).unwrap().len();
        }
        let (most, _) = resident(false);
        let (grown, sent) = (most.saturating_sub(before), sent / 1_000_000);
        eprintln!("{format:?}: {count} cells, {sent} MB sent, {grown} MB more held at the most");
    }
}
