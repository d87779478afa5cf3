//! Making keys: one, or many that have all but their names in common.

use super::rights::{Rights, wrong};
use super::service::stored_instant;
use super::store::{self, Editable, NewKey, NewSecret};
use crate::budgets;
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::Value;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::CreateKey;
use tollgate_http::{Caller, Fault};
use tollgate_store::{ApiKeySecret, TenantTx, Topic, announce};

/// A key just made, with the only copy of its secret.
pub(super) struct Made {
    pub(super) id: KeyId,
    pub(super) name: String,
    pub(super) secret: ApiKeySecret,
}

/// Makes keys of these names; nothing is committed yet.
pub(super) async fn make(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    names: Vec<String>,
    form: CreateKey,
) -> Result<Vec<Made>, Fault> {
    let rights = Rights::read(tx, caller, state.clock().now()).await?;
    let mut fields = editable(caller, &rights, form)?;
    rights.check_named(state, caller, tx, None, &mut fields).await?;
    rights.check_bounds(None, &fields)?;
    rights.check_room(tx, names.len()).await?;
    let (keys, made) = minted(state, &fields, names);
    store::insert(tx, &keys, caller.user_id, rights.now).await?;
    let told = keys.iter().map(|key| {
        let target = Target {
            id: key.id.0,
            name: &key.fields.name,
        };
        (target, Value::Object(key.fields.told()))
    });
    trail::record_all(tx, state.clock(), &caller.into(), "key.created", told).await?;
    // Whoever asked for a key too early is let in with the first that is heard of; the others need no word.
    if let Some(first) = made.first() {
        announce(tx, Topic::Key, first.id.0, 1).await?;
    }
    budgets::check_paths(tx).await?;
    Ok(made)
}

fn editable(caller: &Caller, rights: &Rights, form: CreateKey) -> Result<Editable, Fault> {
    if form.expires_at.is_some_and(|at| at <= rights.now) {
        return Err(wrong("expires_at", "in_the_past", "must lie ahead"));
    }
    if form.expires_at.is_some() && form.lifetime_s.is_some() {
        return Err(either_expiry());
    }
    let mut tags = form.tags;
    tags.sort();
    Ok(Editable {
        name: form.name,
        description: form.description,
        icon: form.icon,
        owner_user_id: Some(form.owner_user_id.unwrap_or(caller.user_id)),
        status: form.status,
        tags,
        expires_at: stored_instant(form.expires_at),
        lifetime_s: form.lifetime_s,
        rules: form.rules,
        policy_id: form.policy_id,
        cost_centre: form.cost_centre,
        bindings: form.bindings,
    })
}

pub(super) fn either_expiry() -> Fault {
    wrong(
        "lifetime_s",
        "not_together",
        "goes from the first use on: give it or expires_at, not both",
    )
}

/// The keys with ids and secrets. Ids rise with the names, since lists go by them.
fn minted(state: &ManageState, fields: &Editable, names: Vec<String>) -> (Vec<NewKey>, Vec<Made>) {
    let mut ids: Vec<KeyId> = names.iter().map(|_| KeyId(state.clock().new_id())).collect();
    ids.sort_unstable();
    let mut rng = rand::rng();
    let (mut keys, mut made) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
    for (id, name) in ids.into_iter().zip(names) {
        let secret = ApiKeySecret::generate(&mut rng);
        keys.push(NewKey {
            id,
            secret: NewSecret::of(&secret, &state.parts().hasher),
            fields: Editable {
                name: name.clone(),
                ..fields.clone()
            },
        });
        made.push(Made { id, name, secret });
    }
    (keys, made)
}
