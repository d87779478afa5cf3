//! Seals: once a day the end of every tenant's chain, and what its rows come to month by month, are signed and go out of
//! the database. A chain proves nothing against the database's owner, who could write it anew; a seal that lies elsewhere
//! does. Never in here: where seals are sent (the binary's job), and how a signature is made (`tollgate_store`).

mod deliveries;
pub(crate) mod document;
pub(crate) mod figures;
pub(crate) mod papers;
pub(crate) mod read;

pub use deliveries::{
    Delivery, SealPlace, SealSent, delivered, due_deliveries, plan_deliveries, seals_sent, undelivered,
};
pub use document::SealEnd;
pub use read::{SealLine, document_of, seals};

use crate::error::LedgerError;
use crate::settle::canonical::Hash;
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use document::{ChainLine, Head, TransferSums};
use figures::{Figures, add_since};
use std::collections::BTreeMap;
use tollgate_store::{Db, JobsTx, PLATFORM_TENANT, Signer, SigningError, StoreError};
use uuid::Uuid;

/// What the signature is for; see `tollgate_store::is_signature`.
pub const PURPOSE: &str = "seal";
/// Transfers younger than this are left to the next seal: one that is not committed yet may bear an earlier time.
const TRANSFERS_AGE: TimeDelta = TimeDelta::minutes(10);
/// The lock under which one seal is made at a time: "seal" in ASCII.
const LOCK: i64 = 0x7365_616c;

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The key.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// Another process makes one.
    #[error("another process makes a seal at this moment")]
    Busy,
}

