//! The only door out: sealed data in, a [`Release`] out.
//!
//! Every method says in its own module against whom it holds and under which assumption (`# Guarantee`), where it is
//! from (`# Source`), and which tests hold it to that. In short:
//!
//! | Method | Nobody can | as long as | held by |
//! |---|---|---|---|
//! | [`suppress::tables`], [`suppress::system`] | work out a withheld cell: not by algebra, not from counts being whole and not negative and from the rule, and no single person who knows their own place a small count | only what is shown, earlier releases given to it, and oneself are known; nobody acts together | `no_pattern_gives_anything_away` (every inner table is enumerated), `amounts_keep_their_room_and_no_contributor_tells_another`, `a_later_edition_is_protected_together_with_the_earlier_one` |
//! | [`audit::attack`] | hand in a table that breaks this without its being found | what it answered is all that was asked, which it says | `the_auditor_agrees_with_brute_force`, `the_reference_findings_are_reproduced` |
//! | [`round`] | see a count from one to below the base, or the true one of several that round alike | inner cells that are never published are not asked for | `rounded_tables_add_up_and_hold_no_small_count` |
//! | [`cellkey`] | average the noise away by asking for the same persons again | few sums are added up, and the key stays secret | `cell_keys_follow_the_persons_and_not_the_lines` |
//! | [`noise`] | tell much better from any answers whether one person's records are there | the prices of all answers stay within the cap | the tests of `noise` |
//! | [`entitled`], [`records()`] | read what no grant covers | the grant is what was decided | the compile-fail tests, which no other way through builds |

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
