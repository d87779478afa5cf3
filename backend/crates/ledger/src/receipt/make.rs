//! A statement made from the books, in its tenant's own transaction. What the books can't prove is stated nowhere.

use super::facts::{batch_hash, correction_digest, event_digest};
use super::price::lines;
use crate::settle::canonical::{CorrectionFacts, CostFacts, EventFacts, Hash, OtherMeters, TransferFacts};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tollgate_contract::ids::{KeyId, PriceVersionId, RequestId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::receipts::{
    ReceiptBatch, ReceiptCorrection, ReceiptRepricing, ReceiptStatement, ReceiptTokens,
};
use tollgate_store::{PLATFORM_TENANT, StoreError, TenantTx};
use uuid::Uuid;

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rows of the batch are past their retention.
    #[error("rows of batch {0} are past their retention, so that nothing can be proved of it any more")]
    Gone(i64),
    /// The books do not agree with themselves: nobody signs that.
    #[error("batch {0} does not agree with its rows")]
    Differs(i64),
}

impl From<sqlx::Error> for ReceiptError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Most digests that a receipt carries: some megabyte. Batches of settlement have some hundred rows; those of a re-pricing
/// may have a hundred thousand.
const DIGESTS_MAX: usize = 20_000;

/// What is stated of a request, to be signed; `None` if the tenant has no such request. `whole`: for whoever may know what the
/// tenant's batches come to; else the proof, which tells that, is left out.
///
/// # Errors
/// As [`ReceiptError`] says.
pub async fn make(
    tx: &mut TenantTx,
    request: RequestId,
    issued_at: DateTime<Utc>,
    whole: bool,
) -> Result<Option<ReceiptStatement>, ReceiptError> {
    let Some((mut statement, batch_no)) = event(tx, request, issued_at).await? else {
        return Ok(None);
    };
    statement.batch = batch(tx, batch_no).await?;
    for (mut correction, batch_no) in corrections(tx, request).await? {
        correction.batch = batch(tx, batch_no).await?;
        let sum = statement.amount_nano.0.checked_add(correction.charge_nano.0);
        statement.amount_nano = NanoUsd(sum.ok_or(ReceiptError::Differs(batch_no))?);
        let digest = correction_digest(&statement, &correction);
        holds(&statement, &correction.batch, &digest)?;
        statement.corrections.push(correction);
    }
    holds(&statement, &statement.batch, &event_digest(&statement))?;
    withhold(&mut statement.batch, whole);
    for correction in &mut statement.corrections {
        withhold(&mut correction.batch, whole);
    }
    Ok(Some(statement))
}

/// Leaves the proof out where it is not the reader's, or too long. It was checked: nothing else is signed.
fn withhold(batch: &mut ReceiptBatch, whole: bool) {
    if whole && batch.digests.len() <= DIGESTS_MAX {
        return;
    }
    batch.withheld = true;
    batch.events = 0;
    batch.charge_nano = NanoUsd(0);
    batch.digests.clear();
}

fn holds(statement: &ReceiptStatement, batch: &ReceiptBatch, digest: &Hash) -> Result<(), ReceiptError> {
    let hash = batch_hash(statement, batch).map(hex::encode);
    let stands = batch.digests.contains(&hex::encode(digest));
    if stands && hash.as_ref() == Some(&batch.hash) {
        return Ok(());
    }
    Err(ReceiptError::Differs(batch.batch_no))
}

