//! An account for tests, with what matters to them changed.

use serde_json::{Value, json};
use tollgate_contract::accounts::Account;

/// An active account on Claude Console.
pub fn sample(change: Value) -> Account {
    let mut account = json!({
        "id": "019a0000-0000-7000-8000-000000000001", "platform": "claude_console", "name": "a", "description": "",
        "base_url": "https://api.anthropic.com", "credential_kind": "api_key", "credential_hint": "abcd",
        "extra_headers": [], "priority": 50, "weight": 100, "schedulable": true, "tags": [], "groups": [], "windows": [],
        "subscription": { "plan": null, "opus": null, "identity": "", "checked_at": null },
        "load": { "in_flight": 0, "waiting": 0, "requests_1m": 0, "tokens_1m": 0 },
        "models": [], "model_mapping": {}, "state": "active", "state_reason": "", "state_until": null,
        "state_since": "2026-11-24T00:00:00Z", "version": 1,
        "today": { "requests": 0, "input_tokens": 0, "output_tokens": 0, "cache_write_5m_tokens": 0,
            "cache_write_1h_tokens": 0, "cache_read_tokens": 0, "total_tokens": 0, "charge_nano": "0" },
        "created_at": "2026-11-24T00:00:00Z", "updated_at": "2026-11-24T00:00:00Z"
    });
    if let (Some(account), Value::Object(change)) = (account.as_object_mut(), change) {
        account.extend(change);
    }
    serde_json::from_value(account).unwrap()
}
