//! The settings of one installation: `hjemmel.toml`, with every value also by environment variable.

use crate::pxweb::selection::nearest;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where and how to listen.
    #[serde(default)]
    pub server: Server,
    /// The database of grants, releases and the record.
    pub store: Store,
    /// The record files.
    pub registers: Registers,
    /// The keys.
    pub keys: Keys,
    /// The table interface.
    #[serde(default)]
    pub tables: Tables,
    /// How often one caller may ask.
    #[serde(default)]
    pub limits: Limits,
    /// Questions that are answered with noise.
    #[serde(default)]
    pub questions: crate::questions::Questions,
    /// Deliveries from municipalities.
    #[serde(default)]
    pub deliveries: crate::deliveries::Deliveries,
    /// The record of decisions and deeds.
    #[serde(default)]
    pub record: Record,
    /// Where notices about grants are sent.
    #[serde(default)]
    pub notices: Notices,
    /// A demonstration or test: synthetic identity numbers and test issuers are accepted. Never with real
    /// records.
    #[serde(default)]
    pub test_installation: bool,
    /// What the clock that opens publications shows when a server of a test installation starts; it runs on from there.
    #[serde(default)]
    pub test_clock: Option<chrono::DateTime<chrono::Utc>>,
    /// This installation as a node among others.
    #[serde(default)]
    pub federation: Option<crate::federation::Settings>,
    /// Who is trusted to issue tokens; none means every caller is anonymous.
    #[serde(default)]
    pub issuers: Vec<crate::identity::IssuerConfig>,
}

/// Where notices about grants are sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notices {
    /// An address of the house's own that takes each as JSON, such as the one its mail is sent by.
    pub webhook: Option<String>,
}

/// The record of decisions and deeds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Record {
    /// The keys of those who cosign its states, as `hjemmel audit witness-key` prints them.
    pub witnesses: Vec<crate::record::witness::WitnessKey>,
}

/// Where and how to listen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port.
    pub address: std::net::SocketAddr,
    /// Worker threads; none means one a core.
    pub workers: Option<usize>,
    /// How often changes of policy and releases are looked for, in milliseconds.
    pub refresh_milliseconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: std::net::SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: None,
            refresh_milliseconds: 500,
        }
    }
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `sqlite:PATH` or `postgres://…`; a relative path starts at the settings file.
    pub url: String,
    /// Connections kept open.
    #[serde(default = "eight")]
    pub connections: u32,
}

const fn eight() -> u32 {
    8
}

/// The record files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    /// The folder of the Parquet files; a relative path starts at the settings file.
    pub folder: PathBuf,
    /// What one query may use, in megabytes.
    #[serde(default = "half_a_gigabyte")]
    pub memory_megabytes: usize,
    /// What columns that are kept for questions may use beside that, in megabytes.
    #[serde(default = "a_quarter")]
    pub questions_megabytes: usize,
}

const fn a_quarter() -> usize {
    256
}

const fn half_a_gigabyte() -> usize {
    512
}

/// The keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The key file; a relative path starts at the settings file.
    pub file: PathBuf,
}

/// The table interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    /// Cells one answer may have.
    pub max_cells: usize,
    /// Where the table interface is mounted, beside `/pxwebapi/v2`: what links start with.
    pub prefix: String,
}

impl Default for Tables {
    fn default() -> Self {
        Self { max_cells: 800_000, prefix: crate::routes::table_list::PREFIX.to_owned() }
    }
}

/// How often one network address may ask. Ample unless said: it is there against programs that have gone wild.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls a window.
    pub calls: u32,
    /// Its length.
    pub window_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: 100_000, window_seconds: 1 }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error(
        "cannot read the settings file {path}: {source}; name one with --config FILE, or run `hjemmel demo` for a demonstration with its own"
    )]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key or value in it is wrong.
    #[error("{path}: {what}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the nearest right key.
        what: String,
    },
    /// An environment variable names no setting.
    #[error("the environment variable {name} names no setting{hint}")]
    Environment {
        /// The variable.
        name: String,
        /// The nearest right one.
        hint: String,
    },
    /// An environment variable holds what its setting cannot be.
    #[error("the environment variable {name} cannot be `{value}`: {what}")]
    Value {
        /// The variable.
        name: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        what: String,
    },
}

/// What a setting is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Text,
    Number,
}

