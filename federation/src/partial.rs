//! A node's own sums, before they are masked.

use zeroize::Zeroizing;

/// The sums of one node over its own population, cell by cell.
///
/// They cannot be encoded, printed or copied; all that can be done with them is to mask them.
///
/// ```compile_fail
/// let partial = hjemmel_federation::Partial::new(vec![1, 2, 3]);
/// serde_json::to_string(&partial).unwrap();
/// ```
///
/// ```compile_fail
/// let partial = hjemmel_federation::Partial::new(vec![1, 2, 3]);
/// format!("{partial:?}");
/// ```
pub struct Partial(Zeroizing<Vec<u64>>);

impl Partial {
    /// The cells in the order of the table's definition.
    #[must_use]
    pub fn new(cells: Vec<u64>) -> Self {
        Self(Zeroizing::new(cells))
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn cells(&self) -> &[u64] {
        &self.0
    }
}
