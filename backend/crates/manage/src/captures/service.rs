//! Who may decide, who may look, and what stands in the audit log of both.

use super::store;
use crate::cursor::{Cursor, page_size};
use crate::figures::count;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use serde_json::{Value, json};
use tollgate_contract::captures::{Capture, CaptureLine, CaptureQuery, CaptureSettings};
use tollgate_contract::ids::RequestId;
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{Redact, Redactor, SecretError, Topic, announce, read_capture};

const LIST: &str = "captures";

pub(super) async fn settings(caller: &Caller) -> Result<CaptureSettings, Fault> {
    require(caller, Action::CaptureRead)?;
    Ok(store::settings(&mut caller.tx().await?)
        .await?
        .unwrap_or_default())
}

pub(super) async fn set(
    state: &ManageState,
    caller: &Caller,
    form: CaptureSettings,
) -> Result<CaptureSettings, Fault> {
    require(caller, Action::CaptureWrite)?;
    let redact = Redact {
        secrets: form.redact_secrets,
        emails: form.redact_emails,
        cards: form.redact_cards,
    };
    Redactor::new(redact, &form.patterns)
        .map_err(|error| wrong("patterns", "invalid", &error.to_string()))?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    if !store::keys_known(&mut tx, &form.key_ids).await? {
        return Err(wrong(
            "key_ids",
            "unknown",
            "names a key that this organisation does not have",
        ));
    }
    let before = store::settings(&mut tx).await?.unwrap_or_default();
    let changes = differences(&json!(before), &json!(form));
    if changes.is_empty() {
        return Ok(form);
    }
    let version = store::set(&mut tx, &form, clock.now()).await?;
    // Keys hold in memory what is wanted of their requests.
    announce(&mut tx, Topic::Tenant, caller.tenant_id.0, version).await?;
    let target = Target {
        id: caller.tenant_id.0,
        name: &caller.tenant_slug,
    };
    let told = Value::Object(changes);
    trail::record(&mut tx, clock, &caller.into(), "captures.set", target, told).await?;
    tx.commit().await?;
    Ok(form)
}

fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}`: {message}"))
        .field(field, code, message)
}

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    query: &CaptureQuery,
) -> Result<Page<CaptureLine>, Fault> {
    require(caller, Action::CaptureRead)?;
    let before = Cursor::read(query.cursor.as_deref(), LIST)?.map(|cursor| cursor.id);
    let size = page_size(query.limit);
    let limit = i64::try_from(size).unwrap_or(1).saturating_add(1);
    let mut items = store::kept(&mut caller.tx().await?, before, limit, state.clock().now()).await?;
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(LIST, None, last.request_id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total: None,
    })
}

pub(super) async fn look(state: &ManageState, caller: &Caller, id: RequestId) -> Result<Capture, Fault> {
    require(caller, Action::CaptureRead)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let secrets = &state.parts().secrets;
    let found = read_capture(&mut tx, secrets, id.0, clock.now())
        .await
        .map_err(|error| match error {
            SecretError::Store(error) => error.into(),
            other => Fault::internal(other),
        })?;
    let found = found.ok_or_else(nothing)?;
    // Committed before anything is told: whoever looks has been seen.
    record(&mut tx, state, caller, id, "capture.viewed").await?;
    tx.commit().await?;
    Ok(Capture {
        request_id: id,
        request_body: found.request_body,
        answer_body: found.answer_body,
        request_bytes: count(found.bytes.0),
        answer_bytes: count(found.bytes.1),
        request_cut: found.cut.0,
        answer_cut: found.cut.1,
        redacted: u32::try_from(found.redacted).unwrap_or_default(),
        captured_at: found.captured_at,
        expires_at: found.expires_at,
    })
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, id: RequestId) -> Result<(), Fault> {
    require(caller, Action::CaptureRead)?;
    let mut tx = caller.tx().await?;
    if !store::delete(&mut tx, id).await? {
        return Err(nothing());
    }
    record(&mut tx, state, caller, id, "capture.deleted").await?;
    tx.commit().await?;
    Ok(())
}

fn nothing() -> Fault {
    Fault::new(Code::NotFound).detail("No bodies are kept of such a request.")
}

async fn record(
    tx: &mut tollgate_store::TenantTx,
    state: &ManageState,
    caller: &Caller,
    id: RequestId,
    action: &'static str,
) -> Result<(), Fault> {
    let target = Target {
        id: id.0,
        name: "request",
    };
    trail::record(tx, state.clock(), &caller.into(), action, target, json!({})).await?;
    Ok(())
}
