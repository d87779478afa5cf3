//! A tenant's time in spans of about so many events each: sums over one fit into the database's working memory, however
//! many events there are in all.

use crate::error::LedgerError;
use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use tollgate_store::JobsTx;
use uuid::Uuid;

/// Events of a span, if they came evenly.
const SPAN_EVENTS: i64 = 200_000;

/// Rows of days in a span of them; by two things as many again are summed out of each.
const SPAN_ROWS: i64 = 20_000;

/// A span of whole hours: from its first instant up to, and without, its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// Spans that hold all of a tenant's events, slices and sums of hours.
pub(super) async fn spans(tx: &mut JobsTx, tenant: Uuid, events: i64) -> Result<Vec<Span>, LedgerError> {
    let ends = sqlx::query!(
        r#"WITH instants AS (
               SELECT uuid7_millis(first.request_id) AS millis FROM (
                   SELECT request_id FROM usage_events WHERE tenant_id = $1 ORDER BY request_id LIMIT 1) AS first
               UNION ALL
               SELECT uuid7_millis(last.request_id) FROM (
                   SELECT request_id FROM usage_events WHERE tenant_id = $1 ORDER BY request_id DESC LIMIT 1) AS last
               UNION ALL
               SELECT (extract(epoch FROM min(bucket)) * 1000)::bigint FROM usage_slices WHERE tenant_id = $1
               UNION ALL
               SELECT (extract(epoch FROM max(bucket)) * 1000)::bigint FROM usage_slices WHERE tenant_id = $1
               UNION ALL
               SELECT (extract(epoch FROM min(hour)) * 1000)::bigint FROM usage_hour_sums WHERE tenant_id = $1
               UNION ALL
               SELECT (extract(epoch FROM max(hour)) * 1000)::bigint FROM usage_hour_sums WHERE tenant_id = $1)
           SELECT min(millis) AS first, max(millis) AS last FROM instants"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let instant = |millis: Option<i64>| millis.and_then(DateTime::from_timestamp_millis);
    let (Some(first), Some(last)) = (instant(ends.first), instant(ends.last)) else {
        return Ok(Vec::new());
    };
    Ok(even(first, last, events / SPAN_EVENTS + 1))
}

/// At most so many spans from the hour of one instant to that of another.
fn even(first: DateTime<Utc>, last: DateTime<Utc>, count: i64) -> Vec<Span> {
    let hour = TimeDelta::hours(1);
    let from = first.duration_trunc(hour).unwrap_or(first);
    let hours = (last - from).num_hours() + 1;
    let step = hour * i32::try_from((hours / count).max(1)).unwrap_or(i32::MAX);
    let mut spans = Vec::new();
    let mut at = from;
    while at <= last {
        let until = at + step;
        spans.push(Span { from: at, until });
        at = until;
    }
    spans
}

/// Spans of days that hold all of a tenant's, each from its first day to its last one.
pub(super) async fn spans_of_days(
    tx: &mut JobsTx,
    tenant: Uuid,
) -> Result<Vec<(NaiveDate, NaiveDate)>, LedgerError> {
    let days = sqlx::query!(
        r#"SELECT local_date AS "date!", sum(rows)::bigint AS "rows!" FROM (
               SELECT local_date, count(*) AS rows FROM usage_day WHERE tenant_id = $1 GROUP BY 1
               UNION ALL
               SELECT DISTINCT local_date, 0 FROM usage_day_sums WHERE tenant_id = $1) AS each
           GROUP BY 1 ORDER BY 1"#,
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    let mut spans: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    let mut held = 0;
    for day in days {
        held += day.rows;
        match spans.last_mut() {
            Some(span) if held <= SPAN_ROWS => span.1 = day.date,
            _ => {
                spans.push((day.date, day.date));
                held = day.rows;
            }
        }
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn spans_are_whole_hours_that_leave_no_gap_and_hold_both_ends() {
        for (first, last, count) in [
            ("2026-02-27T23:59:59.999Z", "2026-02-28T00:00:00Z", 1),
            ("2026-01-01T00:00:00Z", "2026-12-31T23:59:59.999Z", 7),
            ("2026-01-01T10:20:00Z", "2026-01-01T11:10:00Z", 50),
            ("2026-01-01T10:20:00Z", "2026-01-01T10:20:00Z", 3),
        ] {
            let spans = even(at(first), at(last), count);
            assert!(
                spans[0].from <= at(first) && spans.last().unwrap().until > at(last),
                "{first}"
            );
            assert!(spans.windows(2).all(|two| two[0].until == two[1].from));
            let whole = |at: DateTime<Utc>| at.timestamp() % 3_600 == 0;
            assert!(spans.iter().all(|span| whole(span.from) && whole(span.until)));
            assert!(
                i64::try_from(spans.len()).unwrap() <= count * 2,
                "{} spans",
                spans.len()
            );
        }
    }
}
