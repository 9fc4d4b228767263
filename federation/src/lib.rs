//! What nodes do together without showing each other what they hold: sums under masks, and how many persons two
//! registers have in common.
//!
//! It knows no network, no clock and no database, and it never sees a record: what comes in is a node's own sums
//! ([`Partial`]) and its own persons ([`Persons`]), neither of which can be encoded, printed or copied. What goes out
//! is masked, blinded or committed to.
//!
//! What each party learns, also when it does not keep to the rules, is said at [`round`] and [`psi`].

mod bytes;
pub mod common;
mod hello;
pub mod mask;
mod node;
pub mod offer;
mod partial;
pub mod plan;
pub mod psi;
pub mod repeats;
pub mod round;
mod seal;
pub mod stance;

pub use bytes::Bytes;
pub use common::{Common, NotCommon};
pub use hello::{Hello, Hellos};
pub use mask::{Joined, Masked, Sent};
pub use node::{Directory, NodeId, NotANode};
pub use offer::{Offer, Settled, Verdict};
pub use partial::Partial;
pub use plan::{Agreed, Member, Plan, PlanError, Rule};
pub use psi::Persons;
pub use repeats::{Attempt, Repeat};
pub use round::{End, Fault, Round, State, Totals};
pub use seal::{Sealed, Signed};
pub use stance::{Stance, Veto};
