//! Unit records on their way to the door: a stream the registers fill and this crate alone drains.

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use futures::{Stream, stream::BoxStream};

/// The hidden first column: the place of a record in its edition, which cursors point at.
pub const ROW: &str = "_row";

/// The key in a field's metadata that says what must be done to the column before it leaves.
pub const ROLE: &str = "hjemmel.role";

/// [`ROLE`] of ciphertexts that only [`crate::Identities::reveal`] turns into identifiers.
pub const IDENTIFIER: &str = "identifier";

/// [`ROLE`] of ciphertexts that only [`crate::Identities::pseudonym`] turns into pseudonyms.
pub const PSEUDONYM: &str = "pseudonym";

/// [`ROLE`] of columns that leave as they are.
pub const CONTENT: &str = "content";

/// Records of one edition, in the order of the file, in bounded memory.
///
/// The first column is [`ROW`]; every field carries its [`ROLE`], and ciphertexts are `Binary`, null
/// where there is nothing to show. It has no `Serialize`, `Debug` or `Clone`, and outside this crate
/// nobody can take a batch from it.
pub struct Rows {
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, Interrupted>>,
}

/// Reading stopped before the last record; what was read so far is not an answer.
#[derive(Debug, thiserror::Error)]
#[error("reading the records stopped early")]
pub struct Interrupted(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl Interrupted {
    /// For `map_err` where a batch is read.
    pub fn from_fault(fault: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Box::new(fault))
    }
}

impl Rows {
    /// Joins a stream to the schema of its batches.
    pub fn new(
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, Interrupted>> + Send + 'static,
    ) -> Self {
        Self { schema, batches: Box::pin(batches) }
    }

    /// The columns; they hold no data about anyone.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The records; every call site answers for what leaves.
    pub(crate) fn into_batches(self) -> BoxStream<'static, Result<RecordBatch, Interrupted>> {
        self.batches
    }
}
