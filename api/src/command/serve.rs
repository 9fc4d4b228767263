//! `hjemmel serve`.

use super::{Failure, installation};
use crate::app::App;
use crate::identity::{TestIssuers, Verifier};
use crate::server;
use crate::settings::Settings;
use chrono::Utc;
use std::path::Path;
use std::process::ExitCode;

/// Serves the installation of the settings file until it is stopped.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// The address to listen on, instead of the settings file's.
    #[arg(long, value_name = "ADDRESS:PORT")]
    address: Option<std::net::SocketAddr>,
    /// Ends when its standard input is closed, as it is when whoever started it ends.
    #[arg(long)]
    while_input_is_open: bool,
}

impl Serve {
    pub fn run(self, config: &Path) -> Result<ExitCode, Failure> {
        let mut settings = installation::settings(config)?;
        if let Some(address) = self.address {
            settings.server.address = address;
        }
        if self.while_input_is_open {
            std::thread::Builder::new().name("input".to_owned()).spawn(|| {
                let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
                std::process::exit(0);
            })?;
        }
        run(settings, |address| super::say(&format!("listening on http://{address}")))
    }
}

/// Serves with the given settings.
pub fn run(
    settings: Settings,
    listening: impl FnOnce(std::net::SocketAddr),
) -> Result<ExitCode, Failure> {
    let tests =
        if settings.test_installation { TestIssuers::Allowed } else { TestIssuers::Refused };
    let verifier = Verifier::new(settings.issuers.clone(), tests)?;
    for (issuer, error) in verifier.refresh_due(Utc::now()) {
        tracing::warn!(%issuer, %error, "the keys of an issuer could not be fetched");
    }
    let address = settings.server.address;
    let app = App::open(settings, verifier)?;
    let served = actix_web::rt::System::new().block_on(server::serve(app, listening));
    match served {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(Failure::new(format!(
            "port {} on {} is taken; stop what listens there, or choose another with --port (demo) or --address (serve)",
            address.port(),
            address.ip()
        ))),
        Err(error) => Err(Failure::new(format!("cannot serve on {address}: {error}"))),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}
