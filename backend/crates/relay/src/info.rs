//! What a key's holder may ask besides: what the key is, what it used. Shapes are v1's (see its behaviour: `key-info`,
//! `usage`, `me`).
//! Never in here: anything of other keys.

use crate::keys::{KeyEntry, Rules};
use crate::parts::{RelayParts, Worker};
use crate::who::who;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};
use tollgate_contract::ids::{KeyId, TenantId};
use tollgate_contract::keys::LimitUse;
use tollgate_contract::rules::{KeyRules, WindowSpan};
use tollgate_money::Nano;
use tollgate_store::{Db, StoreError};

/// `GET v1/key-info`.
pub(crate) async fn key_info(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let parts = &worker.parts;
    let asker = match who(&request, parts).await {
        Ok(asker) => asker,
        Err(refused) => return refused,
    };
    match used(parts, &asker.key, asker.at).await {
        Ok(usage) => {
            let key = &asker.key;
            // v1's token limit counted all tokens ever; there is no such limit here: 0 is v1's "none".
            let info = json!({
                "id": key.key_id, "name": key.name, "tokenLimit": 0, "usage": usage, "rules": rules(key),
                "expiresAt": key.expires_at.map(stamp),
            });
            asker.answer(&json!({ "keyInfo": info, "timestamp": stamp(asker.at) }))
        }
        Err(error) => asker.unavailable(&error),
    }
}

/// `GET v1/usage`, and `GET v1/organizations/{organization}/usage`, which v1 answers alike: a key sees its own usage,
/// whatever organisation the path names.
pub(crate) async fn usage(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let parts = &worker.parts;
    let asker = match who(&request, parts).await {
        Ok(asker) => asker,
        Err(refused) => return refused,
    };
    match used(parts, &asker.key, asker.at).await {
        Ok(usage) => {
            let used = parts.deps().limiter.usage(&asker.key.limits).await;
            let used: Vec<LimitUse> = used.iter().map(|limit| limit.shown(asker.at)).collect();
            let limits = json!({
                "tokens": 0, "requests": 0,
                "requestsPerMinute": per_minute(&asker.key.rules),
                "concurrency": asker.key.rules.concurrency().and_then(|rule| rule.limit),
                "all": used,
            });
            asker.answer(&json!({ "usage": usage, "limits": limits, "timestamp": stamp(asker.at) }))
        }
        Err(error) => asker.unavailable(&error),
    }
}

/// `GET v1/me`.
pub(crate) async fn me(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    match who(&request, &worker.parts).await {
        Ok(asker) => {
            let key = &asker.key;
            asker.answer(&json!({
                "id": format!("user_{}", key.key_id), "type": "user", "display_name": key.name,
                "created_at": stamp(key.created_at),
            }))
        }
        Err(refused) => refused,
    }
}

/// `POST api/event_logging/batch`: Claude Code's telemetry, which is for its vendor. It is taken, as v1 takes it, so that
/// the client does not try again, and nothing is done with it: the body is not even read.
pub(crate) async fn telemetry() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "success": true }))
}

/// `GET /azure/health`, v1's.
pub(crate) async fn alive(worker: web::Data<Worker>) -> HttpResponse {
    let now = worker.parts.clock().now();
    HttpResponse::Ok()
        .json(json!({ "status": "healthy", "service": "azure-openai", "timestamp": stamp(now) }))
}

/// What the key may do, as the management API writes it. From which addresses, whoever found it need not know.
fn rules(key: &KeyEntry) -> KeyRules {
    KeyRules {
        addresses: None,
        ..key.rules.said().clone()
    }
}

/// The key's own requests in a minute, of all models.
fn per_minute(rules: &Rules) -> Option<u64> {
    let windows = rules.said().windows.as_deref().unwrap_or_default();
    let of_all = windows
        .iter()
        .filter(|window| window.span == WindowSpan::Minute && window.models.is_none());
    of_all.filter_map(|window| window.requests).min()
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A key's figures in v1's names: since ever, today and this month of the tenant's zone.
async fn used(parts: &RelayParts, key: &KeyEntry, at: DateTime<Utc>) -> Result<Value, StoreError> {
    let today = tollgate_money::local_date(at, key.zone);
    let (db, tenant, key) = (parts.deps().db.clone(), key.tenant_id, key.key_id);
    parts
        .deps()
        .db
        .core()
        .run(async move { read(&db, tenant, key, today).await })
        .await?
}

async fn read(db: &Db, tenant: TenantId, key: KeyId, today: NaiveDate) -> Result<Value, StoreError> {
    // The default date is 1970's first day: before any usage.
    let month = today.with_day(1).unwrap_or(today);
    let mut tx = db.tenant(tenant).await?;
    let rows = sqlx::query!(
        r#"SELECT span.since AS "since!", COALESCE(sum(u.requests), 0)::bigint AS "requests!",
                  COALESCE(sum(u.input_tokens), 0)::bigint AS "input!", COALESCE(sum(u.output_tokens), 0)::bigint AS "output!",
                  COALESCE(sum(u.cache_write_5m_tokens + u.cache_write_1h_tokens), 0)::bigint AS "written!",
                  COALESCE(sum(u.cache_read_tokens), 0)::bigint AS "read!", COALESCE(sum(u.charge_nano), 0)::bigint AS "charge!"
           FROM (SELECT DISTINCT unnest($3::date[])) AS span (since)
           LEFT JOIN usage_day u ON u.tenant_id = $1 AND u.key_id = $2 AND u.local_date >= span.since
           GROUP BY span.since ORDER BY span.since"#,
        tenant.0,
        key.0,
        &[NaiveDate::default(), month, today]
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    let since = |date: NaiveDate| rows.iter().find(|row| row.since == date);
    let figures = |date: NaiveDate| {
        since(date).map_or(Value::Null, |row| {
            let all = [row.input, row.output, row.written, row.read].into_iter().fold(0, i64::saturating_add);
            json!({
                "requests": row.requests, "inputTokens": row.input, "outputTokens": row.output,
                "cacheCreateTokens": row.written, "cacheReadTokens": row.read, "allTokens": all, "tokens": all,
                "cost": Nano(row.charge).to_string(),
            })
        })
    };
    Ok(json!({ "total": figures(NaiveDate::default()), "daily": figures(today), "monthly": figures(month) }))
}
