//! Builds a node's long-lived parts once, in the order in which they stand on each other, and takes them down again.

pub mod documents;
mod limits;
pub mod nodes;
pub mod parts;
mod unpriced;
mod verifications;

use crate::cli::CliError;
use crate::config::{Settings, UnpricedModels};
use crate::jobs::{self, JobParts};
use crate::repricing::{held_prices, past_prices};
use crate::server::assets;
use crate::server::docs::Docs;
use crate::server::health::{Health, Watched};
use crate::server::mount::Mounted;
use crate::server::pages::Pages;
use crate::server::scrape::Scrape;
use crate::server::shutdown::{Draining, Signals};
use crate::telemetry::metrics::Metrics;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tollgate_http::TokenSigner;
use tollgate_ledger::{HeldPrices, Journal, Ledger, LedgerError, PastPrices, SettleSettings};
use tollgate_limits::Limiter;
use tollgate_manage::{Mailer, ManageParts, ManageSettings, ManageState, ScheduledExports, SelfTests};
use tollgate_net::{NetGuard, UpstreamTls};
use tollgate_relay::{Prices, RelayDeps, RelayParts};
use tollgate_scheduler::{RenewParts, Renewer, Scheduler};
use tollgate_store::{ChangeFeed, Clock, CoreRuntime, Db, KeyHasher, Secrets};

/// How long bookings that wait for Redis may hold up the end; what is lost there is counted limits, never money.
const LIMITS_DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// How long the journal may take to be settled at the end. What is left is settled at the next start.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);
/// How long tasks may take to end once they are told to.
const TASKS_LIMIT: Duration = Duration::from_secs(10);
/// How long pools may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// A node's long-lived parts.
#[derive(Debug)]
pub struct App {
    core: CoreRuntime,
    db: Db,
    ledger: Ledger,
    limiter: Limiter,
    draining: Draining,
    mounted: Mounted,
}

impl App {
    /// Builds all of it: pools, journal, the ledger's epoch, feed and snapshots, limits, jobs. Runs on the core runtime.
    /// `address` is where the node will listen.
    ///
    /// # Errors
    /// Whatever is missing, by name: a node does not start without its database or its journal.
    pub async fn start(
        settings: &Settings,
        core: &CoreRuntime,
        address: SocketAddr,
        metrics: Metrics,
    ) -> Result<Self, CliError> {
        // A fault in the settings stops the start before anything has begun.
        let given = Given::read(settings, address)?;
        let db = Db::connect(&parts::database(settings)?, core.clone(), Clock::system()).await?;
        parts::require_schema(&db).await?;
        let journal = open_journal(settings, db.clock())?;
        let ledger = Ledger::start(&db, journal, &parts::node_name(), SettleSettings::default())
            .await
            .map_err(CliError::said)?;
        let feed = ChangeFeed::new(&db);
        let limiter = parts::limiter(settings, &db)?;
        limits::watch(&db, &limiter, &ledger);
        let prices = load_prices(settings, &db, &feed).await?;
        let scheduler = Scheduler::new(&db, given.secrets.clone(), &feed);
        scheduler.share_caps(ledger.journal().node_id());
        let renewer = given.renewer(settings, &db);
        let told_prices = (past_prices(&prices), held_prices(&prices));
        let relay = RelayParts::new(RelayDeps {
            prices,
            scheduler: scheduler.clone(),
            renewer: renewer.clone(),
            db: db.clone(),
            hasher: given.hasher.clone(),
            secrets: given.secrets.clone(),
            ledger: ledger.clone(),
            limiter: limiter.clone(),
            feed: feed.clone(),
            guard: given.guard.clone(),
            tls: given.tls.clone(),
            client: parts::client(settings),
            trusted_proxies: given.manage.trusted_proxies.clone(),
            settings: parts::relay(settings),
        });
        let manage = given.manage(settings, &db, scheduler, renewer, (limiter.clone(), told_prices));
        // Everybody who wants to hear of changes has said so by now.
        feed.start();
        jobs::start(&db, given.cares(settings, &db, &manage));
        verifications::start(&db);
        core.spawn("metrics", metrics.clone().upkeep(core.shutdown_token()));
        let draining = Draining::default();
        let health = Health::start(Watched {
            db: db.clone(),
            journal: ledger.journal().clone(),
            limiter: limiter.clone(),
            feed,
            draining: draining.clone(),
            metrics: metrics.clone(),
        });
        let scrape = Scrape {
            access: Arc::new(settings.metrics.clone()),
            metrics,
            relay: relay.clone(),
            db: db.clone(),
        };
        let https = given.manage.public_url.scheme() == "https";
        let mounted = Mounted {
            relay,
            manage,
            health,
            scrape,
            docs: Docs::new(https),
            pages: Pages::new(https, db.clock().clone()),
        };
        Ok(Self {
            core: core.clone(),
            db,
            ledger,
            limiter,
            draining,
            mounted,
        })
    }

