//! One node that this one knows.

use super::breaker::Breaker;
use super::settings::{PeerSettings, form};
use super::{Error, Federation};
use crate::identity::node::{Call, Credentials, Word};
use crate::identity::node::{PROOF, SUBJECT_TOKEN};
use crate::identity::{IssuerConfig, Peering, TestIssuers};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use serde_json::Value;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How many answers of one peer may be under way at a time; each holds a thread.
pub(super) const PLACES: usize = 32;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a peer may take to begin its answer.
const BEGIN: Duration = Duration::from_secs(20);
/// How long a connection is kept without work: less than the five seconds after which a node hangs up, for a request that
/// meets that on the way is lost.
const IDLE: Duration = Duration::from_secs(3);
/// How long it counts where a peer was found.
const FOUND: Duration = Duration::from_mins(1);
/// How long an answer may take as a whole.
const WHOLE: Duration = Duration::from_hours(1);
/// How long a step of a round may take.
const WORK: Duration = Duration::from_mins(2);
/// The longest answer in a round: masked sums are 22 bytes a number.
const LONGEST_WORD: u64 = 256 << 20;
/// How long a look may take.
const LOOK: Duration = Duration::from_secs(3);
/// The longest list of datasets that is read.
const LONGEST_LIST: u64 = 1 << 20;

/// What was last seen of a peer.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// When it was looked at; none before the first time.
    pub at: Option<DateTime<Utc>>,
    /// Whether it answered then.
    pub reachable: bool,
    /// The datasets it held when it last answered, of those it is asked for.
    pub datasets: Vec<Value>,
    /// When that was.
    pub as_of: Option<DateTime<Utc>>,
}

/// A node that this one knows.
pub struct Peer {
    settings: PeerSettings,
    peering: Peering,
    agent: ureq::Agent,
    breaker: Breaker,
    places: Arc<Semaphore>,
    seen: Mutex<Seen>,
}

/// Why a peer gives no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silent {
    /// It has failed so often that it is left alone for a while.
    #[error("it failed several times and is not asked for a while")]
    Paused,
    /// Too many answers of it are under way.
    #[error("too many of its answers are under way")]
    Busy,
    /// It cannot be reached, or breaks off.
    #[error("{0}")]
    Failed(Box<ureq::Error>),
}

