//! What is published right now: an immutable picture, swapped whole when the store has something new.

mod detail;
mod indicators;

use crate::pxweb::codelists;
use crate::pxweb::cube::Cube;
use crate::pxweb::provenance::{Coarser, EditionShown};
use crate::search::{self, Index};
use chrono::{DateTime, SecondsFormat, Utc};
use hjemmel_disclosure::{Cell, Release, TableCells};
use hjemmel_kostra::{CodeList, Form, Language};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// One published release of a form-year.
pub struct OnShelf {
    /// Its id.
    pub id: Uuid,
    /// The reporting year.
    pub year: u16,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Whether it was made from a preliminary edition.
    pub preliminary: bool,
    /// The version of that edition.
    pub edition: u32,
    /// Regions that had not delivered.
    pub missing: BTreeSet<String>,
    /// The protected tables.
    pub release: Arc<Release<Vec<TableCells>>>,
}

/// One table over its published years.
pub struct Published {
    /// The table as the interface shows it.
    pub cube: Arc<Cube>,
    /// For each year of the cube: the release and the position of the table in it.
    years: Vec<(Arc<OnShelf>, usize)>,
    /// For each year of the cube: the cells of a table of indicators, which are computed from those of others.
    computed: Option<Vec<Vec<Cell>>>,
    /// For each variable: the code lists that its releases hold whole.
    pub offered: Vec<Vec<&'static CodeList>>,
    /// The share of its cells of the latest year that are withheld.
    pub share_withheld: f64,
    /// Where less is withheld, if anywhere.
    pub coarser: Option<Coarser>,
    /// The recorded decision that lets anyone read these cells.
    pub decision: Uuid,
}

impl Published {
    /// The cells of each year, in the order of the cube's years.
    #[must_use]
    pub fn cells(&self) -> Vec<&[Cell]> {
        if let Some(computed) = &self.computed {
            return computed.iter().map(Vec::as_slice).collect();
        }
        self.years
            .iter()
            .map(|(on_shelf, at)| {
                on_shelf.release.content().get(*at).map_or(&[][..], |table| table.cells.as_slice())
            })
            .collect()
    }

    /// Whether its cells are indicators, computed from those of other tables.
    #[must_use]
    pub const fn is_computed(&self) -> bool {
        self.computed.is_some()
    }

    /// The releases the cells of one year come from.
    #[must_use]
    pub fn release(&self, year_at: usize) -> Option<&OnShelf> {
        self.years.get(year_at).map(|(on_shelf, _)| on_shelf.as_ref())
    }

    /// When the newest of its releases was published.
    #[must_use]
    pub fn updated_at(&self) -> DateTime<Utc> {
        self.years.iter().map(|(on_shelf, _)| on_shelf.published_at).max().unwrap_or_default()
    }

