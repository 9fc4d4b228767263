//! Columns of few characters, made straight from the bytes: what nearly every field of nearly every record is.
//!
//! Each value that is not written in the commonest way is read as any other field is, so that both say the same.

use super::Block;
use arrow::{
    array::{ArrayRef, Int32Array, StringArray},
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer},
    datatypes::DataType,
};
use hjemmel_kostra::{
    layout::{Field, FieldKind},
    record::eight,
};
use std::sync::Arc;

/// Characters that are read at once.
const DIGITS: usize = 8;

/// The column, if the lines are all alike, it is one of few characters, and nothing in it is wrong.
pub(super) fn column(block: &Block<'_>, field: &Field, kind: &DataType) -> Option<ArrayRef> {
    match (field.kind, kind) {
        (FieldKind::Date(_), _) | (_, DataType::Int64) => None,
        (_, DataType::Int32) if field.length <= DIGITS && field.codes.is_empty() => {
            numbers(block, field)
        }
        (_, DataType::Int32) => None,
        _ => match field.length {
            1 => singles(block, field),
            2 => pairs(block, field),
            _ => None,
        },
    }
}

impl<'b> Block<'b> {
    /// The bytes of a field in each line, where each is a character.
    fn fields<const LENGTH: usize>(
        &self,
        field: &Field,
    ) -> Option<impl Iterator<Item = [u8; LENGTH]> + use<'b, LENGTH>> {
        let (bytes, stride) = self.even?;
        let lines = bytes.get(field.start..)?.chunks(stride);
        Some(lines.filter_map(|line| line.first_chunk().copied()))
    }
}

fn singles(block: &Block<'_>, field: &Field) -> Option<ArrayRef> {
    let rows = block.records.len();
    let own: Vec<u8> = block.fields(field)?.map(|[byte]| byte).collect();
    if own.iter().any(|byte| *byte != b' ' && !byte.is_ascii_graphic()) {
        return None;
    }
    let zero_says_nothing = field.stated("0").is_none();
    let is_told = |byte: u8| byte != b' ' && !(zero_says_nothing && byte == b'0');
    let (mut values, mut ends, mut end) = (vec![0; rows], Vec::with_capacity(rows + 1), 0);
    ends.push(0);
    for byte in own {
        // Written whether it is told or not, and written over where it is not.
        *values.get_mut(end)? = byte;
        end += usize::from(is_told(byte));
        ends.push(i32::try_from(end).ok()?);
    }
    values.truncate(end);
    texts(values, ends, rows)
}

fn pairs(block: &Block<'_>, field: &Field) -> Option<ArrayRef> {
    let rows = block.records.len();
    let (mut values, mut ends) = (Vec::with_capacity(rows * 2), Vec::with_capacity(rows + 1));
    ends.push(0);
    for (own, record) in block.fields(field)?.zip(&block.records) {
        match own {
            [b' ', b' '] => {}
            [first, last]
                if first.is_ascii_graphic() && last.is_ascii_graphic() && own != *b"00" =>
            {
                values.extend_from_slice(&own);
            }
            _ => values.extend_from_slice(record.stated(field).unwrap_or_default().as_bytes()),
        }
        ends.push(i32::try_from(values.len()).ok()?);
    }
    texts(values, ends, rows)
}

/// Texts one after another, where each ends; one that is stated is never empty.
fn texts(values: Vec<u8>, ends: Vec<i32>, rows: usize) -> Option<ArrayRef> {
    let stated = BooleanBuffer::collect_bool(rows, |row| ends.get(row) != ends.get(row + 1));
    let (offsets, values) = (OffsetBuffer::new(ends.into()), Buffer::from_vec(values));
    let array = StringArray::try_new(offsets, values, nulls(stated)).ok()?;
    (array.offsets().len() == rows + 1).then(|| Arc::new(array) as ArrayRef)
}

fn numbers(block: &Block<'_>, field: &Field) -> Option<ArrayRef> {
    let end = field.range().end;
    let (bytes, stride) = block.even?;
    let eight = bytes.get(end.checked_sub(8)?..)?.chunks(stride).filter_map(<[u8]>::first_chunk);
    let mut values = Vec::with_capacity(block.records.len());
    let mut stated = Vec::with_capacity(block.records.len());
    for (own, record) in eight.zip(&block.records) {
        let value = match eight::number(*own, field.length) {
            Some(value) => value.map(i32::try_from).transpose().ok()?,
            None => record.stated(field).map(str::parse).transpose().ok()?,
        };
        values.push(value.unwrap_or_default());
        stated.push(value.is_some());
    }
    let stated = BooleanBuffer::from(stated);
    Some(Arc::new(Int32Array::try_new(values.into(), nulls(stated)).ok()?))
}

fn nulls(stated: BooleanBuffer) -> Option<NullBuffer> {
    Some(NullBuffer::new(stated)).filter(|nulls| nulls.null_count() > 0)
}
