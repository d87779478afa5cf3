//! What stands around accounts in other tables: groups, windows, load, and the last thing that went wrong. One query each,
//! however many accounts there are.

use super::{long, unsigned};
use crate::zone::id_floor;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use tollgate_contract::accounts::{
    AccountEvent, AccountEventKind, AccountLoad, AccountState, AccountWindow, GroupRef,
};
use tollgate_contract::ids::{EventId, GroupId};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// What a node said of its load counts for this long: it says so every second while it lives.
const LOAD_FRESH: TimeDelta = TimeDelta::seconds(5);
/// Errors older than this are history.
const ERRORS_SHOWN: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) groups: Vec<GroupRef>,
    pub(super) windows: Vec<AccountWindow>,
    pub(super) load: AccountLoad,
    pub(super) last_error: Option<AccountEvent>,
}

type Found = HashMap<Uuid, Around>;

pub(super) async fn read(
    tx: &mut TenantTx,
    accounts: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Found, StoreError> {
    let mut found = Found::with_capacity(accounts.len());
    groups(tx, accounts, &mut found).await?;
    windows(tx, accounts, &mut found).await?;
    loads(tx, accounts, now - LOAD_FRESH, &mut found).await?;
    errors(tx, accounts, now - ERRORS_SHOWN, &mut found).await?;
    Ok(found)
}

async fn groups(tx: &mut TenantTx, accounts: &[Uuid], found: &mut Found) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT m.account_id, g.group_id, g.name FROM account_group_members m
         JOIN account_groups g ON g.tenant_id = m.tenant_id AND g.group_id = m.group_id
         WHERE m.tenant_id = $1 AND m.account_id = ANY($2) AND g.deleted_at IS NULL ORDER BY g.name, g.group_id",
        tenant.0,
        accounts
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        found.entry(row.account_id).or_default().groups.push(GroupRef {
            id: GroupId(row.group_id),
            name: row.name,
        });
    }
    Ok(())
}

async fn windows(tx: &mut TenantTx, accounts: &[Uuid], found: &mut Found) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT account_id, name, used_permille, status, resets_at, observed_at FROM account_windows
         WHERE tenant_id = $1 AND account_id = ANY($2) ORDER BY name",
        tenant.0,
        accounts
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        found
            .entry(row.account_id)
            .or_default()
            .windows
            .push(AccountWindow {
                name: row.name,
                used_permille: unsigned(row.used_permille),
                status: row.status,
                resets_at: row.resets_at,
                observed_at: row.observed_at,
            });
    }
    Ok(())
}

async fn loads(
    tx: &mut TenantTx,
    accounts: &[Uuid],
    since: DateTime<Utc>,
    found: &mut Found,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT account_id, sum(in_flight)::bigint AS "in_flight!", sum(waiting)::bigint AS "waiting!",
                  sum(requests_1m)::bigint AS "requests!", sum(tokens_1m)::bigint AS "tokens!"
           FROM account_loads WHERE tenant_id = $1 AND account_id = ANY($2) AND at > $3 GROUP BY account_id"#,
        tenant.0,
        accounts,
        since
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        found.entry(row.account_id).or_default().load = AccountLoad {
            in_flight: u32::try_from(row.in_flight).unwrap_or_default(),
            waiting: u32::try_from(row.waiting).unwrap_or_default(),
            requests_1m: long(row.requests),
            tokens_1m: long(row.tokens),
        };
    }
    Ok(())
}

/// Ids are ordered by time, so the bound keeps each account's look short.
async fn errors(
    tx: &mut TenantTx,
    accounts: &[Uuid],
    since: DateTime<Utc>,
    found: &mut Found,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT DISTINCT ON (account_id) account_id, event_id, at, kind, state, until, text FROM account_events
         WHERE tenant_id = $1 AND account_id = ANY($2) AND event_id >= $3
           AND (failed OR kind = 'state' AND state NOT IN ('active', 'disabled'))
         ORDER BY account_id, event_id DESC",
        tenant.0,
        accounts,
        id_floor(since)
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let Some(kind) = AccountEventKind::parse(&row.kind) else {
            continue;
        };
        found.entry(row.account_id).or_default().last_error = Some(AccountEvent {
            id: EventId(row.event_id),
            at: row.at,
            kind,
            state: AccountState::parse(&row.state),
            until: row.until,
            text: row.text,
        });
    }
    Ok(())
}
