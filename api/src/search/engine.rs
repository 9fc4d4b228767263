//! The index itself: which words are in which place of which document, kept and ranked by tantivy.

use super::words::{self, synonyms};
use super::{Document, NAME, PLACES};
use std::collections::BTreeMap;
use tantivy::collector::TopDocs;
use tantivy::directory::RamDirectory;
use tantivy::index::InvertedIndexReader;
use tantivy::query::{
    BooleanQuery, BoostQuery, DisjunctionMaxQuery, FuzzyTermQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{
    IndexBuilder, IndexSettings, ReloadPolicy, Searcher, SingleSegmentIndexWriter, TantivyDocument,
    TantivyError, Term,
};

/// What the making of an index may hold in memory, in bytes, before it is written into itself.
const WRITER_BYTES: usize = 3_000_000;

/// How much another spelling of a word counts beside the word itself.
const SAME: f32 = 0.8;
const PART: f32 = 0.6;
const TYPO: f32 = 0.4;
/// The shortest word that a compound is looked through for.
const SHORTEST_PART: usize = 4;
/// The most other words one word of a question stands for in each way.
const MOST_OTHERS: usize = 48;

/// An index in memory; it does not change.
pub(super) struct Engine {
    searcher: Searcher,
    /// One field for each place, in the order of [`PLACES`].
    fields: Vec<Field>,
    /// Names of regions and codes.
    names: Field,
    /// Every word of every place, and the same from its end.
    vocabulary: Field,
    backwards: Field,
    /// How much a hit in each document counts.
    factors: Vec<f32>,
}

/// Words that stand for one word of a question, and how much each counts.
type Others = BTreeMap<String, f32>;

impl Engine {
    /// Indexes documents.
    ///
    /// # Errors
    /// When tantivy cannot.
    pub(super) fn new(documents: &[Document]) -> Result<Self, TantivyError> {
        // Where a word stands and how often says nothing in texts as short as these.
        let plain = TextFieldIndexing::default()
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false);
        let plain = TextOptions::default().set_indexing_options(plain);
        let mut schema = Schema::builder();
        let fields: Vec<Field> =
            PLACES.iter().map(|(_, name, _)| schema.add_text_field(name, plain.clone())).collect();
        let names = schema.add_text_field("names", plain.clone());
        let vocabulary = schema.add_text_field("vocabulary", plain.clone());
        let backwards = schema.add_text_field("backwards", plain);
        let settings =
            IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let mut writer: SingleSegmentIndexWriter = IndexBuilder::new()
            .schema(schema.build())
            .settings(settings)
            .single_segment_index_writer(RamDirectory::create(), WRITER_BYTES)?;
        let mut analysis = words::Analysis::new();
        for document in documents {
            let mut entry = TantivyDocument::new();
            let mut all = Vec::new();
            for (at, field) in fields.iter().enumerate() {
                let here = document
                    .texts
                    .iter()
                    .filter(|(place, ..)| PLACES.get(at).is_some_and(|(known, ..)| known == place));
                let stems: Vec<String> =
                    here.flat_map(|(_, tongue, text)| analysis.stems(text, *tongue)).collect();
                entry.add_pre_tokenized_text(*field, tokens(stems.iter().cloned()));
                all.extend(stems);
            }
            entry.add_pre_tokenized_text(names, tokens(document.names.iter().cloned()));
            entry.add_pre_tokenized_text(backwards, tokens(all.iter().map(|stem| reversed(stem))));
            entry.add_pre_tokenized_text(vocabulary, tokens(all.into_iter()));
            writer.add_document(entry)?;
        }
        let index = writer.finalize()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let factors = documents.iter().map(|document| document.factor).collect();
        Ok(Self { searcher: reader.searcher(), fields, names, vocabulary, backwards, factors })
    }

    /// The documents that meet every word that any document meets, the best first; where none does, those that meet any.
    ///
    /// # Errors
    /// When tantivy cannot.
    pub(super) fn search(&self, asked: &[String]) -> Result<Vec<usize>, TantivyError> {
        let mut analysis = words::Analysis::new();
        let mut every: Vec<Box<dyn Query>> = Vec::new();
        let mut one_of: Vec<Box<dyn Query>> = Vec::new();
        for word in asked {
            let others = self.others(&analysis.stems(word, super::Tongue::Either))?;
            let name = self.name(word)?;
            if !others.is_empty() || name.is_some() {
                let any = self.any_of(&others, name);
                // In a language of compounds long words say more.
                let length = u16::try_from(word.chars().count()).unwrap_or(u16::MAX);
                one_of.push(Box::new(BoostQuery::new(Box::new(any.clone()), f32::from(length))));
                every.push(Box::new(any));
            }
        }
        if every.is_empty() {
            return Ok(Vec::new());
        }
        let all = self.ranked(&BooleanQuery::intersection(every))?;
        if all.is_empty() { self.ranked(&BooleanQuery::union(one_of)) } else { Ok(all) }
    }

    /// The documents a query finds, the best first.
    fn ranked(&self, query: &BooleanQuery) -> Result<Vec<usize>, TantivyError> {
        let most = TopDocs::with_limit(self.factors.len().max(1)).order_by_score();
        let mut found: Vec<(usize, f32)> = self
            .searcher
            .search(query, &most)?
            .into_iter()
            .filter_map(|(score, address)| {
                // One segment, in the order of the documents.
                let at = usize::try_from(address.doc_id).ok()?;
                Some((at, score * self.factors.get(at)?))
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(found.into_iter().map(|(at, _)| at).collect())
    }

    /// The region or code that a word names, if it names one.
    fn name(&self, word: &str) -> Result<Option<Term>, TantivyError> {
        let Some(segment) = self.searcher.segment_readers().first() else { return Ok(None) };
        let known = segment.inverted_index(self.names)?;
        let Some(word) = words::plain(word).next() else { return Ok(None) };
        Ok(has(&known, &word)?.then(|| Term::from_field_text(self.names, &word)))
    }

    /// Any of some words in any place, or a region or code; the best of them counts.
    fn any_of(&self, others: &Others, name: Option<Term>) -> DisjunctionMaxQuery {
        let mut any: Vec<Box<dyn Query>> = Vec::new();
        if let Some(term) = name {
            let term = TermQuery::new(term, IndexRecordOption::Basic);
            any.push(Box::new(BoostQuery::new(Box::new(term), NAME)));
        }
        for (word, factor) in others {
            for (field, (.., weight)) in self.fields.iter().zip(PLACES) {
                let term = Term::from_field_text(*field, word);
                let term = TermQuery::new(term, IndexRecordOption::Basic);
                any.push(Box::new(BoostQuery::new(Box::new(term), weight * factor)));
            }
        }
        DisjunctionMaxQuery::new(any)
    }

    /// What a word, in its stems, stands for among the words that are known.
    fn others(&self, stems: &[String]) -> Result<Others, TantivyError> {
        let mut others = Others::new();
        let Some(segment) = self.searcher.segment_readers().first() else { return Ok(others) };
        let known = segment.inverted_index(self.vocabulary)?;
        let backwards = segment.inverted_index(self.backwards)?;
        let mut take = |word: &str, factor: f32| {
            let slot = others.entry(word.to_owned()).or_default();
            *slot = slot.max(factor);
        };
        for stem in stems {
            if has(&known, stem)? {
                take(stem, 1.0);
            }
            for same in synonyms(stem) {
                if has(&known, same)? {
                    take(same, SAME);
                }
            }
            for part in compounds(stem, &known, &backwards)? {
                take(&part, PART);
            }
        }
        if others.is_empty() {
            for stem in stems.iter().filter(|stem| stem.chars().count() >= SHORTEST_PART) {
                for near in self.near(stem, &known)? {
                    others.insert(near, TYPO);
                }
            }
        }
        Ok(others)
    }

    /// Known words spelled nearly as one: a letter off, or two where it is long.
    fn near(&self, stem: &str, known: &InvertedIndexReader) -> Result<Vec<String>, TantivyError> {
        let most = if stem.chars().count() >= 8 { 2 } else { 1 };
        let term = Term::from_field_text(self.vocabulary, stem);
        let automaton = FuzzyTermQuery::new(term, most, true).automaton()?;
        let mut stream = known.terms().search(automaton).into_stream()?;
        let mut near = Vec::new();
        while let Some((word, _)) = stream.next() {
            if let Ok(word) = str::from_utf8(word)
                && near.len() < MOST_OTHERS
            {
                near.push(word.to_owned());
            }
        }
        Ok(near)
    }
}

/// Known compounds that begin or end with a word, and known words that it begins or ends with.
fn compounds(
    stem: &str,
    known: &InvertedIndexReader,
    backwards: &InvertedIndexReader,
) -> Result<Vec<String>, TantivyError> {
    let mut found = Vec::new();
    if stem.chars().count() < SHORTEST_PART {
        return Ok(found);
    }
    found.extend(beginning(stem, known)?);
    found.extend(beginning(&reversed(stem), backwards)?.iter().map(|word| reversed(word)));
    for (at, _) in stem.char_indices() {
        let (head, tail) = stem.split_at(at);
        for part in [head, tail] {
            if part.len() < stem.len() && part.chars().count() > SHORTEST_PART && has(known, part)?
            {
                found.push(part.to_owned());
            }
        }
    }
    Ok(found)
}

/// Known words that begin so.
fn beginning(start: &str, known: &InvertedIndexReader) -> Result<Vec<String>, TantivyError> {
    let mut words = Vec::new();
    let mut stream = known.terms().range().ge(start).into_stream()?;
    while let Some((word, _)) = stream.next() {
        if !word.starts_with(start.as_bytes()) || words.len() == MOST_OTHERS {
            break;
        }
        words.extend(str::from_utf8(word).ok().map(ToOwned::to_owned));
    }
    Ok(words)
}

fn has(known: &InvertedIndexReader, word: &str) -> Result<bool, TantivyError> {
    Ok(known.terms().get(word)?.is_some())
}

fn reversed(word: &str) -> String {
    word.chars().rev().collect()
}

/// Words as tantivy takes them when they are split already.
fn tokens(words: impl Iterator<Item = String>) -> PreTokenizedString {
    let tokens = words.enumerate().map(|(position, text)| Token {
        offset_to: text.len(),
        position,
        text,
        ..Token::default()
    });
    PreTokenizedString { text: String::new(), tokens: tokens.collect() }
}
