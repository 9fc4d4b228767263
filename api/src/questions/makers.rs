//! Threads that answers are made in, apart from those that serve requests.

use std::num::NonZeroUsize;
use tokio::runtime::{Builder, Runtime};

/// Threads for quick work: more than cores, since each waits for the end of a beat, and few, since each more costs time.
const A_CORE: usize = 4;

/// The threads.
pub struct Makers(Option<Runtime>);

impl Makers {
    /// Starts them.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // Without clock and sockets, which nothing here waits for and every thread would look at.
        let threads = Builder::new_multi_thread()
            .worker_threads(A_CORE * cores)
            .thread_name("maker")
            .build()?;
        Ok(Self(Some(threads)))
    }

    /// Does something that takes no longer than reading the records, and may block for as long.
    pub fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(threads) = &self.0 {
            threads.spawn(work);
        }
    }

    /// Does something that may take long, in a thread of its own, so that nobody waits behind it.
    pub fn run_apart(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(threads) = &self.0 {
            let handle = threads.handle().clone();
            threads.spawn_blocking(move || handle.block_on(work));
        }
    }
}

impl Drop for Makers {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
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
