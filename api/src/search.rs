//! Search over tables: in bokmål, nynorsk and English, forgiving of inflections, compounds and typing errors.
//!
//! Tantivy keeps the words and ranks; the index is in memory, of one segment, and made without threads. Every word
//! of a question must be met by a table: by itself, by a word that means the same, by a compound it is in or is
//! made of, or by one that is spelled nearly so. A word that no table knows is left out of account, unless it is
//! the only one. Where no table meets every word, those that meet any are shown, since something near is more than nothing.

mod engine;
mod words;

use engine::Engine;
use hjemmel_kostra::{Level, Table, Text};
use std::collections::BTreeSet;

/// What is searched of one thing.
#[derive(Debug)]
pub struct Document {
    texts: Vec<(Place, Tongue, String)>,
    /// Names of regions, and the codes of all values, which are met letter by letter alone: there are so many that
    /// anything is near one.
    names: BTreeSet<String>,
    /// How much a hit in it counts beside the same hit in others.
    factor: f32,
}

/// Where in a document a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Id,
    Title,
    Variable,
    Word,
    Value,
    Remark,
}

/// Every place, and how much a hit there counts.
const PLACES: [(Place, &str, f32); 6] = [
    (Place::Id, "id", 4.0),
    (Place::Title, "title", 3.0),
    (Place::Variable, "variable", 2.5),
    (Place::Word, "word", 2.0),
    (Place::Value, "value", 1.0),
    (Place::Remark, "remark", 0.3),
];

/// How much a region or a code that is named counts: most tables have the region, and words say more than codes.
const NAME: f32 = 0.2;

/// Whose endings a text's words have. Bokmål and nynorsk share a stemmer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tongue {
    Norwegian,
    English,
    Either,
}

/// How much the words of a table of indicators count beside those of a table of figures.
const COMPUTED: f32 = 0.8;

/// An index of documents.
#[derive(Default)]
pub struct Index {
    /// None where nothing could be indexed.
    engine: Option<Engine>,
    documents: usize,
}

impl Document {
    fn add(&mut self, place: Place, text: &Text) {
        self.texts.push((place, Tongue::Norwegian, text.nb.clone()));
        self.texts.push((place, Tongue::English, text.en.clone()));
    }

    fn add_either(&mut self, place: Place, text: &str) {
        self.texts.push((place, Tongue::Either, text.to_owned()));
    }
}

/// What is searched of a table.
#[must_use]
pub fn document(table: &Table) -> Document {
    let indicators = hjemmel_kostra::indicator_table(&table.id);
    // Where both speak of the same, the figures come before what is computed from them.
    let factor = if indicators.is_some() { COMPUTED } else { 1.0 };
    let mut document = Document { texts: Vec::new(), names: BTreeSet::new(), factor };
    document.add_either(Place::Id, &table.id);
    document.add_either(Place::Word, table.form.dataset());
    document.add(Place::Title, &table.title);
    document.add(Place::Value, &table.measure);
    for dimension in &table.dimensions {
        document.add_either(Place::Variable, &dimension.code);
        document.add(Place::Variable, &dimension.label);
        document.names.extend(words::plain(&dimension.column));
        for value in dimension.values.values().flatten() {
            document.names.extend(words::plain(&value.code));
            if dimension.column == "REGION" {
                // The names of groups are words that tables are told apart by.
                if matches!(value.level, Level::Leaf | Level::Kommune | Level::Fylke) {
                    document.names.extend(words::plain(&value.label.nb));
                }
            } else {
                document.add(Place::Value, &value.label);
            }
        }
    }
    for one in indicators.iter().flat_map(|of| &of.indicators) {
        document.add(Place::Value, &one.label);
        document.names.extend(words::plain(&one.code));
    }
    if let Some(about) = hjemmel_kostra::catalogue::about(&table.id) {
        document.add_either(Place::Word, &about.words.join(" "));
        about.notes.iter().for_each(|note| document.add(Place::Remark, note));
        for code in &about.subject {
            use hjemmel_kostra::Language::{En, Nb};
            let [nb, en] = [Nb, En].map(|language| crate::pxweb::subjects::label(code, language));
            document.add(Place::Remark, &Text::new(nb, en));
        }
    }
    document
}

impl Index {
    /// Indexes documents; each is known by its place in their order.
    #[must_use]
    pub fn new(documents: impl Iterator<Item = Document>) -> Self {
        let documents: Vec<Document> = documents.collect();
        let engine = Engine::new(&documents)
            .inspect_err(|error| tracing::error!(%error, "tables could not be indexed"));
        Self { engine: engine.ok(), documents: documents.len() }
    }

    /// The documents a question finds, the best first; all of them in their order where nothing is asked.
    #[must_use]
    pub fn search(&self, question: &str) -> Vec<usize> {
        let asked = words::asked(question);
        let all = || (0..self.documents).collect();
        if asked.is_empty() {
            return all();
        }
        // Whoever cannot be answered is shown everything rather than told that there is nothing.
        let Some(engine) = &self.engine else { return all() };
        engine.search(&asked).unwrap_or_else(|error| {
            tracing::error!(%error, "a search failed");
            all()
        })
    }
}

#[cfg(test)]
mod tests;
