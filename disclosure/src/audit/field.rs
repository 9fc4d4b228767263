//! Arithmetic modulo the prime 2^61 - 1: exact, one word a number, no overflow.

/// The modulus, a Mersenne prime.
pub(super) const PRIME: u64 = (1 << 61) - 1;

/// `a + b`.
pub(super) const fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

/// `a - b`.
pub(super) const fn sub(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

/// `a · b`, folding the high 61 bits onto the low.
#[expect(clippy::cast_possible_truncation, reason = "both halves are below 2^61 + 1")]
pub(super) const fn mul(a: u64, b: u64) -> u64 {
    let wide = a as u128 * b as u128;
    let low = (wide as u64) & PRIME;
    let high = (wide >> 61) as u64;
    add(low, high)
}

/// `1 / a` by Fermat; `0` has none and gives `0`.
pub(super) const fn inverse(a: u64) -> u64 {
    let (mut base, mut power, mut result) = (a, PRIME - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            result = mul(result, base);
        }
        base = mul(base, base);
        power >>= 1;
    }
    result
}

/// A signed integer as a field element.
pub(super) const fn of(value: i64) -> u64 {
    let magnitude = value.unsigned_abs() % PRIME;
    if value < 0 { sub(0, magnitude) } else { magnitude }
}

/// A reproducible stream of field elements (splitmix64).
pub(super) struct Stream(u64);

impl Stream {
    /// The stream of a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) const fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next field element, uniform by rejection.
    pub(super) const fn element(&mut self) -> u64 {
        loop {
            let word = self.word() >> 3;
            if word < PRIME {
                return word;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_agree_with_wide_division() {
        let mut stream = Stream::new(1);
        for _ in 0..1000 {
            let (a, b) = (stream.element(), stream.element());
            let wide = (u128::from(a) * u128::from(b)) % u128::from(PRIME);
            assert_eq!(u128::from(mul(a, b)), wide);
            assert_eq!(mul(a, inverse(a)), 1);
            assert_eq!(add(sub(a, b), b), a);
        }
        assert_eq!(mul(PRIME - 1, PRIME - 1), 1);
        assert_eq!(add(of(-5), 5), 0);
    }
}
