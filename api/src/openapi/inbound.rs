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
