//! Characters as numbers: what stands in fields of one or two characters, in amounts and in dates.

#![expect(clippy::inline_always, reason = "what is not inlined is made for the oldest processor")]

use crate::layout::Field;
use crate::record::eight::{LOW, joined};
pub(super) use crate::record::eight::{SPACES, mask};

/// How many digits are looked at together.
const EIGHT: usize = 8;
const ONES: u64 = u64::from_le_bytes([1; EIGHT]);
/// What remains of each of these characters, so that they can choose a place in a table.
const PLACE: u8 = 0x1F;

/// What may stand in a field of one or two characters, without blanks around it: nothing, or digits.
pub(super) fn forms(length: usize) -> impl Iterator<Item = String> {
    let two = (0..100).filter(move |_| length == 2).map(|number| format!("{number:02}"));
    [String::new()].into_iter().chain((0..10).map(|digit| digit.to_string())).chain(two)
}

/// The ways of a form to stand in a field.
pub(super) fn written(form: &str, length: usize) -> Vec<Vec<u8>> {
    let mut all = vec![format!("{form:<length$}").into_bytes()];
    let right = format!("{form:>length$}").into_bytes();
    if !all.contains(&right) {
        all.push(right);
    }
    all
}

/// A field of one or two characters whose content chooses one of a thousand places.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    first: usize,
    last: usize,
    mask: u8,
}

impl Slot {
    pub(super) const PLACES: usize = 1024;

    pub(super) const fn new(field: &Field) -> Self {
        let mask = if field.length == 2 { PLACE } else { 0 };
        Self { first: field.start, last: field.range().end - 1, mask }
    }

    /// The place that blanks and digits choose.
    #[inline(always)]
    pub(super) fn place(self, line: &[u8]) -> Option<usize> {
        let (first, last) = (*line.get(self.first)?, *line.get(self.last)?);
        Some(usize::from(first & self.mask) << 5 | usize::from(last & PLACE))
    }
}

/// Fields of two characters beside one another, each with at most two codes and two other contents that may stand in it.
///
/// They are looked at together in a window of the line; where it is wider than they are, anything may stand.
pub(super) struct Run {
    /// The place behind the last field.
    pub end: usize,
    window: usize,
    codes: [[u16; LANES]; 2],
    others: [[u16; LANES]; 2],
    beyond: [u16; LANES],
}

/// The most fields of a run.
const LANES: usize = 16;

impl Run {
    /// One without fields yet, in lines of a length.
    pub(super) const fn new(start: usize, length: usize) -> Option<Self> {
        let Some(last) = length.checked_sub(2 * LANES) else { return None };
        let before = if start > last { (start - last).div_ceil(2) * 2 } else { 0 };
        Some(Self {
            end: start,
            window: start - before,
            codes: [[0; LANES]; 2],
            others: [[0; LANES]; 2],
            beyond: [1; LANES],
        })
    }

    /// Adds the next field, if there is room.
    pub(super) fn push(&mut self, codes: [u16; 2], others: [u16; 2]) -> Option<()> {
        let lane = (self.end - self.window) / 2;
        *self.beyond.get_mut(lane)? = 0;
        for (all, own) in self.codes.iter_mut().zip(codes) {
            *all.get_mut(lane)? = own;
        }
        for (all, own) in self.others.iter_mut().zip(others) {
            *all.get_mut(lane)? = own;
        }
        self.end += 2;
        Some(())
    }

    /// How many fields hold a code; `None` where one holds what may not stand in it.
    #[inline(always)]
    pub(super) fn count(&self, line: &[u8]) -> Option<u16> {
        let bytes = line.get(self.window..)?.first_chunk::<{ 2 * LANES }>()?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let [code, another] = &self.codes;
        let [other, last] = &self.others;
        let known = code.iter().zip(another).zip(other.iter().zip(last)).zip(&self.beyond);
        let (mut count, mut odd) = (0_u16, 0_u16);
        for (pair, (((code, another), (other, last)), beyond)) in pairs.iter().zip(known) {
            let own = u16::from_le_bytes(*pair);
            let is_code = u16::from(own == *code) | u16::from(own == *another);
            let is_other = u16::from(own == *other) | u16::from(own == *last);
            count = count.wrapping_add(is_code & !beyond);
            odd |= !(is_code | is_other | beyond) & 1;
        }
        (odd == 0).then_some(count)
    }
}

/// Amounts that are added up, and those beside them: sums over one or two columns of amounts of equal length.
///
/// Digits of equal worth are added first, sixteen at a time, and made two numbers last. Blanks count as zeros there, so
/// each amount must have its blanks before its digits; a line with others is added up amount by amount.
pub(super) struct Columns {
    rows: Vec<usize>,
    length: usize,
    has_second: bool,
    /// Places that are held to come after a digit if one is before them.
    inner: [u64; 2],
    /// Those that must hold a digit: the last of an amount that may not be blank.
    needed: [u64; 2],
}

/// How many characters are looked at together, as two numbers: an array of bytes is put together on the stack, and waited
/// for when it is read in other pieces. Their bytes never carry into one another.
const ROW: usize = 16;
/// What digits have and blanks have not.
const DIGIT: u8 = 0x10;

