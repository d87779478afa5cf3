//! A receipt's figures as the bytes under the batch's hash. Never in here: whether they fit.

use crate::settle::canonical::{BatchFacts, CorrectionFacts, EventFacts, Hash, Tokens};
use tollgate_contract::receipts::{ReceiptBatch, ReceiptCorrection, ReceiptStatement, ReceiptTokens};

/// Digest of the request's row.
pub(super) fn event_digest(statement: &ReceiptStatement) -> Hash {
    EventFacts {
        tenant_id: statement.tenant_id.0,
        request_id: statement.request_id.0,
        key_id: statement.key_id.0,
        platform: &statement.platform,
        provider: &statement.provider,
        model: &statement.model,
        status: &statement.status,
        quality: &statement.quality,
        tokens: tokens(statement.tokens),
        charge: statement.charge_nano.0,
        reserved: statement.reserved_nano.0,
        price_version: statement.price_version.0,
        node_id: statement.node_id,
        epoch: statement.epoch,
        other_meters: &statement.other_meters,
        service_tier: &statement.service_tier,
        unpriced: statement.unpriced,
        plan_version: statement.plan_version,
    }
    .digest(statement.batch.encoding)
}

/// Digest of a correction's row.
pub(super) fn correction_digest(statement: &ReceiptStatement, correction: &ReceiptCorrection) -> Hash {
    CorrectionFacts {
        tenant_id: statement.tenant_id.0,
        request_id: statement.request_id.0,
        tokens: tokens(correction.tokens),
        charge: correction.charge_nano.0,
        repriced: correction
            .repriced
            .map(|repriced| (repriced.repricing_id, repriced.price_version.0)),
        other_meters: &correction.other_meters,
        service_tier: &correction.service_tier,
    }
    .digest(correction.batch.encoding)
}

/// The hash that a batch's figures and digests make; `None` if one of them is no hash.
pub(super) fn batch_hash(statement: &ReceiptStatement, batch: &ReceiptBatch) -> Option<Hash> {
    let mut digests = batch
        .digests
        .iter()
        .map(|text| read_hash(text))
        .collect::<Option<Vec<_>>>()?;
    let facts = BatchFacts {
        tenant_id: statement.tenant_id.0,
        batch_no: batch.batch_no,
        prev_hash: read_hash(&batch.prev_hash)?,
        events: batch.events,
        charge: batch.charge_nano.0,
        node_id: batch.node_id,
        epoch: batch.epoch,
        booked_at_micros: batch.booked_at.timestamp_micros(),
        encoding: batch.encoding,
    };
    Some(facts.hash(&mut digests))
}

/// A hash in hex.
pub(super) fn read_hash(text: &str) -> Option<Hash> {
    hex::decode(text).ok()?.try_into().ok()
}

fn tokens(tokens: ReceiptTokens) -> Tokens {
    [
        tokens.input,
        tokens.output,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.cache_read,
    ]
}
