//! Published tables: a cube of counts over dimensions whose values are unions of leaf codes.

use crate::{Form, Text};

/// A table as it is published each year.
///
/// The cells of one year are a dense array in row-major order over
/// [`Dimension::values`] of that year: the last dimension varies fastest.
#[derive(Debug, Clone)]
pub struct Table {
    /// Identifier in every address: `S1101`.
    pub id: String,
    /// The form whose records are counted.
    pub form: Form,
    /// Title without the year.
    pub title: Text,
    /// What a cell counts or adds up.
    pub measure: Text,
    /// The register columns whose numbers are added up; none where records are counted.
    pub sums: Vec<String>,
    /// The register columns whose counts such a sum bounds: it is shown only where all of them are.
    pub bounds: Vec<String>,
    /// Dimensions in publishing order, region first. Time is not among them.
    pub dimensions: Vec<Dimension>,
}

/// One dimension of a table.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// Variable code in the table interface: `Region`, `HovedInntekt`.
    pub code: String,
    /// The variable's name.
    pub label: Text,
    /// The register column that holds the leaf codes; also the variable a grant must cover.
    pub column: String,
    /// Which values it has each year, by year.
    pub values: std::collections::BTreeMap<u16, Vec<Value>>,
    /// The value that stands for the whole when a reader leaves the variable out.
    pub total: Option<String>,
}

/// One value of a dimension: a leaf or a union of leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Public code: `3101`, `030105`, `EKA31`, `EKG13`, `EAK`.
    pub code: String,
    /// Name in both languages.
    pub label: Text,
    /// What kind of union it is.
    pub level: Level,
    /// The leaf codes of the register column it adds up.
    pub leaves: Vec<String>,
}

/// The level of a value; protection prefers to keep the coarser ones shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A code of a code list, a few of them together, or a bydel.
    Leaf,
    /// A municipality.
    Kommune,
    /// Municipalities that have become one since.
    Merged,
    /// Municipalities of one size.
    Size,
    /// A KOSTRA group.
    KostraGroup,
    /// A county.
    Fylke,
    /// The whole.
    Total,
}

impl Level {
    /// Whether it is of regions that lie across the others and came after them: municipalities by size, and merged
    /// ones. They stand last, and the others are shown before them.
    #[must_use]
    pub const fn is_further(self) -> bool {
        matches!(self, Self::Merged | Self::Size)
    }
}

impl Table {
    /// The years it is published for, oldest first.
    pub fn years(&self) -> impl Iterator<Item = u16> {
        self.dimensions.first().into_iter().flat_map(|region| region.values.keys().copied())
    }

    /// Whether it is published for a year.
    #[must_use]
    pub fn has_year(&self, year: u16) -> bool {
        self.dimensions.iter().all(|dimension| dimension.values.contains_key(&year))
    }

    /// The dimension of a variable code.
    #[must_use]
    pub fn dimension(&self, code: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.code == code)
    }

    /// The register columns it is made from: those of the dimensions in their order, then those it adds up.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let dimensions = self.dimensions.iter().map(|dimension| dimension.column.as_str());
        dimensions.chain(self.sums.iter().map(String::as_str))
    }

    /// Whether it adds up amounts instead of counting records.
    #[must_use]
    pub const fn is_sum(&self) -> bool {
        !self.sums.is_empty()
    }
}

impl Dimension {
    /// The values of a year; none for a year it does not exist in.
    #[must_use]
    pub fn values_of(&self, year: u16) -> &[Value] {
        self.values.get(&year).map_or(&[], Vec::as_slice)
    }

    /// The leaf codes its values of a year add up, each once.
    #[must_use]
    pub fn leaves_of(&self, year: u16) -> Vec<String> {
        let mut seen = std::collections::BTreeSet::new();
        let leaves = self.values_of(year).iter().flat_map(|value| &value.leaves);
        leaves.filter(|leaf| seen.insert(leaf.as_str())).cloned().collect()
    }
}
