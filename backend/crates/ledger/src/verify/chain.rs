//! Events, corrections, costs and transfers against the batches that they belong to, and the batches' hash chain.

mod lines;
mod rows;

use super::dropped::{self, DroppedBatch};
use super::seals::LastSeal;
use super::{Misfit, Rows};
use crate::error::LedgerError;
use crate::seal::figures::Figures;
use crate::settle::canonical::{BatchFacts, ENCODING, ENCODINGS, Hash};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, HashMap};
use tollgate_store::JobsTx;
use uuid::Uuid;

/// Batches read at a time.
const BATCHES_PAGE: i64 = 2000;
/// Events that a part of them may have: what is held in memory at once.
const EVENTS_PAGE: i64 = 20_000;

/// What was found of one batch.
#[derive(Debug, Default)]
struct Found {
    events: i64,
    charge: i128,
    moved: i128,
    digests: Vec<Hash>,
    /// When the batch was booked; `None`: there is no such batch.
    booked_at: Option<DateTime<Utc>>,
    /// Version of the encoding under its hash; 0: there is no such batch.
    encoding: i16,
    /// A row of it that was booked at another time.
    astray: Option<(String, DateTime<Utc>)>,
}

/// A batch as stored.
struct Stored {
    facts: BatchFacts,
    hash: Vec<u8>,
    prev_hash: Vec<u8>,
    booked_at: DateTime<Utc>,
}

impl Found {
    /// Before its rows are read.
    fn of(batch: &Stored) -> (i64, Self) {
        let found = Self {
            booked_at: Some(batch.booked_at),
            encoding: batch.facts.encoding,
            ..Self::default()
        };
        (batch.facts.batch_no, found)
    }
}

/// What the rows come to while they are read.
#[derive(Debug, Default)]
struct Tally {
    /// Count up to this batch.
    sealed_no: i64,
    months: BTreeMap<NaiveDate, Figures>,
}

/// Walks the chain: from its beginning, or from the seal on.
pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    from: Option<&LastSeal>,
) -> Result<Rows, LedgerError> {
    let whole = from.is_none();
    let sealed = match from {
        Some(_) => None,
        None => super::seals::last(tx, tenant).await?,
    };
    let mut tally = Tally {
        sealed_no: sealed.as_ref().map_or(0, |seal| seal.batch_no),
        months: dropped::months(tx, tenant).await?,
    };
    let (mut last_no, mut last_hash) = from.map_or((0, [0; 32]), |seal| (seal.batch_no, seal.hash));
    let (mut rows, mut misfit) = (0, None);
    'chain: loop {
        let page = batches(tx, tenant, last_no).await?;
        if page.is_empty() {
            break;
        }
        for part in parts_of(page) {
            let Some(last) = part.last() else { break };
            let range = (last_no.saturating_add(1), last.facts.batch_no);
            let mut found: HashMap<i64, Found> = part.iter().map(Found::of).collect();
            misfit = rows::add(tx, tenant, range, &mut found, &mut tally).await?;
            if misfit.is_some() {
                break 'chain;
            }
            let gone = dropped::batches(tx, tenant, range).await?;
            for batch in part {
                let no = batch.facts.batch_no;
                let parts = found.remove(&no).unwrap_or_default();
                rows += 1 + parts.events;
                misfit = check(&batch, last_no, &last_hash, parts, gone.get(&no).copied());
                if misfit.is_some() {
                    break 'chain;
                }
                last_no = no;
                last_hash = Hash::try_from(batch.hash.as_slice()).unwrap_or_default();
            }
        }
    }
    let complete = misfit.is_none();
    if complete {
        misfit = end(tx, tenant, last_no, &last_hash).await?;
    }
    let mut result = Rows::default();
    result.report.note("ledger_batches", rows, misfit, Some(tenant));
    // Half a walk tells nothing of the months.
    result.sealed = (whole && complete && sealed.is_some()).then_some(tally.months);
    Ok(result)
}