    /// The same as it is written.
    #[must_use]
    pub fn updated(&self) -> String {
        self.updated_at().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// For each year of the cube: whether its figures are preliminary.
    #[must_use]
    pub fn preliminary(&self) -> Vec<bool> {
        self.years.iter().map(|(on_shelf, _)| on_shelf.preliminary).collect()
    }

    /// The edition of one year of the cube.
    #[must_use]
    pub fn edition(&self, year_at: usize) -> Option<EditionShown> {
        let on_shelf = self.release(year_at)?;
        let kind = if on_shelf.preliminary { "preliminary" } else { "final" };
        Some(EditionShown { year: on_shelf.year, kind: kind.to_owned(), version: on_shelf.edition })
    }

    /// The day the next figures are due: final ones on 15 June, those of the next year on 15 March.
    #[must_use]
    pub fn next_update(&self) -> Option<String> {
        let (newest, _) = self.years.last()?;
        Some(if newest.preliminary {
            format!("{}-06-15", newest.year + 1)
        } else {
            format!("{}-03-15", newest.year + 2)
        })
    }

    /// Regions that have not delivered, by year, of the years chosen.
    #[must_use]
    pub fn missing(&self, years: &[usize]) -> BTreeMap<u16, Vec<String>> {
        years
            .iter()
            .filter_map(|at| self.release(*at))
            .filter(|on_shelf| !on_shelf.missing.is_empty())
            .map(|on_shelf| (on_shelf.year, on_shelf.missing.iter().cloned().collect()))
            .collect()
    }

    /// Notes every reader must see.
    #[must_use]
    pub fn notes(&self, language: Language) -> Vec<String> {
        let mut notes = vec![match language {
            Language::Nb => {
                "Tall på 1, 2 eller 3 personer vises ikke (:), og heller ikke andre tall som ville røpe dem."
            }
            Language::En => {
                "Counts of 1, 2 or 3 persons are not shown (:), nor other counts that would give them away."
            }
        }
        .to_owned()];
        let about = hjemmel_kostra::catalogue::about(&self.cube.table.id);
        let of_table = about.into_iter().flat_map(|about| &about.notes);
        notes.extend(of_table.map(|note| note.in_language(language).to_owned()));
        if self.cube.years.contains(&2016) {
            notes.push(match language {
                Language::Nb => "2016 følger kommuneinndelingen av 2016; kommunenummer kan ha annen betydning i andre år.",
                Language::En => "2016 follows the municipal division of 2016; a code may mean another municipality in other years.",
            }.to_owned());
        }
        for (on_shelf, _) in &self.years {
            notes.extend(detail::notes(on_shelf, language));
        }
        notes.extend(detail::edition_note(self, language));
        notes
    }
}

/// A part of a whole as it is told: four decimals, since it is read by people.
#[must_use]
pub fn share(part: usize, whole: usize) -> f64 {
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (count(part) / count(whole.max(1)) * 10_000.0).round() / 10_000.0
}

/// A dataset-year whose records can be read.
#[derive(Debug, Clone)]
pub struct Edition {
    /// What the registers open.
    pub reference: hjemmel_registers::EditionRef,
    /// `preliminary` or `final`.
    pub kind: String,
    /// How many records it has.
    pub records: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when everybody may see what is made of it.
    pub public_from: DateTime<Utc>,
    /// Why it was made anew, if it corrects one that was public.
    pub reason: Option<String>,
}

/// Everything published.
#[derive(Default)]
pub struct Shelf {
    tables: BTreeMap<String, Published>,
    editions: HashMap<(Form, u16), Edition>,
    index: Index,
    /// Changes whenever anything on the shelf does.
    pub stamp: u64,
}

impl Shelf {
    /// Arranges releases by table.
    ///
    /// `decision` gives the recorded decision for a table over its releases.
    #[must_use]
    pub fn new(
        stamp: u64,
        releases: Vec<Arc<OnShelf>>,
        editions: HashMap<(Form, u16), Edition>,
        mut decision: impl FnMut(&str, &[Uuid]) -> Uuid,
    ) -> Self {
        let mut by_table: BTreeMap<String, Vec<(Arc<OnShelf>, usize)>> = BTreeMap::new();
        for on_shelf in releases {
            for (at, table) in on_shelf.release.content().iter().enumerate() {
                by_table.entry(table.table.clone()).or_default().push((on_shelf.clone(), at));
            }
        }
        let mut tables: BTreeMap<String, Published> = by_table
            .into_iter()
            .filter_map(|(id, mut years)| {
                let table = hjemmel_kostra::table(&id)?;
                years.sort_by_key(|(on_shelf, _)| on_shelf.year);
                let cube = Cube::new(table, years.iter().map(|(on, _)| on.year).collect());
                let ids: Vec<Uuid> = years.iter().map(|(on_shelf, _)| on_shelf.id).collect();
                let decision = decision(&id, &ids);
                let offered = (0..cube.variables.len()).map(|at| codelists::offered(&cube, at));
                let offered = offered.collect();
                let mut published = Published {
                    cube: Arc::new(cube),
                    years,
                    computed: None,
                    offered,
                    share_withheld: 0.0,
                    coarser: None,
                    decision,
                };
                published.share_withheld = detail::share_withheld(&published, None);
                Some((id, published))
            })
            .collect();
        let computed = indicators::tables(&tables, &mut decision);
        tables.extend(computed);
        let mut shelf = Self { tables, editions, stamp, index: Index::default() };
        shelf.index = Index::new(
            shelf.tables.values().map(|published| search::document(published.cube.table)),
        );
        detail::find_coarser(&mut shelf.tables);
        shelf
    }

    /// The table of an id, in any case of letters.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&Published> {
        self.tables.get(id).or_else(|| self.tables.get(&id.to_ascii_uppercase()))
    }

    /// Every table, by id.
    pub fn tables(&self) -> impl Iterator<Item = &Published> {
        self.tables.values()
    }

    /// The tables a question finds, the best first; every table by id where nothing is asked.
    #[must_use]
    pub fn search(&self, question: &str) -> Vec<&Published> {
        let all: Vec<&Published> = self.tables.values().collect();
        let found = self.index.search(question).into_iter();
        found.filter_map(|at| all.get(at).copied()).collect()
    }

    /// The current edition of a dataset-year.
    #[must_use]
    pub fn edition(&self, form: Form, year: u16) -> Option<&Edition> {
        self.editions.get(&(form, year))
    }

    /// The years a form has records for, ascending.
    #[must_use]
    pub fn years(&self, form: Form) -> Vec<u16> {
        let mut years: Vec<u16> = self
            .editions
            .keys()
            .filter(|(other, _)| *other == form)
            .map(|(_, year)| *year)
            .collect();
        years.sort_unstable();
        years
    }
}
