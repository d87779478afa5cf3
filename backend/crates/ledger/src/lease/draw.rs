//! Drawing a slice of a wallet in PostgreSQL: one short transaction, in the order epoch → period → lease.

use crate::error::LedgerError;
use crate::lease::purse::Need;
use crate::node::NodeEpoch;
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{BudgetId, TenantId};
use tollgate_store::{Db, SettleTx};
use uuid::Uuid;

/// A slice is at most this part of what is left (2 %), unless the request at hand needs more.
const SLICE_PART: i64 = 50;

/// The wallet has one period without end; it starts here.
pub(crate) const WALLET_PERIOD: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// What a draw brought.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drawn {
    /// The lease now stands at `total`, `slice` more than before.
    Granted {
        budget: BudgetId,
        total: i64,
        slice: i64,
    },
    /// There isn't enough left.
    Refused { undrawn: i64, held_by_others: i64 },
}

/// How much to grant: at least what is needed, at most what is left.
fn slice(undrawn: i64, need: Need) -> i64 {
    (undrawn / SLICE_PART)
        .max(need.wanted)
        .min(undrawn)
        .max(need.least)
        .max(0)
}

/// Draws for one tenant.
pub(super) async fn draw(
    db: &Db,
    node: &NodeEpoch,
    tenant: TenantId,
    need: Need,
) -> Result<Drawn, LedgerError> {
    let mut tx = db.settle().await?;
    node.hold(&mut tx).await?;
    let wallet = sqlx::query!(
        "SELECT b.budget_id, p.limit_nano, p.granted_nano
         FROM budgets b JOIN budget_periods p ON p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
         WHERE b.tenant_id = $1 AND b.kind = 'wallet' AND p.period_start = $2
         FOR UPDATE OF p",
        tenant.0,
        WALLET_PERIOD
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(wallet) = wallet else {
        return Ok(Drawn::Refused {
            undrawn: 0,
            held_by_others: 0,
        });
    };
    // What other leases have settled beyond their grants is gone as well, until they are closed.
    let others = sqlx::query!(
        r#"SELECT COALESCE(sum(GREATEST(granted_nano - settled_nano, 0)), 0)::bigint AS "held!",
                  COALESCE(sum(GREATEST(settled_nano - granted_nano, 0)), 0)::bigint AS "uncovered!"
           FROM budget_leases
           WHERE tenant_id = $1 AND budget_id = $2 AND period_start = $3 AND closed_at IS NULL
             AND (node_id, epoch) <> ($4, $5)"#,
        tenant.0,
        wallet.budget_id,
        WALLET_PERIOD,
        node.node_id().0,
        node.epoch()
    )
    .fetch_one(tx.conn())
    .await?;
    let undrawn = wallet
        .limit_nano
        .saturating_sub(wallet.granted_nano)
        .saturating_sub(others.uncovered);
    if undrawn < need.least {
        return Ok(Drawn::Refused {
            undrawn,
            held_by_others: others.held,
        });
    }
    let slice = slice(undrawn, need);
    let total = grant(
        &mut tx,
        node,
        (tenant.0, wallet.budget_id),
        slice,
        db.clock().now(),
    )
    .await?;
    tx.commit().await?;
    Ok(Drawn::Granted {
        budget: BudgetId(wallet.budget_id),
        total,
        slice,
    })
}

/// Raises period and lease by a slice; tells what the lease stands at.
async fn grant(
    tx: &mut SettleTx,
    node: &NodeEpoch,
    (tenant, budget): (Uuid, Uuid),
    slice: i64,
    now: DateTime<Utc>,
) -> Result<i64, LedgerError> {
    let raised = sqlx::query!(
        "UPDATE budget_periods SET granted_nano = granted_nano + $4
         WHERE tenant_id = $1 AND budget_id = $2 AND period_start = $3 AND granted_nano + $4 <= limit_nano",
        tenant,
        budget,
        WALLET_PERIOD,
        slice
    )
    .execute(tx.conn())
    .await?;
    if raised.rows_affected() != 1 && slice > 0 {
        return Err(LedgerError::Figure(format!(
            "a slice of {slice} would pass the limit of wallet {tenant}"
        )));
    }
    Ok(sqlx::query_scalar!(
        "INSERT INTO budget_leases (tenant_id, budget_id, period_start, node_id, epoch, granted_nano, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, budget_id, period_start, node_id, epoch)
         DO UPDATE SET granted_nano = budget_leases.granted_nano + excluded.granted_nano, updated_at = excluded.updated_at
         RETURNING granted_nano",
        tenant,
        budget,
        WALLET_PERIOD,
        node.node_id().0,
        node.epoch(),
        slice,
        now
    )
    .fetch_one(tx.conn())
    .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_a_fiftieth_unless_the_request_needs_more() {
        assert_eq!(
            slice(
                1_000_000,
                Need {
                    least: 100,
                    wanted: 100
                }
            ),
            20_000
        );
        assert_eq!(
            slice(
                1_000_000,
                Need {
                    least: 50_000,
                    wanted: 50_000
                }
            ),
            50_000
        );
        assert_eq!(
            slice(
                60_000,
                Need {
                    least: 50_000,
                    wanted: 500_000
                }
            ),
            60_000
        );
        assert_eq!(slice(0, Need { least: 0, wanted: 0 }), 0);
    }
}
