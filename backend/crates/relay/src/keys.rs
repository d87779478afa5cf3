//! API keys as this node holds them: found by the hash of their secret, kept in memory until a change is announced, and
//! within the bounds of the change feed's three states. Never in here: what a key's limits mean, and signing in.

mod entry;
mod read;
mod rules;
#[cfg(test)]
mod size;

pub(crate) use entry::KeyEntry;
pub(crate) use rules::Rules;

use crate::refusal::{Refusal, Retry};
use crate::who::Caller;
use entry::unknown;
use moka::sync::Cache;
use parking_lot::Mutex;
use read::{begin_life, read_key};
use rules::SharedRules;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tollgate_contract::ids::KeyId;
use tollgate_http::ClientAddress;
use tollgate_http::throttle::{Rate, Throttle};
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
    shared: Arc<SharedRules>,
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
            shared: Arc::new(SharedRules::new()),
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
            && let Some(secret) = entry.secret(&hash)
        {
            return if secret.works(inner.db.clock().now()) {
                Ok(entry)
            } else {
                Err(unknown())
            };
        }
        inner.load(hash, address).await
    }

    /// The same caller with the key's life begun, where that begins with its first use: a request that may be served is one.
    ///
    /// # Errors
    /// If that can't be written: a key without a beginning would live for ever. Or if the key, looked at again, may not be
    /// used (any more).
    pub(crate) async fn with_life(&self, caller: Caller, from: ClientAddress) -> Result<Caller, Refusal> {
        let Caller { key: entry, secret } = caller;
        if !entry.is_unborn {
            return Ok(Caller { key: entry, secret });
        }
        let unavailable = |error: &dyn std::fmt::Display| {
            tracing::warn!(%error, key.id = %entry.key_id, "a key's first use can't be written");
            Refusal::unavailable("database_unavailable")
        };
        let begun = tokio::time::timeout(LOAD_LIMIT, self.0.begin(&entry)).await;
        let key = begun
            .map_err(|late| unavailable(&late))?
            .map_err(|error| unavailable(&error))?
            .ok_or_else(unknown)?;
        key.check(self.0.db.clock().now(), from)?;
        Ok(Caller { key, secret })
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
                self.forget(KeyId(change.object_id), change.version);
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
        let held = known
            .and_then(|owner| self.entries.get(&owner.key_id))
            .filter(|entry| self.knows(entry, &hash));
        if self.feed.state() == FeedState::DatabaseLost {
            return self.during_outage(held, &"the database is away");
        }
        match tokio::time::timeout(LOAD_LIMIT, self.load_in_turn(hash, known)).await {
            Ok(Ok(Some(entry))) if self.knows(&entry, &hash) => Ok(entry),
            // There is no such key, or this is none of its secrets (any more).
            Ok(Ok(_)) => {
                self.unknown.insert(hash, ());
                // Counted after the look-up: who holds a good key is never counted.
                let _ = self.guesses.attempt(address);
                Err(unknown())
            }
            // What can't be read must not go on by what held before.
            Ok(Err(StoreError::Refused(error))) => {
                tracing::error!(%error, "a key can't be read");
                Err(Refusal::unavailable("key_unreadable"))
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
        match held.filter(|entry| self.is_fresh(entry) && entry.secret(&hash).is_some()) {
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
        let read = self.read_owned(owner).await?;
        if read.is_some() {
            self.owners.insert(hash, owner);
        }
        Ok(read)
    }

    async fn read_owned(&self, owner: KeyOwner) -> Result<Option<Arc<KeyEntry>>, StoreError> {
        for reading in 1..=READINGS_MAX {
            let resets = self.resets.load(Ordering::SeqCst);
            let (db, began) = (self.db.clone(), self.db.clock().monotonic());
            let shared = Arc::clone(&self.shared);
            let read = self
                .db
                .core()
                .run(async move { read_key(&db, &shared, owner, began).await })
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

    /// Whether a secret with this hash opens the key now.
    fn knows(&self, entry: &KeyEntry, hash: &[u8; 32]) -> bool {
        let now = self.db.clock().now();
        entry.secret(hash).is_some_and(|secret| secret.works(now))
    }

    /// Begins a key's life and reads it anew.
    async fn begin(&self, entry: &KeyEntry) -> Result<Option<Arc<KeyEntry>>, StoreError> {
        let owner = KeyOwner {
            tenant_id: entry.tenant_id,
            key_id: entry.key_id,
        };
        let (db, now) = (self.db.clone(), self.db.clock().now());
        let core = self.db.core();
        let version = core
            .run(async move { begin_life(&db, owner, now).await })
            .await??;
        self.forget(owner.key_id, version.unwrap_or_default());
        self.read_owned(owner).await
    }

    /// Lets go of a key of which there is a version that is as new as this one.
    fn forget(&self, key: KeyId, version: i64) {
        let newest = self.tombstones.get(&key).unwrap_or(0).max(version);
        self.tombstones.insert(key, newest);
        self.entries.invalidate(&key);
    }
}
