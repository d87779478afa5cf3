//! The proxy of an account, out of its row. Never in here: how a proxy is spoken to.

use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tollgate_net::{Proxy, ProxyScheme};
use tollgate_store::{SealedSecret, SecretError, SecretPlace, Secrets, StoreError, TenantTx};
use uuid::Uuid;

/// A proxy as its row has it.
#[derive(Debug)]
pub(crate) struct ProxyRow {
    pub(crate) id: Uuid,
    pub(crate) scheme: String,
    pub(crate) host: String,
    pub(crate) port: i32,
    pub(crate) username: String,
    /// Sealed.
    pub(crate) password: Option<Vec<u8>>,
}

/// The proxy, or why it can't be used: then its accounts can't be used either, since nothing goes out beside a proxy.
pub(crate) async fn open(
    tx: &mut TenantTx,
    secrets: &Secrets,
    row: ProxyRow,
) -> Result<Result<Arc<Proxy>, &'static str>, StoreError> {
    let password = match &row.password {
        None => None,
        Some(sealed) => match password(tx, secrets, row.id, sealed).await? {
            None => return Ok(Err("its proxy's password can't be decrypted")),
            password => password,
        },
    };
    let (scheme, port) = (ProxyScheme::named(&row.scheme), u16::try_from(row.port));
    let (Some(scheme), Ok(port)) = (scheme, port) else {
        return Ok(Err("its proxy can't be read"));
    };
    let username = Some(row.username).filter(|name| !name.is_empty());
    // Without a user name there is nobody whose password it is.
    let password = password.filter(|password| username.is_some() && !password.expose_secret().is_empty());
    let proxy = Proxy::new(scheme, &row.host, port, username, password);
    Ok(proxy.map(Arc::new).map_err(|_| "its proxy can't be read"))
}

async fn password(
    tx: &mut TenantTx,
    secrets: &Secrets,
    proxy: Uuid,
    sealed: &[u8],
) -> Result<Option<SecretString>, StoreError> {
    let place = SecretPlace {
        table: "proxies",
        row: proxy,
        column: "password",
    };
    let Ok(sealed) = SealedSecret::from_bytes(sealed) else {
        return Ok(None);
    };
    match secrets.open(tx, place, &sealed).await {
        Ok(text) => Ok(Some(text)),
        Err(SecretError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
