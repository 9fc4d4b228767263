//! The subjects tables are filed under.

use hjemmel_kostra::{Language, Table, Text};
use std::sync::LazyLock;

static LABELS: LazyLock<[(&str, Text); 2]> = LazyLock::new(|| {
    [
        ("sk", Text::new("Sosiale tjenester", "Social services")),
        ("sk09", Text::new("Sosialhjelp og kvalifisering", "Social assistance and qualification")),
    ]
});

/// The path of subject codes of a table, outermost first.
#[must_use]
pub fn of(table: &Table) -> &'static [String] {
    hjemmel_kostra::catalogue::about(&table.id).map_or(&[], |about| about.subject.as_slice())
}

/// What a subject is called; its code where nobody has named it.
#[must_use]
pub fn label(code: &str, language: Language) -> &str {
    let known = LABELS.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, text)| text.in_language(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_filed_under_subjects_that_have_a_name() {
        for table in hjemmel_kostra::tables() {
            assert!(!of(table).is_empty(), "{}", table.id);
            for code in of(table) {
                for language in [Language::Nb, Language::En] {
                    assert_ne!(label(code, language), code, "{}", table.id);
                }
            }
        }
        assert_eq!(label("xx", Language::Nb), "xx");
    }
}
