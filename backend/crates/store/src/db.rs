//! The database as the rest of the house sees it: one pool per role, all owned by the core runtime.

use crate::{Clock, CoreRuntime, JobsTx, SettleStatement, SettleTx, TenantTx};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;
use tollgate_contract::ids::TenantId;

/// How long to wait for a free connection before a request fails as "database unavailable".
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that one statement of `tollgate_app` may take, in milliseconds: whoever is signed in can bring one about,
/// and no page waits longer. What may take longer says so ([`TenantTx::unhurried`]).
const APP_STATEMENT_MAX_MS: &str = "60000";
/// Each statement is planned for its values. A plan that is kept for any values takes a filter that may be absent for one
/// that leaves next to nothing, and a tenant for an average one: for the largest it is slower by thousands of times.
/// Settlement, which runs the same few statements all the time, keeps its plans.
const PLANNED_ANEW: (&str, &str) = ("plan_cache_mode", "force_custom_plan");
/// The jobs' pool: a verification takes three at once.
const JOBS_CONNECTIONS: u32 = 6;
/// Connections idle longer than this are closed, so that a quiet node holds few.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);

/// `query_canceled`: what a statement that takes too long ends with.
const STATEMENT_CANCELLED: &str = "57014";

/// Where the database is. Each role signs in with a password of its own.
#[derive(Clone, Debug)]
pub struct DbSettings {
    /// URL of the database; its user is the owner, used by `migrate` alone.
    pub url: SecretString,
    /// Password of each role; `None` where the server asks for none (a private Unix socket).
    pub role_passwords: Option<RolePasswords>,
    /// Upper bound of the app role's pool; the other pools are small.
    pub max_connections: u32,
}

/// The four roles' passwords.
#[derive(Clone, Debug)]
pub struct RolePasswords {
    /// Of `tollgate_app`.
    pub app: SecretString,
    /// Of `tollgate_settle`.
    pub settle: SecretString,
    /// Of `tollgate_jobs`.
    pub jobs: SecretString,
    /// Of `tollgate_resolver`.
    pub resolver: SecretString,
}

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, or has no free connection: try again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A unique key is taken; carries the constraint's name.
    #[error("already exists ({0})")]
    Duplicate(String),
    /// A statement took longer than one may: ask for less.
    #[error("the database took too long: {0}")]
    TooLong(#[source] sqlx::Error),
    /// Any other refusal by the database: a fault of ours.
    #[error("the database refused: {0}")]
    Refused(#[source] sqlx::Error),
    /// The URL or a password in the settings can't be used.
    #[error("database settings: {0}")]
    Settings(String),
    /// The process is ending.
    #[error("the server is stopping")]
    Stopped,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => {
                if refusal.is_unique_violation() {
                    return Self::Duplicate(refusal.constraint().unwrap_or_default().to_owned());
                }
                // 57P01–57P03: shutting down or starting; 53300: too many connections; 08xxx: connection lost.
                let code = refusal.code().unwrap_or_default();
                if code.starts_with("57P") || code.starts_with("08") || code == "53300" {
                    return Self::Unavailable(error);
                }
                if code == STATEMENT_CANCELLED {
                    return Self::TooLong(error);
                }
                Self::Refused(error)
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::PoolClosed => Self::Stopped,
            _ => Self::Refused(error),
        }
    }
}

/// The database. Cheap to clone; usable from any thread.
#[derive(Clone, Debug)]
pub struct Db {
    core: CoreRuntime,
    clock: Clock,
    app: PgPool,
    settle: PgPool,
    jobs: PgPool,
    pub(crate) resolver: PgPool,
    jobs_options: PgConnectOptions,
}

