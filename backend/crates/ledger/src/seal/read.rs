//! Seals as they stand in the database, and their documents made anew.

use super::document::{SealEnd, hash};
use crate::error::LedgerError;
use crate::settle::canonical::Hash;
use chrono::{DateTime, Utc};
use tollgate_store::{JobsTx, Signature};
use uuid::Uuid;

/// A seal in a list.
#[derive(Clone, Debug)]
pub struct SealLine {
    /// Its number.
    pub seal_no: i64,
    /// When.
    pub sealed_at: DateTime<Utc>,
    /// Chains that had moved.
    pub chains: i32,
    /// SHA-256 of what is signed, hex.
    pub hash: String,
    /// The key that signed it.
    pub key_id: Uuid,
    /// Places where it has not arrived, and why not.
    pub missing: Vec<String>,
}

/// The last seals, the newest first; `before` is the number where a page goes on.
///
/// # Errors
/// If the database is away.
pub async fn seals(tx: &mut JobsTx, before: Option<i64>, limit: i64) -> Result<Vec<SealLine>, LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT s.seal_no, s.sealed_at, s.chains, s.hash, s.key_id,
                  ARRAY(SELECT d.place || CASE d.last_error WHEN '' THEN '' ELSE ' (' || d.last_error || ')' END
                        FROM ledger_seal_deliveries d WHERE d.seal_no = s.seal_no AND d.delivered_at IS NULL
                        ORDER BY d.place) AS "missing!"
           FROM ledger_seals s WHERE $1::bigint IS NULL OR s.seal_no < $1 ORDER BY s.seal_no DESC LIMIT $2"#,
        before,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let lines = rows.into_iter().map(|row| SealLine {
        seal_no: row.seal_no,
        sealed_at: row.sealed_at,
        chains: row.chains,
        hash: hex::encode(row.hash),
        key_id: row.key_id,
        missing: row.missing,
    });
    Ok(lines.collect())
}

/// A seal as stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredSeal {
    pub seal_no: i64,
    pub sealed_at: DateTime<Utc>,
    pub head: String,
    pub chains: Vec<String>,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
    pub key_id: Uuid,
    pub signature: Vec<u8>,
}

impl StoredSeal {
    /// What its lines hash to.
    pub fn hash_due(&self) -> Hash {
        hash(&self.head, self.chains.iter().cloned())
    }

    /// The document, made of what is stored.
    pub fn document(&self) -> String {
        let end = SealEnd::new(
            &Hash::try_from(self.hash.as_slice()).unwrap_or_default(),
            &Signature {
                key_id: self.key_id,
                bytes: self.signature.as_slice().try_into().unwrap_or([0; 64]),
            },
        );
        let mut text = String::new();
        for line in std::iter::once(&self.head)
            .chain(&self.chains)
            .chain([&end.line()])
        {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// The seal of this number.
pub(crate) async fn load(tx: &mut JobsTx, seal_no: i64) -> Result<Option<StoredSeal>, LedgerError> {
    let row = sqlx::query!(
        "SELECT sealed_at, head, prev_hash, hash, key_id, signature FROM ledger_seals WHERE seal_no = $1",
        seal_no
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let chains = sqlx::query_scalar!(
        "SELECT line FROM ledger_seal_chains WHERE seal_no = $1 ORDER BY tenant_id",
        seal_no
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Some(StoredSeal {
        seal_no,
        sealed_at: row.sealed_at,
        head: row.head,
        chains,
        prev_hash: row.prev_hash,
        hash: row.hash,
        key_id: row.key_id,
        signature: row.signature,
    }))
}

/// The document of a seal: what goes out of the database.
///
/// # Errors
/// If the database is away.
pub async fn document_of(tx: &mut JobsTx, seal_no: i64) -> Result<Option<String>, LedgerError> {
    Ok(load(tx, seal_no).await?.map(|seal| seal.document()))
}
