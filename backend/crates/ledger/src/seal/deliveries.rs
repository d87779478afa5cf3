//! Which seals have to go where, and what became of it. Never in here: the sending.

use crate::error::LedgerError;
use chrono::{DateTime, TimeDelta, Utc};
use tollgate_store::JobsTx;

/// First pause after a failure; doubled each time up to the longest.
const PAUSE_FIRST: TimeDelta = TimeDelta::seconds(30);
const PAUSE_LONGEST: TimeDelta = TimeDelta::hours(1);
/// Longest error text kept.
const ERROR_MAX: usize = 500;
/// Deliveries taken at a time.
const PAGE: i64 = 50;

/// Where a seal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealPlace {
    /// Files in `ledger.seal_dir`.
    Folder,
    /// `ledger.seal_webhook`.
    Webhook,
}

impl SealPlace {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Webhook => "webhook",
        }
    }

    fn parse(text: &str) -> Self {
        if text == "webhook" {
            Self::Webhook
        } else {
            Self::Folder
        }
    }
}

/// A seal that has to go somewhere.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which seal.
    pub seal_no: i64,
    /// When it was made.
    pub sealed_at: DateTime<Utc>,
    /// Where to.
    pub place: SealPlace,
    /// How often it was tried.
    pub attempts: i32,
}

/// What became of a seal at a place.
#[derive(Clone, Debug)]
pub struct SealSent {
    /// Which seal.
    pub seal_no: i64,
    /// Where it goes.
    pub place: SealPlace,
    /// How often it was tried.
    pub attempts: i32,
    /// When it arrived; `None`: it has not.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Why the last try failed; empty if it did not.
    pub last_error: String,
}

/// What became of these seals, by seal and place.
///
/// # Errors
/// If the database is away.
pub async fn seals_sent(tx: &mut JobsTx, seals: &[i64]) -> Result<Vec<SealSent>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT seal_no, place, attempts, delivered_at, last_error FROM ledger_seal_deliveries
         WHERE seal_no = ANY($1) ORDER BY seal_no, place",
        seals
    )
    .fetch_all(tx.conn())
    .await?;
    let sent = rows.into_iter().map(|row| SealSent {
        seal_no: row.seal_no,
        place: SealPlace::parse(&row.place),
        attempts: row.attempts,
        delivered_at: row.delivered_at,
        last_error: row.last_error,
    });
    Ok(sent.collect())
}

/// Has every seal go to these places: also those of before a place was set.
///
/// # Errors
/// If the database is away.
pub async fn plan_deliveries(
    tx: &mut JobsTx,
    places: &[SealPlace],
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let places: Vec<String> = places.iter().map(|place| place.as_str().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO ledger_seal_deliveries (seal_no, place, next_attempt_at)
         SELECT s.seal_no, place, $2 FROM ledger_seals s CROSS JOIN unnest($1::text[]) AS place
         ON CONFLICT DO NOTHING",
        &places,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is due to these places, the oldest seal first.
///
/// # Errors
/// If the database is away.
pub async fn due_deliveries(
    tx: &mut JobsTx,
    places: &[SealPlace],
    now: DateTime<Utc>,
) -> Result<Vec<Delivery>, LedgerError> {
    let places: Vec<String> = places.iter().map(|place| place.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        "SELECT d.seal_no, s.sealed_at, d.place, d.attempts
         FROM ledger_seal_deliveries d JOIN ledger_seals s USING (seal_no)
         WHERE d.delivered_at IS NULL AND d.next_attempt_at <= $2 AND d.place = ANY($1)
         ORDER BY d.seal_no, d.place LIMIT $3",
        &places,
        now,
        PAGE
    )
    .fetch_all(tx.conn())
    .await?;
    let due = rows.into_iter().map(|row| Delivery {
        seal_no: row.seal_no,
        sealed_at: row.sealed_at,
        place: SealPlace::parse(&row.place),
        attempts: row.attempts,
    });
    Ok(due.collect())
}

/// Notes that a seal has arrived, or why it has not: then it is tried again after a pause.
///
/// # Errors
/// If the database is away.
pub async fn delivered(
    tx: &mut JobsTx,
    delivery: &Delivery,
    outcome: Result<(), &str>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let doublings = u32::try_from(delivery.attempts).unwrap_or(0).min(10);
    let pause = (PAUSE_FIRST * 2_i32.saturating_pow(doublings)).min(PAUSE_LONGEST);
    let error: String = outcome
        .err()
        .unwrap_or_default()
        .replace('\0', " ")
        .chars()
        .take(ERROR_MAX)
        .collect();
    sqlx::query!(
        "UPDATE ledger_seal_deliveries
         SET attempts = attempts + 1, last_error = $3, next_attempt_at = $4, delivered_at = $5
         WHERE seal_no = $1 AND place = $2 AND delivered_at IS NULL",
        delivery.seal_no,
        delivery.place.as_str(),
        error,
        now + pause,
        outcome.is_ok().then_some(now)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many deliveries have not arrived, and how old the oldest seal among them is; for figures and alarms.
///
/// # Errors
/// If the database is away.
pub async fn undelivered(tx: &mut JobsTx) -> Result<(i64, Option<DateTime<Utc>>), LedgerError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", min(s.sealed_at) AS "oldest"
           FROM ledger_seal_deliveries d JOIN ledger_seals s USING (seal_no) WHERE d.delivered_at IS NULL"#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.count, row.oldest))
}
