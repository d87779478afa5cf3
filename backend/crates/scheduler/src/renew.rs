//! Tokens that are issued for a while: renewed ahead of their end, by one node at a time, and once for all who wait. A lease
//! in the account's row says which node renews, and the new token is stored over the one that it renewed or not at all;
//! no lock is held while the vendor thinks. Never in here: what vendors' token endpoints say (crate `oauth`).

mod ahead;
mod failed;
mod issue;
mod keep;
mod row;

use crate::credential::Credential;
use crate::snapshot::{TokenFacts, UpstreamAccount};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_net::{ClientSettings, NetGuard, SendError, UpstreamClient, UpstreamTls};
use tollgate_oauth::{Endpoints, IssueFault};
use tollgate_store::{Db, Secrets, StoreError};
use uuid::Uuid;

/// A token that ends within this time is not sent any more: the request has to get there, and clocks differ a little.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How long a request waits for a renewal, its own or another's, before it goes to another account.
const WAIT_MAX: Duration = Duration::from_secs(25);
/// Accounts whose renewals are remembered at once: more than a node has accounts that renew.
const REMEMBERED_MAX: usize = 20_000;

/// What the renewer sends with.
#[derive(Clone, Debug)]
pub struct RenewParts {
    /// Says where token endpoints and proxies may be.
    pub guard: NetGuard,
    /// How they are verified.
    pub tls: UpstreamTls,
    /// Bounds of its client.
    pub client: ClientSettings,
    /// Where vendors' servers are.
    pub endpoints: Endpoints,
}

/// Why there is no token to send with.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RenewFault {
    /// The grant is gone: a person must connect the account anew.
    #[error("the vendor has revoked its grant: {0}")]
    Revoked(String),
    /// It has no refresh token, and its token has ended.
    #[error("its token has ended and can't be renewed: connect it anew")]
    NotRenewable,
    /// What is asked with is wrong: a person must change it.
    #[error("the vendor refused how it was asked; check the account's settings: {0}")]
    Misconfigured(String),
    /// Its token was issued a moment ago, and is refused all the same: another one would be, too.
    #[error("its token was issued a moment ago and is refused all the same")]
    Fresh,
    /// The vendor can't answer now, or did not long ago.
    #[error("its token could not be renewed, which is tried again at {at}: {why}", at = .retry_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    Later {
        /// When it is tried again.
        retry_at: DateTime<Utc>,
        /// Why not now.
        why: String,
    },
    /// No account of these ids, or one that renews nothing.
    #[error("there is no such account, or it has no token to renew")]
    NoSuch,
    /// The database, or what is stored.
    #[error("what is stored of its token can't be read or written at the moment")]
    Unavailable,
}

impl RenewFault {
    /// A stable word for interfaces: `grant_revoked`, `not_renewable`, `grant_misconfigured`, `token_refused`,
    /// `vendor_unavailable`, `not_found`, `unavailable`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Revoked(_) => "grant_revoked",
            Self::NotRenewable => "not_renewable",
            Self::Misconfigured(_) => "grant_misconfigured",
            Self::Fresh => "token_refused",
            Self::Later { .. } => "vendor_unavailable",
            Self::NoSuch => "not_found",
            Self::Unavailable => "unavailable",
        }
    }
}

impl RenewFault {
    /// Whether a person has to act before there is another token.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Revoked(_) | Self::NotRenewable | Self::Fresh)
    }
}

impl From<StoreError> for RenewFault {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a token can't be renewed: the database");
        Self::Unavailable
    }
}

/// Why a vendor issued nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Vendor(#[from] IssueFault),
    #[error("{0}")]
    Send(#[from] SendError),
    #[error("the answer broke off or has no end")]
    Broken,
    /// Of ours: what is stored can't be asked with.
    #[error("{0}")]
    Stored(&'static str),
}

/// A token as it may be sent.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) credential: Credential,
    pub(crate) facts: TokenFacts,
    /// What requests must name beside it.
    pub(crate) vendor_account: Option<String>,
}

