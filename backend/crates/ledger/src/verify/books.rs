//! Transfers against balances, the wallet and every budget against their leases, and, where every event is looked at,
//! leases against events.

use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use crate::lease::draw::WALLET_PERIOD;
use tollgate_store::JobsTx;
use uuid::Uuid;

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    with_leases: bool,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let transfers = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM ledger_transfers WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = balances(tx, tenant).await?;
    report.note("ledger_accounts", transfers, misfit, Some(tenant));
    let misfit = double_entry(tx, tenant).await?;
    report.note("double_entry", 1, misfit, Some(tenant));
    let misfit = wallet(tx, tenant).await?;
    report.note("wallet", 1, misfit, Some(tenant));
    let periods_there = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM budget_periods WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let misfit = periods(tx, tenant).await?;
    report.note("budget_periods", periods_there, misfit, Some(tenant));
    if with_leases {
        let misfit = leases(tx, tenant).await?;
        report.note("budget_leases", 1, misfit, Some(tenant));
    }
    Ok(())
}

async fn balances(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH moved AS (
               SELECT code, sum(change) AS balance FROM (
                   SELECT to_code AS code, amount_nano AS change FROM ledger_transfers WHERE tenant_id = $1
                   UNION ALL
                   SELECT from_code, -amount_nano FROM ledger_transfers WHERE tenant_id = $1) AS line
               GROUP BY code),
           stored AS (SELECT code, balance_nano::numeric AS balance FROM ledger_accounts WHERE tenant_id = $1)
           SELECT code AS "code!", COALESCE(moved.balance, 0)::text AS "expected!",
                  COALESCE(stored.balance::text, 'no account') AS "found!"
           FROM moved FULL JOIN stored USING (code)
           WHERE COALESCE(moved.balance, 0) IS DISTINCT FROM stored.balance ORDER BY code LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        Misfit::new(
            format!("balance of ledger account {}", row.code),
            row.expected,
            row.found,
        )
    }))
}

async fn double_entry(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let sum = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(balance_nano), 0)::text AS "sum!" FROM ledger_accounts WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((sum != "0").then(|| Misfit::new("sum of all balances", 0, sum)))
}

/// The wallet's balance is its limit less credit limit and what is settled; the limit is what credits brought and the
/// credit limit; what is granted is the sum of the leases, and never more than the limit but for what requests cost beyond
/// their reservations and what invoices took beside them, whatever was granted by then.
async fn wallet(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"SELECT b.budget_id, a.balance_nano, p.limit_nano, p.granted_nano,
                  p.limit_nano - o.credit_limit_nano - COALESCE(l.settled, 0) AS "balance_due!",
                  COALESCE(l.granted, 0) AS "granted_due!", COALESCE(t.credits, 0) + o.credit_limit_nano AS "limit_due!",
                  p.limit_nano + COALESCE(l.overrun, 0) + COALESCE(c.charge, 0) + COALESCE(t.documents, 0)
                      AS "granted_max!"
           FROM budgets b
           JOIN tenants o ON o.tenant_id = b.tenant_id
           LEFT JOIN ledger_accounts a ON a.tenant_id = b.tenant_id AND a.code = 'wallet'
           JOIN budget_periods p ON p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
           CROSS JOIN LATERAL (
               SELECT sum(settled_nano)::bigint AS settled, sum(granted_nano)::bigint AS granted,
                      sum(overrun_nano)::bigint AS overrun
               FROM budget_leases x WHERE x.tenant_id = b.tenant_id AND x.budget_id = b.budget_id) AS l
           CROSS JOIN LATERAL (
               SELECT sum(CASE WHEN to_code = 'wallet' THEN amount_nano ELSE -amount_nano END)::bigint AS credits,
                      sum(amount_nano) FILTER (WHERE from_code = 'wallet' AND kind IN ('tax', 'rounding'))::bigint AS documents
               FROM ledger_transfers y WHERE y.tenant_id = b.tenant_id AND y.batch_no IS NULL
                 AND (to_code = 'wallet' OR from_code = 'wallet')) AS t
           CROSS JOIN LATERAL (
               SELECT sum(charge)::bigint AS charge FROM (
                   SELECT charge_nano AS charge FROM usage_corrections z
                   WHERE z.tenant_id = b.tenant_id AND z.charge_nano > 0
                   UNION ALL
                   SELECT corrected_up_nano FROM dropped_months d WHERE d.tenant_id = b.tenant_id) AS up) AS c
           WHERE b.tenant_id = $1 AND b.kind = 'wallet'"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let name = |what: &str| format!("wallet budget {}, {what}", row.budget_id);
    Ok(if row.limit_nano != row.limit_due {
        Some(Misfit::new(
            name("limit against credits"),
            row.limit_due,
            row.limit_nano,
        ))
    } else if row.balance_nano != row.balance_due {
        Some(Misfit::new(
            name("balance against limit less settled"),
            row.balance_due,
            row.balance_nano,
        ))
    } else if row.granted_nano != row.granted_due {
        Some(Misfit::new(
            name("granted against its leases"),
            row.granted_due,
            row.granted_nano,
        ))
    } else if row.granted_nano > row.granted_max.max(0) {
        Some(Misfit::new(
            name("granted beyond its limit"),
            format!("at most {}", row.granted_max),
            row.granted_nano,
        ))
    } else {
        None
    })
}

