//! The rules of one API key: how it is shown, created and changed, and what a change leaves behind.

use super::conflict;
use super::make::{self, either_expiry};
use super::rights::{Rights, readable};
use super::store::{self, Editable, Locked, Place, Reading};
use crate::budgets;
use crate::state::ManageState;
use crate::stats;
use crate::trail::{self, Target, differences};
use crate::zone::{local_date, zone};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{CreateKey, CreatedKey, Key, KeyStats, UpdateKey};
use tollgate_contract::stats::RangeQuery;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};
use uuid::Uuid;

/// Changes of one transaction that are announced key by key. Of more, nodes are told to forget all keys of the tenant:
/// that is less for each of them to do.
const ANNOUNCED_SINGLY_MAX: usize = 100;

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
    get_within(state, caller, &mut caller.tx().await?, key).await
}

/// A key that the caller may see, within their transaction.
pub(super) async fn get_within(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    key: KeyId,
) -> Result<Key, Fault> {
    visible(tx, caller, key).await?;
    shown(state, caller, tx, key).await
}

/// As of now, by the caller's calendar.
pub(super) fn reading(state: &ManageState, caller: &Caller) -> Reading {
    let now = state.clock().now();
    Reading {
        now,
        today: local_date(now, zone(&caller.time_zone)),
        bin_kept: TimeDelta::days(state.settings().recycle_days.into()),
    }
}

pub(super) async fn shown(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    key: KeyId,
) -> Result<Key, Fault> {
    let found = store::page(tx, &[key.0], reading(state, caller)).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: CreateKey,
) -> Result<CreatedKey, Fault> {
    let mut tx = caller.tx().await?;
    let names = vec![form.name.clone()];
    let made = make::make(state, caller, &mut tx, names, form).await?;
    let Some(made) = made.into_iter().next() else {
        return Err(Fault::internal("one name made no key"));
    };
    let key = shown(state, caller, &mut tx, made.id).await?;
    tx.commit().await?;
    Ok(CreatedKey {
        key,
        secret: made.secret.expose().to_owned(),
    })
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    key: KeyId,
    form: UpdateKey,
) -> Result<Key, Fault> {
    let mut tx = caller.tx().await?;
    let rights = Rights::read(&mut tx, caller, state.clock().now()).await?;
    let before = rights.lock(&mut tx, caller, key, Place::Use).await?;
    if let Some(edited) = form.version.filter(|edited| *edited != before.version) {
        return Err(conflict::of(&mut tx, &before, edited).await?);
    }
    let mut after = edited(&before, form)?;
    let fields = Some(&before.fields);
    rights
        .check_named(state, caller, &mut tx, fields, &mut after)
        .await?;
    rights.check_bounds(fields, &after)?;
    if let Some(change) = Change::of(&before, after) {
        write(state, caller, &mut tx, vec![change], rights.now).await?;
    }
    let shown = shown(state, caller, &mut tx, key).await?;
    tx.commit().await?;
    Ok(shown)
}

fn edited(before: &Locked, form: UpdateKey) -> Result<Editable, Fault> {
    if form.expires_at.is_some() && form.lifetime_s.is_some() {
        return Err(either_expiry());
    }
    let mut tags = form.tags;
    tags.sort();
    Ok(Editable {
        name: form.name,
        description: form.description,
        icon: form.icon,
        owner_user_id: form.owner_user_id.or(before.fields.owner_user_id),
        status: form.status,
        tags,
        expires_at: stored_instant(form.expires_at).or_else(|| lived(before, form.lifetime_s)),
        lifetime_s: form.lifetime_s,
        rules: form.rules,
        policy_id: form.policy_id,
        cost_centre: form.cost_centre,
        bindings: form.bindings.unwrap_or_else(|| before.fields.bindings.clone()),
    })
}

/// When a key ends that was used already and lives so long from its first use on.
fn lived(before: &Locked, lifetime_s: Option<u64>) -> Option<DateTime<Utc>> {
    let lifetime = TimeDelta::try_seconds(i64::try_from(lifetime_s?).ok()?)?;
    before.activated_at?.checked_add_signed(lifetime)
}

/// A locked key and what becomes of it.
pub(super) struct Change {
    pub(super) id: KeyId,
    after: Editable,
    /// What the audit log tells.
    told: Map<String, Value>,
}

impl Change {
    /// `None` where nothing changes.
    pub(super) fn of(before: &Locked, after: Editable) -> Option<Self> {
        let told = (Value::Object(before.fields.told()), Value::Object(after.told()));
        let mut told = differences(&told.0, &told.1);
        if told.is_empty() {
            return None;
        }
        told.insert("version".to_owned(), versions(before));
        let id = before.id;
        Some(Self { id, after, told })
    }
}

/// How the audit log tells a key's version, so that whoever edited an older one can be told what changed since.
pub(super) fn versions(before: &Locked) -> Value {
    json!({ "from": before.version, "to": before.version + 1 })
}

/// Writes changes with all that they leave behind.
pub(super) async fn write(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let (mut keys, mut told) = (
        Vec::with_capacity(changes.len()),
        Vec::with_capacity(changes.len()),
    );
    for change in changes {
        keys.push((change.id, change.after));
        told.push(change.told);
    }
    // Whose it is and where it is charged say which budgets its requests fall under.
    let is_moved = told
        .iter()
        .any(|told| told.contains_key("owner_user_id") || told.contains_key("cost_centre"));
    let versions = store::update(tx, &keys, now).await?;
    let lines = keys.iter().zip(told).map(|((id, fields), told)| {
        let target = Target {
            id: id.0,
            name: &fields.name,
        };
        (target, Value::Object(told))
    });
    trail::record_all(tx, state.clock(), &caller.into(), "key.updated", lines).await?;
    let versions: Vec<(Uuid, i64)> = versions.into_iter().collect();
    announced(tx, &versions).await?;
    if is_moved {
        budgets::check_paths(tx).await?;
    }
    Ok(())
}

/// Tells all nodes of keys that have these versions now.
pub(super) async fn announced(tx: &mut TenantTx, keys: &[(Uuid, i64)]) -> Result<(), StoreError> {
    if keys.len() > ANNOUNCED_SINGLY_MAX {
        let tenant = tx.tenant_id();
        return announce(tx, Topic::Tenant, tenant.0, 0).await;
    }
    for (key, version) in keys {
        announce(tx, Topic::Key, *key, *version).await?;
    }
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

/// As the database keeps it, to the microsecond, so that what is unchanged compares as unchanged.
pub(super) fn stored_instant(at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    at.map(|at| at.trunc_subsecs(6))
}
