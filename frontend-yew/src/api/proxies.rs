//! Proxies through which accounts are reached.

use super::{ApiError, Query, cache, client, use_get};
use tollgate_contract::ids::ProxyId;
use tollgate_contract::proxies::{Proxies, Proxy, ProxyForm, ProxyTest, TestProxy};
use yew::prelude::*;

/// All proxies.
#[hook]
pub fn use_proxies() -> Query<Proxies> {
    use_get("/proxies".to_owned())
}

/// Adds a proxy, or changes the one of this id.
pub async fn save(id: Option<ProxyId>, form: ProxyForm) -> Result<Proxy, ApiError> {
    let saved = match id {
        Some(id) => client::send("PUT", &one(id), &form).await?,
        None => client::send("POST", "/proxies", &form).await?,
    };
    changed();
    Ok(saved)
}

/// Deletes a proxy.
pub async fn delete(id: ProxyId) -> Result<(), ApiError> {
    client::delete(&one(id)).await?;
    changed();
    Ok(())
}

/// Goes through a proxy to a vendor, once.
pub async fn test(id: ProxyId) -> Result<ProxyTest, ApiError> {
    let tested = client::send("POST", &format!("{}/test", one(id)), &TestProxy::default()).await?;
    changed();
    Ok(tested)
}

fn one(id: ProxyId) -> String {
    format!("/proxies/{id}")
}

fn changed() {
    // Accounts carry their proxy's name.
    cache::changed(&["/proxies", "/accounts"]);
}
