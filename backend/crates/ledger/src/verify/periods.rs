//! Closed months: each statement's hash, its columns against its text, its arithmetic, and its figures against transfers,
//! batches and, where every row is looked at, requests. Months follow one another without a gap.

use super::{Misfit, VerifyReport, dropped};
use crate::error::LedgerError;
use crate::statement::{movements, usage};
use crate::transfers::WALLET;
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::{Statement, StatementMovement, StatementUsage};
use tollgate_store::JobsTx;
use uuid::Uuid;

const CHECK: &str = "billing_periods";

/// A closed month as stored.
struct Row {
    month: NaiveDate,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_zone: String,
    closed_at: DateTime<Utc>,
    closed_by: String,
    first_batch: Option<i64>,
    last_batch: Option<i64>,
    opening_nano: i64,
    usage_nano: i64,
    closing_nano: i64,
    statement: String,
    hash: Vec<u8>,
    /// What its batches say that requests cost, and how many there were.
    charged: i64,
    events: i64,
    /// The wallet before it, by its transfers.
    before: i64,
}

/// `every_row`: lines are computed again from requests too, where none was dropped.
pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    every_row: bool,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let rows = rows(tx, tenant).await?;
    if rows.is_empty() {
        report.note(CHECK, 0, None, Some(tenant));
        return Ok(());
    }
    let whole = every_row && dropped::months(tx, tenant).await?.is_empty();
    let (mut misfit, mut last): (Option<Misfit>, Option<&Row>) = (None, None);
    for row in &rows {
        misfit = check(tx, tenant, row, last, whole).await?;
        if misfit.is_some() {
            break;
        }
        last = Some(row);
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    report.note(CHECK, count, misfit, Some(tenant));
    Ok(())
}

async fn rows(tx: &mut JobsTx, tenant: Uuid) -> Result<Vec<Row>, LedgerError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT month, starts_at, ends_at, time_zone, closed_at, closed_by, first_batch, last_batch, opening_nano,
                  usage_nano, closing_nano, statement, hash,
                  (SELECT COALESCE(sum(charge_nano), 0)::bigint FROM ledger_batches b WHERE b.tenant_id = p.tenant_id
                     AND b.booked_at >= p.starts_at AND b.booked_at < p.ends_at) AS "charged!",
                  (SELECT COALESCE(sum(events), 0)::bigint FROM ledger_batches b WHERE b.tenant_id = p.tenant_id
                     AND b.booked_at >= p.starts_at AND b.booked_at < p.ends_at) AS "events!",
                  (SELECT COALESCE(sum(CASE WHEN to_code = $2 THEN amount_nano ELSE -amount_nano END), 0)::bigint
                   FROM ledger_transfers t WHERE t.tenant_id = p.tenant_id AND t.booked_at < p.starts_at
                     AND (from_code = $2 OR to_code = $2)) AS "before!"
           FROM billing_periods p WHERE tenant_id = $1 ORDER BY month"#,
        tenant,
        WALLET
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

async fn check(
    tx: &mut JobsTx,
    tenant: Uuid,
    row: &Row,
    last: Option<&Row>,
    whole: bool,
) -> Result<Option<Misfit>, LedgerError> {
    let name = |what: &str| format!("{}, {what}", row.month.format("%Y-%m"));
    let due = Sha256::digest(row.statement.as_bytes());
    if row.hash != due[..] {
        return Ok(Some(Misfit::new(
            name("hash"),
            hex::encode(due),
            hex::encode(&row.hash),
        )));
    }
    let Ok(said) = serde_json::from_str::<Statement>(&row.statement) else {
        return Ok(Some(Misfit::new(name("text"), "a statement", &row.statement)));
    };
    if let Some(misfit) = columns(row, &said)
        .or_else(|| chained(row, last))
        .or_else(|| adds_up(row, &said))
    {
        return Ok(Some(misfit));
    }
    let moved = movements(tx.conn(), tenant, (row.starts_at, row.ends_at)).await?;
    if moved != said.movements {
        return Ok(Some(Misfit::new(
            name("movements"),
            shown(&moved),
            shown(&said.movements),
        )));
    }
    if !whole {
        return Ok(None);
    }
    let batches = row.first_batch.zip(row.last_batch);
    let lines = usage(tx.conn(), tenant, row.starts_at, batches).await?;
    let pair = lines.iter().zip(&said.usage).find(|(due, found)| due != found);
    Ok(match pair {
        Some((due, found)) => Some(Misfit::new(
            name("a line"),
            format!("{due:?}"),
            format!("{found:?}"),
        )),
        None if lines.len() != said.usage.len() => {
            Some(Misfit::new(name("lines"), lines.len(), said.usage.len()))
        }
        None => None,
    })
}