/// The settings that one environment variable each can set.
const BY_ENVIRONMENT: [(&str, [&str; 2], Written); 20] = [
    ("HJEMMEL_LIMITS_CALLS", ["limits", "calls"], Written::Number),
    ("HJEMMEL_LIMITS_WINDOW_SECONDS", ["limits", "window_seconds"], Written::Number),
    ("HJEMMEL_NOTICES_WEBHOOK", ["notices", "webhook"], Written::Text),
    ("HJEMMEL_TABLES_PREFIX", ["tables", "prefix"], Written::Text),
    ("HJEMMEL_SERVER_ADDRESS", ["server", "address"], Written::Text),
    ("HJEMMEL_SERVER_WORKERS", ["server", "workers"], Written::Number),
    ("HJEMMEL_SERVER_REFRESH_MILLISECONDS", ["server", "refresh_milliseconds"], Written::Number),
    ("HJEMMEL_STORE_URL", ["store", "url"], Written::Text),
    ("HJEMMEL_STORE_CONNECTIONS", ["store", "connections"], Written::Number),
    ("HJEMMEL_REGISTERS_FOLDER", ["registers", "folder"], Written::Text),
    ("HJEMMEL_REGISTERS_MEMORY_MEGABYTES", ["registers", "memory_megabytes"], Written::Number),
    (
        "HJEMMEL_REGISTERS_QUESTIONS_MEGABYTES",
        ["registers", "questions_megabytes"],
        Written::Number,
    ),
    ("HJEMMEL_KEYS_FILE", ["keys", "file"], Written::Text),
    ("HJEMMEL_DELIVERIES_MAX_MEGABYTES", ["deliveries", "max_megabytes"], Written::Number),
    ("HJEMMEL_TABLES_MAX_CELLS", ["tables", "max_cells"], Written::Number),
    (
        "HJEMMEL_QUESTIONS_RHO_PER_DATASET_YEAR",
        ["questions", "rho_per_dataset_year"],
        Written::Number,
    ),
    ("HJEMMEL_QUESTIONS_RHO_PER_PROJECT", ["questions", "rho_per_project"], Written::Number),
    (
        "HJEMMEL_QUESTIONS_RHO_PER_ORGANISATION",
        ["questions", "rho_per_organisation"],
        Written::Number,
    ),
    ("HJEMMEL_QUESTIONS_BEAT_MICROSECONDS", ["questions", "beat_microseconds"], Written::Number),
    ("HJEMMEL_QUESTIONS_PATIENCE_SECONDS", ["questions", "patience_seconds"], Written::Number),
];

/// What every installation must set, so that one further setting can be tried by itself.
const LEAST: &str = "store.url = \"s\"\nregisters.folder = \"r\"\nkeys.file = \"k\"\n";

/// Variables of this prefix that are not settings: the command line reads them.
const NOT_SETTINGS: [&str; 2] = ["HJEMMEL_CONFIG", "HJEMMEL_LOG"];

impl Settings {
    /// Reads a settings file and the environment; the environment wins.
    ///
    /// # Errors
    /// An unreadable file, unknown keys (with the nearest right one), wrong values.
    pub fn load(
        path: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
        let wrong = |what| SettingsError::Wrong { path: path.to_owned(), what };
        let mut table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        for (name, value) in environment {
            override_with(&mut table, &name, value)?;
        }
        // Read once from the text for messages that carry line numbers, once with the overrides. What the file
        // leaves out, the environment may have set.
        if let Err(error) = toml::from_str::<Self>(&text)
            && !error.message().contains("missing field")
        {
            return Err(wrong(explain(&error)));
        }
        let mut settings: Self = table.try_into().map_err(|error| wrong(explain(&error)))?;
        if let Some(what) = settings.questions.wrong() {
            return Err(wrong(what));
        }
        settings.resolve_paths(path.parent().unwrap_or(Path::new(".")));
        Ok(settings)
    }

    fn resolve_paths(&mut self, folder: &Path) {
        let at_folder = |path: &Path| {
            if path.is_absolute() { path.to_owned() } else { folder.join(path) }
        };
        self.registers.folder = at_folder(&self.registers.folder);
        self.keys.file = at_folder(&self.keys.file);
        if let Some(federation) = &mut self.federation {
            federation.resolve(folder);
        }
        for issuer in &mut self.issuers {
            issuer.jwks.resolve(folder);
        }
        if let Some(path) = self.store.url.strip_prefix("sqlite:") {
            self.store.url = format!("sqlite:{}", at_folder(Path::new(path)).display());
        }
    }
}

