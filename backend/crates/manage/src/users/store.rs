//! Memberships in the database.

use crate::figures::count;
use tollgate_contract::auth::Role;
use tollgate_contract::ids::UserId;
use tollgate_contract::users::{Member, MemberStatus};
use tollgate_store::{StoreError, TenantTx};

/// Members behind an e-mail address, in its order.
pub(super) async fn list(
    tx: &mut TenantTx,
    role: Option<Role>,
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
           ORDER BY m.email LIMIT $4"#,
        tenant.0,
        after,
        role.map(Role::as_str),
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

pub(super) async fn count_all(tx: &mut TenantTx, role: Option<Role>) -> Result<u64, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "found!" FROM memberships WHERE tenant_id = $1 AND ($2::text IS NULL OR role = $2)"#,
        tenant.0,
        role.map(Role::as_str)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count(found))
}
