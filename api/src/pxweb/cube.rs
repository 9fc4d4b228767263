//! One published table over all its years, as the table interface shows it.

use hjemmel_disclosure::Cell;
use hjemmel_kostra::{Indicator, Language, Table, Text};
use std::collections::HashMap;

/// The code of the variable that names what is measured.
pub const CONTENTS: &str = "ContentsCode";
/// The code of the time variable.
pub const TIME: &str = "Tid";
/// The only contents code of a table of counts: the number of recipients or participants.
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
    /// What its numbers are, where that is not what the whole table counts.
    pub unit: Option<Text>,
    /// How many of a number's digits are decimals.
    pub decimals: u8,
    /// For each year of the cube: where it is among the table's values of that year.
    places: Vec<Place>,
}

/// Where a value is in one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At this position among the table's values of the year.
    At(usize),
    /// It cannot occur that year.
    Never,
    /// It could, but no release holds it: it would have to be added up or shared out.
    NotHeld,
}

impl Place {
    /// The place of a combination of values, each place already multiplied by its stride.
    const fn beside(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(a), Self::At(b)) => Self::At(a + b),
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            _ => Self::NotHeld,
        }
    }

    const fn times(self, stride: usize) -> Self {
        match self {
            Self::At(position) => Self::At(position * stride),
            other => other,
        }
    }
}

impl Value {
    /// A value of a code list.
    #[must_use]
    pub const fn new(code: String, label: Text, places: Vec<Place>) -> Self {
        Self { code, label, unit: None, decimals: 0, places }
    }

    /// Whether it can occur in one year of the cube.
    #[must_use]
    pub fn occurs_in(&self, year_at: usize) -> bool {
        self.places.get(year_at).is_none_or(|place| *place != Place::Never)
    }

    /// Where it is in one year of the cube.
    #[must_use]
    pub fn place(&self, year_at: usize) -> Place {
        self.places.get(year_at).copied().unwrap_or(Place::Never)
    }

    /// Where it is in each year of the cube.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
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
    /// For each year: the size of each dimension, and how many contents there are.
    shapes: Vec<Vec<usize>>,
}

/// Positions of the selected values, one list a variable, in the order of [`Cube::variables`].
pub type Positions = Vec<Vec<usize>>;

impl Cube {
    /// The table over the given years.
    #[must_use]
    pub fn new(table: &'static Table, years: Vec<u16>) -> Self {
        Self::of_contents(table, years, |everywhere| {
            vec![Value::new(MEASURE.to_owned(), table.measure.clone(), everywhere(0))]
        })
    }

    /// A table of indicators over the given years.
    #[must_use]
    pub fn of_indicators(
        table: &'static Table,
        years: Vec<u16>,
        indicators: &'static [Indicator],
    ) -> Self {
        Self::of_contents(table, years, |everywhere| {
            let value = |(at, one): (usize, &Indicator)| Value {
                code: one.code.clone(),
                label: one.label.clone(),
                unit: Some(one.unit.clone()),
                decimals: one.decimals,
                places: everywhere(at),
            };
            indicators.iter().enumerate().map(value).collect()
        })
    }

    fn of_contents(
        table: &'static Table,
        mut years: Vec<u16>,
        contents: impl FnOnce(&dyn Fn(usize) -> Vec<Place>) -> Vec<Value>,
    ) -> Self {
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
        let contents = contents(&|at| vec![Place::At(at); years.len()]);
        let of_contents = contents.len();
        variables.push(Variable::new(
            CONTENTS,
            Text::new("statistikkvariabel", "contents"),
            Role::Metric,
            contents,
        ));
        let time = years
            .iter()
            .map(|year| {
                let label = Text::new(year.to_string(), year.to_string());
                Value::new(year.to_string(), label, Vec::new())
            })
            .collect();
        variables.push(Variable::new(TIME, Text::new("år", "year"), Role::Time, time));
        let shapes = years
            .iter()
            .map(|year| {
                let size = |dimension: &hjemmel_kostra::Dimension| {
                    dimension.values.get(year).map_or(0, Vec::len)
                };
                table.dimensions.iter().map(size).chain([of_contents]).collect()
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
            let Place::At(position) = variable.values.get(value)?.place(year_at) else {
                return None;
            };
            index = index * size + position;
        }
        Some(index)
    }

    /// The same table with the values of a code list in place of one variable's own.
    #[must_use]
    pub fn with_values(&self, at: usize, values: Vec<Value>) -> Self {
        let mut cube = self.clone();
        if let Some(variable) = cube.variables.get_mut(at) {
            *variable =
                Variable::new(&variable.code, variable.label.clone(), variable.role, values);
        }
        cube
    }

    /// Calls `visit` with every selected cell in row-major order; none stands for a combination that
    /// cannot occur, and missing for one that no release holds.
    pub fn visit(
        &self,
        selection: &Positions,
        cells: &[&[Cell]],
        mut visit: impl FnMut(Option<Cell>),
    ) {
        // Contents are a dimension of the cells like any other, where there are several; time is not.
        let contents = self.table.dimensions.len();
        let has_several = self.variables.get(contents).is_some_and(|all| all.values.len() > 1);
        let dimensions = contents + usize::from(has_several);
        let years = selection.get(contents + 1).map(Vec::as_slice).unwrap_or_default();
        let of_years: Vec<&[Cell]> =
            years.iter().map(|&year| cells.get(year).copied().unwrap_or_default()).collect();
        let levels: Vec<Vec<Vec<Place>>> = self
            .variables
            .iter()
            .take(dimensions)
            .zip(selection)
            .enumerate()
            .map(|(at, (variable, values))| {
                let places = |value: &usize| self.places(at, variable, *value, years);
                values.iter().map(places).collect()
            })
            .collect();
        let start = vec![Place::At(0); years.len()];
        descend(&levels, &start, &mut |places| {
            for (place, cells) in places.iter().zip(&of_years) {
                visit(match place {
                    Place::At(index) => cells.get(*index).copied(),
                    Place::Never => None,
                    Place::NotHeld => Some(Cell::Missing),
                });
            }
        });
    }

    /// Where one value of a dimension is in each of the years, times the dimension's stride.
    fn places(
        &self,
        dimension: usize,
        variable: &Variable,
        value: usize,
        years: &[usize],
    ) -> Vec<Place> {
        let stride = |year: &usize| -> usize {
            self.shapes.get(*year).into_iter().flatten().skip(dimension + 1).product()
        };
        let value = variable.values.get(value);
        let place = |year: &usize| {
            value.map_or(Place::Never, |value| value.place(*year)).times(stride(year))
        };
        years.iter().map(place).collect()
    }
}

/// Goes through every combination of the levels' values, the last level fastest.
fn descend(levels: &[Vec<Vec<Place>>], so_far: &[Place], visit: &mut impl FnMut(&[Place])) {
    let Some((level, below)) = levels.split_first() else { return visit(so_far) };
    let mut here = so_far.to_vec();
    for value in level {
        for ((slot, before), place) in here.iter_mut().zip(so_far).zip(value) {
            *slot = before.beside(*place);
        }
        descend(below, &here, visit);
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
                    unit: None,
                    decimals: 0,
                    places: vec![Place::Never; years.len()],
                });
                values.len() - 1
            });
            if let Some(slot) = values.get_mut(index).and_then(|value| value.places.get_mut(at)) {
                *slot = Place::At(position);
            }
        }
    }
    values
}

#[cfg(test)]
mod tests;
