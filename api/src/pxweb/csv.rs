//! Comma separated values as PxWebApi 2 lays them out: stub variables down, heading variables across.

use super::cube::{Cube, Value};
use super::jsonstat::symbol;
use super::selection::{Placement, Selected, clip};
use crate::problem::{Kind, Problem};
use hjemmel_disclosure::Cell;
use hjemmel_kostra::Language;

/// How values are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Naming {
    #[default]
    Codes,
    Texts,
    Both,
}

/// The format parameters that concern csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    naming: Naming,
    title: bool,
    separator: u8,
}

impl Style {
    /// Reads `outputFormatParams`, in any case of letters.
    ///
    /// # Errors
    /// A parameter that does not exist.
    pub fn parse(parameters: &[String]) -> Result<Self, Problem> {
        let mut style = Self { naming: Naming::Codes, title: false, separator: b',' };
        for parameter in parameters {
            match parameter.to_ascii_lowercase().as_str() {
                "usecodes" => style.naming = Naming::Codes,
                "usetexts" => style.naming = Naming::Texts,
                "usecodesandtexts" => style.naming = Naming::Both,
                "includetitle" => style.title = true,
                "separatortab" => style.separator = b'\t',
                "separatorspace" => style.separator = b' ',
                "separatorsemicolon" => style.separator = b';',
                _ => {
                    let name = clip(parameter);
                    return Err(Problem::new(Kind::ParameterError)
                        .titled("Unsupported output format parameter")
                        .detail(
                            format!("`{name}` er ikke en parameter for csv: UseCodes, UseTexts, UseCodesAndTexts, IncludeTitle, SeparatorTab, SeparatorSpace, SeparatorSemicolon"),
                            format!("`{name}` is not a parameter of csv: UseCodes, UseTexts, UseCodesAndTexts, IncludeTitle, SeparatorTab, SeparatorSpace, SeparatorSemicolon"),
                        ));
                }
            }
        }
        Ok(style)
    }

    fn name(&self, value: &Value, language: Language) -> String {
        let text = value.label.in_language(language);
        match self.naming {
            Naming::Codes => value.code.clone(),
            Naming::Texts => text.to_owned(),
            Naming::Both => format!("{} - {text}", value.code),
        }
    }
}

fn illegal(nb: &str, en: &str) -> Problem {
    Problem::new(Kind::ParameterError).titled("Illegal placment").detail(nb, en)
}

/// Which kept variables go down and which across, as positions of [`Cube::variables`].
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

/// Every combination of positions `0..n` of the given variables, last fastest.
fn combinations(selected: &Selected, variables: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for &variable in variables {
        let count = selected.positions.get(variable).map_or(0, Vec::len);
        all = all
            .into_iter()
            .flat_map(|prefix: Vec<usize>| {
                (0..count).map(move |at| prefix.iter().copied().chain([at]).collect())
            })
            .collect();
    }
    all
}

/// Text, between quotation marks always: a code such as `00` or `0301` is no number.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The document, UTF-8: names between quotation marks, numbers without.
#[must_use]
pub fn write(
    cube: &Cube,
    selected: &Selected,
    cells: &[Option<Cell>],
    layout: &(Vec<usize>, Vec<usize>),
    style: &Style,
    language: Language,
) -> Vec<u8> {
    let (stub, heading) = layout;
    let strides = strides(selected);
    let name = |(&variable, &at): (&usize, &usize)| {
        let position = selected.positions.get(variable).and_then(|p| p.get(at))?;
        let value = cube.variables.get(variable)?.values.get(*position)?;
        Some(style.name(value, language))
    };
    let across = combinations(selected, heading);
    let mut lines = Vec::new();
    if style.title {
        lines.push(quoted(cube.title(language).as_str()));
    }
    let label = |&variable: &usize| {
        cube.variables.get(variable).map_or("", |variable| match style.naming {
            Naming::Texts => variable.label.in_language(language),
            _ => variable.code.as_str(),
        })
    };
    let mut header: Vec<String> = stub.iter().map(label).map(quoted).collect();
    if heading.is_empty() {
        header.push(quoted(cube.table.measure.in_language(language)));
    }
    for combination in across.iter().filter(|combination| !combination.is_empty()) {
        let words: Vec<String> = heading.iter().zip(combination).filter_map(name).collect();
        header.push(quoted(&words.join(" ")));
    }
    let separator = char::from(style.separator).to_string();
    lines.push(header.join(&separator));
    let offset = |variables: &[usize], combination: &[usize]| -> usize {
        variables
            .iter()
            .zip(combination)
            .map(|(&variable, at)| strides.get(variable).copied().unwrap_or_default() * at)
            .sum()
    };
    let columns: Vec<usize> = across.iter().map(|c| offset(heading, c)).collect();
    for row in combinations(selected, stub) {
        let start = offset(stub, &row);
        let mut record: Vec<String> =
            stub.iter().zip(&row).filter_map(name).map(|name| quoted(&name)).collect();
        record.extend(columns.iter().map(
            |column| match cells.get(start + column).copied().flatten() {
                Some(Cell::Shown(value)) => value.to_string(),
                other => quoted(symbol(other).unwrap_or_default()),
            },
        ));
        lines.push(record.join(&separator));
    }
    lines.push(String::new());
    lines.join("\n").into_bytes()
}

fn strides(selected: &Selected) -> Vec<usize> {
    let mut strides = vec![1; selected.positions.len()];
    let mut below = 1;
    for (stride, positions) in strides.iter_mut().zip(&selected.positions).rev() {
        *stride = below;
        below *= positions.len();
    }
    strides
}

#[cfg(test)]
mod tests;
