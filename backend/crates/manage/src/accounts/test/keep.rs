//! What came of a test, kept with the account: as its last test, and as an event.

use crate::accounts::timeline::events::{self, Happened};
use crate::state::ManageState;
use tollgate_contract::accounts::{AccountEventKind, AccountTest};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::StoreError;

/// Keeps it, if the database lets us: whoever asked has the result all the same.
pub(super) async fn keep(state: &ManageState, tenant: TenantId, account: AccountId, test: &AccountTest) {
    if let Err(error) = write(state, tenant, account, test).await {
        tracing::warn!(%error, account.id = %account, tenant.id = %tenant, "a test's result can't be kept");
    }
}

/// An account that was deleted meanwhile keeps nothing.
async fn write(
    state: &ManageState,
    tenant: TenantId,
    account: AccountId,
    test: &AccountTest,
) -> Result<(), StoreError> {
    let mut tx = state.db().tenant(tenant).await?;
    let kept = sqlx::query!(
        "UPDATE accounts SET tested_at = $3, test_code = $4, test_message = $5
         WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL",
        tenant.0,
        account.0,
        state.clock().now(),
        test.code,
        test.message
    )
    .execute(tx.conn())
    .await?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    let text = if test.ok {
        format!("Answered in {} ms with {}", test.latency_ms, test.model)
    } else {
        format!("Test failed ({}): {}", test.code, test.message)
    };
    let happened = Happened {
        kind: AccountEventKind::Test,
        failed: !test.ok,
        text: &text,
    };
    events::record(&mut tx, state.clock(), account, &happened).await?;
    tx.commit().await?;
    Ok(())
}
