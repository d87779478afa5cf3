//! Receipts: what was booked of one request, signed, with the proof that it stands in the books. Who holds one needs
//! neither the database nor the gateway to check it.

use crate::ids::{KeyId, PriceVersionId, RequestId, TenantId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The format that [`Receipt::format`] names.
pub const RECEIPT_FORMAT: &str = "tollgate-receipt-1";
/// The only algorithm of signatures: RFC 8032.
pub const RECEIPT_ALGORITHM: &str = "Ed25519";

/// A receipt: `GET requests/{id}/receipt`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Always `tollgate-receipt-1`.
    pub format: String,
    /// What is stated.
    pub statement: ReceiptStatement,
    /// The installation's signature of the statement.
    pub signature: ReceiptSignature,
}

/// What a receipt states. Signed is `tollgate receipts 1`, a line feed, and the statement as JSON without blanks whose
/// fields are sorted by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptStatement {
    /// Who pays.
    pub tenant_id: TenantId,
    /// The request; its id's first 48 bits are its time in milliseconds.
    pub request_id: RequestId,
    /// The key's public id.
    pub key_id: KeyId,
    /// The platform that answered.
    pub platform: String,
    /// The vendor that was paid for.
    pub provider: String,
    /// The model asked for.
    pub model: String,
    /// How the request ended.
    pub status: String,
    /// `exact`, or `estimated` where the answer broke off.
    pub quality: String,
    /// What was metered.
    pub tokens: ReceiptTokens,
    /// The version of the price book.
    pub price_version: PriceVersionId,
    /// The arithmetic of the charge.
    pub lines: Vec<ReceiptLine>,
    /// What was charged when the request was booked: the lines' sum.
    pub charge_nano: NanoUsd,
    /// What is counted beside the five token figures, by name: tokens of another kind among them, and calls. A batch of
    /// encoding 1 has none of the next four under its hash.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_meters: BTreeMap<String, i64>,
    /// The tier that answered: `standard`, `batch`, `flex`, `priority`.
    #[serde(default)]
    pub service_tier: String,
    /// Whether the model had no price, so that the dearest of its provider was taken.
    #[serde(default)]
    pub unpriced: bool,
    /// The version of the organisation's plan; absent: list prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_version: Option<Uuid>,
    /// What was reserved for it before.
    pub reserved_nano: NanoUsd,
    /// The node that served it.
    pub node_id: Uuid,
    /// The node's epoch.
    pub epoch: i64,
    /// Where it was booked.
    pub batch: ReceiptBatch,
    /// What was put right later, the oldest first.
    pub corrections: Vec<ReceiptCorrection>,
    /// What it comes to: the charge and all corrections.
    pub amount_nano: NanoUsd,
    /// When the receipt was made.
    pub issued_at: DateTime<Utc>,
}

/// Token figures, or differences of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptTokens {
    /// Input that came from no cache.
    pub input: i64,
    /// Output.
    pub output: i64,
    /// Written to a cache of five minutes.
    pub cache_write_5m: i64,
    /// Written to a cache of an hour.
    pub cache_write_1h: i64,
    /// Read from a cache.
    pub cache_read: i64,
}

/// A line of the charge's arithmetic, as it was booked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptLine {
    /// What was counted.
    pub meter: String,
    /// How much of it.
    pub quantity: u64,
    /// The price, as decimal text: US dollars per million unless the line says otherwise.
    pub price: String,
    /// What it comes to, rounded once.
    pub amount_nano: NanoUsd,
    /// What else was booked with the line.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub more: BTreeMap<String, Value>,
}

/// A batch of the tenant's chain, and the digests of all its rows: together they make its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptBatch {
    /// Its number in the tenant's chain.
    pub batch_no: i64,
    /// Version of the encoding under the hashes.
    pub encoding: i16,
    /// Hash of the batch before, in hex.
    pub prev_hash: String,
    /// How many requests it books.
    pub events: i64,
    /// What they come to, corrections included.
    pub charge_nano: NanoUsd,
    /// The node that booked it.
    pub node_id: Uuid,
    /// The node's epoch.
    pub epoch: i64,
    /// When it was booked, to the microsecond.
    pub booked_at: DateTime<Utc>,
    /// Its hash, in hex: the next batch and each seal build on it.
    pub hash: String,
    /// SHA-256 of each of its rows, in hex, sorted.
    pub digests: Vec<String>,
    /// The proof is left out: `events` and `charge_nano` are 0 and there are no digests, since the batch's totals are not
    /// for whoever may read their own requests alone, or since it has too many rows. The signature still stands for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// A later correction, with the batch that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptCorrection {
    /// Why.
    pub reason: String,
    /// What it added to the figures; below zero where it took away.
    pub tokens: ReceiptTokens,
    /// The same for what is counted beside them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_meters: BTreeMap<String, i64>,
    /// The tier of the figures that were put in.
    #[serde(default)]
    pub service_tier: String,
    /// What it added to the charge; below zero where it took away.
    pub charge_nano: NanoUsd,
    /// Of a re-pricing: which, and by which version of the prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repriced: Option<ReceiptRepricing>,
    /// Where it was booked.
    pub batch: ReceiptBatch,
}

/// A past charge that was priced anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptRepricing {
    /// The re-pricing.
    pub repricing_id: Uuid,
    /// The prices that were put in.
    pub price_version: PriceVersionId,
}

/// A signature with the key that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptSignature {
    /// Always `Ed25519`.
    pub algorithm: String,
    /// The key's id, as it is published.
    pub key_id: Uuid,
    /// The public key's 32 bytes, in hex. Compare it with the published one: a forger brings a key of their own.
    pub public_key: String,
    /// The signature's 64 bytes, in hex.
    pub value: String,
}
