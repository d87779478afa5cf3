//! What a tenant's rows come to: events, corrections and costs month by month, and transfers outside batches.

use super::SealError;
use super::document::{TransferSums, instant};
use crate::error::LedgerError;
use crate::settle::canonical::{Hash, MovementFacts};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tollgate_store::JobsTx;
use uuid::Uuid;

/// What the rows of one month of UTC come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub events: i64,
    pub corrections: i64,
    /// In the order of the columns; events and corrections together.
    pub tokens: [i64; 5],
    #[serde(with = "text")]
    pub charge_nano: i64,
    #[serde(with = "text")]
    pub corrected_up_nano: i64,
    pub duration_ms: i64,
    pub costs: i64,
    #[serde(with = "text")]
    pub cost_nano: i64,
}

/// Money as decimal text, for readers whose numbers are floating point.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(value: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl Figures {
    /// # Errors
    /// `Figure` where a sum does not fit.
    pub fn add(&mut self, other: &Self) -> Result<(), LedgerError> {
        let plus = |a: &mut i64, b: i64| {
            let sum = a
                .checked_add(b)
                .ok_or_else(|| LedgerError::Figure(format!("{a} + {b} does not fit 64 bits")))?;
            *a = sum;
            Ok::<_, LedgerError>(())
        };
        plus(&mut self.events, other.events)?;
        plus(&mut self.corrections, other.corrections)?;
        for (sum, count) in self.tokens.iter_mut().zip(other.tokens) {
            plus(sum, count)?;
        }
        plus(&mut self.charge_nano, other.charge_nano)?;
        plus(&mut self.corrected_up_nano, other.corrected_up_nano)?;
        plus(&mut self.duration_ms, other.duration_ms)?;
        plus(&mut self.costs, other.costs)?;
        plus(&mut self.cost_nano, other.cost_nano)
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [input, output, write_5m, write_1h, read] = self.tokens;
        write!(
            f,
            "{} events, {} corrections, tokens {input} {output} {write_5m} {write_1h} {read}, charge {} (corrected up {}), \
             {} ms, {} costs of {}",
            self.events,
            self.corrections,
            self.charge_nano,
            self.corrected_up_nano,
            self.duration_ms,
            self.costs,
            self.cost_nano
        )
    }
}

/// What batches `after < no ≤ last` added, month by month. A sum that does not fit fails as the database's error.
pub(crate) async fn add_since(
    tx: &mut JobsTx,
    tenant: Uuid,
    (after, last): (i64, i64),
) -> Result<BTreeMap<NaiveDate, Figures>, LedgerError> {
    let rows = sqlx::query!(
        r#"WITH line AS (
               SELECT uuid7_month(request_id) AS month, 1 AS events, 0 AS corrections, input_tokens, output_tokens,
                      cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, 0::bigint AS up,
                      duration_ms, 0 AS costs, 0::bigint AS cost
               FROM usage_events WHERE tenant_id = $1 AND batch_no > $2 AND batch_no <= $3
               UNION ALL
               SELECT uuid7_month(request_id), 0, 1, input_tokens, output_tokens, cache_write_5m_tokens,
                      cache_write_1h_tokens, cache_read_tokens, charge_nano, GREATEST(charge_nano, 0), 0, 0, 0
               FROM usage_corrections WHERE tenant_id = $1 AND batch_no > $2 AND batch_no <= $3
               UNION ALL
               SELECT uuid7_month(request_id), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, cost_nano
               FROM platform_costs WHERE tenant_id = $1 AND batch_no > $2 AND batch_no <= $3)
           SELECT month AS "month!", sum(events)::bigint AS "events!", sum(corrections)::bigint AS "corrections!",
                  sum(input_tokens)::bigint AS "input!", sum(output_tokens)::bigint AS "output!",
                  sum(cache_write_5m_tokens)::bigint AS "write_5m!", sum(cache_write_1h_tokens)::bigint AS "write_1h!",
                  sum(cache_read_tokens)::bigint AS "read!", sum(charge_nano)::bigint AS "charge!", sum(up)::bigint AS "up!",
                  sum(duration_ms)::bigint AS "duration!", sum(costs)::bigint AS "costs!", sum(cost)::bigint AS "cost!"
           FROM line GROUP BY 1 ORDER BY 1"#,
        tenant,
        after,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    let months = rows.into_iter().map(|row| {
        let figures = Figures {
            events: row.events,
            corrections: row.corrections,
            tokens: [row.input, row.output, row.write_5m, row.write_1h, row.read],
            charge_nano: row.charge,
            corrected_up_nano: row.up,
            duration_ms: row.duration,
            costs: row.costs,
            cost_nano: row.cost,
        };
        (row.month, figures)
    });
    Ok(months.collect())
}

