//! Many keys at once: made, all or none; or changed, deleted, restored and purged with a result for each. Keys are taken
//! by the thousand, a transaction each, so that nobody's request waits long for a lock, and what one refuses keeps none of
//! the others back.

mod edit;
pub(crate) mod routes;

use super::bin;
use super::make::{self, Made};
use super::rights::Rights;
use super::service::{self, Change};
use super::store::{self, Locked, Place};
use crate::state::ManageState;
use edit::Edit;
use std::collections::HashMap;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{
    CreateKeys, CreatedKeys, CreatedSecret, KeyAction, KeyBatch, KeyBatchResult, KeyBatchRow,
};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;

/// Keys of one transaction.
const CHUNK: usize = 1_000;

/// What is done to each key.
enum Act {
    Edit(Box<Edit>),
    Delete,
    Restore,
    Purge,
}

/// What became of a key.
enum Done {
    Changed,
    Unchanged,
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: CreateKeys,
) -> Result<CreatedKeys, Fault> {
    let mut tx = caller.tx().await?;
    let made = make::make(state, caller, &mut tx, form.names.all(), form.key)
        .await
        .map_err(|fault| fault.below("key"))?;
    tx.commit().await?;
    let items = made.into_iter().map(|Made { id, name, secret }| CreatedSecret {
        id,
        name,
        secret: secret.expose().to_owned(),
    });
    Ok(CreatedKeys {
        items: items.collect(),
    })
}

pub(super) async fn change(
    state: &ManageState,
    caller: &Caller,
    batch: KeyBatch,
) -> Result<KeyBatchResult, Fault> {
    let act = match batch.act {
        KeyAction::Edit { change } => {
            let edit = Edit::read(state, caller, *change).await;
            Act::Edit(Box::new(edit.map_err(|fault| fault.below("act.change"))?))
        }
        KeyAction::Restore => Act::Restore,
        KeyAction::Purge => Act::Purge,
    };
    run(state, caller, &batch.ids, &act).await
}

pub(super) async fn delete(
    state: &ManageState,
    caller: &Caller,
    ids: &[KeyId],
) -> Result<KeyBatchResult, Fault> {
    run(state, caller, ids, &Act::Delete).await
}

async fn run(
    state: &ManageState,
    caller: &Caller,
    ids: &[KeyId],
    act: &Act,
) -> Result<KeyBatchResult, Fault> {
    let mut items = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        match one_chunk(state, caller, chunk, act).await {
            Ok(done) => items.extend(chunk.iter().map(|id| row(*id, done.get(id)))),
            // Nothing was done yet: the answer may say so as a whole.
            Err(fault) if items.is_empty() => return Err(fault),
            Err(fault) => {
                tracing::error!(error = %fault, inner = fault.inner(), "a part of a batch of keys failed");
                items.extend(chunk.iter().map(|id| refused(*id, &fault)));
            }
        }
    }
    Ok(KeyBatchResult { items })
}

fn row(id: KeyId, done: Option<&Result<Done, Fault>>) -> KeyBatchRow {
    let code = match done {
        Some(Ok(Done::Changed)) => "ok",
        Some(Ok(Done::Unchanged)) => "unchanged",
        Some(Err(fault)) => return refused(id, fault),
        None => return refused(id, &Fault::new(Code::NotFound)),
    };
    KeyBatchRow {
        id,
        ok: true,
        code: code.to_owned(),
        message: String::new(),
    }
}

fn refused(id: KeyId, fault: &Fault) -> KeyBatchRow {
    KeyBatchRow {
        id,
        ok: false,
        code: fault.code().as_str().to_owned(),
        message: fault.text(),
    }
}

/// Some keys in one transaction. Those that are in no result were not found.
async fn one_chunk(
    state: &ManageState,
    caller: &Caller,
    ids: &[KeyId],
    act: &Act,
) -> Result<HashMap<KeyId, Result<Done, Fault>>, Fault> {
    let mut tx = caller.tx().await?;
    let rights = Rights::read(&mut tx, caller, state.clock().now()).await?;
    if let Act::Edit(edit) = act {
        edit.check(&mut tx, &rights).await?;
    }
    let place = match act {
        Act::Edit(_) | Act::Delete => Place::Use,
        Act::Restore | Act::Purge => Place::Bin,
    };
    let wanted: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let mut done = HashMap::with_capacity(ids.len());
    let mut allowed = Vec::with_capacity(ids.len());
    for key in store::lock(&mut tx, &wanted, place).await? {
        match rights.may_change(caller, &key) {
            Ok(()) => allowed.push(key),
            Err(fault) => {
                done.insert(key.id, Err(fault));
            }
        }
    }
    match act {
        Act::Edit(edit) => edit_all(state, caller, &mut tx, &rights, edit, allowed, &mut done).await?,
        Act::Delete => {
            bin::delete_all(state, caller, &mut tx, &allowed, rights.now).await?;
            done.extend(allowed.iter().map(|key| (key.id, Ok(Done::Changed))));
        }
        Act::Purge => {
            bin::purge_all(state, caller, &mut tx, &allowed, rights.now).await?;
            done.extend(allowed.iter().map(|key| (key.id, Ok(Done::Changed))));
        }
        Act::Restore => restore_all(state, caller, &mut tx, &rights, allowed, &mut done).await?,
    }
    tx.commit().await?;
    Ok(done)
}

async fn edit_all(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    rights: &Rights,
    edit: &Edit,
    keys: Vec<Locked>,
    done: &mut HashMap<KeyId, Result<Done, Fault>>,
) -> Result<(), Fault> {
    let mut changes = Vec::new();
    for key in keys {
        let after = edit.of(&key).and_then(|after| {
            rights.check_bounds(Some(&key.fields), &after)?;
            Ok(after)
        });
        let became = match after {
            Ok(after) => match Change::of(&key, after) {
                Some(change) => {
                    changes.push(change);
                    Ok(Done::Changed)
                }
                None => Ok(Done::Unchanged),
            },
            Err(fault) => Err(fault),
        };
        done.insert(key.id, became);
    }
    if !changes.is_empty() {
        service::write(state, caller, tx, changes, rights.now).await?;
    }
    Ok(())
}

/// A member gets back as many as they may have, in the order of their ids.
async fn restore_all(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    rights: &Rights,
    keys: Vec<Locked>,
    done: &mut HashMap<KeyId, Result<Done, Fault>>,
) -> Result<(), Fault> {
    let mut back = Vec::with_capacity(keys.len());
    for key in keys {
        let fits = match rights.check_bounds(None, &key.fields) {
            Ok(()) => rights.check_room(tx, back.len() + 1).await,
            Err(fault) => Err(fault),
        };
        match fits {
            Ok(()) => {
                done.insert(key.id, Ok(Done::Changed));
                back.push(key);
            }
            Err(fault) if fault.code().status().is_server_error() => return Err(fault),
            Err(fault) => {
                done.insert(key.id, Err(fault));
            }
        }
    }
    bin::restore_all(state, caller, tx, &back, rights.now).await?;
    Ok(())
}
