//! The requests behind a statement's lines: exactly those, each with what of it stands in the statement.

use super::books;
use super::store::{self, Closed};
use crate::cursor::{Cursor, page_size};
use crate::permissions::Action;
use crate::state::ManageState;
use crate::zone::id_floor;
use chrono::{NaiveDate, TimeDelta};
use tollgate_contract::ids::RequestId;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::page::Page;
use tollgate_contract::periods::{StatementRequest, StatementRequestQuery, StatementUsage};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

const LIST: &str = "statement-requests";
/// How far a node's clock may be ahead of another's: requests of a month have no later ids.
const SKEW: TimeDelta = TimeDelta::hours(1);

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    month: NaiveDate,
    query: &StatementRequestQuery,
) -> Result<Page<StatementRequest>, Fault> {
    let _turn = state.heavy_reads().turn(caller.tenant_id).await?;
    let mut books = books::open(state, caller, query.tenant_id, Action::BillingRead).await?;
    let closed = store::closed(&mut books.tx, month)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    let after = Cursor::read(query.cursor.as_deref(), LIST)?.map(|cursor| cursor.id);
    let size = page_size(query.limit);
    let wanted = Wanted {
        model: query.model.as_deref(),
        cost_centre: query.cost_centre.as_deref(),
        late: query.late,
        after,
        only: None,
        limit: size.saturating_add(1),
    };
    let mut items = read(&mut books.tx, &closed, &wanted).await?;
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(LIST, None, last.id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total: None,
    })
}

/// Which requests are meant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) model: Option<&'a str>,
    pub(super) cost_centre: Option<&'a str>,
    pub(super) late: Option<bool>,
    pub(super) after: Option<Uuid>,
    pub(super) only: Option<RequestId>,
    pub(super) limit: usize,
}

impl Wanted<'_> {
    fn fits(&self, line: &StatementUsage) -> bool {
        self.model.is_none_or(|model| line.model == model)
            && self.cost_centre.is_none_or(|centre| line.cost_centre == centre)
            && self.late.is_none_or(|late| line.late == late)
    }
}

/// Where the month's requests begin that are wanted. `None`: the statement has no line for them. Requests from before the
/// month are in it only where it has a line of late ones: then the oldest of these is where it begins.
async fn beginning(
    tx: &mut TenantTx,
    closed: &Closed,
    wanted: &Wanted<'_>,
    (first, last): (i64, i64),
) -> Result<Option<Uuid>, StoreError> {
    if let Some(id) = wanted.only {
        return Ok(Some(id.0));
    }
    let statement = &closed.statement;
    let start = id_floor(statement.starts_at);
    let mut lines = statement.usage.iter().filter(|line| wanted.fits(line)).peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    if !lines.any(|line| line.late) {
        return Ok(Some(start));
    }
    let tenant = tx.tenant_id();
    // There is no min() of uuids; as text they stand in the same order.
    let oldest = sqlx::query_scalar!(
        "SELECT min(id)::uuid FROM (
           SELECT min(request_id::text) AS id FROM usage_events
           WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3 AND request_id < $4
           UNION ALL
           SELECT min(request_id::text) FROM usage_corrections
           WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3 AND request_id < $4) AS late",
        tenant.0,
        first,
        last,
        start
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Some(oldest.unwrap_or(start)))
}

/// Goes down the primary key, the newest first: the month's batches decide which rows are in it, so that pages are read
/// where they lie. It never goes further back than the month's own requests reach.
pub(super) async fn read(
    tx: &mut TenantTx,
    closed: &Closed,
    wanted: &Wanted<'_>,
) -> Result<Vec<StatementRequest>, StoreError> {
    let statement = &closed.statement;
    let (Some(first), Some(last)) = (statement.first_batch, statement.last_batch) else {
        return Ok(Vec::new());
    };
    let Some(beginning) = beginning(tx, closed, wanted, (first, last)).await? else {
        return Ok(Vec::new());
    };
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT e.request_id, e.started_at, e.booked_at, e.model, e.cost_centre, e.status,
                  e.request_id < uuid7_floor($4) AS "late!",
                  ((CASE WHEN e.batch_no BETWEEN $2 AND $3 THEN e.charge_nano ELSE 0 END)
                   + COALESCE((SELECT sum(c.charge_nano) FROM usage_corrections c WHERE c.tenant_id = e.tenant_id
                               AND c.request_id = e.request_id AND c.batch_no BETWEEN $2 AND $3), 0))::bigint AS "amount!"
           FROM usage_events e
           WHERE e.tenant_id = $1 AND e.request_id < LEAST($5::uuid, uuid7_floor($6)) AND e.request_id >= $12
             AND (e.batch_no BETWEEN $2 AND $3
                  OR EXISTS (SELECT FROM usage_corrections c WHERE c.tenant_id = e.tenant_id
                             AND c.request_id = e.request_id AND c.batch_no BETWEEN $2 AND $3))
             AND ($7::text IS NULL OR e.model = $7) AND ($8::text IS NULL OR e.cost_centre = $8)
             AND ($9::boolean IS NULL OR (e.request_id < uuid7_floor($4)) = $9)
             AND ($10::uuid IS NULL OR e.request_id = $10)
           ORDER BY e.request_id DESC LIMIT $11"#,
        tenant.0,
        first,
        last,
        statement.starts_at,
        wanted.after,
        statement.ends_at + SKEW,
        wanted.model,
        wanted.cost_centre,
        wanted.late,
        wanted.only.map(|id| id.0),
        i64::try_from(wanted.limit).unwrap_or(i64::MAX),
        beginning
    )
    .fetch_all(tx.conn())
    .await?;
    let requests = rows.into_iter().map(|row| StatementRequest {
        id: RequestId(row.request_id),
        started_at: row.started_at,
        booked_at: row.booked_at,
        model: row.model,
        cost_centre: row.cost_centre,
        late: row.late,
        status: row.status,
        amount_nano: NanoUsd(row.amount),
    });
    Ok(requests.collect())
}
