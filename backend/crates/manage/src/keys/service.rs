//! The rules of API keys: who may see and change which, what a change leaves behind.

use super::bindings;
use super::store::{self, Editable, Locked, NewKey};
use crate::permissions::{Action, Sight, allows, require};
use crate::state::ManageState;
use crate::stats;
use crate::trail::{self, Target, differences};
use crate::zone::{local_date, zone};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{KeyId, UserId};
use tollgate_contract::keys::{CreateKey, CreatedKey, Key, KeyStats, UpdateKey};
use tollgate_contract::stats::RangeQuery;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{ApiKeySecret, TenantTx, Topic, announce};

fn readable(caller: &Caller) -> Result<Sight, Fault> {
    Sight::of(caller, Action::KeysReadAll, Action::KeysReadOwn)
}

fn writable(caller: &Caller) -> Result<Sight, Fault> {
    Sight::of(caller, Action::KeysWriteAll, Action::KeysWriteOwn)
}

/// Refuses, as if it were not there, a key that the caller may not see.
async fn visible(tx: &mut TenantTx, caller: &Caller, key: KeyId) -> Result<(), Fault> {
    let sight = readable(caller)?;
    let owner = store::owner(tx, key).await?;
    owner
        .filter(|owner| sight.covers(*owner))
        .map(|_| ())
        .ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn get(state: &ManageState, caller: &Caller, key: KeyId) -> Result<Key, Fault> {
    let mut tx = caller.tx().await?;
    visible(&mut tx, caller, key).await?;
    shown(state, caller, &mut tx, key).await
}

async fn shown(state: &ManageState, caller: &Caller, tx: &mut TenantTx, key: KeyId) -> Result<Key, Fault> {
    let now = state.clock().now();
    let found = store::read(tx, &[key.0], local_date(now, zone(&caller.time_zone)), now).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: CreateKey,
) -> Result<CreatedKey, Fault> {
    let (sight, clock) = (writable(caller)?, state.clock());
    let now = clock.now();
    if form.expires_at.is_some_and(|at| at <= now) {
        return Err(wrong("expires_at", "in_the_past", "must lie ahead"));
    }
    let mut fields = Editable {
        name: form.name,
        description: form.description,
        owner_user_id: Some(form.owner_user_id.unwrap_or(caller.user_id)),
        status: form.status,
        tags: sorted(form.tags),
        expires_at: stored_instant(form.expires_at),
        requests_per_minute: form.requests_per_minute,
        concurrency_limit: form.concurrency_limit,
        cost_centre: form.cost_centre,
        bindings: form.bindings,
    };
    let mut tx = caller.tx().await?;
    check_owner(&mut tx, sight, None, fields.owner_user_id).await?;
    check_bindings(state, caller, &mut tx, &[], &mut fields.bindings).await?;
    let secret = ApiKeySecret::generate(&mut rand::rng());
    let id = KeyId(clock.new_id());
    let new = NewKey {
        id,
        prefix: secret.prefix(),
        last_four: secret.last_four(),
        secret_hash: &state.parts().hasher.hash(secret.expose()),
        created_by: caller.user_id,
        at: now,
        fields: &fields,
    };
    store::insert(&mut tx, &new).await?;
    let target = Target {
        id: id.0,
        name: &fields.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "key.created",
        target,
        recorded(&fields),
    )
    .await?;
    announce(&mut tx, Topic::Key, id.0, 1).await?;
    let key = shown(state, caller, &mut tx, id).await?;
    tx.commit().await?;
    Ok(CreatedKey {
        key,
        secret: secret.expose().to_owned(),
    })
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    key: KeyId,
    form: UpdateKey,
) -> Result<Key, Fault> {
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let Locked {
        version,
        fields: before,
    } = locked(&mut tx, caller, key).await?;
    if form.version.is_some_and(|edited| edited != version) {
        return Err(
            Fault::new(Code::VersionConflict).detail(format!("It has version {version} now; read it again."))
        );
    }
    let mut after = Editable {
        name: form.name,
        description: form.description,
        owner_user_id: form.owner_user_id.or(before.owner_user_id),
        status: form.status,
        tags: sorted(form.tags),
        expires_at: stored_instant(form.expires_at),
        requests_per_minute: form.requests_per_minute,
        concurrency_limit: form.concurrency_limit,
        cost_centre: form.cost_centre,
        bindings: form.bindings.unwrap_or_else(|| before.bindings.clone()),
    };
    let sight = writable(caller)?;
    check_owner(&mut tx, sight, before.owner_user_id, after.owner_user_id).await?;
    check_bindings(state, caller, &mut tx, &before.bindings, &mut after.bindings).await?;
    let changes = differences(&recorded(&before), &recorded(&after));
    if !changes.is_empty() {
        let version = store::update(&mut tx, key, &after, clock.now()).await?;
        let target = Target {
            id: key.0,
            name: &after.name,
        };
        trail::record(
            &mut tx,
            clock,
            &caller.into(),
            "key.updated",
            target,
            Value::Object(changes),
        )
        .await?;
        announce(&mut tx, Topic::Key, key.0, version).await?;
    }
    let shown = shown(state, caller, &mut tx, key).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, key: KeyId) -> Result<(), Fault> {
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let Locked { fields, .. } = locked(&mut tx, caller, key).await?;
    let version = store::mark_deleted(&mut tx, key, clock.now()).await?;
    let target = Target {
        id: key.0,
        name: &fields.name,
    };
    trail::record(&mut tx, clock, &caller.into(), "key.deleted", target, json!({})).await?;
    announce(&mut tx, Topic::Key, key.0, version).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn stats(
    state: &ManageState,
    caller: &Caller,
    key: KeyId,
    query: &RangeQuery,
) -> Result<KeyStats, Fault> {
    let mut tx = caller.tx().await?;
    visible(&mut tx, caller, key).await?;
    let now = state.clock().now();
    let last_used_at = shown(state, caller, &mut tx, key).await?.last_used_at;
    stats::of_key(&mut tx, caller, key, query, now, last_used_at).await
}

/// A key that the caller may change. One that they may see but not change is refused as such, others as not there.
async fn locked(tx: &mut TenantTx, caller: &Caller, key: KeyId) -> Result<Locked, Fault> {
    let sees = readable(caller)?;
    let found = store::lock(tx, key)
        .await?
        .filter(|key| sees.covers(key.fields.owner_user_id));
    let found = found.ok_or_else(|| Fault::new(Code::NotFound))?;
    if !writable(caller)?.covers(found.fields.owner_user_id) {
        require(caller, Action::KeysWriteAll)?;
    }
    Ok(found)
}

/// Only whoever may write everyone's keys gives one to someone else; and the new owner must be a member.
async fn check_owner(
    tx: &mut TenantTx,
    sight: Sight,
    before: Option<UserId>,
    after: Option<UserId>,
) -> Result<(), Fault> {
    let Some(owner) = after.filter(|_| after != before) else {
        return Ok(());
    };
    let known = sight.covers(after) && store::is_member(tx, owner).await?;
    if known {
        Ok(())
    } else {
        Err(wrong(
            "owner_user_id",
            "not_found",
            "must be an active member whom you may name",
        ))
    }
}

/// Only whoever may write everyone's keys says what a key may use: accounts are nothing that members see, and a key that
/// was bound for them is not theirs to free. The bindings come out in the order in which they are read.
async fn check_bindings(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    before: &[KeyBinding],
    after: &mut [KeyBinding],
) -> Result<(), Fault> {
    // Faults name a binding by its place in the form.
    let changed = after.len() != before.len() || after.iter().any(|binding| !before.contains(binding));
    if changed && !allows(caller.role, Action::KeysWriteAll) {
        return Err(wrong(
            "bindings",
            "forbidden",
            "are for owners and admins to change",
        ));
    }
    bindings::check(state, tx, before, after).await?;
    after.sort_by_key(|binding| binding.service.as_str());
    Ok(())
}

fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

/// As the database keeps it, to the microsecond, so that what is unchanged compares as unchanged.
fn stored_instant(at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    at.map(|at| at.trunc_subsecs(6))
}

fn sorted(mut tags: Vec<String>) -> Vec<String> {
    tags.sort();
    tags
}

fn recorded(fields: &Editable) -> Value {
    serde_json::to_value(fields).unwrap_or_default()
}
