//! Released records as bytes, a batch at a time, so that memory does not grow with the answer.

use crate::fault::with_causes;
use crate::microdata::Format;
use crate::sent::{Door, Held};
use actix_web::web::Bytes;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use hjemmel_disclosure::{Page, Records};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::io;
use std::sync::Arc;

/// Records a Parquet row group, which is what the writer holds in memory.
const ROW_GROUP: usize = 16_384;

/// Where a writer puts its bytes until they are sent.
#[derive(Default, Clone)]
pub(crate) struct Outbox(Arc<std::sync::Mutex<Vec<u8>>>);

impl Outbox {
    /// What was written since it was last asked.
    pub(crate) fn take(&self) -> Bytes {
        let mut bytes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut *bytes).into()
    }
}

impl io::Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Writer {
    Csv(arrow::csv::Writer<Outbox>),
    Parquet(ArrowWriter<Outbox>),
    Arrow(StreamWriter<Outbox>),
}

impl Writer {
    fn new(format: Format, records: &Records, outbox: &Outbox) -> io::Result<Self> {
        let schema = records.schema().clone();
        let outbox = outbox.clone();
        match format {
            Format::Csv => Ok(Self::Csv(arrow::csv::Writer::new(outbox))),
            Format::Arrow => {
                StreamWriter::try_new(outbox, &schema).map(Self::Arrow).map_err(io::Error::other)
            }
            Format::Parquet | Format::Json => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_max_row_group_row_count(Some(ROW_GROUP))
                    // Indices of pages would be held until the end, and a group has few pages.
                    .set_statistics_enabled(EnabledStatistics::Chunk)
                    .set_offset_index_disabled(true)
                    .build();
                ArrowWriter::try_new(outbox, schema, Some(properties))
                    .map(Self::Parquet)
                    .map_err(io::Error::other)
            }
        }
    }

    fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.write(batch).map_err(io::Error::other),
            Self::Parquet(writer) => writer.write(batch).map_err(io::Error::other),
            Self::Arrow(writer) => writer.write(batch).map_err(io::Error::other),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(_) => Ok(()),
            Self::Parquet(writer) => writer.close().map(drop).map_err(io::Error::other),
            Self::Arrow(mut writer) => writer.finish().map_err(io::Error::other),
        }
    }
}

/// Why records stop coming before the last of them.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// The door was shut.
    #[error(transparent)]
    Held(#[from] Held),
    /// They could not be read to the end.
    #[error("reading was interrupted")]
    Unread,
    /// They could not be written as what was asked for.
    #[error("writing was interrupted")]
    Unwritten(#[from] io::Error),
}

/// The whole as a stream of bytes. An interrupted read breaks the transfer, so that nobody takes a part for
/// the whole; the door is asked before each batch and ends it the same way.
///
/// With `begin`, the first bytes are there before this returns: what is wrong from the start can still be told
/// in words.
///
/// # Errors
/// Why not even the first bytes come.
pub async fn whole(
    format: Format,
    records: Records,
    door: Door,
    begin: bool,
) -> Result<impl Stream<Item = io::Result<Bytes>>, Cut> {
    let outbox = Outbox::default();
    let writer = Writer::new(format, &records, &outbox)?;
    let header_for_nothing = matches!(format, Format::Csv).then(|| csv_header(&records));
    let state = State {
        pages: records.into_pages(),
        writer: Some(writer),
        outbox,
        header_for_nothing,
        door,
    };
    let (first, state) = if begin { step(state).await?.unzip() } else { (None, Some(state)) };
    let further = state.map(|state| stream::try_unfold(state, step).map_err(io::Error::other));
    Ok(stream::iter(first.map(Ok)).chain(stream::iter(further).flatten()))
}

struct State {
    pages: BoxStream<'static, Result<Page, hjemmel_disclosure::EntitledError>>,
    writer: Option<Writer>,
    outbox: Outbox,
    header_for_nothing: Option<Bytes>,
    door: Door,
}

async fn step(mut state: State) -> Result<Option<(Bytes, State)>, Cut> {
    loop {
        let Some(mut writer) = state.writer.take() else { return Ok(None) };
        match state.pages.next().await {
            Some(Err(error)) => {
                tracing::error!(error = with_causes(&error), "a stream of records was cut");
                return Err(Cut::Unread);
            }
            Some(Ok(page)) => {
                let rows = page.batch.num_rows() as u64;
                state.door.pass(rows).await?;
                if page.batch.num_rows() > 0 {
                    state.header_for_nothing = None;
                }
                // Encoding a batch takes milliseconds: the other requests of this worker must not wait.
                writer =
                    tokio::task::spawn_blocking(move || writer.write(&page.batch).map(|()| writer))
                        .await
                        .map_err(io::Error::other)??;
                state.writer = Some(writer);
            }
            None => {
                state.door.pass(0).await?;
                writer.finish()?;
            }
        }
        let mut bytes = state.outbox.take();
        if state.writer.is_none()
            && let Some(header) = state.header_for_nothing.take()
        {
            bytes = header;
        }
        if !bytes.is_empty() {
            return Ok(Some((bytes, state)));
        }
    }
}

/// A csv without records still names its columns.
fn csv_header(records: &Records) -> Bytes {
    let names: Vec<&str> =
        records.schema().fields().iter().map(|field| field.name().as_str()).collect();
    format!("{}\n", names.join(",")).into()
}

/// One page of records.
pub struct Shown {
    /// A JSON array of objects, nulls written out.
    pub rows: Vec<u8>,
    /// How many they are.
    pub count: u64,
    /// The place of the last of them.
    pub last: Option<u64>,
}

/// Reads one page and takes it through the door.
///
/// # Errors
/// Why none of it leaves.
pub async fn page(records: Records, limit: u64, door: &Door) -> Result<Shown, Cut> {
    let mut pages = records.into_pages();
    let (mut count, mut last) = (0u64, None);
    let mut writer = arrow_json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow_json::writer::JsonArray>(Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            tracing::error!(error = with_causes(&error), "a page of records was cut");
            Cut::Unread
        })?;
        writer.write(&page.batch).map_err(io::Error::other)?;
        count += page.batch.num_rows() as u64;
        last = page.last_row.or(last);
        if count >= limit {
            break;
        }
    }
    writer.finish().map_err(io::Error::other)?;
    let mut rows = writer.into_inner();
    if rows.is_empty() {
        rows.extend_from_slice(b"[]");
    }
    // A grant may end between the decision and the door.
    door.pass(count).await?;
    Ok(Shown { rows, count, last })
}
