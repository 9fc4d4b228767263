//! One running server and those who call it.

use crate::answer::Answer;
use crate::described;
use crate::installation::Installation;
use crate::truth;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A server on a free port.
pub struct Node {
    child: Child,
    orders: Option<ChildStdin>,
    _answers: BufReader<ChildStdout>,
    address: String,
    tokens: PathBuf,
    log: PathBuf,
    agent: ureq::Agent,
}

/// Somebody who calls a server.
pub struct Caller<'a> {
    node: &'a Node,
    token: Option<String>,
}

/// The server that tests share which change nothing.
pub fn shared() -> &'static Node {
    static SHARED: LazyLock<Node> = LazyLock::new(|| Installation::copy("shared").serve());
    &SHARED
}

impl Node {
    /// Starts the server of an installation and waits until it can answer.
    pub fn start(mut serve: Command, folder: &Path) -> Self {
        let log = folder.join(format!("log-{}", uuid::Uuid::new_v4()));
        serve.args(["serve", "--address", "127.0.0.1:0"]);
        let mut command = hjemmel_tests::demonstration::ending_with_us(&serve, &log);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").map(ToOwned::to_owned);
        let address = address.unwrap_or_else(|| {
            panic!("no server: {line}{}", std::fs::read_to_string(&log).unwrap_or_default())
        });
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(1)))
            // The server hangs up after five; a request that meets that on the way is lost.
            .max_idle_age(Duration::from_secs(3))
            .build()
            .into();
        let tokens = folder.join("tokens");
        let node = Self { child, orders, _answers: answers, address, tokens, log, agent };
        node.wait_until(Duration::from_secs(20), |node| {
            node.anyone().get("/health/ready").status == 200
        });
        node
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its host and port.
    pub fn host(&self) -> &str {
        self.address.strip_prefix("http://").unwrap_or(&self.address)
    }

    /// Somebody without a token.
    pub fn anyone(&self) -> Caller<'_> {
        Caller { node: self, token: None }
    }

    /// A caller of the demonstration, by the name of the token file.
    pub fn caller(&self, name: &str) -> Caller<'_> {
        let path = self.tokens.join(format!("{name}.jwt"));
        let token = std::fs::read_to_string(path).unwrap().trim().to_owned();
        Caller { node: self, token: Some(token) }
    }

    /// A caller with a token of the test's own.
    pub fn with_token(&self, token: &str) -> Caller<'_> {
        Caller { node: self, token: Some(token.to_owned()) }
    }

    /// Waits for something to become true of the server, and says how long it took.
    pub fn wait_until(&self, most: Duration, is_so: impl Fn(&Self) -> bool) -> Duration {
        let started = Instant::now();
        while !is_so(self) {
            assert!(started.elapsed() < most, "not within {most:?}; log: {}", self.log());
            std::thread::sleep(Duration::from_millis(25));
        }
        started.elapsed()
    }
}

impl Node {
    /// The most memory the server has held at once, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let shell = self.child.id();
        let path = format!("/proc/{shell}/task/{shell}/children");
        let children = std::fs::read_to_string(path).unwrap();
        let server = children.split_whitespace().next().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{server}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        kilobytes << 10
    }

    /// Ends the server as `kill -9` does, at once.
    pub fn kill(&self) {
        let mut orders = self.orders.as_ref().unwrap();
        std::io::Write::write_all(&mut orders, b"end\n").unwrap();
    }

    /// The same, and waits until nobody is there any more.
    pub fn kill_and_wait(&self) {
        self.kill();
        let started = Instant::now();
        while std::net::TcpStream::connect(self.host()).is_ok() {
            assert!(started.elapsed() < Duration::from_mins(1), "it does not die");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

impl Caller<'_> {
    /// Asks, and checks that no known number came back.
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// Asks with headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let answer = self.ask(path, headers, None).unwrap();
        truth::assert_nobody_is_named(&answer.body, path);
        answer
    }

    /// Asks for what may name persons: the one answer that known numbers belong in.
    pub fn get_identified(&self, path: &str) -> Answer {
        self.ask(path, &[], None).unwrap()
    }

    /// Asks with a body.
    pub fn post(&self, path: &str, body: &str) -> Answer {
        let answer = self.ask(path, &[], Some(body)).unwrap();
        truth::assert_nobody_is_named(&answer.body, path);
        answer
    }

    /// Asks with a method, headers and a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let method = ureq::http::Method::from_bytes(method.as_bytes()).unwrap();
        let answer = self.call(&method, path, headers, body).unwrap();
        truth::assert_nobody_is_named(&answer.body, path);
        answer
    }

    /// Puts a body.
    pub fn put(&self, path: &str, body: &str) -> Answer {
        self.send("PUT", path, &[], body)
    }

    /// Asks and gives the body as it comes, read no faster than the test reads it.
    pub fn open(&self, path: &str) -> impl std::io::Read + use<> {
        let mut request = self.node.agent.get(format!("{}{path}", self.node.address));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let response = request.call().unwrap();
        assert_eq!(response.status().as_u16(), 200);
        response.into_body().into_reader()
    }

    /// Asks and gives the failure of a transfer that was broken off.
    pub fn ask(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Answer, String> {
        match body {
            Some(body) => self.call(&ureq::http::Method::POST, path, headers, body),
            None => self.call(&ureq::http::Method::GET, path, headers, ""),
        }
    }

    /// Sends a file.
    pub fn file(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        file: &[u8],
    ) -> Result<Answer, String> {
        self.call(&ureq::http::Method::POST, path, headers, file)
    }

    fn call(
        &self,
        method: &ureq::http::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Result<Answer, String> {
        let url = format!("{}{path}", self.node.address);
        let mut request = ureq::http::Request::builder().uri(url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = &self.node.agent;
        let request = request.method(method.clone());
        let response = if [ureq::http::Method::GET, ureq::http::Method::HEAD].contains(method) {
            agent.run(request.body(()).unwrap())
        } else {
            agent.run(request.body(body.as_ref()).unwrap())
        };
        let mut response = response.map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        let read = response.body_mut().as_reader().read_to_end(&mut bytes);
        read.map_err(|error| error.to_string())?;
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
        });
        let answer =
            Answer { status: response.status().as_u16(), headers: headers.collect(), body: bytes };
        described::assert_described(method.as_str(), path, body.as_ref(), &answer);
        Ok(answer)
    }

    /// Host and port of the server, and the token, for whoever speaks to it without a client.
    pub fn line(&self) -> (&str, Option<&str>) {
        (self.node.host(), self.token.as_deref())
    }
}
