//! A node in the hands of somebody who does not keep to the rules: it has a node's key and says what the test wants, or has
//! changed what a real node says on the way, under the node's own signature.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::wire;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// Who speaks, and with which keys.
pub struct Speaker {
    number: &'static str,
    key: SigningKey,
    proof: SigningKey,
}

/// What is said to whom.
pub struct Said<'a> {
    /// The address the other knows itself by.
    pub to: &'a str,
    /// Where it really is.
    pub host: &'a str,
    /// Where it is said.
    pub path: &'a str,
    /// What is asked, of a question that is brought.
    pub query: &'a str,
    /// The token of whoever asks, of a question that is brought; without one it is the node's own word.
    pub subject: Option<&'a str>,
    /// The body of a word of the node's own.
    pub body: &'a str,
}

/// The key of a node.
pub fn key_of(at: &Installation) -> SigningKey {
    let pem = std::fs::read_to_string(at.path("node.pem")).unwrap();
    SigningKey::from_pkcs8_pem(&pem).unwrap()
}

fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

fn public(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}

/// What names a key (RFC 7638).
fn kid(key: &SigningKey) -> String {
    digest(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public(key)))
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()).to_bytes());
    format!("{text}.{signature}")
}

impl Speaker {
    /// Speaks as the node of an installation.
    pub fn of(number: &'static str, at: &Installation) -> Self {
        let proof = SigningKey::from_bytes(&Sha256::digest(Uuid::new_v4().as_bytes()).into());
        Self { number, key: key_of(at), proof }
    }

    /// The token of one call, with claims changed, and a proof of it.
    fn credentials(&self, said: &Said<'_>, change: impl FnOnce(&mut Value)) -> (String, String) {
        let now = chrono::Utc::now().timestamp();
        let actor = format!("0192:{}", self.number);
        let (bound, hash, method) = match said.subject {
            Some(subject) => ("subjectTokenHash", digest(subject), "GET"),
            None => ("bodyHash", digest(said.body), "POST"),
        };
        let (major, minor) = hjemmel::identity::node::PROTOCOL;
        let mut claims = json!({
            "iss": actor, "aud": said.to, "sub": actor, "act": { "sub": actor }, "iat": now,
            "exp": now + 60, "jti": Uuid::new_v4().to_string(), "cnf": { "jkt": kid(&self.proof) },
            bound: hash, "protocol": format!("{major}.{minor}"),
        });
        change(&mut claims);
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid(&self.key) });
        let token = signed(&self.key, &header, &claims);
        (token.clone(), self.proof(said, method, &token))
    }

    /// A proof, by this one's own key, of a call with some token.
    pub fn proof(&self, said: &Said<'_>, method: &str, token: &str) -> String {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": public(&self.proof) });
        let header = json!({ "alg": "EdDSA", "typ": "dpop+jwt", "jwk": jwk });
        let claims = json!({
            "htm": method, "htu": format!("{}{}", said.to, said.path), "queryHash": digest(said.query),
            "jti": Uuid::new_v4().to_string(), "iat": chrono::Utc::now().timestamp(),
            "ath": digest(token),
        });
        signed(&self.proof, &header, &claims)
    }

    /// Says it, with claims of the token changed.
    pub fn say(&self, said: &Said<'_>, change: impl FnOnce(&mut Value)) -> Answer {
        let (token, proof) = self.credentials(said, change);
        send(said, &token, &proof, "en")
    }

    /// The same with Norwegian asked for.
    pub fn say_in_norwegian(&self, said: &Said<'_>, change: impl FnOnce(&mut Value)) -> Answer {
        let (token, proof) = self.credentials(said, change);
        send(said, &token, &proof, "nb")
    }

    /// Says a word of the node's own, as the rules have it.
    pub fn tell(&self, (to, host): (&str, &str), path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.say(&Said { to, host, path, query: "", subject: None, body: &body }, |_| ())
    }
}

/// Sends a call as it is.
pub fn send(said: &Said<'_>, token: &str, proof: &str, language: &str) -> Answer {
    let method = if said.subject.is_some() { "GET" } else { "POST" };
    let mark = if said.query.is_empty() { "" } else { "?" };
    let mut text = format!(
        "{method} {}{mark}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: DPoP {token}\r\n\
         DPoP: {proof}\r\nAccept-Language: {language}\r\n",
        said.path, said.query, said.host
    );
    match said.subject {
        Some(subject) => write!(text, "Hjemmel-Subject-Token: {subject}\r\n\r\n").unwrap(),
        None => write!(
            text,
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
            said.body.len(),
            said.body
        )
        .unwrap(),
    }
    wire::exactly(said.host, text.as_bytes())
}

/// A wire that changes what is answered.
pub struct Liar(String);

impl Liar {
    /// Leads to a node; `lie` is told what was asked for and changes the answer.
    pub fn new(target: &str, lie: impl Fn(&str, &mut Answer) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let target = target.to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up in the middle is of no interest.
                let _ = pass(&stream, &target, &lie);
            }
        });
        Self(host)
    }

    /// Where it is.
    pub fn host(&self) -> &str {
        &self.0
    }
}

/// One request and its answer; the next comes on another connection.
fn pass(
    mut stream: &TcpStream,
    target: &str,
    lie: &impl Fn(&str, &mut Answer),
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 16 << 10];
    let end = loop {
        if let Some(at) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut part)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&part[..length]),
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    while request.len() < end + 4 + length {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&part[..length]),
        }
    }
    let whole = [head.as_bytes(), b"\r\nConnection: close\r\n\r\n", &request[end + 4..]].concat();
    let mut answer = wire::exactly(target, &whole);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    lie(path.split('?').next().unwrap_or_default(), &mut answer);
    let mut text = format!("HTTP/1.1 {} Said\r\n", answer.status);
    for (name, value) in &answer.headers {
        if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
    }
    write!(text, "content-length: {}\r\nconnection: close\r\n\r\n", answer.body.len()).unwrap();
    stream.write_all(&[text.as_bytes(), &answer.body].concat())
}

/// The masked sums of a node with other numbers in them, under the node's own signature.
pub fn masked_otherwise(answer: &mut Answer, key: &SigningKey, lie: impl FnOnce(&mut Vec<u64>)) {
    let mut sealed = answer.json();
    let words = |text: &Value| -> Vec<u64> {
        let bytes = STANDARD.decode(text.as_str().unwrap()).unwrap();
        bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
    };
    let message = &mut sealed["message"];
    let (mut cells, nonzero) = (words(&message["cells"]), words(&message["nonzero"]));
    lie(&mut cells);
    let bytes: Vec<u8> = cells.iter().flat_map(|word| word.to_le_bytes()).collect();
    message["cells"] = STANDARD.encode(bytes).into();
    let mut all = Sha256::new();
    for words in [&cells, &nonzero] {
        all.update(u64::try_from(words.len()).unwrap().to_be_bytes());
        for word in words {
            all.update(word.to_le_bytes());
        }
    }
    let mut signed = b"hjemmel/federation/masked/1\n".to_vec();
    signed.extend(hex::decode(message["round"].as_str().unwrap()).unwrap());
    signed.extend(message["node"].as_str().unwrap().bytes());
    signed.extend(all.finalize());
    sealed["signature"] = hex::encode(key.sign(&signed).to_bytes()).into();
    answer.body = sealed.to_string().into_bytes();
}
