//! A tenant's accounts at one moment: read in one transaction, credentials decrypted once, never changed after.

mod row;
mod sealed;
mod usable;

use crate::credential::Credential;
use crate::groups::{self, Grant, Group};
use crate::live::Stored;
use crate::load::Caps;
use crate::windows;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::mapped;
use tollgate_contract::ids::{AccountId, GroupId, TenantId};
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_net::Proxy;
use tollgate_store::{Db, Secrets, StoreError};
use url::Url;
use usable::usable;

/// An account, ready to be sent to.
#[derive(Clone, Debug)]
pub struct UpstreamAccount {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub owner: TenantId,
    /// What the tenant calls it; of an account that it was granted, what the grant calls the group.
    pub public_name: Arc<str>,
    /// Its platform.
    pub platform: Platform,
    /// Where its requests go; the path of the call is added.
    pub base_url: Url,
    /// What the upstream wants to see.
    pub credential: Credential,
    /// What kind of credential is stored; from some, tokens are issued that have to be renewed.
    pub credential_kind: CredentialKind,
    /// What requests must name beside the token (Codex's `chatgpt-account-id`).
    pub vendor_account: Option<String>,
    /// Of kinds from which tokens are issued: the token in `credential`.
    pub token: Option<TokenFacts>,
    /// The proxy through which it is reached; directly if absent.
    pub proxy: Option<Arc<Proxy>>,
    /// The AWS region; on Bedrock alone.
    pub region: Option<String>,
    /// Azure's `api-version`, if requests go to the deployments' paths; else they go to its v1 API.
    pub api_version: Option<String>,
    /// The Google Cloud project that Code Assist counts requests to.
    pub project: Option<String>,
    /// Headers that are added to each request; the values are marked as sensitive.
    pub extra_headers: Vec<(HeaderName, HeaderValue)>,
    /// How long its upstream may take to its first byte, if not as long as the node's setting says.
    pub first_byte_timeout: Option<Duration>,
    /// How long its upstream may pause within an answer, if not as long as the node's setting says.
    pub idle_timeout: Option<Duration>,
    /// 1 is preferred, 100 comes last.
    pub priority: u32,
    /// Its share among accounts of the same priority.
    pub weight: u32,
    /// Whether it may be used at all.
    pub schedulable: bool,
    /// Most that may go to it, over all nodes.
    pub caps: Caps,
    /// What the vendor calls its subscription, such as `pro`; `None` where that is not known.
    pub plan: Option<Arc<str>>,
    /// Whether it may use Opus models; `None` where that is not known.
    pub opus: Option<bool>,
    pub(crate) models: BTreeSet<String>,
    pub(crate) mapping: BTreeMap<String, String>,
    /// Tells this credential and whereto it goes from any other, within this process.
    pub(crate) mark: u64,
}

impl UpstreamAccount {
    /// The model's name as this account's upstream knows it.
    pub fn sent_model<'a>(&'a self, asked: &'a str) -> &'a str {
        mapped(&self.mapping, asked).unwrap_or(asked)
    }

    /// Whether requests for this model may go here: an account that lists no models offers all of its platform's.
    pub fn offers(&self, asked: &str) -> bool {
        self.models.is_empty() || self.names(asked)
    }

    /// Whether the account itself lists or maps this model: then it may be asked for it, whatever its platform's models
    /// are called.
    pub fn names(&self, model: &str) -> bool {
        self.models.contains(model) || mapped(&self.mapping, model).is_some()
    }

    /// Whether there is something to send, or it can be issued when a request needs it.
    pub(crate) fn has_credential(&self) -> bool {
        !matches!(self.credential, Credential::Unissued) || self.token.is_none_or(|token| token.renewable)
    }

    /// The names that it lists or maps, wildcards included.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.models.iter().chain(self.mapping.keys()).map(String::as_str)
    }

    /// The models that it lists or maps by their whole name; empty: all of its platform's.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let is_whole = |name: &&String| !self.models.is_empty() && !name.ends_with('*');
        let mapped = self.mapping.keys().filter(is_whole);
        self.models.iter().chain(mapped).map(String::as_str)
    }
}

/// The token that was issued last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// Counts the tokens of this account.
    pub version: i64,
    /// Until when it is good, by our clock; `None` where the vendor names no end.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was issued.
    pub issued_at: Option<DateTime<Utc>>,
    /// Whether it can be renewed without a person.
    pub renewable: bool,
    /// Until when no renewal is tried, since the last ones failed.
    pub rests_until: Option<DateTime<Utc>>,
}

/// An account that can't be sent to, because of what is stored.
#[derive(Clone, Debug)]
pub(crate) struct Unusable {
    pub(crate) id: AccountId,
    pub(crate) name: Arc<str>,
    pub(crate) platform: Platform,
    pub(crate) why: &'static str,
    /// Whether it is another's, which granted it.
    pub(crate) is_granted: bool,
}

/// What was read, before it meets the accounts' live sides.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) accounts: Vec<(Arc<UpstreamAccount>, Stored)>,
    pub(crate) unusable: Vec<Unusable>,
    pub(crate) groups: HashMap<GroupId, Group>,
    pub(crate) grants: Vec<Grant>,
}

/// Reads a tenant's accounts. All of it runs on the core runtime, so that it may be awaited on any worker.
///
/// # Errors
/// `Unavailable` if the database is.
pub(crate) async fn load(
    db: &Db,
    secrets: &Secrets,
    marks: &RandomState,
    tenant: TenantId,
) -> Result<Rows, StoreError> {
    let (here, secrets, marks) = (db.clone(), secrets.clone(), marks.clone());
    let reading = async move {
        let mut tx = here.tenant(tenant).await?;
        let found = row::read(&mut tx).await?;
        let mut rows = Rows {
            groups: groups::read_groups(&mut tx).await?,
            grants: groups::read_grants(&mut tx).await?,
            ..Rows::default()
        };
        let mut windows = windows::read(&mut tx).await?;
        for row in found {
            let Some(platform) = Platform::parse(&row.platform) else {
                // Of a newer version of Tollgate: not ours to use.
                continue;
            };
            match usable(&mut tx, &secrets, &marks, platform, &row).await? {
                Ok(account) => {
                    let stored = Stored {
                        version: row.version,
                        condition: row.condition(),
                        mark: account.mark,
                        windows: windows.remove(&account.id).unwrap_or_default(),
                    };
                    rows.accounts.push((Arc::new(account), stored));
                }
                Err(why) => {
                    let (id, name) = (AccountId(row.account_id), row.name.into());
                    tracing::error!(account.id = %id, tenant.id = %tenant, why, "an upstream account can't be used");
                    rows.unusable.push(Unusable {
                        id,
                        name,
                        platform,
                        why,
                        is_granted: false,
                    });
                }
            }
        }
        Ok(rows)
    };
    db.core().run(reading).await?
}
