//! Transactions as values, one type per role, so that code which touches tenant data can't be handed a bare connection.

use crate::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use tollgate_contract::ids::TenantId;

/// A transaction of one tenant, as `tollgate_app`. Dropping it rolls back.
#[derive(Debug)]
pub struct TenantTx {
    transaction: Transaction<'static, Postgres>,
    tenant: TenantId,
}

impl TenantTx {
    /// One statement string, hence one round trip, begins the transaction and sets its tenant.
    /// A UUID prints as hex digits and hyphens only, so nothing can be smuggled into the text.
    pub(crate) async fn begin(pool: &PgPool, tenant: TenantId) -> Result<Self, StoreError> {
        Self::begin_as(pool, tenant, "BEGIN").await
    }

    /// The same for reading alone, all of it of one moment.
    pub(crate) async fn begin_snapshot(pool: &PgPool, tenant: TenantId) -> Result<Self, StoreError> {
        Self::begin_as(pool, tenant, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await
    }

    async fn begin_as(pool: &PgPool, tenant: TenantId, begin: &'static str) -> Result<Self, StoreError> {
        let begin = format!(
            "{begin}; SELECT set_config('tollgate.tenant', '{}', true)",
            tenant.0
        );
        // A connection that died in the pool shows itself here: the next one is tried, as often as the pool is large.
        let mut last = None;
        for _ in 0..=pool.size() {
            match pool.begin_with(AssertSqlSafe(begin.clone())).await {
                Ok(transaction) => return Ok(Self { transaction, tenant }),
                Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Database(_))) => last = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.unwrap_or(sqlx::Error::PoolTimedOut).into())
    }

    /// Whose transaction this is.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    /// The connection, for a query.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Lets the statements of this transaction take up to ten minutes: for what runs apart from anybody's page, a few at
    /// once, and has to be whole (files, a month's close).
    ///
    /// # Errors
    /// `Unavailable` if the connection broke.
    pub async fn unhurried(&mut self) -> Result<(), StoreError> {
        sqlx::query!("SET LOCAL statement_timeout = '10min'")
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Makes it so.
    ///
    /// # Errors
    /// `Unavailable` if the connection broke: then it is not known whether it was committed.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

/// A settlement transaction, as `tollgate_settle`. Dropping it rolls back.
#[derive(Debug)]
pub struct SettleTx(pub(crate) Transaction<'static, Postgres>);

impl SettleTx {
    /// The connection, for a query.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    /// Makes it so.
    ///
    /// # Errors
    /// As for [`TenantTx::commit`].
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

/// A connection as `tollgate_settle`, over all tenants, for a statement that is a transaction by itself: one round trip
/// instead of three.
#[derive(Debug)]
pub struct SettleStatement(pub(crate) PoolConnection<Postgres>);

impl SettleStatement {
    /// The connection, for the one query.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    /// The query was given up while it ran: nobody may use its connection any more.
    pub fn discard(mut self) {
        self.0.close_on_drop();
    }
}

/// A transaction of jobs and operator's commands, as `tollgate_jobs`. Dropping it rolls back.
#[derive(Debug)]
pub struct JobsTx(pub(crate) Transaction<'static, Postgres>);

impl JobsTx {
    /// The connection, for a query.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    /// Makes it so.
    ///
    /// # Errors
    /// As for [`TenantTx::commit`].
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}
