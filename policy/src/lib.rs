//! Who may see what, and on which legal basis.
//! Deciding is the only maker of a [`Grant`]. Faults while deciding are denials.
//!

pub mod action;
pub mod caller;
pub mod grant;
pub mod organisation;
pub mod tier;

pub use action::{
    Action, MicrodataRead, Protect, ProtectTables, ReadMicrodata, ReadTable, TableRead,
};
pub use caller::{Caller, Role, Subject};
pub use grant::{Grant, Obligations, Population};
pub use organisation::OrganisationNumber;
pub use tier::Tier;
