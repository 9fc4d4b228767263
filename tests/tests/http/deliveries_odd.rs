//! Files as other programs write them, and files that are none.

use crate::deliveries::{ADDRESS, FORM, LINES, YEAR, counting, deliver, file};
use crate::installation::Installation;
use crate::node::Node;
use hjemmel_kostra::Layout;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Megabytes of spaces that are sent; 2048 is what a filled disk has been known to give.
const MEGABYTES: &str = "HJEMMEL_TEST_SPACES_MEGABYTES";
const USUAL: usize = 64;
/// What the server may hold more while they arrive.
const ROOM: u64 = 64 << 20;

/// Sends a body piece by piece and gives the status line of the answer.
fn send(node: &Node, headers: &str, pieces: impl Iterator<Item = Vec<u8>>) -> String {
    let caller = node.caller("fredrikstad");
    let (host, token) = caller.line();
    let mut line = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {ADDRESS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{headers}\r\n",
        token.unwrap()
    );
    line.write_all(head.as_bytes()).unwrap();
    for piece in pieces {
        let sent = write!(line, "{:x}\r\n", piece.len())
            .and_then(|()| line.write_all(&piece))
            .and_then(|()| line.write_all(b"\r\n"));
        // The server may have heard enough.
        if sent.is_err() {
            break;
        }
    }
    let _ = line.write_all(b"0\r\n\r\n");
    let mut answer = Vec::new();
    let _ = line.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn spaces_without_end_are_refused_in_bounded_memory() {
    let megabytes = std::env::var(MEGABYTES).ok().and_then(|text| text.parse().ok());
    let megabytes: usize = megabytes.unwrap_or(USUAL);
    let most = (megabytes + 1).to_string();
    let installation = Installation::copy("deliver-spaces");
    let installation = installation.with("HJEMMEL_DELIVERIES_MAX_MEGABYTES", &most);
    let node = installation.serve();
    assert_eq!(deliver(&node.caller("fredrikstad"), "", &file(1_000)).status, 201);
    let before = node.peak_memory();
    let spaces = || std::iter::repeat_n(vec![b' '; 1 << 20], megabytes);
    let status = send(&node, "", spaces());
    assert!(status.contains(" 422 "), "one line that is no record: {status}");
    let lines = || std::iter::repeat_n([&[b' '; 337][..], b"\n"].concat().repeat(3_103), megabytes);
    let status = send(&node, "", lines());
    assert!(status.contains(" 422 "), "lines of spaces: {status}");
    // What is packed grows on the way: refused at the size it may have.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for piece in spaces().chain(spaces()) {
        packed.write_all(&piece).unwrap();
    }
    let packed = packed.finish().unwrap();
    let pieces = packed.chunks(1 << 16).map(<[u8]>::to_vec);
    let status = send(&node, "Content-Encoding: gzip\r\n", pieces);
    assert!(status.contains(" 413 ") || status.is_empty(), "{status}");
    let grown = node.peak_memory().saturating_sub(before);
    assert!(grown < ROOM, "{grown} bytes more for {megabytes} megabytes of spaces");
    let listed = node.caller("fredrikstad").get("/v1/deliveries").ok().json();
    let counts = listed["deliveries"].as_array().unwrap().iter();
    assert_eq!(counts.filter(|one| one["status"] == "accepted").count(), 1);
}

#[test]
fn files_as_other_programs_write_them_are_the_same_records() {
    let installation = Installation::copy("deliver-odd");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let field = Layout::of(FORM, YEAR).unwrap().field("SAKSBEHANDLER").unwrap();
    // A name of as many characters as the field has, one of which is not ASCII.
    let name = format!("{:width$}", "Bjørn", width = field.length);
    let mut lines: Vec<Vec<char>> =
        LINES[..30].iter().map(|line| line.chars().collect::<Vec<_>>()).collect();
    for line in &mut lines {
        line.splice(field.range(), name.chars());
    }
    let joined = |end: &str| -> String {
        let lines = lines.iter().map(|line| line.iter().collect::<String>() + end);
        lines.collect()
    };
    let latin: Vec<u8> =
        joined("\n").chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
    let files = [
        joined("\n").into_bytes(),
        joined("\r\n").into_bytes(),
        [&b"\xef\xbb\xbf"[..], joined("\r\n").as_bytes()].concat(),
        latin,
        joined("\n").trim_end_matches('\n').as_bytes().to_vec(),
    ];
    for (at, file) in files.iter().enumerate() {
        let sent = deliver(&fredrikstad, "", file);
        assert_eq!(sent.status, 201, "file {at}: {}", sent.text());
        assert_eq!(sent.json()["records"], 30, "file {at}");
        assert_eq!(sent.json()["summary"], deliver(&fredrikstad, "", file).json()["summary"]);
        let listed = fredrikstad.get("/v1/deliveries").ok().json()["deliveries"][0].clone();
        assert_eq!(Some(listed["id"].as_str().unwrap().to_owned()), counting(&installation));
    }
}

#[test]
fn what_is_no_file_of_records_is_told_of_by_line_and_counts_for_nothing() {
    let installation = Installation::copy("deliver-none");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    let whole = file(20);
    let length = whole.len() / 20;
    let with = |at: usize, bytes: &[u8]| {
        let mut file = whole.clone();
        file.splice(at..at + bytes.len(), bytes.iter().copied());
        file
    };
    for (what, file, line) in [
        ("zero bytes in the place of a record", with(7 * length, &vec![0; length - 1]), 8),
        ("a record that ends in the middle", whole[..whole.len() - 100].to_vec(), 20),
        (
            "a record cut out of the middle",
            [&whole[..5 * length + 40], &whole[6 * length..]].concat(),
            6,
        ),
        ("two records on one line", with(3 * length - 1, b" "), 3),
    ] {
        let refused = deliver(&fredrikstad, "", &file).problem(422, "delivery-refused");
        let findings = refused["delivery"]["findings"].as_array().unwrap();
        let at_line = findings.iter().any(|one| one["line"] == line);
        assert!(at_line, "{what}: {findings:?}");
        assert_eq!(counting(&installation), None, "{what}");
    }
    // A zero byte within a record of the right length is a character like any other: it is in no code list.
    let nul = deliver(&fredrikstad, "", &with(7 * length + 60, b"\0"));
    assert_ne!(nul.status, 500, "{}", nul.text());
    assert_eq!(deliver(&fredrikstad, "", &whole).status, 201);
}
