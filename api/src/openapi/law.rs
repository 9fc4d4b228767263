//! The problems of what legal staff and applicants do.

use super::sets::{ASKED, CASE_CHANGED, LISTED, ONE, ONE_ASKED, SENT, SENT_IN_TIME, SENT_TO_ONE};
use crate::problem::Kind::{
    self, HardRule, InvalidToken, NotAcceptable, NotFound, NotPermitted, NotSignedIn,
    ParameterError, TooLarge, Unavailable, WrongState,
};

/// By operation.
pub(super) const PROBLEMS: &[(&str, &[Kind])] = &[
    ("list_grants", ASKED),
    (
        "create_grant",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            WrongState,
            HardRule,
            TooLarge,
            NotAcceptable,
            Unavailable,
        ],
    ),
    ("read_grant", ONE_ASKED),
    ("edit_grant", CASE_CHANGED),
    ("read_grant_history", ONE),
    ("take_step", CASE_CHANGED),
    ("try_decision", SENT),
    ("read_access_matrix", ONE_ASKED),
    ("read_grant_impact", ONE_ASKED),
    ("read_grant_use", ASKED),
    ("list_notices", ASKED),
    ("list_events", ASKED),
    ("read_checkpoint", LISTED),
    ("add_cosignature", SENT),
    ("read_tile", ONE),
    ("read_proof", ONE_ASKED),
    ("list_policy_tests", LISTED),
    ("add_policy_test", SENT_IN_TIME),
    ("retire_policy_test", SENT_TO_ONE),
    ("list_statutes", &[NotSignedIn, InvalidToken, NotAcceptable, Unavailable]),
    ("add_statute", SENT),
    ("read_statute", &[NotSignedIn, InvalidToken, NotFound, NotAcceptable, Unavailable]),
    ("list_stops", LISTED),
    ("make_stop", SENT_IN_TIME),
    ("lift_stop", SENT_TO_ONE),
];
