//! Protected data, bound for good to the permission it was read under.

use hjemmel_policy::{Action, Grant};

/// Data nobody outside this crate can look at.
///
/// Anyone may seal; only this crate opens. It has no `Serialize`, and `Debug` shows nothing.
#[must_use]
pub struct Sealed<A: Action, T> {
    grant: Grant<A>,
    data: T,
}

impl<A: Action, T> Sealed<A, T> {
    /// Binds data to the permission that let it be read.
    pub const fn new(grant: Grant<A>, data: T) -> Self {
        Self { grant, data }
    }

    /// The permission; not the data.
    pub const fn grant(&self) -> &Grant<A> {
        &self.grant
    }

    /// Opens the seal; every call site answers for what leaves.
    pub(crate) fn open(self) -> (Grant<A>, T) {
        (self.grant, self.data)
    }
}

impl<A: Action, T> std::fmt::Debug for Sealed<A, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(..)")
    }
}
