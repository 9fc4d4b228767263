//! A decision in words that can be sent to a citizen.

use super::{Asked, Decision, Outcome};
use crate::policy::READ_ANSWER;
use crate::{Action as _, Ask, Compare, Population};
use hjemmel_kostra::Language;

impl Decision {
    /// The decision in plain words: which grant and clause allowed it, or which came nearest and what
    /// failed.
    #[must_use]
    pub fn explain(&self, language: Language) -> String {
        let asked = if [Ask::NAME, READ_ANSWER].contains(&self.action.as_str()) {
            figures(&self.resource, language)
        } else {
            described(&self.resource, language)
        };
        let who = self.asker(language);
        let is_compared = self.action == Compare::NAME;
        let mut text = match (language, self.outcome) {
            (Language::Nb, Outcome::Allowed) if is_compared => {
                format!("Tillatt: {who} fikk sammenligne med {asked}.")
            }
            (Language::En, Outcome::Allowed) if is_compared => {
                format!("Allowed: {who} could compare with {asked}.")
            }
            (Language::Nb, Outcome::Denied) if is_compared => {
                format!("Avslått: {who} ba om å sammenligne med {asked}.")
            }
            (Language::En, Outcome::Denied) if is_compared => {
                format!("Denied: {who} asked to compare with {asked}.")
            }
            (Language::Nb, Outcome::Allowed) => format!("Tillatt: {who} fikk lese {asked}."),
            (Language::En, Outcome::Allowed) => format!("Allowed: {who} could read {asked}."),
            (Language::Nb, Outcome::Denied) => format!("Avslått: {who} ba om {asked}."),
            (Language::En, Outcome::Denied) => format!("Denied: {who} asked for {asked}."),
        };
        self.add_grant(&mut text, language);
        self.add_failures(&mut text, language);
        let version = self.policy_version;
        let sentence = match language {
            Language::Nb => format!(" Regelverksversjon {version}, avgjørelse {}.", self.id),
            Language::En => format!(" Policy version {version}, decision {}.", self.id),
        };
        text.push_str(&sentence);
        text
    }

    fn asker(&self, language: Language) -> String {
        let by = match (&self.caller.organisation, &self.caller.person, language) {
            (Some(body), None, Language::Nb) => format!("virksomheten {body}"),
            (Some(body), None, Language::En) => format!("the body {body}"),
            (Some(body), Some(_), Language::Nb) => format!("en ansatt i virksomheten {body}"),
            (Some(body), Some(_), Language::En) => format!("an employee of the body {body}"),
            (None, Some(_), Language::Nb) => "en pålogget person".to_owned(),
            (None, Some(_), Language::En) => "a signed-in person".to_owned(),
            (None, None, language) => match (self.caller.kind.as_str(), language) {
                ("operator", Language::Nb) => "driften".to_owned(),
                ("operator", Language::En) => "the operator".to_owned(),
                (_, Language::Nb) => "en som ikke var pålogget".to_owned(),
                (_, Language::En) => "someone not signed in".to_owned(),
            },
        };
        let by = match (self.caller.supplier, language) {
            (Some(supplier), Language::Nb) => format!("{by} (gjennom leverandøren {supplier})"),
            (Some(supplier), Language::En) => format!("{by} (through the supplier {supplier})"),
            (None, _) => by,
        };
        match (self.caller.relay, language) {
            (Some(node), Language::Nb) => format!("{by} (gjennom noden {node})"),
            (Some(node), Language::En) => format!("{by} (through the node {node})"),
            (None, _) => by,
        }
    }

    fn add_grant(&self, text: &mut String, language: Language) {
        let Some(grant) = &self.grant else { return };
        let tier = self.tier.label();
        let tier = tier.in_language(language);
        let (id, version, law, clause) = (&grant.id, grant.version, &grant.statute, &grant.clause);
        let columns = self.columns.len();
        let rows = match (&self.population, language) {
            (Some(Population::Regions(codes)), Language::Nb) => format!("{} regioner", codes.len()),
            (Some(Population::Regions(codes)), Language::En) => format!("{} regions", codes.len()),
            (_, Language::Nb) => "hele landet".to_owned(),
            (_, Language::En) => "the whole country".to_owned(),
        };
        let sentence = match language {
            Language::Nb => format!(
                " Tilgangen {id} (versjon {version}) gir {tier}: {columns} variabler, {rows}. Hjemmel: {law}, {clause}."
            ),
            Language::En => format!(
                " The grant {id} (version {version}) gives {tier}: {columns} columns, {rows}. Legal basis: {law}, {clause}."
            ),
        };
        text.push_str(&sentence);
        if !self.coarser.is_empty() {
            let each = self.coarser.iter();
            let each =
                each.map(|(name, how)| format!("{name} {}", how.label().in_language(language)));
            let sentence = match language {
                Language::Nb => " Grovere enn de ble rapportert: ",
                Language::En => " Coarser than they were reported: ",
            };
            text.push_str(&[sentence, &each.collect::<Vec<_>>().join(", "), "."].concat());
        }
    }

    fn add_failures(&self, text: &mut String, language: Language) {
        if self.outcome == Outcome::Allowed {
            return;
        }
        let reasons: Vec<_> = self
            .failures()
            .map(|failure| failure.text().in_language(language).to_owned())
            .collect();
        if let Some(near) = &self.nearest {
            let sentence = match language {
                Language::Nb => format!(" Nærmest var tilgangen {}:", near.grant_id),
                Language::En => format!(" The nearest was the grant {}:", near.grant_id),
            };
            text.push_str(&sentence);
        } else {
            text.push_str(match language {
                Language::Nb => " Grunn:",
                Language::En => " Reason:",
            });
        }
        text.push_str(&[" ", &reasons.join("; "), "."].concat());
    }
}

/// What a question asks for, and for which project, where one was named or found.
fn figures(asked: &Asked, language: Language) -> String {
    let (form, years) = (asked.form, listed(asked));
    match (&asked.project, language) {
        (Some(project), Language::Nb) => {
            format!("støyvernede tall fra skjema {form} for {years} til prosjektet {project}")
        }
        (Some(project), Language::En) => {
            format!(
                "noise-protected figures from form {form} for {years} for the project {project}"
            )
        }
        (None, Language::Nb) => format!("støyvernede tall fra skjema {form} for {years}"),
        (None, Language::En) => format!("noise-protected figures from form {form} for {years}"),
    }
}

fn listed(asked: &Asked) -> String {
    asked.years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn described(asked: &Asked, language: Language) -> String {
    let years = listed(asked);
    if let Some(holder) = &asked.holder {
        return match (&asked.table, language) {
            (Some(table), Language::Nb) => format!("tabell {table} hos noden {holder}"),
            (Some(table), Language::En) => format!("table {table} at the node {holder}"),
            (None, Language::Nb) => format!("skjema {} hos noden {holder}", asked.form),
            (None, Language::En) => format!("form {} at the node {holder}", asked.form),
        };
    }
    let form = asked.form;
    match (asked.table.as_deref(), language) {
        // A trial of what tables of a form would show names none of them.
        (Some(""), Language::Nb) => format!("nøyaktige tall i skjema {form} for {years}"),
        (Some(""), Language::En) => format!("exact figures of form {form} for {years}"),
        (Some(table), Language::Nb) => format!("nøyaktige tall i tabell {table} for {years}"),
        (Some(table), Language::En) => format!("exact figures of table {table} for {years}"),
        (None, Language::Nb) => format!("poster i skjema {form} for {years}"),
        (None, Language::En) => format!("records of form {form} for {years}"),
    }
}
