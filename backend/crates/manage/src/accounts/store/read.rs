//! Accounts as they are shown.

use super::around::{self, Around};
use super::{long, mapping, unsigned};
use crate::figures::Sums;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use tollgate_contract::accounts::{Account, AccountState, ProxyRef, Subscription, TokenStatus};
use tollgate_contract::ids::{AccountId, ProxyId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_contract::proxies::LastTest;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Most accounts read at once; tenants have dozens.
const ACCOUNTS_MAX: i64 = 1000;

/// Which accounts to read.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::accounts) struct Wanted {
    pub(in crate::accounts) platform: Option<Platform>,
    pub(in crate::accounts) id: Option<AccountId>,
}

/// As it is stored, with its usage.
struct Row {
    account_id: Uuid,
    platform: String,
    name: String,
    description: String,
    base_url: String,
    credential_kind: String,
    credential_hint: String,
    region: Option<String>,
    api_version: Option<String>,
    project: Option<String>,
    extra_header_names: Vec<String>,
    first_byte_timeout_s: Option<i32>,
    idle_timeout_s: Option<i32>,
    priority: i32,
    weight: i32,
    schedulable: bool,
    concurrency_cap: Option<i32>,
    requests_per_minute: Option<i32>,
    tokens_per_minute: Option<i64>,
    daily_cost_nano: Option<i64>,
    proxy_id: Option<Uuid>,
    proxy_name: Option<String>,
    tags: Vec<String>,
    self_test_every_s: Option<i32>,
    models: Vec<String>,
    model_mapping: Value,
    tested_at: Option<DateTime<Utc>>,
    test_code: String,
    test_message: String,
    plan: Option<String>,
    opus: Option<bool>,
    identity: String,
    profile_at: Option<DateTime<Utc>>,
    token_expires_at: Option<DateTime<Utc>>,
    token_issued_at: Option<DateTime<Utc>>,
    renewable: bool,
    refresh_error: String,
    refresh_after: Option<DateTime<Utc>>,
    state: String,
    state_until: Option<DateTime<Utc>>,
    state_reason: String,
    state_since: DateTime<Utc>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
}

/// A renewal that waits longer waits for a person.
const RETRY_SHOWN: TimeDelta = TimeDelta::days(30);

/// Accounts that are not deleted, with their usage of a day and all that is known of how they are doing. The number of
/// queries does not grow with that of accounts.
pub(in crate::accounts) async fn read(
    tx: &mut TenantTx,
    wanted: Wanted,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<Account>, StoreError> {
    let rows = rows(tx, wanted, today).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
    let mut around = around::read(tx, &ids, now).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let around = around.remove(&row.account_id).unwrap_or_default();
        shown(row, around, now)
    });
    Ok(shown.collect())
}