fn override_with(table: &mut toml::Table, name: &str, value: String) -> Result<(), SettingsError> {
    if !name.starts_with("HJEMMEL_") || NOT_SETTINGS.contains(&name) {
        return Ok(());
    }
    let Some((_, [section, key], written)) =
        BY_ENVIRONMENT.iter().find(|(known, ..)| *known == name).copied()
    else {
        let near = nearest(name, BY_ENVIRONMENT.iter().map(|(known, ..)| *known));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(SettingsError::Environment { name: name.to_owned(), hint });
    };
    let number = written == Written::Number;
    let whole = value.trim().parse().ok().filter(|_| number).map(toml::Value::Integer);
    let decimal = value.trim().parse().ok().filter(|_| number).map(toml::Value::Float);
    let setting = whole.or(decimal).unwrap_or_else(|| value.clone().into());
    let mut alone = LEAST.parse().unwrap_or_default();
    put(&mut alone, [section, key], setting.clone());
    alone.try_into::<Settings>().map_err(|error| SettingsError::Value {
        name: name.to_owned(),
        value,
        what: error.message().to_owned(),
    })?;
    put(table, [section, key], setting);
    Ok(())
}

fn put(table: &mut toml::Table, [section, key]: [&str; 2], value: toml::Value) {
    let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
    if let Some(section) = section.as_table_mut() {
        section.insert(key.to_owned(), value);
    }
}

/// The parser's words, with the nearest right key where one is unknown.
fn explain(error: &toml::de::Error) -> String {
    let message = error.to_string();
    let mut quoted = error.message().split('`').skip(1).step_by(2);
    let hint = match (error.message().starts_with("unknown field"), quoted.next()) {
        (true, Some(wrong)) => {
            nearest(wrong, quoted).map(|near| format!("did you mean `{near}`?")).unwrap_or_default()
        }
        _ => String::new(),
    };
    format!("{}\n{hint}", message.trim_end()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: &str =
        "[store]\nurl = \"sqlite:a.db\"\n[registers]\nfolder = \"r\"\n[keys]\nfile = \"k\"\n";

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hjemmel.toml");
        std::fs::write(&path, text).unwrap();
        let pairs = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::load(&path, pairs)
    }

    #[test]
    fn a_wrong_key_is_named_with_the_nearest_right_one_and_its_line() {
        let text = FINE.replace("folder", "foldr");
        let message = load(&text, &[]).unwrap_err().to_string();
        assert!(
            message.contains("`foldr`") && message.contains("did you mean `folder`?"),
            "{message}"
        );
        assert!(message.contains("line 4"), "{message}");
    }

    #[test]
    fn budgets_that_cannot_be_are_refused() {
        let project = "[[questions.projects]]\nid = \"kvp\"\ntitle = \"\"\nsponsor = \"971032146\"\nissuer = \"\"\nmembers = []\norganisations = []\n";
        for (text, says) in [
            ("[questions]\nrho_per_project = -1\n".to_owned(), "rho_per_project"),
            ("[questions]\nrho_per_organisation = nan\n".to_owned(), "rho_per_organisation"),
            ("[questions]\nrho_per_dataset_year = 1e7\n".to_owned(), "rho_per_dataset_year"),
            (project.repeat(2), "`kvp`"),
            (project.replace("kvp", " "), "empty"),
        ] {
            let said = load(&format!("{FINE}{text}"), &[]).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
        assert_eq!(load(&format!("{FINE}{project}"), &[]).unwrap().questions.projects.len(), 1);
    }

    #[test]
    fn the_environment_wins_and_a_wrong_variable_is_named() {
        let settings = load(FINE, &[("HJEMMEL_TABLES_MAX_CELLS", "10"), ("PATH", "/bin")]).unwrap();
        assert_eq!(settings.tables.max_cells, 10);
        let message = load(FINE, &[("HJEMMEL_STORE_URI", "x")]).unwrap_err().to_string();
        assert!(message.contains("HJEMMEL_STORE_URL"), "{message}");
    }

    #[test]
    fn relative_paths_start_at_the_settings_file() {
        let settings = load(FINE, &[]).unwrap();
        assert!(settings.registers.folder.is_absolute());
        assert!(settings.store.url.ends_with("/a.db") && settings.store.url.len() > 12);
    }
}