/// The months as the tenant's last seals have them.
pub(crate) async fn sealed(
    tx: &mut JobsTx,
    tenant: Uuid,
) -> Result<BTreeMap<NaiveDate, Figures>, LedgerError> {
    let rows = sqlx::query_as!(
        MonthRow,
        "SELECT DISTINCT ON (month) month, events, corrections, input_tokens, output_tokens, cache_write_5m_tokens,
                cache_write_1h_tokens, cache_read_tokens, charge_nano, corrected_up_nano, duration_ms, costs, cost_nano
         FROM ledger_seal_months WHERE tenant_id = $1 ORDER BY month, seal_no DESC",
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(MonthRow::figures).collect())
}

/// A month as it is stored, in `ledger_seal_months` and `dropped_months` alike.
pub(crate) struct MonthRow {
    pub month: NaiveDate,
    pub events: i64,
    pub corrections: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_write_5m_tokens: i64,
    pub cache_write_1h_tokens: i64,
    pub cache_read_tokens: i64,
    pub charge_nano: i64,
    pub corrected_up_nano: i64,
    pub duration_ms: i64,
    pub costs: i64,
    pub cost_nano: i64,
}

impl MonthRow {
    /// With the month that they are of.
    pub fn figures(self) -> (NaiveDate, Figures) {
        let figures = Figures {
            events: self.events,
            corrections: self.corrections,
            tokens: [
                self.input_tokens,
                self.output_tokens,
                self.cache_write_5m_tokens,
                self.cache_write_1h_tokens,
                self.cache_read_tokens,
            ],
            charge_nano: self.charge_nano,
            corrected_up_nano: self.corrected_up_nano,
            duration_ms: self.duration_ms,
            costs: self.costs,
            cost_nano: self.cost_nano,
        };
        (self.month, figures)
    }
}

/// Keeps the months of a seal.
pub(super) async fn insert(
    tx: &mut JobsTx,
    tenant: Uuid,
    seal_no: i64,
    months: &BTreeMap<NaiveDate, Figures>,
) -> Result<(), SealError> {
    for (month, figures) in months {
        let [input, output, write_5m, write_1h, read] = figures.tokens;
        sqlx::query!(
            "INSERT INTO ledger_seal_months (tenant_id, seal_no, month, events, corrections, input_tokens, output_tokens,
                 cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, corrected_up_nano,
                 duration_ms, costs, cost_nano)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            tenant,
            seal_no,
            month,
            figures.events,
            figures.corrections,
            input,
            output,
            write_5m,
            write_1h,
            read,
            figures.charge_nano,
            figures.corrected_up_nano,
            figures.duration_ms,
            figures.costs,
            figures.cost_nano
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Transfers outside batches that were booked in `from ≤ at < before`: the batches' own are under their hashes.
pub(crate) async fn transfers(
    tx: &mut JobsTx,
    tenant: Uuid,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<TransferSums, LedgerError> {
    let rows = sqlx::query!(
        "SELECT transfer_id, kind, from_code, to_code, amount_nano, reason, author, idempotency_key, booked_at,
                corrects_transfer_id
         FROM ledger_transfers WHERE tenant_id = $1 AND batch_no IS NULL AND booked_at >= $2 AND booked_at < $3",
        tenant,
        from,
        before
    )
    .fetch_all(tx.conn())
    .await?;
    let (mut digests, mut amount): (Vec<Hash>, i128) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        amount += i128::from(row.amount_nano);
        let facts = MovementFacts {
            transfer_id: row.transfer_id,
            kind: &row.kind,
            from_code: &row.from_code,
            to_code: &row.to_code,
            amount: row.amount_nano,
            reason: &row.reason,
            author: &row.author,
            idempotency_key: &row.idempotency_key,
            booked_at_micros: row.booked_at.timestamp_micros(),
            corrects: row.corrects_transfer_id,
        };
        digests.push(facts.digest());
    }
    digests.sort_unstable();
    let digest = digests.iter().fold(Sha256::new(), Sha256::chain_update);
    Ok(TransferSums {
        from: instant(from),
        before: instant(before),
        count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        amount_nano: amount.to_string(),
        digest: hex::encode(digest.finalize()),
    })
}
