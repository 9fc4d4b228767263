//! The only door out: sealed data in, a [`Release`] out.

pub mod account;
pub mod archive;
pub mod audit;
pub mod case;
pub mod cellkey;
pub mod cells;
pub mod cube;
pub mod entitled;
pub mod identities;
pub mod noise;
pub mod records;
pub mod release;
pub mod round;
pub mod rows;
pub mod rule;
pub mod sealed;
pub mod suppress;
pub mod system;

pub use cells::{Cell, TableCells};
pub use cube::{Axis, MalformedCube, Microcube};
pub use entitled::EntitledError;
pub use identities::{Identities, NotOurs};
pub use records::{Page, Records, records};
pub use release::{Basis, Protection, Release};
pub use rows::{Interrupted, Rows};
pub use rule::{Dominance, Reason, Rule, SmallCount, Status, Zeros};
pub use sealed::Sealed;
pub use system::{Link, System};
