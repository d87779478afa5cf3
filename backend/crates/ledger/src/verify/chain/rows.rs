//! The rows of some batches: their digests, their sums, and what they come to month by month.

use super::lines::reckon;
use super::{Found, Tally};
use crate::error::LedgerError;
use crate::seal::figures::Figures;
use crate::settle::canonical::{CorrectionFacts, CostFacts, EventFacts, OtherMeters, Tokens, TransferFacts};
use crate::verify::Misfit;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use futures_util::TryStreamExt;
use std::collections::HashMap;
use tollgate_store::{JobsTx, PLATFORM_TENANT};
use uuid::Uuid;

type FoundOf = HashMap<i64, Found>;

/// Adds all rows of batches `first` to `last`. Tells the first row whose arithmetic is wrong.
pub(super) async fn add(
    tx: &mut JobsTx,
    tenant: Uuid,
    range: (i64, i64),
    found: &mut FoundOf,
    tally: &mut Tally,
) -> Result<Option<Misfit>, LedgerError> {
    let misfit = events(tx, tenant, range, found, tally).await?;
    if misfit.is_some() {
        return Ok(misfit);
    }
    let misfit = corrections(tx, tenant, range, found, tally).await?;
    if misfit.is_some() {
        return Ok(misfit);
    }
    transfers(tx, tenant, range, found).await?;
    if tenant == PLATFORM_TENANT.0 {
        return costs(tx, range, found, tally).await;
    }
    Ok(None)
}

/// The month of UTC in which an id was minted; `None`: it carries no time.
fn month_of(id: Uuid) -> Option<NaiveDate> {
    let seconds = i64::try_from(id.get_timestamp()?.to_unix().0).ok()?;
    let day = DateTime::from_timestamp(seconds, 0)?.date_naive();
    NaiveDate::from_ymd_opt(day.year(), day.month(), 1)
}

/// How far the zones of the world are from UTC, westwards and eastwards.
const ZONES: (TimeDelta, TimeDelta) = (TimeDelta::hours(-12), TimeDelta::hours(14));