impl Token {
    fn is_good(&self, now: DateTime<Utc>) -> bool {
        is_good(&self.facts, &self.credential, now)
    }
}

fn is_good(facts: &TokenFacts, credential: &Credential, now: DateTime<Utc>) -> bool {
    !matches!(credential, Credential::Unissued) && facts.expires_at.is_none_or(|end| now + MARGIN < end)
}

/// What a request is sent with now.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The credential.
    pub credential: Credential,
    /// What requests must name beside it (Codex's `chatgpt-account-id`).
    pub vendor_account: Option<String>,
    /// Of a credential that is renewed: which token it is.
    pub token_version: Option<i64>,
}

/// Renews tokens. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Renewer(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) secrets: Secrets,
    pub(crate) client: UpstreamClient,
    pub(crate) endpoints: Endpoints,
    /// Names this process in leases.
    pub(crate) node: Uuid,
    accounts: Mutex<HashMap<AccountId, Arc<Slot>>>,
}

/// One account's renewals on this node.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// Whoever holds it renews; the others wait for it.
    turn: tokio::sync::Mutex<()>,
    pub(crate) latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
pub(crate) struct Latest {
    /// What was issued last, until a snapshot has it.
    pub(crate) token: Option<Arc<Token>>,
    /// How the last renewal of the token of this version failed, and when: who had asked before is told the same.
    failed: Option<(Instant, i64, RenewFault)>,
}

impl Renewer {
    /// Starts the task that renews ahead of time; it ends with the core runtime.
    pub fn new(db: &Db, secrets: Secrets, parts: RenewParts) -> Self {
        let client = UpstreamClient::new(parts.guard, &parts.tls, &parts.client);
        let renewer = Self(Arc::new(Inner {
            db: db.clone(),
            secrets,
            client,
            endpoints: parts.endpoints,
            node: db.clock().new_id(),
            accounts: Mutex::default(),
        }));
        let core = db.core();
        core.spawn(
            "token renewal",
            ahead::run(renewer.clone(), core.shutdown_token()),
        );
        renewer
    }

