//! How much of its limits a key has used now: its own windows, its user's, the organisation's, and its budgets.
//! Never in here: keeping anybody to them.

use super::service;
use crate::budgets;
use crate::policies;
use crate::state::ManageState;
use tollgate_contract::ids::{KeyId, UserId};
use tollgate_contract::keys::{Key, KeyLimits};
use tollgate_contract::policies::SubjectLimits;
use tollgate_http::{Caller, Fault};
use tollgate_limits::{LimitSet, Part, Subject};
use tollgate_store::TenantTx;

pub(super) async fn of_key(state: &ManageState, caller: &Caller, id: KeyId) -> Result<KeyLimits, Fault> {
    let at = state.clock().now();
    let mut tx = caller.tx().await?;
    let key = service::get_within(state, caller, &mut tx, id).await?;
    let user = key.owner.as_ref().map(|owner| owner.id);
    let limits = LimitSet::new(
        caller.tenant_id,
        [
            Some(of_rules(&key)?),
            of_user(&mut tx, user).await?,
            part(Subject::Tenant, &policies::tenant_limits(&mut tx).await?)?,
        ],
    );
    let budgets = budgets::of_key(&mut tx, caller, id, at).await?;
    // Redis is asked after the database is let go.
    drop(tx);
    let used = state.parts().limiter.usage(&limits).await;
    Ok(KeyLimits {
        key_id: id,
        limits: used.iter().map(|used| used.shown(at)).collect(),
        budgets,
        at,
    })
}

fn of_rules(key: &Key) -> Result<Part, Fault> {
    let rules = &key.effective.rules;
    let windows = rules.windows.as_deref().unwrap_or_default();
    Part::of_rules(Subject::Key(key.id), windows, rules.concurrency).map_err(Fault::internal)
}

async fn of_user(tx: &mut TenantTx, user: Option<UserId>) -> Result<Option<Part>, Fault> {
    let Some(user) = user else { return Ok(None) };
    part(Subject::User(user), &policies::user_limits(tx, user).await?)
}

fn part(subject: Subject, limits: &SubjectLimits) -> Result<Option<Part>, Fault> {
    let part = Part::of_rules(subject, &limits.windows, limits.concurrency);
    part.map(Some).map_err(Fault::internal)
}
