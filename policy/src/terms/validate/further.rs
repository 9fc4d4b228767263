//! Hard rules about how exact a column is, and about law that ends before the grant does.

use super::Found;
use crate::terms::{GrantTerms, HardRule, Precision};
use hjemmel_kostra::{Column, ColumnKind};

/// A column promised in bands or as a flag must be kept that way by the form: nothing is coarsened on the
/// way out, so a promise the form does not keep would be broken by the first answer.
pub(super) fn check_precision(terms: &GrantTerms, found: &mut Found) {
    for (name, precision) in &terms.precision {
        let columns = terms.years.iter().flat_map(|year| {
            hjemmel_kostra::columns(terms.product, *year)
                .into_iter()
                .filter(|column| column.name == *name)
        });
        let broken = columns.into_iter().any(|column| !keeps(&column, *precision));
        let form = terms.product;
        let word = precision.label();
        found.refuse_if(
            broken,
            HardRule::Precision,
            "precision",
            &format!("skjema {form} har ikke `{name}` {}", word.nb),
            &format!("form {form} does not have `{name}` {}", word.en),
        );
    }
}

fn keeps(column: &Column, precision: Precision) -> bool {
    match precision {
        Precision::Exact => true,
        Precision::Banded => column.kind == ColumnKind::Code,
        Precision::Flag => column.kind == ColumnKind::Code && column.codes.len() == 2,
    }
}

/// A grant must not outlast the law it rests on, where the end of the law is known.
pub(super) fn check_statutes_last(terms: &GrantTerms, found: &mut Found) {
    let ends = |statute: &&crate::terms::StatuteRef| {
        statute
            .valid_to
            .is_some_and(|last| last < terms.valid_to.date_naive().pred_opt().unwrap_or(last))
    };
    let all = terms.statutes.iter().chain(&terms.confidentiality_lift);
    for statute in all.filter(ends) {
        found.refuse_if(
            true,
            HardRule::LegalBasis,
            "statutes",
            &format!("{statute} opphører før tilgangen gjør det"),
            &format!("{statute} ends before the grant does"),
        );
    }
}
