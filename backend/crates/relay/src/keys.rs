//! API keys as this node holds them: found by the hash of their secret, kept in memory until a change is announced, and
//! within the bounds of the change feed's three states. Never in here: what a key's limits mean, and signing in.

mod read;

use crate::refusal::{Refusal, Retry};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use moka::sync::Cache;
use parking_lot::Mutex;
use read::read_key;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tollgate_contract::ids::{KeyId, TenantId, UserId};
use tollgate_http::throttle::{Rate, Throttle};
use tollgate_limits::LimitSet;
use tollgate_scheduler::Binding;
use tollgate_store::{ChangeFeed, Db, FeedEvent, FeedState, KeyHasher, KeyOwner, StoreError, Topic};
use tollgate_wire::error::ErrorKind;

/// Keys held at once: some 100 MB at the most, and more than a node serves in an hour.
const KEYS_MAX: u64 = 200_000;
/// Keys that are not used leave after this time.
const IDLE: Duration = Duration::from_hours(1);
/// Unknown secrets remembered at once, and for how long: a bound on look-ups by somebody who guesses.
const UNKNOWN_MAX: u64 = 50_000;
const UNKNOWN_FOR: Duration = Duration::from_secs(2);
/// A change that was heard of is remembered this long, so that a slower reading of the row before it is not kept.
const TOMBSTONE_FOR: Duration = Duration::from_mins(1);
/// How long a key counts without being asked for again while announcements don't reach this node.
const UNHEARD_FOR: Duration = Duration::from_secs(2);
/// Loads of different keys that can run side by side; loads of one key never do.
const LOADS: usize = 64;
/// Readings of a row that changes at the same moment, before we take it as it is.
const READINGS_MAX: usize = 3;
/// How long a key's look-up may take, its turn included, before the database is taken for away.
const LOAD_LIMIT: Duration = Duration::from_secs(2);
/// Unknown secrets tried from one address: a fleet behind one address with a stale key passes, guessing does not.
const GUESSES: Rate = Rate {
    burst: 200,
    every: Duration::from_millis(250),
};

/// A key and what admission needs of its tenant.
#[derive(Debug)]
pub(crate) struct KeyEntry {
    pub(crate) tenant_id: TenantId,
    pub(crate) key_id: KeyId,
    pub(crate) name: String,
    pub(crate) user_id: Option<UserId>,
    pub(crate) cost_centre: String,
    pub(crate) limits: LimitSet,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) concurrency_limit: Option<u32>,
    /// The accounts and groups that it may use.
    pub(crate) bindings: Vec<Binding>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) zone: Tz,
    standing: Standing,
    version: i64,
    loaded: Instant,
}

/// Whether a key may be used, apart from its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Good,
    Disabled,
    Deleted,
    TenantClosed,
}

impl KeyEntry {
    /// Refuses a key that may not be used now.
    pub(crate) fn check(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let (code, message) = match self.standing {
            Standing::Good if self.expires_at.is_none_or(|at| at > now) => return Ok(()),
            Standing::Good => ("key_expired", "This API key has expired."),
            Standing::Disabled => ("key_disabled", "This API key is switched off."),
            // As if it had never been.
            Standing::Deleted => return Err(unknown()),
            Standing::TenantClosed => ("tenant_closed", "This API key's organisation is suspended."),
        };
        Err(Refusal::for_good(ErrorKind::Authentication, code, message))
    }
}

fn unknown() -> Refusal {
    let message = "Invalid API key: there is no such key, or it was deleted.";
    Refusal::for_good(ErrorKind::Authentication, "key_unknown", message)
}

/// All keys this node has met. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    hasher: KeyHasher,
    feed: ChangeFeed,
    outage_grace: Duration,
    /// Whose a secret is never changes; whether it still counts, the entry tells.
    owners: Cache<[u8; 32], KeyOwner>,
    entries: Cache<KeyId, Arc<KeyEntry>>,
    unknown: Cache<[u8; 32], ()>,
    tombstones: Cache<KeyId, i64>,
    /// Grows when everything is forgotten, so that a load that began before is not kept.
    resets: AtomicU64,
    loads: Vec<tokio::sync::Mutex<()>>,
    unreachable_since: Mutex<Option<Instant>>,
    guesses: Throttle,
}

