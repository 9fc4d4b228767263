//! A zip archive in memory, as far as a workbook needs one: each entry deflated as it is written.

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{self, Write};

/// An archive in the making.
#[derive(Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    crc: u32,
    packed: u32,
    size: u32,
    start: u32,
}

/// 1 January 1980: an archive of the same answer is the same bytes.
const DATE: u16 = 0x21;
/// Deflate.
const METHOD: u16 = 8;
/// The version of the format that is needed, and that names are UTF-8.
const VERSION: u16 = 20;
const UTF_8: u16 = 1 << 11;

/// What is written of one entry, on its way through the checksum.
struct Contents {
    deflated: DeflateEncoder<Vec<u8>>,
    crc: Crc,
}

impl Write for Contents {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.deflated.write(bytes)?;
        self.crc.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn narrow(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}

impl Archive {
    /// Adds an entry with what `write` writes.
    pub(super) fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let deflated = DeflateEncoder::new(Vec::new(), Compression::new(3));
        let mut buffered =
            io::BufWriter::with_capacity(1 << 14, Contents { deflated, crc: Crc::new() });
        write(&mut buffered)?;
        let contents = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        let packed = contents.deflated.finish()?;
        let entry = Entry {
            name: name.to_owned(),
            crc: contents.crc.sum(),
            packed: narrow(packed.len())?,
            size: contents.crc.amount(),
            start: narrow(self.bytes.len())?,
        };
        self.bytes.extend(entry.local()?);
        self.bytes.extend(packed);
        self.entries.push(entry);
        Ok(())
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        let start = narrow(self.bytes.len())?;
        for entry in &self.entries {
            self.bytes.extend(entry.central()?);
        }
        let size = narrow(self.bytes.len())? - start;
        let count = u16::try_from(self.entries.len()).map_err(io::Error::other)?.to_le_bytes();
        self.bytes.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count].concat());
        self.bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
        self.bytes.extend([0, 0]);
        Ok(self.bytes)
    }
}

impl Entry {
    fn common(&self) -> io::Result<Vec<u8>> {
        let name = u16::try_from(self.name.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        for half in [VERSION, UTF_8, METHOD, 0, DATE] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [self.crc, self.packed, self.size] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(name.to_le_bytes());
        bytes.extend(0u16.to_le_bytes());
        Ok(bytes)
    }

    fn local(&self) -> io::Result<Vec<u8>> {
        Ok([&b"PK\x03\x04"[..], &self.common()?, self.name.as_bytes()].concat())
    }

    fn central(&self) -> io::Result<Vec<u8>> {
        let mut bytes = [&b"PK\x01\x02"[..], &VERSION.to_le_bytes(), &self.common()?].concat();
        // No comment, the first disk, no attributes.
        bytes.extend([0; 10]);
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(self.name.bytes());
        Ok(bytes)
    }
}
