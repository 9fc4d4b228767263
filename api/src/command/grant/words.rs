//! What `hjemmel grant` prints.

use super::list;
use crate::command::remote::{text, word};
use crate::command::say;
use chrono::{DateTime, Utc};
use hjemmel_kostra::calendar;
use serde_json::Value;

/// The frame around what the server says, in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub language: &'static str,
    reviewer: &'static str,
    approver: &'static str,
    suspended: &'static str,
    reason: &'static str,
    next: &'static str,
    nothing: &'static str,
    needs_reason: &'static str,
    replayed: fn(&str, &str, &str) -> String,
}

pub const NORWEGIAN: Words = Words {
    language: "nb",
    reviewer: "vurdert av",
    approver: "godkjent av",
    suspended: "stanset av",
    reason: "begrunnelse",
    next: "Du kan nå:",
    nothing: "Det er ikke noe du kan gjøre med saken nå.",
    needs_reason: "med begrunnelse",
    replayed: |changed, asked, days| {
        format!(
            "Av {asked} forespørsler de siste {days} dagene ville {changed} fått et annet svar."
        )
    },
};

pub const ENGLISH: Words = Words {
    language: "en",
    reviewer: "reviewed by",
    approver: "approved by",
    suspended: "suspended by",
    reason: "reason",
    next: "You can now:",
    nothing: "There is nothing you can do with the case now.",
    needs_reason: "with a reason",
    replayed: |changed, asked, days| {
        format!(
            "Of {asked} requests of the last {days} days {changed} would have got another answer."
        )
    },
};

/// A case in a list.
pub fn line(grant: &Value) -> String {
    let [id, version, state, recipient, title] =
        ["/id", "/version", "/stateText", "/recipient/name", "/title"].map(|at| text(grant, at));
    format!("{id} v{version}  {state}  {recipient}  {title}")
}

/// A step that was taken.
pub fn step(step: &Value) {
    let [at, version, act, to, by, why] =
        ["/at", "/version", "/stepText", "/toText", "/by/name", "/reason"]
            .map(|place| text(step, place));
    let at = at.parse::<DateTime<Utc>>().map_or(at, |moment| {
        calendar::clock_in_oslo(moment).format("%Y-%m-%d %H:%M:%S").to_string()
    });
    // Opening a case is no step of one.
    let act = if act == "–" { text(step, "/step") } else { act };
    say(&format!("{at}  v{version}  {act} → {to}  {by}  {why}"));
    for change in list(step, "changes") {
        say(&format!("    {}", word(change)));
    }
}

impl Words {
    /// A case whole.
    pub fn show(&self, case: &Value) {
        heading(case);
        for part in list(case, "inWords") {
            say(&format!("  {}: {}", text(part, "/label"), text(part, "/text")));
        }
        Self::said(case, &[(self.suspended, "/suspendedBy/name"), (self.reason, "/reason")]);
        self.open(case);
    }

    /// Where a case stands after a step.
    pub fn standing(&self, case: &Value) {
        heading(case);
        Self::said(
            case,
            &[
                (self.reviewer, "/reviewer/name"),
                (self.approver, "/approver/name"),
                (self.suspended, "/suspendedBy/name"),
                (self.reason, "/reason"),
            ],
        );
        self.open(case);
    }

    /// What would change if a case were in force.
    pub fn impact(&self, impact: &Value) {
        for part in ["changes", "inWords", "testsFailed"] {
            for line in list(impact, part) {
                say(&word(line));
            }
        }
        let [changed, asked, days] =
            ["/replay/changed", "/replay/asked", "/replay/days"].map(|at| text(impact, at));
        say(&(self.replayed)(&changed, &asked, &days));
    }

    fn said(case: &Value, parts: &[(&str, &str)]) {
        for (name, at) in parts {
            let said = text(case, at);
            if said != "–" {
                say(&format!("  {name}: {said}"));
            }
        }
    }

    /// What is wrong, and what the reader can do.
    fn open(&self, case: &Value) {
        for broken in list(case, "violations") {
            say(&format!("  ! {} ({})", text(broken, "/text"), text(broken, "/rule")));
        }
        let steps = list(case, "steps");
        say(if steps.is_empty() { self.nothing } else { self.next });
        for step in steps {
            let needs = step.get("needsReason").and_then(Value::as_bool) == Some(true);
            let with = if needs { format!(" ({})", self.needs_reason) } else { String::new() };
            say(&format!("  {:<12} {}{with}", text(step, "/step"), text(step, "/text")));
        }
    }
}

fn heading(case: &Value) {
    let [id, version, state] = ["/id", "/version", "/stateText"].map(|at| text(case, at));
    say(&format!("{id} v{version}: {state}"));
}
