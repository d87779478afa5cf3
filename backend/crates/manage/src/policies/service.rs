//! The rules of policies: one default at the most, and none goes while keys name it.

use super::store::{self, Editable, Locked};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use tollgate_contract::ids::PolicyId;
use tollgate_contract::policies::{Policies, Policy, PolicyForm};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};

/// Most policies of an organisation: its list is read whole, with each page of keys.
const POLICIES_MAX: i64 = 100;

pub(super) async fn list(caller: &Caller) -> Result<Policies, Fault> {
    require(caller, Action::PoliciesRead)?;
    let items = store::read(&mut caller.tx().await?, None).await?;
    Ok(Policies { items })
}

pub(super) async fn get(caller: &Caller, policy: PolicyId) -> Result<Policy, Fault> {
    require(caller, Action::PoliciesRead)?;
    shown(&mut caller.tx().await?, policy).await
}

async fn shown(tx: &mut TenantTx, policy: PolicyId) -> Result<Policy, Fault> {
    let found = store::read(tx, Some(policy)).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(state: &ManageState, caller: &Caller, form: PolicyForm) -> Result<Policy, Fault> {
    require(caller, Action::PoliciesWrite)?;
    if form.version.is_some() {
        return Err(wrong(
            "version",
            "not_applicable",
            "belongs to a change; nothing is stored yet",
        ));
    }
    let (clock, id) = (state.clock(), PolicyId(state.clock().new_id()));
    let (now, fields) = (clock.now(), editable(form));
    let mut tx = caller.tx().await?;
    store::hold(&mut tx).await?;
    if store::count(&mut tx).await? >= POLICIES_MAX {
        let text = format!("would be one too many: there are {POLICIES_MAX} policies already");
        return Err(wrong("name", "too_many", &text));
    }
    if fields.is_default {
        take_default(state, caller, &mut tx, id, now).await?;
    }
    store::insert(&mut tx, id, &fields, now).await.map_err(taken)?;
    record(
        state,
        caller,
        &mut tx,
        "policy.created",
        (id, &fields.name),
        told(&fields),
    )
    .await?;
    announce_all(&mut tx).await?;
    let policy = shown(&mut tx, id).await?;
    tx.commit().await?;
    Ok(policy)
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    policy: PolicyId,
    form: PolicyForm,
) -> Result<Policy, Fault> {
    require(caller, Action::PoliciesWrite)?;
    let (mut tx, now) = (caller.tx().await?, state.clock().now());
    store::hold(&mut tx).await?;
    let before = locked(&mut tx, policy).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    let fields = editable(form);
    let changes = differences(
        &Value::Object(told(&before.fields)),
        &Value::Object(told(&fields)),
    );
    if !changes.is_empty() {
        if fields.is_default && !before.fields.is_default {
            take_default(state, caller, &mut tx, policy, now).await?;
        }
        store::update(&mut tx, policy, &fields, now)
            .await
            .map_err(taken)?;
        record(
            state,
            caller,
            &mut tx,
            "policy.updated",
            (policy, &fields.name),
            changes,
        )
        .await?;
        announce_all(&mut tx).await?;
    }
    let shown = shown(&mut tx, policy).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, policy: PolicyId) -> Result<(), Fault> {
    require(caller, Action::PoliciesWrite)?;
    let mut tx = caller.tx().await?;
    let before = locked(&mut tx, policy).await?;
    let (keys, bin) = store::keys(&mut tx, policy).await?;
    if keys > 0 {
        let name = if keys == 1 { "key names" } else { "keys name" };
        let binned = if bin > 0 {
            format!(" ({bin} of them in the recycle bin)")
        } else {
            String::new()
        };
        let text = format!("{keys} {name} it{binned}; give them another policy or none first.");
        return Err(Fault::new(Code::InUse).detail(text));
    }
    store::delete(&mut tx, policy).await?;
    record(
        state,
        caller,
        &mut tx,
        "policy.deleted",
        (policy, &before.fields.name),
        Map::new(),
    )
    .await?;
    announce_all(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The one that was the default steps down, and the audit log tells it of that one.
async fn take_default(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    policy: PolicyId,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if let Some((former, name)) = store::unset_default(tx, policy, now).await? {
        let mut changes = Map::new();
        changes.insert("is_default".to_owned(), json!({ "from": true, "to": false }));
        record(state, caller, tx, "policy.updated", (former, &name), changes).await?;
    }
    Ok(())
}

async fn record(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    action: &'static str,
    (policy, name): (PolicyId, &str),
    changes: Map<String, Value>,
) -> Result<(), Fault> {
    let target = Target { id: policy.0, name };
    let changes = Value::Object(changes);
    trail::record(tx, state.clock(), &caller.into(), action, target, changes).await?;
    Ok(())
}

/// Rules of all keys may be others now: nodes forget all keys of the tenant.
pub(super) async fn announce_all(tx: &mut TenantTx) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    announce(tx, Topic::Tenant, tenant.0, 0).await
}

async fn locked(tx: &mut TenantTx, policy: PolicyId) -> Result<Locked, Fault> {
    store::lock(tx, policy)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

fn editable(form: PolicyForm) -> Editable {
    Editable {
        name: form.name,
        description: form.description,
        is_default: form.is_default,
        rules: form.rules,
    }
}

fn told(fields: &Editable) -> Map<String, Value> {
    match serde_json::to_value(fields) {
        Ok(Value::Object(told)) => told,
        _ => Map::new(),
    }
}

pub(super) fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "policies_by_name" => {
            let text = "is taken by another policy";
            Fault::new(Code::NameTaken)
                .detail(format!("`name` {text}."))
                .field("name", "taken", text)
        }
        other => other.into(),
    }
}
