//! Plans in the database, as the jobs' role: they are no tenant's data.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use tollgate_contract::ids::{PlanId, PlanVersionId, TenantId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::plans::{Plan, PlanAssignment, PlanTerms, PlanVersionView};
use tollgate_store::{JobsTx, StoreError, Topic, announce_platform};
use uuid::Uuid;

/// Assignments shown.
const SHOWN_MAX: i64 = 1_000;
/// Keeps two writers apart: "plans" in ASCII.
const LOCK: i64 = 0x70_6c61_6e73;

/// Whoever writes waits here for who writes already.
pub(super) async fn lock(tx: &mut JobsTx) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn plans(tx: &mut JobsTx, now: DateTime<Utc>) -> Result<Vec<Plan>, StoreError> {
    let mut versions = versions(tx, now).await?;
    let rows = sqlx::query!(
        r#"SELECT p.plan_id, p.name, p.description, p.created_by, p.created_at,
                  (SELECT count(*) FROM (
                     SELECT DISTINCT ON (t.tenant_id) t.plan_id FROM tenant_plans t WHERE t.effective_from <= $1
                     ORDER BY t.tenant_id, t.effective_from DESC) AS held WHERE held.plan_id = p.plan_id) AS "tenants!"
           FROM plans p ORDER BY p.folded_name"#,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let plans = rows.into_iter().map(|row| Plan {
        id: PlanId(row.plan_id),
        name: row.name,
        description: row.description,
        created_by: row.created_by,
        created_at: row.created_at,
        versions: versions.remove(&row.plan_id).unwrap_or_default(),
        tenants: u64::try_from(row.tenants).unwrap_or_default(),
    });
    Ok(plans.collect())
}

async fn versions(
    tx: &mut JobsTx,
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Vec<PlanVersionView>>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT plan_version, plan_id, effective_from, factor::text AS "factor!", minimum_nano,
                  own_factor::text AS "own_factor!", rules, author, created_at
           FROM plan_versions ORDER BY effective_from DESC"#
    )
    .fetch_all(tx.conn())
    .await?;
    let mut versions: HashMap<Uuid, Vec<PlanVersionView>> = HashMap::new();
    for row in rows {
        let of_plan = versions.entry(row.plan_id).or_default();
        let holds = row.effective_from <= now && !of_plan.iter().any(|newer| newer.holds);
        of_plan.push(PlanVersionView {
            id: PlanVersionId(row.plan_version),
            effective_from: row.effective_from,
            factor: row.factor,
            minimum_nano: NanoUsd(row.minimum_nano),
            own_factor: row.own_factor,
            rules: serde_json::from_value(row.rules).unwrap_or_default(),
            author: row.author,
            created_at: row.created_at,
            holds,
        });
    }
    Ok(versions)
}

pub(super) async fn insert_plan(
    tx: &mut JobsTx,
    plan: PlanId,
    (name, description): (&str, &str),
    (author, at): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO plans (plan_id, name, folded_name, description, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        plan.0,
        name,
        name.to_lowercase(),
        description,
        author,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The newest version's beginning; `None`: there is no such plan.
pub(super) async fn newest(tx: &mut JobsTx, plan: PlanId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let newest = sqlx::query_scalar!(
        "SELECT max(effective_from) FROM plan_versions WHERE plan_id = $1",
        plan.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(newest)
}

pub(super) async fn insert_version(
    tx: &mut JobsTx,
    plan: PlanId,
    version: Uuid,
    terms: &PlanTerms,
    from: DateTime<Utc>,
    (author, at): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO plan_versions (plan_version, plan_id, effective_from, factor, minimum_nano, own_factor, rules, author,
                                    created_at)
         VALUES ($1, $2, $3, $4::text::numeric, $5, $6::text::numeric, $7, $8, $9)",
        version,
        plan.0,
        from,
        terms.factor,
        terms.minimum_nano.0,
        terms.own_factor,
        serde_json::to_value(&terms.rules).unwrap_or_default(),
        author,
        at
    )
    .execute(tx.conn())
    .await?;
    announce_platform(tx, Topic::Prices, TenantId(Uuid::nil()), version, 0).await
}

/// The organisation of a short name.
pub(super) async fn tenant(tx: &mut JobsTx, slug: &str) -> Result<Option<TenantId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT tenant_id FROM tenants WHERE slug = $1", slug)
        .fetch_optional(tx.conn())
        .await?;
    Ok(found.map(TenantId))
}

/// The beginning of an organisation's newest assignment.
pub(super) async fn newest_assignment(
    tx: &mut JobsTx,
    tenant: TenantId,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let newest = sqlx::query_scalar!(
        "SELECT max(effective_from) FROM tenant_plans WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(newest)
}

pub(super) async fn insert_assignment(
    tx: &mut JobsTx,
    (tenant, plan): (TenantId, Option<PlanId>),
    from: DateTime<Utc>,
    (author, at): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO tenant_plans (tenant_id, effective_from, plan_id, author, created_at) VALUES ($1, $2, $3, $4, $5)",
        tenant.0,
        from,
        plan.map(|plan| plan.0),
        author,
        at
    )
    .execute(tx.conn())
    .await?;
    announce_platform(tx, Topic::Prices, TenantId(Uuid::nil()), tenant.0, 0).await
}

/// The newest first.
pub(super) async fn assignments(tx: &mut JobsTx) -> Result<Vec<PlanAssignment>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT t.tenant_id, o.slug, t.plan_id, p.name AS "name?", t.effective_from, t.author
           FROM tenant_plans t JOIN tenants o ON o.tenant_id = t.tenant_id LEFT JOIN plans p ON p.plan_id = t.plan_id
           ORDER BY t.effective_from DESC, o.slug LIMIT $1"#,
        SHOWN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let assignments = rows.into_iter().map(|row| PlanAssignment {
        tenant_id: TenantId(row.tenant_id),
        tenant_slug: row.slug,
        plan_id: row.plan_id.map(PlanId),
        plan: row.name.unwrap_or_default(),
        effective_from: row.effective_from,
        author: row.author,
    });
    Ok(assignments.collect())
}
