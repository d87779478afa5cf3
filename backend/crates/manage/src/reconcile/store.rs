//! Reports, their lines, and what accounts served, in the database.

use super::compare::{Booked, Covered, Told};
use super::files::{Figures, Report};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use tollgate_contract::ids::{AccountId, ReportId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reconcile::{ProviderReport, ReconcileSide};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Most reports that are listed.
const REPORTS_MAX: i64 = 1000;

/// An account's name and platform; deleted ones have bills too.
pub(super) async fn account(
    tx: &mut TenantTx,
    account: AccountId,
) -> Result<Option<(String, String)>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT name, platform FROM accounts WHERE tenant_id = $1 AND account_id = $2",
        tenant.0,
        account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.name, row.platform)))
}

/// Reports, one of them or all, the newest first.
pub(super) async fn reports(
    tx: &mut TenantTx,
    only: Option<ReportId>,
) -> Result<Vec<ProviderReport>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT r.report_id, r.account_id, a.name, r.provider, r.kind, r.format, r.scope, r.file_name, r.first_day,
                r.last_day, r.lines, r.author, r.created_at
         FROM provider_reports r JOIN accounts a ON a.tenant_id = r.tenant_id AND a.account_id = r.account_id
         WHERE r.tenant_id = $1 AND ($2::uuid IS NULL OR r.report_id = $2)
         ORDER BY r.report_id DESC LIMIT $3",
        tenant.0,
        only.map(|id| id.0),
        REPORTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let reports = rows.into_iter().map(|row| ProviderReport {
        id: ReportId(row.report_id),
        account_id: AccountId(row.account_id),
        account_name: row.name,
        provider: row.provider,
        kind: row.kind,
        format: row.format,
        scope: row.scope,
        file_name: row.file_name,
        first_day: row.first_day,
        last_day: row.last_day,
        lines: u32::try_from(row.lines).unwrap_or_default(),
        author: row.author,
        created_at: row.created_at,
    });
    Ok(reports.collect())
}

/// A report to be kept.
#[derive(Debug)]
pub(super) struct NewReport<'a> {
    pub(super) id: Uuid,
    pub(super) account: AccountId,
    pub(super) scope: &'a str,
    pub(super) file_name: &'a str,
    pub(super) content_hash: &'a [u8],
    pub(super) author: &'a str,
    pub(super) at: DateTime<Utc>,
    pub(super) report: &'a Report,
}

/// Reports and lines of them that are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) reports: i64,
    pub(super) lines: i64,
}

