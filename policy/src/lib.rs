//! Who may see what, and on which legal basis.
//!
//! Deciding is the only maker of a [`Grant`]. Faults while deciding are denials. The crate knows no
//! clock and no database: the time is a parameter, and the grants in force are given as a whole.

pub mod case;
pub mod question;
pub mod stop;

pub use case::{Act, Actor, Case, REVIEW_GRACE_DAYS, Recertified, Refused};
pub use policy::matrix;
pub use stop::Stop;
pub use terms::{HardRule, Precision};

pub mod action;
pub mod caller;
pub mod decision;
pub mod error;
pub mod grant;
pub mod organisation;
pub mod policy;
pub mod project;
mod rules;
pub mod terms;
pub mod tier;

pub use action::{
    Action, Ask, Asking, Compare, Comparing, MicrodataRead, Protect, ProtectTables, ReadMicrodata,
    ReadTable, Relay, Relaying, SCOPE_DELIVERIES, SCOPE_MICRODATA, SCOPE_QUESTIONS, SCOPE_TABLES,
    TableRead,
};
pub use caller::{Caller, Role, Subject};
pub use decision::{Asked, Decision, Failure, GrantRef, NearMiss, Outcome};
pub use error::Error;
pub use grant::{Grant, Obligations, Population};
pub use organisation::OrganisationNumber;
pub use policy::{Decided, GivenAnswer, Policy};
pub use project::Project;
pub use terms::{
    Change, ColumnsOf, DEMO_GRANTS, DEMO_NODE_GRANTS, GrantTerms, State, Violation, diff,
};
pub use tier::Tier;
