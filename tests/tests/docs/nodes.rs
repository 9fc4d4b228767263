//! Three holders as a newcomer starts them, and the story they print, pasted into a shell.

use crate::demo::Program;
use hjemmel_tests::demonstration::Demonstration;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The folder of this test.
const FOLDER: &str = "three-nodes";

/// Starts the nodes on free ports, and gives what they print.
fn start(name: &str) -> (Program, String) {
    let mut command = Demonstration::shared().program();
    command.current_dir(Demonstration::shared().workshop());
    command.args(["demo", "--nodes", "--persons", "3000", "--port", "0", "--dir", FOLDER]);
    let (program, output) = Program::start(&command, name);
    let mut said = String::new();
    let mut lines = BufReader::new(output).lines();
    while !said.contains("start with --reset") {
        let line = lines.next().unwrap_or_else(|| panic!("no nodes: {said}")).unwrap();
        said += &(line + "\n");
    }
    (program, said)
}

/// What each step of the story prints when it is pasted.
fn pasted(story: &str) -> Vec<String> {
    let mut script = String::new();
    let mut steps = 0;
    for line in story.lines().skip_while(|line| !line.starts_with("# 1")) {
        if line.starts_with("The table (6)") {
            break;
        }
        if line.starts_with("# ") && line[2..].starts_with(|c: char| c.is_ascii_digit()) {
            steps += 1;
            script.push_str("echo '=== step'\n");
        }
        writeln!(script, "{line}").unwrap();
    }
    assert_eq!(steps, 9, "{story}");
    let mut shell = Command::new("bash");
    shell.args(["-euc", &script]).current_dir(Demonstration::shared().workshop());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HJEMMEL_")) {
        shell.env_remove(name);
    }
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.split("=== step\n").skip(1).map(str::to_owned).collect()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn three_nodes_start_and_each_command_they_print_does_what_it_says() {
    let (nodes, story) = start("nodes");
    let folder = Demonstration::shared().workshop().join(FOLDER);
    let keys: Vec<Vec<u8>> = ["ssb", "imdi", "nav"]
        .map(|name| std::fs::read(folder.join(name).join("node.pem")).unwrap())
        .into();
    assert!(keys[0] != keys[1] && keys[1] != keys[2], "each has a key of its own");
    let [known, records, denied, months, veto, table, compared, revoked, verified] =
        <[String; 9]>::try_from(pasted(&story)).unwrap();
    for number in ["971526920", "987879696", "889640782"] {
        assert!(known.contains(number), "{known}");
    }
    for header in ["hjemmel-holder-decision: ", "hjemmel-holder-receipt: ", "hjemmel-receipt: "] {
        assert!(records.contains(header), "{records}");
    }
    assert!(records.contains("nav-11c-pseudonymised") && records.contains("\"count\":3"));
    assert_eq!(json(&denied)["type"], "/problems/no-legal-basis");
    assert!(months.starts_with("\"Region\"") && months.contains("\"3107\",\"01\""), "{months}");
    let table = json(&table);
    assert_eq!(table["state"], "published");
    assert_eq!(table["protection"]["coordinator"], "masked-sums");
    let veto = json(&veto);
    assert_eq!(
        (&veto["why"]["reason"], &veto["why"]["node"]),
        (&"vetoed".into(), &"889640782".into())
    );
    // What was drawn is what comes out: nobody was shown to anybody, and nothing is known of whom it was.
    let compared = json(&compared);
    let rows = compared["rows"].as_array().unwrap();
    let whole = rows.iter().find(|row| row["region"] == "EAK").unwrap();
    for (name, count) in [("first", 776), ("second", 770), ("standInsFirst", 24)] {
        assert!(whole[name].is_null() || whole[name] == count, "{name}: {whole}");
    }
    // And where both have somebody, how they disagree: as it was drawn, or withheld.
    assert_eq!(compared["differences"], serde_json::json!(["dates", "benefit"]));
    assert_eq!(compared["bases"].as_array().unwrap().len(), 2);
    for (name, count) in [("otherDates", 36), ("differ", 66)] {
        let shown = &whole[name];
        assert!(shown.is_null() || shown.as_u64() <= Some(count), "{name}: {whole}");
    }
    let told = ["alike", "datesDiffer", "benefitDiffers", "differ"];
    let shown = told.iter().filter(|name| rows.iter().any(|row| row[**name].as_u64() > Some(0)));
    assert!(shown.count() >= 3, "{rows:?}");
    assert!(rows.iter().filter(|row| row["both"].as_u64() > Some(0)).count() >= 3, "{rows:?}");
    assert_eq!(rows.len(), 5, "where there is anybody");
    assert!(revoked.contains("\"status\":403"), "{revoked}");
    assert!(verified.contains("each with its decision"), "{verified}");

    // They end with whoever started them, and are there again where they were, elsewhere on the machine.
    let address = |story: &str, at: usize| {
        let found = story.split("http://").nth(at + 1).unwrap();
        found.split('/').next().unwrap().to_owned()
    };
    drop(nodes);
    let began = Instant::now();
    for at in 0..3 {
        while TcpStream::connect(address(&story, at)).is_ok() {
            assert!(began.elapsed() < Duration::from_mins(1), "a node outlives the demonstration");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let (nodes, again) = start("nodes-again");
    let ask = format!("curl -sf http://{}/v1/nodes", address(&again, 2));
    let said = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert!(json(&String::from_utf8_lossy(&said.stdout))["nodes"].is_array());
    assert!(Path::new(&folder).join("nav/log").exists());
    drop(nodes);

    // A node that cannot start, or is killed, is named, and nobody waits for it.
    let key = folder.join("nav/node.pem");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let (ended, words) = run_to_its_end(None);
    assert!(!ended && words.contains("the node nav ended"), "{words}");
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (ended, words) = run_to_its_end(Some("imdi"));
    assert!(!ended && words.contains("the node imdi ended"), "{words}");
}

/// Runs the nodes until they end by themselves, killing one when all have started; whether it went well, and what was said.
fn run_to_its_end(kill: Option<&str>) -> (bool, String) {
    let mut command = Demonstration::shared().program();
    command.current_dir(Demonstration::shared().workshop());
    command.args(["demo", "--nodes", "--port", "0", "--dir", FOLDER]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    if let Some(name) = kill {
        let last = |line: &String| line.contains("start with --reset");
        assert!(lines.any(|line| last(&line.unwrap())), "no nodes");
        let settings = format!("{FOLDER}/{name}/hjemmel.toml");
        let pid = children(child.id()).into_iter().find(|pid| {
            let told = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&told).contains(&settings)
        });
        assert!(hjemmel_tests::signal("KILL", pid.unwrap()).unwrap());
    }
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The processes a process has started, from whichever of its threads.
fn children(of: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{of}/task")).unwrap().flatten();
    let lists =
        tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let all: Vec<String> = lists.collect();
    all.iter().flat_map(|list| list.split_whitespace()).map(|pid| pid.parse().unwrap()).collect()
}
