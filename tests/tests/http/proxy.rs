//! A wire between two nodes that remembers what went over it and can be cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Everything of one direction that is remembered.
const REMEMBERED: usize = 1 << 20;
/// How long is waited for something to be asked.
const LONGEST: Duration = Duration::from_mins(3);

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
    answered: Vec<u8>,
    /// A request that holds this is the last thing that comes through.
    cut_at: Option<String>,
    /// What comes after this in an answer is changed, once.
    corrupt_after: Option<String>,
    /// A request that holds this breaks its connection off, so many times.
    breaks: Option<(String, usize)>,
    /// A request that holds this waits until it is let go.
    hold_at: Option<String>,
    is_held: bool,
    /// How long everything takes on the way.
    delay: Duration,
}

/// What becomes of what comes.
enum Way {
    Through,
    Waits,
    Nowhere,
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

    /// Leads there from now on, also who has kept a connection: it would lead to where it led.
    pub fn lead_all_to(&self, target: &str) {
        self.lead_to(target);
        self.cut();
        self.mend();
    }

    /// Cuts everything that is under way, and lets nothing through.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Cuts everything when something is asked for that holds this; the question does not come through.
    pub fn cut_at(&self, words: &str) {
        self.state.lock().unwrap().cut_at = Some(words.to_owned());
    }

    /// Breaks off the next connections on which something is asked for that holds this, and no others.
    pub fn break_off(&self, words: &str, times: usize) {
        self.state.lock().unwrap().breaks = Some((words.to_owned(), times));
    }

    /// Keeps what is asked for that holds this on the way, does something meanwhile, and lets it go.
    pub fn hold_at<T>(
        &self,
        words: &str,
        begin: impl FnOnce() -> T,
        meanwhile: impl FnOnce(),
    ) -> T {
        self.state.lock().unwrap().hold_at = Some(words.to_owned());
        let result = begin();
        let started = Instant::now();
        while !self.state.lock().unwrap().is_held {
            assert!(started.elapsed() < LONGEST, "nobody asked for {words}");
            std::thread::sleep(Duration::from_millis(10));
        }
        meanwhile();
        self.state.lock().unwrap().is_held = false;
        result
    }

    /// Makes everything slower.
    pub fn delay(&self, by: Duration) {
        self.state.lock().unwrap().delay = by;
    }

    /// Changes one byte of an answer, after these words.
    pub fn corrupt_once(&self, words: &str) {
        self.state.lock().unwrap().corrupt_after = Some(words.to_owned());
    }

    /// Lets things through again.
    pub fn mend(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = false;
        state.cut_at = None;
    }

    /// What went over the wire, both ways.
    pub fn both_ways(&self) -> String {
        let state = self.state.lock().unwrap();
        let asked = String::from_utf8_lossy(&state.asked).into_owned();
        asked + String::from_utf8_lossy(&state.answered).as_ref()
    }

    /// What was answered over the wire.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.state.lock().unwrap().answered).into_owned()
    }

    /// The last request for a path, as it went over the wire, to be sent again on a connection of its own.
    pub fn overheard(&self, path: &str) -> String {
        let state = self.state.lock().unwrap();
        let text = String::from_utf8_lossy(&state.asked).into_owned();
        let found = ["GET", "POST"].map(|verb| text.rfind(&format!("{verb} {path}")));
        let start = found.into_iter().flatten().max().unwrap_or_else(|| panic!("{text}"));
        let (head, rest) = text[start..].split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        format!("{head}\r\nConnection: close\r\n\r\n{}", &rest[..length.unwrap_or(0)])
    }
}

impl State {
    /// Remembers what comes through, and says whether it does.
    fn passes(&mut self, is_asked: bool, bytes: &mut [u8]) -> Way {
        let find = |words: &Option<String>, bytes: &[u8]| {
            let words = words.as_ref()?.as_bytes();
            let at = bytes.windows(words.len()).position(|window| window == words)?;
            Some(at + words.len())
        };
        if is_asked && find(&self.cut_at, bytes).is_some() {
            self.is_cut = true;
            return Way::Nowhere;
        }
        let breaks = self.breaks.as_ref().map(|(words, _)| words.clone());
        if is_asked
            && find(&breaks, bytes).is_some()
            && let Some((_, times @ 1..)) = &mut self.breaks
        {
            *times -= 1;
            return Way::Nowhere;
        }
        if !is_asked
            && let Some(at) = find(&self.corrupt_after, bytes)
            && let Some(byte) = bytes.get_mut(at)
        {
            *byte = if *byte == b'A' { b'B' } else { b'A' };
            self.corrupt_after = None;
        }
        let memory = if is_asked { &mut self.asked } else { &mut self.answered };
        if memory.len() < REMEMBERED {
            memory.extend_from_slice(bytes);
        }
        if is_asked && find(&self.hold_at, bytes).is_some() {
            (self.hold_at, self.is_held) = (None, true);
            return Way::Waits;
        }
        Way::Through
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
                let (way, delay) = {
                    let mut state = state.lock().unwrap();
                    (state.passes(listens, &mut bytes[..length]), state.delay)
                };
                match way {
                    Way::Through => std::thread::sleep(delay),
                    Way::Waits => {
                        while state.lock().unwrap().is_held {
                            std::thread::sleep(Duration::from_millis(10));
                        }
                    }
                    Way::Nowhere => break,
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
