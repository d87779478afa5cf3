//! The rules of groups: who may be a member, and when a group may go.

use super::grants;
use super::store::{self, Editable, Locked, Member};
use crate::keys::{BoundTo, refuse_bound};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use serde_json::{Value, json};
use tollgate_contract::groups::{AccountGroup, AccountGroups, GrantedGroup, GroupForm, MemberForm};
use tollgate_contract::ids::GroupId;
use tollgate_contract::platform::Service;
use tollgate_contract::problem::FieldError;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};
use uuid::Uuid;

pub(super) async fn list(state: &ManageState, caller: &Caller) -> Result<AccountGroups, Fault> {
    require(caller, Action::AccountsRead)?;
    let mut tx = caller.tx().await?;
    let items = store::read(&mut tx, None).await?;
    let granted = store::granted(&mut tx).await?;
    drop(tx);
    let ids: Vec<Uuid> = granted.iter().map(|grant| grant.id).collect();
    let services = grants::platform_services(state, &ids).await?;
    let granted = granted.into_iter().filter_map(|grant| {
        Some(GrantedGroup {
            id: GroupId(grant.id),
            service: services.get(&grant.id).copied()?,
            name: grant.public_name,
            since: grant.since,
        })
    });
    Ok(AccountGroups {
        items,
        granted: granted.collect(),
    })
}

pub(super) async fn get(caller: &Caller, group: GroupId) -> Result<AccountGroup, Fault> {
    require(caller, Action::AccountsRead)?;
    shown(&mut caller.tx().await?, group).await
}

async fn shown(tx: &mut TenantTx, group: GroupId) -> Result<AccountGroup, Fault> {
    let found = store::read(tx, Some(group)).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: GroupForm,
) -> Result<AccountGroup, Fault> {
    require(caller, Action::AccountsWrite)?;
    if form.version.is_some() {
        let text = "belongs to a change; nothing is stored yet";
        return Err(wrong("version", "not_applicable", text));
    }
    let (clock, id) = (state.clock(), GroupId(state.clock().new_id()));
    let mut tx = caller.tx().await?;
    check_members(&mut tx, form.service, &form.members).await?;
    let service = form.service;
    let fields = editable(form);
    store::insert(&mut tx, id, service, &fields, clock.now())
        .await
        .map_err(taken)?;
    let target = Target {
        id: id.0,
        name: &fields.name,
    };
    let told = recorded(&fields);
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "account_group.created",
        target,
        told,
    )
    .await?;
    announce(&mut tx, Topic::Account, id.0, 1).await?;
    let group = shown(&mut tx, id).await?;
    tx.commit().await?;
    Ok(group)
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    group: GroupId,
    form: GroupForm,
) -> Result<AccountGroup, Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, group).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    if form.service != before.service {
        let text = format!("is {} and can't be changed", before.service.as_str());
        return Err(wrong("service", "unchangeable", &text));
    }
    check_members(&mut tx, form.service, &form.members).await?;
    let fields = editable(form);
    let changes = differences(&recorded(&before.fields), &recorded(&fields));
    if !changes.is_empty() {
        let version = store::update(&mut tx, group, &fields, clock.now())
            .await
            .map_err(taken)?;
        let target = Target {
            id: group.0,
            name: &fields.name,
        };
        let told = Value::Object(changes);
        trail::record(
            &mut tx,
            clock,
            &caller.into(),
            "account_group.updated",
            target,
            told,
        )
        .await?;
        announce(&mut tx, Topic::Account, group.0, version).await?;
    }
    let shown = shown(&mut tx, group).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, group: GroupId) -> Result<(), Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, group).await?;
    refuse_bound(&mut tx, BoundTo::Group(group)).await?;
    let grantees = grants::grantees(state, group).await?.len();
    if grantees > 0 {
        let may = if grantees == 1 {
            "organisation"
        } else {
            "organisations"
        };
        let text = format!("{grantees} {may} may use it; take the grants back first.");
        return Err(Fault::new(Code::InUse).detail(text));
    }
    let version = store::mark_deleted(&mut tx, group, clock.now()).await?;
    let target = Target {
        id: group.0,
        name: &before.fields.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "account_group.deleted",
        target,
        json!({}),
    )
    .await?;
    announce(&mut tx, Topic::Account, group.0, version).await?;
    tx.commit().await?;
    Ok(())
}

/// The name of a group of the tenant's that is there, and stays so until the transaction ends.
pub(super) async fn name(tx: &mut TenantTx, group: GroupId) -> Result<String, Fault> {
    store::name(tx, group)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

async fn locked(tx: &mut TenantTx, group: GroupId) -> Result<Locked, Fault> {
    store::lock(tx, group)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

/// Each member must be an account of the tenant, on one of the service's platforms.
async fn check_members(tx: &mut TenantTx, service: Service, members: &[MemberForm]) -> Result<(), Fault> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.account_id.0).collect();
    let platforms = store::platforms(tx, &ids).await?;
    let mut wrong = Vec::new();
    for (at, member) in members.iter().enumerate() {
        let (code, message) = match platforms.get(&member.account_id.0) {
            Some(platform) if platform.service() == service => continue,
            Some(platform) => (
                "other_service",
                format!(
                    "is on {}, and the group is of {}",
                    platform.as_str(),
                    service.as_str()
                ),
            ),
            None => ("not_found", "must be an account of yours".to_owned()),
        };
        wrong.push(FieldError {
            field: format!("members[{at}].account_id"),
            code: code.to_owned(),
            message,
        });
    }
    let Some(first) = wrong.first() else {
        return Ok(());
    };
    let detail = format!("`{}` {}", first.field, first.message);
    Err(Fault::new(Code::ValidationFailed).detail(detail).fields(wrong))
}

fn editable(form: GroupForm) -> Editable {
    let mut members: Vec<Member> = form.members.into_iter().map(Member::from).collect();
    members.sort_unstable();
    Editable {
        name: form.name,
        description: form.description,
        members,
    }
}

fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "account_groups_by_name" => {
            let text = "is taken by another group of this service";
            Fault::new(Code::NameTaken)
                .detail(format!("`name` {text}."))
                .field("name", "taken", text)
        }
        other => other.into(),
    }
}

fn recorded(fields: &Editable) -> Value {
    serde_json::to_value(fields).unwrap_or_default()
}
