//! `hjemmel demo`: the whole promise on one machine, from nothing.

use super::installation::{self, Installation};
use super::progress::Progress;
use super::{Failure, examples, generate, import, policy, release, say, serve, token};
use crate::identity::issuer::PEOPLE;
use crate::identity::{DevIssuer, IssuerConfig, KeySource, Kind};
use chrono::Utc;
use hjemmel_kostra::{Form, fictitious};
use hjemmel_registers::{EditionRef, Keys};
use hjemmel_store::{Delivery, DeliveryStatus, EditionKind, Store};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

/// The years that are generated.
const YEARS: [u16; 3] = [2023, 2024, 2025];
/// The year of Statistics Norway's fictitious file.
const FICTITIOUS: u16 = 2016;
/// Written last: a folder without it was left half made.
const DONE: &str = "demo-is-complete";
/// The seed of the demonstration's records.
pub const SEED: u64 = 20_260_315;

/// The municipality that can deliver to the demonstration, and the body that holds a register.
const SENDER: &str = "
[[deliveries.senders]]
organisation = \"940039541\"
kommune = \"3107\"
from = 2024

[[deliveries.senders]]
organisation = \"940039541\"
kommune = \"0106\"
to = 2019

[[deliveries.registers]]
organisation = \"987879696\"
form = \"NIR\"
";

/// The question the demonstration suggests.
const QUESTION: &str = r#"{"dataset":"skjema-11C","year":2024,"measure":{"count":"persons"},"groupBy":["STATUS"],"rho":0.01}"#;

/// Makes a demonstration with data, keys and tokens, and serves it.
///
/// Everything is made in one folder and nothing else is needed. A second start uses what is there.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The folder; with --nodes it is hjemmel-nodes unless said.
    #[arg(long, default_value = "hjemmel-demo", value_name = "DIR")]
    pub dir: PathBuf,
    /// Three holders instead of one: Statistics Norway with KOSTRA, the holder of the introduction register, and NAV with monthly
    /// figures, each with its own folder, keys and process, on the port and the next two.
    #[arg(long, conflicts_with = "years")]
    nodes: bool,
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080, value_name = "PORT")]
    pub port: u16,
    /// Recipients of social assistance a year; national size (about 130 000) unless said.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub persons: Option<u64>,
    /// Years to generate records for, comma separated; 2023, 2024 and 2025 unless said. Fewer are protected
    /// sooner; with none there is Statistics Norway's file alone.
    #[arg(long, value_name = "YEARS", value_delimiter = ',', num_args = 0..)]
    years: Option<Vec<u16>>,
    /// Makes everything anew. Only a folder that a demonstration made is removed.
    #[arg(long)]
    pub reset: bool,
    /// Makes everything and stops before serving.
    #[arg(long)]
    pub no_serve: bool,
}

