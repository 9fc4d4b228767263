//! That the documentation is true: its commands are run as they stand, on the demonstration, and what it shows is
//! what they print.
//!
//! Three things stand in for what a reader does. The program that was built stands in for `cargo run`; another
//! port for 8080, which may be taken; and the demonstration has one year of records, as `--years 2024` makes it.
//! R and the Python packages pyarrow and pandas are used where this machine has them. Elsewhere the Python
//! example is still compiled, and the request each of them makes is held against the one curl makes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail")]

mod demo;
mod expected;
mod nodes;
mod notebook;
mod operators;
mod pages;
mod pictures;

use demo::{Demo, alone, running};
use hjemmel_tests::demonstration::Demonstration;
use pages::{Fence, page};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What is run by the harness itself and not from the page, and why.
fn is_elsewhere(command: &str) -> bool {
    match command {
        // The demonstration that answers is the one this command makes.
        "cargo run --release -- demo" => true,
        // It runs this very test.
        "./test" => std::fs::metadata("../test").is_ok(),
        _ => false,
    }
}

/// Runs the shell commands of a page in their order, and holds each against what the page shows after it.
fn run_page(name: &str) -> usize {
    let fences = page(name);
    let mut run = 0;
    for (at, fence) in fences.iter().enumerate() {
        if fence.language != "bash" || is_elsewhere(fence.text.trim()) {
            continue;
        }
        let said = running().shell(&fence.text);
        assert!(said.status.success(), "{name}: {}\n{}", fence.text, said.both());
        run += 1;
        if let Some(picture) = &fence.picture {
            let file = std::path::Path::new("..").join(name).with_file_name(picture);
            pictures::assert_shows(&file, &fence.text, &said.output);
        }
        let shown =
            fences.get(at + 1).filter(|next| ["json", "", "csv"].contains(&&*next.language));
        match shown {
            Some(Fence { language, text, .. }) if language == "json" => {
                expected::assert_json(text, &said.output, &fence.text);
            }
            Some(Fence { text, .. }) => expected::assert_lines(text, &said.output, &fence.text),
            None => {}
        }
    }
    run
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let _alone = alone();
    assert_eq!(run_page("README.md"), 6);
    let parquet = std::fs::read(running().workshop().join("skjema-11-2024.parquet")).unwrap();
    assert!(
        parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1") && parquet.len() > 1_000_000
    );
}

/// Every file below a folder, and when it was written.
fn written(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let when = |file: &PathBuf| file.metadata().unwrap().modified().unwrap();
    let files = hjemmel_tests::files(folder).unwrap().into_iter();
    let mut all: Vec<_> = files.map(|file| (file.clone(), when(&file))).collect();
    all.sort();
    all
}

