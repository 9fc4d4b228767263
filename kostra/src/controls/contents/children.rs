//! Controls that forms 11 and 11C have in common.

use super::{
    Control,
    Test::{Above, AtMost, Is, IsNot},
};
use crate::controls::Severity::Error;

/// Children, but not how many.
pub(super) const COUNT_MISSING: Control = Control {
    id: "011",
    severity: Error,
    fields: &["BU18", "ANTBU18"],
    when: &[Is("BU18", &["1"]), AtMost(&["ANTBU18"], 0)],
    nb: "Det er svart ja på barn under 18 år, men antallet mangler. Fyll ut antall barn, eller rett svaret til nei.",
    en: "It says there are children under 18, but not how many. Fill in their number, or change the answer to no.",
};

/// How many children, but not that there are any.
pub(super) const COUNT_WITHOUT_YES: Control = Control {
    id: "012",
    severity: Error,
    fields: &["BU18", "ANTBU18"],
    when: &[IsNot("BU18", &["1"]), Above(&["ANTBU18"], 0)],
    nb: "Antall barn under 18 år er fylt ut, men det er ikke svart ja på at det er barn. Rett det ene eller det andre.",
    en: "A number of children under 18 is filled in, but it does not say that there are any. Correct the one or the other.",
};

/// More children than likely.
pub(super) const MANY_CHILDREN: Control = Control {
    id: "013",
    severity: Error,
    fields: &["ANTBU18"],
    when: &[Above(&["ANTBU18"], 13)],
    nb: "Det er oppgitt 14 barn eller flere. Se etter at antallet er riktig.",
    en: "14 children or more are stated. See that the number is right.",
};
