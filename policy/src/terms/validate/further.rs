//! Hard rules about how exact a column is, and about law that ends before the grant does.

use super::Found;
use crate::terms::{GrantTerms, HardRule, Precision};
use hjemmel_kostra::Column;
use hjemmel_kostra::agreement::Variable;
use std::collections::BTreeSet;

/// A column promised in bands or as a flag must be one that can be given so: codes are given as the form has them, and
/// numbers and dates are made coarser on the way out. A promise that cannot be kept would be broken by the first answer.
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
            &format!("skjema {form} kan ikke gi `{name}` {}", word.nb),
            &format!("form {form} cannot give `{name}` {}", word.en),
        );
    }
}

fn keeps(column: &Column, precision: Precision) -> bool {
    match precision {
        Precision::Exact => true,
        Precision::Banded => column.has_bands(),
        Precision::Flag => column.has_flag(),
    }
}

/// A register that is compared and has no records for anybody is named by the fields that are compared.
pub(super) fn check_compared(terms: &GrantTerms, listed: &BTreeSet<&str>, found: &mut Found) {
    let form = terms.product;
    let known: Vec<&str> = Variable::ALL.iter().flat_map(|one| one.fields(form)).copied().collect();
    let known_words = known.join(", ");
    for name in listed.iter().filter(|name| !known.is_empty() && !known.contains(name)) {
        found.refuse_if(
            true,
            HardRule::KnownColumns,
            "columns",
            &format!("`{name}` i {form} sammenlignes ikke; det gjør {known_words}"),
            &format!("`{name}` of {form} is not compared; {known_words} are"),
        );
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
