//! Numbers of up to eight characters, read at once.

pub(crate) const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
/// What digits have of their own.
pub(crate) const LOW: u64 = u64::from_le_bytes([0x0F; 8]);

/// What the last so many of eight characters say: a number of digits with blanks around, `Some(None)` where they are
/// blank, `None` where they are anything else.
#[inline]
#[must_use]
pub fn number(of: [u8; 8], length: usize) -> Option<Option<u32>> {
    let before = mask(8 * 8_usize.saturating_sub(length));
    let mut word = (u64::from_le_bytes(of) & !before) | (SPACES & before);
    if word == SPACES {
        return Some(None);
    }
    // Blanks behind the digits are moved in front of them, and those in front become zeros.
    let behind = (word ^ SPACES).leading_zeros() as usize & !7;
    word = word << behind | (SPACES & mask(behind));
    let before = mask((word ^ SPACES).trailing_zeros() as usize & !7);
    word = (word & !before) | (ZEROS & before);
    let high = 0xF0F0_F0F0_F0F0_F0F0;
    let above = word.wrapping_add(0x0606_0606_0606_0606);
    if word & high != ZEROS || above & high != ZEROS {
        return None;
    }
    u32::try_from(joined(word & LOW)).ok().map(Some)
}

/// Eight digits, or sums of up to 27 digits each, as one number.
#[inline]
pub(crate) const fn joined(digits: u64) -> u64 {
    const TWO: u64 = 0x00FF_00FF_00FF_00FF;
    const FOUR: u64 = 0x0000_FFFF_0000_FFFF;
    let twos = (digits & TWO).wrapping_mul(10).wrapping_add(digits >> 8 & TWO);
    let fours = (twos & FOUR).wrapping_mul(100).wrapping_add(twos >> 16 & FOUR);
    (fours & 0xFFFF_FFFF).wrapping_mul(10_000).wrapping_add(fours >> 32)
}

/// So many of the lowest bits.
#[inline]
pub(crate) const fn mask(bits: usize) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}
