//! The parts of one installation that commands work on.

use super::Failure;
use crate::settings::Settings;
use hjemmel_registers::{Config, Keys, Registers};
use hjemmel_store::Store;
use std::path::Path;
use std::sync::Arc;

/// Reads the settings file and the environment.
pub fn settings(path: &Path) -> Result<Settings, Failure> {
    let own = Path::new("hjemmel-demo/hjemmel.toml");
    if !path.exists() && own.exists() {
        return Err(Failure::new(format!(
            "there is no settings file {}; for the demonstration beside it, say --config {}",
            path.display(),
            own.display()
        )));
    }
    Ok(Settings::load(path, std::env::vars())?)
}

/// Database, keys and records.
pub struct Installation {
    /// The settings.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// The keys.
    pub keys: Arc<Keys>,
    /// The records.
    pub registers: Registers,
}

impl Installation {
    /// Opens what the settings file names.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::of(settings(path)?)
    }

    /// Opens what the settings name; all of it must be there.
    pub fn of(settings: Settings) -> Result<Self, Failure> {
        let store = Store::open_current(&settings.store.url, settings.store.connections)?;
        let keys = Arc::new(Keys::load(&settings.keys.file)?);
        let config = Config {
            memory_limit: settings.registers.memory_megabytes << 20,
            questions_memory: settings.registers.questions_megabytes << 20,
            ..Config::new(&settings.registers.folder)
        };
        let registers = Registers::open(&config, keys.clone())?;
        Ok(Self { settings, store, keys, registers })
    }
}
