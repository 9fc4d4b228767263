//! A selection with its code lists: the table as the lists show it, and the positions chosen of that.

use super::codelists::{self, NotCarried};
use super::cube::{Cube, Role};
use super::selection::{
    Selected, VariableSelection, clip, default_selection, hint_en, hint_nb, nearest, resolve,
    unknown_variable, wrong,
};
use crate::problem::Problem;
use hjemmel_kostra::codelists::CodeList;
use hjemmel_kostra::{code_list, code_lists};
use std::borrow::Cow;
use std::sync::Arc;

/// What was chosen of a table.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The table, with the values of code lists in place of variables' own.
    pub cube: Arc<Cube>,
    /// What is selected of it.
    pub selected: Selected,
    /// The list of each variable that has one, by the variable's position.
    pub lists: Vec<(usize, &'static CodeList)>,
    /// What of today's division cannot be carried to the years chosen.
    pub not_carried: Vec<NotCarried>,
}

/// Applies the code lists of a selection and resolves the rest.
///
/// # Errors
/// As [`resolve`]; a list that does not exist for its variable; a value that no release holds.
pub fn choose(cube: &Arc<Cube>, wanted: &[VariableSelection]) -> Result<Choice, Problem> {
    let mut shown = Cow::Borrowed(cube);
    let mut lists: Vec<(usize, &'static CodeList)> = Vec::new();
    let mut unheld: Vec<(usize, Vec<bool>)> = Vec::new();
    let mut parts = Cow::Borrowed(wanted);
    for (index, part) in wanted.iter().enumerate() {
        let Some(id) = part.codelist.as_deref().filter(|id| !id.is_empty()) else { continue };
        let at = cube
            .variable(&part.variable_code)
            .ok_or_else(|| unknown_variable(cube, &part.variable_code))?;
        if lists.iter().any(|(other, _)| *other == at) {
            continue;
        }
        let list = of_variable(cube, at, id)?;
        let applied = codelists::apply(cube, at, list);
        if !applied.held.contains(&true) {
            return Err(nothing_held(cube, at, list));
        }
        shown = Cow::Owned(Arc::new(shown.with_values(at, applied.values)));
        unheld.push((at, applied.held));
        lists.push((at, list));
        if part.value_codes.is_empty()
            && let Some(part) = parts.to_mut().get_mut(index)
        {
            part.value_codes.push("*".to_owned());
        }
    }
    // Lists alone say how the default is to be shown.
    let says_values = wanted.iter().any(|part| !part.value_codes.is_empty());
    let selected = if lists.is_empty() || says_values {
        resolve(&shown, &parts)?
    } else {
        default_selection(&shown)
    };
    for (at, held) in &unheld {
        let chosen = selected.positions.get(*at).map(Vec::as_slice).unwrap_or_default();
        if let Some(first) = chosen.iter().find(|at| held.get(**at) == Some(&false))
            && let Some((_, list)) = lists.iter().find(|(other, _)| other == at)
        {
            return Err(value_not_held(cube, *at, list, *first));
        }
    }
    let not_carried = not_carried(&shown, &selected, &lists);
    Ok(Choice { cube: shown.into_owned(), selected, lists, not_carried })
}

/// The list of an id, if it is one for this variable.
fn of_variable(cube: &Cube, at: usize, id: &str) -> Result<&'static CodeList, Problem> {
    let column = cube.table.dimensions.get(at).map(|dimension| dimension.column.as_str());
    if let Some(list) = code_list(id).filter(|list| Some(list.column) == column) {
        return Ok(list);
    }
    let code = cube.variables.get(at).map_or("", |variable| variable.code.as_str());
    let known = code_lists().iter().filter(|list| Some(list.column) == column);
    let near = nearest(id, known.map(|list| list.id.as_str()));
    Err(wrong(
        "Non-existent codelist",
        format!("kodelisten `{}` finnes ikke for `{code}`{}", clip(id), hint_nb(near)),
        format!("the code list `{}` does not exist for `{code}`{}", clip(id), hint_en(near)),
    ))
}

fn nothing_held(cube: &Cube, at: usize, list: &CodeList) -> Problem {
    let (table, id) = (&cube.table.id, &list.id);
    let near = codelists::nearest_list(cube, at, list);
    let nb = near.map(|near| format!(" Nærmest: `{near}`.")).unwrap_or_default();
    let en = near.map(|near| format!(" Nearest: `{near}`.")).unwrap_or_default();
    wrong(
        "Non-existent codelist",
        format!("ingen publisert utgave av `{table}` har verdiene i `{id}`, og vernede celler legges aldri sammen.{nb}"),
        format!("no published release of `{table}` holds the values of `{id}`, and protected cells are never added up.{en}"),
    )
    .with("codelist", list.id.as_str())
    .with("nearest", near)
}

fn value_not_held(cube: &Cube, at: usize, list: &CodeList, value: usize) -> Problem {
    let item = list.items.get(value);
    let code = item.map_or("", |item| item.code.as_str());
    let near = item.and_then(|item| codelists::nearest_held(cube, at, item));
    let (table, id) = (&cube.table.id, &list.id);
    let nb = near.map(|near| format!(" Nærmest er verdien `{near}`.")).unwrap_or_default();
    let en = near.map(|near| format!(" The nearest value is `{near}`.")).unwrap_or_default();
    wrong(
        "Non-existent value",
        format!("ingen publisert utgave av `{table}` har `{code}` i `{id}`, og vernede celler legges aldri sammen.{nb}"),
        format!("no published release of `{table}` holds `{code}` of `{id}`, and protected cells are never added up.{en}"),
    )
    .with("codelist", list.id.as_str())
    .with("nearest", near)
}

fn not_carried(
    cube: &Cube,
    selected: &Selected,
    lists: &[(usize, &'static CodeList)],
) -> Vec<NotCarried> {
    let time = cube.variables.iter().position(|variable| variable.role == Role::Time);
    let years: Vec<(usize, u16)> = time
        .and_then(|time| selected.positions.get(time))
        .into_iter()
        .flatten()
        .filter_map(|at| Some((*at, *cube.years.get(*at)?)))
        .collect();
    let mut all = Vec::new();
    for (at, list) in lists {
        let Some(variable) = cube.variables.get(*at) else { continue };
        let chosen = selected.positions.get(*at).into_iter().flatten();
        let values = chosen.filter_map(|at| variable.values.get(*at));
        all.extend(codelists::not_carried(list, values, &years));
    }
    all
}

#[cfg(test)]
mod tests;
