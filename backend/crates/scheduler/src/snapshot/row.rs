//! An account's row as it is read. Never in here: opening what is sealed in it.

use crate::load::Caps;
use crate::proxy::ProxyRow;
use crate::state::Condition;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_store::{StoreError, TenantTx};

/// Most accounts of a tenant; tenants have dozens.
const ACCOUNTS_MAX: i64 = 1000;

/// What of an account is read; its secrets are sealed.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) account_id: uuid::Uuid,
    pub(super) platform: String,
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) credential: Vec<u8>,
    pub(super) credential_kind: String,
    pub(super) token: Option<Vec<u8>>,
    pub(super) token_expires_at: Option<DateTime<Utc>>,
    pub(super) token_version: i64,
    pub(super) token_issued_at: Option<DateTime<Utc>>,
    pub(super) refresh_after: Option<DateTime<Utc>>,
    pub(super) proxy_id: Option<uuid::Uuid>,
    pub(super) proxy_scheme: Option<String>,
    pub(super) proxy_host: Option<String>,
    pub(super) proxy_port: Option<i32>,
    pub(super) proxy_username: Option<String>,
    pub(super) proxy_password: Option<Vec<u8>>,
    pub(super) region: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) project: Option<String>,
    pub(super) extra_headers: Option<Vec<u8>>,
    pub(super) first_byte_timeout_s: Option<i32>,
    pub(super) idle_timeout_s: Option<i32>,
    pub(super) priority: i32,
    pub(super) weight: i32,
    pub(super) schedulable: bool,
    pub(super) concurrency_cap: Option<i32>,
    pub(super) requests_per_minute: Option<i32>,
    pub(super) tokens_per_minute: Option<i64>,
    pub(super) daily_cost_nano: Option<i64>,
    pub(super) plan: Option<String>,
    pub(super) opus: Option<bool>,
    pub(super) models: Vec<String>,
    pub(super) model_mapping: serde_json::Value,
    pub(super) state: String,
    pub(super) state_until: Option<DateTime<Utc>>,
    pub(super) state_reason: String,
    pub(super) state_since: DateTime<Utc>,
    pub(super) failures: i32,
    pub(super) version: i64,
}

/// A tenant's accounts by priority and name; deleted ones are none.
pub(super) async fn read(tx: &mut TenantTx) -> Result<Vec<Row>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT a.account_id, a.platform, a.name, a.base_url, a.credential, a.credential_kind, a.token,
                  a.token_expires_at, a.token_version, a.token_issued_at, a.refresh_after, a.proxy_id,
                  p.scheme AS "proxy_scheme?", p.host AS "proxy_host?", p.port AS "proxy_port?",
                  p.username AS "proxy_username?", p.password AS "proxy_password?", a.region, a.api_version, a.project,
                  a.extra_headers, a.first_byte_timeout_s, a.idle_timeout_s, a.priority, a.weight, a.schedulable,
                  a.concurrency_cap, a.requests_per_minute, a.tokens_per_minute, a.daily_cost_nano, a.plan, a.opus,
                  a.models, a.model_mapping, a.state, a.state_until, a.state_reason, a.state_since, a.failures, a.version
           FROM accounts a LEFT JOIN proxies p ON p.tenant_id = a.tenant_id AND p.proxy_id = a.proxy_id
           WHERE a.tenant_id = $1 AND a.deleted_at IS NULL
           ORDER BY a.priority, a.name, a.account_id LIMIT $2"#,
        tenant.0,
        ACCOUNTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

impl Row {
    /// Its proxy, if its row is there.
    pub(super) fn proxy_row(&self) -> Option<ProxyRow> {
        Some(ProxyRow {
            id: self.proxy_id?,
            scheme: self.proxy_scheme.clone()?,
            host: self.proxy_host.clone()?,
            port: self.proxy_port?,
            username: self.proxy_username.clone().unwrap_or_default(),
            password: self.proxy_password.clone(),
        })
    }

    /// How it is doing.
    pub(super) fn condition(&self) -> Condition {
        // A state that this version does not know keeps the account out, with a reason that a person can act on.
        let (state, reason) = match AccountState::parse(&self.state) {
            Some(state) => (state, self.state_reason.as_str()),
            None => (AccountState::Disabled, "its state is unknown to this version"),
        };
        Condition::new(
            state,
            self.state_until,
            reason,
            self.state_since,
            unsigned(self.failures),
        )
    }

    /// Its caps.
    pub(super) fn caps(&self) -> Caps {
        Caps {
            concurrency: self.concurrency_cap.map(unsigned),
            requests_per_minute: self.requests_per_minute.map(unsigned),
            tokens_per_minute: self.tokens_per_minute.and_then(|cap| u64::try_from(cap).ok()),
            daily_cost_nano: self.daily_cost_nano,
        }
    }
}

pub(super) fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

pub(super) fn seconds(value: i32) -> Duration {
    Duration::from_secs(unsigned(value).into())
}
