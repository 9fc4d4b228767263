//! Threads beside those that serve requests.

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime of its own, whose end waits for none of its threads, which is not allowed where requests are served.
pub struct Background {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Background {
    /// Starts its threads.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(builder: &mut Builder) -> std::io::Result<Self> {
        let runtime = builder.build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Where work is handed in.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
