//! The hard rules: what no grant may say, whoever signed it.

mod further;

use super::{Chain, Columns, EMERGENCY_HOURS, GrantTerms};
use crate::Tier;
use chrono::TimeDelta;
use hjemmel_kostra::{Form, Language, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The columns of a form in a year, each with whether it is a direct identifier; empty for a year the
/// form has no data in.
pub trait ColumnsOf {
    /// The columns of one form and year.
    fn columns_of(&self, form: Form, year: u16) -> YearColumns;
}

/// The columns of one form and year, each with whether it is a direct identifier.
pub type YearColumns = Arc<Vec<(String, bool)>>;

impl<F: Fn(Form, u16) -> Vec<(String, bool)>> ColumnsOf for F {
    fn columns_of(&self, form: Form, year: u16) -> YearColumns {
        Arc::new(self(form, year))
    }
}

/// Columns that tell about health, a special category of article 9.
///
/// Read cautiously: sickness and disability benefits (`TRYGDESIT`, `AVSL_UFORE`, `AVSL_AAP`,
/// `AVSL_OK_AVKLAR`), conditions and exceptions for health (`VILKARHELSE`, `VEDTAKHELSE`), and the
/// individual plan given to those in need of long-term care (`FAAT_INDIVIDUELL_PLAN`).
pub const HEALTH_COLUMNS: [&str; 7] = [
    "AVSL_AAP",
    "AVSL_OK_AVKLAR",
    "AVSL_UFORE",
    "FAAT_INDIVIDUELL_PLAN",
    "TRYGDESIT",
    "VEDTAKHELSE",
    "VILKARHELSE",
];

/// A rule by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HardRule {
    /// An id of small letters, digits and hyphens, and every text filled in.
    Complete,
    /// At least one statute, each with Lovdata's id, and the articles by letter.
    LegalBasis,
    /// Statistikkloven § 14: statistics never serve case handling or control of units.
    StatisticsForStatistics,
    /// National identifiers need an impact assessment.
    ImpactAssessment,
    /// Health needs article 9.
    SpecialCategories,
    /// Unit records need something that lifts confidentiality.
    Confidentiality,
    /// The end comes after the start, and review and deletion fall in order.
    Dates,
    /// The form has the columns, and identifiers go with tier identified.
    KnownColumns,
    /// A grant gives more than everyone gets, of something.
    GivesSomething,
    /// Region codes are four or six digits; a municipality gets its own population only.
    OwnPopulation,
    /// Applicant, reviewer and approver are three persons.
    FourEyes,
    /// What was granted in bands or as a flag is kept so by the form.
    Precision,
}

impl HardRule {
    /// The rule's name in records and problems.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::LegalBasis => "legal-basis",
            Self::StatisticsForStatistics => "statistics-for-statistics",
            Self::ImpactAssessment => "impact-assessment",
            Self::SpecialCategories => "special-categories",
            Self::Confidentiality => "confidentiality",
            Self::Dates => "dates",
            Self::KnownColumns => "known-columns",
            Self::GivesSomething => "gives-something",
            Self::OwnPopulation => "own-population",
            Self::FourEyes => "four-eyes",
            Self::Precision => "precision",
        }
    }
}

/// One rule a grant breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The rule.
    pub rule: HardRule,
    /// The field to blame, as in JSON.
    pub field: String,
    /// What is wrong.
    pub text: Text,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.text.in_language(Language::En);
        write!(f, "{} (rule {}, field `{}`)", text, self.rule.code(), self.field)
    }
}

#[derive(Default)]
struct Found(Vec<Violation>);

impl Found {
    fn refuse_if(&mut self, broken: bool, rule: HardRule, field: &str, nb: &str, en: &str) {
        if broken {
            self.0.push(Violation { rule, field: field.to_owned(), text: Text::new(nb, en) });
        }
    }
}

pub(super) fn validate(terms: &GrantTerms, columns: &impl ColumnsOf) -> Result<(), Vec<Violation>> {
    let mut found = Found::default();
    check_complete(terms, &mut found);
    check_law(terms, &mut found);
    check_protection(terms, &mut found);
    check_dates(terms, &mut found);
    check_columns(terms, columns, &mut found);
    check_population(terms, &mut found);
    check_people(terms, &mut found);
    further::check_precision(terms, &mut found);
    further::check_statutes_last(terms, &mut found);
    if found.0.is_empty() { Ok(()) } else { Err(found.0) }
}

fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 80
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn check_complete(terms: &GrantTerms, found: &mut Found) {
    let rule = HardRule::Complete;
    let slug = (
        "skal bare ha små bokstaver, tall og bindestrek",
        "must be small letters, digits and hyphens",
    );
    found.refuse_if(!is_slug(&terms.id), rule, "id", slug.0, slug.1);
    found.refuse_if(!is_slug(&terms.purpose.code), rule, "purpose.code", slug.0, slug.1);
    found.refuse_if(
        terms.version == 0,
        rule,
        "version",
        "versjoner telles fra 1",
        "versions count from 1",
    );
    let texts = [
        ("title", &terms.title.nb),
        ("title", &terms.title.en),
        ("purpose.text", &terms.purpose.text.nb),
        ("purpose.text", &terms.purpose.text.en),
        ("recipient.name", &terms.recipient.name),
        ("caseReference", &terms.case_reference),
        ("applicant", &terms.applicant),
    ];
    for (field, text) in texts {
        found.refuse_if(text.trim().is_empty(), rule, field, "er tomt", "is empty");
    }
}

