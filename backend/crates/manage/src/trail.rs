//! How changes made through the API stand in the audit log.

use serde_json::{Map, Value, json};
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_http::{Caller, ClientAddress};
use tollgate_store::{Actor, AuditEntry, Clock, StoreError, TenantTx, record_audits};
use uuid::Uuid;

/// Who makes a change, by which request, from where.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) actor: Actor,
    pub(crate) request_id: RequestId,
    pub(crate) address: ClientAddress,
}

impl From<&Caller> for Author {
    fn from(caller: &Caller) -> Self {
        Self {
            actor: caller.actor(),
            request_id: caller.request_id,
            address: caller.address,
        }
    }
}

impl Author {
    /// Who acts in these books. In another organisation's the platform's people are its operator, and from where they come
    /// is not told there.
    pub(crate) fn in_books(caller: &Caller, books: TenantId) -> Self {
        let author = Self::from(caller);
        if books == caller.tenant_id {
            return author;
        }
        Self {
            actor: Actor::Operator(caller.email.clone()),
            address: ClientAddress(None),
            ..author
        }
    }
}

/// What was changed.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) id: Uuid,
    pub(crate) name: &'a str,
}

/// Writes a line in the transaction of the change itself.
pub(crate) async fn record(
    tx: &mut TenantTx,
    clock: &Clock,
    author: &Author,
    action: &'static str,
    target: Target<'_>,
    changes: Value,
) -> Result<(), StoreError> {
    record_all(tx, clock, author, action, [(target, changes)]).await
}

/// Writes a line for each thing that was changed, all by the same action.
pub(crate) async fn record_all<'a>(
    tx: &mut TenantTx,
    clock: &Clock,
    author: &Author,
    action: &'static str,
    changed: impl IntoIterator<Item = (Target<'a>, Value)>,
) -> Result<(), StoreError> {
    let lines = changed.into_iter().map(|(target, changes)| AuditEntry {
        id: clock.new_id(),
        at: clock.now(),
        actor: author.actor.clone(),
        action,
        target_id: Some(target.id),
        target_name: target.name.to_owned(),
        changes,
        request_id: Some(author.request_id.0),
        address: author.address.to_string(),
    });
    let lines: Vec<AuditEntry> = lines.collect();
    record_audits(tx, &lines).await
}

/// The fields in which two states differ: `{"field": {"from": …, "to": …}}`; empty where none does.
pub(crate) fn differences(before: &Value, after: &Value) -> Map<String, Value> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return Map::new();
    };
    let changed = after
        .iter()
        .filter(|(field, value)| before.get(*field) != Some(value));
    changed
        .map(|(field, value)| {
            let from = before.get(field).cloned().unwrap_or(Value::Null);
            (field.clone(), json!({ "from": from, "to": value }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_recorded() {
        let changed = differences(
            &json!({"name": "a", "limit": 1}),
            &json!({"name": "b", "limit": 1, "tags": ["x"]}),
        );
        assert_eq!(
            Value::Object(changed),
            json!({"name": {"from": "a", "to": "b"}, "tags": {"from": null, "to": ["x"]}})
        );
    }
}