impl Columns {
    /// The most amounts whose digits can be added up so.
    pub(super) const MOST: usize = 27;

    /// Columns that begin at these places of lines of a length; `None` where a row does not fit into the line.
    pub(super) fn new(
        rows: Vec<usize>,
        length: usize,
        (has_second, may_be_blank): (bool, bool),
        line: usize,
    ) -> Option<Self> {
        let fits = |at: &usize| (1..=line.saturating_sub(ROW)).contains(at);
        if !(1..=EIGHT).contains(&length) || rows.len() > Self::MOST || !rows.iter().all(fits) {
            return None;
        }
        let width = if has_second { 2 * length } else { length };
        let (mut inner, mut needed) = ([0; ROW], [0; ROW]);
        for (at, (inner, needed)) in inner.iter_mut().zip(&mut needed).enumerate().take(width) {
            *inner = if at % length == 0 { 0 } else { DIGIT };
            *needed = if at % length == length - 1 && !may_be_blank { DIGIT } else { 0 };
        }
        let [inner, needed] = [inner, needed].map(halves);
        Some(Self { rows, length, has_second, inner, needed })
    }

    /// The sums of digits and blanks; `None` where an amount is written otherwise than as digits with blanks around.
    #[inline(always)]
    pub(super) fn sums(&self, line: &[u8]) -> Option<[i64; 2]> {
        let (mut digits, mut odd) = ([0; 2], [0; 2]);
        for at in &self.rows {
            let all = line.get(at.wrapping_sub(1)..)?.first_chunk::<{ ROW + 1 }>()?;
            let before = halves(*all.first_chunk()?);
            let own = halves(*all.last_chunk()?);
            digits = each(digits, own, |sum, own| sum.wrapping_add(own & LOW));
            let held = each(before, self.inner, |before, inner| before & inner);
            let held = each(held, self.needed, |held, needed| held | needed);
            let missing = each(held, own, |held, own| held & !own);
            odd = each(odd, missing, |odd, missing| odd | missing);
        }
        let [low, high] = digits.map(u128::from);
        let digits = low | high << 64;
        let sum = |from: usize| {
            let own = u64::from_le_bytes(*(digits >> (8 * from)).to_le_bytes().first_chunk()?);
            Some(joined(own << (8 * (EIGHT - self.length))).cast_signed())
        };
        let (mut first, mut second) = (sum(0)?, sum(self.length)?);
        if odd != [0; 2] {
            [first, second] = self.one_by_one(line)?;
        }
        Some([first, second])
    }

    #[cold]
    fn one_by_one(&self, line: &[u8]) -> Option<[i64; 2]> {
        let sum = |column: usize| {
            let amount = |at: &usize| self.read(line, at + column * self.length);
            self.rows.iter().map(amount).sum::<Option<i64>>()
        };
        Some([sum(0)?, if self.has_second { sum(1)? } else { 0 }])
    }

    /// One amount, 0 where it is blank.
    fn read(&self, line: &[u8], start: usize) -> Option<i64> {
        let text =
            std::str::from_utf8(line.get(start..start + self.length)?).ok()?.trim_matches(' ');
        if text.is_empty() {
            return (self.needed == [0; 2]).then_some(0);
        }
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    }
}

/// Sixteen characters as two numbers.
#[inline(always)]
fn halves(bytes: [u8; ROW]) -> [u64; 2] {
    let [low, high] = bytes.as_chunks().0 else { return [0; 2] };
    [u64::from_le_bytes(*low), u64::from_le_bytes(*high)]
}

/// Something of the one and the other half.
#[inline(always)]
fn each(one: [u64; 2], other: [u64; 2], of: impl Fn(u64, u64) -> u64) -> [u64; 2] {
    let ([a, b], [c, d]) = (one, other);
    [of(a, c), of(b, d)]
}

/// Four numbers of two digits.
#[inline(always)]
pub(super) const fn pairs(word: u64) -> [u8; 4] {
    let pairs = (word & LOW).wrapping_mul(2561) >> 8;
    let [first, _, second, _, third, _, fourth, _] = pairs.to_le_bytes();
    [first, second, third, fourth]
}

/// Whether the first so many of digits and blanks are digits.
#[inline(always)]
pub(super) const fn are_digits(word: u64, count: usize) -> bool {
    let wanted = ONES & mask(8 * count);
    word >> 4 & wanted == wanted
}

/// Eight characters from a place on.
#[inline(always)]
pub(super) fn eight(line: &[u8], at: usize) -> Option<u64> {
    line.get(at..)?.first_chunk::<EIGHT>().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Eight characters without blanks around them as a number, the first of the most worth; 0 where all are blank.
#[inline(always)]
pub(super) const fn packed(word: u64) -> u64 {
    let word = word.swap_bytes();
    let told = word ^ SPACES;
    if told == 0 {
        return 0;
    }
    let (before, behind) = (told.leading_zeros() & !7, told.trailing_zeros() & !7);
    word << before >> before >> behind
}