impl From<sqlx::Error> for SealError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<tollgate_store::StoreError> for SealError {
    fn from(error: tollgate_store::StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

/// A seal that was made.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its number: one more than the one before.
    pub seal_no: i64,
    /// When.
    pub sealed_at: DateTime<Utc>,
    /// Chains that had moved since the one before.
    pub chains: usize,
    /// SHA-256 of what is signed, as hex digits.
    pub hash: String,
}

/// Seals, unless this day (of UTC) has its seal.
///
/// # Errors
/// As for [`seal`].
pub async fn seal_daily(db: &Db, signer: &Signer) -> Result<Option<Sealed>, SealError> {
    let mut tx = db.jobs().await?;
    let last = sqlx::query_scalar!("SELECT sealed_at FROM ledger_seals ORDER BY seal_no DESC LIMIT 1")
        .fetch_optional(tx.conn())
        .await?;
    drop(tx);
    if last.is_some_and(|last| last.date_naive() >= db.clock().now().date_naive()) {
        return Ok(None);
    }
    seal(db, signer).await.map(Some)
}

/// Seals what every chain has come to by now. A seal without a chain that moved is made as well: it proves that nothing
/// happened.
///
/// # Errors
/// `Busy` if another process is at it; then, as after any other, nothing is sealed.
pub async fn seal(db: &Db, signer: &Signer) -> Result<Sealed, SealError> {
    let mut tx = db.jobs().await?;
    // One moment for all chains; the first statement fixes it.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(tx.conn())
        .await?;
    let free = sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "free!""#, LOCK)
        .fetch_one(tx.conn())
        .await?;
    if !free {
        return Err(SealError::Busy);
    }
    let sealed_at = db.clock().now().trunc_subsecs(6);
    let before = sealed_at - TRANSFERS_AGE;
    let (prev_no, prev_hash) = last_seal(&mut tx).await?;
    let seal_no = prev_no.saturating_add(1);
    let moved = moved_chains(&mut tx, before).await?;
    let head = Head::new(seal_no, sealed_at, &prev_hash, moved.len());
    let mut chains = Vec::with_capacity(moved.len());
    for chain in &moved {
        chains.push(chain_line(&mut tx, chain, before).await?);
    }
    let hash = document::hash(&head.line(), chains.iter().map(|(line, _)| line.line()));
    let signature = signer.sign(PURPOSE, &hash).await?;
    let row = SealRow {
        seal_no,
        sealed_at,
        head: head.line(),
        prev_hash,
        hash,
        signature,
    };
    // The lock came free after this transaction's view of the seals was fixed: another one took the number.
    match insert_seal(&mut tx, &row, chains.len()).await {
        Err(SealError::Ledger(LedgerError::Store(StoreError::Duplicate(_)))) => return Err(SealError::Busy),
        made => made?,
    }
    for (line, months) in &chains {
        insert_chain(&mut tx, seal_no, before, line).await?;
        figures::insert(&mut tx, line.tenant, seal_no, months).await?;
    }
    tx.commit().await?;
    tracing::info!(seal.no = seal_no, chains = chains.len(), "the books are sealed");
    metrics::counter!("tollgate_ledger_seals_total").increment(1);
    Ok(Sealed {
        seal_no,
        sealed_at,
        chains: chains.len(),
        hash: hex::encode(hash),
    })
}

/// Number and hash of the last seal; zero and zeroes before the first.
async fn last_seal(tx: &mut JobsTx) -> Result<(i64, Hash), SealError> {
    let row = sqlx::query!("SELECT seal_no, hash FROM ledger_seals ORDER BY seal_no DESC LIMIT 1")
        .fetch_optional(tx.conn())
        .await?;
    let Some(row) = row else { return Ok((0, [0; 32])) };
    let hash = Hash::try_from(row.hash.as_slice())
        .map_err(|_| LedgerError::Figure(format!("seal {} has no hash", row.seal_no)))?;
    Ok((row.seal_no, hash))
}

/// A chain that has moved since its last seal.
struct Moved {
    tenant: Uuid,
    last_no: i64,
    last_hash: Vec<u8>,
    /// Sealed before up to here.
    sealed_no: i64,
    transfers_from: Option<DateTime<Utc>>,
    /// What was made of the books before this is sealed.
    papers_from: Option<DateTime<Utc>>,
}

async fn moved_chains(tx: &mut JobsTx, before: DateTime<Utc>) -> Result<Vec<Moved>, SealError> {
    let rows = sqlx::query!(
        r#"SELECT h.tenant_id AS "tenant_id!", h.last_no AS "last_no!", h.last_hash AS "last_hash!", COALESCE(c.last_no, 0) AS "sealed_no!",
                  c.transfers_before AS "transfers_before?",
                  (SELECT (p.line::jsonb #>> '{papers,before}')::timestamptz FROM ledger_seal_chains p
                   WHERE p.tenant_id = h.tenant_id AND p.line::jsonb ? 'papers'
                   ORDER BY seal_no DESC LIMIT 1) AS "papers_before?"
           FROM (SELECT tenant_id, last_no, last_hash FROM ledger_heads
                 UNION ALL
                 -- Exchange rates stand in the platform's line, which has a chain only once it had a cost.
                 SELECT $2, 0, decode(repeat('00', 32), 'hex')
                 WHERE NOT EXISTS (SELECT FROM ledger_heads WHERE tenant_id = $2)) AS h
           LEFT JOIN LATERAL (
               SELECT last_no, transfers_before FROM ledger_seal_chains c
               WHERE c.tenant_id = h.tenant_id ORDER BY seal_no DESC LIMIT 1) AS c ON true
           WHERE h.last_no > COALESCE(c.last_no, 0)
              OR EXISTS (SELECT 1 FROM ledger_transfers t
                         WHERE t.tenant_id = h.tenant_id AND t.batch_no IS NULL AND t.booked_at < $1
                           AND t.booked_at >= COALESCE(c.transfers_before, '-infinity'))
              OR made_since(h.tenant_id, c.transfers_before, $1)
           ORDER BY h.tenant_id"#,
        before,
        PLATFORM_TENANT.0
    )
    .fetch_all(tx.conn())
    .await?;
    let moved = rows.into_iter().map(|row| Moved {
        tenant: row.tenant_id,
        last_no: row.last_no,
        last_hash: row.last_hash,
        sealed_no: row.sealed_no,
        transfers_from: row.transfers_before,
        papers_from: row.papers_before,
    });
    Ok(moved.collect())
}

/// The line of a chain, and its months that have changed.
async fn chain_line(
    tx: &mut JobsTx,
    chain: &Moved,
    before: DateTime<Utc>,
) -> Result<(ChainLine, BTreeMap<NaiveDate, Figures>), SealError> {
    let mut months = add_since(tx, chain.tenant, (chain.sealed_no, chain.last_no)).await?;
    let sealed = figures::sealed(tx, chain.tenant).await?;
    for (month, figures) in &mut months {
        if let Some(sealed) = sealed.get(month) {
            figures.add(sealed)?;
        }
    }
    let from = chain.transfers_from.unwrap_or(DateTime::UNIX_EPOCH);
    let transfers: TransferSums = figures::transfers(tx, chain.tenant, (from, before)).await?;
    let from = chain.papers_from.unwrap_or(DateTime::UNIX_EPOCH);
    let papers = papers::papers(tx, chain.tenant, (from, before)).await?;
    let line = ChainLine::new(
        chain.tenant,
        chain.last_no,
        &chain.last_hash,
        transfers,
        &months,
        papers,
    );
    Ok((line, months))
}

struct SealRow {
    seal_no: i64,
    sealed_at: DateTime<Utc>,
    head: String,
    prev_hash: Hash,
    hash: Hash,
    signature: tollgate_store::Signature,
}

async fn insert_seal(tx: &mut JobsTx, row: &SealRow, chains: usize) -> Result<(), SealError> {
    sqlx::query!(
        "INSERT INTO ledger_seals (seal_no, sealed_at, chains, head, prev_hash, hash, key_id, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.seal_no,
        row.sealed_at,
        i32::try_from(chains).unwrap_or(i32::MAX),
        row.head,
        row.prev_hash.as_slice(),
        row.hash.as_slice(),
        row.signature.key_id,
        row.signature.bytes.as_slice()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_chain(
    tx: &mut JobsTx,
    seal_no: i64,
    before: DateTime<Utc>,
    line: &ChainLine,
) -> Result<(), SealError> {
    let last_hash = hex::decode(&line.hash).unwrap_or_default();
    sqlx::query!(
        "INSERT INTO ledger_seal_chains (tenant_id, seal_no, last_no, last_hash, transfers_before, line)
         VALUES ($1, $2, $3, $4, $5, $6)",
        line.tenant,
        seal_no,
        line.batch_no,
        last_hash,
        before,
        line.line()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
