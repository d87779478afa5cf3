//! What the relay stands on: built once by the binary, shared by all workers; and what each worker has of its own.

use crate::capture::Captures;
use crate::keys::Keys;
use crate::memory::Bodies;
use crate::objects::Objects;
use crate::prices::Prices;
use crate::turn::Turns;
use std::sync::Arc;
use std::time::Duration;
use tollgate_http::TrustedProxies;
use tollgate_ledger::Ledger;
use tollgate_limits::Limiter;
use tollgate_net::{ClientSettings, NetGuard, UpstreamClient, UpstreamTls};
use tollgate_scheduler::{Patience, Renewer, Scheduler};
use tollgate_store::{ChangeFeed, Clock, Db, KeyHasher, Secrets};

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Largest request body in bytes.
    pub body_max: usize,
    /// Bytes of bodies held at once by all requests together.
    pub bodies_in_flight_max: usize,
    /// How long an upstream may take to begin its answer.
    pub first_byte_timeout: Duration,
    /// How long an upstream may pause within an answer.
    pub idle_timeout: Duration,
    /// How requests wait for an account when all are busy.
    pub patience: Patience,
    /// How long a request waits for running ones to end that hold the money it needs; zero: not at all.
    pub budget_wait_max: Duration,
    /// How long keys in memory go on while the database can't be reached; zero: not at all.
    pub outage_grace: Duration,
}

/// The parts that the binary builds and shares with others.
#[derive(Clone, Debug)]
pub struct RelayDeps {
    /// The database.
    pub db: Db,
    /// Hashes API keys.
    pub hasher: KeyHasher,
    /// Seals captured bodies.
    pub secrets: Secrets,
    /// Journal and budgets.
    pub ledger: Ledger,
    /// Windows and concurrency slots.
    pub limiter: Limiter,
    /// Chooses accounts.
    pub scheduler: Scheduler,
    /// Renews their tokens.
    pub renewer: Renewer,
    /// The price book.
    pub prices: Prices,
    /// Tells of changes.
    pub feed: ChangeFeed,
    /// Says where accounts may point.
    pub guard: NetGuard,
    /// How upstream hosts are verified.
    pub tls: UpstreamTls,
    /// Bounds of the upstream clients.
    pub client: ClientSettings,
    /// Proxies whose `x-forwarded-for` is believed.
    pub trusted_proxies: TrustedProxies,
    /// What an operator may set.
    pub settings: RelaySettings,
}

/// The relay's parts. Cheap to clone; clones share keys and budgets.
#[derive(Clone, Debug)]
pub struct RelayParts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deps: RelayDeps,
    keys: Keys,
    bodies: Bodies,
    objects: Objects,
    turns: Turns,
    captures: Captures,
}

impl RelayParts {
    /// Puts the parts together and listens to the feed.
    pub fn new(deps: RelayDeps) -> Self {
        let keys = Keys::new(
            &deps.db,
            deps.hasher.clone(),
            &deps.feed,
            deps.settings.outage_grace,
        );
        deps.ledger.budgets().listen(&deps.feed);
        let bodies = Bodies::new(deps.settings.bodies_in_flight_max, deps.settings.body_max);
        let objects = Objects::new(&deps.db);
        let captures = Captures::start(&deps.db, deps.secrets.clone());
        Self(Arc::new(Inner {
            deps,
            keys,
            bodies,
            objects,
            turns: Turns::default(),
            captures,
        }))
    }

    pub(crate) fn deps(&self) -> &RelayDeps {
        &self.0.deps
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.0.deps.db.clock()
    }

    pub(crate) fn settings(&self) -> &RelaySettings {
        &self.0.deps.settings
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.0.objects
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn captures(&self) -> &Captures {
        &self.0.captures
    }

    pub(crate) fn bodies(&self) -> &Bodies {
        &self.0.bodies
    }

    /// Sets the gauges that are only looked at when figures are read.
    pub fn refresh_metrics(&self) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge is a float; all stay far below 2^53"
        )]
        let (keys, slots, bytes, accounts, refused) = (
            self.0.keys.held() as f64,
            self.0.deps.limiter.slots() as f64,
            self.0.bodies.used() as f64,
            self.0.deps.scheduler.accounts_known() as f64,
            self.0.deps.scheduler.accounts_unauthorized() as f64,
        );
        metrics::gauge!("tollgate_relay_keys_held").set(keys);
        metrics::gauge!("tollgate_limits_slots").set(slots);
        metrics::gauge!("tollgate_relay_body_bytes").set(bytes);
        metrics::gauge!("tollgate_accounts_known").set(accounts);
        metrics::gauge!("tollgate_accounts_unauthorized").set(refused);
    }
}

/// What a worker thread has: the shared parts, and upstream connections of its own, so that a stream never changes its
/// thread.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) parts: RelayParts,
    pub(crate) upstream: UpstreamClient,
}

impl Worker {
    pub(crate) fn new(parts: &RelayParts) -> Self {
        let deps = parts.deps();
        Self {
            parts: parts.clone(),
            upstream: UpstreamClient::new(deps.guard.clone(), &deps.tls, &deps.client),
        }
    }
}
