//! An exchange in the database: one statement, one round trip, all or nothing. Never in here: what is exchanged.

use super::desk::{Answer, AnswerLine, Exchange};
use crate::error::LedgerError;
use crate::node::{NodeEpoch, heard_since};
use crate::settle::column;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_store::{Db, StoreError};

/// The wallet has one period without end; it starts here.
pub(crate) const WALLET_PERIOD: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// How long an exchange may take before its outcome counts as unknown.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(2);
/// The database function's word for a fenced epoch.
const FENCED: &str = "TG001";

/// Carries an exchange out.
///
/// # Errors
/// Whatever went wrong: then it may have happened or not, but for `Fenced`.
pub(super) async fn exchange(
    db: &Db,
    node: &NodeEpoch,
    tenant: TenantId,
    exchange: &Exchange,
) -> Result<Answer, LedgerError> {
    let unanswered = || LedgerError::Store(StoreError::Unavailable(sqlx::Error::PoolTimedOut));
    let statement = tokio::time::timeout(EXCHANGE_LIMIT, db.settle_statement()).await;
    let mut statement = statement.map_err(|_| unanswered())??;
    let asked = ask(statement.conn(), db, node, tenant, exchange);
    if let Ok(answer) = tokio::time::timeout(EXCHANGE_LIMIT, asked).await {
        return answer;
    }
    statement.discard();
    Err(unanswered())
}

async fn ask(
    connection: &mut sqlx::PgConnection,
    db: &Db,
    node: &NodeEpoch,
    tenant: TenantId,
    exchange: &Exchange,
) -> Result<Answer, LedgerError> {
    let (lines, claims, now) = (&exchange.lines, &exchange.claims, db.clock().now());
    let place = |place: usize| i32::try_from(place).unwrap_or(i32::MAX);
    // Both count from 1 in the database.
    let purses: Vec<i32> = claims
        .iter()
        .flat_map(|claim| claim.purses.iter().map(|at| place(at + 1)))
        .collect();
    let ends = claims.iter().scan(0, |end, claim| {
        *end += claim.purses.len();
        Some(place(*end))
    });
    let rows = sqlx::query!(
        r#"SELECT granted AS "granted!", taken AS "taken!", high AS "high!", remains AS "remains!", running AS "running!",
                  lost AS "lost!", is_direct AS "is_direct!", met AS "met!"
           FROM exchange_budgets($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
           ORDER BY number"#,
        tenant.0,
        node.node_id().0,
        node.epoch(),
        exchange.number,
        now,
        heard_since(now),
        &column(lines, |line| line.key.budget.0),
        &column(lines, |line| line.key.start),
        &column(lines, |line| line.back),
        &column(lines, |line| line.free),
        &column(lines, |line| line.running),
        &column(lines, |line| line.typical),
        &column(lines, |line| line.wish),
        &column(lines, |line| line.fence),
        &column(claims, |claim| claim.amount),
        &ends.collect::<Vec<_>>(),
        &purses
    )
    .fetch_all(connection)
    .await
    .map_err(told)?;
    if rows.len() != lines.len() {
        return Err(LedgerError::Figure(format!(
            "{} purses were asked for, {} were answered",
            lines.len(),
            rows.len()
        )));
    }
    let met = rows.first().map(|row| row.met.clone()).unwrap_or_default();
    let lines = rows.iter().map(|row| AnswerLine {
        granted: row.granted,
        taken: row.taken,
        limit: row.high,
        remains: row.remains,
        running: row.running,
        lost: row.lost,
        direct: row.is_direct,
    });
    Ok(Answer {
        lines: lines.collect(),
        met,
    })
}

fn told(error: sqlx::Error) -> LedgerError {
    match &error {
        sqlx::Error::Database(refused) if refused.code().as_deref() == Some(FENCED) => LedgerError::Fenced,
        _ => error.into(),
    }
}