/// The statement without its batch and corrections, and the batch's number.
async fn event(
    tx: &mut TenantTx,
    request: RequestId,
    issued_at: DateTime<Utc>,
) -> Result<Option<(ReceiptStatement, i64)>, ReceiptError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT key_id, account_id, platform, provider, model, status, quality, input_tokens, output_tokens, cache_write_5m_tokens,
                cache_write_1h_tokens, cache_read_tokens, charge_nano, reserved_nano, price_version, price_lines, node_id,
                epoch, batch_no, other_meters, service_tier, unpriced, plan_version
         FROM usage_events WHERE tenant_id = $1 AND request_id = $2",
        tenant.0,
        request.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let lines =
        lines(row.price_lines, row.account_id.is_some()).map_err(|_| ReceiptError::Differs(row.batch_no))?;
    let statement = ReceiptStatement {
        tenant_id: tenant,
        request_id: request,
        key_id: KeyId(row.key_id),
        platform: row.platform,
        provider: row.provider,
        model: row.model,
        status: row.status,
        quality: row.quality,
        tokens: ReceiptTokens {
            input: row.input_tokens,
            output: row.output_tokens,
            cache_write_5m: row.cache_write_5m_tokens,
            cache_write_1h: row.cache_write_1h_tokens,
            cache_read: row.cache_read_tokens,
        },
        price_version: PriceVersionId(row.price_version),
        lines,
        charge_nano: NanoUsd(row.charge_nano),
        other_meters: others(row.other_meters, row.batch_no)?,
        service_tier: row.service_tier,
        unpriced: row.unpriced,
        plan_version: row.plan_version,
        reserved_nano: NanoUsd(row.reserved_nano),
        node_id: row.node_id,
        epoch: row.epoch,
        batch: no_batch(),
        corrections: Vec::new(),
        amount_nano: NanoUsd(row.charge_nano),
        issued_at,
    };
    Ok(Some((statement, row.batch_no)))
}

fn others(stored: Value, batch_no: i64) -> Result<OtherMeters, ReceiptError> {
    serde_json::from_value(stored).map_err(|_| ReceiptError::Differs(batch_no))
}

/// Filled in before anybody sees it.
fn no_batch() -> ReceiptBatch {
    ReceiptBatch {
        batch_no: 0,
        encoding: 0,
        prev_hash: String::new(),
        events: 0,
        charge_nano: NanoUsd(0),
        node_id: Uuid::nil(),
        epoch: 0,
        booked_at: DateTime::UNIX_EPOCH,
        hash: String::new(),
        digests: Vec::new(),
        withheld: false,
    }
}

async fn corrections(
    tx: &mut TenantTx,
    request: RequestId,
) -> Result<Vec<(ReceiptCorrection, i64)>, ReceiptError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT batch_no, reason, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                cache_read_tokens, charge_nano, repricing_id, price_version, other_meters, service_tier
         FROM usage_corrections WHERE tenant_id = $1 AND request_id = $2 ORDER BY batch_no",
        tenant.0,
        request.0
    )
    .fetch_all(tx.conn())
    .await?;
    let corrections = rows.into_iter().map(|row| {
        let correction = ReceiptCorrection {
            reason: row.reason,
            tokens: ReceiptTokens {
                input: row.input_tokens,
                output: row.output_tokens,
                cache_write_5m: row.cache_write_5m_tokens,
                cache_write_1h: row.cache_write_1h_tokens,
                cache_read: row.cache_read_tokens,
            },
            other_meters: others(row.other_meters, row.batch_no)?,
            service_tier: row.service_tier,
            charge_nano: NanoUsd(row.charge_nano),
            repriced: row
                .repricing_id
                .zip(row.price_version)
                .map(|(repricing_id, version)| ReceiptRepricing {
                    repricing_id,
                    price_version: PriceVersionId(version),
                }),
            batch: no_batch(),
        };
        Ok((correction, row.batch_no))
    });
    corrections.collect()
}

/// A batch as it is stored, with the digests of its rows as they are.
async fn batch(tx: &mut TenantTx, batch_no: i64) -> Result<ReceiptBatch, ReceiptError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT encoding, prev_hash, events, charge_nano, node_id, epoch, booked_at, hash
         FROM ledger_batches WHERE tenant_id = $1 AND batch_no = $2",
        tenant.0,
        batch_no
    )
    .fetch_optional(tx.conn())
    .await?;
    let row = row.ok_or(ReceiptError::Differs(batch_no))?;
    let by = (batch_no, row.encoding);
    let mut digests = event_digests(tx, by).await?;
    let mut found = digests.len();
    digests.extend(correction_digests(tx, by).await?);
    digests.extend(transfer_digests(tx, batch_no).await?);
    if tenant == PLATFORM_TENANT {
        let costs = cost_digests(tx, batch_no).await?;
        found += costs.len();
        digests.extend(costs);
    }
    if i64::try_from(found).unwrap_or(i64::MAX) < i64::from(row.events) {
        return Err(ReceiptError::Gone(batch_no));
    }
    digests.sort_unstable();
    Ok(ReceiptBatch {
        batch_no,
        encoding: row.encoding,
        prev_hash: hex::encode(row.prev_hash),
        events: i64::from(row.events),
        charge_nano: NanoUsd(row.charge_nano),
        node_id: row.node_id,
        epoch: row.epoch,
        booked_at: row.booked_at,
        hash: hex::encode(row.hash),
        digests: digests.iter().map(hex::encode).collect(),
        withheld: false,
    })
}

