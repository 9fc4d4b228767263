//! `hjemmel token`: tokens of a demonstration's own issuer.

use super::{Failure, say};
use crate::identity::{DevIssuer, OrganisationToken, PersonToken};
use chrono::Utc;
use clap::ValueEnum;
use hjemmel_policy::{OrganisationNumber, Role, SCOPE_DELIVERIES, SCOPE_MICRODATA, SCOPE_TABLES};
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// The audience of a demonstration's tokens.
pub const AUDIENCE: &str = "https://hjemmel.invalid/demo";
/// How long tokens count: the most the issuer signs.
const WEEK_SECONDS: u32 = 7 * 86_400;

/// Signs a token with the development issuer of a demonstration. Test installations only.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("whom").args(["organisation", "person"]).required(true).multiple(true)))]
pub struct Token {
    /// The folder of the demonstration.
    #[arg(long, default_value = "hjemmel-demo", value_name = "DIR")]
    dir: PathBuf,
    /// The organisation, by its nine-digit number.
    #[arg(long, value_name = "NUMBER")]
    organisation: Option<String>,
    /// A person, by any stable name.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
    /// Who is behind the account, where one person has several; the name itself unless said.
    #[arg(long, value_name = "NAME", requires = "person")]
    person_behind: Option<String>,
    /// A role of the person.
    #[arg(long, value_enum)]
    role: Vec<RoleName>,
    /// Seconds it counts, a week at most.
    #[arg(long, default_value_t = WEEK_SECONDS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(WEEK_SECONDS)))]
    seconds: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Legal,
    Admin,
    Auditor,
    Researcher,
}

impl Token {
    pub fn run(self) -> Result<ExitCode, Failure> {
        if !self.dir.is_dir() {
            return Err(Failure::new(format!(
                "there is no demonstration in {}; `hjemmel demo` makes one, --dir says where it is",
                self.dir.display()
            )));
        }
        let issuer = DevIssuer::open(&self.dir)?;
        let organisation =
            self.organisation.as_deref().map(OrganisationNumber::parse).transpose()?;
        let token = match (self.person, organisation) {
            (Some(name), organisation) => {
                let roles = self
                    .role
                    .into_iter()
                    .map(|role| match role {
                        RoleName::Legal => Role::Legal,
                        RoleName::Admin => Role::Admin,
                        RoleName::Auditor => Role::Auditor,
                        RoleName::Researcher => Role::Researcher,
                    })
                    .collect();
                person(
                    &issuer,
                    (&name, self.person_behind.as_deref()),
                    roles,
                    organisation,
                    (AUDIENCE, self.seconds),
                )?
            }
            (None, Some(number)) => body(&issuer, number, (AUDIENCE, self.seconds))?,
            (None, None) => return Err(Failure::new("name an --organisation or a --person")),
        };
        say(&token);
        Ok(ExitCode::SUCCESS)
    }
}

fn body(
    issuer: &DevIssuer,
    consumer: OrganisationNumber,
    (audience, seconds): (&str, u32),
) -> Result<String, Failure> {
    let token = OrganisationToken {
        consumer,
        supplier: None,
        client: "demo".to_owned(),
        scopes: [SCOPE_TABLES, SCOPE_MICRODATA, SCOPE_DELIVERIES].map(ToOwned::to_owned).into(),
        audience: audience.to_owned(),
        lifetime_seconds: seconds,
        jti: Uuid::new_v4(),
    };
    Ok(issuer.organisation(&token, Utc::now())?)
}

fn person(
    issuer: &DevIssuer,
    (name, behind): (&str, Option<&str>),
    roles: Vec<Role>,
    organisation: Option<OrganisationNumber>,
    (audience, seconds): (&str, u32),
) -> Result<String, Failure> {
    let token = PersonToken {
        subject: name.to_owned(),
        roles,
        organisation,
        person: behind.unwrap_or(name).to_owned(),
        audience: audience.to_owned(),
        lifetime_seconds: seconds,
        jti: Uuid::new_v4(),
    };
    Ok(issuer.person(&token, Utc::now())?)
}

/// The bodies of the demonstration: file name and organisation number.
const BODIES: [(&str, &str); 6] = [
    ("nav", "889640782"),
    ("husbanken", "942114184"),
    ("bld", "972417793"),
    ("ks", "971032146"),
    ("imdi", "987879696"),
    ("fredrikstad", "940039541"),
];

/// The people of the demonstration: file name and role.
const PEOPLE: [(&str, Role); 7] = [
    ("researcher", Role::Researcher),
    ("researcher2", Role::Researcher),
    ("legal", Role::Legal),
    ("legal2", Role::Legal),
    ("admin", Role::Admin),
    ("admin2", Role::Admin),
    ("auditor", Role::Auditor),
];

/// A token of a body.
pub fn of(issuer: &DevIssuer, organisation: &str, audience: &str) -> Result<String, Failure> {
    body(issuer, OrganisationNumber::parse(organisation)?, (audience, WEEK_SECONDS))
}

/// A token for every caller of a demonstration, by file name.
pub fn for_everyone(
    issuer: &DevIssuer,
    audience: &str,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut tokens = Vec::new();
    for (name, number) in BODIES {
        tokens.push((name, of(issuer, number, audience)?));
    }
    for (name, role) in PEOPLE {
        tokens.push((
            name,
            person(issuer, (name, None), vec![role], None, (audience, WEEK_SECONDS))?,
        ));
    }
    Ok(tokens)
}
