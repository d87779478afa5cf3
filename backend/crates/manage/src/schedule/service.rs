//! A request that is only thought of: what its key may use, what its model means on its path, and what the scheduler says.

use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use chrono::{DateTime, Utc};
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
    let key = match form.key_id {
        None => None,
        Some(key) => {
            let found = store::key(&mut caller.tx().await?, key).await?;
            Some(found.ok_or_else(|| unknown("key_id", "is no key of yours"))?)
        }
    };
    let pool = state.scheduler().pool(caller.tenant_id).await?;
    let meant = meant(home, &form.model, &pool);
    let (mut platforms, mut named_on) = (meant.platforms.to_vec(), meant.named_on.to_vec());
    if let Some(key) = &key {
        let now = state.clock().now();
        let rules = &key.rules.rules;
        if !rules.takes_model([&form.model, meant.bare]) {
            let sentence = format!("The key's rules keep it from `{}`.", form.model);
            return Ok(kept_from("model_not_allowed", sentence, now));
        }
        for list in [&mut platforms, &mut named_on] {
            list.retain(|platform| rules.takes_service(platform.service()));
        }
        if platforms.is_empty() && !pool.names(meant.bare) {
            let sentence = format!("The key may use no service that has `{}`.", form.model);
            return Ok(kept_from("service_not_allowed", sentence, now));
        }
    }
    let bindings = key.map(|key| key.bindings).unwrap_or_default();
    let wish = Wish {
        tenant: caller.tenant_id,
        platforms: &platforms,
        named_on: &named_on,
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

/// What the key's rules refuse before any account is looked at.
fn kept_from(reason: &str, sentence: String, at: DateTime<Utc>) -> ScheduleAnswer {
    ScheduleAnswer {
        sentence,
        picked: None,
        reason: reason.to_owned(),
        recovers_at: None,
        considered: Vec::new(),
        at,
    }
}

fn unknown(field: &str, text: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {text}."))
        .field(field, "unknown", text)
}
