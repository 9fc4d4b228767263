//! A file as a command reads it: by its name or from standard input, and unpacked where it is packed.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{Cursor, Read, Result, Seek as _};
use std::path::Path;

/// What a file packed with gzip begins with.
const PACKED: [u8; 2] = [0x1F, 0x8B];

/// Opens a file; `-` is standard input.
///
/// # Errors
/// What opening and reading its first bytes gives.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        let (head, stdin) = begun(std::io::stdin())?;
        return Ok(unpacked(&head.clone(), Cursor::new(head).chain(stdin)));
    }
    let file = File::open(path)?;
    let is_plain = file.metadata()?.is_file();
    let (head, mut file) = begun(file)?;
    if is_plain {
        file.rewind()?;
        return Ok(unpacked(&head, file));
    }
    Ok(unpacked(&head.clone(), Cursor::new(head).chain(file)))
}

/// The first bytes of a source, and what follows.
fn begun<R: Read>(mut source: R) -> Result<(Vec<u8>, R)> {
    let mut head = Vec::new();
    source.by_ref().take(PACKED.len() as u64).read_to_end(&mut head)?;
    Ok((head, source))
}

fn unpacked(head: &[u8], whole: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    if head == PACKED { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) }
}
