//! Brings the private cluster's one database to the state that a gateway needs: there, and migrated.

use super::cluster::Cluster;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use tollgate_store::{MigrateError, migrate};

/// Why the database can't be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The server refuses.
    #[error("the private database: {0}")]
    Server(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the private database's schema: {0}")]
    Migrate(#[from] MigrateError),
}

/// Makes the database if there is none, and brings its schema up to date. Its roles need no passwords: whoever can open
/// the socket is trusted.
///
/// # Errors
/// See [`PrepareError`].
pub async fn prepare(cluster: &Cluster) -> Result<(), PrepareError> {
    let mut server = PgConnectOptions::from_str(&cluster.maintenance_url())?
        .connect()
        .await?;
    let there = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'tollgate') AS "there!""#
    )
    .fetch_one(&mut server)
    .await?;
    if !there {
        sqlx::raw_sql("CREATE DATABASE tollgate")
            .execute(&mut server)
            .await?;
    }
    server.close().await?;
    migrate(&cluster.url().to_owned().into(), None).await?;
    Ok(())
}
