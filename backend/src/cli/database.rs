//! What commands share that work on the database: a short-lived runtime, and the pools of the right database.

use super::dev::DevDatabase;
use super::{CliError, WithDatabase};
use crate::app::parts;
use crate::config::{Settings, Sources, load};
use std::future::Future;
use std::path::PathBuf;
use tokio::runtime::Runtime;
use tollgate_store::{Clock, CoreRuntime, Db};

/// Threads of the core runtime: what it does is waiting for the database, the disk and Redis.
const CORE_THREADS: usize = 2;

/// The core runtime and its handle.
pub fn core_runtime() -> Result<(Runtime, CoreRuntime), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CORE_THREADS)
        .thread_name("core")
        .enable_all()
        .build()
        .map_err(CliError::system("the runtime can't be started"))?;
    let core = CoreRuntime::new(runtime.handle().clone());
    Ok((runtime, core))
}

/// The settings of a command, and with `--dev` the database of `tollgate dev`, started if it does not run.
pub fn settings(
    config: Option<PathBuf>,
    on: WithDatabase,
) -> Result<(Settings, Option<DevDatabase>), CliError> {
    if on.dev {
        let dev = DevDatabase::find(config)?;
        return Ok((dev.settings.clone(), Some(dev)));
    }
    Ok((load(&Sources::of_process(config))?, None))
}

/// Runs a command's work with the pools open.
pub fn run<F, W>(config: Option<PathBuf>, on: WithDatabase, work: W) -> Result<F::Output, CliError>
where
    W: FnOnce(Db) -> F,
    F: Future,
{
    run_with(config, on, |db, _| work(db))
}

/// As [`run`], with the settings.
pub fn run_with<F, W>(config: Option<PathBuf>, on: WithDatabase, work: W) -> Result<F::Output, CliError>
where
    W: FnOnce(Db, Settings) -> F,
    F: Future,
{
    let (settings, dev) = settings(config, on)?;
    let (runtime, core) = core_runtime()?;
    let output = runtime.block_on(async {
        let db = Db::connect(&parts::database(&settings)?, core.clone(), Clock::system()).await?;
        let output = work(db.clone(), settings).await;
        db.close().await;
        Ok::<_, CliError>(output)
    })?;
    drop(dev);
    Ok(output)
}
