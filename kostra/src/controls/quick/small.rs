//! Short fields as small numbers, and amounts read eight characters at a time.
#![expect(
    clippy::indexing_slicing,
    reason = "places and sizes were checked when the look was made ready"
)]

use crate::layout::Field;
use crate::record::eight;

/// Two digits are their number. A blank field, one digit alone, and anything else:
pub(super) const BLANK: u8 = 100;
pub(super) const SINGLE: u8 = 101;
pub(super) const ODD: u8 = 127;
/// Printable characters.
const FIRST: u8 = b' ';
const WIDTH: usize = 96;

/// What two characters are.
static PAIRS: [u8; WIDTH * WIDTH] = {
    let mut table = [ODD; WIDTH * WIDTH];
    table[0] = BLANK;
    let zero = (b'0' - FIRST) as usize;
    let mut number: u8 = 0;
    while number < 10 {
        let own = zero + number as usize;
        table[own * WIDTH] = SINGLE + number;
        table[own] = SINGLE + number;
        let mut next: u8 = 0;
        while next < 10 {
            table[own * WIDTH + zero + next as usize] = number * 10 + next;
            next += 1;
        }
        number += 1;
    }
    table
};

/// A whole number of up to eight characters.
pub(super) struct Amount {
    pub end: usize,
    pub length: usize,
    pub may_be_blank: bool,
}

/// The text of a small number.
pub(super) fn text(of: u8) -> String {
    match of {
        BLANK => String::new(),
        0..BLANK => format!("{of:02}"),
        _ => (of - SINGLE).to_string(),
    }
}

/// The small numbers a field may be of which something is true.
pub(super) fn set(field: &Field, is_true: impl Fn(&str) -> bool) -> u128 {
    let forms = (0..SINGLE + 10).filter(|of| field.length == 2 || *of >= BLANK);
    forms.filter(|of| is_true(&text(*of))).fold(0, |set, of| set | 1 << of)
}

impl Amount {
    /// The number, 0 where it is blank; `None` where it is written otherwise than as digits with blanks around.
    #[inline]
    pub(super) fn read(&self, line: &[u8]) -> Option<i64> {
        let eight: [u8; 8] = line[self.end - 8..self.end].try_into().ok()?;
        match eight::number(eight, self.length)? {
            Some(number) => Some(i64::from(number)),
            None => self.may_be_blank.then_some(0),
        }
    }
}

#[inline]
pub(super) fn pair(line: &[u8], start: usize) -> u8 {
    let place = |at: usize| usize::from(line[at].wrapping_sub(FIRST)).min(WIDTH - 1);
    PAIRS[place(start) * WIDTH + place(start + 1)]
}

#[inline]
pub(super) fn single(line: &[u8], start: usize) -> u8 {
    match line[start] {
        b' ' => BLANK,
        digit @ b'0'..=b'9' => SINGLE + (digit - b'0'),
        _ => ODD,
    }
}

/// Four digits as a number.
#[inline]
pub(super) fn four(bytes: &[u8]) -> Option<u32> {
    let digits: [u8; 4] = bytes.try_into().ok()?;
    let is_number = digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, d| number * 10 + u32::from(d - b'0')))
}
