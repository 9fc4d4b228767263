//! Who may deliver for which municipality, and how much at a time.

use crate::problem::{Kind, Problem};
use hjemmel_kostra::Form;
use hjemmel_policy::OrganisationNumber;
use serde::Deserialize;

/// Deliveries over HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deliveries {
    /// The largest file, unpacked, in megabytes.
    pub max_megabytes: u64,
    /// Who sends for which municipality; whoever is not here sends nothing.
    pub senders: Vec<Sender>,
    /// Who holds a register that forms are compared with, and sends extracts of it.
    pub registers: Vec<Holder>,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { max_megabytes: 256, senders: Vec::new(), registers: Vec::new() }
    }
}

/// A body and the register it holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The body.
    pub organisation: OrganisationNumber,
    /// What its extracts are delivered as: `NIR`.
    pub form: Form,
}

/// A body and the municipality it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The body.
    pub organisation: OrganisationNumber,
    /// Its number as a municipality.
    pub kommune: String,
    /// The first reporting year it has that number.
    #[serde(default)]
    pub from: Option<u16>,
    /// The last one.
    #[serde(default)]
    pub to: Option<u16>,
}

impl Sender {
    /// Whether it has the number in a year.
    #[must_use]
    pub fn is_of(&self, year: u16) -> bool {
        self.from.is_none_or(|from| from <= year) && self.to.is_none_or(|to| year <= to)
    }
}

impl Deliveries {
    /// The municipality a body delivers for in a year.
    ///
    /// # Errors
    /// 403 when it is no municipality that year; 400 when it was several and does not say which.
    pub fn kommune(
        &self,
        organisation: OrganisationNumber,
        year: u16,
        asked: Option<&str>,
    ) -> Result<&str, Problem> {
        let mut own = self.senders.iter().filter(|sender| sender.organisation == organisation);
        if own.clone().next().is_none() {
            return Err(Problem::new(Kind::NotPermitted).detail(
                "virksomheten er ikke registrert som en kommune som leverer her",
                "the body is not registered as a municipality that delivers here",
            ));
        }
        let mut fitting = own.clone().filter(|sender| {
            sender.is_of(year) && asked.is_none_or(|kommune| kommune == sender.kommune)
        });
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(&one.kommune),
            (Some(one), Some(other)) => Err(Problem::new(Kind::ParameterError).detail(
                format!(
                    "si hvilken kommune: `kommune={}` eller `kommune={}`",
                    one.kommune, other.kommune
                ),
                format!(
                    "say which municipality: `kommune={}` or `kommune={}`",
                    one.kommune, other.kommune
                ),
            )),
            (None, _) if own.any(|sender| sender.is_of(year)) => {
                Err(Problem::new(Kind::NotPermitted).detail(
                    "en kommune leverer bare for seg selv",
                    "a municipality delivers for itself alone",
                ))
            }
            (None, _) => Err(Problem::new(Kind::NotPermitted).detail(
                format!("virksomheten er ikke registrert som kommune i {year}"),
                format!("the body is not registered as a municipality in {year}"),
            )),
        }
    }

    /// Whether a body delivers at all.
    #[must_use]
    pub fn has(&self, organisation: OrganisationNumber) -> bool {
        self.senders.iter().any(|sender| sender.organisation == organisation)
            || self.registers.iter().any(|holder| holder.organisation == organisation)
    }

    /// Whether a body holds the register that is delivered as this.
    ///
    /// # Errors
    /// 403 when it does not.
    pub fn holder(&self, organisation: OrganisationNumber, form: Form) -> Result<(), Problem> {
        let holds = |one: &Holder| (one.organisation, one.form) == (organisation, form);
        if self.registers.iter().any(holds) {
            return Ok(());
        }
        Err(Problem::new(Kind::NotPermitted).detail(
            format!("virksomheten er ikke registrert som den som fører registeret {form}"),
            format!("the body is not registered as the one that holds the register {form}"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Deliveries {
        let text = "[[senders]]\norganisation = \"940039541\"\nkommune = \"3004\"\nfrom = 2020\nto = 2023\n\
            [[senders]]\norganisation = \"940039541\"\nkommune = \"3107\"\nfrom = 2024\n\
            [[senders]]\norganisation = \"940039541\"\nkommune = \"3110\"\nfrom = 2025\n";
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_register_is_sent_by_its_holder_alone() {
        let text = "[[registers]]\norganisation = \"987879696\"\nform = \"NIR\"\n";
        let settings: Deliveries = toml::from_str(text).unwrap();
        let body = |number| OrganisationNumber::parse(number).unwrap();
        assert!(settings.has(body("987879696")) && !settings.has(body("940039541")));
        assert!(settings.holder(body("987879696"), Form::Nir).is_ok());
        assert!(settings.holder(body("987879696"), Form::F11).is_err());
        assert!(settings.holder(body("940039541"), Form::Nir).is_err());
        assert!(settings.kommune(body("987879696"), 2017, None).is_err());
    }

    #[test]
    fn a_body_delivers_for_the_municipality_it_is_that_year_and_for_no_other() {
        let settings = settings();
        let own = OrganisationNumber::parse("940039541").unwrap();
        assert_eq!(settings.kommune(own, 2022, None).unwrap(), "3004");
        assert_eq!(settings.kommune(own, 2024, Some("3107")).unwrap(), "3107");
        assert_eq!(settings.kommune(own, 2025, Some("3110")).unwrap(), "3110");
        for (organisation, year, asked, kind) in [
            ("940039541", 2024, Some("0301"), Kind::NotPermitted),
            ("940039541", 2025, None, Kind::ParameterError),
            ("940039541", 2016, None, Kind::NotPermitted),
            ("889640782", 2024, None, Kind::NotPermitted),
        ] {
            let organisation = OrganisationNumber::parse(organisation).unwrap();
            let refused = settings.kommune(organisation, year, asked).unwrap_err();
            assert_eq!(refused.kind(), kind, "{year} {asked:?}");
        }
    }
}
