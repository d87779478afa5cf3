//! What commands share that work on the database: a short-lived runtime, and the pools of the right database.

use super::dev::DevDatabase;
use super::{CliError, WithDatabase};
use crate::config::{Settings, Sources, load};
use secrecy::SecretString;
use std::future::Future;
use std::path::PathBuf;
use tokio::runtime::Runtime;
use tollgate_store::{Clock, CoreRuntime, Db, DbSettings, RolePasswords};

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

/// How to reach the database that the settings name.
pub fn db_settings(settings: &Settings) -> Result<DbSettings, CliError> {
    Ok(DbSettings {
        url: settings.database_url()?.clone(),
        role_passwords: role_passwords(settings)?,
        max_connections: settings.database.max_connections,
    })
}

/// The four roles' passwords: all or none.
pub fn role_passwords(settings: &Settings) -> Result<Option<RolePasswords>, CliError> {
    let database = &settings.database;
    let passwords: [Option<&SecretString>; 4] = [
        database.app_password.as_ref(),
        database.settle_password.as_ref(),
        database.jobs_password.as_ref(),
        database.resolver_password.as_ref(),
    ];
    match passwords {
        [None, None, None, None] => Ok(None),
        [Some(app), Some(settle), Some(jobs), Some(resolver)] => Ok(Some(RolePasswords {
            app: app.clone(),
            settle: settle.clone(),
            jobs: jobs.clone(),
            resolver: resolver.clone(),
        })),
        _ => Err(CliError::Said(
            "TOLLGATE_DATABASE_APP_PASSWORD, …_SETTLE_PASSWORD, …_JOBS_PASSWORD and …_RESOLVER_PASSWORD: set all four, \
             or none where the server asks for none"
                .to_owned(),
        )),
    }
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
    let (settings, dev) = settings(config, on)?;
    let (runtime, core) = core_runtime()?;
    let output = runtime.block_on(async {
        let db = Db::connect(&db_settings(&settings)?, core.clone(), Clock::system()).await?;
        let output = work(db.clone()).await;
        db.close().await;
        Ok::<_, CliError>(output)
    })?;
    drop(dev);
    Ok(output)
}
