//! One published table over all its years, as the table interface shows it.

use hjemmel_disclosure::Cell;
use hjemmel_kostra::{Language, Table, Text};
use std::collections::HashMap;

/// The code of the variable that names what is measured.
pub const CONTENTS: &str = "ContentsCode";
/// The code of the time variable.
pub const TIME: &str = "Tid";
/// The only contents code: the number of recipients or participants.
pub const MEASURE: &str = "Antall";

/// What kind of variable it is; clients treat time and metric apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Region.
    Geo,
    /// Any other classification.
    Classification,
    /// What is measured.
    Metric,
    /// The reporting year.
    Time,
}

/// One value of a variable.
#[derive(Debug, Clone)]
pub struct Value {
    /// Public code.
    pub code: String,
    /// Name, as of the latest year that has it.
    pub label: Text,
    /// For each year of the cube: the position in the table's values of that year.
    positions: Vec<Option<usize>>,
}

impl Value {
    /// Whether it can occur in one year of the cube.
    #[must_use]
    pub fn occurs_in(&self, year_at: usize) -> bool {
        self.positions.get(year_at).is_none_or(Option::is_some)
    }
}

/// One variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Public code.
    pub code: String,
    /// Name.
    pub label: Text,
    /// Its role.
    pub role: Role,
    /// Values in publishing order.
    pub values: Vec<Value>,
    /// The position of the value that stands for the whole when the variable is left out.
    pub elimination: Option<usize>,
    by_code: HashMap<String, usize>,
}

impl Variable {
    /// The position of a code, in any case of letters.
    #[must_use]
    pub fn position(&self, code: &str) -> Option<usize> {
        self.by_code.get(&code.to_ascii_lowercase()).copied()
    }

    fn new(code: &str, label: Text, role: Role, values: Vec<Value>) -> Self {
        let by_code = values
            .iter()
            .enumerate()
            .map(|(at, value)| (value.code.to_ascii_lowercase(), at))
            .collect();
        Self { code: code.to_owned(), label, role, values, elimination: None, by_code }
    }
}

/// A table with the years that are published of it.
#[derive(Debug, Clone)]
pub struct Cube {
    /// The definition.
    pub table: &'static Table,
    /// Published years, ascending.
    pub years: Vec<u16>,
    /// The table's dimensions, then contents, then time.
    pub variables: Vec<Variable>,
    /// For each year: the size of each dimension.
    shapes: Vec<Vec<usize>>,
}

/// Positions of the selected values, one list a variable, in the order of [`Cube::variables`].
pub type Positions = Vec<Vec<usize>>;

impl Cube {
    /// The table over the given years.
    #[must_use]
    pub fn new(table: &'static Table, mut years: Vec<u16>) -> Self {
        years.sort_unstable();
        years.dedup();
        let mut variables: Vec<Variable> = table
            .dimensions
            .iter()
            .map(|dimension| {
                let values = union_of_years(dimension, &years);
                let role =
                    if dimension.column == "REGION" { Role::Geo } else { Role::Classification };
                let mut variable =
                    Variable::new(&dimension.code, dimension.label.clone(), role, values);
                variable.elimination =
                    dimension.total.as_deref().and_then(|code| variable.position(code));
                variable
            })
            .collect();
        let everywhere = vec![Some(0); years.len()];
        let measure =
            Value { code: MEASURE.to_owned(), label: table.measure.clone(), positions: everywhere };
        variables.push(Variable::new(
            CONTENTS,
            Text::new("statistikkvariabel", "contents"),
            Role::Metric,
            vec![measure],
        ));
        let time = years
            .iter()
            .map(|year| Value {
                code: year.to_string(),
                label: Text::new(year.to_string(), year.to_string()),
                positions: Vec::new(),
            })
            .collect();
        variables.push(Variable::new(TIME, Text::new("år", "year"), Role::Time, time));
        let shapes = years
            .iter()
            .map(|year| {
                let size = |dimension: &hjemmel_kostra::Dimension| {
                    dimension.values.get(year).map_or(0, Vec::len)
                };
                table.dimensions.iter().map(size).collect()
            })
            .collect();
        Self { table, years, variables, shapes }
    }

    /// The position of a variable by code, in any case of letters; `time` is an alias of the time variable.
    #[must_use]
    pub fn variable(&self, code: &str) -> Option<usize> {
        let code = if code.eq_ignore_ascii_case("time") { TIME } else { code };
        self.variables.iter().position(|variable| variable.code.eq_ignore_ascii_case(code))
    }

    /// The title with the years and classifications it is shown by.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        self.table.title.in_language(language).to_owned()
    }

    /// The index into one year's dense cells, or none when the combination cannot occur that year.
    #[must_use]
    pub fn index(&self, year_at: usize, at: &[usize]) -> Option<usize> {
        let shape = self.shapes.get(year_at)?;
        let mut index = 0;
        for ((variable, &value), &size) in self.variables.iter().zip(at).zip(shape) {
            let position = variable.values.get(value)?.positions.get(year_at).copied().flatten()?;
            index = index * size + position;
        }
        Some(index)
    }

    /// Calls `visit` with every selected cell in row-major order; none stands for a combination that
    /// cannot occur.
    pub fn visit(
        &self,
        selection: &Positions,
        cells: &[&[Cell]],
        mut visit: impl FnMut(Option<Cell>),
    ) {
        let dimensions = self.table.dimensions.len();
        let years = selection.get(dimensions + 1).map(Vec::as_slice).unwrap_or_default();
        let total: usize = selection.iter().take(dimensions).map(Vec::len).product();
        let mut at = vec![0usize; dimensions];
        let mut chosen = vec![0usize; dimensions];
        for _ in 0..total {
            for ((slot, &counter), values) in chosen.iter_mut().zip(&at).zip(selection) {
                *slot = values.get(counter).copied().unwrap_or_default();
            }
            for &year in years {
                let cell = self
                    .index(year, &chosen)
                    .and_then(|index| cells.get(year).and_then(|cells| cells.get(index)).copied());
                visit(cell);
            }
            for (counter, values) in at.iter_mut().zip(selection).rev() {
                *counter += 1;
                if *counter < values.len() {
                    break;
                }
                *counter = 0;
            }
        }
    }
}

fn union_of_years(dimension: &hjemmel_kostra::Dimension, years: &[u16]) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (at, year) in years.iter().enumerate().rev() {
        let of_year = dimension.values.get(year).map(Vec::as_slice).unwrap_or_default();
        for (position, value) in of_year.iter().enumerate() {
            let index = *known.entry(value.code.as_str()).or_insert_with(|| {
                values.push(Value {
                    code: value.code.clone(),
                    label: value.label.clone(),
                    positions: vec![None; years.len()],
                });
                values.len() - 1
            });
            if let Some(slot) = values.get_mut(index).and_then(|value| value.positions.get_mut(at))
            {
                *slot = Some(position);
            }
        }
    }
    values
}

#[cfg(test)]
mod tests;
