//! The problems of what municipalities send.

use crate::problem::Kind::{
    self, DeliveryRefused, InvalidToken, NotAcceptable, NotFound, NotPermitted, NotSignedIn,
    ParameterError, TooLarge, Unavailable, WrongState,
};

/// By operation.
pub(super) const PROBLEMS: &[(&str, &[Kind])] = &[
    (
        "deliver",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            DeliveryRefused,
            TooLarge,
            NotAcceptable,
            Unavailable,
        ],
    ),
    (
        "make_edition",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            WrongState,
            TooLarge,
            NotAcceptable,
            Unavailable,
        ],
    ),
    (
        "list_editions",
        &[NotSignedIn, InvalidToken, NotPermitted, NotFound, NotAcceptable, Unavailable],
    ),
    ("read_coverage", &[ParameterError, NotFound, NotAcceptable, Unavailable]),
    (
        "list_reminders",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            NotAcceptable,
            Unavailable,
        ],
    ),
    (
        "make_release",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            WrongState,
            TooLarge,
            NotAcceptable,
            Unavailable,
        ],
    ),
    ("list_releases", &[NotSignedIn, InvalidToken, NotPermitted, NotAcceptable, Unavailable]),
    (
        "read_release",
        &[NotSignedIn, InvalidToken, NotPermitted, NotFound, NotAcceptable, Unavailable],
    ),
    (
        "follow_release",
        &[NotSignedIn, InvalidToken, NotPermitted, NotFound, NotAcceptable, Unavailable],
    ),
    (
        "publish_release",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            WrongState,
            TooLarge,
            NotAcceptable,
            Unavailable,
        ],
    ),
    (
        "list_deliveries",
        &[ParameterError, NotSignedIn, InvalidToken, NotPermitted, NotAcceptable, Unavailable],
    ),
    (
        "read_delivery",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            NotAcceptable,
            Unavailable,
        ],
    ),
    (
        "confirm_delivery",
        &[
            ParameterError,
            NotSignedIn,
            InvalidToken,
            NotPermitted,
            NotFound,
            WrongState,
            NotAcceptable,
            Unavailable,
        ],
    ),
];
