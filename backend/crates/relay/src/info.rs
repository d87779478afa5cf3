//! What a key's holder may ask besides: which models there are, what the key is, what it used. Shapes are Anthropic's for
//! models and v1's for the rest (see v1's behaviour: `key-info`, `usage`).
//! Never in here: anything of other keys.

use crate::edge::presented_key;
use crate::keys::KeyEntry;
use crate::parts::{RelayParts, Worker};
use crate::pricing::{PROVIDER, Pricing};
use crate::refusal::{Refusal, identify};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_contract::ids::{KeyId, RequestId, TenantId};
use tollgate_money::Nano;
use tollgate_store::{Db, StoreError};

/// Anthropic's API reference, "List models": an epoch value stands for a release date that is not known.
const RELEASE_UNKNOWN: &str = "1970-01-01T00:00:00Z";

/// Who asks, when.
struct Asked {
    id: RequestId,
    at: DateTime<Utc>,
    key: Arc<KeyEntry>,
}

async fn asked(request: &HttpRequest, parts: &RelayParts) -> Result<Asked, (RequestId, Refusal)> {
    let (id, at) = (RequestId(parts.clock().new_id()), parts.clock().now());
    let find = async {
        let secret = presented_key(request)?;
        let address = parts.deps().trusted_proxies.client(request).bucket();
        let key = parts.keys().find(&secret, &address).await?;
        key.check(at)?;
        Ok(key)
    };
    match find.await {
        Ok(key) => Ok(Asked { id, at, key }),
        Err(refusal) => Err((id, refusal)),
    }
}

fn answer(id: RequestId, body: &Value) -> HttpResponse {
    let mut answer = HttpResponse::Ok().json(body);
    identify(answer.headers_mut(), id);
    answer
}

fn unavailable(error: &StoreError) -> Refusal {
    tracing::warn!(%error, "a key's usage can't be read");
    Refusal::unavailable("database_unavailable")
}

/// `GET v1/models`: the models that this key can use now, in Anthropic's format.
pub(crate) async fn models(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let parts = &worker.parts;
    let Asked { id, at, key } = match asked(&request, parts).await {
        Ok(asked) => asked,
        Err((id, refusal)) => return refusal.respond(id),
    };
    let pool = match parts.deps().scheduler.pool(key.tenant_id).await {
        Ok(pool) => pool,
        Err(error) => return unavailable(&error).respond(id),
    };
    let book = parts.deps().prices.book();
    let listed = book
        .version_at(at)
        .into_iter()
        .flat_map(|version| version.models(PROVIDER));
    let named = pool.accounts().flat_map(|account| account.models());
    let usable = |model: &&str| {
        let offered = pool
            .accounts()
            .any(|account| account.schedulable && account.offers(model));
        offered && Pricing::of(&book, model, &pool, at).is_some()
    };
    let names: BTreeSet<&str> = listed.chain(named).filter(usable).collect();
    let (first, last) = (names.first(), names.last());
    let data: Vec<Value> = names.iter().map(|name| model(name)).collect();
    answer(
        id,
        &json!({ "data": data, "has_more": false, "first_id": first, "last_id": last }),
    )
}

fn model(name: &str) -> Value {
    json!({ "type": "model", "id": name, "display_name": name, "created_at": RELEASE_UNKNOWN })
}

/// `GET v1/key-info`.
pub(crate) async fn key_info(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let parts = &worker.parts;
    let Asked { id, at, key } = match asked(&request, parts).await {
        Ok(asked) => asked,
        Err((id, refusal)) => return refusal.respond(id),
    };
    match used(parts, &key, at).await {
        Ok(usage) => {
            // v1's token limit counted all tokens ever; there is no such limit here: 0 is v1's "none".
            let info = json!({ "id": key.key_id, "name": key.name, "tokenLimit": 0, "usage": usage });
            answer(id, &json!({ "keyInfo": info, "timestamp": stamp(at) }))
        }
        Err(error) => unavailable(&error).respond(id),
    }
}

/// `GET v1/usage`.
pub(crate) async fn usage(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let parts = &worker.parts;
    let Asked { id, at, key } = match asked(&request, parts).await {
        Ok(asked) => asked,
        Err((id, refusal)) => return refusal.respond(id),
    };
    match used(parts, &key, at).await {
        Ok(usage) => {
            let limits = json!({
                "tokens": 0, "requests": 0,
                "requestsPerMinute": key.requests_per_minute, "concurrency": key.concurrency_limit,
            });
            answer(
                id,
                &json!({ "usage": usage, "limits": limits, "timestamp": stamp(at) }),
            )
        }
        Err(error) => unavailable(&error).respond(id),
    }
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
