//! Commands that are wrong, or meet what is not there: each says what to do instead.

use crate::grants::Grants;
use crate::installation::{Installation, place, program, succeed, words};
use crate::truth;
use hjemmel_kostra::Form;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Output;

/// What a command said that must have failed as one that could not be done, without a panic.
#[track_caller]
fn refusal(output: &Output) -> String {
    let said = words(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    said
}

#[track_caller]
fn assert_says(output: &Output, says: &[&str]) {
    let said = refusal(output);
    for word in says {
        assert!(said.contains(word), "does not say {word}: {said}");
    }
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// With some settings in the place of the demonstration's.
fn set(installation: &Installation, from: &str, to: &str) {
    let path = installation.path("hjemmel.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn help_names_every_command_and_says_where_to_begin() {
    let help = succeed(&run(&["--help"]));
    for command in [
        "demo",
        "serve",
        "import",
        "check",
        "release",
        "protect",
        "audit-table",
        "generate",
        "policy",
        "audit",
        "grant",
        "migrate",
        "keys",
        "token",
        "openapi",
    ] {
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
        let about = line.unwrap_or_else(|| panic!("{command} is not in {help}")).trim();
        assert!(about.len() > command.len() + 20, "{about}");
        let own = succeed(&run(&[command, "--help"]));
        assert!(own.contains("Usage: hjemmel "), "{own}");
    }
    assert!(help.contains("New here? Run `hjemmel demo`"), "{help}");
    assert!(help.contains("HJEMMEL_CONFIG"), "{help}");
    let none = refusal(&run(&[]));
    assert!(none.contains("New here?"), "{none}");
    assert_says(&run(&["sevre"]), &["sevre", "serve"]);
    assert_says(&run(&["import", "--yaer", "2024"]), &["--yaer", "--year"]);
}

#[test]
fn a_wrong_setting_is_named_with_its_line_and_the_nearest_right_one() {
    let installation = Installation::empty("settings");
    for (from, to, says) in [
        ("folder = ", "foldr = ", ["foldr", "did you mean `folder`?", "line"]),
        ("[registers]", "[register]", ["register", "did you mean `registers`?", "line"]),
        (
            "test_installation",
            "test_instalation",
            ["test_instalation", "`test_installation`?", "line 4"],
        ),
        (
            "max_lifetime_seconds",
            "max_lifetime",
            ["max_lifetime", "`max_lifetime_seconds`?", "line"],
        ),
        ("address = \"127.0.0.1:8080\"", "address = \"8080\"", ["address", "8080", "line"]),
        ("[store]\n", "[store]\nconnections = \"many\"\n", ["connections", "many", "line"]),
        ("[store]\nurl = \"sqlite:hjemmel.db\"\n", "", ["store", "hjemmel.toml", ""]),
        ("[store]\n", "[store\n", ["line", "hjemmel.toml", ""]),
    ] {
        let path = installation.path("hjemmel.toml");
        let right = fs::read(&path).unwrap();
        set(&installation, from, to);
        for command in ["serve", "migrate"] {
            assert_says(&installation.run(&[command]), &says);
        }
        fs::write(path, right).unwrap();
    }
    let nowhere = run(&["--config", "no/such/hjemmel.toml", "serve"]);
    assert_says(&nowhere, &["no/such/hjemmel.toml", "--config", "hjemmel demo"]);
}

#[test]
fn a_wrong_variable_is_named_with_the_nearest_right_one() {
    let installation = Installation::empty("variables");
    succeed(&installation.run(&["migrate"]));
    for (name, value, says) in [
        (
            "HJEMMEL_STORE_URI",
            "sqlite:a.db",
            ["HJEMMEL_STORE_URI", "did you mean HJEMMEL_STORE_URL?"],
        ),
        (
            "HJEMMEL_SERVER_ADRESS",
            "127.0.0.1:1",
            ["HJEMMEL_SERVER_ADRESS", "HJEMMEL_SERVER_ADDRESS?"],
        ),
        ("HJEMMEL_SERVER_WORKERS", "many", ["HJEMMEL_SERVER_WORKERS", "many"]),
        ("HJEMMEL_SERVER_ADDRESS", "localhost", ["HJEMMEL_SERVER_ADDRESS", "localhost"]),
        ("HJEMMEL_TABLES_MAX_CELLS", "-1", ["HJEMMEL_TABLES_MAX_CELLS", "-1"]),
        ("HJEMMEL_STORE_URL", "mysql://h/d", ["postgres://", "SQLite"]),
        ("HJEMMEL_LOG", "much,too=loud", ["HJEMMEL_LOG", "--log"]),
    ] {
        let output = installation.command().env(name, value).arg("serve").output().unwrap();
        assert_says(&output, &says);
    }
    // A number is as good a path as any.
    let output = installation.command().env("HJEMMEL_KEYS_FILE", "42").arg("serve").output();
    assert_says(&output.unwrap(), &["42", "hjemmel keys"]);
}

#[test]
fn a_taken_port_is_told_before_any_work_is_done() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    let installation = Installation::copy("port");
    let serve = installation.run(&["serve", "--address", &address.to_string()]);
    assert_says(&serve, &[&port, "taken", "--address"]);
    let folder = place("commands").join("never-made");
    let demo = run(&["demo", "--port", &port, "--dir", &folder.to_string_lossy()]);
    assert_says(&demo, &[&port, "--port"]);
    assert!(!folder.exists());
    assert_says(&run(&["serve", "--address", "8080"]), &["8080", "--address"]);
}

#[test]
fn keys_are_asked_for_made_once_and_never_read_by_others() {
    let installation = Installation::empty("keys");
    succeed(&installation.run(&["migrate"]));
    let keys = installation.path("keys");
    assert_says(&installation.run(&["keys"]), &["keys", "exists"]);
    let before = fs::read(&keys).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
    assert_says(&installation.run(&["serve"]), &["keys", "chmod 600"]);
    fs::remove_file(&keys).unwrap();
    assert_says(&installation.run(&["serve"]), &["keys", "hjemmel keys"]);
    succeed(&installation.run(&["keys"]));
    assert_eq!(fs::metadata(&keys).unwrap().mode() & 0o777, 0o600);
    assert_ne!(fs::read(&keys).unwrap(), before);
    fs::write(&keys, "version=1\nidentifiers=00\n").unwrap();
    let said = refusal(&installation.run(&["serve"]));
    assert!(said.contains("identifiers") && !said.contains("=00"), "{said}");
}

#[test]
fn a_database_without_tables_is_told_to_be_migrated_and_not_made_by_serving() {
    let installation = Installation::empty("unmigrated");
    let file = installation.path("hjemmel.db");
    let truth = truth::of(Form::F11, 2024).file.to_string_lossy().into_owned();
    let commands = [
        vec!["serve"],
        vec!["policy", "list"],
        vec!["import", &truth, "--form", "11F", "--year", "2024"],
        vec!["release", "--form", "11", "--year", "2024"],
    ];
    for command in &commands {
        assert_says(&installation.run(command), &["hjemmel migrate", "hjemmel.db"]);
        assert!(!file.exists(), "{command:?} made an empty database");
    }
    succeed(&installation.run(&["migrate"]));
    // As one that an older version has made.
    installation.store().revert_all().unwrap();
    for command in &commands {
        assert_says(&installation.run(command), &["older", "lacks", "hjemmel migrate"]);
    }
    succeed(&installation.run(&["migrate"]));
    let nothing = installation.run(&["release", "--form", "11", "--year", "2024"]);
    assert_says(&nothing, &["no edition for 2024", "import"]);
    // Nothing is there to see, and nothing is wrong.
    let node = installation.serve();
    let tables = node.anyone().get("/pxwebapi/v2/tables").ok().json();
    assert_eq!(tables["page"]["totalElements"], 0);
    node.anyone().get("/pxwebapi/v2/tables/S1101").problem(404, "not-found");
    node.anyone().get("/pxwebapi/v2/tables/S1101/data").problem(400, "parameter-error");
    drop(node);
    fs::remove_dir_all(installation.path("registers")).unwrap();
    fs::write(installation.path("registers"), b"no folder").unwrap();
    assert_says(&installation.run(&["serve"]), &["registers"]);
}

#[test]
fn a_list_of_grants_says_how_each_stands_and_a_trial_names_the_form_it_is_of() {
    let installation = Installation::copy("listed");
    let node = installation.serve();
    let step = ["grant", "take", "suspend", "nav-11-pseudonymised", "--as", "legal"];
    let why = ["--reason", "a question", "--url", node.address()];
    succeed(&installation.run(&[&step[..], &why].concat()));
    let listed = succeed(&installation.run(&["policy", "list"]));
    let line = |id: &str| listed.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
    assert!(line("nav-11-pseudonymised").contains("  suspended until "), "{listed}");
    assert!(line("imdi-11c-exact").contains("  active until "), "{listed}");
    let asked = ["policy", "explain", "--organisation", "972417793", "--table", "--english"];
    let said = installation.run(&[&asked[..], &["--form", "11", "--years", "2024"]].concat());
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("exact figures of form 11 for 2024"), "{said}");
}

#[test]
fn forms_years_and_files_that_are_wrong_are_named() {
    let installation = Installation::copy("wrong-words");
    let truth = truth::of(Form::F11, 2024).file.to_string_lossy().into_owned();
    let published = installation.store().publications().unwrap();
    let demo = installation.path("").to_string_lossy().into_owned();
    let out = place("commands").join("out.dat").to_string_lossy().into_owned();
    for (command, says) in [
        (vec!["import", &truth, "--form", "11F", "--year", "1999"], ["1999", "2024"]),
        (vec!["import", &truth, "--form", "11F", "--year", "twenty"], ["twenty", "--year"]),
        (vec!["import", &truth, "--form", "99", "--year", "2024"], ["`99`", "11F"]),
        (vec!["import", &truth, "--form", "11F", "--year", "2024", "--lang", "fr"], ["`fr`", "nb"]),
        (vec!["import", &truth, "--year", "2024"], ["--form", "--help"]),
        (
            vec!["import", "no/such.dat", "--form", "11F", "--year", "2024"],
            ["no/such.dat", "No such"],
        ),
        (vec!["import", &truth, "--form", "13", "--year", "2024"], ["form 13", "11"]),
        (vec!["release", "--form", "11", "--year", "1999"], ["1999", "2024"]),
        (vec!["release", "--form", "XI", "--year", "2024"], ["`XI`", "11C"]),
        (vec!["generate", "--form", "11F", "--year", "1999", "--out", &out], ["1999", "2024"]),
        (
            vec!["generate", "--form", "11F", "--year", "2024", "--out", "no/such/folder/f.dat"],
            ["no/such/folder", ""],
        ),
        (
            vec!["token", "--dir", "no-such-folder", "--organisation", "889640782"],
            ["no-such-folder", "hjemmel demo"],
        ),
        (
            vec!["token", "--dir", &demo, "--organisation", "123456789"],
            ["123456789", "nine digits"],
        ),
        (vec!["token"], ["--organisation", "--person"]),
        (
            vec!["token", "--dir", &demo, "--person", "kari", "--seconds", "9999999"],
            ["9999999", "--seconds"],
        ),
        (vec!["import", &demo, "--form", "11F", "--year", "2024"], [&demo, "folder"]),
        (
            vec!["release", "--form", "11", "--year", "2024", "--report", "no/such/r.json"],
            ["no/such/r.json", "No such"],
        ),
        (
            vec!["release", "--form", "11", "--year", "2024", "--report", "r.html"],
            ["--report", "JSON"],
        ),
        (vec!["serve", "--address", "192.0.2.1:80"], ["192.0.2.1:80", "cannot serve"]),
        (vec!["demo", "--dir", &truth], [&truth, "ot a directory"]),
        (vec!["demo", "--years", "1999", "--dir", &out], ["1999", "2024"]),
        (vec!["demo", "--persons", "0", "--dir", &out], ["--persons", "0"]),
    ] {
        assert_says(&installation.run(&command), &says);
    }
    assert!(!std::path::Path::new(&out).exists());
    assert_eq!(installation.store().publications().unwrap(), published);
}

#[test]
fn grants_that_are_wrong_are_refused_by_line_and_rule_and_none_is_loaded() {
    const NAV: &str = "nav-11-pseudonymised";
    let installation = Installation::copy("wrong-grants");
    let before = installation.store().policy_version().unwrap();
    let demonstration = Grants::of_the_demonstration;
    for (changes, says) in [
        ([("tier", "\"pseudonymized\"")], ["pseudonymized", "pseudonymised"]),
        ([("years", "[2023, \"2024\"]")], ["years", "2024"]),
        ([("valid_to", "\"2023-01-01T00:00:00Z\"")], [NAV, "valid"]),
        ([("columns", "[\"REGOIN\"]")], [NAV, "REGOIN"]),
        ([("reviewer", "\"Ada Eksempel, NAV\"")], [NAV, "three"]),
        ([("product", "\"99\"")], ["99", "product"]),
    ] {
        let grants = demonstration().with(NAV, 2, &changes);
        assert_says(&grants.try_to_load(&installation, &["--yes"]), &says);
        let file = installation.path("grants.toml").to_string_lossy().into_owned();
        assert_says(&installation.run(&["policy", "check", &file]), &says);
    }
    let fewer = demonstration().without(NAV);
    let dry = succeed(&fewer.try_to_load(&installation, &["--dry-run"]));
    assert!(dry.contains(NAV) && dry.contains("nothing was loaded"), "{dry}");
    assert_says(&fewer.try_to_load(&installation, &[]), &["--yes"]);
    assert_says(&installation.run(&["policy", "load", "no/such.toml"]), &["no/such.toml"]);
    assert_eq!(installation.store().policy_version().unwrap(), before);
    let same = succeed(&demonstration().try_to_load(&installation, &["--yes"]));
    assert!(same.contains("nothing changes"), "{same}");
}

/// Inode and time of change: what tells whether a file was made anew.
fn made(installation: &Installation, name: &str) -> (u64, i64, i64) {
    let file = fs::metadata(installation.path(name)).unwrap();
    (file.ino(), file.mtime(), file.mtime_nsec())
}

#[test]
fn a_second_demo_uses_the_folder_and_a_reset_makes_it_anew() {
    let installation = Installation::copy("demo");
    let folder = installation.path("").to_string_lossy().trim_end_matches('/').to_owned();
    let record = "registers/form=11/year=2016/edition=1/part-0.parquet";
    let kept = ["keys", "hjemmel.toml", "issuer-key.pem", record];
    let before = kept.map(|name| made(&installation, name));
    let token = fs::read_to_string(installation.path("tokens/nav.jwt")).unwrap();
    let second = succeed(&run(&["demo", "--no-serve", "--dir", &folder]));
    assert_eq!(kept.map(|name| made(&installation, name)), before);
    assert!(second.contains(&folder) && second.contains("--reset"), "{second}");
    assert!(!second.contains("importing") && !second.contains("protecting"), "{second}");
    assert_ne!(fs::read_to_string(installation.path("tokens/nav.jwt")).unwrap(), token);
    let node = installation.serve();
    node.caller("nav").get("/v1/datasets/skjema-11/microdata?year=2024&limit=1").ok();
    drop(node);

    let keys = fs::read(installation.path("keys")).unwrap();
    let reset = run(&["demo", "--no-serve", "--reset", "--years", "--dir", &folder]);
    let said = succeed(&reset);
    assert!(said.contains("importing") && said.contains("protecting"), "{said}");
    assert_ne!(fs::read(installation.path("keys")).unwrap(), keys);
    let node = installation.serve();
    let datasets = node.anyone().get("/v1/datasets/skjema-11").ok().json();
    assert_eq!(datasets["editions"].as_array().unwrap().len(), 1);
    node.caller("nav").get("/v1/me").ok();
}

#[test]
fn a_folder_no_demonstration_made_is_left_alone() {
    let folder = place("commands").join("mine");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("thesis.txt"), "years of work").unwrap();
    let name = folder.to_string_lossy();
    for reset in [&[][..], &["--reset"]] {
        let output = run(&[&["demo", "--no-serve", "--dir", &*name], reset].concat());
        assert_says(&output, &[&name, "no demonstration made", "--dir"]);
    }
    assert_eq!(fs::read_to_string(folder.join("thesis.txt")).unwrap(), "years of work");
}