impl Demo {
    pub fn run(self) -> Result<ExitCode, Failure> {
        if self.nodes {
            return super::nodes::run(self);
        }
        for &year in self.years.iter().flatten() {
            super::layout(Form::F11, year)?;
            super::layout(Form::F11C, year)?;
        }
        if !self.no_serve {
            // Known before minutes of work: the port must be free.
            drop(std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, self.port)).map_err(
                |error| {
                    Failure::new(format!(
                        "port {} on 127.0.0.1 cannot be used ({error}); choose another with --port",
                        self.port
                    ))
                },
            )?);
        }
        self.clear()?;
        if self.dir.join(DONE).exists() {
            eprintln!(
                "using the demonstration in {}; --reset makes everything anew",
                self.dir.display()
            );
            // An earlier version may have made it.
            let settings = installation::settings(&self.dir.join("hjemmel.toml"))?;
            Store::open_existing(&settings.store.url, 1)?.migrate()?;
        } else {
            self.make()?;
        }
        self.write_tokens(&DevIssuer::open(&self.dir)?)?;
        let mut settings = installation::settings(&self.dir.join("hjemmel.toml"))?;
        settings.server.address = SocketAddr::from(([127, 0, 0, 1], self.port));
        if self.no_serve {
            return Ok(ExitCode::SUCCESS);
        }
        serve::run(settings, |address| say(&what_to_try(&self.dir, address)))
    }

    /// Removes what an earlier run left, if it is ours to remove.
    fn clear(&self) -> Result<(), Failure> {
        let dir = &self.dir;
        if !dir.exists() || (dir.join(DONE).exists() && !self.reset) {
            return Ok(());
        }
        let mut held = std::fs::read_dir(dir).map_err(Failure::at("use", dir))?;
        let ours = dir.join("hjemmel.toml").exists() || held.next().is_none();
        if !ours {
            return Err(Failure::new(format!(
                "{} holds something that no demonstration made; choose another folder with --dir",
                dir.display()
            )));
        }
        std::fs::remove_dir_all(dir).map_err(Failure::at("remove", dir))?;
        Ok(())
    }

    fn make(&self) -> Result<(), Failure> {
        eprintln!("making a demonstration in {} (all persons are fictitious)", self.dir.display());
        let installation = self.found()?;
        import_fictitious(&installation)?;
        let years = self.years.as_deref().unwrap_or(&YEARS);
        for &year in years {
            self.import_generated(&installation, Form::F11, year, self.persons)?;
            // The programme has about one participant for every 26 recipients of social assistance.
            let participants = self.persons.map(|persons| (persons / 26).max(1));
            self.import_generated(&installation, Form::F11C, year, participants)?;
        }
        release_all(&installation, years)?;
        std::fs::write(self.dir.join(DONE), b"")?;
        Ok(())
    }

    /// Keys, issuer, settings, database and grants; no records yet.
    fn found(&self) -> Result<Installation, Failure> {
        std::fs::create_dir_all(&self.dir).map_err(Failure::at("make", &self.dir))?;
        let config = self.dir.join("hjemmel.toml");
        std::fs::write(&config, "# being made\n")?;
        let issuer = DevIssuer::create(&self.dir, &mut rand::rng())?;
        Keys::create(&self.dir.join("keys"))?;
        std::fs::write(&config, settings_text(&issuer))?;
        let settings = installation::settings(&config)?;
        Store::open(&settings.store.url, 1)?.migrate()?;
        let installation = Installation::of(settings)?;
        let grants = policy::parse(hjemmel_policy::DEMO_GRANTS)?;
        policy::apply(&installation.store, &grants, "demo", None)?;
        examples::open(&installation, &grants, Utc::now())?;
        Ok(installation)
    }

    fn import_generated(
        &self,
        installation: &Installation,
        form: Form,
        year: u16,
        persons: Option<u64>,
    ) -> Result<(), Failure> {
        let file = self.dir.join(format!("{form}-{year}.dat"));
        generate::write(&file, form, year, SEED, persons)?;
        let outcome = import::import(installation, &file, form, year, None, EditionKind::Final)?;
        std::fs::remove_file(&file)?;
        match outcome {
            import::Outcome::Refused(report) => Err(Failure::new(format!(
                "the generated file of form {form} {year} did not pass the controls: {}",
                report.findings.first().map_or("", |finding| finding.text.en.as_str())
            ))),
            _ => Ok(()),
        }
    }

    /// Tokens last a week, so each start signs new ones.
    fn write_tokens(&self, issuer: &DevIssuer) -> Result<(), Failure> {
        let folder = self.dir.join("tokens");
        std::fs::create_dir_all(&folder)?;
        for (name, token) in token::for_everyone(issuer, token::AUDIENCE)? {
            std::fs::write(folder.join(format!("{name}.jwt")), token)?;
        }
        Ok(())
    }
}

/// Protects every form and year; years are independent, so as many at once as there are cores.
fn release_all(installation: &Installation, years: &[u16]) -> Result<(), Failure> {
    let generated = years.iter().flat_map(|year| [(Form::F11, *year), (Form::F11C, *year)]);
    let work: Vec<(Form, u16)> = generated.chain([(Form::F11, FICTITIOUS)]).collect();
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = || -> Result<(), Failure> {
        while let Some(&(form, year)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            release::release(installation, form, year)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(Failure::new("protecting a year failed")))
        })
    })
}