/// What is granted of a budget's period is the sum of its leases, and no more than any limit that held in it but for what
/// grew beside the grant path: charges beyond reservations, and a soft budget's.
async fn periods(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"SELECT p.budget_id, p.period_start, p.granted_nano,
                  COALESCE(l.granted, 0) AS "granted_due!", p.limit_high_nano + p.beyond_nano AS "granted_max!"
           FROM budgets b
           JOIN budget_periods p ON p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
           CROSS JOIN LATERAL (
               SELECT sum(granted_nano)::bigint AS granted FROM budget_leases x
               WHERE x.tenant_id = p.tenant_id AND x.budget_id = p.budget_id AND x.period_start = p.period_start) AS l
           WHERE b.tenant_id = $1 AND b.kind = 'budget'
             AND (p.granted_nano <> COALESCE(l.granted, 0) OR p.granted_nano > p.limit_high_nano + p.beyond_nano)
           ORDER BY p.budget_id, p.period_start LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let name = format!("budget {} from {}, granted", row.budget_id, row.period_start);
        if row.granted_nano == row.granted_due {
            Misfit::new(name, format!("at most {}", row.granted_max), row.granted_nano)
        } else {
            Misfit::new(name, format!("{}, its leases", row.granted_due), row.granted_nano)
        }
    }))
}

/// What each lease has settled, of the wallet and of every budget, is the sum of the events that name it.
async fn leases(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<Misfit>, LedgerError> {
    let row = sqlx::query!(
        r#"WITH wallet AS (SELECT budget_id FROM budgets WHERE tenant_id = $1 AND kind = 'wallet'),
           line AS (
               SELECT node_id, epoch, budgets, charge_nano AS settled, GREATEST(charge_nano - reserved_nano, 0) AS overrun
               FROM usage_events WHERE tenant_id = $1
               UNION ALL
               SELECT e.node_id, e.epoch, e.budgets, c.charge_nano, 0
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id) WHERE c.tenant_id = $1),
           booked AS (
               SELECT wallet.budget_id, $2::timestamptz AS period_start, node_id, epoch, settled, overrun
               FROM line LEFT JOIN wallet ON true
               UNION ALL
               SELECT b.id, b.start, node_id, epoch, settled, overrun
               FROM line CROSS JOIN LATERAL jsonb_to_recordset(line.budgets) AS b (id uuid, start timestamptz)
               WHERE line.budgets <> '[]'
               UNION ALL
               SELECT budget_id, period_start, node_id, epoch, settled_nano, overrun_nano
               FROM dropped_leases WHERE tenant_id = $1),
           summed AS (
               SELECT budget_id, period_start, node_id, epoch, concat_ws(' ', sum(settled), sum(overrun)) AS figures
               FROM booked GROUP BY 1, 2, 3, 4),
           stored AS (
               SELECT budget_id, period_start, node_id, epoch, concat_ws(' ', settled_nano, overrun_nano - late_nano) AS figures
               FROM budget_leases WHERE tenant_id = $1)
           SELECT budget_id AS "budget_id?", period_start AS "period_start!", node_id AS "node_id!", epoch AS "epoch!",
                  COALESCE(summed.figures, '0 0') AS "expected!", COALESCE(stored.figures, '0 0') AS "found!"
           FROM summed FULL JOIN stored USING (budget_id, period_start, node_id, epoch)
           WHERE COALESCE(summed.figures, '0 0') <> COALESCE(stored.figures, '0 0')
           ORDER BY budget_id, period_start, node_id, epoch LIMIT 1"#,
        tenant,
        WALLET_PERIOD
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let name = format!(
            "lease of budget {} from {}, node {} epoch {}, settled and overrun",
            row.budget_id.unwrap_or_default(),
            row.period_start,
            row.node_id,
            row.epoch
        );
        Misfit::new(name, row.expected, row.found)
    }))
}
