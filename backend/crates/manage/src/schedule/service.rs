//! A request that is only thought of: what its key may use, what its model means on its path, and what the scheduler says.

use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use tollgate_contract::schedule::{ExplainRequest, ScheduleAnswer};
use tollgate_http::{Caller, Code, Fault};
use tollgate_scheduler::models::{home_of, meant};
use tollgate_scheduler::{Eyes, Wish};
use tollgate_store::PLATFORM_TENANT;

/// The path that is meant where none is named: Claude's.
const PATH_DEFAULT: &str = "/api/v1/messages";

pub(super) async fn explain(
    state: &ManageState,
    caller: &Caller,
    form: ExplainRequest,
) -> Result<ScheduleAnswer, Fault> {
    require(caller, Action::AccountsRead)?;
    if form.model.is_empty() {
        let text = "must not be empty";
        return Err(Fault::new(Code::ValidationFailed)
            .detail(format!("`model` {text}."))
            .field("model", "required", text));
    }
    let path = form.path.as_deref().unwrap_or(PATH_DEFAULT);
    let home = home_of(path).ok_or_else(|| unknown("path", "is no path to which clients send requests"))?;
    let bindings = match form.key_id {
        None => Vec::new(),
        Some(key) => {
            let found = store::bindings(&mut caller.tx().await?, key).await?;
            found.ok_or_else(|| unknown("key_id", "is no key of yours"))?
        }
    };
    let pool = state.scheduler().pool(caller.tenant_id).await?;
    let meant = meant(home, &form.model, &pool);
    let wish = Wish {
        tenant: caller.tenant_id,
        platforms: meant.platforms,
        named_on: meant.named_on,
        model: meant.bare,
        bindings: &bindings,
        own_only: false,
        pinned: None,
        sticky: form.sticky,
        tried: &[],
    };
    let eyes = if caller.tenant_id == PLATFORM_TENANT {
        Eyes::Platform
    } else {
        Eyes::Tenant
    };
    Ok(state.scheduler().dry_run(&pool, &wish, eyes))
}

fn unknown(field: &str, text: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {text}."))
        .field(field, "unknown", text)
}
