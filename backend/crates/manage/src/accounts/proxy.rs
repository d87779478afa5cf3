//! The proxy of an account, ready for use. Never in here: making and changing proxies.

use super::sealing::open_text;
use crate::state::ManageState;
use tollgate_contract::ids::ProxyId;
use tollgate_http::{Code, Fault};
use tollgate_net::{Proxy, ProxyScheme};
use tollgate_store::{SecretPlace, TenantTx};

/// The tenant's proxy; `None` where it has none of this id.
///
/// # Errors
/// If what is stored is no proxy, or can't be opened.
pub(super) async fn open(
    state: &ManageState,
    tx: &mut TenantTx,
    proxy: ProxyId,
) -> Result<Option<Proxy>, Fault> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT scheme, host, port, username, password FROM proxies
         WHERE tenant_id = $1 AND proxy_id = $2 AND deleted_at IS NULL",
        tenant.0,
        proxy.0
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(tollgate_store::StoreError::from)?;
    let Some(row) = row else { return Ok(None) };
    let password = match &row.password {
        None => None,
        Some(sealed) => Some(open_text(state, tx, place(proxy), sealed).await?),
    };
    let scheme =
        ProxyScheme::named(&row.scheme).ok_or_else(|| Fault::internal("a proxy of no known scheme"))?;
    let port = u16::try_from(row.port).map_err(Fault::internal)?;
    let username = Some(row.username).filter(|name| !name.is_empty());
    let read = Proxy::new(scheme, &row.host, port, username, password);
    Ok(Some(read.map_err(Fault::internal)?))
}

/// The proxy that an account names.
///
/// # Errors
/// As for [`open`]; and if it is gone, since then nothing may be sent at all.
pub(super) async fn of_account(
    state: &ManageState,
    tx: &mut TenantTx,
    proxy: Option<ProxyId>,
) -> Result<Option<Proxy>, Fault> {
    let Some(id) = proxy else { return Ok(None) };
    let found = open(state, tx, id).await?;
    found
        .map(Some)
        .ok_or_else(|| Fault::internal("an account names a proxy that is gone"))
}

/// Refuses a proxy that the tenant does not have.
pub(super) async fn require(
    state: &ManageState,
    tx: &mut TenantTx,
    proxy: Option<ProxyId>,
) -> Result<(), Fault> {
    let Some(id) = proxy else { return Ok(()) };
    match open(state, tx, id).await? {
        Some(_) => Ok(()),
        None => Err(unknown()),
    }
}

/// A form named a proxy that the tenant does not have.
pub(super) fn unknown() -> Fault {
    let text = "is no proxy of yours";
    Fault::new(Code::ValidationFailed)
        .detail(format!("`proxy_id` {text}."))
        .field("proxy_id", "unknown", text)
}

fn place(proxy: ProxyId) -> SecretPlace {
    SecretPlace {
        table: "proxies",
        row: proxy.0,
        column: "password",
    }
}
