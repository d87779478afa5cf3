//! The lease in the account's row: which node renews, and what it renews with. No transaction is open while the vendor
//! thinks. Never in here: what is stored afterwards.

use super::issue::Ask;
use super::{Inner, MARGIN, RenewFault, Slot, Token};
use crate::credential::Credential;
use crate::proxy::{self, ProxyRow};
use crate::snapshot::TokenFacts;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::Credential as AtRest;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::CredentialKind;
use tollgate_net::Proxy;
use tollgate_store::{SealedSecret, SecretPlace, StoreError, TenantTx};
use uuid::Uuid;

/// A node that asks a vendor holds the account's lease so long, by the database's clock: longer than an answer and its
/// storing may take. Where a node died, the account's token has some minutes left.
const LEASE_S: f64 = 60.0;
/// A token that was issued so lately and is refused is not renewed: the next one would be refused, too.
const FRESH: TimeDelta = TimeDelta::seconds(60);
/// A rest longer than this waits for a person.
const FINAL: TimeDelta = TimeDelta::days(365);
/// How often it is looked whether another node is done.
const LOOK_FIRST: Duration = Duration::from_millis(100);
const LOOK_LAST: Duration = Duration::from_millis(500);
/// How long another node's renewal is waited for.
const OTHERS_MAX: Duration = Duration::from_secs(22);

/// What a renewal works with.
pub(super) struct Claimed {
    pub(super) credential: AtRest,
    region: Option<String>,
    proxy: Option<Arc<Proxy>>,
    pub(super) version: i64,
}

/// What the lease said.
enum Claim {
    /// This node renews.
    Ours(Box<Claimed>),
    /// There is a newer token already.
    Newer(Box<Token>),
    /// Another node renews.
    Others,
}

pub(super) fn place(account: AccountId, column: &'static str) -> SecretPlace {
    SecretPlace {
        table: "accounts",
        row: account.0,
        column,
    }
}

impl Inner {
    /// The version of the token that an account has.
    pub(super) async fn version(&self, owner: TenantId, account: AccountId) -> Result<i64, RenewFault> {
        let db = self.db.clone();
        let read = async move {
            let mut tx = db.tenant(owner).await?;
            let found = sqlx::query_scalar!(
                "SELECT token_version FROM accounts
                 WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL
                   AND credential_kind IN ('oauth', 'entra_app', 'aws_role')",
                owner.0,
                account.0
            )
            .fetch_optional(tx.conn())
            .await?;
            Ok::<_, StoreError>(found)
        };
        self.db.core().run(read).await??.ok_or(RenewFault::NoSuch)
    }

    /// The token after the one of version `known`: this node's, or another's that is waited for.
    pub(super) async fn renew_one(
        &self,
        owner: TenantId,
        account: AccountId,
        known: i64,
        insist: bool,
        slot: &Slot,
    ) -> Result<Token, RenewFault> {
        let deadline = self.db.clock().monotonic() + OTHERS_MAX;
        let mut wait = LOOK_FIRST;
        loop {
            match self.claim(owner, account, known, insist).await? {
                Claim::Newer(token) => return Ok(*token),
                Claim::Ours(claimed) => return self.renew_claimed(owner, account, *claimed, slot).await,
                Claim::Others if self.db.clock().monotonic() < deadline => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LOOK_LAST);
                }
                Claim::Others => {
                    return Err(RenewFault::Later {
                        retry_at: self.db.clock().now() + TimeDelta::seconds(10),
                        why: "another node is renewing it and is not done".to_owned(),
                    });
                }
            }
        }
    }

    async fn renew_claimed(
        &self,
        owner: TenantId,
        account: AccountId,
        claimed: Claimed,
        slot: &Slot,
    ) -> Result<Token, RenewFault> {
        let ask = Ask {
            credential: &claimed.credential,
            region: claimed.region.as_deref(),
            proxy: claimed.proxy.as_deref(),
        };
        let outcome = self.issue(&ask).await;
        let result = if outcome.is_ok() { "ok" } else { "failed" };
        metrics::counter!("tollgate_token_renewals_total", "outcome" => result).increment(1);
        match outcome {
            Ok(issued) => self.keep(owner, account, &claimed, issued, slot).await,
            Err(refusal) => Err(self.failed(owner, account, claimed.version, refusal).await),
        }
    }

    /// Takes the lease if nobody has it.
    async fn claim(
        &self,
        owner: TenantId,
        account: AccountId,
        known: i64,
        insist: bool,
    ) -> Result<Claim, RenewFault> {
        let now = self.db.clock().now();
        let mut tx = self.db.tenant(owner).await?;
        // Most who come here find another's work done or under way: that takes no lock.
        let row = read(&mut tx, account, false).await?.ok_or(RenewFault::NoSuch)?;
        if row.token_version > known && row.token.is_some() {
            let token = self.newer(&mut tx, account, &row).await?;
            return Ok(Claim::Newer(Box::new(token)));
        }
        if row.is_leased {
            return Ok(Claim::Others);
        }
        if !insist {
            row.check_rest(known, now)?;
        }
        let row = read(&mut tx, account, true).await?.ok_or(RenewFault::NoSuch)?;
        if row.is_leased || row.token_version > known && row.token.is_some() {
            return Ok(Claim::Others);
        }
        let kind = CredentialKind::parse(&row.credential_kind).filter(|kind| kind.is_issuing());
        let kind = kind.ok_or(RenewFault::NoSuch)?;
        let text = self.open(&mut tx, account, "credential", &row.credential).await?;
        let credential = AtRest::from_rest(kind, text.expose_secret()).ok_or(RenewFault::Unavailable)?;
        let (region, version) = (row.region.clone(), row.token_version);
        if matches!(&credential, AtRest::Oauth(grant) if grant.refresh_token.is_none()) {
            drop(tx);
            self.ended(owner, account, version).await?;
            return Err(RenewFault::NotRenewable);
        }
        let proxy = match row.proxy() {
            Ok(None) => None,
            Ok(Some(row)) => {
                let opened = proxy::open(&mut tx, &self.secrets, row).await?;
                Some(opened.map_err(|why| RenewFault::Misconfigured(why.to_owned()))?)
            }
            Err(why) => return Err(RenewFault::Misconfigured(why.to_owned())),
        };
        sqlx::query!(
            "UPDATE accounts SET refreshing_until = clock_timestamp() + make_interval(secs => $3), refreshing_node = $4
             WHERE tenant_id = $1 AND account_id = $2",
            owner.0,
            account.0,
            LEASE_S,
            self.node
        )
        .execute(tx.conn())
        .await
        .map_err(StoreError::from)?;
        tx.commit().await?;
        Ok(Claim::Ours(Box::new(Claimed {
            credential,
            region,
            proxy,
            version,
        })))
    }

    /// The token that another node stored.
    async fn newer(&self, tx: &mut TenantTx, account: AccountId, row: &Row) -> Result<Token, RenewFault> {
        let text = self.open(tx, account, "credential", &row.credential).await?;
        let sealed = row.token.as_deref().unwrap_or_default();
        let token = self.open(tx, account, "token", sealed).await?;
        let read =
            Credential::read(&row.credential_kind, &text, Some(&token)).ok_or(RenewFault::Unavailable)?;
        Ok(Token {
            credential: read.credential,
            vendor_account: read.vendor_account,
            facts: TokenFacts {
                version: row.token_version,
                expires_at: row.token_expires_at,
                issued_at: row.token_issued_at,
                renewable: read.renewable,
                rests_until: None,
            },
        })
    }

    async fn open(
        &self,
        tx: &mut TenantTx,
        account: AccountId,
        column: &'static str,
        sealed: &[u8],
    ) -> Result<SecretString, RenewFault> {
        let sealed = SealedSecret::from_bytes(sealed).map_err(|_| RenewFault::Unavailable)?;
        let opened = self.secrets.open(tx, place(account, column), &sealed).await;
        opened.map_err(|error| {
            tracing::error!(%error, account.id = %account, column, "a secret can't be opened");
            RenewFault::Unavailable
        })
    }
}

