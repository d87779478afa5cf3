//! The price book and the plans as this node holds them: read from the database at the start and again when they change.
//! Never in here: arithmetic, and how a book is written.

mod read;
mod unpriced;

pub use unpriced::UnpricedModel;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use read::read;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_ledger::HeldBooks;
use tollgate_money::{Charged, Figures, PlanBook, PriceBook, Tariff};
use tollgate_store::{ChangeFeed, Db, FeedEvent, StoreError, Topic};
use unpriced::Unpriced;

/// Pause after a reading that failed; the book that is there goes on.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What requests are priced by, as of one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Market {
    pub(crate) book: Arc<PriceBook>,
    pub(crate) plans: Arc<PlanBook>,
    /// Whether a model without a price is relayed and flagged; else it is refused.
    pub(crate) flags_unpriced: bool,
}

/// The node's price book and plans. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub struct Prices(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    market: ArcSwap<Market>,
    flags_unpriced: bool,
    unpriced: Unpriced,
}

impl Prices {
    /// Reads them, and again whenever they change. `flags_unpriced`: a model without a price is relayed at its provider's
    /// dearest known price and flagged; else it is refused.
    ///
    /// # Errors
    /// `Unavailable` if the database can't be asked.
    pub async fn load(db: &Db, feed: &ChangeFeed, flags_unpriced: bool) -> Result<Self, StoreError> {
        let prices = Self(Arc::new(Inner {
            market: ArcSwap::from_pointee(read(db, flags_unpriced).await?),
            flags_unpriced,
            unpriced: Unpriced::default(),
        }));
        let wake = Arc::new(tokio::sync::Notify::new());
        let waker = Arc::clone(&wake);
        feed.on_event(move |event| {
            let concerned = match event {
                FeedEvent::Changed(change) => change.topic == Topic::Prices,
                FeedEvent::Reset => true,
            };
            if concerned {
                waker.notify_one();
            }
        });
        let (keeper, db, stop) = (prices.clone(), db.clone(), db.core().shutdown_token());
        let core = db.core().clone();
        core.spawn("prices", async move {
            while stop.run_until_cancelled(wake.notified()).await.is_some() {
                keeper.renew(&db, &stop).await;
            }
        });
        Ok(prices)
    }

    async fn renew(&self, db: &Db, stop: &tokio_util::sync::CancellationToken) {
        loop {
            match read(db, self.0.flags_unpriced).await {
                Ok(market) => return self.0.market.store(Arc::new(market)),
                Err(error) => tracing::warn!(%error, "the price book can't be read; the last one goes on"),
            }
            if stop
                .run_until_cancelled(tokio::time::sleep(AGAIN_AFTER))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    /// What holds now.
    pub(crate) fn market(&self) -> Arc<Market> {
        self.0.market.load_full()
    }

    /// Price book and plans as they are held now.
    pub fn books(&self) -> HeldBooks {
        let market = self.0.market.load();
        HeldBooks {
            book: market.book.clone(),
            plans: market.plans.clone(),
        }
    }

    /// What stored figures come to by the list prices of their instant and the plan that the tenant had at `plan_at`.
    /// `None` where there is no price.
    pub fn charge_past(
        &self,
        tenant: TenantId,
        figures: &Figures<'_>,
        plan_at: DateTime<Utc>,
    ) -> Option<Charged> {
        let market = self.market();
        let plan = market.plans.at(tenant.0, plan_at);
        let tariff = Tariff {
            book: &market.book,
            plan: plan.as_deref(),
        };
        tariff.charge(figures).filter(|charged| !charged.unpriced)
    }

    /// A model without a price was asked for: counted, logged once a day, and kept to be told of.
    pub(crate) fn missed(&self, provider: &'static str, model: &str, relayed: bool, at: DateTime<Utc>) {
        self.0.unpriced.note(provider, model, relayed, at);
    }

    /// The models without a price that nobody was told of yet, each once a day.
    pub fn take_unpriced(&self) -> Vec<UnpricedModel> {
        self.0.unpriced.take()
    }
}
