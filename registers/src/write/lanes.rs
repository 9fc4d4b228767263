//! Threads that encode a share of the columns each.

use arrow::{
    array::ArrayRef,
    datatypes::{FieldRef, Schema},
};
use parquet::{
    arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves},
    errors::{ParquetError, Result},
};
use std::{
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

/// Batches a lane may be behind.
const BEHIND: usize = 4;

/// The threads; they end with this.
pub(super) struct Lanes(Vec<Lane>);

struct Lane {
    work: SyncSender<Work>,
    done: Receiver<Result<Vec<ArrowColumnChunk>>>,
}

enum Work {
    Begin(Vec<ArrowColumnWriter>),
    Columns(Vec<ArrayRef>),
    End,
}

impl Lanes {
    /// So many threads over the columns of a schema.
    pub(super) fn new(count: usize, schema: &Schema) -> Self {
        let shares = deal(count.clamp(1, schema.fields().len().max(1)), schema.fields());
        Self(shares.into_iter().map(|fields| Lane::new(fields.into_iter().cloned())).collect())
    }

    /// Begins a row group, with a writer for each column.
    pub(super) fn begin(&self, writers: Vec<ArrowColumnWriter>) -> Result<()> {
        self.hand_out(writers, Work::Begin)
    }

    /// Appends a batch to the row group.
    pub(super) fn write(&self, columns: Vec<ArrayRef>) -> Result<()> {
        self.hand_out(columns, Work::Columns)
    }

    /// Ends the row group; [`Lanes::chunks`] gives it.
    pub(super) fn end(&self) -> Result<()> {
        self.0.iter().try_for_each(|lane| lane.send(Work::End))
    }

    /// The columns of the earliest row group that was ended and not yet given, once they are complete.
    pub(super) fn chunks(&self) -> Result<Vec<ArrowColumnChunk>> {
        let mut shares = Vec::with_capacity(self.0.len());
        for lane in &self.0 {
            shares.push(lane.done.recv().map_err(|_| gone())??.into_iter());
        }
        let mut chunks = Vec::new();
        for lane in (0..shares.len()).cycle() {
            match shares.get_mut(lane).and_then(Iterator::next) {
                Some(chunk) => chunks.push(chunk),
                None => break,
            }
        }
        Ok(chunks)
    }

    fn hand_out<T>(&self, each: Vec<T>, work: fn(Vec<T>) -> Work) -> Result<()> {
        let shares = deal(self.0.len(), each);
        self.0.iter().zip(shares).try_for_each(|(lane, share)| lane.send(work(share)))
    }
}

impl Lane {
    fn new(fields: impl Iterator<Item = FieldRef>) -> Self {
        let fields: Vec<_> = fields.collect();
        let (work, to_do) = sync_channel(BEHIND);
        let (finished, done) = channel();
        thread::spawn(move || run(&fields, &to_do, &finished));
        Self { work, done }
    }

    /// Hands work to the thread, or tells why it ended.
    fn send(&self, work: Work) -> Result<()> {
        self.work
            .send(work)
            .map_err(|_| self.done.iter().find_map(std::result::Result::err).unwrap_or_else(gone))
    }
}

/// One after another to each in turn.
fn deal<T>(count: usize, each: impl IntoIterator<Item = T>) -> Vec<Vec<T>> {
    let mut shares: Vec<Vec<T>> = (0..count).map(|_| Vec::new()).collect();
    for (index, one) in each.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(index % count) {
            share.push(one);
        }
    }
    shares
}

fn run(fields: &[FieldRef], work: &Receiver<Work>, done: &Sender<Result<Vec<ArrowColumnChunk>>>) {
    let mut writers = Vec::new();
    for work in work {
        let result = match work {
            Work::Begin(begun) => {
                writers = begun;
                continue;
            }
            Work::Columns(columns) => match write(fields, &mut writers, &columns) {
                Ok(()) => continue,
                Err(error) => Err(error),
            },
            Work::End => writers.drain(..).map(ArrowColumnWriter::close).collect(),
        };
        let failed = result.is_err();
        if done.send(result).is_err() || failed {
            return;
        }
    }
}

fn write(
    fields: &[FieldRef],
    writers: &mut [ArrowColumnWriter],
    columns: &[ArrayRef],
) -> Result<()> {
    for ((field, writer), column) in fields.iter().zip(writers).zip(columns) {
        for leaf in compute_leaves(field, column)? {
            writer.write(&leaf)?;
        }
    }
    Ok(())
}

fn gone() -> ParquetError {
    ParquetError::General("a thread that encodes columns ended".to_owned())
}