/// What matters of an account's row.
struct Row {
    credential: Vec<u8>,
    credential_kind: String,
    region: Option<String>,
    token: Option<Vec<u8>>,
    token_version: i64,
    token_expires_at: Option<DateTime<Utc>>,
    token_issued_at: Option<DateTime<Utc>>,
    is_leased: bool,
    refresh_after: Option<DateTime<Utc>>,
    refresh_error: String,
    account_proxy: Option<Uuid>,
    scheme: Option<String>,
    host: Option<String>,
    port: Option<i32>,
    username: Option<String>,
    password: Option<Vec<u8>>,
}

impl Row {
    /// The proxy, if it has one; one that is not there keeps everything here.
    fn proxy(self) -> Result<Option<ProxyRow>, &'static str> {
        let Some(id) = self.account_proxy else {
            return Ok(None);
        };
        let (Some(scheme), Some(host), Some(port)) = (self.scheme, self.host, self.port) else {
            return Err("its proxy can't be read");
        };
        Ok(Some(ProxyRow {
            id,
            scheme,
            host,
            port,
            username: self.username.unwrap_or_default(),
            password: self.password,
        }))
    }

    /// Why the vendor is left alone, if it is.
    fn check_rest(&self, known: i64, now: DateTime<Utc>) -> Result<(), RenewFault> {
        if let Some(retry_at) = self.refresh_after.filter(|after| now < *after) {
            let why = self.refresh_error.clone();
            return Err(if retry_at - now > FINAL {
                RenewFault::Revoked(why)
            } else {
                RenewFault::Later { retry_at, why }
            });
        }
        let is_fresh = self.token_issued_at.is_some_and(|issued| now - issued < FRESH);
        let has_ended = self.token_expires_at.is_some_and(|end| end <= now + MARGIN);
        if self.token_version == known && self.token.is_some() && is_fresh && !has_ended {
            return Err(RenewFault::Fresh);
        }
        Ok(())
    }
}

/// The row; with `lock` kept from other nodes until the transaction ends, which is at once.
async fn read(tx: &mut TenantTx, account: AccountId, lock: bool) -> Result<Option<Row>, StoreError> {
    let tenant = tx.tenant_id();
    if lock {
        // Rows that refer to it go on being written meanwhile.
        sqlx::query!(
            "SELECT 1 AS one FROM accounts WHERE tenant_id = $1 AND account_id = $2 FOR NO KEY UPDATE",
            tenant.0,
            account.0
        )
        .fetch_optional(tx.conn())
        .await?;
    }
    let row = sqlx::query_as!(
        Row,
        r#"SELECT a.credential, a.credential_kind, a.region, a.token, a.token_version, a.token_expires_at,
                  a.token_issued_at, COALESCE(a.refreshing_until > clock_timestamp(), false) AS "is_leased!",
                  a.refresh_after, a.refresh_error, a.proxy_id AS account_proxy, p.scheme AS "scheme?",
                  p.host AS "host?", p.port AS "port?", p.username AS "username?", p.password
           FROM accounts a LEFT JOIN proxies p ON p.tenant_id = a.tenant_id AND p.proxy_id = a.proxy_id
           WHERE a.tenant_id = $1 AND a.account_id = $2 AND a.deleted_at IS NULL"#,
        tenant.0,
        account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}
