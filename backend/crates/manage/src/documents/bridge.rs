//! Why a report of a month is not its statement: reports go by the time of requests, statements by that of bookings.

use super::books;
use super::routes::month;
use super::store;
use crate::permissions::Action;
use crate::state::State;
use actix_web::web::{Json, Path};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::{BooksQuery, BridgeStep, StatementBridge};
use tollgate_http::{Caller, Code, Fault, Params};
use tollgate_store::{StoreError, TenantTx};

/// From a month's report to its statement.
///
/// What reports show of the month, what was booked of it later, what was booked in it of other months, and the statement.
#[utoipa::path(get, path = "/billing/statements/{month}/bridge", tag = "billing", params(
        ("month" = String, Path, description = "The month, such as 2026-11"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "Steps that add up", body = StatementBridge)))]
pub(crate) async fn statement_bridge(
    state: State,
    caller: Caller,
    path: Path<String>,
    query: Params<BooksQuery>,
) -> Result<Json<StatementBridge>, Fault> {
    let day = month(&path)?;
    let mut books = books::open(&state, &caller, query.0.tenant_id, Action::BillingRead).await?;
    let closed = store::closed(&mut books.tx, day)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    Ok(Json(bridge(&mut books.tx, &closed).await?))
}

/// Of one moment, since it is one statement.
async fn bridge(tx: &mut TenantTx, closed: &store::Closed) -> Result<StatementBridge, StoreError> {
    let (tenant, statement) = (tx.tenant_id(), &closed.statement);
    // A month without batches has nothing between these.
    let (first, last) = (
        statement.first_batch.unwrap_or(1),
        statement.last_batch.unwrap_or(0),
    );
    let row = sqlx::query!(
        r#"WITH edge AS (SELECT uuid7_floor($2) AS low, uuid7_floor($3) AS high),
           made AS (
             SELECT true AS fresh, e.batch_no, e.charge_nano AS charge FROM usage_events e, edge
             WHERE e.tenant_id = $1 AND e.request_id >= low AND e.request_id < high
               AND NOT e.batch_no BETWEEN $4 AND $5
             UNION ALL
             SELECT false, c.batch_no, c.charge_nano FROM usage_corrections c, edge
             WHERE c.tenant_id = $1 AND c.request_id >= low AND c.request_id < high
               AND NOT c.batch_no BETWEEN $4 AND $5),
           booked AS (
             SELECT true AS fresh, e.charge_nano AS charge FROM usage_events e, edge
             WHERE e.tenant_id = $1 AND e.batch_no BETWEEN $4 AND $5
               AND NOT (e.request_id >= low AND e.request_id < high)
             UNION ALL
             SELECT false, c.charge_nano FROM usage_corrections c, edge
             WHERE c.tenant_id = $1 AND c.batch_no BETWEEN $4 AND $5
               AND NOT (c.request_id >= low AND c.request_id < high))
           SELECT (SELECT COALESCE(sum(charge_nano), 0)::bigint FROM usage_slices
                   WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3) AS "report!",
                  (SELECT count(*) FROM made WHERE fresh) AS "later!",
                  (SELECT COALESCE(-sum(charge), 0)::bigint FROM made WHERE fresh) AS "later_nano!",
                  (SELECT count(*) FROM made WHERE NOT fresh) AS "corrected!",
                  (SELECT COALESCE(-sum(charge), 0)::bigint FROM made WHERE NOT fresh) AS "corrected_nano!",
                  (SELECT count(*) FROM booked WHERE fresh) AS "late!",
                  (SELECT COALESCE(sum(charge), 0)::bigint FROM booked WHERE fresh) AS "late_nano!",
                  (SELECT count(*) FROM booked WHERE NOT fresh) AS "late_corrected!",
                  (SELECT COALESCE(sum(charge), 0)::bigint FROM booked WHERE NOT fresh) AS "late_corrected_nano!""#,
        tenant.0,
        statement.starts_at,
        statement.ends_at,
        first,
        last
    )
    .fetch_one(tx.conn())
    .await?;
    let step = |count, amount| BridgeStep {
        count,
        amount_nano: NanoUsd(amount),
    };
    let told = [
        row.later_nano,
        row.corrected_nano,
        row.late_nano,
        row.late_corrected_nano,
    ];
    let reached = told.into_iter().fold(row.report, i64::saturating_add);
    Ok(StatementBridge {
        month: statement.month.clone(),
        report_nano: NanoUsd(row.report),
        booked_later: step(row.later, row.later_nano),
        corrected_later: step(row.corrected, row.corrected_nano),
        late_requests: step(row.late, row.late_nano),
        late_corrections: step(row.late_corrected, row.late_corrected_nano),
        dropped_nano: NanoUsd(statement.usage_nano.0.saturating_sub(reached)),
        statement_nano: statement.usage_nano,
    })
}
