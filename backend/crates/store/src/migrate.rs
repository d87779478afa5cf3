//! Brings the schema up to date. Migrations go forward only and are part of the binary; they and the roles' passwords
//! are the one thing that is done as the database's owner.

use crate::RolePasswords;
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use std::str::FromStr;

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations");

/// The oldest PostgreSQL that the schema runs on, as `server_version_num`.
const SERVER_VERSION_MIN: i32 = 150_000;
/// The lock that keeps two migrations of a database apart, passwords included: "migrate" in ASCII.
const LOCK: i64 = 0x006d_6967_7261_7465;

/// Why the schema can't be brought up to date, or looked at.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The URL is none.
    #[error("the database's URL can't be read: {0}")]
    Url(#[source] sqlx::Error),
    /// The database can't be reached, or refuses.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// PostgreSQL is too old.
    #[error("PostgreSQL 15 or newer is needed; this one is {0}")]
    TooOld(String),
    /// The database was migrated by a newer Tollgate, or its migrations were changed afterwards.
    #[error("the schema is not this version's: {0}")]
    Other(#[source] sqlx::migrate::MigrateError),
    /// A migration failed; nothing of it remains.
    #[error("{0}")]
    Failed(#[source] sqlx::migrate::MigrateError),
    /// A role's password can't be set.
    #[error("the password of {role} can't be set: {source}")]
    Password {
        /// Which.
        role: &'static str,
        /// Why not.
        source: sqlx::Error,
    },
}

impl From<sqlx::migrate::MigrateError> for MigrateError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError as Theirs;
        match error {
            Theirs::VersionMissing(_) | Theirs::VersionMismatch(_) | Theirs::Dirty(_) => Self::Other(error),
            _ => Self::Failed(error),
        }
    }
}

/// Applies what is missing and sets the roles' passwords, if they are given. Returns how many migrations were applied;
/// may be run at any time and by several at once.
///
/// # Errors
/// See [`MigrateError`].
pub async fn run(owner_url: &SecretString, passwords: Option<&RolePasswords>) -> Result<usize, MigrateError> {
    let mut owner = connect(owner_url).await?;
    let number: i32 =
        sqlx::query_scalar!(r#"SELECT current_setting('server_version_num')::int AS "number!""#)
            .fetch_one(&mut owner)
            .await?;
    if number < SERVER_VERSION_MIN {
        return Err(MigrateError::TooOld(format!(
            "{}.{}",
            number / 10_000,
            number % 10_000
        )));
    }
    // Freed by closing the connection, whatever happens in between.
    sqlx::query!("SELECT pg_advisory_lock($1)", LOCK)
        .execute(&mut owner)
        .await?;
    let missing = missing(&mut owner).await?.len();
    MIGRATIONS.run_direct(None, &mut owner, false).await?;
    if let Some(passwords) = passwords {
        set_passwords(&mut owner, passwords).await?;
    }
    owner.close().await?;
    Ok(missing)
}

/// Names of the migrations that are still to be applied; none: the schema is up to date.
///
/// # Errors
/// See [`MigrateError`].
pub async fn pending(owner_url: &SecretString) -> Result<Vec<String>, MigrateError> {
    let mut owner = connect(owner_url).await?;
    let missing = missing(&mut owner).await?;
    owner.close().await?;
    Ok(missing)
}

async fn connect(owner_url: &SecretString) -> Result<PgConnection, MigrateError> {
    let options = PgConnectOptions::from_str(owner_url.expose_secret()).map_err(MigrateError::Url)?;
    Ok(options.application_name("tollgate migrate").connect().await?)
}

async fn missing(owner: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    let there = sqlx::query_scalar!(
        "SELECT to_regclass($1) IS NOT NULL",
        MIGRATIONS.table_name.as_ref()
    )
    .fetch_one(&mut *owner)
    .await?;
    let applied = if there == Some(true) {
        owner.list_applied_migrations(&MIGRATIONS.table_name).await?
    } else {
        Vec::new()
    };
    if let Some(unknown) = applied
        .iter()
        .find(|applied| !MIGRATIONS.version_exists(applied.version))
    {
        return Err(sqlx::migrate::MigrateError::VersionMissing(unknown.version).into());
    }
    let missing = MIGRATIONS
        .iter()
        .filter(|migration| applied.iter().all(|applied| applied.version != migration.version));
    Ok(missing
        .map(|migration| format!("{:04} {}", migration.version, migration.description))
        .collect())
}

/// ALTER ROLE takes no parameters, so the server itself writes the statement, quoting what has to be.
async fn set_passwords(owner: &mut PgConnection, passwords: &RolePasswords) -> Result<(), MigrateError> {
    let roles = [
        ("tollgate_app", &passwords.app),
        ("tollgate_settle", &passwords.settle),
        ("tollgate_jobs", &passwords.jobs),
        ("tollgate_resolver", &passwords.resolver),
    ];
    for (role, password) in roles {
        set_password(owner, role, password)
            .await
            .map_err(|source| MigrateError::Password { role, source })?;
    }
    Ok(())
}

async fn set_password(
    owner: &mut PgConnection,
    role: &str,
    password: &SecretString,
) -> Result<(), sqlx::Error> {
    let statement = sqlx::query_scalar!(
        r#"SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text) AS "statement!""#,
        role,
        password.expose_secret()
    )
    .fetch_one(&mut *owner)
    .await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(owner).await?;
    Ok(())
}
