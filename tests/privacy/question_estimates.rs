//! Estimates put together from several answers over HTTP: splitting (Asghar and Kaafar), differencing and trackers
//! (Schlörer). Their error never falls below the noise that was declared. Small unless `HJEMMEL_ATTACKS=full`.

use crate::installation::Installation;
use crate::node::Node;
use crate::question_attacks::size;
use crate::questions::{QUERIES, about};
use crate::truth;
use hjemmel_kostra::Form;
use serde_json::{Value, json};

/// Budgets that no attack here empties.
fn wealthy(name: &str) -> Installation {
    ["DATASET_YEAR", "PROJECT", "ORGANISATION"]
        .iter()
        .fold(Installation::copy(name), |made, purse| {
            made.with(&format!("HJEMMEL_QUESTIONS_RHO_PER_{purse}"), "100000")
        })
}

/// The main source of income, whose codes an attacker combines.
const CODES: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

struct Attacker<'a> {
    node: &'a Node,
    next: f64,
    /// The standard deviation that answers declare.
    declared: f64,
}

impl Attacker<'_> {
    /// The number of records with one of these codes; the price is a little different each time, so that it is another
    /// question each time.
    fn ask(&mut self, codes: &[&str]) -> f64 {
        self.next += 1e-9;
        let filter = json!([{ "variable": "VKLO", "codes": codes }]);
        let question = about(&json!({ "measure": { "count": "records" }, "rho": self.next,
            "filter": filter }));
        let answer = self.node.caller("researcher").post(QUERIES, &question.to_string()).ok();
        let body: Value = answer.json();
        let cell = &body["layers"][0]["cells"][0];
        self.declared = cell["standardDeviation"].as_f64().unwrap();
        cell["value"].as_f64().unwrap()
    }
}

/// What an attacker makes of several answers.
type Estimate = fn(&mut Attacker<'_>) -> f64;

fn without<'a>(codes: &[&str]) -> Vec<&'a str> {
    CODES.into_iter().filter(|code| !codes.contains(code)).collect()
}

#[test]
fn what_is_put_together_is_never_nearer_the_truth_than_declared() {
    let installation = wealthy("estimates");
    let node = installation.serve();
    let sources = truth::of(Form::F11, 2024).field("VKLO");
    let count = |codes: &[&str]| {
        let number = sources.iter().filter(|code| codes.contains(&code.as_str())).count();
        f64::from(u32::try_from(number).unwrap())
    };
    let mut attacker = Attacker { node: &node, next: 0.0005, declared: 0.0 };
    let runs = size(12, 400);
    let split: Estimate = |attacker| CODES.iter().map(|code| attacker.ask(&[code])).sum();
    let difference: Estimate = |attacker| attacker.ask(&CODES) - attacker.ask(&without(&["5"]));
    let tracker: Estimate = |attacker| {
        let both = attacker.ask(&["5", "1", "2"]) + attacker.ask(&without(&["1", "2"]));
        both - attacker.ask(&CODES)
    };
    // An estimate, what it is of, and how many answers are in it.
    for (name, estimate, of, answers) in [
        ("split sum", split, count(&CODES), 9.0_f64),
        ("difference", difference, count(&["5"]), 2.0),
        ("tracker", tracker, count(&["5"]), 3.0),
    ] {
        let squares: f64 = (0..runs).map(|_| (estimate(&mut attacker) - of).powi(2)).sum();
        let error = (squares / f64::from(u32::try_from(runs).unwrap())).sqrt();
        let declared = attacker.declared * answers.sqrt();
        // Six standard deviations of a spread that is estimated from so many runs.
        let least = 1.0 - 6.0 / f64::from(u32::try_from(2 * runs).unwrap()).sqrt();
        assert!(error > declared * least.max(0.2), "{name}: {error}, declared {declared}");
        assert!(error < declared * 2.5, "{name}: {error}, declared {declared}");
    }
    let store = installation.store();
    let (paid, answered) = store.paid_and_answered().unwrap();
    let asked = 14 * u64::try_from(runs).unwrap();
    assert_eq!((paid, answered), (asked, asked), "each was paid for");
    assert_eq!(store.check_purses().unwrap(), []);
}

/// A condition that all records meet, written so that it is not known to be no condition, makes another question: it is
/// drawn anew and paid for anew, and thus no way to more answers at the price of one.
#[test]
fn a_condition_that_changes_nothing_buys_nothing() {
    let installation = wealthy("dummy-conditions");
    let node = installation.serve();
    let runs = size(10, 300);
    let ask = |run: usize| {
        let filter = json!([{ "variable": "BIDRAG", "to": 900_000 + run }]);
        let question = about(&json!({ "rho": 0.002, "filter": filter }));
        node.caller("researcher").post(QUERIES, &question.to_string()).ok().json()
    };
    let mut spent = 0;
    let mut values = Vec::new();
    let mut declared = 0.0;
    for run in 0..runs {
        let answer = ask(run);
        spent += answer["privacy"][0]["nanoRho"].as_u64().unwrap();
        let cell = &answer["layers"][0]["cells"][0];
        declared = cell["standardDeviation"].as_f64().unwrap();
        values.push(cell["value"].as_f64().unwrap());
    }
    let of_data = installation.store().purses().unwrap();
    let of_data = of_data.iter().find(|purse| purse.id.key == "skjema-11/2024").unwrap();
    assert_eq!(of_data.spent, spent, "each clone is paid for");
    let number = f64::from(u32::try_from(runs).unwrap());
    let mean = values.iter().sum::<f64>() / number;
    let spread = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (number - 1.0);
    assert!(spread.sqrt() > declared * 0.1, "{spread} against {declared}");
}
