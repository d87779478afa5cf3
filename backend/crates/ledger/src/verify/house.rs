//! What belongs to no single tenant: dead letters, requests per node and epoch, and the platform's costs.

use super::{Misfit, VerifyReport, VerifyScope, snapshot};
use crate::error::LedgerError;
use tollgate_store::{Db, JobsTx, PLATFORM_TENANT};

pub(super) async fn verify(
    db: &Db,
    scope: VerifyScope,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let mut tx = snapshot(db).await?;
    dead_letters(&mut tx, report).await?;
    super::series::verify(&mut tx, report).await?;
    if scope == VerifyScope::SinceSeal {
        // Both of these look at every event.
        return Ok(());
    }
    requests(&mut tx, report).await?;
    platform_costs(&mut tx, report).await
}

async fn dead_letters(tx: &mut JobsTx, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM settle_dead_letters"#)
        .fetch_one(tx.conn())
        .await?;
    let first = sqlx::query!(
        "SELECT tenant_id, request_id, kind, error FROM settle_dead_letters WHERE resolved_at IS NULL
         ORDER BY created_at, tenant_id, request_id LIMIT 1"
    )
    .fetch_optional(tx.conn())
    .await?;
    let tenant = first.as_ref().map(|row| row.tenant_id);
    let misfit = first.map(|row| {
        Misfit::new(
            format!("dead letter of request {}", row.request_id),
            "resolved",
            format!("{}: {}", row.kind, row.error),
        )
    });
    report.note("dead_letters", count, misfit, tenant);
    Ok(())
}

/// Each request that a journal opened has one event, or one dead letter without an event; known of closed epochs. And
/// there is no event of an epoch that never was.
async fn requests(tx: &mut JobsTx, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let rows = sqlx::query!(
        r#"WITH booked AS (
               SELECT node_id, epoch, sum(requests)::bigint AS requests FROM (
                   SELECT node_id, epoch, count(*) AS requests FROM usage_events GROUP BY 1, 2
                   UNION ALL
                   SELECT node_id, epoch, requests FROM dropped_epochs
                   UNION ALL
                   SELECT d.node_id, d.epoch, 1 FROM settle_dead_letters d
                   WHERE d.kind = 'poison' AND NOT EXISTS (
                       SELECT 1 FROM usage_events e WHERE e.tenant_id = d.tenant_id AND e.request_id = d.request_id)
               ) AS line GROUP BY 1, 2)
           SELECT node_id AS "node_id!", epoch AS "epoch!", n.closed_at IS NOT NULL AS "closed!", n.requests AS opened,
                  n.started_at IS NOT NULL AS "known!", COALESCE(booked.requests, 0) AS "booked!"
           FROM node_epochs n FULL JOIN booked USING (node_id, epoch) ORDER BY node_id, epoch"#
    )
    .fetch_all(tx.conn())
    .await?;
    let (mut count, mut misfit) = (0, None);
    for row in rows {
        count += row.booked;
        let name = format!("requests of node {} epoch {}", row.node_id, row.epoch);
        let found = format!("{} booked", row.booked);
        if !row.known {
            misfit = misfit.or_else(|| Some(Misfit::new(name, "an epoch in node_epochs", found)));
        } else if row.closed && row.opened.is_some_and(|opened| opened != row.booked) {
            let expected = format!("{} opened", row.opened.unwrap_or_default());
            misfit = misfit.or_else(|| Some(Misfit::new(name, expected, found)));
        }
    }
    report.note("requests", count, misfit, None);
    Ok(())
}

/// The platform's share of a request names the same charge as the customer's event. The sums of costs stand in the
/// platform tenant's own chain and balances.
async fn platform_costs(tx: &mut JobsTx, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM platform_costs WHERE tenant_id = $1"#,
        PLATFORM_TENANT.0
    )
    .fetch_one(tx.conn())
    .await?;
    let first = sqlx::query!(
        r#"SELECT p.customer_tenant_id AS "customer!", p.request_id AS "request_id!", p.charge::text AS "found!",
                  COALESCE((e.charge_nano + COALESCE(c.charge, 0))::text, 'no event') AS "expected!"
           FROM (SELECT customer_tenant_id, request_id, sum(charge_nano) AS charge FROM platform_costs
                 WHERE tenant_id = $1 GROUP BY 1, 2) AS p
           LEFT JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
           LEFT JOIN LATERAL (
               SELECT sum(charge_nano) AS charge FROM usage_corrections x
               WHERE x.tenant_id = p.customer_tenant_id AND x.request_id = p.request_id) AS c ON true
           WHERE p.charge IS DISTINCT FROM e.charge_nano + COALESCE(c.charge, 0)
           ORDER BY p.request_id LIMIT 1"#,
        PLATFORM_TENANT.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let tenant = first.as_ref().map(|row| row.customer);
    let misfit = first.map(|row| {
        Misfit::new(
            format!("platform cost of request {}, its charge", row.request_id),
            row.expected,
            row.found,
        )
    });
    report.note("platform_costs", count, misfit, tenant);
    Ok(())
}