impl Keys {
    /// An empty cache that listens to the feed.
    pub(crate) fn new(db: &Db, hasher: KeyHasher, feed: &ChangeFeed, outage_grace: Duration) -> Self {
        let keys = Self(Arc::new(Inner {
            db: db.clone(),
            hasher,
            feed: feed.clone(),
            outage_grace,
            owners: Cache::builder().max_capacity(KEYS_MAX).time_to_idle(IDLE).build(),
            entries: Cache::builder().max_capacity(KEYS_MAX).time_to_idle(IDLE).build(),
            unknown: Cache::builder()
                .max_capacity(UNKNOWN_MAX)
                .time_to_live(UNKNOWN_FOR)
                .build(),
            tombstones: Cache::builder()
                .max_capacity(KEYS_MAX)
                .time_to_live(TOMBSTONE_FOR)
                .build(),
            resets: AtomicU64::new(0),
            loads: (0..LOADS).map(|_| tokio::sync::Mutex::new(())).collect(),
            unreachable_since: Mutex::new(None),
            guesses: Throttle::new(db.clock().clone(), GUESSES),
        }));
        // Weak: the feed must not keep what listens to it.
        let listener = Arc::downgrade(&keys.0);
        feed.on_event(move |event| {
            if let Some(inner) = listener.upgrade() {
                inner.hear(event);
            }
        });
        keys
    }

    /// The key of this secret, whatever its standing. `address` is whom guesses are counted by.
    pub(crate) async fn find(&self, secret: &SecretString, address: &str) -> Result<Arc<KeyEntry>, Refusal> {
        let inner = &self.0;
        let hash = inner.hasher.hash(secret.expose_secret());
        if let Some(owner) = inner.owners.get(&hash)
            && let Some(entry) = inner.entries.get(&owner.key_id)
            && inner.is_fresh(&entry)
        {
            return Ok(entry);
        }
        inner.load(hash, address).await
    }

    /// The same key at a later moment of its request: a body takes time to arrive, and the key may have gone meanwhile.
    pub(crate) async fn again(
        &self,
        entry: Arc<KeyEntry>,
        secret: &SecretString,
        address: &str,
    ) -> Result<Arc<KeyEntry>, Refusal> {
        match self.0.entries.get(&entry.key_id) {
            Some(held) if Arc::ptr_eq(&held, &entry) && self.0.is_fresh(&entry) => Ok(entry),
            _ => self.find(secret, address).await,
        }
    }

    /// Keys held now, for metrics.
    pub(crate) fn held(&self) -> u64 {
        self.0.entries.entry_count()
    }
}

impl Inner {
    fn hear(&self, event: &FeedEvent) {
        match event {
            FeedEvent::Changed(change) if change.topic == Topic::Key => {
                let key = KeyId(change.object_id);
                let newest = self.tombstones.get(&key).unwrap_or(0).max(change.version);
                self.tombstones.insert(key, newest);
                self.entries.invalidate(&key);
                // It may be a new key that somebody asked for too early.
                self.unknown.invalidate_all();
            }
            FeedEvent::Changed(change) if change.topic == Topic::Tenant => {
                let of_tenant = self
                    .entries
                    .iter()
                    .filter(|(_, entry)| entry.tenant_id == change.tenant_id);
                let keys: Vec<KeyId> = of_tenant.map(|(key, _)| *key).collect();
                self.resets.fetch_add(1, Ordering::SeqCst);
                for key in keys {
                    self.entries.invalidate(&key);
                }
            }
            FeedEvent::Changed(_) => {}
            FeedEvent::Reset => {
                self.resets.fetch_add(1, Ordering::SeqCst);
                *self.unreachable_since.lock() = None;
                self.entries.invalidate_all();
                self.unknown.invalidate_all();
            }
        }
    }

    /// Whether an entry counts without asking the database.
    fn is_fresh(&self, entry: &KeyEntry) -> bool {
        match self.feed.state() {
            FeedState::Normal => true,
            FeedState::ListenerLost => {
                self.db
                    .clock()
                    .monotonic()
                    .saturating_duration_since(entry.loaded)
                    < UNHEARD_FOR
            }
            // Asking would only wait for a time-out.
            FeedState::DatabaseLost => self.within_grace(),
        }
    }

