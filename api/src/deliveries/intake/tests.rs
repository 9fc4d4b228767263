use super::super::arriving::{Feeding, arriving};
use super::*;
use flate2::{Compression, write::GzEncoder};
use hjemmel_kostra::identity::synthetic;
use hjemmel_kostra::layout::FieldKind;
use hjemmel_registers::{Config, Keys};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

const YEAR: u16 = 2024;

struct Place {
    store: Store,
    registers: Registers,
    _folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::open(&url, 2).unwrap();
        store.migrate().unwrap();
        let keys = Arc::new(Keys::create(&folder.path().join("keys")).unwrap());
        let registers = Registers::open(&Config::new(folder.path().join("r")), keys).unwrap();
        Self { store, registers, _folder: folder }
    }

    fn take(&self, delivering: &Delivering, pieces: &[&[u8]], ends: bool) -> Result<Told, Fault> {
        let (feeding, arriving) = arriving();
        std::thread::scope(|scope| {
            let fed = scope.spawn(move || feed(feeding, pieces, ends));
            let told = take_in((&self.store, &self.registers), delivering, arriving, Utc::now());
            fed.join().unwrap();
            told
        })
    }

    fn send(&self, delivering: &Delivering, bytes: &[u8]) -> Told {
        self.take(delivering, &[bytes], true).unwrap()
    }

    /// What counts, and the files there are.
    fn state(&self) -> (Vec<Uuid>, usize) {
        let counting = self.store.counting_deliveries(Form::F11, YEAR).unwrap();
        let ids = counting.values().map(|delivery| delivery.id).collect();
        (ids, self.registers.deposits(Form::F11, YEAR).unwrap().len())
    }
}

fn feed(feed: Feeding, pieces: &[&[u8]], ends: bool) {
    for piece in pieces {
        if !feed.piece(piece) {
            return;
        }
    }
    if ends {
        feed.end();
    }
}

fn delivering() -> Delivering {
    Delivering {
        layout: Layout::of(Form::F11, YEAR).unwrap(),
        sender: Sender {
            kommune: "3107".to_owned(),
            organisation: "940039541".to_owned(),
            supplier: None,
            client: None,
            confirmed: false,
            period: 0,
        },
        expects_records: true,
        allow_synthetic: true,
        is_packed: false,
        most: 1 << 20,
    }
}

/// A record without faults, save for what is given.
fn record(index: usize, given: &[(&str, &str)]) -> String {
    let layout = Layout::of(Form::F11, YEAR).unwrap();
    let born = chrono::NaiveDate::from_ymd_opt(1984, 5, 6).unwrap();
    let number = (0..500).filter_map(|n| synthetic(born, n)).nth(index).unwrap();
    let journal = format!("J{index}");
    let own = [
        ("KOMMUNE_NR", "3107"),
        ("VERSION", "24"),
        ("PERSON_JOURNALNR", &*journal),
        ("PERSON_FODSELSNR", &*number),
        ("FODSELSDATO", "06051984"),
        ("KJONN", "2"),
        ("EKTSTAT", "2"),
        ("BU18", "2"),
        ("ANTBU18", "0"),
        ("VKLO", "5"),
        ("TRYGDESIT", "12"),
        ("ARBSIT", "07"),
        ("STMND_2", "02"),
        ("BIDRAG", "12000"),
        ("BIDRAG_FEB", "12000"),
        ("LAAN", "0"),
        ("GITT_OKONOMIRAD", "2"),
        ("FAAT_INDIVIDUELL_PLAN", "2"),
        ("BOSIT", "2"),
        ("VILKARSOSLOV", "2"),
        ("VILKARSAMEKT", "2"),
        ("BYDELSNR", ""),
        ("PERSON_DUF", ""),
    ];
    let spring = chrono::NaiveDate::from_ymd_opt(i32::from(YEAR), 3, 1).unwrap();
    let mut line = String::new();
    for field in &layout.fields {
        let find = |all: &[(&str, &str)]| {
            all.iter().find(|(name, _)| *name == field.name).map(|(_, value)| (*value).to_owned())
        };
        let usual = match (field.mandatory, field.kind, field.codes.first()) {
            (true, FieldKind::Integer, _) => "1".to_owned(),
            (true, FieldKind::Text, Some(code)) => code.code.clone(),
            (true, FieldKind::Date(format), _) => format.write(spring),
            _ => String::new(),
        };
        let value = find(given).or_else(|| find(&own)).unwrap_or(usual);
        write!(line, "{value:<width$}", width = field.length).unwrap();
    }
    line
}

