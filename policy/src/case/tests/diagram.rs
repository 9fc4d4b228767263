//! The diagram of a case that legal staff read is the machine itself.

use super::*;
use std::collections::BTreeMap;

const PAGE: &str = "../docs/legal.md";

fn drawn() -> String {
    let mut arrows: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    let mut order = Vec::new();
    for act in Act::ALL {
        // Both go out from nearly everywhere; the page says so.
        if matches!(act, Act::Edit | Act::Withdraw) {
            continue;
        }
        let Some(to) = act.to() else { continue };
        for from in act.from() {
            let arrow = (from.code(), to.code());
            if !arrows.contains_key(&arrow) {
                order.push(arrow);
            }
            arrows.entry(arrow).or_default().push(act.code());
        }
    }
    let mut lines = vec!["stateDiagram-v2".to_owned()];
    for state in State::ALL {
        let used = order.iter().any(|(from, to)| [*from, *to].contains(&state.code()));
        if used {
            lines.push(format!("  {} : {}", state.code(), state.label().nb));
        }
    }
    lines.push("  [*] --> draft".to_owned());
    for arrow in order {
        lines.push(format!("  {} --> {} : {}", arrow.0, arrow.1, arrows[&arrow].join(", ")));
    }
    // An amended version that comes into force takes the place of the one before.
    lines.push("  active --> superseded : amend".to_owned());
    lines.push("  closed --> [*]".to_owned());
    lines.join("\n")
}

#[test]
fn the_diagram_of_a_case_is_as_the_steps_are() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once("```mermaid\n").unwrap();
    let (shown, after) = rest.split_once("\n```").unwrap();
    let drawn = drawn();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, format!("{before}```mermaid\n{drawn}\n```{after}")).unwrap();
        return;
    }
    assert_eq!(shown, drawn, "draw it anew with BLESS=1");
}
