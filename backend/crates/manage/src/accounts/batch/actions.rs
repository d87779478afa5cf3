//! The actions that change one account's settings, its tags, or a group's members: rule, trail and announcement of each.

use super::Done;
use super::store::{self, Found};
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::{Value, json};
use tollgate_contract::accounts::AccountAction;
use tollgate_contract::check::TAGS_MAX;
use tollgate_contract::groups::MEMBERS_MAX;
use tollgate_contract::ids::{AccountId, GroupId};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{TenantTx, Topic, announce};

/// What is to be told of a change: of what changed, how.
struct Told {
    changes: Value,
    version: i64,
}

/// Does it to one account, in one transaction.
pub(super) async fn apply(
    state: &ManageState,
    caller: &Caller,
    account: AccountId,
    action: &AccountAction,
) -> Result<Done, Fault> {
    let mut tx = caller.tx().await?;
    let found = store::lock(&mut tx, account)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    let told = change(state, &mut tx, account, &found, action).await?;
    let Some(told) = told else {
        return Ok(Done::Unchanged);
    };
    let target = Target {
        id: account.0,
        name: &found.name,
    };
    let clock = state.clock();
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "account.updated",
        target,
        told.changes,
    )
    .await?;
    announce(&mut tx, Topic::Account, account.0, told.version).await?;
    tx.commit().await?;
    Ok(Done::Changed)
}

async fn change(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    found: &Found,
    action: &AccountAction,
) -> Result<Option<Told>, Fault> {
    let now = state.clock().now();
    let told = |field: &str, from: Value, to: Value, version: i64| Told {
        changes: json!({ field: { "from": from, "to": to } }),
        version,
    };
    let (field, from, to) = match action {
        AccountAction::Enable | AccountAction::Disable => {
            let wanted = *action == AccountAction::Enable;
            if found.schedulable == wanted {
                return Ok(None);
            }
            let version = store::update(tx, account, wanted, found.proxy, now).await?;
            return Ok(Some(told(
                "schedulable",
                json!(found.schedulable),
                json!(wanted),
                version,
            )));
        }
        AccountAction::Proxy { proxy_id } => {
            if found.proxy == *proxy_id {
                return Ok(None);
            }
            if let Some(proxy) = proxy_id
                && !store::has_proxy(tx, *proxy).await?
            {
                return Err(wrong("proxy_id", "not_found", "must be a proxy of yours"));
            }
            let version = store::update(tx, account, found.schedulable, *proxy_id, now).await?;
            return Ok(Some(told(
                "proxy_id",
                json!(found.proxy),
                json!(proxy_id),
                version,
            )));
        }
        AccountAction::Tag { tag } => {
            if found.tags.contains(tag) {
                return Ok(None);
            }
            if found.tags.len() >= TAGS_MAX {
                let text = format!("would be one too many: it has {TAGS_MAX} tags already");
                return Err(wrong("tag", "too_many", &text));
            }
            store::tag(tx, account, tag).await?;
            let mut tags = found.tags.clone();
            tags.push(tag.clone());
            tags.sort();
            ("tags", json!(found.tags), json!(tags))
        }
        AccountAction::Untag { tag } => {
            if !found.tags.contains(tag) {
                return Ok(None);
            }
            store::untag(tx, account, tag).await?;
            let tags: Vec<&String> = found.tags.iter().filter(|kept| *kept != tag).collect();
            ("tags", json!(found.tags), json!(tags))
        }
        AccountAction::Group { group_id } => return member(state, tx, account, found, *group_id, true).await,
        AccountAction::Ungroup { group_id } => {
            return member(state, tx, account, found, *group_id, false).await;
        }
        // Done elsewhere.
        AccountAction::Reset | AccountAction::Test | AccountAction::Delete => return Ok(None),
    };
    let version = store::update(tx, account, found.schedulable, found.proxy, now).await?;
    Ok(Some(told(field, from, to, version)))
}

async fn member(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    found: &Found,
    group: GroupId,
    wanted: bool,
) -> Result<Option<Told>, Fault> {
    let there = store::group(tx, group, account).await?;
    let there = there.ok_or_else(|| wrong("group_id", "not_found", "must be a group of yours"))?;
    if there.has_account == wanted {
        return Ok(None);
    }
    let service = found.platform.service();
    if wanted && service != there.service {
        let text = format!(
            "is of {}, and the account of {}",
            there.service.as_str(),
            service.as_str()
        );
        return Err(wrong("group_id", "other_service", &text));
    }
    if wanted && usize::try_from(there.members).unwrap_or(usize::MAX) >= MEMBERS_MAX {
        let text = format!("has {MEMBERS_MAX} members already");
        return Err(wrong("group_id", "too_many", &text));
    }
    let version = store::set_member(tx, group, account, wanted, state.clock().now()).await?;
    let named = json!({ "id": group, "name": there.name });
    let (from, to) = if wanted {
        (Value::Null, named)
    } else {
        (named, Value::Null)
    };
    Ok(Some(Told {
        changes: json!({ "group": { "from": from, "to": to } }),
        version,
    }))
}

fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}
