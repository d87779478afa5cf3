//! Whose books are meant: one's own, or, for the platform's own people, those of any organisation. What only the operator
//! may do is asked here too.

use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::Author;
use tollgate_contract::ids::TenantId;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{PLATFORM_TENANT, TenantTx};

/// What the platform's people are called on another organisation's documents; its audit log knows which of them it was.
const OPERATOR: &str = "operator";

/// A transaction in the books that are meant.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) tx: TenantTx,
    pub(super) author: Author,
    /// As documents and transfers name who did it.
    pub(super) name: String,
}

/// Whether the caller is one of the platform's own people who may act on money.
pub(super) fn is_operator(caller: &Caller) -> bool {
    caller.tenant_id == PLATFORM_TENANT && crate::permissions::allows(caller.role, Action::BillingWrite)
}

/// Refuses everybody else.
pub(super) fn operator_only(caller: &Caller) -> Result<(), Fault> {
    require(caller, Action::BillingWrite)?;
    if is_operator(caller) {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden).detail("Only the platform's own organisation may do this."))
}

/// Opens the books; others' are as if they were not there, but for the operator.
pub(super) async fn open(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    action: Action,
) -> Result<Books, Fault> {
    require(caller, action)?;
    let tenant = tenant.unwrap_or(caller.tenant_id);
    let foreign = tenant != caller.tenant_id;
    if foreign && !is_operator(caller) {
        return Err(Fault::new(Code::NotFound));
    }
    let mut tx = state.db().tenant(tenant).await?;
    if foreign && !exists(&mut tx).await? {
        return Err(Fault::new(Code::NotFound));
    }
    Ok(Books {
        tx,
        author: Author::in_books(caller, tenant),
        name: if foreign {
            OPERATOR.to_owned()
        } else {
            caller.email.clone()
        },
    })
}

async fn exists(tx: &mut TenantTx) -> Result<bool, Fault> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!("SELECT 1 AS one FROM tenants WHERE tenant_id = $1", tenant.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(found.is_some())
}

/// One at a time makes documents of a tenant, so that a month has one invoice and no more is given back than was charged.
pub(super) async fn one_at_a_time(tx: &mut TenantTx) -> Result<(), Fault> {
    let name = format!("tollgate documents of {}", tx.tenant_id());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A field that is wrong.
pub(super) fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

/// A document that can't be made now.
pub(super) fn refused(detail: impl Into<String>) -> Fault {
    Fault::new(Code::DocumentRefused).detail(detail)
}