#[test]
fn a_second_start_makes_nothing_again_and_says_what_to_try_and_each_of_it_works() {
    let _alone = alone();
    let made = written(&Demonstration::shared().workshop().join("hjemmel-demo/registers"));
    assert!(!made.is_empty());
    let again = Demo::start();
    assert_eq!(written(&Demonstration::shared().workshop().join("hjemmel-demo/registers")), made);
    let commands: Vec<&str> = again.said.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(commands.len(), 6, "{}", again.said);
    let said: Vec<String> = commands
        .iter()
        .map(|command| {
            let said = again.shell(command);
            assert!(said.status.success(), "{command}\n{}", said.both());
            said.output
        })
        .collect();
    let records: Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!(records["count"], 3);
    let refused: Value = serde_json::from_str(&said[1]).unwrap();
    assert_eq!(refused["type"], "/problems/no-legal-basis");
    assert!(said[2].contains(r#"":""#) && !said[2].contains("problem"), "{}", said[2]);
    assert!(said[3].contains("hjemmel-protection: exact"), "{}", said[3]);
    assert!(said[4].starts_with("year,\"STATUS\",\"value\""), "{}", said[4]);
    assert!(said[5].is_empty());
    let function = again.said.lines().find(|line| line.starts_with("grant() {")).unwrap();
    let steps = again.said.lines().filter(|line| line.starts_with("grant take ")).count();
    let listed = again.shell(&format!("{function}\ngrant list --as legal"));
    assert!(listed.output.contains("bfd-utkast") && steps > 5, "{}", listed.both());
    for part in again.said.split("http://").skip(1).filter(|part| part.contains("/docs/")) {
        let address = part.split_whitespace().next().unwrap();
        assert!(again.shell(&format!("curl -sf http://{address}")).status.success());
    }
}

#[test]
fn every_command_for_agencies_works() {
    let _alone = alone();
    assert_eq!(run_page("docs/agencies.md"), 4);
}

/// The Python that examples are run with.
fn python() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn the_python_for_agencies_works() {
    let _alone = alone();
    let python = python();
    let has = |what: &str| {
        let tried = Command::new(&python).args(["-c", what]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let examples: Vec<Fence> =
        page("docs/agencies.md").into_iter().filter(|fence| fence.language == "python").collect();
    assert_eq!(examples.len(), 2);
    assert!(has(""), "the examples need `{python}`, which `./test` installs on Debian");
    for Fence { text, .. } in examples {
        let packages = ["pyarrow", "pandas"].iter().filter(|name| text.contains(**name));
        let missing: Vec<_> = packages.filter(|name| !has(&format!("import {name}"))).collect();
        let file = running().workshop().join("example.py");
        std::fs::write(&file, running().at_its_port(&text)).unwrap();
        let mut command = Command::new(&python);
        command.current_dir(running().workshop());
        if missing.is_empty() {
            command.arg("example.py");
        } else {
            eprintln!("{missing:?} are not here: the example is compiled and not run");
            command.args(["-m", "py_compile", "example.py"]);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        if missing.is_empty() {
            let first = said.lines().next().unwrap_or_default();
            assert!(first.starts_with("nav-11-pseudonymised;version=1"), "{said}");
            assert!(said.contains("records"), "{said}");
        }
    }
}

#[test]
fn the_r_for_agencies_asks_what_curl_asks() {
    let _alone = alone();
    let fences = page("docs/agencies.md");
    let r = &fences.iter().find(|fence| fence.language == "r").unwrap().text;
    let address = |text: &str| {
        let start = text.find("http://127.0.0.1:8080").unwrap();
        text[start..].split(['\'', '"', ' ']).next().unwrap().to_owned()
    };
    let curl =
        fences.iter().find(|fence| fence.text.contains("parquet") && fence.language == "bash");
    assert_eq!(address(r), address(&curl.unwrap().text));
    assert!(r.contains("application/vnd.apache.parquet") && r.contains("Bearer"));
    let Ok(version) = Command::new("Rscript").arg("--version").output() else {
        eprintln!("R is not here: its example is not run");
        return;
    };
    assert!(version.status.success());
    let has_arrow = Command::new("Rscript").args(["-e", "library(arrow)"]).output().unwrap();
    let script = running().at_its_port(r);
    let parts =
        script.lines().filter(|line| has_arrow.status.success() || !line.contains("arrow::"));
    std::fs::write(running().workshop().join("e.R"), parts.collect::<Vec<_>>().join("\n")).unwrap();
    let said = running().shell("Rscript e.R");
    assert!(said.status.success(), "{}", said.both());
}

#[test]
fn every_command_for_legal_staff_works() {
    let _alone = alone();
    assert_eq!(run_page("docs/legal.md"), 21);
    let pictures = page("docs/legal.md").into_iter().filter(|fence| fence.picture.is_some());
    assert_eq!(pictures.count(), 16, "a step is not shown");
}

#[test]
fn every_command_for_municipalities_works() {
    let _alone = alone();
    assert_eq!(run_page("docs/municipalities.md"), 10);
}

#[test]
fn every_command_for_researchers_works() {
    let _alone = alone();
    assert_eq!(run_page("docs/researchers.md"), 3);
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    for name in pages::ALL {
        let text = pages::read(name);
        let folder = std::path::Path::new("..").join(name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.starts_with("http") {
                let target = folder.parent().unwrap().join(link.split('#').next().unwrap());
                assert!(target.exists(), "{name}: {link}");
            }
        }
    }
}

#[test]
fn every_option_that_is_named_exists() {
    let mut help = String::new();
    let commands =
        "demo serve import check release protect audit-table generate migrate keys token openapi";
    for command in commands.split(' ').chain([
        "policy check",
        "policy load",
        "policy list",
        "policy matrix",
        "policy explain",
        "audit export",
        "grant take",
        "audit verify",
        "audit checkpoint",
        "audit witness",
        "audit witness-key",
        "audit forget",
    ]) {
        help += &running().shell(&format!("hjemmel {command} --help")).output;
    }
    for name in pages::ALL {
        for code in pages::inline_code(name) {
            for option in code.split_whitespace().filter(|word| word.starts_with("--")) {
                assert!(help.contains(option), "{name}: {option}");
            }
        }
    }
}
