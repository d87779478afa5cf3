//! What is told to whoever edited an older version of a key than there is: which fields were changed meanwhile, and what
//! they are now. The audit log knows.

use super::store::Locked;
use serde_json::Value;
use std::collections::BTreeSet;
use tollgate_contract::problem::FieldError;
use tollgate_http::{Code, Fault};
use tollgate_store::{StoreError, TenantTx};

/// Longest value that is told, in characters: lists of models may be longer than anybody reads.
const VALUE_MAX: usize = 200;

pub(super) async fn of(tx: &mut TenantTx, now: &Locked, edited: i64) -> Result<Fault, StoreError> {
    let changed = changed_since(tx, now, edited).await?;
    let told = now.fields.told();
    let errors: Vec<FieldError> = changed
        .iter()
        .filter_map(|field| told.get_key_value(field))
        .map(|(field, value)| FieldError {
            field: field.clone(),
            code: "changed".to_owned(),
            message: format!("is {} now", shortened(value)),
        })
        .collect();
    let what = if errors.is_empty() {
        String::new()
    } else {
        let names: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        format!(" Changed since: {}.", names.join(", "))
    };
    let detail = format!("It has version {} now; read it again.{what}", now.version);
    Ok(Fault::new(Code::VersionConflict).detail(detail).fields(errors))
}

/// The fields that changed after a version.
async fn changed_since(
    tx: &mut TenantTx,
    key: &Locked,
    version: i64,
) -> Result<BTreeSet<String>, StoreError> {
    let tenant = tx.tenant_id();
    let lines = sqlx::query_scalar!(
        "SELECT changes FROM audit_log WHERE tenant_id = $1 AND target_id = $2
           AND (changes -> 'version' ->> 'to')::bigint > $3",
        tenant.0,
        key.id.0,
        version
    )
    .fetch_all(tx.conn())
    .await?;
    let fields = lines
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|line| line.keys());
    Ok(fields.filter(|field| *field != "version").cloned().collect())
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