fn check_law(terms: &GrantTerms, found: &mut Found) {
    let rule = HardRule::LegalBasis;
    found.refuse_if(
        terms.statutes.is_empty(),
        rule,
        "statutes",
        "minst én lovhjemmel må oppgis",
        "at least one statute must be given",
    );
    let (nb, en) = (
        "lov-id skal være som LOV-2009-12-18-131, og lov og paragraf må være utfylt",
        "the id must be as LOV-2009-12-18-131, and act and section filled in",
    );
    let broken = |statute: &super::StatuteRef| {
        !statute.has_lovdata_id()
            || statute.act.trim().is_empty()
            || !statute.section.starts_with('§')
    };
    found.refuse_if(terms.statutes.iter().any(broken), rule, "statutes", nb, en);
    let lift = terms.confidentiality_lift.as_ref();
    found.refuse_if(lift.is_some_and(broken), rule, "confidentialityLift", nb, en);
    found.refuse_if(
        !('a'..='f').contains(&terms.gdpr.art6),
        rule,
        "gdpr.art6",
        "artikkel 6 nr. 1 har bokstavene a til f",
        "article 6(1) has the letters a to f",
    );
    found.refuse_if(
        terms.gdpr.art9.is_some_and(|letter| !('a'..='j').contains(&letter)),
        rule,
        "gdpr.art9",
        "artikkel 9 nr. 2 har bokstavene a til j",
        "article 9(2) has the letters a to j",
    );
}

fn check_protection(terms: &GrantTerms, found: &mut Found) {
    found.refuse_if(
        terms.chain == Chain::Statistics && terms.purpose.class.acts_on_units(),
        HardRule::StatisticsForStatistics,
        "chain",
        "opplysninger innhentet til statistikk kan ikke brukes til saksbehandling eller kontroll (statistikkloven § 14)",
        "data collected for statistics may not serve case handling or control (statistikkloven § 14)",
    );
    found.refuse_if(
        terms.tier == Tier::Identified
            && terms.dpia.as_ref().is_none_or(|dpia| dpia.trim().is_empty()),
        HardRule::ImpactAssessment,
        "dpia",
        "fødselsnummer krever vurdering av personvernkonsekvenser (DPIA)",
        "national identifiers need a data protection impact assessment (DPIA)",
    );
    found.refuse_if(
        terms.tier >= Tier::Pseudonymised && terms.confidentiality_lift.is_none(),
        HardRule::Confidentiality,
        "confidentialityLift",
        "enkeltposter krever en bestemmelse som opphever taushetsplikten",
        "unit records need a provision that lifts confidentiality",
    );
    found.refuse_if(
        terms.tier == Tier::Protected,
        HardRule::GivesSomething,
        "tier",
        "vernede tall gis til alle og trenger ingen tilgang",
        "protected figures are for everyone and need no grant",
    );
}

fn check_dates(terms: &GrantTerms, found: &mut Found) {
    let rule = HardRule::Dates;
    found.refuse_if(
        terms.valid_to <= terms.valid_from,
        rule,
        "validTo",
        "slutten må komme etter starten",
        "the end must come after the start",
    );
    found.refuse_if(
        terms.review_due > terms.valid_to.date_naive(),
        rule,
        "reviewDue",
        "ny vurdering må komme før tilgangen tar slutt",
        "the review must come before the grant ends",
    );
    found.refuse_if(
        terms.deletion_attested_by < terms.delete_by,
        rule,
        "deletionAttestedBy",
        "sletting kan ikke bekreftes før den skal være gjort",
        "deletion cannot be attested before it is due",
    );
}

fn check_columns(terms: &GrantTerms, columns: &impl ColumnsOf, found: &mut Found) {
    let nothing = terms.years.is_empty()
        || matches!(&terms.columns, Columns::Listed(listed) if listed.is_empty());
    found.refuse_if(
        nothing,
        HardRule::GivesSomething,
        if terms.years.is_empty() { "years" } else { "columns" },
        "gir ingenting: år og variabler må oppgis",
        "gives nothing: years and columns must be given",
    );
    let by_year: Vec<YearColumns> =
        terms.years.iter().map(|year| columns.columns_of(terms.product, *year)).collect();
    let all = by_year.iter().flat_map(|year| year.iter());
    let existing: BTreeMap<&str, bool> = all.map(|(name, id)| (name.as_str(), *id)).collect();
    let listed: BTreeSet<&str> = match &terms.columns {
        Columns::AllContent => existing.keys().copied().collect(),
        Columns::Listed(listed) => listed.iter().map(String::as_str).collect(),
    };
    check_listed(terms, &listed, &existing, found);
    found.refuse_if(
        terms.identifiers && terms.tier != Tier::Identified,
        HardRule::KnownColumns,
        "identifiers",
        "direkte identifikatorer gis bare på nivå identified",
        "direct identifiers are given at tier identified only",
    );
    let health: Vec<_> = HEALTH_COLUMNS.into_iter().filter(|name| listed.contains(name)).collect();
    let names = health.join(", ");
    found.refuse_if(
        !health.is_empty() && terms.gdpr.art9.is_none(),
        HardRule::SpecialCategories,
        "gdpr.art9",
        &format!("{names} gjelder helse og krever artikkel 9"),
        &format!("{names} tell about health and need article 9"),
    );
}

