//! The price book as this node holds it: read from the database at the start and again when it changes.
//! Never in here: arithmetic, and how a book is written.

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_money::{PriceBook, PriceRow, Version};
use tollgate_store::{ChangeFeed, Db, FeedEvent, StoreError, Topic};
use uuid::Uuid;

/// Pause after a reading that failed; the book that is there goes on.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The node's price book. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Prices(Arc<ArcSwap<PriceBook>>);

impl Prices {
    /// Reads the book, and again whenever it changes.
    ///
    /// # Errors
    /// `Unavailable` if the database can't be asked.
    pub async fn load(db: &Db, feed: &ChangeFeed) -> Result<Self, StoreError> {
        let prices = Self(Arc::new(ArcSwap::from_pointee(read(db).await?)));
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
            match read(db).await {
                Ok(book) => return self.0.store(Arc::new(book)),
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

    /// The book as it is now.
    pub fn book(&self) -> Arc<PriceBook> {
        self.0.load_full()
    }
}

async fn read(db: &Db) -> Result<PriceBook, StoreError> {
    let owned = db.clone();
    db.core().run(async move { read_versions(&owned).await }).await?
}

async fn read_versions(db: &Db) -> Result<PriceBook, StoreError> {
    let mut tx = db.jobs().await?;
    let versions = sqlx::query!("SELECT price_version, effective_from FROM price_versions")
        .fetch_all(tx.conn())
        .await?;
    let rows = sqlx::query!(
        r#"SELECT price_version, provider, model, mode, input::text, output::text, cache_write_5m::text,
                  cache_write_1h::text, cache_read::text, long_context_above, long_input::text, long_output::text,
                  long_cache_write_5m::text, long_cache_read::text, max_input, max_output, deprecation_date
           FROM prices"#
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    let mut by_version: HashMap<Uuid, Vec<PriceRow>> = HashMap::new();
    for row in rows {
        let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        by_version.entry(row.price_version).or_default().push(PriceRow {
            provider: row.provider,
            model: row.model,
            mode: row.mode,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            long_context_above: count(row.long_context_above),
            long_input: row.long_input,
            long_output: row.long_output,
            long_cache_write_5m: row.long_cache_write_5m,
            long_cache_read: row.long_cache_read,
            max_input: count(row.max_input),
            max_output: count(row.max_output),
            deprecation_date: row.deprecation_date,
        });
    }
    let versions = versions.into_iter().map(|version| {
        let rows = by_version.remove(&version.price_version).unwrap_or_default();
        read_version(version.price_version, version.effective_from, &rows)
    });
    Ok(PriceBook::new(versions.collect()))
}

fn read_version(id: Uuid, effective_from: DateTime<Utc>, rows: &[PriceRow]) -> Version {
    let (version, left_out) = Version::new(id, effective_from, rows);
    for (model, error) in left_out {
        tracing::error!(price.version = %id, model, %error, "a model can't be priced and is refused");
    }
    version
}
