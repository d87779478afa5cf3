//! The statements of a settlement after the events are in: corrections, rollups, batches, ledger, leases, costs.
//! Every one of them feeds from a sorted map, so that all settlements lock in one order.

use super::canonical::{BatchFacts, ENCODING, Hash, TransferFacts};
use super::events::column;
use super::sums::plus;
use crate::error::LedgerError;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use tollgate_store::{Clock, SettleTx};
use uuid::Uuid;

/// Who books what an operator asks for: no node, since nothing of it comes from a journal.
pub(super) const OPERATOR: (Uuid, i64) = (Uuid::nil(), 0);

/// Who settles, and when.
pub(super) struct Context<'a> {
    /// The node and its epoch; see [`OPERATOR`] for batches that no node settles.
    pub node: (Uuid, i64),
    pub clock: &'a Clock,
    pub booked_at: DateTime<Utc>,
}

/// The end of a tenant's chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub last_no: i64,
    pub last_hash: Hash,
    /// Nothing may be booked before it: the last booking, and the end of the last closed period.
    pub not_before: Option<DateTime<Utc>>,
}

/// The time of a booking in these chains: now, unless another node's clock is ahead or a period was closed meanwhile.
pub(super) fn booking_time<'a>(now: DateTime<Utc>, heads: impl Iterator<Item = &'a Head>) -> DateTime<Utc> {
    heads.filter_map(|head| head.not_before).fold(now, DateTime::max)
}

/// Locks the ends of these tenants' chains, in the order given; one that is missing is begun.
pub(crate) async fn lock_heads(
    tx: &mut SettleTx,
    tenants: &[Uuid],
) -> Result<HashMap<Uuid, Head>, LedgerError> {
    let mut heads = select_heads(tx, tenants).await?;
    if heads.len() < tenants.len() {
        sqlx::query!(
            "INSERT INTO ledger_heads (tenant_id) SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id
             ON CONFLICT DO NOTHING",
            tenants
        )
        .execute(tx.conn())
        .await?;
        heads = select_heads(tx, tenants).await?;
    }
    Ok(heads)
}

async fn select_heads(tx: &mut SettleTx, tenants: &[Uuid]) -> Result<HashMap<Uuid, Head>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT tenant_id, last_no, last_hash, GREATEST(last_booked_at + interval '1 microsecond', closed_until) AS not_before
         FROM ledger_heads WHERE tenant_id = ANY($1) ORDER BY tenant_id FOR UPDATE",
        tenants
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let last_hash = Hash::try_from(row.last_hash.as_slice()).map_err(|_| {
                LedgerError::Figure(format!("the chain of tenant {} has no hash", row.tenant_id))
            })?;
            Ok((
                row.tenant_id,
                Head {
                    last_no: row.last_no,
                    last_hash,
                    not_before: row.not_before,
                },
            ))
        })
        .collect()
}

/// A batch before it has its place in the chain.
#[derive(Debug)]
pub(super) struct BatchDraft {
    pub tenant_id: Uuid,
    pub events: i64,
    pub charge: i64,
    pub digests: Vec<Hash>,
    pub transfers: Vec<TransferDraft>,
}

/// A transfer of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransferDraft {
    pub kind: &'static str,
    pub from_code: &'static str,
    pub to_code: &'static str,
    pub amount: i64,
    pub reason: &'static str,
    /// The transfer of an earlier batch that it corrects.
    pub corrects: Option<Uuid>,
}

struct TransferRow {
    tenant_id: Uuid,
    transfer_id: Uuid,
    batch_no: i64,
    draft: TransferDraft,
}

struct BatchRow {
    facts: BatchFacts,
    hash: Hash,
}

