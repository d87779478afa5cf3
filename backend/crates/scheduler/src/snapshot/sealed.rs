//! What is sealed in an account's row, opened. Never in here: what it is for.

use super::row::Row;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use tollgate_store::{SealedSecret, SecretError, SecretPlace, Secrets, StoreError, TenantTx};

/// Headers that are added to each request.
type Headers = Vec<(HeaderName, HeaderValue)>;

/// A sealed column in the clear; `None` if it can't be opened here.
pub(super) async fn open(
    tx: &mut TenantTx,
    secrets: &Secrets,
    row: &Row,
    column: &'static str,
    sealed: &[u8],
) -> Result<Option<SecretString>, StoreError> {
    let place = SecretPlace {
        table: "accounts",
        row: row.account_id,
        column,
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

/// The headers out of their JSON; nothing is none.
fn headers(json: &str) -> Option<Headers> {
    if json.is_empty() {
        return Some(Vec::new());
    }
    let named: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
    let header = |(name, value): (&String, &String)| {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    };
    named.iter().map(header).collect()
}

/// The headers that are added to each request, with the text they were read from; or why they can't be had.
pub(super) async fn extra_headers(
    tx: &mut TenantTx,
    secrets: &Secrets,
    row: &Row,
) -> Result<Result<(SecretString, Headers), &'static str>, StoreError> {
    let text = match &row.extra_headers {
        None => SecretString::default(),
        Some(sealed) => match open(tx, secrets, row, "extra_headers", sealed).await? {
            Some(text) => text,
            None => return Ok(Err("its extra headers can't be decrypted")),
        },
    };
    Ok(match headers(text.expose_secret()) {
        Some(headers) => Ok((text, headers)),
        None => Err("its extra headers can't be read"),
    })
}
