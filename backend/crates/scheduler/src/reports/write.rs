//! What is written of an account, in one transaction: its state with a line for its timeline, what was learnt of its
//! plan, its windows, and the announcement to the other nodes. `settings_version` stays: no person changed anything.

use crate::live::{Live, Work};
use crate::state::Condition;
use crate::windows;
use tollgate_contract::accounts::{AccountEventKind, AccountState};
use tollgate_store::{Db, StoreError, TenantTx, Topic, announce};

/// Longest text of an event, in characters, as the table has it.
const TEXT_MAX: usize = 500;

/// Writes it unless the row has later or is gone; gives the version under which the row has the state, if that was written.
pub(super) async fn write(db: &Db, live: &Live, work: &Work) -> Result<Option<i64>, StoreError> {
    let mut tx = db.tenant(live.tenant).await?;
    let mut written = None;
    if let Some(transition) = &work.transition {
        written = write_state(&mut tx, live, &transition.condition).await?;
        if written.is_some() {
            write_event(&mut tx, live, &transition.condition, db.clock().new_id()).await?;
        }
    }
    let mut announced = written;
    if work.lacks_opus {
        announced = write_lack(&mut tx, live).await?.or(announced);
    }
    windows::write(&mut tx, live.account, &work.windows).await?;
    if announced.is_none() && work.announces {
        announced = current(&mut tx, live).await?;
    }
    if let Some(version) = announced {
        announce(&mut tx, Topic::Account, live.account.0, version).await?;
    }
    tx.commit().await?;
    Ok(written)
}

async fn write_state(
    tx: &mut TenantTx,
    live: &Live,
    condition: &Condition,
) -> Result<Option<i64>, StoreError> {
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET state = $3, state_until = $4, state_reason = $5, state_since = $6, failures = $7,
                updated_at = GREATEST(updated_at, $6), version = version + 1
         WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL AND state <> 'disabled' AND state_since < $6
         RETURNING version",
        live.tenant.0,
        live.account.0,
        condition.state.as_str(),
        condition.until,
        &*condition.reason,
        condition.since,
        i32::try_from(condition.failures).unwrap_or(i32::MAX)
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(version)
}

/// A line of the account's timeline.
async fn write_event(
    tx: &mut TenantTx,
    live: &Live,
    condition: &Condition,
    id: uuid::Uuid,
) -> Result<(), StoreError> {
    let text: String = match condition.state {
        AccountState::Active => "It takes requests again.".to_owned(),
        _ => condition.reason.chars().take(TEXT_MAX).collect(),
    };
    sqlx::query!(
        "INSERT INTO account_events (tenant_id, account_id, event_id, at, kind, state, until, text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        live.tenant.0,
        live.account.0,
        id,
        condition.since,
        AccountEventKind::State.as_str(),
        condition.state.as_str(),
        condition.until,
        text
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Its plan has no Opus models, as a refusal told.
async fn write_lack(tx: &mut TenantTx, live: &Live) -> Result<Option<i64>, StoreError> {
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET opus = false, version = version + 1
         WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL AND opus IS DISTINCT FROM false
         RETURNING version",
        live.tenant.0,
        live.account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(version)
}

/// The row's version as it is.
async fn current(tx: &mut TenantTx, live: &Live) -> Result<Option<i64>, StoreError> {
    let version = sqlx::query_scalar!(
        "SELECT version FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL",
        live.tenant.0,
        live.account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(version)
}
