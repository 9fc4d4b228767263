//! What the sources themselves must not hold, test modules aside.

use super::root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest a source file may be.
const LONGEST: usize = 450;
/// Written by diesel.
const GENERATED: [&str; 1] = ["store/src/schema.rs"];

/// Every Rust file that is checked in or about to be, relative to the root.
fn files() -> Vec<PathBuf> {
    let list = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(list.stdout).unwrap();
    let files: Vec<PathBuf> = text.lines().map(PathBuf::from).collect();
    assert!(files.len() > 100, "only {} files were found", files.len());
    files
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_default()
}

/// The files of the program itself, each without its test module.
fn shipped() -> Vec<(PathBuf, String)> {
    let files = files();
    let tests: Vec<PathBuf> = files.iter().flat_map(|file| test_modules(file)).collect();
    let is_test = |file: &Path| {
        let folder = |test: &PathBuf| file.starts_with(test.with_extension(""));
        tests.iter().any(|test| test == file || folder(test))
    };
    let source = |file: &PathBuf| {
        let mut parts = file.iter();
        let owner = parts.next().unwrap_or_default();
        parts.next().is_some_and(|part| part == "src") && owner != "tests" && owner != "benches"
    };
    let kept = files.iter().filter(|file| source(file) && !is_test(file));
    kept.map(|file| (file.clone(), without_tests(&read(file)))).collect()
}

/// The files of modules that exist for tests only.
fn test_modules(file: &Path) -> Vec<PathBuf> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let folder = match stem.as_ref() {
        "lib" | "main" | "mod" => file.parent().unwrap_or(file).to_owned(),
        _ => file.with_extension(""),
    };
    let text = read(file);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    let names = pairs.filter_map(|pair| {
        pair[1]
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub ")
            .strip_prefix("mod ")?
            .strip_suffix(';')
    });
    names
        .flat_map(|name| [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")])
        .collect()
}

/// A source up to its test module, which stands at the end.
fn without_tests(text: &str) -> String {
    let at = ["\n#[cfg(test)]\nmod tests {", "\n#[cfg(test)]\nmod test {"];
    let end = at.iter().filter_map(|start| text.find(start)).min().unwrap_or(text.len());
    text[..end].to_owned()
}

/// Where shipped code holds a text, comments aside.
fn holders(needle: &str) -> Vec<String> {
    let holds = |text: &str| {
        text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(needle))
    };
    let found = shipped().into_iter().filter(|(_, text)| holds(text));
    found.map(|(file, _)| file.display().to_string()).collect()
}

#[test]
fn only_the_token_verifier_makes_a_caller_of_a_token() {
    assert_eq!(holders("Caller::verified"), ["api/src/identity/verify.rs"]);
}

#[test]
fn only_the_door_makes_releases() {
    let outside: Vec<String> = holders("Release::new(")
        .into_iter()
        .filter(|f| !f.starts_with("disclosure/src/"))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert!(!holders("Release::new(").is_empty());
}

#[test]
fn only_the_door_opens_seals() {
    let outside: Vec<String> = holders("sealed.open()")
        .into_iter()
        .filter(|f| !f.starts_with("disclosure/src/"))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn noise_is_made_in_one_place() {
    assert_eq!(holders("opendp::"), ["disclosure/src/noise/mechanism.rs"]);
}

#[test]
fn the_clock_is_read_by_the_interface_alone() {
    for clock in ["Utc::now", "Local::now", "SystemTime::now", "Instant::now"] {
        let outside: Vec<String> =
            holders(clock).into_iter().filter(|file| !file.starts_with("api/src/")).collect();
        assert!(outside.is_empty(), "{clock} in {outside:?}");
    }
}

#[test]
fn nothing_is_unsafe_and_no_lint_is_silenced_for_good() {
    for (file, text) in shipped() {
        for barred in ["unsafe {", "#[allow(", "#![allow(", "todo!(", "dbg!("] {
            assert!(!text.contains(barred), "{barred} in {}", file.display());
        }
    }
}

#[test]
fn no_file_is_too_long_to_be_read_at_one_sitting() {
    for file in files() {
        let lines = read(&file).lines().count();
        let generated = GENERATED.iter().any(|name| Path::new(name) == file);
        assert!(generated || lines <= LONGEST, "{} has {lines} lines", file.display());
    }
}
