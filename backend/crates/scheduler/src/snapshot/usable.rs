//! An account out of its row, ready to be sent to, or why that can't be had. Never in here: how it is doing.

use super::row::{Row, seconds, unsigned};
use super::{TokenFacts, UpstreamAccount, sealed};
use crate::credential::{Credential, Read};
use crate::proxy;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_net::Proxy;
use tollgate_store::{Secrets, StoreError, TenantTx};
use url::Url;

/// What was sealed in a row.
struct Opened {
    kind: CredentialKind,
    read: Read,
    proxy: Option<Arc<Proxy>>,
    header_text: SecretString,
    extra_headers: Vec<(HeaderName, HeaderValue)>,
}

/// The account, or why it can't be used: one bad row must not take the others with it.
pub(super) async fn usable(
    tx: &mut TenantTx,
    secrets: &Secrets,
    marks: &RandomState,
    platform: Platform,
    row: &Row,
) -> Result<Result<UpstreamAccount, &'static str>, StoreError> {
    let Ok(base_url) = Url::parse(&row.base_url) else {
        return Ok(Err("its base URL can't be read"));
    };
    let Ok(mapping) = serde_json::from_value(row.model_mapping.clone()) else {
        return Ok(Err("its model mapping can't be read"));
    };
    let opened = match opened(tx, secrets, row).await? {
        Ok(opened) => opened,
        Err(why) => return Ok(Err(why)),
    };
    let (kind, read) = (opened.kind, opened.read);
    let mark = marks.hash_one((
        &row.credential_kind,
        read.identity.expose_secret(),
        base_url.as_str(),
        &row.region,
        opened.header_text.expose_secret(),
    ));
    Ok(Ok(UpstreamAccount {
        id: AccountId(row.account_id),
        owner: tx.tenant_id(),
        public_name: row.name.as_str().into(),
        platform,
        base_url,
        credential: read.credential,
        credential_kind: kind,
        vendor_account: read.vendor_account,
        token: kind.is_issuing().then_some(TokenFacts {
            version: row.token_version,
            expires_at: row.token_expires_at,
            issued_at: row.token_issued_at,
            renewable: read.renewable,
            rests_until: row.refresh_after,
        }),
        proxy: opened.proxy,
        region: row.region.clone(),
        api_version: row.api_version.clone(),
        project: row.project.clone(),
        extra_headers: opened.extra_headers,
        first_byte_timeout: row.first_byte_timeout_s.map(seconds),
        idle_timeout: row.idle_timeout_s.map(seconds),
        priority: unsigned(row.priority),
        weight: unsigned(row.weight),
        schedulable: row.schedulable,
        caps: row.caps(),
        plan: row.plan.as_deref().map(Into::into),
        opus: row.opus,
        models: row.models.iter().cloned().collect(),
        mapping,
        mark,
    }))
}

async fn opened(
    tx: &mut TenantTx,
    secrets: &Secrets,
    row: &Row,
) -> Result<Result<Opened, &'static str>, StoreError> {
    let Some(secret) = sealed::open(tx, secrets, row, "credential", &row.credential).await? else {
        return Ok(Err("its credential can't be decrypted"));
    };
    let token = match &row.token {
        None => None,
        Some(sealed) => match sealed::open(tx, secrets, row, "token", sealed).await? {
            None => return Ok(Err("its token can't be decrypted")),
            token => token,
        },
    };
    let kind = CredentialKind::parse(&row.credential_kind);
    let read = Credential::read(&row.credential_kind, &secret, token.as_ref());
    let (Some(kind), Some(read)) = (kind, read) else {
        return Ok(Err("its credential can't be read"));
    };
    let proxy = match (row.proxy_id, row.proxy_row()) {
        (None, _) => None,
        (Some(_), None) => return Ok(Err("its proxy can't be read")),
        (Some(_), Some(row)) => match proxy::open(tx, secrets, row).await? {
            Ok(proxy) => Some(proxy),
            Err(why) => return Ok(Err(why)),
        },
    };
    let (header_text, extra_headers) = match sealed::extra_headers(tx, secrets, row).await? {
        Ok(headers) => headers,
        Err(why) => return Ok(Err(why)),
    };
    Ok(Ok(Opened {
        kind,
        read,
        proxy,
        header_text,
        extra_headers,
    }))
}