impl Db {
    /// Opens the pools; each signs in once, so that a wrong password stops the start.
    ///
    /// # Errors
    /// `Settings` for a URL that is none, `Unavailable` or `Refused` if a role can't sign in.
    pub async fn connect(settings: &DbSettings, core: CoreRuntime, clock: Clock) -> Result<Self, StoreError> {
        let base = PgConnectOptions::from_str(settings.url.expose_secret())
            .map_err(|error| StoreError::Settings(format!("the URL can't be read: {error}")))?;
        let passwords = settings.role_passwords.as_ref();
        let role = |name: &str, password: Option<&SecretString>| {
            let options = base.clone().username(name).application_name("tollgate");
            match password {
                Some(password) => options.password(password.expose_secret()),
                None => options,
            }
        };
        let jobs_options = role("tollgate_jobs", passwords.map(|p| &p.jobs)).options([PLANNED_ANEW]);
        let app_options = role("tollgate_app", passwords.map(|p| &p.app))
            .options([("statement_timeout", APP_STATEMENT_MAX_MS), PLANNED_ANEW]);
        let settle_options = role("tollgate_settle", passwords.map(|p| &p.settle));
        let resolver_options = role("tollgate_resolver", passwords.map(|p| &p.resolver));
        let max = settings.max_connections.max(2);
        let connecting = {
            let jobs_options = jobs_options.clone();
            async move {
                Ok::<_, sqlx::Error>((
                    pool(app_options, max).await?,
                    pool(settle_options, 4).await?,
                    pool(jobs_options, JOBS_CONNECTIONS).await?,
                    pool(resolver_options, (max / 2).max(2)).await?,
                ))
            }
        };
        let (app, settle, jobs, resolver) = core.run(connecting).await??;
        Ok(Self {
            core,
            clock,
            app,
            settle,
            jobs,
            resolver,
            jobs_options,
        })
    }

    /// Begins a transaction for one tenant, as `tollgate_app`: row-level security shows that tenant alone.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantTx, StoreError> {
        let pool = self.app.clone();
        self.core
            .run(async move { TenantTx::begin(&pool, tenant).await })
            .await?
    }

    /// As [`Self::tenant`], but reads only, and all of one moment: what several queries say of it ties.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn tenant_snapshot(&self, tenant: TenantId) -> Result<TenantTx, StoreError> {
        let pool = self.app.clone();
        self.core
            .run(async move { TenantTx::begin_snapshot(&pool, tenant).await })
            .await?
    }

    /// Begins a settlement transaction, as `tollgate_settle`, over all tenants.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn settle(&self) -> Result<SettleTx, StoreError> {
        let pool = self.settle.clone();
        self.core
            .run(async move { Ok(SettleTx(pool.begin().await?)) })
            .await?
    }

    /// A connection as `tollgate_settle` for one statement that is a transaction by itself.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn settle_statement(&self) -> Result<SettleStatement, StoreError> {
        let pool = self.settle.clone();
        self.core
            .run(async move { Ok(SettleStatement(pool.acquire().await?)) })
            .await?
    }

    /// Begins a transaction of the background jobs and operator's commands, as `tollgate_jobs`, over all tenants.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn jobs(&self) -> Result<JobsTx, StoreError> {
        let pool = self.jobs.clone();
        self.core
            .run(async move { Ok(JobsTx(pool.begin().await?)) })
            .await?
    }

    /// Options of a direct connection outside the pools, as `tollgate_jobs`: for LISTEN and advisory locks.
    pub fn direct_options(&self) -> PgConnectOptions {
        self.jobs_options.clone()
    }

    /// The core runtime that owns the pools.
    pub fn core(&self) -> &CoreRuntime {
        &self.core
    }

    /// The clock of the house.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// `Unavailable` if it gives none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let pool = self.resolver.clone();
        self.core
            .run(async move {
                sqlx::query_scalar!("SELECT 1").fetch_one(&pool).await?;
                Ok(())
            })
            .await?
    }

    /// Connections open and idle in the app role's pool, for metrics.
    pub fn pool_size(&self) -> (u32, usize) {
        (self.app.size(), self.app.num_idle())
    }

    /// Closes all pools; transactions under way end first.
    pub async fn close(&self) {
        for pool in [&self.app, &self.settle, &self.jobs, &self.resolver] {
            pool.close().await;
        }
    }
}

/// `test_before_acquire` would cost a round trip per transaction; a dead connection shows itself in the first statement.
async fn pool(options: PgConnectOptions, max: u32) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(max)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}