async fn event_digests(
    tx: &mut TenantTx,
    (batch_no, encoding): (i64, i16),
) -> Result<Vec<Hash>, ReceiptError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT request_id, key_id, platform, provider, model, status, quality, input_tokens, output_tokens,
                cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, reserved_nano,
                price_version, node_id, epoch, other_meters, service_tier, unpriced, plan_version
         FROM usage_events WHERE tenant_id = $1 AND batch_no = $2",
        tenant.0,
        batch_no
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.into_iter().map(|row| {
        let other_meters = others(row.other_meters, batch_no)?;
        let facts = EventFacts {
            tenant_id: tenant.0,
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
            other_meters: &other_meters,
            service_tier: &row.service_tier,
            unpriced: row.unpriced,
            plan_version: row.plan_version,
        };
        Ok(facts.digest(encoding))
    });
    digests.collect()
}

async fn correction_digests(
    tx: &mut TenantTx,
    (batch_no, encoding): (i64, i16),
) -> Result<Vec<Hash>, ReceiptError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT request_id, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                cache_read_tokens, charge_nano, repricing_id, price_version, other_meters, service_tier
         FROM usage_corrections WHERE tenant_id = $1 AND batch_no = $2",
        tenant.0,
        batch_no
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.into_iter().map(|row| {
        let other_meters = others(row.other_meters, batch_no)?;
        let facts = CorrectionFacts {
            tenant_id: tenant.0,
            request_id: row.request_id,
            tokens: [
                row.input_tokens,
                row.output_tokens,
                row.cache_write_5m_tokens,
                row.cache_write_1h_tokens,
                row.cache_read_tokens,
            ],
            charge: row.charge_nano,
            other_meters: &other_meters,
            service_tier: &row.service_tier,
            repriced: row.repricing_id.zip(row.price_version),
        };
        Ok(facts.digest(encoding))
    });
    digests.collect()
}

async fn transfer_digests(tx: &mut TenantTx, batch_no: i64) -> Result<Vec<Hash>, ReceiptError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT transfer_id, kind, from_code, to_code, amount_nano, corrects_transfer_id FROM ledger_transfers
         WHERE tenant_id = $1 AND batch_no = $2",
        tenant.0,
        batch_no
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.iter().map(|row| {
        TransferFacts {
            transfer_id: row.transfer_id,
            kind: &row.kind,
            from_code: &row.from_code,
            to_code: &row.to_code,
            amount: row.amount_nano,
            corrects: row.corrects_transfer_id,
        }
        .digest()
    });
    Ok(digests.collect())
}

/// Of the platform's own batches.
async fn cost_digests(tx: &mut TenantTx, batch_no: i64) -> Result<Vec<Hash>, ReceiptError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT request_id, customer_tenant_id, account_id, model, cost_nano, charge_nano, price_version, correction,
                repricing_id
         FROM platform_costs WHERE tenant_id = $1 AND batch_no = $2",
        tenant.0,
        batch_no
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.iter().map(|row| {
        CostFacts {
            request_id: row.request_id,
            customer_tenant_id: row.customer_tenant_id,
            account_id: row.account_id,
            model: &row.model,
            cost: row.cost_nano,
            charge: row.charge_nano,
            price_version: row.price_version,
            correction: row.correction,
            repriced: row.repricing_id,
        }
        .digest()
    });
    Ok(digests.collect())
}
