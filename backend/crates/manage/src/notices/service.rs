//! Who is told what, and who decides it.

use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use serde_json::{Value, json};
use tollgate_contract::notices::{NoticeSettings, Notices};
use tollgate_http::{Caller, Fault};

pub(super) async fn list(caller: &Caller) -> Result<Notices, Fault> {
    require(caller, Action::BillingRead)?;
    Ok(Notices {
        items: store::list(&mut caller.tx().await?).await?,
    })
}

pub(super) async fn settings(caller: &Caller) -> Result<NoticeSettings, Fault> {
    require(caller, Action::BillingRead)?;
    Ok(store::settings(&mut caller.tx().await?).await?)
}

pub(super) async fn set(
    state: &ManageState,
    caller: &Caller,
    form: NoticeSettings,
) -> Result<NoticeSettings, Fault> {
    require(caller, Action::BillingWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let recorded = |settings: &NoticeSettings| json!({"low_balance_nano": settings.low_balance_nano});
    let before = store::settings(&mut tx).await?;
    let changes = differences(&recorded(&before), &recorded(&form));
    if !changes.is_empty() {
        store::set(&mut tx, &form, clock.now()).await?;
        let target = Target {
            id: caller.tenant_id.0,
            name: &caller.tenant_slug,
        };
        let told = Value::Object(changes);
        trail::record(&mut tx, clock, &caller.into(), "notices.updated", target, told).await?;
        tx.commit().await?;
    }
    Ok(form)
}