fn check_listed(
    terms: &GrantTerms,
    listed: &BTreeSet<&str>,
    existing: &BTreeMap<&str, bool>,
    found: &mut Found,
) {
    // A year whose data have not come yet has no columns; names can then not be judged.
    if existing.is_empty() {
        further::check_compared(terms, listed, found);
        return;
    }
    for name in listed.iter().filter(|name| !existing.contains_key(**name)) {
        let nearest = existing
            .keys()
            .map(|known| (strsim::damerau_levenshtein(known, name), known))
            .min()
            .filter(|(distance, _)| *distance <= 3)
            .map(|(_, known)| known);
        let form = terms.product;
        let (nb, en) = nearest.map_or_else(Default::default, |known| {
            (format!("; mente du `{known}`?"), format!("; did you mean `{known}`?"))
        });
        found.refuse_if(
            true,
            HardRule::KnownColumns,
            "columns",
            &format!("skjema {form} har ikke `{name}` i noen av årene{nb}"),
            &format!("form {form} does not have `{name}` in any of the years{en}"),
        );
    }
    let identifiers: Vec<_> = match terms.columns {
        Columns::AllContent => Vec::new(),
        Columns::Listed(_) => {
            listed.iter().copied().filter(|name| existing.get(*name) == Some(&true)).collect()
        }
    };
    let names = identifiers.join(", ");
    found.refuse_if(
        !(identifiers.is_empty() || terms.identifiers && terms.tier == Tier::Identified),
        HardRule::KnownColumns,
        "columns",
        &format!("{names} identifiserer direkte og krever nivå identified med identifiers = true"),
        &format!("{names} identify directly and need tier identified with identifiers = true"),
    );
}

fn check_population(terms: &GrantTerms, found: &mut Found) {
    let rule = HardRule::OwnPopulation;
    let codes = terms.population.codes();
    found.refuse_if(
        codes.is_some_and(BTreeSet::is_empty),
        HardRule::GivesSomething,
        "population",
        "ingen regioner er oppgitt",
        "no regions are given",
    );
    let malformed =
        |code: &String| !matches!(code.len(), 4 | 6) || !code.bytes().all(|b| b.is_ascii_digit());
    found.refuse_if(
        codes.into_iter().flatten().chain(&terms.recipient.kommune).any(malformed),
        rule,
        "population",
        "regioner er kommuner med fire siffer eller bydeler med seks",
        "regions are municipalities of four digits or bydeler of six",
    );
    let own = &terms.recipient.kommune;
    let name = terms.recipient.name.trim().to_lowercase();
    found.refuse_if(
        own.is_empty() && name.ends_with("kommune") && !name.ends_with("fylkeskommune"),
        rule,
        "recipient.kommune",
        "en kommune må oppgi kommunenumrene sine",
        "a municipality must name its municipality numbers",
    );
    let outside = |code: &String| {
        !own.contains(code) && !code.get(..4).is_some_and(|kommune| own.contains(kommune))
    };
    found.refuse_if(
        !own.is_empty() && codes.is_none_or(|codes| codes.iter().any(outside)),
        rule,
        "population",
        "en kommune kan bare få sin egen befolkning",
        "a municipality may get its own population only",
    );
}

fn check_people(terms: &GrantTerms, found: &mut Found) {
    let rule = HardRule::FourEyes;
    let person = |name: &Option<String>| {
        name.as_deref().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty())
    };
    let (reviewer, approver) = (person(&terms.reviewer), person(&terms.approver));
    let applicant = Some(terms.applicant.trim().to_lowercase());
    let people = [applicant, reviewer.clone(), approver.clone()];
    let known: Vec<_> = people.into_iter().flatten().collect();
    found.refuse_if(
        known.iter().collect::<BTreeSet<_>>().len() < known.len(),
        rule,
        "approver",
        "søker, vurderer og godkjenner må være tre ulike personer",
        "applicant, reviewer and approver must be three different persons",
    );
    let unreviewed = reviewer.is_none() && !terms.emergency;
    found.refuse_if(
        terms.state.is_decided() && (unreviewed || approver.is_none()),
        rule,
        "reviewer",
        "en avgjort tilgang må ha vurderer og godkjenner",
        "a decided grant must have a reviewer and an approver",
    );
    found.refuse_if(
        terms.emergency && terms.valid_to - terms.valid_from > TimeDelta::hours(EMERGENCY_HOURS),
        HardRule::Dates,
        "validTo",
        "en nødåpning varer i høyst 24 timer",
        "an emergency lasts 24 hours at most",
    );
}
