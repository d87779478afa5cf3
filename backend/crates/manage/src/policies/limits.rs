//! The limits of one person over all of their keys, and of the organisation over all of its keys.

use super::service::{announce_all, wrong};
use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use serde_json::Value;
use sqlx::types::Json;
use tollgate_contract::ids::UserId;
use tollgate_contract::policies::SubjectLimits;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;
use uuid::Uuid;

/// Whose limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    /// The organisation's.
    Tenant,
    /// A member's.
    User(UserId),
}

impl Subject {
    /// As its row is called.
    fn id(self) -> Uuid {
        match self {
            Self::Tenant => Uuid::nil(),
            Self::User(user) => user.0,
        }
    }
}

pub(super) async fn get(caller: &Caller, subject: Subject) -> Result<SubjectLimits, Fault> {
    require(caller, Action::PoliciesRead)?;
    let mut tx = caller.tx().await?;
    named(&mut tx, caller, subject).await?;
    read(&mut tx, subject).await
}

/// What the audit log calls it. Of other people, members learn nothing.
async fn named(tx: &mut TenantTx, caller: &Caller, subject: Subject) -> Result<String, Fault> {
    let Subject::User(user) = subject else {
        return Ok(caller.tenant_slug.clone());
    };
    if user != caller.user_id {
        require(caller, Action::UsersRead).map_err(|_| Fault::new(Code::NotFound))?;
    }
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT email FROM memberships WHERE tenant_id = $1 AND user_id = $2",
        tenant.0,
        user.0
    )
    .fetch_optional(tx.conn())
    .await?;
    found.ok_or_else(|| Fault::new(Code::NotFound))
}

async fn read(tx: &mut TenantTx, subject: Subject) -> Result<SubjectLimits, Fault> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT limits AS "limits: Json<SubjectLimits>", version FROM subject_limits
           WHERE tenant_id = $1 AND user_id = $2"#,
        tenant.0,
        subject.id()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map_or_else(SubjectLimits::default, |row| SubjectLimits {
        version: row.version,
        ..row.limits.0
    }))
}

/// The limits of a member over all of their keys.
pub(crate) async fn user_limits(tx: &mut TenantTx, user: UserId) -> Result<SubjectLimits, Fault> {
    read(tx, Subject::User(user)).await
}

/// The limits of the organisation over all of its keys.
pub(crate) async fn tenant_limits(tx: &mut TenantTx) -> Result<SubjectLimits, Fault> {
    read(tx, Subject::Tenant).await
}

pub(super) async fn set(
    state: &ManageState,
    caller: &Caller,
    subject: Subject,
    form: SubjectLimits,
) -> Result<SubjectLimits, Fault> {
    let (mut tx, now) = (caller.tx().await?, state.clock().now());
    let name = named(&mut tx, caller, subject).await?;
    require(caller, Action::PoliciesWrite)?;
    if form
        .concurrency
        .is_some_and(|rule| rule.queue > 0 || rule.wait_s > 0)
    {
        let text = "takes a limit alone: requests wait for their key, and for nothing else";
        return Err(wrong("concurrency", "not_applicable", text));
    }
    let tenant = tx.tenant_id();
    // Also the first who decide wait for each other.
    store::hold(&mut tx).await?;
    let before = read(&mut tx, subject).await?;
    if form.version != before.version {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    let changes = differences(&told(&before), &told(&form));
    if changes.is_empty() {
        return Ok(before);
    }
    let after = SubjectLimits {
        version: before.version + 1,
        ..form
    };
    sqlx::query!(
        "INSERT INTO subject_limits (tenant_id, user_id, limits, version, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, user_id) DO UPDATE
         SET limits = excluded.limits, version = excluded.version, updated_at = excluded.updated_at",
        tenant.0,
        subject.id(),
        Json(&after) as _,
        after.version,
        now
    )
    .execute(tx.conn())
    .await?;
    let id = match subject {
        Subject::Tenant => tenant.0,
        Subject::User(user) => user.0,
    };
    let target = Target { id, name: &name };
    let changes = Value::Object(changes);
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "limits.updated",
        target,
        changes,
    )
    .await?;
    announce_all(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

fn told(limits: &SubjectLimits) -> Value {
    let mut told = serde_json::to_value(limits).unwrap_or_default();
    if let Value::Object(fields) = &mut told {
        fields.remove("version");
        fields.entry("concurrency").or_insert(Value::Null);
    }
    told
}
