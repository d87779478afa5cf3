//! The ledger as its tenant reads it. Writing it is the ledger crate's alone.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::TransferId;
use tollgate_contract::ledger::{Balance, Transfer, TransferKind, TransferQuery};
use tollgate_contract::money::NanoUsd;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// The name of the wallet among the ledger's accounts.
const WALLET: &str = "wallet";

/// What is booked in the wallet; `None` before the tenant's books are open.
pub(crate) async fn wallet_balance(tx: &mut TenantTx) -> Result<Option<NanoUsd>, StoreError> {
    let tenant = tx.tenant_id();
    let balance = sqlx::query_scalar!(
        "SELECT balance_nano FROM ledger_accounts WHERE tenant_id = $1 AND code = $2",
        tenant.0,
        WALLET
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(balance.map(NanoUsd))
}

/// The wallet with what nodes hold of it. It has one endless period, whose limit is all that was ever paid in
/// and the credit limit.
pub(super) async fn balance(tx: &mut TenantTx, at: DateTime<Utc>) -> Result<Option<Balance>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT a.balance_nano, t.credit_limit_nano,
                  COALESCE((SELECT sum(c.balance_nano) FROM ledger_accounts c
                            WHERE c.tenant_id = a.tenant_id AND c.code = 'revenue'), 0)::bigint AS "charged!",
                  COALESCE((SELECT sum(c.balance_nano) FROM ledger_accounts c
                            WHERE c.tenant_id = a.tenant_id AND c.code IN ('tax', 'rounding')), 0)::bigint AS "tax!",
                  p.limit_nano - p.granted_nano AS "available!",
                  COALESCE((SELECT sum(GREATEST(l.granted_nano - l.settled_nano, 0)) FROM budget_leases l
                            WHERE l.tenant_id = b.tenant_id AND l.budget_id = b.budget_id AND l.closed_at IS NULL),
                           0)::bigint AS "held!"
           FROM ledger_accounts a
           JOIN tenants t ON t.tenant_id = a.tenant_id
           JOIN budgets b ON b.tenant_id = a.tenant_id AND b.kind = 'wallet'
           JOIN budget_periods p ON p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
           WHERE a.tenant_id = $1 AND a.code = $2"#,
        tenant.0,
        WALLET
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Balance {
        balance_nano: NanoUsd(row.balance_nano),
        held_nano: NanoUsd(row.held),
        available_nano: NanoUsd(row.available),
        credit_limit_nano: NanoUsd(row.credit_limit_nano),
        // All accounts of a tenant together are nothing.
        paid_in_nano: NanoUsd(
            row.balance_nano
                .saturating_add(row.charged)
                .saturating_add(row.tax),
        ),
        charged_nano: NanoUsd(row.charged),
        tax_nano: NanoUsd(row.tax),
        at,
    }))
}

/// Transfers, the newest first, by the time of their booking, as statements have them: an id is minted apart from it.
pub(super) async fn transfers(
    tx: &mut TenantTx,
    query: &TransferQuery,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: usize,
) -> Result<Vec<Transfer>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT transfer_id, kind, from_code, to_code, amount_nano, batch_no, reason, author, booked_at,
                corrects_transfer_id
         FROM ledger_transfers
         WHERE tenant_id = $1 AND ($2::uuid IS NULL OR (booked_at, transfer_id) < ($7::timestamptz, $2))
           AND ($3::text IS NULL OR kind = $3) AND ($4::timestamptz IS NULL OR booked_at >= $4)
           AND ($5::timestamptz IS NULL OR booked_at < $5)
         ORDER BY booked_at DESC, transfer_id DESC LIMIT $6",
        tenant.0,
        after.map(|(_, id)| id),
        query.kind.map(TransferKind::as_str),
        query.from,
        query.to,
        i64::try_from(limit).unwrap_or(i64::MAX),
        after.map(|(at, _)| at)
    )
    .fetch_all(tx.conn())
    .await?;
    let transfers = rows.into_iter().filter_map(|row| {
        let sign = i64::from(row.to_code == WALLET) - i64::from(row.from_code == WALLET);
        Some(Transfer {
            id: TransferId(row.transfer_id),
            kind: TransferKind::parse(&row.kind)?,
            amount_nano: NanoUsd(row.amount_nano),
            wallet_nano: NanoUsd(row.amount_nano.saturating_mul(sign)),
            from_account: row.from_code,
            to_account: row.to_code,
            batch_no: row.batch_no,
            corrects_id: row.corrects_transfer_id.map(TransferId),
            reason: row.reason,
            author: row.author,
            booked_at: row.booked_at,
        })
    });
    Ok(transfers.collect())
}
