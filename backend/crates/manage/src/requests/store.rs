//! Relayed requests in the database.

use crate::figures::count;
use tollgate_contract::ids::{AccountId, KeyId, PlanVersionId, PriceVersionId, RequestId, UserId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::requests::{
    PriceLine, Quality, RequestCorrection, RequestDetail, RequestLine, RequestStatus,
};
use tollgate_ledger::as_sold;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

fn millis(value: i32) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// The requests of these ids, the newest first. The charge holds later corrections.
pub(super) async fn lines(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<RequestLine>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT e.request_id, e.started_at, e.key_id, e.user_id, e.account_id,
                  -- A key that is gone for good is called what it was then.
                  COALESCE(k.name, (SELECT a.target_name FROM audit_log a WHERE a.tenant_id = $1
                      AND a.target_id = e.key_id AND a.action = 'key.purged' LIMIT 1), '') AS "key_name!",
                  e.account_name, e.platform, e.model, e.path, e.streamed, e.status, e.http_status, e.quality,
                  e.input_tokens, e.output_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.cache_read_tokens,
                  (e.charge_nano + COALESCE((SELECT sum(c.charge_nano) FROM usage_corrections c
                      WHERE c.tenant_id = $1 AND c.request_id = e.request_id), 0))::bigint AS "charge!",
                  e.ttfb_ms, e.duration_ms, e.error_code, e.client, e.cost_centre, e.unpriced,
                  COALESCE((SELECT max(c.service_tier) FROM usage_corrections c WHERE c.tenant_id = $1
                      AND c.request_id = e.request_id AND c.repricing_id IS NULL), e.service_tier) AS "service_tier!",
                  -- With their corrections' differences; what comes to nothing is left out.
                  (SELECT COALESCE(jsonb_object_agg(name, count), '{}') FROM (
                       SELECT m.key AS name, sum(m.value::bigint)::bigint AS count FROM (
                           SELECT e.other_meters AS meters
                           UNION ALL
                           SELECT c.other_meters FROM usage_corrections c
                           WHERE c.tenant_id = $1 AND c.request_id = e.request_id) AS one
                       CROSS JOIN LATERAL jsonb_each_text(one.meters) AS m
                       GROUP BY m.key HAVING sum(m.value::bigint) <> 0) AS meter) AS "other_meters!"
           FROM usage_events e
           LEFT JOIN api_keys k ON k.tenant_id = e.tenant_id AND k.key_id = e.key_id
           WHERE e.tenant_id = $1 AND e.request_id = ANY($2) ORDER BY e.request_id DESC"#,
        tenant.0,
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    let lines = rows.into_iter().filter_map(|row| {
        Some(RequestLine {
            id: RequestId(row.request_id),
            started_at: row.started_at,
            key_id: KeyId(row.key_id),
            key_name: row.key_name,
            user_id: row.user_id.map(UserId),
            account_id: row.account_id.map(AccountId),
            account_name: row.account_name,
            platform: row.platform,
            model: row.model,
            path: row.path,
            streamed: row.streamed,
            status: RequestStatus::parse(&row.status)?,
            http_status: u16::try_from(row.http_status).unwrap_or_default(),
            quality: if row.quality == "exact" {
                Quality::Exact
            } else {
                Quality::Estimated
            },
            input_tokens: count(row.input_tokens),
            output_tokens: count(row.output_tokens),
            cache_write_5m_tokens: count(row.cache_write_5m_tokens),
            cache_write_1h_tokens: count(row.cache_write_1h_tokens),
            cache_read_tokens: count(row.cache_read_tokens),
            charge_nano: NanoUsd(row.charge),
            ttfb_ms: row.ttfb_ms.map(millis),
            duration_ms: millis(row.duration_ms),
            error_code: row.error_code,
            client: row.client,
            cost_centre: row.cost_centre,
            service_tier: row.service_tier,
            other_meters: serde_json::from_value(row.other_meters).unwrap_or_default(),
            unpriced: row.unpriced,
        })
    });
    Ok(lines.collect())
}

/// What a word left out means.
fn or_else(word: String, usual: &str) -> String {
    if word.is_empty() { usual.to_owned() } else { word }
}

/// All that is known beyond a request's line.
pub(super) async fn detail(
    tx: &mut TenantTx,
    mut line: RequestLine,
) -> Result<Option<RequestDetail>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        // What the platform's accounts call a model is theirs.
        r#"SELECT provider, CASE WHEN account_id IS NULL THEN '' ELSE upstream_model END AS "upstream_model!",
                  client_request_id, attempts, reserved_nano, price_version, price_lines, explanation, batch_no, booked_at,
                  plan_version
           FROM usage_events WHERE tenant_id = $1 AND request_id = $2"#,
        tenant.0,
        line.id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let own_account = line.account_id.is_some();
    let corrections = corrections(tx, line.id, own_account).await?;
    // Priced since.
    line.unpriced &= corrections.iter().all(|one| one.price_version.is_none());
    Ok(Some(RequestDetail {
        line,
        provider: row.provider,
        upstream_model: row.upstream_model,
        client_request_id: row.client_request_id,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        reserved_nano: NanoUsd(row.reserved_nano),
        price_version: PriceVersionId(row.price_version),
        plan_version: row.plan_version.map(PlanVersionId),
        rounding: tollgate_money::ROUNDING_RULE.to_owned(),
        price_lines: told(row.price_lines, own_account),
        explanation: row.explanation,
        batch_no: row.batch_no,
        booked_at: row.booked_at,
        corrections,
    }))
}

/// The arithmetic as it is told: on the platform's accounts one price, whatever it is made of.
fn told(lines: serde_json::Value, own_account: bool) -> Vec<PriceLine> {
    let stored: Vec<tollgate_ledger::PriceLine> = serde_json::from_value(lines).unwrap_or_default();
    let lines = stored.into_iter().map(|line| {
        let line = if own_account { line } else { as_sold(line).0 };
        PriceLine {
            meter: line.meter,
            quantity: line.quantity,
            unit_price: line.price,
            per: or_else(line.per, "million"),
            rate: or_else(line.rate, "1"),
            factor: or_else(line.factor, "1"),
            amount_nano: NanoUsd(line.amount_nano.0),
        }
    });
    lines.collect()
}

async fn corrections(
    tx: &mut TenantTx,
    request: RequestId,
    own_account: bool,
) -> Result<Vec<RequestCorrection>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT c.batch_no, c.reason, c.charge_nano, c.booked_at, c.price_version, c.price_lines, c.late,
                  r.reason AS "why?"
           FROM usage_corrections c
           LEFT JOIN ledger_repricings r ON r.tenant_id = c.tenant_id AND r.repricing_id = c.repricing_id
           WHERE c.tenant_id = $1 AND c.request_id = $2 ORDER BY c.batch_no"#,
        tenant.0,
        request.0
    )
    .fetch_all(tx.conn())
    .await?;
    let corrections = rows.into_iter().map(|row| RequestCorrection {
        batch_no: row.batch_no,
        reason: row.reason,
        charge_nano: NanoUsd(row.charge_nano),
        booked_at: row.booked_at,
        by: if row.why.is_some() {
            "operator"
        } else {
            "settlement"
        }
        .to_owned(),
        why: row.why.unwrap_or_default(),
        price_version: row.price_version.map(PriceVersionId),
        price_lines: told(row.price_lines, own_account),
        late: row.late,
    });
    Ok(corrections.collect())
}
