//! Search over tables: in bokmål, nynorsk and English, forgiving of inflections, compounds and typing errors.
//!
//! Every word must be met by a table, by the word itself, a compound it is in or is made of, or one that is
//! spelled nearly so. A word that no table knows is left out of account, unless it is the only one.

mod words;

use hjemmel_kostra::Table;
use std::collections::HashMap;
use words::{distance, folded, stem, tokens};

/// What is searched of one thing: texts and how much a hit in each counts.
pub type Document = Vec<(String, f32)>;

/// An index of documents.
#[derive(Debug, Default)]
pub struct Index {
    /// For each stem the documents that have it, and the most it counts there.
    postings: HashMap<String, Vec<(usize, f32)>>,
    /// Every stem, by its first letter.
    vocabulary: HashMap<char, Vec<String>>,
    documents: usize,
}

/// How much another spelling of a word counts beside the word itself.
const PART: f32 = 0.6;
const TYPO: f32 = 0.4;
/// The shortest word that a compound is looked through for.
const SHORTEST_PART: usize = 4;

/// How much the words of a table of indicators count beside those of a table of figures.
const COMPUTED: f32 = 0.8;

/// The most words of a question that are looked at.
const MOST_WORDS: usize = 20;

/// What is searched of a table.
#[must_use]
pub fn document(table: &Table) -> Document {
    let indicators = hjemmel_kostra::indicator_table(&table.id);
    let mut document = vec![
        (table.id.clone(), 4.0),
        (format!("{} {}", table.title.nb, table.title.en), 3.0),
        (format!("{} {}", table.measure.nb, table.measure.en), 1.5),
        (table.form.dataset().to_owned(), 2.0),
    ];
    for dimension in &table.dimensions {
        let label = &dimension.label;
        document.push((format!("{} {} {}", dimension.code, label.nb, label.en), 2.5));
        // Places are in every table: who looks for one does not look for a table.
        if dimension.column != "REGION" {
            for value in dimension.values.values().flatten() {
                document.push((format!("{} {}", value.label.nb, value.label.en), 1.0));
            }
        }
    }
    for one in indicators.iter().flat_map(|of| &of.indicators) {
        document.push((format!("{} {}", one.label.nb, one.label.en), 1.0));
    }
    if let Some(about) = hjemmel_kostra::catalogue::about(&table.id) {
        document.push((about.words.join(" "), 2.0));
        for note in &about.notes {
            document.push((format!("{} {}", note.nb, note.en), 0.3));
        }
        let subjects = about.subject.iter().flat_map(|code| {
            use hjemmel_kostra::Language::{En, Nb};
            [Nb, En].map(|language| crate::pxweb::subjects::label(code, language).to_owned())
        });
        document.push((subjects.collect::<Vec<_>>().join(" "), 0.5));
    }
    // Where both speak of the same, the figures come before what is computed from them.
    if indicators.is_some() {
        document.iter_mut().skip(1).for_each(|(_, weight)| *weight *= COMPUTED);
    }
    document
}

impl Index {
    /// Indexes documents; each is known by its place in their order.
    #[must_use]
    pub fn new(documents: impl Iterator<Item = Document>) -> Self {
        let mut index = Self::default();
        for (at, document) in documents.enumerate() {
            index.documents = at + 1;
            let mut best: HashMap<String, f32> = HashMap::new();
            for (text, weight) in document {
                for token in tokens(&text) {
                    let slot = best.entry(stem(&folded(&token))).or_default();
                    *slot = slot.max(weight);
                }
            }
            for (stem, weight) in best {
                index.postings.entry(stem).or_default().push((at, weight));
            }
        }
        for known in index.postings.keys() {
            if let Some(first) = known.chars().next() {
                index.vocabulary.entry(first).or_default().push(known.clone());
            }
        }
        index
    }

    /// The documents a question finds, the best first; all of them in their order where nothing is asked.
    #[must_use]
    pub fn search(&self, question: &str) -> Vec<usize> {
        let asked = tokens(question).into_iter().take(MOST_WORDS).map(|word| folded(&word));
        let asked: Vec<String> = asked.filter(|word| !words::is_empty_word(word)).collect();
        if asked.is_empty() {
            return (0..self.documents).collect();
        }
        let hits: Vec<HashMap<usize, f32>> =
            asked.iter().map(|word| self.hits(word)).filter(|hits| !hits.is_empty()).collect();
        let Some((first, rest)) = hits.split_first() else { return Vec::new() };
        let mut found: Vec<(usize, f32)> = first
            .iter()
            .filter_map(|(at, score)| {
                rest.iter()
                    .try_fold(*score, |sum, hits| Some(sum + hits.get(at)?))
                    .map(|sum| (*at, sum))
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.into_iter().map(|(at, _)| at).collect()
    }

    /// The documents that meet one word, and how well.
    fn hits(&self, word: &str) -> HashMap<usize, f32> {
        let wanted = stem(word);
        let mut hits = HashMap::new();
        self.take(&wanted, 1.0, &mut hits);
        let long = wanted.chars().count() >= SHORTEST_PART;
        if long {
            for known in self.vocabulary.values().flatten() {
                if *known == wanted {
                    continue;
                }
                let within = known.starts_with(&wanted) || known.ends_with(&wanted);
                let around = known.chars().count() > SHORTEST_PART
                    && (wanted.starts_with(known.as_str()) || wanted.ends_with(known.as_str()));
                if within || around {
                    self.take(known, PART, &mut hits);
                }
            }
        }
        if hits.is_empty() && long {
            for known in self.near(&wanted) {
                self.take(known, TYPO, &mut hits);
            }
        }
        hits
    }

    fn take(&self, stem: &str, factor: f32, hits: &mut HashMap<usize, f32>) {
        let Some(postings) = self.postings.get(stem) else { return };
        #[expect(clippy::cast_precision_loss, reason = "numbers of tables are small")]
        let rarity = (self.documents as f32 / postings.len() as f32).ln() + 1.0;
        for (at, weight) in postings {
            let slot = hits.entry(*at).or_default();
            *slot = slot.max(weight * factor * rarity);
        }
    }

    /// Stems spelled nearly as a word: one letter off, or two where it is long; typing errors seldom hit the
    /// first letter, and then the second is right.
    fn near(&self, word: &str) -> impl Iterator<Item = &String> {
        let length = word.chars().count();
        let most = if length >= 8 { 2 } else { 1 };
        let mut firsts: Vec<char> = word.chars().take(2).collect();
        firsts.dedup();
        let known = firsts.into_iter().filter_map(|first| self.vocabulary.get(&first)).flatten();
        known.filter(move |known| {
            known.chars().count().abs_diff(length) <= most && distance(known, word) <= most
        })
    }
}

#[cfg(test)]
mod tests;
