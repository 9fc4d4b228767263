//! One answer in rows and columns: stub variables down, heading variables across.

use super::cube::{Cube, Value};
use super::number::{Decimals, Number};
use super::selection::{Placement, Selected, clip};
use crate::problem::{Kind, Problem};
use hjemmel_disclosure::Cell;
use hjemmel_kostra::Language;

/// How values are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By code.
    Codes,
    /// By text.
    Texts,
    /// By both: `code - text`.
    Both,
}

impl Naming {
    fn name(self, value: &Value, language: Language) -> String {
        let text = value.label.in_language(language);
        match self {
            Self::Codes => value.code.clone(),
            Self::Texts => text.to_owned(),
            Self::Both => format!("{} - {text}", value.code),
        }
    }
}

/// The format parameters of csv, html and xlsx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// How values are named.
    pub naming: Naming,
    /// Whether the title comes first.
    pub title: bool,
    /// Whether each column of numbers has one of signs beside it.
    pub symbols: bool,
    /// What stands between the fields of csv.
    pub separator: u8,
}

/// Parameters every format with a style knows.
const PARAMETERS: [&str; 4] = ["UseCodes", "UseTexts", "UseCodesAndTexts", "IncludeTitle"];
/// The one that csv and xlsx know, and the reference does not.
const SYMBOLS: [&str; 1] = ["IncludeSymbols"];
/// Those that only csv knows.
const SEPARATORS: [&str; 3] = ["SeparatorTab", "SeparatorSpace", "SeparatorSemicolon"];

impl Style {
    /// How many columns a column of numbers takes.
    #[must_use]
    pub const fn width(&self) -> usize {
        if self.symbols { 2 } else { 1 }
    }

    /// Reads `outputFormatParams` of a format, in any case of letters.
    ///
    /// # Errors
    /// A parameter that does not exist for the format.
    pub fn parse(format: &str, parameters: &[String]) -> Result<Self, Problem> {
        let csv = format == "csv";
        let naming = if csv { Naming::Codes } else { Naming::Texts };
        let mut style = Self { naming, title: false, symbols: false, separator: b',' };
        for parameter in parameters {
            match parameter.to_ascii_lowercase().as_str() {
                "usecodes" => style.naming = Naming::Codes,
                "usetexts" => style.naming = Naming::Texts,
                "usecodesandtexts" => style.naming = Naming::Both,
                "includetitle" => style.title = true,
                "includesymbols" if format != "html" => style.symbols = true,
                "separatortab" if csv => style.separator = b'\t',
                "separatorspace" if csv => style.separator = b' ',
                "separatorsemicolon" if csv => style.separator = b';',
                _ => return Err(unknown(format, parameter)),
            }
        }
        Ok(style)
    }
}

fn unknown(format: &str, parameter: &str) -> Problem {
    let name = clip(parameter);
    let further = match format {
        "csv" => [&SYMBOLS[..], &SEPARATORS].concat(),
        "xlsx" => SYMBOLS.to_vec(),
        _ => Vec::new(),
    };
    let all = [&PARAMETERS[..], &further].concat().join(", ");
    Problem::new(Kind::ParameterError).titled("Unsupported output format parameter").detail(
        format!("`{name}` er ikke en parameter for {format}: {all}"),
        format!("`{name}` is not a parameter of {format}: {all}"),
    )
}

/// One answer with its layout.
pub struct Sheet<'a> {
    /// The table.
    pub cube: &'a Cube,
    /// What is selected of it.
    pub selected: &'a Selected,
    /// The cells, row-major in the order of the cube's variables.
    pub cells: &'a [Option<Cell>],
    /// The reader's language.
    pub language: Language,
    /// The variables that go down, as positions of [`Cube::variables`].
    pub stub: Vec<usize>,
    /// Those that go across.
    pub heading: Vec<usize>,
    strides: Vec<usize>,
    decimals: Decimals,
}

/// What the column of signs beside a column is called.
#[must_use]
pub fn symbols_of(name: &str, language: Language) -> String {
    match language {
        Language::Nb => format!("{name} tegn"),
        Language::En => format!("{name} symbol"),
    }
}

fn illegal(nb: &str, en: &str) -> Problem {
    Problem::new(Kind::ParameterError).titled("Illegal placment").detail(nb, en)
}

