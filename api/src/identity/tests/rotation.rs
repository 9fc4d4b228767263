//! Keys that change, and an issuer that is counted on seldom; over a real HTTP server.

use super::*;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A key server on this machine that counts how often it is asked.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<Option<String>>>,
}

impl Server {
    fn start(answer: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let server = Self { url, asked: Arc::default(), answer: Arc::new(Mutex::new(answer)) };
        let (asked, answer) = (Arc::clone(&server.asked), Arc::clone(&server.answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
                asked.fetch_add(1, Ordering::SeqCst);
                let (status, body) = match answer.lock().unwrap().clone() {
                    Some(body) => ("200 OK", body),
                    None => ("500 Internal Server Error", String::new()),
                };
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        server
    }

    fn answer(&self, answer: Option<String>) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn verifier(&self) -> Verifier {
        let config = config(Kind::Maskinporten, KeySource::Url(self.url.clone()));
        Verifier::new(vec![config], TestIssuers::Refused).unwrap()
    }
}

fn keys(algs: &[&str]) -> String {
    key_set(&algs.iter().map(|alg| signer(alg).jwk()).collect::<Vec<_>>())
}

#[test]
fn a_new_key_counts_after_one_fetch_and_the_old_one_goes_with_it() {
    let server = Server::start(Some(keys(&["EdDSA"])));
    let verifier = server.verifier();
    let long = but(machine(), &json!({ "exp": now().timestamp() + 600 }));
    let (old, new) = (signer("EdDSA").mint(&long), signer("EdDSA-new").mint(&long));
    assert!(ask(&verifier, &old, now()).is_ok());
    assert_eq!(server.asked(), 1);
    server.answer(Some(keys(&["EdDSA-new"])));
    assert_eq!(ask(&verifier, &new, later(29)), Err(Reason::KidUnknown));
    assert!(ask(&verifier, &old, later(29)).is_ok());
    assert_eq!(server.asked(), 1);
    assert!(ask(&verifier, &new, later(30)).is_ok());
    assert_eq!(server.asked(), 2);
    assert_eq!(ask(&verifier, &old, later(31)), Err(Reason::KidUnknown), "remembered past its key");
}

#[test]
fn a_new_key_under_an_old_id_ends_what_the_old_one_signed() {
    let mut replaced = signer("EdDSA-new").jwk();
    replaced["kid"] = "ed".into();
    let server = Server::start(Some(keys(&["EdDSA"])));
    let verifier = server.verifier();
    let token = signer("EdDSA").mint(&but(machine(), &json!({ "exp": now().timestamp() + 600 })));
    assert!(ask(&verifier, &token, now()).is_ok());
    server.answer(Some(key_set(&[replaced])));
    let unknown = signer("EdDSA").mint_with(&json!({ "kid": "x" }), &machine());
    assert_eq!(ask(&verifier, &unknown, later(30)), Err(Reason::KidUnknown));
    assert_eq!(ask(&verifier, &token, later(30)), Err(Reason::SignatureInvalid));
}

#[test]
fn unknown_key_ids_cause_one_fetch_in_thirty_seconds() {
    let server = Server::start(Some(keys(&["EdDSA"])));
    let verifier = server.verifier();
    for number in 0..200_i64 {
        let kid = format!("made-up-{number}");
        let token = signer("EdDSA").mint_with(&json!({ "kid": kid }), &machine());
        let at = now() + TimeDelta::milliseconds(number * 149);
        assert_eq!(ask(&verifier, &token, at), Err(Reason::KidUnknown));
    }
    assert_eq!(server.asked(), 1);
}

#[test]
fn many_at_once_share_one_fetch() {
    let server = Server::start(Some(keys(&["EdDSA"])));
    let verifier = server.verifier();
    let token = signer("EdDSA").mint(&machine());
    std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..12).map(|_| scope.spawn(|| ask(&verifier, &token, now()).is_ok())).collect();
        assert!(calls.into_iter().all(|call| call.join().unwrap()));
    });
    assert_eq!(server.asked(), 1);
}

#[test]
fn without_keys_a_token_is_unavailable_and_not_wrong() {
    let server = Server::start(None);
    let verifier = server.verifier();
    let header = format!("Bearer {}", signer("EdDSA").mint(&machine()));
    let refusal = verifier.verify(&[&header], now()).unwrap_err();
    assert_eq!(refusal.reason(), Reason::KeysUnavailable);
    assert!(refusal.is_unavailable());
    assert!(verifier.verify(&[&header], later(1)).unwrap_err().is_unavailable());
    assert_eq!(server.asked(), 1);
    server.answer(Some(keys(&["EdDSA"])));
    assert!(verifier.verify(&[&header], later(30)).is_ok());
}

#[test]
fn old_keys_stay_while_fetches_fail_and_a_broken_set_is_a_failure() {
    let server = Server::start(Some(keys(&["EdDSA"])));
    let verifier = server.verifier();
    assert!(verifier.refresh_due(now()).is_empty());
    let twice = key_set(&[signer("EdDSA").jwk(), signer("EdDSA").jwk()]);
    for (answer, at) in [(None, 3_600), (Some("{".to_owned()), 3_700), (Some(twice), 3_800)] {
        server.answer(answer);
        let failed = verifier.refresh_due(later(at));
        assert_eq!(failed.len(), 1);
        let issued = later(at).timestamp();
        let claims = but(machine(), &json!({ "iat": issued, "exp": issued + 60 }));
        assert!(ask(&verifier, &signer("EdDSA").mint(&claims), later(at)).is_ok());
    }
}

#[test]
fn the_quick_check_never_fetches() {
    let server = Server::start(Some(keys(&["EdDSA"])));
    let verifier = server.verifier();
    let header = format!("Bearer {}", signer("EdDSA").mint(&machine()));
    assert!(verifier.verify_at_hand(&[&header], now()).is_none());
    assert_eq!(server.asked(), 0);
    assert!(verifier.verify(&[&header], now()).is_ok());
    assert!(verifier.verify_at_hand(&[&header], now()).unwrap().is_ok());
}
