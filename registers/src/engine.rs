//! Apache DataFusion, held to a memory limit and on threads of its own, so that a query never delays
//! those who serve requests.

use crate::{Config, Error, contributions::memory::Memory, opened::Opened};
use datafusion::{
    dataframe::DataFrame,
    execution::{
        config::SessionConfig, context::SessionContext, options::ParquetReadOptions,
        runtime_env::RuntimeEnvBuilder,
    },
};
use std::{collections::HashMap, path::PathBuf, sync::Arc, sync::Mutex};
use tokio::runtime::{Builder, Handle, Runtime};

/// The engine of one installation.
pub(crate) struct Engine {
    /// Reads a file from its first record to its last.
    in_order: SessionContext,
    /// Reads a file on every core.
    in_parallel: SessionContext,
    runtime: Option<Runtime>,
    handle: Handle,
    /// Editions whose files have been verified.
    pub opened: Mutex<HashMap<PathBuf, Arc<Opened>>>,
    /// The columns that questions read.
    memory: Memory,
}

impl Engine {
    /// Starts the threads.
    pub(crate) fn start(config: &Config) -> Result<Self, Error> {
        let environment =
            RuntimeEnvBuilder::new().with_memory_limit(config.memory_limit, 1.0).build_arc()?;
        let session = |partitions| {
            let mut session = SessionConfig::new()
                .with_target_partitions(partitions)
                .with_batch_size(config.batch_rows)
                .with_repartition_file_min_size(1 << 20)
                .with_collect_statistics(false);
            let parquet = &mut session.options_mut().execution.parquet;
            parquet.pushdown_filters = true;
            parquet.schema_force_view_types = false;
            SessionContext::new_with_config_rt(session, Arc::clone(&environment))
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(config.threads.max(1))
            .thread_name("registers")
            .build()
            .map_err(Error::io("start threads for", &config.root))?;
        Ok(Self {
            in_order: session(1),
            in_parallel: session(config.threads.max(1)),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            opened: Mutex::default(),
            memory: Memory::default(),
        })
    }

    /// The engine's own threads.
    pub(crate) const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The columns that questions read.
    pub(crate) const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// An edition's records in the order of the file.
    pub(crate) async fn in_order(&self, file: &Opened) -> Result<DataFrame, Error> {
        scan(self.in_order.clone(), file).await
    }

    /// An edition's records in any order.
    pub(crate) async fn in_parallel(&self, file: &Opened) -> Result<DataFrame, Error> {
        scan(self.in_parallel.clone(), file).await
    }
}

impl Drop for Engine {
    /// Waiting for threads is not allowed where requests are served.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn scan(context: SessionContext, file: &Opened) -> Result<DataFrame, Error> {
    let options = ParquetReadOptions::default().schema(&file.schema);
    let path = file.path.to_string_lossy().into_owned();
    Ok(context.read_parquet(path, options).await?)
}
