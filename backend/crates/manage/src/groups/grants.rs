//! Which tenants may use a group of the platform's. A grant is the grantee's row, written in a transaction of theirs; who
//! holds one is read over all tenants. Only the platform's own people come here, so that nobody else's rows are shown.

use super::service;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;
use tollgate_contract::groups::{GrantForm, GroupGrant, GroupGrants};
use tollgate_contract::ids::{GroupId, TenantId};
use tollgate_contract::platform::Service;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{JobsTx, PLATFORM_TENANT, StoreError, TenantTx, Topic, announce_platform};
use uuid::Uuid;

/// Most grants of a group that are listed.
const GRANTS_MAX: i64 = 10_000;

pub(super) async fn list(state: &ManageState, caller: &Caller, group: GroupId) -> Result<GroupGrants, Fault> {
    require(caller, Action::AccountsWrite)?;
    let mut tx = caller.tx().await?;
    service::name(&mut tx, group).await?;
    platform_only(caller)?;
    drop(tx);
    let items = grantees(state, group).await?;
    Ok(GroupGrants { items })
}

pub(super) async fn grant(
    state: &ManageState,
    caller: &Caller,
    group: GroupId,
    grantee: TenantId,
    form: GrantForm,
) -> Result<GroupGrant, Fault> {
    require(caller, Action::AccountsWrite)?;
    let mut tx = caller.tx().await?;
    let found = service::name(&mut tx, group).await?;
    platform_only(caller)?;
    if grantee == PLATFORM_TENANT {
        let text = "The platform has its own groups without a grant.";
        return Err(Fault::new(Code::ValidationFailed)
            .detail(text)
            .field("tenant", "own", text));
    }
    let clock = state.clock();
    let mut theirs = state.db().jobs().await?;
    let slug = slug(&mut theirs, grantee)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound).detail("There is no such organisation."))?;
    let (before, since) = write(&mut theirs, grantee, group, &form, clock.now()).await?;
    announce_platform(&mut theirs, Topic::Account, grantee, group.0, 0).await?;
    let after = recorded(&form.public_name, form.weight);
    if before.as_ref() != Some(&after) {
        let told = json!({ "grant": { "tenant": slug, "from": before, "to": after } });
        let target = Target {
            id: group.0,
            name: &found,
        };
        trail::record(
            &mut tx,
            clock,
            &caller.into(),
            "account_group.granted",
            target,
            told,
        )
        .await?;
    }
    both(tx, theirs).await?;
    Ok(GroupGrant {
        tenant_id: grantee,
        tenant_slug: slug,
        public_name: form.public_name,
        weight: form.weight,
        since,
    })
}

pub(super) async fn revoke(
    state: &ManageState,
    caller: &Caller,
    group: GroupId,
    grantee: TenantId,
) -> Result<(), Fault> {
    require(caller, Action::AccountsWrite)?;
    let mut tx = caller.tx().await?;
    let found = service::name(&mut tx, group).await?;
    platform_only(caller)?;
    let mut theirs = state.db().jobs().await?;
    let slug = slug(&mut theirs, grantee).await?.unwrap_or_default();
    let before = remove(&mut theirs, grantee, group)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound).detail("That organisation has no such grant."))?;
    announce_platform(&mut theirs, Topic::Account, grantee, group.0, 0).await?;
    let told = json!({ "grant": { "tenant": slug, "from": before, "to": null } });
    let target = Target {
        id: group.0,
        name: &found,
    };
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "account_group.revoked",
        target,
        told,
    )
    .await?;
    both(tx, theirs).await
}

/// Two tenants' rows can't be written in one transaction. Everything is written before either is committed, and the trail
/// goes first: a line too many does less harm than a grant that nobody sees.
async fn both(trail: TenantTx, grant: JobsTx) -> Result<(), Fault> {
    trail.commit().await?;
    grant.commit().await?;
    Ok(())
}