    /// Where vendors' servers are.
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.endpoints
    }

    /// What a request to this account is sent with: at once while its token is good, else after the one renewal that is
    /// under way, or begins now.
    ///
    /// # Errors
    /// If there is no token, and none is to be had now.
    pub async fn ready(&self, account: &UpstreamAccount) -> Result<Ready, RenewFault> {
        if let Some(ready) = self.at_once(account) {
            return Ok(ready);
        }
        // Without a token that is renewed there is always something to send.
        let facts = account.token.ok_or(RenewFault::NoSuch)?;
        let now = self.0.db.clock().now();
        let held = self.held(account.id, facts.version);
        let newest = held.as_ref().map_or(facts, |token| token.facts);
        // What can't be renewed is used to its last second.
        if !newest.renewable {
            let is_left = newest.expires_at.is_none_or(|end| now < end);
            let is_there = !matches!(account.credential, Credential::Unissued);
            return if is_left && is_there {
                Ok(Ready {
                    credential: account.credential.clone(),
                    vendor_account: account.vendor_account.clone(),
                    token_version: Some(newest.version),
                })
            } else {
                Err(RenewFault::NotRenewable)
            };
        }
        let token = self
            .renewed(account.owner, account.id, newest.version, false)
            .await?;
        Ok(Ready {
            credential: token.credential.clone(),
            vendor_account: token.vendor_account.clone(),
            token_version: Some(token.facts.version),
        })
    }

    /// What a request to this account can be sent with at once, if anything.
    pub fn at_once(&self, account: &UpstreamAccount) -> Option<Ready> {
        let now = self.0.db.clock().now();
        let (facts, held) = match account.token {
            None => (None, None),
            Some(facts) => (Some(facts), self.held(account.id, facts.version)),
        };
        let is_good_now = match (&held, facts) {
            (Some(token), _) => token.is_good(now),
            (None, Some(facts)) => is_good(&facts, &account.credential, now),
            (None, None) => true,
        };
        let ready = Ready {
            credential: held
                .as_ref()
                .map_or(&account.credential, |token| &token.credential)
                .clone(),
            vendor_account: held
                .as_ref()
                .map_or(&account.vendor_account, |token| &token.vendor_account)
                .clone(),
            token_version: held
                .map(|token| token.facts.version)
                .or(facts.map(|facts| facts.version)),
        };
        is_good_now.then_some(ready)
    }

    /// Renews an account's token now, because a person asks, or because the vendor refused the token `seen` though it
    /// should be good. Where it is another one by now, nothing is done.
    ///
    /// # Errors
    /// Why it could not be renewed.
    pub async fn renew(
        &self,
        owner: TenantId,
        account: AccountId,
        seen: Option<i64>,
    ) -> Result<(), RenewFault> {
        let known = match seen {
            Some(version) => version,
            None => self.0.version(owner, account).await?,
        };
        self.renewed(owner, account, known, seen.is_none())
            .await
            .map(|_| ())
    }

    /// The token that follows the one of this version: renewed once, however many wait. `insist`: a person asks, so that a
    /// rest after failures does not count.
    async fn renewed(
        &self,
        owner: TenantId,
        account: AccountId,
        known: i64,
        insist: bool,
    ) -> Result<Arc<Token>, RenewFault> {
        let (inner, slot) = (self.0.clone(), self.0.slot(account));
        let asked_at = self.0.db.clock().monotonic();
        // On the core runtime and to its end: a client that leaves must not cut off what the vendor has issued already.
        let renewing = async move {
            let _turn = slot.turn.lock().await;
            {
                let latest = slot.latest.lock();
                if let Some(token) = latest.token.as_ref().filter(|token| token.facts.version > known) {
                    return Ok(Arc::clone(token));
                }
                if let Some((at, version, fault)) = &latest.failed
                    && *version == known
                {
                    // The vendor is left alone until then, and the database too.
                    let rests = matches!(fault, RenewFault::Later { retry_at, .. } if inner.db.clock().now() < *retry_at);
                    if *at >= asked_at || rests && !insist {
                        return Err(fault.clone());
                    }
                }
            }
            if inner.db.core().shutdown_token().is_cancelled() {
                return Err(RenewFault::Unavailable);
            }
            let outcome = inner
                .renew_one(owner, account, known, insist, &slot)
                .await
                .map(Arc::new);
            let mut latest = slot.latest.lock();
            match &outcome {
                Ok(token) => {
                    *latest = Latest {
                        token: Some(Arc::clone(token)),
                        failed: None,
                    };
                }
                Err(fault) => latest.failed = Some((inner.db.clock().monotonic(), known, fault.clone())),
            }
            outcome
        };
        let waiting = tokio::time::timeout(WAIT_MAX, self.0.db.core().run_to_end(renewing));
        match waiting.await {
            Ok(outcome) => outcome?,
            Err(_) => Err(RenewFault::Later {
                retry_at: self.0.db.clock().now(),
                why: "the vendor takes long to answer".to_owned(),
            }),
        }
    }

    /// What was issued here later than the snapshot knows.
    fn held(&self, account: AccountId, known: i64) -> Option<Arc<Token>> {
        let slot = self.0.accounts.lock().get(&account)?.clone();
        let mut latest = slot.latest.lock();
        let token = latest.token.as_ref()?;
        if token.facts.version > known {
            return Some(Arc::clone(token));
        }
        latest.token = None;
        None
    }
}

impl Inner {
    fn slot(&self, account: AccountId) -> Arc<Slot> {
        let mut accounts = self.accounts.lock();
        if accounts.len() >= REMEMBERED_MAX {
            // Nobody waits for these; what they hold is in the table.
            accounts.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(accounts.entry(account).or_default())
    }
}
