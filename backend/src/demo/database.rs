//! Brings the private cluster's one database to the state that a gateway needs: there, migrated, with a price book.

use super::cluster::Cluster;
use crate::prices::{self, PricesError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tollgate_store::{Clock, MigrateError};

/// Why the database can't be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The server refuses.
    #[error("the private database: {0}")]
    Server(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the private database's schema: {0}")]
    Migrate(#[from] MigrateError),
    /// The price book can't be written.
    #[error(transparent)]
    Prices(#[from] PricesError),
}
