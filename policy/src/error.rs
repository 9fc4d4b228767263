//! What can go wrong outside a decision; inside one, everything that goes wrong is a denial.

use crate::Violation;

/// Why grants or rules were refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of grants does not read.
    #[error("line {line}: {text}")]
    Unreadable {
        /// Line in the file, from 1.
        line: usize,
        /// The field, when one is to blame.
        field: Option<String>,
        /// What is wrong, in plain words.
        text: String,
    },
    /// Two grants share an id.
    #[error("the id `{id}` is used by more than one grant")]
    DuplicateGrant {
        /// The id.
        id: String,
    },
    /// A hard rule refuses a grant.
    #[error("grant `{grant}` is refused: {}", listed(violations))]
    Refused {
        /// The grant.
        grant: String,
        /// Each rule it breaks.
        violations: Vec<Violation>,
    },
    /// The access rules do not read; no snapshot is made from them.
    #[error("access rules, line {line}: {text}")]
    Rules {
        /// Line in the rules, from 1; 0 when it is about all of them.
        line: usize,
        /// What is wrong.
        text: String,
    },
    /// The rule engine refused the model.
    #[error("the rule engine refused the access model")]
    Engine(#[source] Box<casbin::Error>),
}

fn listed(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