async fn rows(tx: &mut TenantTx, wanted: Wanted, today: NaiveDate) -> Result<Vec<Row>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT a.account_id, a.platform, a.name, a.description, a.base_url, a.credential_kind, a.credential_hint,
                  a.region, a.api_version, a.project, a.extra_header_names, a.first_byte_timeout_s, a.idle_timeout_s,
                  a.priority, a.weight, a.schedulable, a.concurrency_cap, a.requests_per_minute, a.tokens_per_minute,
                  a.daily_cost_nano, a.proxy_id, p.name AS "proxy_name?", a.self_test_every_s, a.models,
                  a.model_mapping, a.tested_at, a.test_code, a.test_message, a.plan, a.opus, a.identity, a.profile_at,
                  a.token_expires_at, a.token_issued_at, a.renewable, a.refresh_error, a.refresh_after, a.state,
                  a.state_until, a.state_reason, a.state_since,
                  a.settings_version AS version, a.created_at, a.updated_at,
                  ARRAY(SELECT t.tag FROM account_tags t WHERE t.tenant_id = $1 AND t.account_id = a.account_id
                        ORDER BY t.tag) AS "tags!",
                  COALESCE(u.requests, 0) AS "requests!", COALESCE(u.input, 0) AS "input!",
                  COALESCE(u.output, 0) AS "output!", COALESCE(u.cache_write_5m, 0) AS "cache_write_5m!",
                  COALESCE(u.cache_write_1h, 0) AS "cache_write_1h!", COALESCE(u.cache_read, 0) AS "cache_read!",
                  COALESCE(u.charge, 0) AS "charge!"
           FROM accounts a
           LEFT JOIN proxies p ON p.tenant_id = a.tenant_id AND p.proxy_id = a.proxy_id
           LEFT JOIN (
               SELECT account_id, sum(requests)::bigint AS requests, sum(input_tokens)::bigint AS input,
                      sum(output_tokens)::bigint AS output, sum(cache_write_5m_tokens)::bigint AS cache_write_5m,
                      sum(cache_write_1h_tokens)::bigint AS cache_write_1h,
                      sum(cache_read_tokens)::bigint AS cache_read, sum(charge_nano)::bigint AS charge
               FROM usage_day WHERE tenant_id = $1 AND local_date = $4 AND ($3::uuid IS NULL OR account_id = $3)
               GROUP BY account_id) u ON u.account_id = a.account_id
           WHERE a.tenant_id = $1 AND a.deleted_at IS NULL
             AND ($2::text IS NULL OR a.platform = $2) AND ($3::uuid IS NULL OR a.account_id = $3)
           ORDER BY a.platform, a.priority, a.name, a.account_id LIMIT $5"#,
        tenant.0,
        wanted.platform.map(Platform::as_str),
        wanted.id.map(|id| id.0),
        today,
        ACCOUNTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The account as it is shown; one that a newer version of Tollgate wrote in words unknown here is left out.
fn shown(row: Row, around: Around, now: DateTime<Utc>) -> Option<Account> {
    let kind = CredentialKind::parse(&row.credential_kind)?;
    let token = kind.is_issuing().then(|| token_status(&row, now));
    Some(Account {
        id: AccountId(row.account_id),
        platform: Platform::parse(&row.platform)?,
        name: row.name,
        description: row.description,
        base_url: row.base_url,
        credential_kind: kind,
        credential_hint: row.credential_hint,
        region: row.region,
        api_version: row.api_version,
        project: row.project,
        extra_headers: row.extra_header_names,
        first_byte_timeout_s: row.first_byte_timeout_s.map(unsigned),
        idle_timeout_s: row.idle_timeout_s.map(unsigned),
        priority: unsigned(row.priority),
        weight: unsigned(row.weight),
        schedulable: row.schedulable,
        concurrency_cap: row.concurrency_cap.map(unsigned),
        requests_per_minute: row.requests_per_minute.map(unsigned),
        tokens_per_minute: row.tokens_per_minute.map(long),
        daily_cost_nano: row.daily_cost_nano.map(NanoUsd),
        proxy: row.proxy_id.zip(row.proxy_name).map(|(id, name)| ProxyRef {
            id: ProxyId(id),
            name,
        }),
        tags: row.tags,
        groups: around.groups,
        self_test_every_s: row.self_test_every_s.map(unsigned),
        last_test: row.tested_at.map(|at| LastTest {
            at,
            code: row.test_code,
            message: row.test_message,
            latency_ms: None,
        }),
        subscription: Subscription {
            plan: row.plan,
            opus: row.opus,
            identity: row.identity,
            checked_at: row.profile_at,
        },
        windows: around.windows,
        token,
        load: around.load,
        last_error: around.last_error,
        models: row.models,
        model_mapping: mapping(row.model_mapping),
        state: AccountState::parse(&row.state)?,
        state_reason: row.state_reason,
        state_until: row.state_until,
        state_since: row.state_since,
        today: Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        }
        .into(),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn token_status(row: &Row, now: DateTime<Utc>) -> TokenStatus {
    TokenStatus {
        expires_at: row.token_expires_at,
        issued_at: row.token_issued_at,
        renewable: row.renewable,
        error: row.refresh_error.clone(),
        retry_at: row.refresh_after.filter(|at| *at < now + RETRY_SHOWN),
    }
}
