//! What was noted of months that were dropped, as the checks above them count with it.

use crate::error::LedgerError;
use crate::seal::figures::{Figures, MonthRow};
use chrono::{Months, NaiveDate};
use std::collections::{BTreeMap, HashMap};
use tollgate_store::JobsTx;
use uuid::Uuid;

/// A tenant's dropped months with their figures.
pub(super) async fn months(
    tx: &mut JobsTx,
    tenant: Uuid,
) -> Result<BTreeMap<NaiveDate, Figures>, LedgerError> {
    let rows = sqlx::query_as!(
        MonthRow,
        "SELECT month, events, corrections, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                cache_read_tokens, charge_nano, corrected_up_nano, duration_ms, costs, cost_nano
         FROM dropped_months WHERE tenant_id = $1",
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(MonthRow::figures).collect())
}

/// The first day of which there are rows; `None`: nothing was dropped.
pub(super) fn horizon(months: &BTreeMap<NaiveDate, Figures>) -> Option<NaiveDate> {
    let last = months.keys().next_back()?;
    last.checked_add_months(Months::new(1))
}

/// What was dropped of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DroppedBatch {
    pub events: i64,
    pub charge: i128,
}

/// Of the batches from `first` to `last`, those of which something was dropped.
pub(super) async fn batches(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
) -> Result<HashMap<i64, DroppedBatch>, LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT batch_no, sum(events)::bigint AS "events!", sum(charge_nano)::bigint AS "charge!"
           FROM dropped_batches WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3 GROUP BY 1"#,
        tenant,
        first,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    let batches = rows.into_iter().map(|row| {
        let dropped = DroppedBatch {
            events: row.events,
            charge: i128::from(row.charge),
        };
        (row.batch_no, dropped)
    });
    Ok(batches.collect())
}
