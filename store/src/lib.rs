//! What one installation remembers: grants, deliveries, editions, releases and the record of decisions,
//! in SQLite or PostgreSQL with the same queries.
//!
//! Nothing here decides or protects. Every call is synchronous and may block on the disk; call it from a
//! thread that may wait. A fault is always an error, never an empty answer.

mod answers;
mod callings;
mod caps;
mod chain;
mod connection;
mod cosignatures;
mod decisions;
mod editions;
mod error;
mod events;
mod imports;
mod joint;
mod ledger;
mod line;
mod lock;
mod log;
mod mover;
mod municipal;
mod node_calls;
mod notices;
mod policy;
mod protections;
mod purses;
mod releases;
mod rounds;
mod saved_queries;
mod schema;
mod sent;
mod settle;
mod spends;
mod spent;
mod store;
mod targets;
mod values;
mod version;

pub use answers::{NewAnswer, StoredAnswer};
pub use callings::CallingOff;
pub use caps::{CapChange, CapOutcome};
pub use chain::{Chain, ChainState};
pub use decisions::{DecisionFilter, DecisionRow, StoredDecision};
pub use editions::{Edition, EditionKind, EditionStatus, NewEdition};
pub use error::{Error, Fault};
pub use events::SecurityEvent;
pub use imports::{Added, Delivery, DeliveryStatus};
pub use joint::{JointEnd, JointTable};
pub use lock::ImportLock;
pub use municipal::{MunicipalDelivery, MunicipalFilter, MunicipalStatus, Received};
pub use node_calls::NodeCall;
pub use policy::{GrantRow, PolicyVersion};
pub use protections::{Protection, ProtectionState};
pub use purses::{FirstCaps, OfData, Purse, PurseId, PurseKind, charges};
pub use releases::{NewRelease, Publication, Release, ReleaseStanding, published};
pub use rounds::{Entered, Judge, RoundKind, RoundRow};
pub use saved_queries::SavedQueryRow;
pub use settle::{Round, Settled, Terms};
pub use spends::{LedgerFault, Reserved, Spend, SpendFilter, question_key};
pub use spent::ProjectDay;
pub use store::Store;
pub use targets::TargetRow;

mod cases;
mod enact;
mod listen;
mod persons;
mod policy_tests;
mod statutes;
mod stops;
mod tree;

pub use cases::{CaseFilter, CaseRow, Force, NewStep, StepRow, Taken};
pub use chain::{Fields, leaf};
pub use listen::Listener;
pub use notices::NoticeRow;
pub use policy::StoredPolicy;
pub use policy_tests::PolicyTest;
pub use statutes::StatuteRow;
pub use stops::Stop;
pub use tree::{Proof, Root};
