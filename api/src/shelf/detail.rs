//! What is worked out once for every table on the shelf: how much is withheld, where less is, and what to tell.

use super::{OnShelf, Published, share};
use crate::pxweb::codelists;
use crate::pxweb::cube::Cube;
use crate::pxweb::jsonstat::everything;
use crate::pxweb::provenance::Coarser;
use hjemmel_disclosure::Cell;
use hjemmel_kostra::{CodeList, Language, code_list};
use std::collections::{BTreeMap, BTreeSet};

/// Lists of regions that gather many municipalities, the finest first.
const COARSER: [&str; 2] = ["agg_KostraGrupper", "agg_Fylker"];

/// The part of the cells that can occur, of the latest year, that is withheld; all of them, or by one list of
/// the first variable.
pub(super) fn share_withheld(published: &Published, list: Option<&CodeList>) -> f64 {
    let by_list = list.map(|list| {
        let cube = &published.cube;
        cube.with_values(0, codelists::apply(cube, 0, list).values)
    });
    let cube: &Cube = by_list.as_ref().unwrap_or(&published.cube);
    let mut selected = everything(cube);
    let latest = cube.years.len().saturating_sub(1);
    if let Some(years) = selected.positions.last_mut() {
        *years = vec![latest];
    }
    let (mut withheld, mut all) = (0, 0);
    cube.visit(&selected.positions, &published.cells(), |cell| {
        withheld += usize::from(cell == Some(Cell::Withheld));
        all += usize::from(cell.is_some());
    });
    share(withheld, all)
}

/// Finds for each table where less is withheld: the same table by groups of municipalities, or else another of
/// the same records over fewer variables.
pub(super) fn find_coarser(tables: &mut BTreeMap<String, Published>) {
    let found: Vec<(String, Coarser)> = tables
        .iter()
        .filter(|(_, published)| published.share_withheld > 0.0)
        .filter_map(|(id, published)| Some((id.clone(), coarser(published, tables)?)))
        .collect();
    for (id, coarser) in found {
        if let Some(published) = tables.get_mut(&id) {
            published.coarser = Some(coarser);
        }
    }
}

fn coarser(published: &Published, tables: &BTreeMap<String, Published>) -> Option<Coarser> {
    let table = published.cube.table;
    let offered = published.offered.first().map(Vec::as_slice).unwrap_or_default();
    let has_municipalities = offered.iter().any(|list| list.id == "vs_Kommuner");
    for id in COARSER.into_iter().filter(|_| has_municipalities) {
        let Some(list) = offered.iter().find(|list| list.id == id) else { continue };
        let share = share_withheld(published, code_list(id));
        if share < published.share_withheld {
            let codelist = Some(list.id.as_str());
            return Some(Coarser { table: table.id.clone(), codelist, share_withheld: share });
        }
    }
    let columns: BTreeSet<&str> = table.columns().collect();
    tables
        .values()
        .filter(|other| !other.is_computed() && !published.is_computed())
        .filter(|other| other.cube.table.form == table.form)
        .filter(|other| other.cube.table.dimensions.len() < table.dimensions.len())
        .filter(|other| other.cube.table.columns().all(|column| columns.contains(column)))
        .filter(|other| other.share_withheld < published.share_withheld)
        .max_by_key(|other| other.cube.table.dimensions.len())
        .map(|other| Coarser {
            table: other.cube.table.id.clone(),
            codelist: None,
            share_withheld: other.share_withheld,
        })
}

/// Which edition the newest figures are of, and when the next ones come.
pub(super) fn edition_note(published: &Published, language: Language) -> Option<String> {
    let (newest, _) = published.years.last()?;
    let next = published.next_update()?;
    let (year, version) = (newest.year, newest.edition);
    Some(match (language, newest.preliminary) {
        (Language::Nb, true) => {
            format!(
                "Tallene for {year} er av utgave {version}, foreløpig. Neste tall kommer {next}."
            )
        }
        (Language::Nb, false) => {
            format!("Tallene for {year} er av utgave {version}, endelig. Neste tall kommer {next}.")
        }
        (Language::En, true) => {
            format!(
                "The figures for {year} are of edition {version}, preliminary. The next figures are due {next}."
            )
        }
        (Language::En, false) => {
            format!(
                "The figures for {year} are of edition {version}, final. The next figures are due {next}."
            )
        }
    })
}

/// What a reader must know of one year's figures.
pub(super) fn notes(on_shelf: &OnShelf, language: Language) -> Vec<String> {
    let year = on_shelf.year;
    let mut notes = Vec::new();
    if on_shelf.preliminary {
        notes.push(match language {
            Language::Nb => format!(
                "Tallene for {year} er foreløpige (*); endelige tall kommer 15. juni {}.",
                year + 1
            ),
            Language::En => format!(
                "The figures for {year} are preliminary (*); final figures are due 15 June {}.",
                year + 1
            ),
        });
    }
    if !on_shelf.missing.is_empty() {
        let all = on_shelf.missing.iter().cloned().collect::<Vec<_>>().join(", ");
        notes.push(match language {
            Language::Nb => format!("For {year} mangler tall fra {all} (..); summer er uten dem."),
            Language::En => {
                format!("For {year} there are no figures from {all} (..); totals are without them.")
            }
        });
    }
    notes
}
