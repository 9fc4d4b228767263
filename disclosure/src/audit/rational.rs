//! Exact fractions of 64-bit numbers; one that outgrows them turns into [`Q::BROKEN`] and stays so.

use std::cmp::Ordering;

/// A fraction in lowest terms with a denominator above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Q {
    over: i64,
    under: i64,
}

impl Q {
    /// Zero.
    pub(super) const ZERO: Self = Self { over: 0, under: 1 };
    /// One.
    pub(super) const ONE: Self = Self { over: 1, under: 1 };
    /// No number any more.
    pub(super) const BROKEN: Self = Self { over: 0, under: 0 };

    /// A whole number.
    pub(super) const fn whole(value: i64) -> Self {
        Self { over: value, under: 1 }
    }

    /// Whether it outgrew 64 bits.
    pub(super) const fn is_broken(self) -> bool {
        self.under == 0
    }

    /// Whether it is a whole number.
    pub(super) const fn is_whole(self) -> bool {
        self.under == 1
    }

    /// -1, 0 or 1.
    pub(super) const fn sign(self) -> i64 {
        self.over.signum()
    }

    /// The largest whole number not above it.
    pub(super) const fn floor(self) -> i64 {
        if self.under == 0 { 0 } else { self.over.div_euclid(self.under) }
    }

    /// The least whole number not below it.
    pub(super) const fn ceil(self) -> i64 {
        if self.is_whole() { self.over } else { self.floor() + 1 }
    }

    /// For reports.
    #[expect(clippy::cast_precision_loss, reason = "a report shows a few digits")]
    pub(super) fn to_f64(self) -> f64 {
        self.over as f64 / self.under as f64
    }

    fn reduced(over: i128, under: i128) -> Self {
        let (mut a, mut b) = (over.unsigned_abs(), under.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let Ok(common) = i128::try_from(a) else { return Self::BROKEN };
        if common == 0 || under == 0 {
            return Self::BROKEN;
        }
        let common = if under < 0 { -common } else { common };
        match (i64::try_from(over / common), i64::try_from(under / common)) {
            (Ok(over), Ok(under)) => Self { over, under },
            _ => Self::BROKEN,
        }
    }

    /// The sum.
    pub(super) fn add(self, other: Self) -> Self {
        if self.under == 1 && other.under == 1 {
            return self.over.checked_add(other.over).map_or(Self::BROKEN, Self::whole);
        }
        let (a, b) = (i128::from(self.over), i128::from(other.over));
        let (c, d) = (i128::from(self.under), i128::from(other.under));
        Self::reduced(a * d + b * c, c * d)
    }

    /// The difference.
    pub(super) fn sub(self, other: Self) -> Self {
        self.add(other.negated())
    }

    /// The product.
    pub(super) fn mul(self, other: Self) -> Self {
        if self.under == 1 && other.under == 1 {
            return self.over.checked_mul(other.over).map_or(Self::BROKEN, Self::whole);
        }
        let over = i128::from(self.over) * i128::from(other.over);
        Self::reduced(over, i128::from(self.under) * i128::from(other.under))
    }

    /// The quotient.
    pub(super) fn div(self, other: Self) -> Self {
        self.mul(Self::reduced(i128::from(other.under), i128::from(other.over)))
    }

    /// The opposite.
    pub(super) fn negated(self) -> Self {
        self.over.checked_neg().map_or(Self::BROKEN, |over| Self { over, ..self })
    }
}

impl PartialOrd for Q {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Q {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (i128::from(self.over), i128::from(other.over));
        (a * i128::from(other.under)).cmp(&(b * i128::from(self.under)))
    }
}