/// An id's time lies on the event's day in some zone: the tenant's may have been another one then.
fn astray(id: Uuid, day: NaiveDate) -> Option<Misfit> {
    let time = id.get_timestamp().map(|time| time.to_unix());
    let time = time.and_then(|(seconds, _)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
    let days = time.map(|time| ((time + ZONES.0).date_naive(), (time + ZONES.1).date_naive()));
    let due = match days {
        Some((first, last)) if (first..=last).contains(&day) => return None,
        Some((first, last)) => format!("{first} or {last}"),
        None => "a time in its id".to_owned(),
    };
    Some(Misfit::new(format!("event {id}, its day"), due, day))
}

impl Tally {
    fn add(&mut self, id: Uuid, batch_no: i64, figures: &Figures) -> Result<(), LedgerError> {
        if batch_no > self.sealed_no {
            return Ok(());
        }
        let month = month_of(id).unwrap_or_default();
        self.months.entry(month).or_default().add(figures)
    }
}

/// Each row is booked when its batch is.
fn note_time(found: &mut Found, at: DateTime<Utc>, row: impl FnOnce() -> String) {
    if found.booked_at.is_some_and(|due| due != at) && found.astray.is_none() {
        found.astray = Some((row(), at));
    }
}

async fn events(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
    found: &mut FoundOf,
    tally: &mut Tally,
) -> Result<Option<Misfit>, LedgerError> {
    let mut rows = sqlx::query!(
        r#"SELECT e.request_id, e.key_id, e.platform, e.provider, e.model, e.status, e.quality, e.input_tokens,
                  e.output_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano,
                  e.reserved_nano, e.price_version, e.price_lines::text AS "price_lines!", e.node_id, e.epoch, e.batch_no,
                  e.duration_ms, e.booked_at, e.local_date, e.other_meters, e.service_tier, e.unpriced, e.plan_version
           FROM usage_events e
           WHERE e.tenant_id = $1 AND e.batch_no BETWEEN $2 AND $3"#,
        tenant,
        first,
        last
    )
    .fetch(tx.conn());
    while let Some(row) = rows.try_next().await? {
        let tokens: Tokens = [
            row.input_tokens,
            row.output_tokens,
            row.cache_write_5m_tokens,
            row.cache_write_1h_tokens,
            row.cache_read_tokens,
        ];
        let misfit = arithmetic(row.request_id, row.charge_nano, &tokens, &row.price_lines).err();
        if let Some(misfit) = misfit.or_else(|| astray(row.request_id, row.local_date)) {
            return Ok(Some(misfit));
        }
        let other_meters: OtherMeters = match serde_json::from_value(row.other_meters) {
            Ok(meters) => meters,
            Err(error) => {
                let name = format!("event {}, its other meters", row.request_id);
                return Ok(Some(Misfit::new(name, "whole numbers by name", error)));
            }
        };
        let facts = EventFacts {
            tenant_id: tenant,
            request_id: row.request_id,
            key_id: row.key_id,
            platform: &row.platform,
            provider: &row.provider,
            model: &row.model,
            status: &row.status,
            quality: &row.quality,
            tokens,
            charge: row.charge_nano,
            reserved: row.reserved_nano,
            price_version: row.price_version,
            node_id: row.node_id,
            epoch: row.epoch,
            other_meters: &other_meters,
            service_tier: &row.service_tier,
            unpriced: row.unpriced,
            plan_version: row.plan_version,
        };
        let figures = Figures {
            events: 1,
            tokens,
            charge_nano: row.charge_nano,
            duration_ms: i64::from(row.duration_ms),
            ..Figures::default()
        };
        tally.add(row.request_id, row.batch_no, &figures)?;
        let batch = found.entry(row.batch_no).or_default();
        batch.events += 1;
        batch.charge += i128::from(row.charge_nano);
        batch.digests.push(facts.digest(batch.encoding));
        note_time(batch, row.booked_at, || format!("event {}", row.request_id));
    }
    Ok(None)
}

/// An event is the sum of its price lines.
fn arithmetic(request_id: Uuid, charge: i64, tokens: &Tokens, lines: &str) -> Result<(), Misfit> {
    let whose = format!("event {request_id}");
    let told = reckon(&whose, lines)?;
    told.comes_to(&whose, charge.into())?;
    told.counts(&whose, tokens)
}

async fn corrections(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
    found: &mut FoundOf,
    tally: &mut Tally,
) -> Result<Option<Misfit>, LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT c.request_id, c.batch_no, c.input_tokens, c.output_tokens, c.cache_write_5m_tokens,
                  c.cache_write_1h_tokens, c.cache_read_tokens, c.charge_nano, c.repricing_id, c.price_version, c.booked_at,
                  c.other_meters, c.service_tier, c.price_lines::text AS "price_lines!",
                  -- What a re-priced request comes to since: nothing else is asked of it.
                  CASE WHEN c.repricing_id IS NOT NULL THEN
                      (SELECT e.charge_nano FROM usage_events e WHERE e.tenant_id = c.tenant_id AND e.request_id = c.request_id)
                      + (SELECT sum(x.charge_nano) FROM usage_corrections x WHERE x.tenant_id = c.tenant_id
                           AND x.request_id = c.request_id AND x.batch_no <= c.batch_no)::bigint END AS since
           FROM usage_corrections c
           WHERE c.tenant_id = $1 AND c.batch_no BETWEEN $2 AND $3"#,
        tenant,
        first,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        if let Some(since) = row.since {
            let whose = format!("re-pricing of event {}", row.request_id);
            let told = reckon(&whose, &row.price_lines).and_then(|told| told.comes_to(&whose, since.into()));
            if let Err(misfit) = told {
                return Ok(Some(misfit));
            }
        }
        let tokens = [
            row.input_tokens,
            row.output_tokens,
            row.cache_write_5m_tokens,
            row.cache_write_1h_tokens,
            row.cache_read_tokens,
        ];
        let facts = CorrectionFacts {
            tenant_id: tenant,
            request_id: row.request_id,
            tokens,
            charge: row.charge_nano,
            other_meters: &serde_json::from_value(row.other_meters).unwrap_or_default(),
            service_tier: &row.service_tier,
            repriced: row.repricing_id.zip(row.price_version),
        };
        let figures = Figures {
            corrections: 1,
            tokens,
            charge_nano: row.charge_nano,
            corrected_up_nano: row.charge_nano.max(0),
            ..Figures::default()
        };
        tally.add(row.request_id, row.batch_no, &figures)?;
        let batch = found.entry(row.batch_no).or_default();
        batch.charge += i128::from(row.charge_nano);
        batch.digests.push(facts.digest(batch.encoding));
        note_time(batch, row.booked_at, || {
            format!("correction of event {}", row.request_id)
        });
    }
    Ok(None)
}

