//! Threads that answers are made in, apart from those that serve requests.

use crate::background::Background;
use std::num::NonZeroUsize;
use tokio::runtime::Builder;

/// Threads for quick work: more than cores, since each waits for the end of a beat, and few, since each more costs time.
const A_CORE: usize = 4;

/// The threads.
pub struct Makers(Background);

impl Makers {
    /// Starts them.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // Without clock and sockets, which nothing here waits for and every thread would look at.
        let mut threads = Builder::new_multi_thread();
        threads.worker_threads(A_CORE * cores).thread_name("maker");
        Background::start(&mut threads).map(Self)
    }

    /// Does something that takes no longer than reading the records, and may block for as long.
    pub fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.handle().spawn(work));
    }

    /// Does something that may take long, in a thread of its own, so that nobody waits behind it.
    pub fn run_apart(&self, work: impl Future<Output = ()> + Send + 'static) {
        let handle = self.0.handle().clone();
        drop(self.0.handle().spawn_blocking(move || handle.block_on(work)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn nobody_waits_behind_what_takes_long_or_falls() {
        let makers = Makers::start().unwrap();
        let cores = std::thread::available_parallelism().unwrap().get();
        let hang: Vec<_> = (0..2 * A_CORE * cores)
            .map(|_| {
                let (go_on, hangs) = channel::<()>();
                makers.run_apart(async move {
                    hangs.recv().unwrap_err();
                });
                makers.run(async { panic!("this is meant to fall") });
                go_on
            })
            .collect();
        let (done, told) = channel();
        makers.run(async move { done.send(()).unwrap() });
        told.recv_timeout(PATIENCE).unwrap();
        drop(hang);
        let (done, told) = channel();
        makers.run_apart(async move { done.send(()).unwrap() });
        told.recv_timeout(PATIENCE).unwrap();
    }
}
