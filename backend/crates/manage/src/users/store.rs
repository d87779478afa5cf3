//! Memberships in the database.

use crate::dynamic::contains_pattern;
use crate::figures::count;
use tollgate_contract::auth::Role;
use tollgate_contract::ids::UserId;
use tollgate_contract::users::{Member, MemberStatus, UserQuery};
use tollgate_store::{StoreError, TenantTx};

/// Members behind an e-mail address, in its order.
pub(super) async fn list(
    tx: &mut TenantTx,
    query: &UserQuery,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Member>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT m.user_id, m.email, m.display_name, m.role, m.status, m.created_at,
                  (SELECT count(*) FROM api_keys k
                   WHERE k.tenant_id = $1 AND k.owner_user_id = m.user_id AND k.deleted_at IS NULL) AS "keys!"
           FROM memberships m
           WHERE m.tenant_id = $1 AND ($2::text IS NULL OR m.email > $2) AND ($3::text IS NULL OR m.role = $3)
             AND ($4::text IS NULL OR m.display_name ILIKE $4 OR m.email ILIKE $4)
             AND ($5::uuid IS NULL OR m.user_id = $5)
           ORDER BY m.email LIMIT $6"#,
        tenant.0,
        after,
        query.role.map(Role::as_str),
        query.text.as_deref().map(contains_pattern),
        query.user_id.map(|id| id.0),
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(tx.conn())
    .await?;
    let members = rows.into_iter().filter_map(|row| {
        Some(Member {
            id: UserId(row.user_id),
            name: row.display_name,
            email: row.email,
            role: Role::parse(&row.role)?,
            status: if row.status == "active" {
                MemberStatus::Active
            } else {
                MemberStatus::Disabled
            },
            keys: count(row.keys),
            created_at: row.created_at,
        })
    });
    Ok(members.collect())
}

pub(super) async fn count_all(tx: &mut TenantTx, query: &UserQuery) -> Result<u64, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "found!" FROM memberships
           WHERE tenant_id = $1 AND ($2::text IS NULL OR role = $2)
             AND ($3::text IS NULL OR display_name ILIKE $3 OR email ILIKE $3)
             AND ($4::uuid IS NULL OR user_id = $4)"#,
        tenant.0,
        query.role.map(Role::as_str),
        query.text.as_deref().map(contains_pattern),
        query.user_id.map(|id| id.0)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count(found))
}
