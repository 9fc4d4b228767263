//! The only door out: sealed data in, a [`Release`] out.

pub mod audit;
pub mod case;
pub mod cellkey;
pub mod cells;
pub mod cube;
pub mod identities;
pub mod release;
pub mod round;
pub mod rule;
pub mod sealed;
pub mod suppress;
pub mod system;

pub use cells::{Cell, TableCells};
pub use cube::{Axis, MalformedCube, Microcube};
pub use identities::{Identities, NotOurs};
pub use release::{Basis, Protection, Release};
pub use rule::{Dominance, Reason, Rule, SmallCount, Status, Zeros};
pub use sealed::Sealed;
pub use system::{Link, System};
