//! A running server as a command asks it, with a token.

use super::Failure;
use serde_json::Value;

/// A server, and who asks it.
pub struct Remote {
    agent: ureq::Agent,
    url: String,
    token: String,
    language: &'static str,
}

impl Remote {
    /// The server at an address.
    pub fn new(url: &str, token: &str, language: &'static str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let (url, token) = (url.trim_end_matches('/').to_owned(), token.trim().to_owned());
        Self { agent, url, token, language }
    }
    /// What it says, and its tag.
    pub fn get(&self, path: &str) -> Result<(Value, Option<String>), Failure> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let response = request
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Accept-Language", self.language)
            .call()
            .map_err(|error| self.unreached(&error))?;
        let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        Ok((read(response)?, tag))
    }

    /// What it says to a body; `tag` is what the body changes.
    pub fn post(&self, path: &str, tag: Option<&str>, body: String) -> Result<Value, Failure> {
        let mut request = self.posting(path, "application/json");
        if let Some(tag) = tag {
            request = request.header("If-Match", tag);
        }
        read(request.send(body).map_err(|error| self.unreached(&error))?)
    }

    /// Sends a file.
    pub fn file(&self, path: &str, kind: &str, file: &[u8]) -> Result<Value, Failure> {
        read(self.posting(path, kind).send(file).map_err(|error| self.unreached(&error))?)
    }

    fn posting(&self, path: &str, kind: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        self.agent
            .post(format!("{}{path}", self.url))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Accept-Language", self.language)
            .header("Content-Type", kind)
    }

    /// What to do about a server that does not answer.
    fn unreached(&self, error: &ureq::Error) -> Failure {
        Failure::new(format!(
            "no answer from {}: {error}; start it with `hjemmel serve`, or say where it is with --url",
            self.url
        ))
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Value, Failure> {
    let status = response.status();
    let body = response.body_mut().read_to_string()?;
    let value: Value = serde_json::from_str(&body)?;
    if status.is_success() {
        return Ok(value);
    }
    Err(Failure::new(format!("{}: {}", text(&value, "/title"), text(&value, "/detail"))))
}

/// A value in words, on one line: somebody else wrote them, and they are to move nothing on the reader's terminal.
pub fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace(char::is_control, "\u{fffd}"),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    }
}

/// A part of a value in words.
pub fn text(value: &Value, at: &str) -> String {
    word(value.pointer(at).unwrap_or(&Value::Null))
}
