//! Why a step is not taken.

use super::Act;
use crate::{State, Violation};
use hjemmel_kostra::Text;

/// A step that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It cannot be taken in the state the case is in.
    WrongState {
        /// The step.
        act: Act,
        /// The state.
        state: State,
    },
    /// It is not for this actor.
    NotYours {
        /// The step.
        act: Act,
    },
    /// One person would do what takes several.
    FourEyes {
        /// The step.
        act: Act,
        /// What the actor has done already.
        already: Text,
    },
    /// An actor may apply for its own body alone.
    OtherRecipient,
    /// The step needs a reason in words.
    NoReason {
        /// The step.
        act: Act,
    },
    /// The terms break hard rules.
    Rules(Vec<Violation>),
}

impl Refused {
    /// Why, in words for the one who tried.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::WrongState { act, state } => {
                let (act, state) = (act.label(), state.label());
                Text::new(
                    format!("kan ikke {} når tilgangen er {}", act.nb, state.nb),
                    format!("cannot {} a grant that is {}", act.en, state.en),
                )
            }
            Self::NotYours { act } => {
                let act = act.label();
                Text::new(
                    format!("du kan ikke {} i denne saken", act.nb),
                    format!("you may not {} in this case", act.en),
                )
            }
            Self::FourEyes { act, already } => {
                let act = act.label();
                Text::new(
                    format!("en annen må {}: du har {}", act.nb, already.nb),
                    format!("somebody else must {}: you have {}", act.en, already.en),
                )
            }
            Self::OtherRecipient => Text::new(
                "en virksomhet kan bare søke for seg selv",
                "a body may apply for itself alone",
            ),
            Self::NoReason { act } => {
                let act = act.label();
                Text::new(
                    format!("for å {} må du skrive en begrunnelse i `reason`", act.nb),
                    format!("to {} you must give reasons in `reason`", act.en),
                )
            }
            Self::Rules(violations) => {
                let all = |text: fn(&Violation) -> String| {
                    violations.iter().map(text).collect::<Vec<_>>().join("; ")
                };
                Text::new(
                    all(|one| format!("{}: {} ({})", one.rule.code(), one.text.nb, one.field)),
                    all(|one| format!("{}: {} ({})", one.rule.code(), one.text.en, one.field)),
                )
            }
        }
    }
}
