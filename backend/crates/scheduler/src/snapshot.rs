//! A tenant's accounts at one moment: read in one transaction, credentials decrypted once, never changed after.

use crate::candidate::Candidate;
use crate::credential::Credential;
use crate::live::Stored;
use crate::state::Condition;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::{AccountState, mapped};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::Platform;
use tollgate_store::{Db, SealedSecret, SecretError, SecretPlace, Secrets, StoreError, TenantTx};
use url::Url;

/// Most accounts of a tenant; tenants have dozens.
const ACCOUNTS_MAX: i64 = 1000;

/// An account, ready to be sent to.
#[derive(Debug)]
pub struct UpstreamAccount {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub owner: TenantId,
    /// What the tenant calls it.
    pub public_name: Arc<str>,
    /// Its platform.
    pub platform: Platform,
    /// Where its requests go; the path of the call is added.
    pub base_url: Url,
    /// What the upstream wants to see.
    pub credential: Credential,
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
    /// Most requests at a time, on each node.
    pub concurrency_cap: Option<u32>,
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

    /// The models that it lists or maps by their whole name; empty: all of its platform's.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let is_whole = |name: &&String| !self.models.is_empty() && !name.ends_with('*');
        let mapped = self.mapping.keys().filter(is_whole);
        self.models.iter().chain(mapped).map(String::as_str)
    }
}

/// An account that can't be sent to, because of what is stored.
#[derive(Clone, Debug)]
pub(crate) struct Unusable {
    pub(crate) id: AccountId,
    pub(crate) name: Arc<str>,
    pub(crate) platform: Platform,
    pub(crate) why: &'static str,
}

/// A tenant's accounts at one moment; their live sides go on changing.
#[derive(Debug, Default)]
pub struct Pool {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) unusable: Vec<Unusable>,
}

impl Pool {
    /// The accounts that could be sent to, whatever their state, by priority and name.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<UpstreamAccount>> {
        self.candidates.iter().map(|candidate| &candidate.account)
    }

    /// How many accounts there are, those included that can't be sent to.
    pub fn len(&self) -> usize {
        self.candidates.len() + self.unusable.len()
    }

    /// Whether the tenant has no account.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What was read, before it meets the accounts' live sides.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) accounts: Vec<(Arc<UpstreamAccount>, Stored)>,
    pub(crate) unusable: Vec<Unusable>,
}

#[derive(Debug)]
struct Row {
    account_id: uuid::Uuid,
    platform: String,
    name: String,
    base_url: String,
    credential: Vec<u8>,
    credential_kind: String,
    region: Option<String>,
    api_version: Option<String>,
    project: Option<String>,
    extra_headers: Option<Vec<u8>>,
    first_byte_timeout_s: Option<i32>,
    idle_timeout_s: Option<i32>,
    priority: i32,
    weight: i32,
    schedulable: bool,
    concurrency_cap: Option<i32>,
    models: Vec<String>,
    model_mapping: serde_json::Value,
    state: String,
    state_until: Option<DateTime<Utc>>,
    state_reason: String,
    state_since: DateTime<Utc>,
    failures: i32,
    version: i64,
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
        let found = read(&mut tx).await?;
        let mut rows = Rows::default();
        for row in found {
            let Some(platform) = Platform::parse(&row.platform) else {
                // Of a newer version of Tollgate: not ours to use.
                continue;
            };
            match usable(&mut tx, &secrets, &marks, platform, &row).await? {
                Ok(account) => {
                    let stored = Stored {
                        version: row.version,
                        condition: condition(&row),
                        mark: account.mark,
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
                    });
                }
            }
        }
        Ok(rows)
    };
    db.core().run(reading).await?
}

async fn read(tx: &mut TenantTx) -> Result<Vec<Row>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        "SELECT account_id, platform, name, base_url, credential, credential_kind, region, api_version, project,
                extra_headers, first_byte_timeout_s, idle_timeout_s, priority, weight, schedulable, concurrency_cap,
                models, model_mapping, state, state_until, state_reason, state_since, failures, version
         FROM accounts WHERE tenant_id = $1 AND deleted_at IS NULL
         ORDER BY priority, name, account_id LIMIT $2",
        tenant.0,
        ACCOUNTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The account, or why it can't be used: one bad row must not take the others with it.
async fn usable(
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
    let Some(secret) = open(tx, secrets, row, "credential", &row.credential).await? else {
        return Ok(Err("its credential can't be decrypted"));
    };
    let Some(credential) = Credential::read(&row.credential_kind, &secret) else {
        return Ok(Err("its credential can't be read"));
    };
    let header_text = match &row.extra_headers {
        None => SecretString::default(),
        Some(sealed) => match open(tx, secrets, row, "extra_headers", sealed).await? {
            Some(text) => text,
            None => return Ok(Err("its extra headers can't be decrypted")),
        },
    };
    let Some(extra_headers) = extra_headers(header_text.expose_secret()) else {
        return Ok(Err("its extra headers can't be read"));
    };
    let mark = marks.hash_one((
        &row.credential_kind,
        secret.expose_secret(),
        base_url.as_str(),
        &row.region,
        header_text.expose_secret(),
    ));
    Ok(Ok(UpstreamAccount {
        id: AccountId(row.account_id),
        owner: tx.tenant_id(),
        public_name: row.name.as_str().into(),
        platform,
        base_url,
        credential,
        region: row.region.clone(),
        api_version: row.api_version.clone(),
        project: row.project.clone(),
        extra_headers,
        first_byte_timeout: row.first_byte_timeout_s.map(seconds),
        idle_timeout: row.idle_timeout_s.map(seconds),
        priority: unsigned(row.priority),
        weight: unsigned(row.weight),
        schedulable: row.schedulable,
        concurrency_cap: row.concurrency_cap.map(unsigned),
        models: row.models.iter().cloned().collect(),
        mapping,
        mark,
    }))
}

/// A sealed column in the clear; `None` if it can't be opened here.
async fn open(
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
fn extra_headers(json: &str) -> Option<Vec<(HeaderName, HeaderValue)>> {
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

fn condition(row: &Row) -> Condition {
    // A state that this version does not know keeps the account out, with a reason that a person can act on.
    let (state, reason) = match AccountState::parse(&row.state) {
        Some(state) => (state, row.state_reason.as_str()),
        None => (AccountState::Disabled, "its state is unknown to this version"),
    };
    Condition::new(
        state,
        row.state_until,
        reason,
        row.state_since,
        unsigned(row.failures),
    )
}

fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

fn seconds(value: i32) -> Duration {
    Duration::from_secs(unsigned(value).into())
}
