//! Events, corrections, costs and transfers against the batches that they belong to, and the batches' hash chain.

use super::{Misfit, VerifyReport};
use crate::entry::PriceLine;
use crate::error::LedgerError;
use crate::settle::canonical::{
    BatchFacts, CorrectionFacts, CostFacts, ENCODING, EventFacts, Hash, TransferFacts,
};
use std::collections::HashMap;
use tollgate_store::{JobsTx, PLATFORM_TENANT};
use uuid::Uuid;

/// Batches recomputed at a time; each has at most some thousand events.
const BATCHES_PAGE: i64 = 20;

/// What was found of one batch.
#[derive(Debug, Default)]
struct Found {
    events: i64,
    charge: i128,
    moved: i128,
    digests: Vec<Hash>,
}

/// A batch as stored.
struct Stored {
    facts: BatchFacts,
    encoding: i16,
    hash: Vec<u8>,
    prev_hash: Vec<u8>,
}

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let (mut last_no, mut last_hash, mut rows, mut misfit) = (0_i64, [0_u8; 32], 0, None);
    'chain: loop {
        let page = batches(tx, tenant, last_no).await?;
        let Some(last) = page.last() else { break };
        let range = (last_no.saturating_add(1), last.facts.batch_no);
        let mut found: HashMap<i64, Found> = HashMap::new();
        misfit = events(tx, tenant, range, &mut found).await?;
        if misfit.is_some() {
            break;
        }
        parts(tx, tenant, range, &mut found).await?;
        for batch in page {
            rows += 1;
            let parts = found.remove(&batch.facts.batch_no).unwrap_or_default();
            rows += parts.events;
            misfit = check(&batch, last_no, &last_hash, parts);
            if misfit.is_some() {
                break 'chain;
            }
            last_no = batch.facts.batch_no;
            last_hash = Hash::try_from(batch.hash.as_slice()).unwrap_or_default();
        }
    }
    if misfit.is_none() {
        misfit = end(tx, tenant, last_no, &last_hash).await?;
    }
    report.note("ledger_batches", rows, misfit, Some(tenant));
    Ok(())
}

fn check(batch: &Stored, last_no: i64, last_hash: &Hash, mut found: Found) -> Option<Misfit> {
    let facts = &batch.facts;
    let name = |what: &str| format!("batch {}, {what}", facts.batch_no);
    if facts.batch_no != last_no.saturating_add(1) {
        return Some(Misfit::new(
            name("number"),
            last_no.saturating_add(1),
            facts.batch_no,
        ));
    }
    if batch.prev_hash != last_hash {
        return Some(Misfit::new(
            name("hash of the batch before"),
            hex::encode(last_hash),
            hex::encode(&batch.prev_hash),
        ));
    }
    if batch.encoding != ENCODING {
        return Some(Misfit::new(name("encoding"), ENCODING, batch.encoding));
    }
    if facts.events != found.events {
        return Some(Misfit::new(name("events"), facts.events, found.events));
    }
    if i128::from(facts.charge) != found.charge {
        return Some(Misfit::new(name("sum of its events"), facts.charge, found.charge));
    }
    if i128::from(facts.charge) != found.moved {
        return Some(Misfit::new(
            name("sum of its transfers"),
            facts.charge,
            found.moved,
        ));
    }
    let hash = facts.hash(&mut found.digests);
    (batch.hash != hash).then(|| Misfit::new(name("hash"), hex::encode(hash), hex::encode(&batch.hash)))
}

async fn batches(tx: &mut JobsTx, tenant: Uuid, after: i64) -> Result<Vec<Stored>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT batch_no, encoding, events, charge_nano, node_id, epoch, prev_hash, hash, booked_at FROM ledger_batches
         WHERE tenant_id = $1 AND batch_no > $2 ORDER BY batch_no LIMIT $3",
        tenant,
        after,
        BATCHES_PAGE
    )
    .fetch_all(tx.conn())
    .await?;
    let stored = rows.into_iter().map(|row| Stored {
        facts: BatchFacts {
            tenant_id: tenant,
            batch_no: row.batch_no,
            prev_hash: Hash::try_from(row.prev_hash.as_slice()).unwrap_or_default(),
            events: i64::from(row.events),
            charge: row.charge_nano,
            node_id: row.node_id,
            epoch: row.epoch,
            booked_at_micros: row.booked_at.timestamp_micros(),
        },
        encoding: row.encoding,
        hash: row.hash,
        prev_hash: row.prev_hash,
    });
    Ok(stored.collect())
}

