//! Which months there are, and their statements.

use super::books;
use super::store::{self, shown_month};
use crate::permissions::Action;
use crate::state::ManageState;
use chrono::{DateTime, NaiveDate, Utc};
use tollgate_contract::ids::TenantId;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::{Period, PeriodStatus, Periods, StatementView};
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::{PeriodEdges, next_period, open_period};
use tollgate_store::TenantTx;

/// Open months of a list: whoever closed none for ten years sees the oldest of them, which come first anyway.
const OPEN_MAX: usize = 120;

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
) -> Result<Periods, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    let now = state.clock().now();
    let mut items = closed(&mut books.tx).await?;
    let mut next = open_period(&mut books.tx).await?;
    // Whoever has no books has no months.
    let time_zone = next
        .as_ref()
        .map_or_else(|| "UTC".to_owned(), |edges| edges.time_zone.clone());
    for _ in 0..OPEN_MAX {
        let Some(edges) = next.filter(|edges| edges.starts_at <= now) else {
            break;
        };
        items.push(open(&edges, now));
        next = Some(next_period(&edges));
    }
    items.reverse();
    Ok(Periods { time_zone, items })
}

fn open(edges: &PeriodEdges, now: DateTime<Utc>) -> Period {
    Period {
        month: shown_month(edges.month),
        status: if edges.ends_at <= now {
            PeriodStatus::Ended
        } else {
            PeriodStatus::Running
        },
        starts_at: edges.starts_at,
        ends_at: edges.ends_at,
        closed_at: None,
        closed_by: None,
        opening_nano: None,
        usage_nano: None,
        closing_nano: None,
    }
}

/// The oldest first.
async fn closed(tx: &mut TenantTx) -> Result<Vec<Period>, Fault> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT month, starts_at, ends_at, closed_at, closed_by, opening_nano, usage_nano, closing_nano
         FROM billing_periods WHERE tenant_id = $1 ORDER BY month",
        tenant.0
    )
    .fetch_all(tx.conn())
    .await?;
    let periods = rows.into_iter().map(|row| Period {
        month: shown_month(row.month),
        status: PeriodStatus::Closed,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        closed_at: Some(row.closed_at),
        closed_by: Some(row.closed_by),
        opening_nano: Some(NanoUsd(row.opening_nano)),
        usage_nano: Some(NanoUsd(row.usage_nano)),
        closing_nano: Some(NanoUsd(row.closing_nano)),
    });
    Ok(periods.collect())
}

pub(super) async fn statement(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    month: NaiveDate,
) -> Result<StatementView, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    let found = store::closed(&mut books.tx, month)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    Ok(StatementView {
        statement: found.statement,
        hash: found.hash,
    })
}
