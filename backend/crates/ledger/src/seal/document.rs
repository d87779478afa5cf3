//! A seal as a text of lines, each a JSON object: the head, a line for each chain that moved (by tenant), the end. The hash
//! in the end is SHA-256 of all lines before it, each with its line feed, so that `head -n -1 FILE | sha256sum` tells it;
//! signed is `tollgate seal 1`, a line feed, and the hash's 32 bytes. Amounts are nano-USD as decimal text.

use super::figures::Figures;
use super::papers::PaperSums;
use super::read::StoredSeal;
use crate::settle::canonical::Hash;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tollgate_store::Signature;
use uuid::Uuid;

/// Version of this layout.
const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub seal: i64,
    pub version: u32,
    pub sealed_at: String,
    /// Hash of the seal before, hex.
    pub previous: String,
    pub chains: usize,
}

impl Head {
    pub fn new(seal: i64, sealed_at: DateTime<Utc>, previous: &Hash, chains: usize) -> Self {
        Self {
            seal,
            version: VERSION,
            sealed_at: instant(sealed_at),
            previous: hex::encode(previous),
            chains,
        }
    }

    pub fn line(&self) -> String {
        text(self)
    }

    /// Whether it says what is stored beside it.
    pub fn fits(&self, seal: &StoredSeal) -> bool {
        let previous = Hash::try_from(seal.prev_hash.as_slice()).unwrap_or_default();
        *self == Self::new(seal.seal_no, seal.sealed_at, &previous, seal.chains.len())
    }
}

/// Transfers outside batches, booked within an interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransferSums {
    pub from: String,
    pub before: String,
    pub count: i64,
    pub amount_nano: String,
    /// SHA-256 of their sorted digests, hex.
    pub digest: String,
}

/// Figures of a month in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MonthLine {
    pub month: NaiveDate,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The line of a tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChainLine {
    pub tenant: Uuid,
    /// The last batch, and its hash as hex digits.
    pub batch_no: i64,
    pub hash: String,
    pub transfers: TransferSums,
    /// Those that have changed, each as a whole.
    pub months: Vec<MonthLine>,
    /// What was made of the books since the line before that had it; absent where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub papers: Option<PaperSums>,
}

impl ChainLine {
    pub fn new(
        tenant: Uuid,
        batch_no: i64,
        hash: &[u8],
        transfers: TransferSums,
        months: &BTreeMap<NaiveDate, Figures>,
        papers: PaperSums,
    ) -> Self {
        let line = |(month, figures): (&NaiveDate, &Figures)| MonthLine {
            month: *month,
            figures: *figures,
        };
        Self {
            tenant,
            batch_no,
            hash: hex::encode(hash),
            transfers,
            months: months.iter().map(line).collect(),
            papers: Some(papers).filter(|papers| !papers.is_empty()),
        }
    }

    pub fn line(&self) -> String {
        text(self)
    }
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealEnd {
    /// SHA-256 of the lines before, hex.
    pub hash: String,
    /// `Ed25519`.
    pub algorithm: String,
    /// Which key; its public part is published at `GET /api/v2/ledger/keys`.
    pub key_id: Uuid,
    /// 64 bytes, hex.
    pub signature: String,
}

impl SealEnd {
    pub(crate) fn new(hash: &Hash, signature: &Signature) -> Self {
        Self {
            hash: hex::encode(hash),
            algorithm: "Ed25519".to_owned(),
            key_id: signature.key_id,
            signature: hex::encode(signature.bytes),
        }
    }

    pub(crate) fn line(&self) -> String {
        text(self)
    }
}

/// The hash of a head and its chains, in their order.
pub(crate) fn hash(head: &str, chains: impl Iterator<Item = String>) -> Hash {
    let mut digest = Sha256::new();
    for line in std::iter::once(head.to_owned()).chain(chains) {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    }
    digest.finalize().into()
}

/// As instants stand in a seal.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The derived serialisation of plain data can't fail.
fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