/// Which kept variables go down and which across.
///
/// # Errors
/// Unknown or repeated variables, and a layout that leaves some out.
pub fn place(
    cube: &Cube,
    selected: &Selected,
    placement: &Placement,
) -> Result<(Vec<usize>, Vec<usize>), Problem> {
    let kept: Vec<usize> =
        selected.kept.iter().enumerate().filter(|(_, kept)| **kept).map(|(at, _)| at).collect();
    let read = |codes: &[String]| -> Result<Vec<usize>, Problem> {
        codes
            .iter()
            .map(|code| {
                cube.variable(code).filter(|at| kept.contains(at)).ok_or_else(|| {
                    illegal(
                        &format!("`{}` er ikke blant de valgte variablene", clip(code)),
                        &format!("`{}` is not among the selected variables", clip(code)),
                    )
                })
            })
            .collect()
    };
    let (heading, stub) = (read(&placement.heading)?, read(&placement.stub)?);
    let rest = |taken: &[usize]| kept.iter().copied().filter(|at| !taken.contains(at)).collect();
    let (stub, heading): (Vec<usize>, Vec<usize>) = match (stub.is_empty(), heading.is_empty()) {
        (true, true) => {
            let time = cube.variables.len() - 1;
            let across: Vec<usize> = kept.iter().copied().filter(|at| *at == time).collect();
            (rest(&across), across)
        }
        (true, false) => (rest(&heading), heading),
        (false, true) => (stub.clone(), rest(&stub)),
        (false, false) => (stub, heading),
    };
    let mut all: Vec<usize> = stub.iter().chain(&heading).copied().collect();
    all.sort_unstable();
    if all != kept {
        return Err(illegal(
            "stub og heading må til sammen ha hver valgt variabel én gang",
            "stub and heading must together hold each selected variable once",
        ));
    }
    Ok((stub, heading))
}

impl<'a> Sheet<'a> {
    /// Lays an answer out.
    ///
    /// # Errors
    /// As [`place`].
    pub fn new(
        cube: &'a Cube,
        selected: &'a Selected,
        cells: &'a [Option<Cell>],
        placement: &Placement,
        language: Language,
    ) -> Result<Self, Problem> {
        let (stub, heading) = place(cube, selected, placement)?;
        let mut strides = vec![1; selected.positions.len()];
        let mut below = 1;
        for (stride, positions) in strides.iter_mut().zip(&selected.positions).rev() {
            *stride = below;
            below *= positions.len();
        }
        let decimals = Decimals::new(cube, selected);
        Ok(Self { cube, selected, cells, language, stub, heading, strides, decimals })
    }

    /// How many values of a variable are selected.
    #[must_use]
    pub fn size(&self, variable: usize) -> usize {
        self.selected.positions.get(variable).map_or(0, Vec::len)
    }

    /// How many rows and columns of cells there are.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        let product = |variables: &[usize]| variables.iter().map(|at| self.size(*at)).product();
        (product(&self.stub), product(&self.heading))
    }

    /// The selected values of a variable.
    pub fn values(&self, variable: usize) -> impl Iterator<Item = &'a Value> + use<'a> {
        let values = self.cube.variables.get(variable).map(|v| v.values.as_slice());
        let positions = self.selected.positions.get(variable).map(Vec::as_slice);
        positions
            .unwrap_or_default()
            .iter()
            .filter_map(move |at| values.unwrap_or_default().get(*at))
    }

    /// The names of the selected values of a variable.
    #[must_use]
    pub fn names(&self, variable: usize, naming: Naming) -> Vec<String> {
        self.values(variable).map(|value| naming.name(value, self.language)).collect()
    }

    /// What a variable itself is called where its values are named so.
    #[must_use]
    pub fn label(&self, variable: usize, naming: Naming) -> &'a str {
        self.cube.variables.get(variable).map_or("", |variable| match naming {
            Naming::Texts => variable.label.in_language(self.language),
            _ => variable.code.as_str(),
        })
    }

    /// What the cells are when no variable goes across.
    #[must_use]
    pub fn measure(&self) -> &'a str {
        self.cube.table.measure.in_language(self.language)
    }

    /// Calls `visit` for every combination of the variables' selected values, the last fastest: which value of
    /// each, and what it adds to the place of a cell.
    pub fn each(&self, variables: &[usize], visit: &mut impl FnMut(&[usize], usize)) {
        let mut at = Vec::with_capacity(variables.len());
        self.descend(variables, &mut at, 0, visit);
    }

    fn descend(
        &self,
        variables: &[usize],
        at: &mut Vec<usize>,
        offset: usize,
        visit: &mut impl FnMut(&[usize], usize),
    ) {
        let Some((&variable, below)) = variables.split_first() else { return visit(at, offset) };
        let stride = self.strides.get(variable).copied().unwrap_or_default();
        for value in 0..self.size(variable) {
            at.push(value);
            self.descend(below, at, offset + value * stride, visit);
            at.pop();
        }
    }

    /// What each column adds to the place of a cell.
    #[must_use]
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.each(&self.heading, &mut |_, offset| columns.push(offset));
        columns
    }

    /// The number of the cell at a place.
    #[must_use]
    pub fn number(&self, place: usize, value: u64) -> Number {
        self.decimals.number(place, value)
    }

    /// The most decimals that a number of it has.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals.most()
    }

    /// The cell at a place.
    #[must_use]
    pub fn cell(&self, place: usize) -> Option<Cell> {
        self.cells.get(place).copied().flatten()
    }
}
