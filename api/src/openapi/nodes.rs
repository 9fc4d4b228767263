//! What is the same for questions that are brought to other nodes.

use super::sets;
use crate::problem::Kind::{
    self, InvalidToken, LimitReached, NoLegalBasis, NodeUnavailable, NotAcceptable, NotFound,
    NotPermitted, NotPublished, NotSignedIn, OutsideGrant, ParameterError, TooLarge, TooManyCells,
    Unavailable, WrongState,
};
use serde_json::{Map, Value};

/// What a word of a round can end in.
const ROUND: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    WrongState,
    NotAcceptable,
    TooLarge,
    Unavailable,
];

/// By operation.
pub(super) const PROBLEMS: &[(&str, &[Kind])] = &[
    ("list_nodes", &[NotAcceptable, Unavailable]),
    ("read_node_keys", &[NotAcceptable]),
    (
        "make_joint_table",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            WrongState,
            NotAcceptable,
            TooLarge,
            Unavailable,
        ],
    ),
    ("list_joint_tables", &[NotSignedIn, InvalidToken, NotAcceptable, Unavailable]),
    ("read_joint_table", &[NotSignedIn, InvalidToken, NotFound, NotAcceptable, Unavailable]),
    ("say_hello", ROUND),
    ("send_masked_sums", ROUND),
    ("judge_offer", ROUND),
    ("make_comparison", sets::SENT_TO_ONE),
    ("read_comparison", &[NotSignedIn, InvalidToken, NotFound, NotAcceptable, Unavailable]),
    ("propose_comparison", ROUND),
    ("exchange_points", ROUND),
    (
        "relay_microdata",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NoLegalBasis,
            OutsideGrant,
            NotPermitted,
            NotFound,
            NotPublished,
            NotAcceptable,
            LimitReached,
            NodeUnavailable,
            Unavailable,
        ],
    ),
    (
        "relay_table_data",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            TooManyCells,
            NotPermitted,
            NotFound,
            NotPublished,
            NotAcceptable,
            NodeUnavailable,
            Unavailable,
        ],
    ),
];

/// The headers of an answer that another node gave.
pub(super) fn add_headers(all: &mut Map<String, Value>, text: impl Fn(&str, &str) -> Value) {
    all.insert(
        crate::federation::relay::HOLDER.to_owned(),
        text("The node that holds it, by organisation number.", "987879696"),
    );
    all.insert(
        crate::federation::relay::HOLDER_DECISION.to_owned(),
        text("The holder's own recorded decision.", "0191c7b0-7f3e-7a52-8c59-2f1f6e0d8a11"),
    );
    all.insert(
        crate::federation::receipt::HOLDER_RECEIPT.to_owned(),
        text("The holder's receipt: a JWT under its node key that names the decision and the question.", "eyJ…"),
    );
    all.insert(
        "Hjemmel-Receipt".to_owned(),
        text("This node's receipt, in the same form.", "eyJ…"),
    );
}
