//! The words of the account in both languages.

use super::{Knowledge, Method};

/// The words of one language.
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) heading: &'static str,
    pub(super) only_for: &'static str,
    pub(super) safe: &'static str,
    pub(super) broken: &'static str,
    pub(super) untried: &'static str,
    pub(super) settings: &'static str,
    pub(super) lost: &'static str,
    pub(super) table: &'static str,
    pub(super) level: &'static str,
    pub(super) cells: &'static str,
    pub(super) primary: &'static str,
    pub(super) secondary: &'static str,
    pub(super) of_cells: &'static str,
    pub(super) of_value: &'static str,
    pub(super) moved: &'static str,
    pub(super) furthest: &'static str,
    pub(super) all: &'static str,
    pub(super) attackers: &'static str,
    pub(super) tried: &'static str,
    pub(super) found: &'static str,
    pub(super) narrowest: &'static str,
    pub(super) exact: &'static str,
    pub(super) at_least: &'static str,
    pub(super) cell: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) no_limit: &'static str,
    pub(super) fewest: &'static str,
    pub(super) point: char,
}

pub(super) const NB: Words = Words {
    language: "nb",
    heading: "Beskyttelse av tabeller",
    only_for: "Rapporten forteller hva som er holdt tilbake og hvorfor. Den er for den som svarer for tabellene, og skal \
               ikke publiseres.",
    safe: "Ingen angriper fant noe.",
    broken: "Angriperne fant noe. Tabellene må ikke publiseres.",
    untried: "Svakere enn vanlig. Dette er ikke prøvd, og kan vite mer:",
    settings: "Regel og innstillinger",
    lost: "Hva som går tapt",
    table: "Tabell",
    level: "Nivå",
    cells: "Celler",
    primary: "Holdt tilbake for sin egen del",
    secondary: "Holdt tilbake for andres del",
    of_cells: "Andel av cellene",
    of_value: "Andel av verdien",
    moved: "Sum av endringer, andel av verdien",
    furthest: "Største endring",
    all: "alle",
    attackers: "Angripere som er prøvd",
    tried: "Prøvd",
    found: "Funnet",
    narrowest: "De smaleste intervallene",
    exact: "Verdiene er det en leser kan slutte seg til om hver celle.",
    at_least: "En leser kan ikke slutte seg til noe smalere enn dette.",
    cell: "Celle",
    from: "Fra",
    to: "Til",
    no_limit: "ingen grense",
    fewest: "Færrest mulige verdier for en celle som er holdt tilbake for sin egen del:",
    point: ',',
};

pub(super) const EN: Words = Words {
    language: "en",
    heading: "Protection of tables",
    only_for: "This report tells what is withheld and why. It is for those who answer for the tables and is not to be \
               published.",
    safe: "No attacker found anything.",
    broken: "The attackers found something. The tables must not be published.",
    untried: "Weaker than usual. Not tried, and may know more:",
    settings: "Rule and settings",
    lost: "What is lost",
    table: "Table",
    level: "Level",
    cells: "Cells",
    primary: "Withheld for what they are",
    secondary: "Withheld to protect others",
    of_cells: "Share of the cells",
    of_value: "Share of the value",
    moved: "Sum of changes, share of the value",
    furthest: "Largest change",
    all: "all",
    attackers: "Attackers tried",
    tried: "Tried",
    found: "Found",
    narrowest: "The narrowest intervals",
    exact: "These are the values a reader can tell each cell to have.",
    at_least: "A reader can tell nothing narrower than this.",
    cell: "Cell",
    from: "From",
    to: "To",
    no_limit: "no limit",
    fewest: "Fewest possible values of a cell that is withheld for what it is:",
    point: '.',
};

impl Words {
    fn is_norwegian(&self) -> bool {
        self.language == "nb"
    }

    /// What was done, in a sentence or two.
    pub(super) fn method(&self, method: Method) -> &'static str {
        match (method, self.is_norwegian()) {
            (Method::Suppress, true) => {
                "Små tall er holdt tilbake, og så mange andre at ingen av dem kan regnes ut."
            }
            (Method::Suppress, false) => {
                "Small numbers are withheld, and so many others that none of them can be worked out."
            }
            (Method::Round, true) => {
                "Små antall er avrundet. Tabellene summerer. Et antall kan ligge noen få fra det som vises, og \
                 indre celler som aldri publiseres, er ikke beskyttet."
            }
            (Method::Round, false) => {
                "Small counts are rounded. The tables add up. A count may lie a few from what is shown, and inner \
                 cells that are never published are not protected."
            }
            (Method::Cellkey, true) => {
                "Antall er forstyrret med cellenøkler. De samme personene får alltid den samme støyen. Tabellene \
                 summerer ikke, null forblir null, og summer av mange tall jevner ut støyen."
            }
            (Method::Cellkey, false) => {
                "Counts are perturbed by cell keys. The same persons always get the same noise. The tables do not add \
                 up, zero stays zero, and sums of many counts average the noise away."
            }
        }
    }

    /// Who an attacker is.
    pub(super) fn knowledge(&self, knowledge: Knowledge) -> &'static str {
        match (knowledge, self.is_norwegian()) {
            (Knowledge::Algebra, true) => "En leser som legger sammen og trekker fra",
            (Knowledge::Algebra, false) => "A reader who adds and subtracts",
            (Knowledge::Bounds, true) => {
                "En leser som også vet at ingenting er negativt, at antall er hele, og regelen"
            }
            (Knowledge::Bounds, false) => {
                "A reader who also knows that nothing is negative, that counts are whole, and the rule"
            }
            (Knowledge::Insider, true) => "En som selv er med, og vet hva den bidrar med",
            (Knowledge::Insider, false) => "A contributor who knows its own part",
        }
    }

    /// A level as people say it; columns are themselves.
    pub(super) fn level<'a>(&self, level: &'a str) -> &'a str {
        match (level, self.is_norwegian()) {
            ("leaf", true) => "enkeltkode",
            ("leaf", false) => "single code",
            ("kostra-group", true) => "KOSTRA-gruppe",
            ("kostra-group", false) => "KOSTRA group",
            ("kommune", false) => "municipality",
            ("fylke", false) => "county",
            ("total", true) => "hele landet",
            ("total", false) => "the whole country",
            ("", true) => "i alt",
            ("", false) => "all together",
            (other, _) => other,
        }
    }
}