/// The columns say what the text says.
fn columns(row: &Row, said: &Statement) -> Option<Misfit> {
    let stored = format!(
        "{} {} {} {} {} {} {:?} {:?} {} {} {}",
        row.month.format("%Y-%m"),
        row.starts_at,
        row.ends_at,
        row.time_zone,
        row.closed_at,
        row.closed_by,
        row.first_batch,
        row.last_batch,
        row.opening_nano,
        row.usage_nano,
        row.closing_nano
    );
    let text = format!(
        "{} {} {} {} {} {} {:?} {:?} {} {} {}",
        said.month,
        said.starts_at,
        said.ends_at,
        said.time_zone,
        said.closed_at,
        said.closed_by,
        said.first_batch,
        said.last_batch,
        said.opening_nano,
        said.usage_nano,
        said.closing_nano
    );
    let name = format!("{}, columns against the text", row.month.format("%Y-%m"));
    (stored != text).then(|| Misfit::new(name, text, stored))
}

/// It begins where the one before ended, with what was in the wallet then.
fn chained(row: &Row, last: Option<&Row>) -> Option<Misfit> {
    let due = match last {
        Some(last) => (last.ends_at, last.closing_nano),
        None => (row.starts_at, row.before),
    };
    let found = (row.starts_at, row.opening_nano);
    let show = |(at, nano): (DateTime<Utc>, i64)| format!("{nano} nano-USD at {at}");
    let name = format!("{}, opening", row.month.format("%Y-%m"));
    (due != found || row.before != row.opening_nano).then(|| Misfit::new(name, show(due), show(found)))
}

/// Opening and movements are the closing; settled movements, lines and batches are the usage.
fn adds_up(row: &Row, said: &Statement) -> Option<Misfit> {
    let sum =
        |amounts: &mut dyn Iterator<Item = NanoUsd>| amounts.map(|nano| i128::from(nano.0)).sum::<i128>();
    let moved = sum(&mut said.movements.iter().map(|line| line.wallet_nano));
    let mut settled = said
        .movements
        .iter()
        .filter(|line| line.settled)
        .map(|line| line.wallet_nano);
    let settled = -sum(&mut settled);
    let lines = sum(&mut said.usage.iter().map(StatementUsage::total_nano));
    let requests = said.usage.iter().map(|line| line.requests).sum::<i64>();
    let (usage, events) = (i128::from(said.usage_nano.0), i128::from(row.events));
    [
        (
            "closing",
            i128::from(said.opening_nano.0) + moved,
            said.closing_nano.0.into(),
        ),
        ("usage by its batches", row.charged.into(), usage),
        ("usage by its movements", settled, usage),
        ("usage by its lines", lines, usage),
        ("requests by its batches", events, said.requests.into()),
        ("requests by its lines", requests.into(), said.requests.into()),
    ]
    .into_iter()
    .find(|(_, due, found)| due != found)
    .map(|(what, due, found)| Misfit::new(format!("{}, {what}", row.month.format("%Y-%m")), due, found))
}

fn shown(movements: &[StatementMovement]) -> String {
    let lines: Vec<String> = movements
        .iter()
        .map(|line| {
            format!(
                "{} {} of {}",
                line.transfers,
                line.kind.as_str(),
                line.wallet_nano
            )
        })
        .collect();
    lines.join(", ")
}
