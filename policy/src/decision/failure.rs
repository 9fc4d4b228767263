//! The conditions that can fail, one variant each.

use crate::terms::{Chain, HardRule, PurposeClass, State};
use crate::{OrganisationNumber, Population, Role, Tier};
use chrono::{DateTime, Utc};
use hjemmel_kostra::{Form, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why something was denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Failure {
    /// No token was sent.
    Anonymous,
    /// The person acts for no body.
    NoOrganisation,
    /// Only the installation itself may do this.
    OperatorOnly,
    /// The request names no year or no column, so there is nothing to permit.
    NothingAsked,
    /// The token lacks the scope.
    Scope {
        /// The scope needed.
        needed: String,
    },
    /// The person lacks the role.
    Role {
        /// The role needed.
        needed: Role,
    },
    /// The caller takes part in no project it could ask for, or not in the one it named.
    Project {
        /// The project named.
        named: Option<String>,
        /// The projects the caller takes part in.
        own: BTreeSet<String>,
    },
    /// The body has no grant for the form.
    NoGrant {
        /// The body.
        organisation: OrganisationNumber,
        /// The form.
        form: Form,
    },
    /// The grant breaks hard rules and is set aside.
    Invalid {
        /// The rules.
        rules: Vec<HardRule>,
    },
    /// The grant is not active.
    State {
        /// Where it is.
        state: State,
    },
    /// The grant does not hold yet.
    NotYet {
        /// When it starts.
        valid_from: DateTime<Utc>,
    },
    /// The grant no longer holds.
    Expired {
        /// When it ended.
        valid_to: DateTime<Utc>,
    },
    /// The call came through a processor the grant does not name.
    Supplier {
        /// The processor.
        supplier: OrganisationNumber,
    },
    /// The purpose named is not the grant's.
    Purpose {
        /// What the caller named.
        asked: String,
        /// What the grant is for.
        granted: String,
    },
    /// The grant is not revealing enough.
    Tier {
        /// Needed.
        needed: Tier,
        /// Granted.
        granted: Tier,
    },
    /// The grant does not give these columns, or the form lacks them in the year.
    Columns {
        /// The columns.
        names: BTreeSet<String>,
    },
    /// The grant does not give these years, or the form has none.
    Years {
        /// The years.
        years: BTreeSet<u16>,
    },
    /// The grant does not give these regions.
    Regions {
        /// The regions; empty when the whole country was asked for.
        codes: BTreeSet<String>,
        /// What it gives.
        granted: Population,
    },
    /// No rule permits such a use at all.
    Rule {
        /// The action.
        action: String,
        /// The kind of purpose.
        purpose: PurposeClass,
        /// How the data came.
        chain: Chain,
        /// The tier.
        tier: Tier,
    },
    /// Somebody has stopped it, whatever the grant says.
    Stopped {
        /// What is stopped.
        stop: crate::Stop,
    },
    /// What is asked for is not published yet, and the grant gives nothing before it is.
    Embargo,
    /// Something broke while deciding.
    Fault,
}

impl Failure {
    /// The condition in plain words.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Anonymous => Text::new("ingen er pålogget", "nobody is signed in"),
            Self::NoOrganisation => Text::new(
                "personen opptrer ikke for noen virksomhet",
                "the person acts for no body",
            ),
            Self::OperatorOnly => Text::new(
                "bare den som drifter løsningen kan gjøre dette",
                "only the installation's operator may do this",
            ),
            Self::NothingAsked => {
                Text::new("forespørselen ber ikke om noe", "the request asks for nothing")
            }
            Self::Scope { needed } => Text::new(
                format!("tokenet mangler scope {needed}"),
                format!("the token lacks the scope {needed}"),
            ),
            Self::NoGrant { organisation, form } => Text::new(
                format!("{organisation} har ingen tilgang til skjema {form}"),
                format!("{organisation} has no grant for form {form}"),
            ),
            Self::Role { needed: Role::Researcher } => Text::new(
                "bare forskere kan stille spørsmål som svares med støy",
                "only researchers may ask questions that are answered with noise",
            ),
            Self::Role { .. } => Text::new("personen mangler rollen", "the person lacks the role"),
            Self::Project { named, own } => text_of_project(named.as_deref(), own),
            Self::Fault => Text::new(
                "noe gikk galt under avgjørelsen, og da gis ingenting",
                "something broke while deciding, and then nothing is given",
            ),
            _ => self.text_of_grant(),
        }
    }

    fn text_of_grant(&self) -> Text {
        match self {
            Self::Invalid { rules } => {
                let rules = rules.iter().map(|rule| rule.code()).collect::<Vec<_>>().join(", ");
                Text::new(
                    format!("tilgangen bryter faste regler ({rules}) og er satt til side"),
                    format!("the grant breaks hard rules ({rules}) and is set aside"),
                )
            }
            Self::State { state } => {
                let state = state.label();
                Text::new(
                    format!("tilgangen er ikke aktiv ({})", state.nb),
                    format!("the grant is not active ({})", state.en),
                )
            }
            Self::Stopped { stop } => stop.text(),
            Self::Embargo => Text::new(
                "tallene er ikke publisert ennå, og tilgangen gir ikke innsyn før publisering",
                "the figures are not published yet, and the grant gives nothing before they are",
            ),
            Self::NotYet { valid_from } => Text::new(
                format!("tilgangen gjelder først fra {valid_from}"),
                format!("the grant does not hold before {valid_from}"),
            ),
            Self::Expired { valid_to } => Text::new(
                format!("tilgangen gikk ut {valid_to}"),
                format!("the grant expired at {valid_to}"),
            ),
            Self::Supplier { supplier } => Text::new(
                format!("leverandøren {supplier} er ikke godkjent i tilgangen"),
                format!("the supplier {supplier} is not accepted in the grant"),
            ),
            Self::Purpose { asked, granted } => Text::new(
                format!("formålet `{asked}` er ikke tilgangens formål `{granted}`"),
                format!("the purpose `{asked}` is not the grant's purpose `{granted}`"),
            ),
            Self::Tier { needed, granted } => {
                let (needed, granted) = (needed.label(), granted.label());
                Text::new(
                    format!("det kreves {}, tilgangen gir {}", needed.nb, granted.nb),
                    format!("{} are needed, the grant gives {}", needed.en, granted.en),
                )
            }
            _ => self.text_of_reach(),
        }
    }

    fn text_of_reach(&self) -> Text {
        match self {
            Self::Columns { names } => {
                let names = listed(names);
                Text::new(
                    format!("tilgangen gir ikke variablene {names}"),
                    format!("the grant does not give the columns {names}"),
                )
            }
            Self::Years { years } => {
                let years = listed(years);
                Text::new(
                    format!("tilgangen gir ikke årgangene {years}"),
                    format!("the grant does not give the years {years}"),
                )
            }
            Self::Regions { codes, .. } if codes.is_empty() => Text::new(
                "tilgangen gjelder ikke hele landet",
                "the grant does not cover the whole country",
            ),
            Self::Regions { codes, .. } => {
                let codes = listed(codes);
                Text::new(
                    format!("tilgangen gir ikke regionene {codes}"),
                    format!("the grant does not give the regions {codes}"),
                )
            }
            Self::Rule { action, purpose, chain, tier } => {
                let (purpose, chain, tier) = (purpose.label(), chain.label(), tier.label());
                Text::new(
                    format!(
                        "ingen regel åpner for {action} ({}) til {} når opplysningene er samlet inn til {}",
                        tier.nb, purpose.nb, chain.nb
                    ),
                    format!(
                        "no rule permits {action} ({}) for {} of data collected for {}",
                        tier.en, purpose.en, chain.en
                    ),
                )
            }
            _ => Text::new("avslått", "denied"),
        }
    }
}

fn text_of_project(named: Option<&str>, own: &BTreeSet<String>) -> Text {
    let projects = listed(own);
    match named {
        _ if own.is_empty() => Text::new(
            "den som spør, er ikke med i noe registrert prosjekt",
            "whoever asks takes part in no registered project",
        ),
        Some(named) => Text::new(
            format!("den som spør, er ikke med i prosjektet `{named}`, men i {projects}"),
            format!("whoever asks takes no part in the project `{named}`, but in {projects}"),
        ),
        None => Text::new(
            format!("spørsmålet nevner ikke prosjektet; den som spør, er med i {projects}"),
            format!("the question names no project; whoever asks takes part in {projects}"),
        ),
    }
}

/// A list for reading: the first twelve and how many more.
fn listed<T: ToString>(items: &BTreeSet<T>) -> String {
    let shown: Vec<_> = items.iter().take(12).map(ToString::to_string).collect();
    match items.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} + {more}", shown.join(", ")),
    }
}
