//! Pictures of what a command prints, drawn from what it printed: a picture that is not as the command is fails.

use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Write as _;
use std::path::Path;

/// The moment the pictures tell every step of the day they are drawn on.
const DRAWN: &str = "2026-12-01 09:00:00";
/// Pixels from one letter to the next and from one line to the next.
const STEP: (usize, usize) = (8, 19);
/// Letters a line has room for.
const WIDTH: usize = 116;

/// Days back in which a moment counts as one of the demonstration's own.
const RECENT: i64 = 365;

/// Holds a picture against what its command printed. With `BLESS` set it is drawn anew.
#[track_caller]
pub fn assert_shows(file: &Path, command: &str, printed: &str) {
    let drawn = draw(command.trim(), &undated(&uncounted(printed.trim_end())));
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, &drawn).unwrap();
    }
    let shown = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(shown, drawn, "{}: draw it anew with BLESS=1", file.display());
}

/// The text without how many requests there were, which other pages have to do with.
fn uncounted(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let counts = ["forespørsler de siste", "requests of the last"];
        if !counts.iter().any(|words| line.contains(words)) {
            return line.to_owned();
        }
        let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let words =
            line.split(' ').map(|word| if number(word) && word != "30" { "0" } else { word });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The text with one moment for all of the demonstration's: what a command tells of a step is when it was taken.
fn undated(text: &str) -> String {
    let now = Utc::now();
    let is_recent = |part: &str| {
        let clock = chrono::NaiveDateTime::parse_from_str(part, "%Y-%m-%d %H:%M:%S");
        // A blank before it would be read over.
        part.starts_with(|letter: char| letter.is_ascii_digit())
            && clock.is_ok_and(|clock| {
                let moment: DateTime<Utc> = hjemmel_kostra::calendar::in_oslo(clock);
                moment < now + TimeDelta::hours(2) && moment > now - TimeDelta::days(RECENT)
            })
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let part = rest.get(..DRAWN.len()).filter(|part| is_recent(part));
        let taken = if part.is_some() { DRAWN.len() } else { letter.len_utf8() };
        out.push_str(part.map_or(&rest[..taken], |_| DRAWN));
        rest = &rest[taken..];
    }
    out
}

/// A window with the commands and what came of them.
fn draw(command: &str, printed: &str) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for line in command.lines() {
        lines.extend(broken(&format!("$ {line}")).into_iter().map(|line| ("asked", line)));
    }
    for line in printed.lines() {
        lines.extend(broken(line).into_iter().map(|line| ("said", line)));
    }
    let (wide, high) = (WIDTH * STEP.0 + 32, lines.len() * STEP.1 + 48);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" role=\"img\">\n\
         <style>text{{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}\
         .asked{{fill:#8fd0ff}}.said{{fill:#e8e8e8}}</style>\n\
         <rect width=\"{wide}\" height=\"{high}\" rx=\"10\" fill=\"#1d2430\"/>\n\
         <g fill=\"#56617a\"><circle cx=\"20\" cy=\"16\" r=\"5\"/><circle cx=\"38\" cy=\"16\" r=\"5\"/><circle cx=\"56\" cy=\"16\" r=\"5\"/></g>\n"
    );
    for (at, (class, line)) in lines.iter().enumerate() {
        let y = 46 + at * STEP.1;
        let text = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        writeln!(
            svg,
            "<text class=\"{class}\" x=\"16\" y=\"{y}\" xml:space=\"preserve\">{text}</text>"
        )
        .unwrap();
    }
    svg + "</svg>\n"
}

/// A line in pieces that fit, broken between words where it can be.
fn broken(line: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = pieces.last_mut().unwrap();
        if last.chars().count() + word.trim_end().chars().count() > WIDTH && !last.trim().is_empty()
        {
            pieces.push(format!("      {word}"));
        } else {
            last.push_str(word);
        }
    }
    pieces
}