/// Writes batches with their transfers and balances, and moves the chains on.
pub(super) async fn write_batches(
    tx: &mut SettleTx,
    context: &Context<'_>,
    drafts: Vec<BatchDraft>,
    heads: &mut HashMap<Uuid, Head>,
) -> Result<(), LedgerError> {
    let (mut batches, mut transfers) = (Vec::new(), Vec::new());
    let mut balances: BTreeMap<(Uuid, &'static str), i64> = BTreeMap::new();
    for mut draft in drafts {
        let head = heads.get_mut(&draft.tenant_id).ok_or_else(|| {
            LedgerError::Figure(format!("the chain of tenant {} is not locked", draft.tenant_id))
        })?;
        let batch_no = plus(head.last_no, 1)?;
        for transfer in draft.transfers.iter().filter(|transfer| transfer.amount > 0) {
            let transfer_id = context.clock.new_id();
            let facts = TransferFacts {
                transfer_id,
                kind: transfer.kind,
                from_code: transfer.from_code,
                to_code: transfer.to_code,
                amount: transfer.amount,
                corrects: transfer.corrects,
            };
            draft.digests.push(facts.digest());
            for (code, change) in [
                (transfer.from_code, -transfer.amount),
                (transfer.to_code, transfer.amount),
            ] {
                let balance = balances.entry((draft.tenant_id, code)).or_default();
                *balance = plus(*balance, change)?;
            }
            transfers.push(TransferRow {
                tenant_id: draft.tenant_id,
                transfer_id,
                batch_no,
                draft: *transfer,
            });
        }
        let facts = BatchFacts {
            tenant_id: draft.tenant_id,
            batch_no,
            prev_hash: head.last_hash,
            events: draft.events,
            charge: draft.charge,
            node_id: context.node.0,
            epoch: context.node.1,
            booked_at_micros: context.booked_at.timestamp_micros(),
            encoding: ENCODING,
        };
        let hash = facts.hash(&mut draft.digests);
        *head = Head {
            last_no: batch_no,
            last_hash: hash,
            not_before: Some(context.booked_at),
        };
        batches.push(BatchRow { facts, hash });
    }
    insert_batches(tx, context, &batches).await?;
    move_balances(tx, context, &balances).await?;
    insert_transfers(tx, context, &transfers).await
}

async fn insert_batches(
    tx: &mut SettleTx,
    context: &Context<'_>,
    rows: &[BatchRow],
) -> Result<(), LedgerError> {
    let events = rows.iter().map(|row| i32::try_from(row.facts.events));
    let events = events
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| LedgerError::Figure(error.to_string()))?;
    sqlx::query!(
        "INSERT INTO ledger_batches (tenant_id, batch_no, encoding, events, charge_nano, node_id, epoch, prev_hash, hash,
                                     booked_at)
         SELECT tenant_id, batch_no, $8, events, charge, $6, $7, prev_hash, hash, $9
         FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::bigint[], $5::bytea[], $10::bytea[])
              AS row (tenant_id, batch_no, events, charge, prev_hash, hash)
         ORDER BY tenant_id, batch_no",
        &column(rows, |row| row.facts.tenant_id),
        &column(rows, |row| row.facts.batch_no),
        &events,
        &column(rows, |row| row.facts.charge),
        &column(rows, |row| row.facts.prev_hash.to_vec()),
        context.node.0,
        context.node.1,
        ENCODING,
        context.booked_at,
        &column(rows, |row| row.hash.to_vec())
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE ledger_heads h SET last_no = row.batch_no, last_hash = row.hash, last_booked_at = $4
         FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS row (tenant_id, batch_no, hash)
         WHERE h.tenant_id = row.tenant_id",
        &column(rows, |row| row.facts.tenant_id),
        &column(rows, |row| row.facts.batch_no),
        &column(rows, |row| row.hash.to_vec()),
        context.booked_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn move_balances(
    tx: &mut SettleTx,
    context: &Context<'_>,
    balances: &BTreeMap<(Uuid, &'static str), i64>,
) -> Result<(), LedgerError> {
    let rows: Vec<_> = balances.iter().collect();
    sqlx::query!(
        "INSERT INTO ledger_accounts (tenant_id, code, balance_nano, updated_at)
         SELECT tenant_id, code, change, $4 FROM unnest($1::uuid[], $2::text[], $3::bigint[])
              AS row (tenant_id, code, change)
         ORDER BY tenant_id, code
         ON CONFLICT (tenant_id, code) DO UPDATE
         SET balance_nano = ledger_accounts.balance_nano + excluded.balance_nano, updated_at = excluded.updated_at",
        &column(&rows, |((tenant, _), _)| *tenant),
        &column(&rows, |((_, code), _)| (*code).to_owned()),
        &column(&rows, |(_, change)| **change),
        context.booked_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_transfers(
    tx: &mut SettleTx,
    context: &Context<'_>,
    rows: &[TransferRow],
) -> Result<(), LedgerError> {
    let key = |row: &TransferRow| {
        let (no, draft) = (row.batch_no, row.draft);
        let key = format!("batch/{no}/{}/{}-{}", draft.kind, draft.from_code, draft.to_code);
        draft
            .corrects
            .map_or_else(|| key.clone(), |corrected| format!("{key}/{corrected}"))
    };
    sqlx::query!(
        "INSERT INTO ledger_transfers (tenant_id, transfer_id, kind, from_code, to_code, amount_nano, batch_no, reason,
                                       author, idempotency_key, booked_at, corrects_transfer_id)
         SELECT tenant_id, transfer_id, kind, from_code, to_code, amount, batch_no, reason, 'settlement', key, $10, corrects
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[],
                     $9::text[], $11::uuid[])
              AS row (tenant_id, transfer_id, kind, from_code, to_code, amount, batch_no, reason, key, corrects)
         ORDER BY tenant_id, transfer_id",
        &column(rows, |row| row.tenant_id),
        &column(rows, |row| row.transfer_id),
        &column(rows, |row| row.draft.kind.to_owned()),
        &column(rows, |row| row.draft.from_code.to_owned()),
        &column(rows, |row| row.draft.to_code.to_owned()),
        &column(rows, |row| row.draft.amount),
        &column(rows, |row| row.batch_no),
        &column(rows, |row| row.draft.reason.to_owned()),
        &column(rows, key),
        context.booked_at,
        &column(rows, |row| row.draft.corrects) as &[Option<Uuid>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
