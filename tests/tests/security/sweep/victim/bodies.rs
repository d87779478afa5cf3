//! The bodies of the requests that name the victim's things.

use super::{Victim, budget, captures, notices, payment, report, schedule};
use serde_json::{Value, json};
use tollgate_tests::harness::unique;
use uuid::Uuid;

/// A body that is good but for whose things it names.
pub fn body(method: &str, path: &str, victim: &Victim) -> Option<Value> {
    of_people(method, path, victim)
        .or_else(|| of_accounts(method, path, victim))
        .or_else(|| of_money(method, path, victim))
        .or_else(|| of_operators(method, path, victim))
}

/// Sessions, keys, policies and limits, and what is kept of requests.
fn of_people(method: &str, path: &str, victim: &Victim) -> Option<Value> {
    match (method, path) {
        ("POST", "/auth/switch") => Some(json!({"tenant": victim.scene.tenant.slug})),
        ("POST", "/keys") | ("PUT", "/keys/{id}") => Some(json!({"name": "swept"})),
        ("POST", "/keys/batch") => {
            Some(json!({"names": {"by": "list", "names": ["swept"]}, "key": {"name": "swept"}}))
        }
        ("PUT", "/keys/batch") => Some(json!({
            "ids": [victim.scene.key.id], "act": {"action": "edit", "change": {"cost_centre": "swept"}},
        })),
        ("DELETE", "/keys/batch") => Some(json!({"ids": [victim.scene.key.id]})),
        ("POST", "/reports/usage") => Some(json!({"reports": [
            {"group_by": "key", "key_id": victim.scene.key.id, "user_id": victim.scene.tenant.user_id, "tag": "victims-tag"},
        ]})),
        ("POST", "/policies") | ("PUT", "/policies/{id}") => Some(json!({"name": unique("swept")})),
        ("PUT", "/policies/self-service") => Some(json!({"allowed": true, "version": 0})),
        ("PUT", "/limits" | "/users/{id}/limits") => Some(json!({"windows": [], "version": 0})),
        ("PUT", "/retention") => Some(json!({"personal_days": 3650})),
        ("PUT", "/capture-settings") => Some(captures()),
        _ => None,
    }
}

/// Accounts, and what is around them.
fn of_accounts(method: &str, path: &str, victim: &Victim) -> Option<Value> {
    let account = json!({
        "name": unique("swept"), "base_url": victim.scene.upstream.url(), "api_key": "sk-ant-of-the-sweep",
    });
    match (method, path) {
        ("POST", "/accounts/{platform}") | ("PUT", "/accounts/{platform}/{id}") => Some(account),
        ("POST", "/accounts/{platform}/exchange") => Some(json!({
            "flow_id": victim.flow, "code": "a-code-of-nobody#and-a-state", "name": unique("swept"),
        })),
        ("POST", "/schedule/explain") => {
            Some(json!({"model": "claude-sonnet-4-6", "sticky": victim.scene.account}))
        }
        ("POST", "/accounts/batch") => Some(json!({"ids": [victim.scene.account], "action": "enable"})),
        ("POST", "/accounts/import") => {
            Some(json!({"bundle": {"format": "tollgate-accounts/1", "accounts": []}}))
        }
        ("POST", "/proxies") | ("PUT", "/proxies/{id}") => {
            Some(json!({"name": unique("swept"), "scheme": "http", "host": "127.0.0.1", "port": 9}))
        }
        ("POST", "/account-groups") | ("PUT", "/account-groups/{id}") => {
            Some(json!({"service": "claude", "name": unique("swept")}))
        }
        _ => None,
    }
}

/// Budgets, bills, vouchers and exports.
fn of_money(method: &str, path: &str, victim: &Victim) -> Option<Value> {
    match (method, path) {
        ("POST", "/budgets") | ("PUT", "/budgets/{id}") => {
            let mut form = budget();
            form["name"] = json!(unique("swept"));
            Some(form)
        }
        ("POST", "/billing/payments") => Some(payment()),
        ("POST", "/exports") => Some(json!({"source": "usage", "format": "csv"})),
        ("POST", "/export-schedules") | ("PUT", "/export-schedules/{id}") => {
            let mut form = schedule();
            form["name"] = json!(unique("swept"));
            Some(form)
        }
        ("PUT", "/billing/notices") => Some(notices()),
        ("PUT", "/billing/profile") => Some(json!({"legal_name": "Swept Ltd", "address": "Road"})),
        ("POST", "/billing/disputes") => Some(json!({"month": "2026-01", "model": "m", "reason": "swept"})),
        ("POST", "/provider-reports") => Some(report(victim.scene.account)),
        ("POST", "/vouchers") => Some(json!({"count": 1, "days": 1})),
        ("POST", "/vouchers/redeem") => Some(json!({"code": victim.code})),
        _ => None,
    }
}

/// What the platform's own people do.
fn of_operators(method: &str, path: &str, victim: &Victim) -> Option<Value> {
    match (method, path) {
        ("PUT", "/billing/terms") => {
            Some(json!({"tax_rate": "0", "reverse_charge": false, "post_paid": false, "payment_days": 1}))
        }
        ("PUT", "/billing/issuer") => Some(json!({"brand_colour": "#000000"})),
        ("POST", "/billing/rates") => Some(json!({
            "rates": [{"currency": "EUR", "on_day": "2026-01-01", "rate": "1", "source": "swept"}],
        })),
        ("POST", "/billing/documents/{id}/payments") => {
            Some(json!({"amount_cents": 1, "reference": "swept"}))
        }
        ("POST", "/billing/disputes/{id}/decision") => Some(json!({"accept": false, "answer": "swept"})),
        ("POST", "/ledger/repricings/preview") => Some(repricing(victim)),
        ("POST", "/ledger/repricings") => Some(json!({
            "repricing_id": Uuid::from_u128(7), "order": repricing(victim), "fingerprint": "0".repeat(64), "reason": "swept",
        })),
        ("POST", "/ledger/verifications") => Some(json!({"scope": "quick"})),
        ("POST", "/ledger/dead-letters/retry") => Some(letter(victim)),
        ("POST", "/ledger/dead-letters/resolve") => {
            Some(json!({"letter": letter(victim), "reason": "swept"}))
        }
        ("PUT", "/account-groups/{id}/grants/{tenant}") => Some(json!({"public_name": "swept"})),
        ("POST", "/prices/import") => Some(json!({
            "format": "csv", "source": "swept", "text": "provider,model,mode,input,output\nanthropic,m,chat,1,2\n",
        })),
        ("POST", "/prices/edit") => Some(json!({"set": [], "base_version": Uuid::nil()})),
        ("POST", "/plans") => Some(json!({"name": unique("swept"), "terms": {"factor": "1"}})),
        ("POST", "/plans/{id}/versions") => Some(json!({"factor": "1"})),
        ("POST", "/plans/assignments") => Some(json!({"tenant_slug": victim.scene.tenant.slug})),
        _ => None,
    }
}

fn repricing(victim: &Victim) -> Value {
    json!({
        "tenant_id": victim.scene.tenant.id, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
        "prices_at": "2026-01-01T00:00:00Z",
    })
}

fn letter(victim: &Victim) -> Value {
    json!({"tenant_id": victim.scene.tenant.id, "request_id": Uuid::from_u128(7), "kind": "poison"})
}