/// Statistics Norway's fictitious file, one record a counted person.
fn import_fictitious(installation: &Installation) -> Result<(), Failure> {
    let form = Form::F11;
    let mut lock = import::lock(&installation.store, form, FICTITIOUS)?;
    let version = installation.store.next_edition(&mut lock, form, FICTITIOUS)?;
    let reference = EditionRef::new(form, FICTITIOUS, version);
    installation.registers.discard(&reference)?;
    let progress = Progress::begin("importing sosialFiktiv as form 11 2016", None);
    let rows =
        fictitious::records().map(|record| [record.region.as_str(), record.vklo, record.months]);
    let imported = installation.registers.import_rows(&reference, rows)?;
    progress.end(&format!("{} records", imported.records));
    let delivery = Delivery {
        id: Uuid::now_v7(),
        form,
        year: FICTITIOUS,
        sha256: fictitious::SHA256.to_owned(),
        file_name: "sosialFiktiv.csv".to_owned(),
        bytes: imported.bytes,
        records: imported.records,
        status: DeliveryStatus::Accepted,
        report: serde_json::json!({ "accepted": true, "findings": [] }),
        received_at: Utc::now(),
        edition: None,
    };
    import::keep(installation, &mut lock, &delivery, EditionKind::Final, &imported)?;
    Ok(())
}

fn settings_text(issuer: &DevIssuer) -> String {
    let mut text = "\
# The settings of a demonstration. Every value can also be set by environment: HJEMMEL_SERVER_ADDRESS …

# Synthetic identity numbers and the development issuer below are accepted.
test_installation = true

[server]
address = \"127.0.0.1:8080\"

[store]
url = \"sqlite:hjemmel.db\"

[registers]
folder = \"registers\"

[keys]
file = \"keys\"
"
    .to_owned();
    text.push_str(SENDER);
    text.push_str(&projects_text());
    for config in issuer.configs(token::AUDIENCE) {
        text.push_str(&issuer_text(&config));
    }
    text
}

/// The projects of the demonstration's researchers: one of KS', and one of NAV's.
fn projects_text() -> String {
    let project = |id: &str, title: &str, sponsor: &str, member: &str| {
        format!(
            "\n[[questions.projects]]\nid = {id:?}\ntitle = {title:?}\nsponsor = {sponsor:?}\nissuer = {PEOPLE:?}\nmembers = [{member:?}]\n"
        )
    };
    let kvp = "Effects of the qualification programme";
    let unge = "Young recipients of social assistance";
    [
        project("kvp-effekt", kvp, "971032146", "researcher"),
        project("unge", unge, "889640782", "researcher2"),
    ]
    .concat()
}

