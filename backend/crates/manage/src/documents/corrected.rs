//! Which transfers a credit note takes back: those by which the requests it is for were paid, and the invoice's own for
//! rounding and tax. Never in here: how much is given back.

use super::store::Closed;
use tollgate_contract::ids::{RequestId, TransferId};
use tollgate_store::{StoreError, TenantTx};

/// Transfers that one credit note points at. A line of a busy month was paid by thousands; those that took the most of it
/// stand for the rest.
const CORRECTED_MAX: i64 = 100;

/// What of a statement is given back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) model: &'a str,
    pub(super) cost_centre: &'a str,
    pub(super) late: bool,
    /// This request of it alone.
    pub(super) request: Option<RequestId>,
}

/// The transfers by which a line was paid, with what each took of it, the greatest first.
pub(super) async fn paid_by(
    tx: &mut TenantTx,
    closed: &Closed,
    line: &Line<'_>,
) -> Result<Vec<(TransferId, i64)>, StoreError> {
    let statement = &closed.statement;
    let (Some(first), Some(last)) = (statement.first_batch, statement.last_batch) else {
        return Ok(Vec::new());
    };
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"WITH line AS (
               SELECT request_id, batch_no, model, cost_centre, charge_nano AS charge FROM usage_events
               WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3
               UNION ALL
               SELECT c.request_id, c.batch_no, e.model, e.cost_centre, c.charge_nano
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id)
               WHERE c.tenant_id = $1 AND c.batch_no BETWEEN $2 AND $3),
           paid AS (
               SELECT batch_no, sum(charge)::bigint AS amount FROM line
               WHERE model = $4 AND cost_centre = $5 AND (request_id < uuid7_floor($6)) = $7
                 AND ($8::uuid IS NULL OR request_id = $8)
               GROUP BY batch_no HAVING sum(charge) > 0)
           SELECT t.transfer_id AS "transfer_id!", p.amount AS "amount!"
           FROM paid p
           CROSS JOIN LATERAL (SELECT transfer_id FROM ledger_transfers t
                               WHERE t.tenant_id = $1 AND t.batch_no = p.batch_no AND t.from_code = 'wallet'
                               ORDER BY t.amount_nano DESC, t.transfer_id LIMIT 1) AS t
           ORDER BY p.amount DESC, p.batch_no LIMIT $9"#,
        tenant.0,
        first,
        last,
        line.model,
        line.cost_centre,
        statement.starts_at,
        line.late,
        line.request.map(|id| id.0),
        CORRECTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (TransferId(row.transfer_id), row.amount))
        .collect())
}

/// The transfer that was booked under this key.
pub(super) async fn booked_as(tx: &mut TenantTx, key: &str) -> Result<Option<TransferId>, StoreError> {
    let tenant = tx.tenant_id();
    let id = sqlx::query_scalar!(
        "SELECT transfer_id FROM ledger_transfers WHERE tenant_id = $1 AND idempotency_key = $2",
        tenant.0,
        key
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(TransferId))
}

/// Deals an amount out to what took it, none more than it took but the last, which has the rest: with what is past its
/// retention there may be less to point at than is given back, or nothing.
pub(super) fn dealt(amount: i64, taken: &[(TransferId, i64)]) -> Vec<(Option<TransferId>, i64)> {
    let mut left = amount;
    let mut parts = Vec::new();
    for (number, (transfer, took)) in taken.iter().enumerate() {
        let part = if number + 1 == taken.len() {
            left
        } else {
            left.min(*took)
        };
        if part > 0 {
            parts.push((Some(*transfer), part));
        }
        left = left.saturating_sub(part);
    }
    if left > 0 {
        parts.push((None, left));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_amount_is_dealt_out_to_what_took_it() {
        let id = |n| TransferId(Uuid::from_u128(n));
        let taken = [(id(1), 70), (id(2), 20), (id(3), 10)];
        let of = |amount| dealt(amount, &taken);
        assert_eq!(of(100), [(Some(id(1)), 70), (Some(id(2)), 20), (Some(id(3)), 10)]);
        assert_eq!(of(75), [(Some(id(1)), 70), (Some(id(2)), 5)]);
        assert_eq!(of(130).last(), Some(&(Some(id(3)), 40)), "the rest of thousands");
        assert_eq!(dealt(5, &[]), [(None, 5)]);
        assert_eq!(of(0), []);
    }
}
