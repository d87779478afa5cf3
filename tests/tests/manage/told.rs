//! What answers and the audit log say, read and checked in the same way by all tests.

use serde_json::Value;
use tollgate_tests::harness::{House, Reply, Tenant};
use uuid::Uuid;

/// Checks a refusal's status, code and form, and gives its body.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, code: &str) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let problem = reply.json();
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("/api/v2/problems#{code}"));
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty())
    );
    assert_eq!(problem["request_id"].as_str(), reply.header("x-request-id"));
    problem
}

/// As [`refused`]; gives each field at fault with its code.
#[track_caller]
pub fn faults(reply: &Reply, status: u16, code: &str) -> Vec<(String, String)> {
    let problem = refused(reply, status, code);
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    errors
        .iter()
        .map(|error| {
            assert!(!text(&error["message"]).is_empty());
            (text(&error["field"]), text(&error["code"]))
        })
        .collect()
}

/// Pairs as [`faults`] gives them.
pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = expected.iter();
    owned
        .map(|(field, code)| ((*field).to_owned(), (*code).to_owned()))
        .collect()
}

/// A line of the audit log.
#[derive(Clone, Debug)]
pub struct Line {
    /// `noun.verb`.
    pub action: String,
    /// Who.
    pub actor: String,
    /// What was changed.
    pub target: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// How.
    pub changes: Value,
    /// From where.
    pub address: String,
    /// By which request.
    pub request_id: Option<Uuid>,
}

/// A tenant's audit log, the oldest line first.
pub fn audit(house: &House, tenant: &Tenant) -> Vec<Line> {
    let rows = house.sql().query(
        "SELECT action, actor_name, target_id, target_name, changes::text, address, request_id FROM audit_log
         WHERE tenant_id = $1 ORDER BY created_at, audit_id",
        &[&tenant.id],
    );
    rows.expect("the audit log")
        .iter()
        .map(|row| Line {
            action: row.get(0),
            actor: row.get(1),
            target: row.get(2),
            name: row.get(3),
            changes: serde_json::from_str(row.get(4)).expect("JSON"),
            address: row.get(5),
            request_id: row.get(6),
        })
        .collect()
}

/// The lines about one thing.
pub fn audit_of(house: &House, tenant: &Tenant, target: Uuid) -> Vec<Line> {
    let mut lines = audit(house, tenant);
    lines.retain(|line| line.target == Some(target));
    lines
}

/// What lines say was done.
pub fn actions(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.action.as_str()).collect()
}
