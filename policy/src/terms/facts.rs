//! A grant laid out as the facts a lawyer compares, each with its name in both languages.

use super::{Columns, GrantTerms, PopulationTerms};
use chrono::{DateTime, Utc};
use hjemmel_kostra::{Text, calendar};
use std::collections::BTreeSet;

/// Stands for every value of a list.
pub(super) const EVERYTHING: &str = "*";

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// One thing, in words.
    One(Text),
    /// Several, of which some may come and go.
    Several(BTreeSet<String>),
}

/// One field, by its JSON name.
pub(super) struct Fact {
    pub(super) field: &'static str,
    pub(super) label: Text,
    pub(super) value: Value,
}

fn one(field: &'static str, nb: &str, en: &str, value: Text) -> Fact {
    Fact { field, label: Text::new(nb, en), value: Value::One(value) }
}

fn plain(field: &'static str, nb: &str, en: &str, value: &dyn std::fmt::Display) -> Fact {
    let value = value.to_string();
    one(field, nb, en, Text::new(value.clone(), value))
}

fn several<T: ToString>(
    field: &'static str,
    nb: &str,
    en: &str,
    values: impl IntoIterator<Item = T>,
) -> Fact {
    let values = values.into_iter().map(|value| value.to_string()).collect();
    Fact { field, label: Text::new(nb, en), value: Value::Several(values) }
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

/// What clocks in Oslo show; the law reckons in Norwegian days.
fn clock(moment: DateTime<Utc>) -> String {
    calendar::clock_in_oslo(moment).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn yes_no(yes: bool) -> Text {
    if yes { Text::new("ja", "yes") } else { Text::new("nei", "no") }
}

pub(super) fn facts(terms: &GrantTerms) -> Vec<Fact> {
    let mut facts = reach(terms);
    facts.extend(law(terms));
    facts.extend(life(terms));
    facts
}

fn reach(terms: &GrantTerms) -> Vec<Fact> {
    let columns = match &terms.columns {
        Columns::AllContent => several("columns", "variabler", "columns", [EVERYTHING]),
        Columns::Listed(listed) => several("columns", "variabler", "columns", listed),
    };
    let population = match &terms.population {
        PopulationTerms::All => several("population", "populasjon", "population", [EVERYTHING]),
        PopulationTerms::Regions(codes) | PopulationTerms::Network { kommuner: codes, .. } => {
            several("population", "populasjon", "population", codes)
        }
    };
    let network = match &terms.population {
        PopulationTerms::Network { name, .. } => Some(name),
        _ => None,
    };
    let recipient = &terms.recipient;
    vec![
        one("title", "tittel", "title", terms.title.clone()),
        plain(
            "recipient",
            "mottaker",
            "recipient",
            &format_args!("{} ({})", recipient.name, recipient.organisation),
        ),
        several(
            "recipient.kommune",
            "mottakerens kommunenumre",
            "the recipient's municipality numbers",
            &recipient.kommune,
        ),
        several("suppliers", "leverandører", "suppliers", &terms.suppliers),
        several(
            "onwardRecipients",
            "kan gi videre til",
            "may hand on to",
            &terms.onward_recipients,
        ),
        plain("product", "skjema", "form", &terms.product),
        columns,
        several(
            "precision",
            "presisjon",
            "precision",
            terms.precision.iter().map(|(name, precision)| format!("{name}: {}", precision.code())),
        ),
        population,
        plain("population.network", "nettverk", "network", &optional(network)),
        several("years", "årganger", "years", &terms.years),
        one("tier", "nivå", "tier", terms.tier.label()),
        one("emergency", "nødåpning", "emergency", yes_no(terms.emergency)),
        one("preRelease", "før publisering", "before publication", yes_no(terms.pre_release)),
        plain("delivery", "levering", "delivery", &terms.delivery),
        one(
            "identifiers",
            "direkte identifikatorer",
            "direct identifiers",
            yes_no(terms.identifiers),
        ),
        several(
            "linkage",
            "tillatt kobling",
            "permitted linkage",
            terms.linkage.iter().map(|text| &text.nb),
        ),
    ]
}

fn law(terms: &GrantTerms) -> Vec<Fact> {
    let statute = |s: &super::StatuteRef| format!("{s}: {} <{}>", s.clause, s.url);
    let lift = terms.confidentiality_lift.as_ref().map(statute);
    let purpose = &terms.purpose;
    vec![
        one("basisType", "type grunnlag", "kind of basis", terms.basis_type.label()),
        several("statutes", "hjemmel", "legal basis", terms.statutes.iter().map(statute)),
        plain(
            "confidentialityLift",
            "unntak fra taushetsplikt",
            "lift of confidentiality",
            &optional(lift),
        ),
        plain("gdpr.art6", "personvernforordningen artikkel 6", "GDPR article 6", &terms.gdpr.art6),
        plain(
            "gdpr.art9",
            "personvernforordningen artikkel 9",
            "GDPR article 9",
            &optional(terms.gdpr.art9),
        ),
        one(
            "gdpr.art10",
            "personvernforordningen artikkel 10",
            "GDPR article 10",
            yes_no(terms.gdpr.art10),
        ),
        one(
            "gdpr.art89",
            "personvernforordningen artikkel 89",
            "GDPR article 89",
            yes_no(terms.gdpr.art89),
        ),
        one("chain", "innsamlet til", "collected for", terms.chain.label()),
        plain("purpose.code", "formålskode", "purpose code", &purpose.code),
        one("purpose.class", "formålstype", "kind of purpose", purpose.class.label()),
        one("purpose.text", "formål", "purpose", purpose.text.clone()),
        several(
            "purpose.forbiddenUses",
            "forbudt bruk",
            "forbidden uses",
            purpose.forbidden_uses.iter().map(|text| &text.nb),
        ),
        one(
            "purpose.decides",
            "grunnlag for vedtak",
            "decisions rest on it",
            yes_no(purpose.decides),
        ),
    ]
}

fn life(terms: &GrantTerms) -> Vec<Fact> {
    vec![
        plain("version", "versjon", "version", &terms.version),
        one("state", "tilstand", "state", terms.state.label()),
        plain("validFrom", "gjelder fra", "valid from", &clock(terms.valid_from)),
        plain("validTo", "gjelder til", "valid to", &clock(terms.valid_to)),
        plain("reviewDue", "ny vurdering innen", "review due", &terms.review_due),
        plain("deleteBy", "slettes innen", "delete by", &terms.delete_by),
        plain(
            "deletionAttestedBy",
            "sletting bekreftes innen",
            "deletion attested by",
            &terms.deletion_attested_by,
        ),
        plain(
            "dpia",
            "personvernkonsekvensvurdering",
            "impact assessment",
            &optional(terms.dpia.as_ref()),
        ),
        plain(
            "retention",
            "oppbevaring",
            "retention",
            &optional(terms.retention.as_ref().map(|text| &text.nb)),
        ),
        plain(
            "dpoOpinion",
            "personvernombudets uttalelse",
            "data protection officer's opinion",
            &optional(terms.dpo_opinion.as_ref()),
        ),
        plain("reviewMemo", "juridisk notat", "legal memo", &optional(terms.review_memo.as_ref())),
        plain("caseReference", "saksnummer", "case", &terms.case_reference),
        plain("applicant", "søker", "applicant", &terms.applicant),
        plain("reviewer", "juridisk vurdert av", "reviewer", &optional(terms.reviewer.as_ref())),
        plain("approver", "godkjent av", "approver", &optional(terms.approver.as_ref())),
    ]
}
