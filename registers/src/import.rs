//! From a file of records to an edition, all of it or nothing.
//!
//! One thread reads blocks of whole lines, one thread a core parses and encrypts them, the caller's thread
//! puts them in order for the threads that encode Parquet; never more than a few blocks and the row groups
//! under way are in memory.

use crate::{
    EditionRef, Error, Registers,
    encode::{Encoder, Plan},
    file::NewFile,
    write::Writer,
};
use arrow::array::ArrayRef;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

/// Records in a block, and so in a batch; few enough that a block stays in a core's cache while its columns
/// are read one after another.
const BLOCK_RECORDS: usize = 2048;

/// Bytes after which the disk is asked to begin.
const SYNC_BYTES: usize = 4 << 20;

/// What an import made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The edition, with the digest of its file.
    pub edition: EditionRef,
    /// Records kept.
    pub records: u64,
    /// Persons whose number may be linked.
    pub linkable_persons: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// An edition's file, complete and not yet there: dropped, it is gone.
pub struct Prepared<'a> {
    file: NewFile<'a>,
    imported: Imported,
}

impl Prepared<'_> {
    /// Makes it durable under the edition's name.
    ///
    /// # Errors
    /// When the edition exists by now, or the disk fails; nothing is kept then.
    pub fn keep(self) -> Result<Imported, Error> {
        self.file.keep()?;
        Ok(self.imported)
    }
}

/// Whole lines of the source.
struct Block {
    index: usize,
    first_line: u64,
    bytes: Vec<u8>,
}

/// A block's columns, or why there are none.
struct Encoded {
    index: usize,
    bytes: u64,
    columns: Result<Vec<ArrayRef>, Error>,
}

impl Registers {
    /// Imports the records of an edition, a line each in the layout of its form and year, and calls
    /// `progress` with the bytes done so far. The controls are expected to have passed.
    ///
    /// # Errors
    /// When a record does not fit, the edition exists, or reading or writing fails. Nothing is kept then.
    pub fn import(
        &self,
        edition: &EditionRef,
        source: impl Read + Send,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Imported, Error> {
        self.prepare(edition, source, progress)?.keep()
    }

    /// As [`Registers::import`], but for whoever says [`Prepared::keep`], so that the controls can go on
    /// beside it.
    ///
    /// # Errors
    /// When a record does not fit, the edition exists, or reading or writing fails. Nothing is kept then.
    pub fn prepare<'a>(
        &'a self,
        edition: &'a EditionRef,
        source: impl Read + Send,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Prepared<'a>, Error> {
        let plan = Plan::of(edition)?;
        let file = NewFile::create(self.root(), edition)?;
        let imported = thread::scope(|scope| {
            let (to_sync, asked) = sync_channel(1);
            // A fault is told once to whoever syncs first, so this one must be heard.
            let syncing =
                scope.spawn(|| asked.into_iter().try_for_each(|()| file.as_file().sync_data()));
            let sink = SyncedEarly { file: file.as_file(), unsynced: 0, to_sync };
            let imported = self.import_into(edition, &plan, source, sink, progress);
            let synced = syncing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            synced.map_err(Error::io("write", Path::new("the edition")))?;
            imported
        })?;
        Ok(Prepared { file, imported })
    }

    /// The same into any sink, so that a failing one can be tried.
    pub(crate) fn import_into(
        &self,
        edition: &EditionRef,
        plan: &Plan,
        source: impl Read + Send,
        sink: impl Write + Send,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Imported, Error> {
        let threads = self.threads();
        let mut writer = Writer::new(sink, edition, &plan.schema(), threads)?;
        let mut encoders = Vec::with_capacity(threads);
        for _ in 0..threads {
            encoders.push(Encoder::new(plan, self.keys().cipher())?);
        }
        let (to_encode, blocks) = sync_channel(threads);
        let (to_write, results) = sync_channel(threads);
        let blocks = Mutex::new(blocks);
        let block_bytes = BLOCK_RECORDS * (plan.record_length() + 1);
        let bytes = thread::scope(|scope| {
            // Moved in, so that the reader stops as soon as no encoder listens any more.
            let blocks = std::sync::Arc::new(blocks);
            for encoder in encoders {
                let (blocks, to_write) = (blocks.clone(), to_write.clone());
                scope.spawn(move || encode(encoder, &blocks, &to_write));
            }
            drop((blocks, to_write));
            let reader = scope.spawn(move || read(source, block_bytes, &to_encode));
            let written = write(&results, &mut writer, progress);
            drop(results);
            let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let bytes = written?;
            read.map_err(Error::io("read", Path::new("the records"))).map(|()| bytes)
        })?;
        let (edition, records, linkable_persons) = writer.finish()?;
        Ok(Imported { edition, records, linkable_persons, bytes })
    }
}

/// A file whose bytes are on their way to the disk while others are still made, so that little is left to wait
/// for in the end.
struct SyncedEarly<'f> {
    file: &'f File,
    unsynced: usize,
    to_sync: SyncSender<()>,
}

impl Write for SyncedEarly<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.unsynced += written;
        if self.unsynced >= SYNC_BYTES {
            self.unsynced = 0;
            // One that is under way already takes these too, or the last one does.
            let _ = self.to_sync.try_send(());
        }
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Cuts the source into blocks of whole lines.
fn read(
    mut source: impl Read,
    block_bytes: usize,
    blocks: &SyncSender<Block>,
) -> std::io::Result<()> {
    let (mut carried, mut index, mut first_line) = (Vec::new(), 0, 1);
    loop {
        let mut bytes = std::mem::take(&mut carried);
        let wanted = block_bytes.saturating_sub(bytes.len()).max(1);
        bytes.reserve_exact(wanted);
        let read = (&mut source).take(wanted as u64).read_to_end(&mut bytes)?;
        if index == 0 && bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        let ended = read < wanted;
        if !ended {
            let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
            carried = bytes.split_off(whole);
            if bytes.is_empty() && carried.len() >= block_bytes {
                let endless = "a line is longer than any record";
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, endless));
            }
        }
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        if !bytes.is_empty() && blocks.send(Block { index, first_line, bytes }).is_err() {
            return Ok(());
        }
        if ended {
            return Ok(());
        }
        index += 1;
        first_line += lines;
    }
}

/// Encodes blocks until there are none, or nobody wants them.
fn encode(mut codec: Encoder<'_>, blocks: &Mutex<Receiver<Block>>, out: &SyncSender<Encoded>) {
    loop {
        let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Block { index, first_line, bytes }) = next else { return };
        let columns = codec.encode(&bytes, first_line);
        let failed = columns.is_err();
        let result = Encoded { index, bytes: bytes.len() as u64, columns };
        if out.send(result).is_err() || failed {
            return;
        }
    }
}

/// Writes blocks in the order of the source; the first faulty line in that order is the one told.
fn write<W: Write + Send>(
    results: &Receiver<Encoded>,
    writer: &mut Writer<W>,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, Error> {
    let (mut waiting, mut next, mut done) = (BTreeMap::new(), 0, 0);
    for encoded in results {
        waiting.insert(encoded.index, encoded);
        while let Some(encoded) = waiting.remove(&next) {
            writer.write(encoded.columns?)?;
            next += 1;
            done += encoded.bytes;
            progress(done);
        }
    }
    // A block behind a gap was never written: its predecessor's encoder stopped on an error.
    waiting.into_values().try_for_each(|encoded| encoded.columns.map(|_| ()))?;
    Ok(done)
}

#[cfg(test)]
mod tests;