async fn transfers(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
    found: &mut FoundOf,
) -> Result<(), LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT t.transfer_id, t.kind, t.from_code, t.to_code, t.amount_nano, t.batch_no AS "batch_no!",
                  t.corrects_transfer_id, t.booked_at
           FROM ledger_transfers t
           WHERE t.tenant_id = $1 AND t.batch_no BETWEEN $2 AND $3"#,
        tenant,
        first,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let facts = TransferFacts {
            transfer_id: row.transfer_id,
            kind: &row.kind,
            from_code: &row.from_code,
            to_code: &row.to_code,
            amount: row.amount_nano,
            corrects: row.corrects_transfer_id,
        };
        let batch = found.entry(row.batch_no).or_default();
        batch.digests.push(facts.digest());
        let forward = matches!(row.from_code.as_str(), "wallet" | "upstream_cost");
        let amount = i128::from(row.amount_nano);
        batch.moved += if forward { amount } else { -amount };
        note_time(batch, row.booked_at, || format!("transfer {}", row.transfer_id));
    }
    Ok(())
}

async fn costs(
    tx: &mut JobsTx,
    (first, last): (i64, i64),
    found: &mut FoundOf,
    tally: &mut Tally,
) -> Result<Option<Misfit>, LedgerError> {
    let mut rows = sqlx::query!(
        r#"SELECT p.request_id, p.customer_tenant_id, p.account_id, p.model, p.cost_nano, p.charge_nano, p.price_version,
                  p.correction, p.repricing_id, p.batch_no, p.booked_at, p.cost_lines::text AS "cost_lines!"
           FROM platform_costs p
           WHERE p.tenant_id = $1 AND p.batch_no BETWEEN $2 AND $3"#,
        PLATFORM_TENANT.0,
        first,
        last
    )
    .fetch(tx.conn());
    while let Some(row) = rows.try_next().await? {
        let whose = format!("cost of request {}", row.request_id);
        // A correction is a difference, its lines are those of the whole; older costs have none.
        let told = reckon(&whose, &row.cost_lines).and_then(|told| {
            if row.correction || !told.any {
                return Ok(());
            }
            told.comes_to(&whose, row.cost_nano.into())
        });
        if let Err(misfit) = told {
            return Ok(Some(misfit));
        }
        let facts = CostFacts {
            request_id: row.request_id,
            customer_tenant_id: row.customer_tenant_id,
            account_id: row.account_id,
            model: &row.model,
            cost: row.cost_nano,
            charge: row.charge_nano,
            price_version: row.price_version,
            correction: row.correction,
            repriced: row.repricing_id,
        };
        let figures = Figures {
            costs: 1,
            cost_nano: row.cost_nano,
            ..Figures::default()
        };
        tally.add(row.request_id, row.batch_no, &figures)?;
        let batch = found.entry(row.batch_no).or_default();
        batch.events += 1;
        batch.charge += i128::from(row.cost_nano);
        batch.digests.push(facts.digest());
        note_time(batch, row.booked_at, || whose);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::Clock;

    #[test]
    fn an_event_stands_on_a_day_of_its_time_in_some_zone() {
        let at: DateTime<Utc> = "2026-03-31T11:00:00Z".parse().unwrap();
        let id = Clock::manual(at).new_id();
        let days = [(3, 29), (3, 30), (3, 31), (4, 1), (4, 2)];
        let fits = days.map(|(month, day)| {
            let day = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
            astray(id, day).is_none()
        });
        assert_eq!(
            fits,
            [false, true, true, true, false],
            "30 March in Baker Island, 1 April in Kiribati"
        );
        assert!(astray(Uuid::nil(), at.date_naive()).is_some());
    }
}