/// A question to a peer.
pub(super) struct Question {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) subject: String,
    /// What the caller negotiates by.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Peer {
    pub(super) fn new(
        settings: PeerSettings,
        issuers: &[IssuerConfig],
        tests: TestIssuers,
    ) -> Result<Self, Error> {
        let audience = settings.audience.clone().unwrap_or_else(|| settings.address.clone());
        let (number, jwks) = (settings.organisation, settings.jwks.clone());
        Ok(Self {
            peering: Peering::new(number, jwks, &audience, issuers, tests)?,
            agent: agent(&settings)?,
            settings,
            breaker: Breaker::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            seen: Mutex::default(),
        })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &PeerSettings {
        &self.settings
    }

    /// The peer as it calls us.
    #[must_use]
    pub const fn peering(&self) -> &Peering {
        &self.peering
    }

    /// Whether we bring it questions for a form.
    #[must_use]
    pub fn is_asked_for(&self, wanted: Form) -> bool {
        self.settings.we_ask.iter().any(|dataset| form(dataset) == Some(wanted))
    }

    /// Whether it may bring us questions for a form.
    #[must_use]
    pub fn may_ask_for(&self, wanted: Form) -> bool {
        self.settings.they_ask.iter().any(|dataset| form(dataset) == Some(wanted))
    }

    /// What was last seen of it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is left alone for now.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.breaker.is_open(Utc::now())
    }

    /// Asks whether it is there and what it holds, and looks for new keys; this blocks.
    pub(super) fn look(&self) {
        let now = Utc::now();
        let url = format!("{}/v1/datasets", self.settings.address);
        let asked = self.agent.get(&url).config().timeout_global(Some(LOOK)).build().call();
        let list = asked.ok().filter(|answer| answer.status() == 200).and_then(|mut answer| {
            let mut text = Vec::new();
            let mut body = answer.body_mut().as_reader().take(LONGEST_LIST);
            body.read_to_end(&mut text).ok()?;
            serde_json::from_slice::<Value>(&text).ok()
        });
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.at = Some(now);
        seen.reachable = list.is_some();
        if let Some(list) = list {
            let all = list.get("datasets").and_then(Value::as_array).into_iter().flatten();
            let asked_for = |one: &&Value| {
                let id = one.get("id").and_then(Value::as_str);
                id.is_some_and(|id| self.settings.we_ask.contains(id))
            };
            seen.datasets = all.filter(asked_for).map(told).collect();
            seen.as_of = Some(now);
        }
        drop(seen);
        if let Err(error) = self.peering.refresh_due(now) {
            tracing::warn!(node = %self.settings.organisation, %error, "the keys of a node could not be fetched");
        }
    }

    /// A place for an answer, if the peer may be asked now.
    pub(super) fn place(&self, now: DateTime<Utc>) -> Result<OwnedSemaphorePermit, Silent> {
        if !self.breaker.admits(now) {
            return Err(Silent::Paused);
        }
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| Silent::Busy)
    }

    /// Asks, and once more if it could not be reached; this blocks until its answer begins. A question changes nothing,
    /// so that asking twice does no harm, but each time has a token of its own.
    pub(super) fn ask(
        &self,
        federation: &Federation,
        question: &Question,
    ) -> Result<(ureq::http::Response<ureq::Body>, String), Silent> {
        let once = || {
            let call = Call {
                holder: &self.settings.address,
                path: &question.path,
                query: &question.query,
                subject: &question.subject,
            };
            let Credentials { authorization, proof, call } =
                federation.outgoing().credentials(&call, Utc::now());
            let mut url = format!("{}{}", self.settings.address, question.path);
            if !question.query.is_empty() {
                url = format!("{url}?{}", question.query);
            }
            let mut request = self
                .agent
                .get(url)
                .header("Authorization", authorization)
                .header(PROOF, proof)
                .header(SUBJECT_TOKEN, &question.subject)
                .header("Accept-Encoding", "identity");
            for (name, value) in &question.headers {
                request = request.header(*name, value);
            }
            request.call().map(|answer| (answer, call))
        };
        let answer = once().or_else(|_| once()).map_err(|error| Silent::Failed(Box::new(error)));
        match &answer {
            // A node that cannot answer is as good as one that is not there.
            Ok((answer, _)) if answer.status().is_server_error() => self.failed(),
            Ok(_) => self.breaker.answered(),
            Err(_) => self.failed(),
        }
        answer
    }

    /// Says something of this node's own, and once more if it could not be reached: every word of a round may be said
    /// twice. Gives the status and the answer; this blocks.
    pub(super) fn say(
        &self,
        federation: &Federation,
        path: &str,
        body: &str,
    ) -> Result<(u16, Vec<u8>), Silent> {
        let once = || -> Result<(u16, Vec<u8>), ureq::Error> {
            let word = Word { to: &self.settings.address, path, body };
            let Credentials { authorization, proof, .. } =
                federation.outgoing().own(&word, Utc::now());
            let mut answer = self
                .agent
                .post(format!("{}{path}", self.settings.address))
                .config()
                .timeout_recv_response(Some(WORK))
                .timeout_global(Some(WORK))
                .build()
                .header("Authorization", authorization)
                .header(PROOF, proof)
                .header("Content-Type", "application/json")
                .header("Accept-Language", "en")
                .header("Accept-Encoding", "identity")
                .send(body)?;
            let text = answer.body_mut().with_config().limit(LONGEST_WORD).read_to_vec()?;
            Ok((answer.status().as_u16(), text))
        };
        let answer = once().or_else(|_| once()).map_err(|error| Silent::Failed(Box::new(error)));
        match &answer {
            Ok((status, _)) if *status >= 500 => self.failed(),
            Ok(_) => self.breaker.answered(),
            Err(_) => self.failed(),
        }
        answer
    }

    /// What it says of itself, to anybody; this blocks.
    pub(super) fn this(&self) -> Option<Value> {
        let url = format!("{}/v1/nodes", self.settings.address);
        let asked = self.agent.get(&url).config().timeout_global(Some(LOOK)).build().call();
        let mut answer = asked.ok().filter(|answer| answer.status() == 200)?;
        let text = answer.body_mut().with_config().limit(LONGEST_LIST).read_to_vec().ok()?;
        serde_json::from_slice::<Value>(&text).ok()?.get("this").cloned()
    }

    /// Notes that it did not answer, or broke off.
    pub(super) fn failed(&self) {
        self.breaker.failed(Utc::now());
    }
}

/// What is passed on of a dataset in a peer's list.
fn told(one: &Value) -> Value {
    let mut told = serde_json::Map::new();
    for name in ["id", "form", "title", "years"] {
        if let Some(value) = one.get(name) {
            told.insert(name.to_owned(), value.clone());
        }
    }
    told.into()
}

fn agent(settings: &PeerSettings) -> Result<ureq::Agent, Error> {
    let local = settings.address.starts_with("http://");
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .https_only(!local)
        .user_agent("hjemmel")
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(BEGIN))
        .timeout_global(Some(WHOLE))
        .max_idle_age(IDLE);
    if local {
        config = config.proxy(None);
    }
    if let Some(path) = &settings.ca {
        let failed = |why: String| Error::Setting(format!("ca {}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let roots: Vec<_> = ureq::tls::parse_pem(&pem)
            .filter_map(Result::ok)
            .filter_map(|item| match item {
                ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
                _ => None,
            })
            .collect();
        if roots.is_empty() {
            return Err(failed("it holds no certificate".to_owned()));
        }
        let roots = ureq::tls::RootCerts::new_with_certs(&roots);
        config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
    }
    Ok(ureq::Agent::with_parts(config.build(), DefaultConnector::default(), Found::default()))
}

/// Where a peer is, looked up once a minute and not for each question: a look costs a thread.
#[derive(Debug, Default)]
struct Found {
    by_name: DefaultResolver,
    last: Mutex<Option<(Uri, Instant, ResolvedSocketAddrs)>>,
}

impl Resolver for Found {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let is_same =
            |known: &Uri| (known.scheme(), known.authority()) == (uri.scheme(), uri.authority());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, at, addresses)) = &*last
            && is_same(known)
            && at.elapsed() < FOUND
        {
            return Ok(addresses.clone());
        }
        let addresses = self.by_name.resolve(uri, config, timeout)?;
        *last = Some((uri.clone(), Instant::now(), addresses.clone()));
        Ok(addresses)
    }
}