    /// Whether the database has been away for less than the grace.
    fn within_grace(&self) -> bool {
        let now = self.db.clock().monotonic();
        let since = *self.unreachable_since.lock().get_or_insert(now);
        now.saturating_duration_since(since) < self.outage_grace
    }

    async fn load(&self, hash: [u8; 32], address: &str) -> Result<Arc<KeyEntry>, Refusal> {
        if self.unknown.contains_key(&hash) {
            return Err(unknown());
        }
        if let Err(wait) = self.guesses.look(address) {
            let message = "Too many requests with unknown API keys came from this address.";
            return Err(Refusal::for_now(
                ErrorKind::RateLimit,
                "too_many_guesses",
                message,
                Retry::within(Some(wait)),
            ));
        }
        let known = self.owners.get(&hash);
        let held = known.and_then(|owner| self.entries.get(&owner.key_id));
        if self.feed.state() == FeedState::DatabaseLost {
            return self.during_outage(held, &"the database is away");
        }
        match tokio::time::timeout(LOAD_LIMIT, self.load_in_turn(hash, known)).await {
            Ok(Ok(Some(entry))) => Ok(entry),
            Ok(Ok(None)) => {
                self.unknown.insert(hash, ());
                // Counted after the look-up: who holds a good key is never counted.
                let _ = self.guesses.attempt(address);
                Err(unknown())
            }
            Ok(Err(error)) => self.during_outage(held, &error),
            Err(_) => self.during_outage(held, &"the database does not answer in time"),
        }
    }

    /// One load at a time for a key; whoever waited for it finds it done.
    async fn load_in_turn(
        &self,
        hash: [u8; 32],
        known: Option<KeyOwner>,
    ) -> Result<Option<Arc<KeyEntry>>, StoreError> {
        let lane = self.loads.get(usize::from(hash[0]) % LOADS);
        let _turn = match lane {
            Some(lane) => Some(lane.lock().await),
            None => None,
        };
        let known = known.or_else(|| self.owners.get(&hash));
        let held = known.and_then(|owner| self.entries.get(&owner.key_id));
        match held.filter(|entry| self.is_fresh(entry)) {
            Some(entry) => Ok(Some(entry)),
            None => self.read(hash, known).await,
        }
    }

    /// The database can't be asked: a key that is in memory goes on for the grace, new ones wait.
    fn during_outage(
        &self,
        held: Option<Arc<KeyEntry>>,
        error: &dyn std::fmt::Display,
    ) -> Result<Arc<KeyEntry>, Refusal> {
        match held {
            Some(entry) if self.within_grace() => Ok(entry),
            _ => {
                tracing::warn!(%error, "a key can't be looked up");
                Err(Refusal::unavailable("database_unavailable"))
            }
        }
    }

    async fn read(
        &self,
        hash: [u8; 32],
        known: Option<KeyOwner>,
    ) -> Result<Option<Arc<KeyEntry>>, StoreError> {
        let owner = match known {
            Some(owner) => owner,
            None => match self.db.resolve_key(&hash).await? {
                Some(owner) => owner,
                None => return Ok(None),
            },
        };
        for reading in 1..=READINGS_MAX {
            let resets = self.resets.load(Ordering::SeqCst);
            let (db, began) = (self.db.clone(), self.db.clock().monotonic());
            let read = self
                .db
                .core()
                .run(async move { read_key(&db, owner, began).await })
                .await??;
            let Some(entry) = read.map(Arc::new) else {
                return Ok(None);
            };
            let overtaken = || {
                self.resets.load(Ordering::SeqCst) != resets
                    || self
                        .tombstones
                        .get(&owner.key_id)
                        .is_some_and(|version| version > entry.version)
            };
            self.owners.insert(hash, owner);
            self.entries.insert(owner.key_id, Arc::clone(&entry));
            // Heard before or while it was read: looked at after it was kept, so that one of the two is seen.
            if !overtaken() {
                return Ok(Some(entry));
            }
            self.entries.invalidate(&owner.key_id);
            if reading == READINGS_MAX {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}