fn clean(records: usize) -> Vec<u8> {
    let lines = (0..records).map(|index| record(index, &[]) + "\r\n");
    lines.collect::<String>().into_bytes()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn id_of(told: &Told, status: MunicipalStatus) -> (Uuid, bool) {
    let (delivery, is_new) = match &told.received {
        Received::New(delivery) => (delivery, true),
        Received::Already(delivery) => (delivery, false),
    };
    assert_eq!(delivery.status, status, "{:?}", told.report.findings);
    (delivery.id, is_new)
}

#[test]
fn a_clean_file_counts_and_the_same_again_is_no_news_however_it_is_packed() {
    let place = Place::new();
    let file = clean(20);
    let (id, is_new) = id_of(&place.send(&delivering(), &file), MunicipalStatus::Accepted);
    assert!(is_new);
    let gzip = Delivering { is_packed: true, ..delivering() };
    let twice = [packed(&file[..100]), packed(&file[100..])].concat();
    for bytes in [packed(&file), twice] {
        let again = place.send(&gzip, &bytes);
        assert_eq!(id_of(&again, MunicipalStatus::Accepted), (id, false));
    }
    assert_eq!(place.state(), (vec![id], 1));
    let summary = place.send(&delivering(), &file).report.summary.unwrap();
    assert_eq!(summary.sums[0].kroner, 240_000);
    let stored = place.store.municipal_delivery(id).unwrap();
    assert_eq!((stored.records, stored.bytes), (20, file.len() as u64));
    assert!(stored.report.get("summary").is_none(), "{}", stored.report);
}

#[test]
fn a_body_cut_at_any_byte_leaves_nothing_and_the_repeat_succeeds() {
    let place = Place::new();
    let file = clean(4);
    let gzip = packed(&file);
    let delivering = delivering();
    let is_packed = Delivering { is_packed: true, ..delivering.clone() };
    for at in (0..=file.len()).step_by(7).chain([file.len()]) {
        let cut = place.take(&delivering, &[&file[..at]], false);
        assert!(matches!(cut, Err(Fault::Cut)), "{at}");
    }
    for at in 0..=gzip.len() {
        let cut = place.take(&is_packed, &[&gzip[..at]], false);
        assert!(matches!(cut, Err(Fault::Cut)), "{at}");
        let ended = place.take(&is_packed, &[&gzip[..at]], true);
        if at < gzip.len() && at > 0 {
            assert!(matches!(ended, Err(Fault::Packing(_))), "{at}");
        }
        if at == 0 {
            // Nothing at all is a file without records.
            assert!(ended.is_err() || !ended.unwrap().report.accepted);
        }
    }
    let (ids, files) = place.state();
    assert_eq!((ids.len(), files), (1, 1), "the whole packed file counts, and it alone");
    let again = place.send(&delivering, &file);
    assert_eq!(id_of(&again, MunicipalStatus::Accepted), (ids[0], false));
}

#[test]
fn warnings_wait_for_their_senders_word() {
    let place = Place::new();
    let file = [record(0, &[("BIDRAG", "100"), ("BIDRAG_FEB", "100")]), "\n".into()].concat();
    let waiting = place.send(&delivering(), file.as_bytes());
    let (id, is_new) = id_of(&waiting, MunicipalStatus::Waiting);
    assert_eq!((is_new, waiting.report.findings[0].rule), (true, "031"));
    assert_eq!(place.state(), (vec![], 1));
    let again = place.send(&delivering(), file.as_bytes());
    assert_eq!(id_of(&again, MunicipalStatus::Waiting), (id, false));
    place.store.confirm_delivery(id, Utc::now()).unwrap();
    assert_eq!(place.state(), (vec![id], 1));
    let known = place.send(&delivering(), file.as_bytes());
    assert_eq!(id_of(&known, MunicipalStatus::Accepted), (id, false));
    let other = clean(1);
    let (clean_id, _) = id_of(&place.send(&delivering(), &other), MunicipalStatus::Accepted);
    assert_eq!(place.state().0, [clean_id]);
    // Back to the first content, this time confirmed at once: that is news.
    let mut confirmed = delivering();
    confirmed.sender.confirmed = true;
    let (back, is_new) = id_of(&place.send(&confirmed, file.as_bytes()), MunicipalStatus::Accepted);
    assert!(is_new && back != id);
    assert_eq!(place.state().0, [back]);
}

#[test]
fn a_refused_file_leaves_what_counted_before_and_quotes_to_its_sender_alone() {
    let place = Place::new();
    let (id, _) = id_of(&place.send(&delivering(), &clean(3)), MunicipalStatus::Accepted);
    let bad = [record(0, &[]), record(1, &[("KJONN", "9")])].join("\n");
    let refused = place.send(&delivering(), bad.as_bytes());
    let (refused_id, _) = id_of(&refused, MunicipalStatus::Refused);
    assert_eq!((refused.report.findings[0].rule, refused.quotes[0].value(0)), ("008", Some("9")));
    assert_eq!(place.state(), (vec![id], 1));
    let stored = place.store.municipal_delivery(refused_id).unwrap();
    assert!(!stored.report.to_string().contains("J1"), "{}", stored.report);
    let again = place.send(&delivering(), bad.as_bytes());
    assert_eq!(id_of(&again, MunicipalStatus::Refused), (refused_id, false));
}

#[test]
fn numbers_of_test_persons_are_refused_where_persons_are_real() {
    let place = Place::new();
    let real = Delivering { allow_synthetic: false, ..delivering() };
    let refused = place.send(&real, &clean(2));
    id_of(&refused, MunicipalStatus::Refused);
    assert!(refused.report.findings.iter().all(|found| found.rule == "005T"));
    assert_eq!(place.state(), (vec![], 0));
}

#[test]
fn other_peoples_records_and_odd_files_are_refused_in_bounded_memory() {
    let place = Place::new();
    let spaces = vec![b' '; 1 << 16];
    let many: Vec<&[u8]> = std::iter::repeat_n(&spaces[..], 16).collect();
    let nul = [record(0, &[]).into_bytes(), b"\n\0\0\0\n".to_vec()].concat();
    let foreign = record(0, &[("KOMMUNE_NR", "3105")]);
    let half = clean(2);
    let newer = Layout::of(Form::F11, 2025).unwrap().record_length;
    for (pieces, rule) in [
        (many, "001"),
        (vec![&nul[..]], "001"),
        (vec![foreign.as_bytes()], "003K"),
        (vec![&half[..half.len() - 100]], "001"),
        (vec![&spaces[..newer]], "001"),
        (vec![&b""[..]], "000"),
        (vec![&b" "[..]], "000"),
    ] {
        let told = place.take(&delivering(), &pieces, true).unwrap();
        id_of(&told, MunicipalStatus::Refused);
        assert!(told.report.findings.iter().any(|found| found.rule == rule), "{rule}");
    }
    let more: Vec<&[u8]> = std::iter::repeat_n(&spaces[..], 17).collect();
    assert!(matches!(place.take(&delivering(), &more, true), Err(Fault::TooLarge)));
    let bomb = Delivering { is_packed: true, ..delivering() };
    let packed = packed(&vec![b' '; 8 << 20]);
    assert!(matches!(place.take(&bomb, &[&packed], true), Err(Fault::TooLarge)));
    assert_eq!(place.state(), (vec![], 0));
    let none = Delivering { expects_records: false, ..delivering() };
    let (id, _) = id_of(&place.send(&none, b" "), MunicipalStatus::Accepted);
    assert_eq!(place.state(), (vec![id], 1));
}

#[test]
fn two_deliveries_at_once_are_one_after_the_other() {
    let place = Place::new();
    let files: Vec<Vec<u8>> = (1..=4).map(clean).chain([clean(1)]).collect();
    let ids: Vec<(Uuid, bool)> = std::thread::scope(|scope| {
        let place = &place;
        let all: Vec<_> = files
            .iter()
            .map(|file| {
                scope.spawn(move || {
                    id_of(&place.send(&delivering(), file), MunicipalStatus::Accepted)
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let all =
        place.store.municipal_deliveries(&hjemmel_store::MunicipalFilter::default(), 9).unwrap();
    let new = ids.iter().filter(|(_, is_new)| *is_new).count();
    assert_eq!(all.len(), new);
    let last = all.iter().max_by_key(|delivery| delivery.number).unwrap();
    assert_eq!(place.state(), (vec![last.id], new));
    let numbers: std::collections::BTreeSet<u64> = all.iter().map(|one| one.number).collect();
    assert_eq!(numbers, (1..=new as u64).collect());
}
