//! The ledger's transfers by the time of their booking, as statements have them, with what each changed in the wallet. The database's own sums come with the
//! rows, in the same statement and so of the same rows.

use super::cell::{Cell, Column, columns};
use super::error::{ExportError, mismatch};
use super::sheet::Sheet;
use super::wanted::Wanted;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use tollgate_store::TenantTx;
use uuid::Uuid;

const COLUMNS: &[&str] = &[
    "line",
    "transfer_id",
    "booked_at",
    "kind",
    "from_account",
    "to_account",
    "amount_usd",
    "wallet_usd",
    "batch_no",
    "reason",
    "author",
];

/// The file's columns.
pub(super) fn head() -> Vec<Column> {
    columns(COLUMNS)
}

struct Line {
    transfer_id: Uuid,
    booked_at: DateTime<Utc>,
    kind: String,
    from_code: String,
    to_code: String,
    amount: i64,
    wallet: i64,
    batch_no: Option<i64>,
    reason: String,
    author: String,
    all_rows: i64,
    all_wallet: i64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) rows: i64,
    /// Into the wallet, less what left it.
    pub(super) wallet: i64,
}

/// Writes the rows, at most so many, and behind all of them the totals.
pub(super) async fn write(
    tx: &mut TenantTx,
    wanted: &Wanted,
    sheet: &mut Sheet,
    most: Option<usize>,
) -> Result<Moved, ExportError> {
    let limit = most.and_then(|most| i64::try_from(most).ok());
    let mut rows = sqlx::query_as!(
        Line,
        r#"SELECT transfer_id, booked_at, kind, from_code, to_code, amount_nano AS amount, wallet AS "wallet!", batch_no,
                  reason, author, count(*) OVER () AS "all_rows!", (sum(wallet) OVER ())::bigint AS "all_wallet!"
           FROM (SELECT t.*, CASE WHEN to_code = 'wallet' THEN amount_nano WHEN from_code = 'wallet' THEN -amount_nano
                             ELSE 0 END AS wallet
                 FROM ledger_transfers t
                 WHERE tenant_id = $1 AND booked_at >= $2 AND booked_at < $3
                   AND (batch_no IS NULL OR batch_no <= $4)) AS moved
           ORDER BY booked_at, transfer_id LIMIT $5"#,
        wanted.tenant.0,
        wanted.from,
        wanted.to,
        wanted.through,
        limit
    )
    .fetch(tx.conn());
    let (mut moved, mut told) = (Moved::default(), Moved::default());
    while let Some(row) = rows.try_next().await? {
        sheet.row(&[
            Cell::Plain("transfer"),
            Cell::Id(row.transfer_id),
            Cell::Instant(row.booked_at),
            Cell::Plain(&row.kind),
            Cell::Plain(&row.from_code),
            Cell::Plain(&row.to_code),
            Cell::Money(row.amount),
            Cell::Money(row.wallet),
            row.batch_no.map_or(Cell::Nothing, Cell::Count),
            Cell::Text(&row.reason),
            Cell::Text(&row.author),
        ])?;
        moved.rows = moved.rows.saturating_add(1);
        moved.wallet = moved.wallet.saturating_add(row.wallet);
        (told.rows, told.wallet) = (row.all_rows, row.all_wallet);
    }
    if most.is_some() {
        return Ok(told);
    }
    if (moved.rows, moved.wallet) != (told.rows, told.wallet) {
        return Err(mismatch(
            wanted.tenant,
            format!("{moved:?} of transfers were written, not {told:?}"),
        ));
    }
    let mut total = [Cell::Nothing; COLUMNS.len()];
    let [line, _, _, _, _, _, _, wallet, ..] = &mut total;
    (*line, *wallet) = (Cell::Plain("total"), Cell::Money(moved.wallet));
    sheet.row(&total)?;
    Ok(moved)
}

/// What the rows come to.
pub(super) async fn sums(tx: &mut TenantTx, wanted: &Wanted) -> Result<Moved, ExportError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "rows!",
                  COALESCE(sum(CASE WHEN to_code = 'wallet' THEN amount_nano WHEN from_code = 'wallet' THEN -amount_nano
                               ELSE 0 END), 0)::bigint AS "wallet!"
           FROM ledger_transfers
           WHERE tenant_id = $1 AND booked_at >= $2 AND booked_at < $3 AND (batch_no IS NULL OR batch_no <= $4)"#,
        wanted.tenant.0,
        wanted.from,
        wanted.to,
        wanted.through
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Moved {
        rows: row.rows,
        wallet: row.wallet,
    })
}
