//! The problems of what municipalities send.

use super::sets::{ASKED, CHANGED, LISTED, ONE, ONE_ASKED};
use crate::problem::Kind::{
    self, DeliveryRefused, InvalidToken, NotAcceptable, NotFound, NotPermitted, NotSignedIn,
    ParameterError, TooLarge, Unavailable, WrongState,
};

/// Of what takes a delivery.
const SENT: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    DeliveryRefused,
    TooLarge,
    NotAcceptable,
    Unavailable,
];

/// Of one thing that is asked with parameters and may not be there yet, or be past asking.
const IN_TIME: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    NotFound,
    WrongState,
    NotAcceptable,
    Unavailable,
];

/// By operation.
pub(super) const PROBLEMS: &[(&str, &[Kind])] = &[
    ("deliver", SENT),
    ("deliver_month", SENT),
    ("make_edition", CHANGED),
    ("list_editions", ONE),
    ("read_coverage", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
    ("list_reminders", ONE_ASKED),
    ("make_release", CHANGED),
    ("list_releases", LISTED),
    ("read_release", ONE),
    ("follow_release", ONE),
    ("publish_release", CHANGED),
    ("call_off_release", CHANGED),
    ("check_accounts", IN_TIME),
    ("list_deliveries", ASKED),
    ("read_delivery", ONE_ASKED),
    ("confirm_delivery", IN_TIME),
];
