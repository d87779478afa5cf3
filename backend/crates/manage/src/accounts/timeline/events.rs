//! What happened to accounts, in the database.

use chrono::{DateTime, Utc};
use tollgate_contract::accounts::{AccountEvent, AccountEventKind, AccountState};
use tollgate_contract::ids::{AccountId, EventId};
use tollgate_store::{Clock, StoreError, TenantTx};

/// Most events shown at once.
const EVENTS_MAX: i64 = 200;
/// Longest text that is kept.
const TEXT_MAX: usize = 500;

/// Something that happened just now.
#[derive(Debug)]
pub(in crate::accounts) struct Happened<'a> {
    pub(in crate::accounts) kind: AccountEventKind,
    /// Of a test or a renewal: whether it failed.
    pub(in crate::accounts) failed: bool,
    pub(in crate::accounts) text: &'a str,
}

/// Writes it in the transaction of what happened.
pub(in crate::accounts) async fn record(
    tx: &mut TenantTx,
    clock: &Clock,
    account: AccountId,
    happened: &Happened<'_>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let text: String = happened.text.chars().take(TEXT_MAX).collect();
    sqlx::query!(
        "INSERT INTO account_events (tenant_id, account_id, event_id, at, kind, failed, text)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        account.0,
        clock.new_id(),
        clock.now(),
        happened.kind.as_str(),
        happened.failed,
        text
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The newest first; what a newer version of Tollgate wrote in words unknown here is left out.
pub(super) async fn read(tx: &mut TenantTx, account: AccountId) -> Result<Vec<AccountEvent>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT event_id, at AS "at: DateTime<Utc>", kind, state, until AS "until: DateTime<Utc>", text
           FROM account_events WHERE tenant_id = $1 AND account_id = $2 ORDER BY event_id DESC LIMIT $3"#,
        tenant.0,
        account.0,
        EVENTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let shown = rows.into_iter().filter_map(|row| {
        Some(AccountEvent {
            id: EventId(row.event_id),
            at: row.at,
            kind: AccountEventKind::parse(&row.kind)?,
            state: AccountState::parse(&row.state),
            until: row.until,
            text: row.text,
        })
    });
    Ok(shown.collect())
}
