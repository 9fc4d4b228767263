//! That the project is built as ARCHITECTURE.md says: the interface, the line of dependencies, the makers of the
//! four types, the clock, and the size of files.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

#[path = "structure/access.rs"]
mod access;
#[path = "structure/document.rs"]
mod document;
#[path = "structure/line.rs"]
mod line;
#[path = "structure/migrations.rs"]
mod migrations;
#[path = "structure/published.rs"]
mod published;
#[path = "structure/sources.rs"]
mod sources;

use std::path::{Path, PathBuf};

/// The root of the working tree. Tests run in the folder of their package; the folder they were compiled in may be
/// another one, since checkouts share build results.
fn root() -> PathBuf {
    Path::new("..").canonicalize().unwrap()
}