/// Adds the events of some batches, and checks that each is the sum of its price lines.
async fn events(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
    found: &mut HashMap<i64, Found>,
) -> Result<Option<Misfit>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT request_id, key_id, platform, provider, model, status, quality, input_tokens, output_tokens,
                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, reserved_nano,
                price_version, price_lines, node_id, epoch, batch_no
         FROM usage_events WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3",
        tenant,
        first,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let lines: Vec<PriceLine> = serde_json::from_value(row.price_lines).unwrap_or_default();
        let sum: i128 = lines.iter().map(|line| i128::from(line.amount_nano.0)).sum();
        if sum != i128::from(row.charge_nano) {
            let name = format!("event {}, sum of its price lines", row.request_id);
            return Ok(Some(Misfit::new(name, row.charge_nano, sum)));
        }
        let facts = EventFacts {
            tenant_id: tenant,
            request_id: row.request_id,
            key_id: row.key_id,
            platform: &row.platform,
            provider: &row.provider,
            model: &row.model,
            status: &row.status,
            quality: &row.quality,
            tokens: [
                row.input_tokens,
                row.output_tokens,
                row.cache_write_5m_tokens,
                row.cache_write_1h_tokens,
                row.cache_read_tokens,
            ],
            charge: row.charge_nano,
            reserved: row.reserved_nano,
            price_version: row.price_version,
            node_id: row.node_id,
            epoch: row.epoch,
        };
        let batch = found.entry(row.batch_no).or_default();
        batch.events += 1;
        batch.charge += i128::from(row.charge_nano);
        batch.digests.push(facts.digest());
    }
    Ok(None)
}

/// Adds what else some batches consist of: corrections, transfers and, for the platform, costs.
async fn parts(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
    found: &mut HashMap<i64, Found>,
) -> Result<(), LedgerError> {
    let corrections = sqlx::query!(
        "SELECT request_id, batch_no, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                cache_read_tokens, charge_nano
         FROM usage_corrections WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3",
        tenant,
        first,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    for row in corrections {
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
        };
        let batch = found.entry(row.batch_no).or_default();
        batch.charge += i128::from(row.charge_nano);
        batch.digests.push(facts.digest());
    }
    transfers(tx, tenant, (first, last), found).await?;
    if tenant == PLATFORM_TENANT.0 {
        costs(tx, (first, last), found).await?;
    }
    Ok(())
}

async fn transfers(
    tx: &mut JobsTx,
    tenant: Uuid,
    (first, last): (i64, i64),
    found: &mut HashMap<i64, Found>,
) -> Result<(), LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT transfer_id, kind, from_code, to_code, amount_nano, batch_no AS "batch_no!"
           FROM ledger_transfers WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3"#,
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
        };
        let batch = found.entry(row.batch_no).or_default();
        batch.digests.push(facts.digest());
        let forward = matches!(row.from_code.as_str(), "wallet" | "upstream_cost");
        let amount = i128::from(row.amount_nano);
        batch.moved += if forward { amount } else { -amount };
    }
    Ok(())
}

async fn costs(
    tx: &mut JobsTx,
    (first, last): (i64, i64),
    found: &mut HashMap<i64, Found>,
) -> Result<(), LedgerError> {
    let rows = sqlx::query!(
        "SELECT request_id, customer_tenant_id, account_id, model, cost_nano, charge_nano, price_version, correction,
                batch_no
         FROM platform_costs WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3",
        PLATFORM_TENANT.0,
        first,
        last
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let facts = CostFacts {
            request_id: row.request_id,
            customer_tenant_id: row.customer_tenant_id,
            account_id: row.account_id,
            model: &row.model,
            cost: row.cost_nano,
            charge: row.charge_nano,
            price_version: row.price_version,
            correction: row.correction,
        };
        let batch = found.entry(row.batch_no).or_default();
        batch.events += 1;
        batch.charge += i128::from(row.cost_nano);
        batch.digests.push(facts.digest());
    }
    Ok(())
}

/// The chain ends where its head says, and no event stands outside it.
async fn end(
    tx: &mut JobsTx,
    tenant: Uuid,
    last_no: i64,
    last_hash: &Hash,
) -> Result<Option<Misfit>, LedgerError> {
    let head = sqlx::query!(
        "SELECT last_no, last_hash FROM ledger_heads WHERE tenant_id = $1",
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(head) = head
        && (head.last_no != last_no || head.last_hash != last_hash)
    {
        let expected = format!("batch {last_no} {}", hex::encode(last_hash));
        let found = format!("batch {} {}", head.last_no, hex::encode(&head.last_hash));
        return Ok(Some(Misfit::new("end of the chain", expected, found)));
    }
    let outside = sqlx::query!(
        "SELECT request_id, batch_no FROM usage_events
         WHERE tenant_id = $1 AND (batch_no < 1 OR batch_no > $2) ORDER BY request_id LIMIT 1",
        tenant,
        last_no
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(outside.map(|row| {
        Misfit::new(
            format!("event {}", row.request_id),
            format!("a batch up to {last_no}"),
            row.batch_no,
        )
    }))
}
