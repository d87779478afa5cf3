//! Dead letters, worked off by the platform's own people.

use super::{after, ledger_fault, platform_only};
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::Author;
use serde_json::{Value, json};
use std::collections::HashMap;
use tollgate_contract::books::{
    DeadLetterKind, DeadLetterName, DeadLetterQuery, DeadLetterResolution, DeadLetterView,
};
use tollgate_contract::ids::RequestId;
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::{DeadLetter, LetterError, LetterId, dead_letters, resolve_letter, retry_letter};
use tollgate_store::{AuditEntry, JobsTx, StoreError};
use uuid::Uuid;

const LIST: &str = "dead_letters";

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    query: &DeadLetterQuery,
) -> Result<Page<DeadLetterView>, Fault> {
    require(caller, Action::BillingRead)?;
    platform_only(caller)?;
    let before = after(query.cursor.as_deref(), LIST)?;
    let size = page_size(query.limit);
    let limit = i64::try_from(size).unwrap_or(1).saturating_add(1);
    let mut tx = state.db().jobs().await?;
    let mut letters = dead_letters(&mut tx, !query.all, before, limit)
        .await
        .map_err(ledger_fault)?;
    let more = letters.len() > size;
    letters.truncate(size);
    let slugs = slugs(&mut tx, &letters).await?;
    let next_cursor = letters.last().filter(|_| more).map(|last| {
        let at = last.created_at.timestamp_micros().to_string();
        Cursor::new(LIST, Some(at), last.id.request_id).write()
    });
    Ok(Page {
        items: letters.into_iter().map(|letter| view(letter, &slugs)).collect(),
        next_cursor,
        total: None,
    })
}

async fn slugs(tx: &mut JobsTx, letters: &[DeadLetter]) -> Result<HashMap<Uuid, String>, StoreError> {
    let tenants: Vec<Uuid> = letters.iter().map(|letter| letter.id.tenant_id.0).collect();
    let rows = sqlx::query!(
        "SELECT tenant_id, slug FROM tenants WHERE tenant_id = ANY($1)",
        &tenants
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.slug)).collect())
}

fn view(letter: DeadLetter, slugs: &HashMap<Uuid, String>) -> DeadLetterView {
    DeadLetterView {
        name: DeadLetterName {
            tenant_id: letter.id.tenant_id,
            request_id: RequestId(letter.id.request_id),
            kind: if letter.id.kind == DeadLetterKind::Conflict.as_str() {
                DeadLetterKind::Conflict
            } else {
                DeadLetterKind::Poison
            },
        },
        tenant: slugs.get(&letter.id.tenant_id.0).cloned(),
        error: letter.error,
        entry: letter.entry,
        node_id: letter.node_id,
        epoch: letter.epoch,
        created_at: letter.created_at,
        resolved_at: letter.resolved_at,
        resolved_by: letter.resolved_by,
        resolution: letter.resolution,
        reason: letter.reason,
    }
}

pub(super) async fn retry(state: &ManageState, caller: &Caller, name: DeadLetterName) -> Result<(), Fault> {
    require(caller, Action::BillingWrite)?;
    platform_only(caller)?;
    let line = audit(state, caller, name, "dead_letter.booked", json!({}));
    retry_letter(state.db(), &id_of(name), &caller.email, line)
        .await
        .map_err(fault)
}

pub(super) async fn resolve(
    state: &ManageState,
    caller: &Caller,
    form: DeadLetterResolution,
) -> Result<(), Fault> {
    require(caller, Action::BillingWrite)?;
    platform_only(caller)?;
    let told = json!({"reason": form.reason});
    let line = audit(state, caller, form.letter, "dead_letter.given_up", told);
    resolve_letter(state.db(), &id_of(form.letter), &form.reason, &caller.email, line)
        .await
        .map_err(fault)
}

fn id_of(name: DeadLetterName) -> LetterId {
    LetterId {
        tenant_id: name.tenant_id,
        request_id: name.request_id.0,
        kind: name.kind.as_str().to_owned(),
    }
}

fn audit(
    state: &ManageState,
    caller: &Caller,
    name: DeadLetterName,
    action: &'static str,
    changes: Value,
) -> AuditEntry {
    let by = Author::in_books(caller, name.tenant_id);
    AuditEntry {
        id: state.clock().new_id(),
        at: state.clock().now(),
        actor: by.actor,
        action,
        target_id: Some(name.request_id.0),
        target_name: name.kind.as_str().to_owned(),
        changes,
        request_id: Some(caller.request_id.0),
        address: by.address.to_string(),
    }
}

fn fault(error: LetterError) -> Fault {
    let text = error.to_string();
    match error {
        LetterError::Ledger(error) => ledger_fault(error),
        LetterError::Unknown => Fault::new(Code::NotFound).detail(text),
        LetterError::Resolved => Fault::new(Code::VersionConflict).detail(text),
        LetterError::Unreadable(_) | LetterError::StillDead(_) => {
            Fault::new(Code::NotApplicable).detail(text)
        }
        LetterError::Text(field, _) => Fault::new(Code::ValidationFailed)
            .detail(text.clone())
            .field(field, "length", text),
    }
}
