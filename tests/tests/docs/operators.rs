//! The operators' page: a new installation, made by its own words in a folder of its own.

use crate::demo::{Program, running};
use crate::pages::{self, page};
use hjemmel_kostra::{Form, Layout};
use hjemmel_tests::demonstration::Demonstration;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PAGE: &str = "docs/operators.md";
/// Municipalities that have delivered. All of them would take a minute more to protect.
const DELIVERED: [&str; 12] = [
    "3107", "3105", "3103", "3301", "3907", "3905", "4001", "4003", "3110", "3112", "3114", "3116",
];

/// A place, with the settings the page shows.
fn installation(name: &str) -> PathBuf {
    let folder = running().workshop().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let settings = page(PAGE).into_iter().find(|fence| fence.language == "toml").unwrap().text;
    // The persons of the test have synthetic numbers, which a production installation refuses.
    let settings = format!("test_installation = true\n{settings}");
    std::fs::write(folder.join("hjemmel.toml"), settings).unwrap();
    folder
}

fn program(folder: &Path) -> Command {
    let mut command = Demonstration::shared().program();
    command.current_dir(folder);
    command
}

#[track_caller]
fn succeed(output: &Output, what: &str) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A file of 2025 as a few municipalities send it.
fn record_file(file: &Path) {
    let mut generate = program(file.parent().unwrap());
    generate.args(["generate", "--form", "11", "--year", "2025", "--force", "--out"]).arg(file);
    succeed(&generate.output().unwrap(), "generate");
    let place = Layout::of(Form::F11, 2025).unwrap().field("KOMMUNE_NR").unwrap();
    let bytes = std::fs::read(file).unwrap();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| {
        let kommune = line.get(place.start..place.start + place.length).unwrap_or_default();
        DELIVERED.iter().any(|one| one.as_bytes() == kommune)
    });
    let kept: Vec<u8> = lines.flatten().copied().collect();
    assert!(kept.len() > 100_000);
    std::fs::write(file, kept).unwrap();
}

#[test]
fn a_new_installation_is_made_by_the_commands_of_the_page() {
    let folder = installation("new");
    std::fs::copy("../policy/demo-grants.toml", folder.join("grants.toml")).unwrap();
    record_file(&folder.join("skjema11-2025.dat"));
    let fences = page(PAGE);
    let commands =
        &fences.iter().find(|fence| fence.text.contains("hjemmel migrate")).unwrap().text;
    let mut served = false;
    for line in commands.lines() {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("hjemmel"), "{line}");
        let mut command = program(&folder);
        command.args(words);
        if line.ends_with(" serve") {
            command.env("HJEMMEL_SERVER_ADDRESS", "127.0.0.1:0");
            let (_program, output) = Program::start(&command, "serve");
            let first = BufReader::new(output).lines().next().unwrap().unwrap();
            let address = first.strip_prefix("listening on ").unwrap();
            let ask = format!(
                "curl -sf {address}/health/ready {address}/pxwebapi/v2/tables/S1101/data?outputFormat=csv"
            );
            let said = running().shell(&ask);
            assert!(said.status.success() && said.output.contains("3107"), "{}", said.both());
            served = true;
            continue;
        }
        if line.contains("policy load") {
            // Nobody is here to be asked.
            command.arg("--yes");
        }
        succeed(&command.output().unwrap(), line);
    }
    assert!(served);
    let report = std::fs::read(folder.join("audit.json")).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&report).unwrap().is_object());
    // What the page says of a key file and of a file that is imported again.
    let again = program(&folder).arg("keys").output().unwrap();
    assert!(!again.status.success(), "a key file is never overwritten");
    let import = ["import", "skjema11-2025.dat", "--form", "11F", "--year", "2025"];
    let said = succeed(&program(&folder).args(import).output().unwrap(), "import");
    assert!(said.contains("nothing changed"), "{said}");
}

#[test]
fn every_setting_of_the_page_can_be_set_by_its_variable() {
    let folder = installation("settings");
    succeed(&program(&folder).arg("keys").output().unwrap(), "keys");
    let text = pages::read(PAGE);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    let with_variable = rows.iter().filter(|row| row[2].starts_with("HJEMMEL_"));
    let mut tried = 0;
    for row in with_variable {
        let (setting, variable) = (row[1], row[2]);
        assert_eq!(variable, format!("HJEMMEL_{}", setting.replace('.', "_").to_uppercase()));
        let value = match setting {
            "server.address" => "127.0.0.1:0",
            "store.url" => "sqlite:other.db",
            "registers.folder" => "other",
            "keys.file" => "keys",
            _ => "3",
        };
        let mut command = program(&folder);
        succeed(&command.arg("migrate").env(variable, value).output().unwrap(), variable);
        tried += 1;
    }
    assert_eq!(tried, 20);
    let wrong = program(&folder).arg("migrate").env("HJEMMEL_STORE_URI", "x").output().unwrap();
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("HJEMMEL_STORE_URL"));
}

#[test]
fn a_folder_that_no_demonstration_made_is_never_removed() {
    let folder = running().workshop().join("mine");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("thesis.txt"), "years of work").unwrap();
    let mut demo = program(running().workshop());
    let output = demo.args(["demo", "--no-serve", "--reset", "--dir", "mine"]).output().unwrap();
    assert!(!output.status.success());
    assert_eq!(std::fs::read(folder.join("thesis.txt")).unwrap(), b"years of work");
}
