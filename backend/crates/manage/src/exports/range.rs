//! Which rows a file's range takes in: requests between two instants and up to a batch, or exactly what a closed month's
//! statement holds. Never in here: what else is asked for.

use super::error::{ExportError, wrong};
use crate::zone::id_floor;
use chrono::{DateTime, TimeDelta, Utc};
use tollgate_contract::check::first_day;
use tollgate_contract::exports::{ExportQuery, ExportSource};
use tollgate_store::TenantTx;
use uuid::Uuid;

/// How far back a file goes when no beginning is asked for.
const RANGE_DEFAULT: TimeDelta = TimeDelta::days(30);
/// The step of booking times.
const TICK: TimeDelta = TimeDelta::microseconds(1);

/// A range made whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: DateTime<Utc>,
    /// The first instant behind it.
    pub(super) to: DateTime<Utc>,
    /// The last batch that counts.
    pub(super) through: i64,
    /// The first one; 0: all up to the last.
    pub(super) first_batch: i64,
    /// The first request id of it, and the first one behind it.
    pub(super) ids: (Uuid, Uuid),
}

impl Range {
    /// The range that is asked for by its ends. Transfers end with the last booking that there is, since each booking of a
    /// tenant is later than all before: so the same ends hold the same transfers for good, as a batch's number does of usage.
    ///
    /// # Errors
    /// `Query` with the field that can't be had.
    pub(super) fn asked(
        source: ExportSource,
        query: &ExportQuery,
        now: DateTime<Utc>,
        (last_no, last_booked): (i64, Option<DateTime<Utc>>),
    ) -> Result<Self, ExportError> {
        let to = query.to.unwrap_or(now);
        let from = query.from.unwrap_or(to - RANGE_DEFAULT);
        // A file that was made already may hold nothing.
        let empty = source == ExportSource::Transfers && query.through.is_some() && from == to;
        if from >= to && !empty {
            return Err(wrong("from", "must lie before `to`"));
        }
        let through = query.through.unwrap_or(last_no);
        if through > last_no {
            return Err(wrong(
                "through",
                format!("must not lie above {last_no}, the last batch"),
            ));
        }
        let booked = last_booked.map_or(now, |last| last + TICK);
        let to = if source == ExportSource::Transfers {
            to.min(booked).max(from)
        } else {
            to
        };
        Ok(Self {
            from,
            to,
            through,
            first_batch: 0,
            ids: (id_floor(from), id_floor(to)),
        })
    }
}

/// A closed month as the books have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stated {
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
    first_batch: Option<i64>,
    last_batch: Option<i64>,
    /// The first and the last request that the month's batches touch.
    touched: Option<(Uuid, Uuid)>,
}

impl Stated {
    /// The month that `statement` names; `None` where it names none.
    ///
    /// # Errors
    /// `Query` for a month that is not closed, `Store` if the database fails.
    pub(super) async fn read(tx: &mut TenantTx, query: &ExportQuery) -> Result<Option<Self>, ExportError> {
        let Some(month) = query.statement.as_deref() else {
            return Ok(None);
        };
        let day = first_day(month).ok_or_else(|| wrong("statement", "must be a month such as 2026-11"))?;
        let tenant = tx.tenant_id();
        let row = sqlx::query!(
            r#"WITH touched AS (
                   SELECT e.request_id FROM billing_periods p JOIN usage_events e ON e.tenant_id = p.tenant_id
                     AND e.batch_no BETWEEN p.first_batch AND p.last_batch
                   WHERE p.tenant_id = $1 AND p.month = $2
                   UNION ALL
                   SELECT c.request_id FROM billing_periods p JOIN usage_corrections c ON c.tenant_id = p.tenant_id
                     AND c.batch_no BETWEEN p.first_batch AND p.last_batch
                   WHERE p.tenant_id = $1 AND p.month = $2)
               SELECT starts_at, ends_at, first_batch, last_batch,
                      (SELECT request_id FROM touched ORDER BY request_id LIMIT 1) AS "first_id?",
                      (SELECT request_id FROM touched ORDER BY request_id DESC LIMIT 1) AS "last_id?"
               FROM billing_periods WHERE tenant_id = $1 AND month = $2"#,
            tenant.0,
            day
        )
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(|| wrong("statement", format!("names {month}, which is not closed")))?;
        Ok(Some(Self {
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            first_batch: row.first_batch,
            last_batch: row.last_batch,
            touched: row.first_id.zip(row.last_id),
        }))
    }

    /// Its range. Ends that are given beside it, as a kept export has them, must be its own.
    ///
    /// # Errors
    /// `Query` with the field that does not fit the month.
    pub(super) fn range(&self, query: &ExportQuery) -> Result<Range, ExportError> {
        let through = self.last_batch.unwrap_or(0);
        let others = [
            ("from", query.from.is_some_and(|from| from != self.starts_at)),
            ("to", query.to.is_some_and(|to| to != self.ends_at)),
            ("through", query.through.is_some_and(|number| number != through)),
        ];
        if let Some((field, _)) = others.into_iter().find(|(_, other)| *other) {
            return Err(wrong(field, "must stay absent beside `statement`"));
        }
        let ids = match self.touched {
            Some((first, last)) => (first, Uuid::from_u128(last.as_u128().saturating_add(1))),
            None => (Uuid::nil(), Uuid::nil()),
        };
        Ok(Range {
            from: self.starts_at,
            to: self.ends_at,
            through,
            first_batch: self.first_batch.unwrap_or(1),
            ids,
        })
    }
}
