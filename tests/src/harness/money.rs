//! Money from outside as tests bring it: vouchers of the operator's, signed calls of payment providers, and what nodes
//! draw and spend, written straight into the tables.

use super::house::{House, said};
use super::http::Request;
use super::tenant::Tenant;
use super::upstream::sigv4::hmac;
use postgres::Client;
use serde_json::Value;
use uuid::Uuid;

/// A payment provider of every gateway under test.
pub const PROVIDER: &str = "acme";
/// With which it signs.
pub const PROVIDER_SECRET: &str = "acme-secret-0123456789abcdef0123456789abcdef";
/// With which it signed before, and may still.
pub const PROVIDER_SECRET_BEFORE: &str = "acme-old-secret-0123456789abcdef0123456789ab";
/// Another provider.
pub const OTHER_PROVIDER: &str = "other-pay";
/// With which the other one signs.
pub const OTHER_SECRET: &str = "other-secret-0123456789abcdef0123456789abcde";

/// The setting that names them.
pub fn providers() -> String {
    format!(
        "{PROVIDER}:{PROVIDER_SECRET},{PROVIDER}:{PROVIDER_SECRET_BEFORE},{OTHER_PROVIDER}:{OTHER_SECRET}"
    )
}

/// The signature's header for a body at a time.
pub fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let mac = hmac(secret.as_bytes(), format!("{seconds}.{body}").as_bytes());
    format!("t={seconds},v1={}", hex::encode(mac))
}

/// A provider's call, signed now.
pub fn payment_call(provider: &str, secret: &str, body: &Value) -> Request {
    let text = body.to_string();
    let now = chrono::Utc::now().timestamp();
    Request::post(&format!("/api/v2/payments/{provider}"))
        .header("tollgate-signature", &signature(secret, now, &text))
        .header("content-type", "application/json")
        .body(text)
}

impl House {
    /// Codes of the operator's vouchers, each worth so many dollars.
    pub fn vouchers(&self, count: usize, dollars: &str) -> Vec<String> {
        self.vouchers_with(count, dollars, &[])
    }

    /// The same with more options.
    pub fn vouchers_with(&self, count: usize, dollars: &str, options: &[&str]) -> Vec<String> {
        let count = count.to_string();
        let mut words = vec!["voucher", "create", "--count", &count, "--usd", dollars];
        words.extend(options);
        let output = self.gateway.cli(&words);
        assert!(output.status.success(), "voucher create: {}", said(&output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(str::to_owned).collect()
    }

    /// As if a node had drawn from a budget and spent of it, in the period that begins then. All of it is gone again with
    /// what is returned, since no request stands behind it; until then the books do not agree, so in a house of one's own.
    pub fn drawn(&self, tenant: &Tenant, budget: Uuid, period: &str, granted: i64, settled: i64) -> Drawn {
        let mut sql = self.sql();
        let (node, at) = (Uuid::new_v4(), period.replace('Z', "+00:00"));
        sql.batch_execute(&format!(
            "INSERT INTO budget_periods (tenant_id, budget_id, period_start, limit_nano)
             SELECT tenant_id, budget_id, '{at}', limit_nano FROM budgets
             WHERE tenant_id = '{tenant}' AND budget_id = '{budget}' ON CONFLICT DO NOTHING;
             UPDATE budget_periods SET granted_nano = granted_nano + {granted}
             WHERE tenant_id = '{tenant}' AND budget_id = '{budget}' AND period_start = '{at}';
             INSERT INTO budget_leases (tenant_id, budget_id, period_start, node_id, epoch, granted_nano, settled_nano,
                                        updated_at)
             VALUES ('{tenant}', '{budget}', '{at}', '{node}', 1, {granted}, {settled}, now());
             UPDATE ledger_accounts SET updated_at = now() WHERE tenant_id = '{tenant}' AND code = 'wallet'",
            tenant = tenant.id
        ))
        .expect("drawn");
        Drawn {
            sql: Some(sql),
            budget,
            node,
        }
    }
}

/// What a node drew, until it is dropped.
pub struct Drawn {
    sql: Option<Client>,
    budget: Uuid,
    /// The node.
    pub node: Uuid,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drawn")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        let Some(mut sql) = self.sql.take() else { return };
        let (budget, node) = (self.budget, self.node);
        let gone = sql.batch_execute(&format!(
            "UPDATE budget_periods p SET granted_nano = p.granted_nano - l.granted_nano FROM budget_leases l
             WHERE l.node_id = '{node}' AND p.tenant_id = l.tenant_id AND p.budget_id = l.budget_id
               AND p.period_start = l.period_start AND p.budget_id = '{budget}';
             DELETE FROM budget_leases WHERE node_id = '{node}';
             DELETE FROM node_epochs WHERE node_id = '{node}'"
        ));
        if !std::thread::panicking() {
            gone.expect("given back");
        }
    }
}
