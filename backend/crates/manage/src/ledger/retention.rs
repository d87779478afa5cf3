//! How long an organisation keeps what is personal in its requests.

use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use serde_json::{Value, json};
use tollgate_contract::books::Retention;
use tollgate_http::{Caller, Fault};
use tollgate_store::{StoreError, TenantTx};

pub(super) async fn get(caller: &Caller) -> Result<Retention, Fault> {
    require(caller, Action::BillingRead)?;
    Ok(read(&mut caller.tx().await?).await?)
}

/// What was blanked stays blank when the days are made more.
pub(super) async fn set(state: &ManageState, caller: &Caller, form: Retention) -> Result<Retention, Fault> {
    require(caller, Action::PoliciesWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let recorded = |retention: Retention| json!({"personal_days": retention.personal_days});
    let changes = differences(&recorded(read(&mut tx).await?), &recorded(form));
    if changes.is_empty() {
        return Ok(form);
    }
    sqlx::query!(
        "UPDATE tenants SET personal_days = $2, version = version + 1, updated_at = $3 WHERE tenant_id = $1",
        caller.tenant_id.0,
        form.personal_days,
        clock.now()
    )
    .execute(tx.conn())
    .await
    .map_err(StoreError::from)?;
    let target = Target {
        id: caller.tenant_id.0,
        name: &caller.tenant_slug,
    };
    let told = Value::Object(changes);
    trail::record(&mut tx, clock, &caller.into(), "retention.changed", target, told).await?;
    tx.commit().await?;
    Ok(form)
}

async fn read(tx: &mut TenantTx) -> Result<Retention, StoreError> {
    let tenant = tx.tenant_id();
    let personal_days =
        sqlx::query_scalar!("SELECT personal_days FROM tenants WHERE tenant_id = $1", tenant.0)
            .fetch_one(tx.conn())
            .await?;
    Ok(Retention { personal_days })
}
