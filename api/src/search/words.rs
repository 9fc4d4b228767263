//! Words as they are compared: without case, accents and endings.

/// The words of a text.
pub(super) fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// A word in letters that every keyboard has: `måned`, `maaned` and `maned` are one.
pub(super) fn folded(word: &str) -> String {
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
    plain.replace("aa", "a").replace("oe", "o").replace("ae", "e")
}

/// Endings of Norwegian and English words, the longest first.
const ENDINGS: [&str; 35] = [
    "hetene", "ingene", "ingane", "hetens", "heten", "heter", "inger", "ingar", "ingen", "erene",
    "arane", "enes", "anes", "ende", "erne", "elen", "ene", "ane", "ere", "are", "ers", "ing",
    "ies", "ens", "ets", "het", "est", "en", "et", "er", "ar", "es", "a", "e", "s",
];

/// The beginning of a word that its forms share: at least three letters.
pub(super) fn stem(word: &str) -> String {
    if word.chars().any(|c| c.is_ascii_digit()) {
        return word.to_owned();
    }
    let kept = ENDINGS.iter().find_map(|ending| {
        let start = word.strip_suffix(ending)?;
        (start.chars().count() >= 3).then_some(start)
    });
    kept.unwrap_or(word).to_owned()
}

/// Words that say nothing of what is looked for.
pub(super) fn is_empty_word(word: &str) -> bool {
    const EMPTY: [&str; 53] = [
        "a", "alle", "an", "and", "ar", "at", "av", "by", "da", "de", "den", "der", "det", "eit",
        "ein", "en", "er", "et", "etter", "far", "for", "fra", "from", "ha", "har", "hvem", "hvor",
        "how", "i", "in", "is", "kor", "korleis", "kven", "mange", "many", "med", "much", "mye",
        "of", "og", "om", "on", "pa", "per", "som", "the", "til", "to", "ut", "ved", "who", "with",
    ];
    EMPTY.contains(&word)
}

/// How many letters are to be added, left out, changed or swapped.
pub(super) fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one() {
        for forms in [
            &["måned", "måneder", "månedene", "maaned", "månadene"][..2],
            &["mottaker", "mottakere", "mottakar", "mottakarane"],
            &["kommune", "kommuner", "kommunene", "kommunar"],
            &["bolig", "boligen", "boliger"],
            &["recipient", "recipients"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(&folded(form))).collect();
            assert!(stems.iter().all(|one| *one == stems[0]), "{forms:?} are {stems:?}");
        }
        assert_eq!(stem("s1101"), "s1101");
    }

    #[test]
    fn empty_words_say_nothing() {
        for word in ["og", "av", "the", "hvor", "mange"] {
            assert!(is_empty_word(word), "{word}");
        }
        assert!(!is_empty_word("alder"));
    }
}