pub fn issuer_text(config: &IssuerConfig) -> String {
    let kind = match config.kind {
        Kind::Maskinporten => "maskinporten",
        Kind::Oidc => "oidc",
    };
    let file = match &config.jwks {
        KeySource::File(path) => {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
        KeySource::Url(url) => url.clone(),
    };
    let mut text = format!(
        "\n[[issuers]]\nname = {:?}\nissuer = {:?}\nkind = \"{kind}\"\njwks = {{ file = {file:?} }}\naudience = {:?}\nalgorithms = [\"EdDSA\"]\nmax_lifetime_seconds = {}\ntest = true\n",
        config.name, config.issuer, config.audience, config.max_lifetime_seconds
    );
    if let Some(people) = &config.people {
        let roles: Vec<String> =
            people.roles.keys().map(|role| format!("{role} = \"{role}\"")).collect();
        let organisation = people
            .organisation_claim
            .as_ref()
            .map(|claim| format!(", organisation_claim = {claim:?}"))
            .unwrap_or_default();
        let person = people
            .person_claim
            .as_ref()
            .map(|claim| format!(", person_claim = {claim:?}"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "people = {{ roles_claim = {:?}, roles = {{ {} }}{organisation}{person} }}",
            people.roles_claim,
            roles.join(", ")
        );
    }
    text
}

fn what_to_try(dir: &Path, address: SocketAddr) -> String {
    let token = |name: &str| {
        format!("-H \"Authorization: Bearer $(cat {}/tokens/{name}.jwt)\"", dir.display())
    };
    let at = format!("http://{address}");
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hjemmel"));
    let regions = "valueCodes[Region]=EAK,1144&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=Antall&valueCodes[Tid]=2024";
    format!(
        "\n\
Hjemmel serves a demonstration on {at}; documentation on {at}/docs/\n\n\
# 1 NAV pulls records on its legal basis, under pseudonyms of its own:\n\
curl -s {nav} '{at}/v1/datasets/skjema-11/microdata?year=2024&columns=PERSON_PSEUDONYM,REGION,VKLO,ANTMND,BIDRAG&limit=3'\n\n\
# 2 BLD, without one, is told why not and where to go:\n\
curl -s {bld} '{at}/v1/datasets/skjema-11/microdata?year=2024'\n\n\
# 3 BLD gets the same table as everybody, small counts withheld:\n\
curl -sg {bld} '{at}/pxwebapi/v2/tables/S1101/data?{regions}&outputFormat=csv&outputFormatParams=UseTexts'\n\n\
# 4 NAV gets it exact, at the same address:\n\
curl -sgi {nav} '{at}/pxwebapi/v2/tables/S1101/data?{regions}&outputFormat=csv&outputFormatParams=UseTexts'\n\n\
# 5 A researcher asks a question of her own, answered with noise at the cost of a budget:\n\
curl -s {researcher} '{at}/v1/queries?format=csv' -d '{question}'\n\n\
# 6 The whole year as Parquet, streamed:\n\
curl -s {nav} -H 'Accept: application/vnd.apache.parquet' '{at}/v1/datasets/skjema-11/microdata?year=2024' -o skjema-11-2024.parquet\n\n\
# 7 An application is led to a grant by three persons (`grant list` shows one at each stage):\n\
grant() {{ '{program}' --config '{dir}/hjemmel.toml' grant --url {at} \"$@\"; }}\n\
grant take submit bfd-utkast --as bld\n\
grant take complete bfd-utkast --as legal\n\
grant take review bfd-utkast --as legal --reason 'basis and purpose are sound' --memo 2026/201-3\n\
grant take approve bfd-utkast --as legal2\n\
grant take accept bfd-utkast --as bld\n\
grant impact bfd-utkast --as legal\n\
grant take activate bfd-utkast --as legal\n\
grant take suspend bfd-utkast --as legal --reason 'a question has come up'\n",
        program = program.display(),
        dir = dir.display(),
        nav = token("nav"),
        bld = token("bld"),
        researcher = token("researcher"),
        question = QUESTION,
    )
}

/// A founded installation with one year of the programme, small enough to make in every run of the tests.
#[cfg(test)]
pub fn small(dir: &Path) -> Result<Installation, Failure> {
    let demo = Demo {
        dir: dir.to_owned(),
        nodes: false,
        port: 0,
        persons: None,
        years: None,
        reset: false,
        no_serve: true,
    };
    let installation = demo.found()?;
    demo.import_generated(&installation, Form::F11C, 2024, Some(400))?;
    release::release(&installation, Form::F11C, 2024)?;
    demo.write_tokens(&DevIssuer::open(dir)?)?;
    Ok(installation)
}

/// Every municipality delivers what is generated for it, as if over HTTP.
#[cfg(test)]
pub fn deliver_all(
    store: &Store,
    registers: &hjemmel_registers::Registers,
    (form, year, persons): (Form, u16, u64),
) -> Result<(), Failure> {
    use hjemmel_registers::DepositRef;
    let options = hjemmel_kostra::generate::Options {
        seed: SEED + persons,
        persons: Some(persons),
        ..hjemmel_kostra::generate::Options::default()
    };
    let mut file = Vec::new();
    hjemmel_kostra::generate::write(form, year, &options, &mut file, |_| {})?;
    let layout = super::layout(form, year)?;
    let field = layout.field("KOMMUNE_NR").map(hjemmel_kostra::Field::range).unwrap_or_default();
    let mut lines = hjemmel_kostra::Lines::new(file.as_slice());
    let mut by_kommune = std::collections::BTreeMap::<String, Vec<Vec<u8>>>::new();
    while let Some(line) = lines.next()? {
        let kommune = line.bytes.get(field.clone()).unwrap_or_default();
        let kommune = String::from_utf8_lossy(kommune).into_owned();
        by_kommune.entry(kommune).or_default().push(line.bytes.to_vec());
    }
    for kommune in crate::deliveries::kommuner(year).unwrap_or_default() {
        let id = Uuid::now_v7();
        let mut deposit = registers.deposit(&DepositRef { form, year, id })?;
        let own = by_kommune.remove(&kommune).unwrap_or_default();
        for line in &own {
            deposit.add(line)?;
        }
        deposit.keep()?;
        store.receive(&hjemmel_store::MunicipalDelivery {
            id,
            number: 0,
            form,
            year,
            period: 0,
            sha256: format!("{:064x}", id.as_u128()),
            kommune,
            bytes: 0,
            records: own.len() as u64,
            status: hjemmel_store::MunicipalStatus::Accepted,
            report: serde_json::json!({ "findings": [] }),
            organisation: "940039541".to_owned(),
            supplier: None,
            client: None,
            received_at: Utc::now(),
            confirmed_at: None,
        })?;
    }
    Ok(())
}