/// How much is kept already.
pub(super) async fn stored(tx: &mut TenantTx) -> Result<Stored, StoreError> {
    let tenant = tx.tenant_id();
    let stored = sqlx::query_as!(
        Stored,
        r#"SELECT count(*) AS "reports!", COALESCE(sum(lines), 0)::bigint AS "lines!"
           FROM provider_reports WHERE tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(stored)
}

/// Keeps a report with its lines; gives the id of the one that has the same content already, if there is one.
pub(super) async fn insert(tx: &mut TenantTx, new: &NewReport<'_>) -> Result<Option<ReportId>, StoreError> {
    let (tenant, report) = (tx.tenant_id(), new.report);
    let inserted = sqlx::query!(
        "INSERT INTO provider_reports (tenant_id, report_id, account_id, provider, kind, format, scope, file_name,
                                       content_hash, first_day, last_day, lines, author, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (tenant_id, account_id, scope, content_hash) DO NOTHING",
        tenant.0,
        new.id,
        new.account.0,
        report.provider.as_str(),
        report.kind.as_str(),
        report.format,
        new.scope,
        new.file_name,
        new.content_hash,
        report.first_day,
        report.last_day,
        i32::try_from(report.lines.len()).unwrap_or(i32::MAX),
        new.author,
        new.at
    )
    .execute(tx.conn())
    .await?;
    if inserted.rows_affected() == 0 {
        let there = sqlx::query_scalar!(
            "SELECT report_id FROM provider_reports
             WHERE tenant_id = $1 AND account_id = $2 AND scope = $3 AND content_hash = $4",
            tenant.0,
            new.account.0,
            new.scope,
            new.content_hash
        )
        .fetch_one(tx.conn())
        .await?;
        return Ok(Some(ReportId(there)));
    }
    insert_lines(tx, new.id, report).await?;
    Ok(None)
}

async fn insert_lines(tx: &mut TenantTx, id: Uuid, report: &Report) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let lines: Vec<_> = report.lines.iter().collect();
    let days: Vec<NaiveDate> = lines.iter().map(|((day, ..), _)| *day).collect();
    let models: Vec<String> = lines.iter().map(|((_, model, _), _)| model.clone()).collect();
    let items: Vec<String> = lines.iter().map(|((.., item), _)| item.clone()).collect();
    let column = |value: fn(&Figures) -> Option<i64>| -> Vec<Option<i64>> {
        lines.iter().map(|(_, figures)| value(figures)).collect()
    };
    sqlx::query!(
        "INSERT INTO provider_report_lines (tenant_id, report_id, day, model, item, requests, input_tokens, output_tokens,
                                            cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, amount_nano)
         SELECT $1, $2, * FROM unnest($3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
                                      $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])",
        tenant.0,
        id,
        &days,
        &models,
        &items,
        &column(|it| it.requests) as &[Option<i64>],
        &column(|it| it.input) as &[Option<i64>],
        &column(|it| it.output) as &[Option<i64>],
        &column(|it| it.cache_write_5m) as &[Option<i64>],
        &column(|it| it.cache_write_1h) as &[Option<i64>],
        &column(|it| it.cache_read) as &[Option<i64>],
        &column(|it| it.amount) as &[Option<i64>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets a report with its lines.
pub(super) async fn delete(tx: &mut TenantTx, report: ReportId) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "DELETE FROM provider_report_lines WHERE tenant_id = $1 AND report_id = $2",
        tenant.0,
        report.0
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM provider_reports WHERE tenant_id = $1 AND report_id = $2",
        tenant.0,
        report.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was booked of an account, by day and model sent; `is_cost`: the platform's cost, else what was charged.
pub(super) async fn booked(
    tx: &mut TenantTx,
    account: AccountId,
    (from, to): (NaiveDate, NaiveDate),
    is_cost: bool,
) -> Result<Vec<Booked>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT day, model, sum(requests)::bigint AS "requests!", sum(estimated)::bigint AS "estimated!",
                  sum(unknown)::bigint AS "unknown!", sum(input_tokens)::bigint AS "input!",
                  sum(output_tokens)::bigint AS "output!",
                  sum(cache_write_5m_tokens + cache_write_1h_tokens)::bigint AS "cache_write!",
                  sum(cache_read_tokens)::bigint AS "cache_read!",
                  sum(CASE WHEN $5 THEN cost_nano ELSE charge_nano END)::bigint AS "amount!"
           FROM account_days WHERE tenant_id = $1 AND account_id = $2 AND day BETWEEN $3 AND $4 GROUP BY day, model"#,
        tenant.0,
        account.0,
        from,
        to,
        is_cost
    )
    .fetch_all(tx.conn())
    .await?;
    let booked = rows.into_iter().map(|row| Booked {
        day: row.day,
        model: row.model,
        side: ReconcileSide {
            requests: Some(row.requests),
            input_tokens: Some(row.input),
            output_tokens: Some(row.output),
            cache_write_tokens: Some(row.cache_write),
            cache_read_tokens: Some(row.cache_read),
            amount_nano: Some(NanoUsd(row.amount)),
        },
        estimated: row.estimated,
        unknown: row.unknown,
    });
    Ok(booked.collect())
}

/// What reports say that count, and which days they speak of: of each kind and day the report uploaded last.
pub(super) async fn told(
    tx: &mut TenantTx,
    account: AccountId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<(Vec<Told>, BTreeMap<NaiveDate, Covered>), StoreError> {
    let tenant = tx.tenant_id();
    let counting = sqlx::query!(
        r#"SELECT DISTINCT ON (d.day, r.kind) d.day::date AS "day!", r.kind, r.report_id
           FROM generate_series($3::date, $4::date, interval '1 day') AS d (day)
           JOIN provider_reports r ON r.tenant_id = $1 AND r.account_id = $2 AND d.day BETWEEN r.first_day AND r.last_day
           ORDER BY d.day, r.kind, r.report_id DESC"#,
        tenant.0,
        account.0,
        from,
        to
    )
    .fetch_all(tx.conn())
    .await?;
    let mut covered: BTreeMap<NaiveDate, Covered> = BTreeMap::new();
    let (mut days, mut ids) = (Vec::new(), Vec::new());
    for row in counting {
        let day = covered.entry(row.day).or_default();
        day.cost |= row.kind == "cost";
        day.usage |= row.kind == "usage";
        days.push(row.day);
        ids.push(row.report_id);
    }
    let rows = sqlx::query!(
        r#"SELECT l.day, l.model, sum(l.requests)::bigint AS requests, sum(l.input_tokens)::bigint AS input,
                  sum(l.output_tokens)::bigint AS output,
                  (sum(l.cache_write_5m_tokens) + sum(l.cache_write_1h_tokens))::bigint AS cache_write,
                  sum(l.cache_read_tokens)::bigint AS cache_read, sum(l.amount_nano)::bigint AS amount
           FROM unnest($2::date[], $3::uuid[]) AS counting (day, report_id)
           JOIN provider_report_lines l ON l.tenant_id = $1 AND l.report_id = counting.report_id AND l.day = counting.day
           GROUP BY l.day, l.model"#,
        tenant.0,
        &days,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let told = rows.into_iter().map(|row| Told {
        day: row.day,
        model: row.model,
        side: ReconcileSide {
            requests: row.requests,
            input_tokens: row.input,
            output_tokens: row.output,
            cache_write_tokens: row.cache_write,
            cache_read_tokens: row.cache_read,
            amount_nano: row.amount.map(NanoUsd),
        },
    });
    Ok((told.collect(), covered))
}
