//! A wire between two nodes that remembers what went over it and can be cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Everything of one direction that is remembered.
const REMEMBERED: usize = 1 << 20;

/// A port that leads to another, which may be told later.
pub struct Proxy {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    target: Option<String>,
    is_cut: bool,
    open: Vec<TcpStream>,
    asked: Vec<u8>,
}

impl Proxy {
    /// A free port that leads nowhere yet.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::downgrade(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(state) = shared.upgrade() else { return };
                lead(&state, &stream);
            }
        });
        Self { address, state }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it leads.
    pub fn lead_to(&self, target: &str) {
        self.state.lock().unwrap().target = Some(target.to_owned());
    }

    /// Cuts everything that is under way, and lets nothing through.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets things through again.
    pub fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }

    /// The last request for a path, as it went over the wire, to be sent again on a connection of its own.
    pub fn overheard(&self, path: &str) -> String {
        let state = self.state.lock().unwrap();
        let text = String::from_utf8_lossy(&state.asked).into_owned();
        let start = text.rfind(&format!("GET {path}")).unwrap_or_else(|| panic!("{text}"));
        let end = text[start..].find("\r\n\r\n").unwrap();
        format!("{}\r\nConnection: close\r\n\r\n", &text[start..start + end])
    }
}

fn lead(state: &Arc<Mutex<State>>, caller: &TcpStream) {
    let mut held = state.lock().unwrap();
    let target = held.target.clone().filter(|_| !held.is_cut);
    let Some(server) = target.and_then(|target| TcpStream::connect(target).ok()) else { return };
    held.open.push(caller.try_clone().unwrap());
    held.open.push(server.try_clone().unwrap());
    drop(held);
    for (from, to, listens) in [(caller, &server, true), (&server, caller, false)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            let mut bytes = [0; 16 << 10];
            while let Ok(length @ 1..) = from.read(&mut bytes) {
                if listens {
                    let mut held = state.lock().unwrap();
                    if held.asked.len() < REMEMBERED {
                        held.asked.extend_from_slice(&bytes[..length]);
                    }
                }
                if to.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }
}
