//! Dead letters: entries that can't be booked, or that differ from what is. They hold nobody up, and `verify` fails
//! until each is dealt with.

use super::events::column;
use super::row::clean_value;
use crate::entry::Entry;
use crate::error::LedgerError;
use crate::journal::Unreadable;
use crate::node::NodeEpoch;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tollgate_store::{Db, SettleTx};
use uuid::Uuid;

/// Longest error text kept.
const ERROR_MAX: usize = 2000;

/// An entry for the dead letters.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    tenant_id: Uuid,
    pub request_id: Uuid,
    kind: &'static str,
    entry: Value,
    error: String,
    node_id: Uuid,
    epoch: i64,
}

impl Letter {
    pub fn of_entry(entry: &Entry, kind: &'static str, error: String) -> Self {
        // The derived serialisation of plain data can't fail; if it did, the ids and the error would still be kept.
        let value = serde_json::to_value(entry).unwrap_or_default();
        Self {
            tenant_id: entry.open.tenant_id.0,
            request_id: entry.open.request_id.0,
            kind,
            entry: clean_value(value),
            error: clean_error(&error),
            node_id: entry.node_id.0,
            epoch: entry.epoch,
        }
    }

    pub fn error(&self) -> &str {
        &self.error
    }

    pub fn of_unreadable(row: &Unreadable, node: &NodeEpoch) -> Self {
        Self {
            tenant_id: row.tenant_id,
            request_id: row.request_id,
            kind: "poison",
            entry: json!({ "hex": hex::encode(&row.bytes) }),
            error: clean_error(&row.error),
            node_id: node.node_id().0,
            epoch: row.epoch,
        }
    }
}

fn clean_error(error: &str) -> String {
    error
        .chars()
        .take(ERROR_MAX)
        .map(|c| if c == '\0' { '\u{FFFD}' } else { c })
        .collect()
}

/// Writes letters in a transaction of their own.
pub(super) async fn bury(db: &Db, node: &NodeEpoch, letters: &[Letter]) -> Result<(), LedgerError> {
    let mut tx = db.settle().await?;
    node.hold(&mut tx).await?;
    bury_within(&mut tx, letters, db.clock().now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes letters in this transaction; one that is there already stays as it is.
pub(super) async fn bury_within(
    tx: &mut SettleTx,
    letters: &[Letter],
    created_at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    if letters.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO settle_dead_letters (tenant_id, request_id, kind, entry, error, node_id, epoch, created_at)
         SELECT *, $8::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::uuid[],
                                               $7::bigint[]) AS row (tenant_id, request_id, kind)
         ORDER BY tenant_id, request_id, kind
         ON CONFLICT DO NOTHING",
        &column(letters, |letter| letter.tenant_id),
        &column(letters, |letter| letter.request_id),
        &column(letters, |letter| letter.kind.to_owned()),
        &column(letters, |letter| letter.entry.clone()),
        &column(letters, |letter| letter.error.clone()),
        &column(letters, |letter| letter.node_id),
        &column(letters, |letter| letter.epoch),
        created_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