    /// What the routes stand on.
    pub fn mounted(&self) -> Mounted {
        self.mounted.clone()
    }

    /// Whether the node goes down.
    pub fn draining(&self) -> &Draining {
        &self.draining
    }

    /// Takes all of it down, after the last answer has ended: bookings, journal, leases and epoch, tasks, pools. Tells
    /// whether everything that was relayed is booked; what is not stays in the journal. A second signal skips the waiting.
    pub async fn stop(self, signals: &Signals) -> bool {
        if let Limiter::Redis(limiter) = &self.limiter {
            let _ = tokio::time::timeout(LIMITS_DRAIN_LIMIT, limiter.drained()).await;
        }
        let settled = tokio::select! {
            settled = self.ledger.stop(SETTLE_LIMIT) => settled,
            () = signals.reached(2) => self.ledger.stop(Duration::ZERO).await,
        };
        match &settled {
            Ok(()) => {
                tracing::info!("all requests are booked, and what was drawn from wallets is given back");
            }
            Err(LedgerError::Fenced) => {
                tracing::warn!("another process has this node's epoch; it books what is left");
            }
            Err(error) => {
                tracing::error!(%error, "not all is booked: the rest is in the journal for the next start");
            }
        }
        if !self.core.stop(TASKS_LIMIT).await {
            tracing::warn!("some tasks did not end in time");
        }
        if tokio::time::timeout(CLOSE_LIMIT, self.db.close()).await.is_err() {
            tracing::warn!("the database's connections did not close in time");
        }
        settled.is_ok()
    }
}

/// What can be made of the settings alone.
struct Given {
    hasher: KeyHasher,
    secrets: Secrets,
    signer: TokenSigner,
    guard: NetGuard,
    tls: UpstreamTls,
    manage: ManageSettings,
    mailer: Option<Mailer>,
}

impl Given {
    /// What jobs stand on.
    fn cares(&self, settings: &Settings, db: &Db, manage: &ManageState) -> JobParts {
        JobParts {
            tests: SelfTests::new(manage.clone()),
            exports: ScheduledExports::new(manage.clone()),
            keys: parts::key_care(settings),
            seals: parts::seals(settings, db, &self.secrets, &self.tls),
            months: documents::close_months(settings, self.manage.documents.clone()),
            mailer: self.mailer.clone(),
            usage: parts::usage_care(settings),
        }
    }

    /// Renews what accounts' tokens need.
    fn renewer(&self, settings: &Settings, db: &Db) -> Renewer {
        let parts = RenewParts {
            guard: self.guard.clone(),
            tls: self.tls.clone(),
            client: parts::client(settings),
            endpoints: parts::endpoints(settings),
        };
        Renewer::new(db, self.secrets.clone(), parts)
    }

    fn read(settings: &Settings, address: SocketAddr) -> Result<Self, CliError> {
        if !assets::built() {
            tracing::warn!("this binary was built without the web app; `cargo xtask web` builds it");
        }
        Ok(Self {
            hasher: parts::hasher(settings)?,
            secrets: parts::secrets(settings, &Clock::system())?,
            signer: parts::signer(settings)?,
            guard: parts::guard(settings),
            tls: UpstreamTls::native().map_err(CliError::said)?,
            manage: parts::manage(settings, address)?,
            mailer: documents::mailer(settings)?,
        })
    }

    fn manage(
        &self,
        settings: &Settings,
        db: &Db,
        scheduler: Scheduler,
        renewer: Renewer,
        (limiter, (prices, held_prices)): (Limiter, (PastPrices, HeldPrices)),
    ) -> ManageState {
        ManageState::new(ManageParts {
            db: db.clone(),
            secrets: self.secrets.clone(),
            hasher: self.hasher.clone(),
            signer: self.signer.clone(),
            guard: self.guard.clone(),
            tls: self.tls.clone(),
            client: parts::client(settings),
            scheduler,
            limiter,
            renewer,
            prices,
            held_prices,
            settings: self.manage.clone(),
        })
    }
}

/// The price book, watched for models that it does not know.
async fn load_prices(settings: &Settings, db: &Db, feed: &ChangeFeed) -> Result<Prices, CliError> {
    let flags = settings.prices.unpriced == UnpricedModels::Flag;
    let prices = Prices::load(db, feed, flags).await?;
    unpriced::watch(db, &prices);
    Ok(prices)
}

fn open_journal(settings: &Settings, clock: &Clock) -> Result<Journal, CliError> {
    let path = parts::journal_path(settings);
    let (journal, replay) =
        Journal::open_folder(&path, parts::journal(settings), clock.clone()).map_err(CliError::said)?;
    if replay.entries > 0 {
        tracing::info!(
            entries = replay.entries,
            recovered = replay.recovered,
            "an earlier process left requests in the journal; they are booked now"
        );
    }
    for file in &replay.set_aside {
        tracing::error!(file = %file.display(), "a journal that can't be read lies in the folder");
    }
    Ok(journal)
}
