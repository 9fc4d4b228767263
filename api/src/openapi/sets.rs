//! Problems that several operations can end in alike.

use crate::problem::Kind::{
    self, HardRule, InvalidToken, NotAcceptable, NotFound, NotPermitted, NotSignedIn,
    ParameterError, Stale, TooLarge, Unavailable, VersionNeeded, WrongState,
};

/// A list for whoever may see it.
pub(super) const LISTED: &[Kind] =
    &[NotSignedIn, InvalidToken, NotPermitted, NotAcceptable, Unavailable];
/// The same, asked with parameters.
pub(super) const ASKED: &[Kind] =
    &[ParameterError, NotSignedIn, InvalidToken, NotPermitted, NotAcceptable, Unavailable];
/// One thing by its name.
pub(super) const ONE: &[Kind] =
    &[NotSignedIn, InvalidToken, NotPermitted, NotFound, NotAcceptable, Unavailable];
/// The same, asked with parameters.
pub(super) const ONE_ASKED: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    NotFound,
    NotAcceptable,
    Unavailable,
];
/// Something new that is sent.
pub(super) const SENT: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    TooLarge,
    NotAcceptable,
    Unavailable,
];
/// The same, which may come at the wrong time.
pub(super) const SENT_IN_TIME: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    WrongState,
    TooLarge,
    NotAcceptable,
    Unavailable,
];
/// What is sent to a thing by its name.
pub(super) const SENT_TO_ONE: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    NotFound,
    TooLarge,
    NotAcceptable,
    Unavailable,
];
/// The same, which may come at the wrong time.
pub(super) const CHANGED: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    NotFound,
    WrongState,
    TooLarge,
    NotAcceptable,
    Unavailable,
];
/// A case that is led on.
pub(super) const CASE_CHANGED: &[Kind] = &[
    ParameterError,
    NotSignedIn,
    InvalidToken,
    NotPermitted,
    NotFound,
    WrongState,
    Stale,
    VersionNeeded,
    HardRule,
    TooLarge,
    NotAcceptable,
    Unavailable,
];
