//! Threads that bring questions to peers: each may wait for as long as its peer takes, and the end of the program waits for
//! none of them.

use crate::background::Background;
use tokio::runtime::Builder;

/// Threads that are kept for a while once they have nothing to do, since starting one costs more than waking one.
pub(super) struct Threads(Background);

impl Threads {
    /// At most so many at a time; more work waits.
    pub(super) fn new(most: usize) -> std::io::Result<Self> {
        let mut threads = Builder::new_current_thread();
        threads.thread_name("relay").max_blocking_threads(most.max(1));
        Background::start(&mut threads).map(Self)
    }

    /// Does something on one of them.
    pub(super) fn run(&self, work: impl FnOnce() + Send + 'static) {
        drop(self.0.handle().spawn_blocking(work));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    #[test]
    fn work_is_done_at_once_and_nobody_waits_for_what_hangs() {
        let threads = Threads::new(2).unwrap();
        let (hangs, hanging) = channel::<()>();
        let (done, told) = channel();
        threads.run(move || _ = hanging.recv());
        threads.run(move || done.send(std::thread::current().id()).unwrap());
        assert_ne!(
            told.recv_timeout(Duration::from_secs(10)).unwrap(),
            std::thread::current().id()
        );
        let began = Instant::now();
        drop(threads);
        assert!(began.elapsed() < Duration::from_secs(10));
        drop(hangs);
    }
}
