//! Windows in PostgreSQL: read with a tenant's accounts, written when they changed noticeably.

use super::{StoredWindow, WindowSeen};
use std::collections::HashMap;
use tollgate_contract::ids::AccountId;
use tollgate_store::{StoreError, TenantTx};

/// Most windows that are read of a tenant: some for each of a thousand accounts, the latest first.
const ROWS_MAX: i64 = 32_000;

/// The windows of the tenant's accounts, as they were told last.
///
/// # Errors
/// `Unavailable` if the database is.
pub(crate) async fn read(tx: &mut TenantTx) -> Result<HashMap<AccountId, Vec<StoredWindow>>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT account_id, name, used_permille, status, resets_at, observed_at
         FROM account_windows WHERE tenant_id = $1 ORDER BY observed_at DESC LIMIT $2",
        tenant.0,
        ROWS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let mut windows: HashMap<AccountId, Vec<StoredWindow>> = HashMap::new();
    for row in rows {
        let seen = WindowSeen {
            name: row.name,
            used_permille: u32::try_from(row.used_permille).unwrap_or_default(),
            resets_at: row.resets_at,
            status: Some(row.status).filter(|status| !status.is_empty()),
        };
        let observed_at = row.observed_at;
        let account = windows.entry(AccountId(row.account_id)).or_default();
        account.push(StoredWindow { seen, observed_at });
    }
    Ok(windows)
}

/// Writes an account's windows; of two tellings the later one stays. A deleted account gets none.
///
/// # Errors
/// `Unavailable` if the database is.
pub(crate) async fn write(
    tx: &mut TenantTx,
    account: AccountId,
    windows: &[StoredWindow],
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    for StoredWindow { seen, observed_at } in windows {
        sqlx::query!(
            "INSERT INTO account_windows (tenant_id, account_id, name, used_permille, status, resets_at, observed_at)
             SELECT tenant_id, account_id, $3, $4, $5, $6, $7
             FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL
             ON CONFLICT (tenant_id, account_id, name) DO UPDATE
             SET used_permille = EXCLUDED.used_permille, status = EXCLUDED.status, resets_at = EXCLUDED.resets_at,
                 observed_at = EXCLUDED.observed_at
             WHERE account_windows.observed_at < EXCLUDED.observed_at",
            tenant.0,
            account.0,
            seen.name,
            i32::try_from(seen.used_permille).unwrap_or(i32::MAX),
            seen.status.as_deref().unwrap_or_default(),
            seen.resets_at,
            observed_at
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}