/// Whoever comes here has shown that the group is their own, so that this tells nothing of others' groups.
fn platform_only(caller: &Caller) -> Result<(), Fault> {
    if caller.tenant_id == PLATFORM_TENANT {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden)
        .detail("Only the platform's own organisation lets others use its groups."))
}

/// Who may use a group, by tenant's id. Over all tenants, hence as the jobs' role.
pub(super) async fn grantees(state: &ManageState, group: GroupId) -> Result<Vec<GroupGrant>, StoreError> {
    let mut tx = state.db().jobs().await?;
    let rows = sqlx::query!(
        "SELECT g.tenant_id, t.slug, g.public_name, g.weight, g.created_at
         FROM group_grants g JOIN tenants t ON t.tenant_id = g.tenant_id
         WHERE g.owner_id = $1 AND g.group_id = $2 ORDER BY g.tenant_id LIMIT $3",
        PLATFORM_TENANT.0,
        group.0,
        GRANTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let grants = rows.into_iter().map(|row| GroupGrant {
        tenant_id: TenantId(row.tenant_id),
        tenant_slug: row.slug,
        public_name: row.public_name,
        weight: u32::try_from(row.weight).unwrap_or_default(),
        since: row.created_at,
    });
    Ok(grants.collect())
}

/// The services of these groups of the platform's; of those that are there. In a transaction of the platform's, since its
/// rows are none of the grantee's: ask for groups alone that are granted.
pub(crate) async fn platform_services(
    state: &ManageState,
    groups: &[Uuid],
) -> Result<HashMap<Uuid, Service>, StoreError> {
    if groups.is_empty() {
        return Ok(HashMap::new());
    }
    let mut tx = state.db().tenant(PLATFORM_TENANT).await?;
    let rows = sqlx::query!(
        "SELECT group_id, service FROM account_groups WHERE tenant_id = $1 AND group_id = ANY ($2) AND deleted_at IS NULL",
        PLATFORM_TENANT.0,
        groups
    )
    .fetch_all(tx.conn())
    .await?;
    let known = rows
        .into_iter()
        .filter_map(|row| Some((row.group_id, Service::parse(&row.service)?)));
    Ok(known.collect())
}

/// A tenant's short name; `None` where there is no such tenant.
async fn slug(tx: &mut JobsTx, tenant: TenantId) -> Result<Option<String>, StoreError> {
    let found = sqlx::query_scalar!("SELECT slug FROM tenants WHERE tenant_id = $1", tenant.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(found)
}

/// Writes a grant; tells what stood there before, and since when there is one.
async fn write(
    tx: &mut JobsTx,
    tenant: TenantId,
    group: GroupId,
    form: &GrantForm,
    at: DateTime<Utc>,
) -> Result<(Option<Value>, DateTime<Utc>), StoreError> {
    let before = sqlx::query!(
        "SELECT public_name, weight FROM group_grants WHERE tenant_id = $1 AND group_id = $2 FOR UPDATE",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let since = sqlx::query_scalar!(
        "INSERT INTO group_grants (tenant_id, group_id, owner_id, public_name, weight, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, group_id) DO UPDATE SET public_name = $4, weight = $5
         RETURNING created_at",
        tenant.0,
        group.0,
        PLATFORM_TENANT.0,
        form.public_name,
        i32::try_from(form.weight).unwrap_or(i32::MAX),
        at
    )
    .fetch_one(tx.conn())
    .await?;
    let before = before.map(|row| recorded(&row.public_name, u32::try_from(row.weight).unwrap_or_default()));
    Ok((before, since))
}

/// Takes a grant away; tells what stood there.
async fn remove(tx: &mut JobsTx, tenant: TenantId, group: GroupId) -> Result<Option<Value>, StoreError> {
    let row = sqlx::query!(
        "DELETE FROM group_grants WHERE tenant_id = $1 AND group_id = $2 RETURNING public_name, weight",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| recorded(&row.public_name, u32::try_from(row.weight).unwrap_or_default())))
}

fn recorded(public_name: &str, weight: u32) -> Value {
    json!({ "public_name": public_name, "weight": weight })
}