/// Parts of a page that have no more events than may be held at once, or one batch.
fn parts_of(page: Vec<Stored>) -> Vec<Vec<Stored>> {
    let (mut parts, mut events): (Vec<Vec<Stored>>, i64) = (Vec::new(), EVENTS_PAGE);
    for batch in page {
        events = events.saturating_add(batch.facts.events.max(0));
        match parts.last_mut() {
            Some(part) if events <= EVENTS_PAGE => part.push(batch),
            _ => {
                events = batch.facts.events.max(0);
                parts.push(vec![batch]);
            }
        }
    }
    parts
}

fn check(
    batch: &Stored,
    last_no: i64,
    last_hash: &Hash,
    mut found: Found,
    dropped: Option<DroppedBatch>,
) -> Option<Misfit> {
    let facts = &batch.facts;
    let gone = dropped.unwrap_or_default();
    let name = |what: &str| format!("batch {}, {what}", facts.batch_no);
    let due_no = last_no.saturating_add(1);
    if facts.batch_no != due_no {
        return Some(Misfit::new(name("number"), due_no, facts.batch_no));
    }
    if batch.prev_hash != last_hash {
        let (due, there) = (hex::encode(last_hash), hex::encode(&batch.prev_hash));
        return Some(Misfit::new(name("hash of the batch before"), due, there));
    }
    if !ENCODINGS.contains(&facts.encoding) {
        return Some(Misfit::new(name("encoding"), ENCODING, facts.encoding));
    }
    let events = found.events.saturating_add(gone.events);
    if facts.events != events {
        return Some(Misfit::new(name("events"), facts.events, events));
    }
    let charge = found.charge.saturating_add(gone.charge);
    if i128::from(facts.charge) != charge {
        return Some(Misfit::new(name("sum of its events"), facts.charge, charge));
    }
    if i128::from(facts.charge) != found.moved {
        return Some(Misfit::new(
            name("sum of its transfers"),
            facts.charge,
            found.moved,
        ));
    }
    if let Some((row, at)) = found.astray {
        return Some(Misfit::new(format!("{row}, booked at"), batch.booked_at, at));
    }
    if dropped.is_some() {
        // Its hash was made of rows that are gone; the next batch and the seal hold it fast.
        return None;
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
            encoding: row.encoding,
        },
        hash: row.hash,
        prev_hash: row.prev_hash,
        booked_at: row.booked_at,
    });
    Ok(stored.collect())
}

/// The chain ends where its head says, and no row stands outside it.
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
    let expected = format!("batch {last_no} {}", hex::encode(last_hash));
    let found = match head {
        Some(head) => format!("batch {} {}", head.last_no, hex::encode(&head.last_hash)),
        // A tenant whose books were never opened has no head.
        None if last_no == 0 => expected.clone(),
        None => "no head".to_owned(),
    };
    if found != expected {
        return Ok(Some(Misfit::new("end of the chain", expected, found)));
    }
    let outside = sqlx::query!(
        r#"SELECT what AS "what!", id AS "id!", batch_no AS "batch_no!" FROM (
               SELECT 'event' AS what, request_id AS id, batch_no FROM usage_events
               WHERE tenant_id = $1 AND (batch_no < 1 OR batch_no > $2)
               UNION ALL
               SELECT 'correction of event', request_id, batch_no FROM usage_corrections
               WHERE tenant_id = $1 AND (batch_no < 1 OR batch_no > $2)
               UNION ALL
               SELECT 'cost of request', request_id, batch_no FROM platform_costs
               WHERE tenant_id = $1 AND (batch_no < 1 OR batch_no > $2)
               UNION ALL
               SELECT 'transfer', transfer_id, batch_no FROM ledger_transfers
               WHERE tenant_id = $1 AND (batch_no < 1 OR batch_no > $2)) AS row
           ORDER BY id LIMIT 1"#,
        tenant,
        last_no
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(outside.map(|row| {
        let name = format!("{} {}", row.what, row.id);
        Misfit::new(name, format!("a batch up to {last_no}"), row.batch_no)
    }))
}
