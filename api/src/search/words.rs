//! Words as they are compared: without case, accents and endings.

use super::Tongue;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;
use tantivy::tokenizer::{
    Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, TextAnalyzer,
    TokenStream as _,
};

/// The longest word that is looked at, in bytes.
const LONGEST: usize = 60;
/// The most words of a question that are looked at.
const MOST_WORDS: usize = 20;

/// Words that mean the same, a line for each meaning.
const SYNONYMS: &str = include_str!("synonyms.txt");

/// For each stem those of the words that mean the same.
static SAME: LazyLock<HashMap<String, BTreeSet<String>>> = LazyLock::new(|| {
    let mut analysis = Analysis::new();
    let mut same: HashMap<String, BTreeSet<String>> = HashMap::new();
    for line in SYNONYMS.lines().filter(|line| !line.starts_with('#')) {
        let stems = analysis.stems(line, Tongue::Either);
        for stem in &stems {
            let others = stems.iter().filter(|other| *other != stem).cloned();
            same.entry(stem.clone()).or_default().extend(others);
        }
    }
    same
});

/// The stems of the words that mean the same as one.
pub(super) fn synonyms(stem: &str) -> impl Iterator<Item = &'static str> {
    SAME.get(stem).into_iter().flatten().map(String::as_str)
}

/// The way from a text to the stems of its words.
pub(super) struct Analysis {
    norwegian: TextAnalyzer,
    english: TextAnalyzer,
}

impl Analysis {
    pub(super) fn new() -> Self {
        let plain = || {
            TextAnalyzer::builder(SimpleTokenizer::default())
                .filter(RemoveLongFilter::limit(LONGEST))
                .filter(LowerCaser)
        };
        Self {
            // Twice: `mottakere` gives `mottaker`, and that `mottak`, as `mottaker` does by itself.
            norwegian: plain()
                .filter(Stemmer::new(Language::Norwegian))
                .filter(Stemmer::new(Language::Norwegian))
                .build(),
            english: plain().filter(Stemmer::new(Language::English)).build(),
        }
    }

    /// The stems of a text's words, each once.
    pub(super) fn stems(&mut self, text: &str, tongue: Tongue) -> Vec<String> {
        let mut stems = BTreeSet::new();
        if tongue != Tongue::English {
            collect(&mut self.norwegian, text, &mut stems);
        }
        if tongue != Tongue::Norwegian {
            collect(&mut self.english, text, &mut stems);
        }
        stems.into_iter().collect()
    }
}

fn collect(analyzer: &mut TextAnalyzer, text: &str, stems: &mut BTreeSet<String>) {
    let mut stream = analyzer.token_stream(text);
    while stream.advance() {
        stems.insert(folded(&stream.token().text));
    }
}

/// The words of a question that say what is looked for.
pub(super) fn asked(question: &str) -> Vec<String> {
    question
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .take(MOST_WORDS)
        .filter(|word| !is_empty_word(&folded(word)))
        .collect()
}

/// The words of a name or code as they stand, but for case and accents.
pub(super) fn plain(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| folded(&word.to_lowercase()))
}

/// A word in letters that every keyboard has: `måned`, `maaned` and `maned` are one.
fn folded(word: &str) -> String {
    let plain: String = word
        .chars()
        .map(|c| match c {
            'å' | 'á' | 'à' | 'ä' => 'a',
            'ø' | 'ö' | 'ó' | 'ò' | 'ô' => 'o',
            'æ' | 'é' | 'è' | 'ê' | 'ë' => 'e',
            'ü' => 'u',
            c => c,
        })
        .collect();
    let plain = plain.replace("aa", "a").replace("oe", "o").replace("ae", "e");
    // `program` and `programmet`, `rom` and `rommet`.
    let single = plain.strip_suffix('m').filter(|rest| rest.ends_with('m')).map(ToOwned::to_owned);
    single.unwrap_or(plain)
}

/// Words that say nothing of what is looked for.
fn is_empty_word(word: &str) -> bool {
    const EMPTY: [&str; 56] = [
        "a", "alle", "an", "and", "ar", "at", "av", "by", "da", "de", "den", "der", "det", "eit",
        "ein", "en", "er", "et", "etter", "far", "folk", "for", "fra", "gar", "from", "ha", "har",
        "hvem", "hvor", "how", "i", "in", "is", "kor", "korleis", "kven", "mange", "many", "med",
        "much", "mye", "of", "og", "om", "on", "pa", "people", "per", "som", "the", "til", "to",
        "ut", "ved", "who", "with",
    ];
    EMPTY.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one() {
        let mut analysis = Analysis::new();
        for forms in [
            &["måned", "måneder", "månedene", "maaned"][..],
            &["mottaker", "mottakere", "mottakar", "mottakarane"],
            &["kommune", "kommuner", "kommunene", "kommunar"],
            &["bolig", "boligen", "boliger"],
            &["program", "programmet", "programmene"],
            &["recipient", "recipients"],
        ] {
            let mut stems = forms.iter().map(|form| analysis.stems(form, Tongue::Either));
            let first = stems.next().unwrap();
            for (stems, form) in stems.zip(&forms[1..]) {
                assert!(first.iter().any(|one| stems.contains(one)), "{form} is {stems:?}");
            }
        }
        assert_eq!(analysis.stems("S1101", Tongue::Either), ["s1101"]);
    }

    #[test]
    fn words_that_mean_the_same_lead_to_each_other() {
        let mut analysis = Analysis::new();
        for (asked, known) in [("bustad", "bolig"), ("young", "unge"), ("kroner", "beløp")] {
            let known = analysis.stems(known, Tongue::Either);
            let asked = analysis.stems(asked, Tongue::Either);
            let mut same = asked.iter().flat_map(|stem| synonyms(stem));
            assert!(same.any(|one| known.iter().any(|stem| stem == one)), "{asked:?} {known:?}");
        }
    }

    #[test]
    fn empty_words_say_nothing() {
        assert!(asked("hvor mange av the og").is_empty());
        assert_eq!(asked("Alder, og kjønn?"), ["alder", "kjønn"]);
        assert_eq!(asked(&"alder ".repeat(100)).len(), MOST_WORDS);
    }
}
