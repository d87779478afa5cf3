//! Health: alive (the process answers), ready (requests may come here), and v1's page for people and monitors.
//! What is costly to ask is asked once a second by a task, never by a request.

use super::shutdown::Draining;
use crate::telemetry::metrics::Metrics;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tollgate_ledger::Journal;
use tollgate_limits::{Limiter, LimiterState};
use tollgate_store::{ChangeFeed, Db, FeedState};

/// How often the database is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(1);
/// How long it may take to give one.
const PING_LIMIT: Duration = Duration::from_secs(2);

/// What health tells from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Health {
    db: Db,
    database_up: Arc<AtomicBool>,
    journal: Journal,
    limiter: Limiter,
    feed: ChangeFeed,
    draining: Draining,
    metrics: Metrics,
}

/// What it is told of.
#[derive(Debug)]
pub struct Watched {
    /// The database.
    pub db: Db,
    /// The journal.
    pub journal: Journal,
    /// Where limits are kept.
    pub limiter: Limiter,
    /// How changes are heard.
    pub feed: ChangeFeed,
    /// Whether the node goes down.
    pub draining: Draining,
    /// The process's own figures.
    pub metrics: Metrics,
}

impl Health {
    /// Begins to watch.
    pub fn start(watched: Watched) -> Self {
        let Watched {
            db,
            journal,
            limiter,
            feed,
            draining,
            metrics,
        } = watched;
        let database_up = Arc::new(AtomicBool::new(true));
        let health = Self {
            db,
            database_up,
            journal,
            limiter,
            feed,
            draining,
            metrics,
        };
        // A node does not start without its database.
        metrics::gauge!("tollgate_database_up").set(1.0);
        let (watcher, core) = (health.clone(), health.db.core().clone());
        core.spawn("health", async move { watcher.watch().await });
        health
    }

    async fn watch(&self) {
        let stop = self.db.core().shutdown_token();
        while stop
            .run_until_cancelled(tokio::time::sleep(PING_EVERY))
            .await
            .is_some()
        {
            let up = matches!(tokio::time::timeout(PING_LIMIT, self.db.ping()).await, Ok(Ok(())));
            if self.database_up.swap(up, Ordering::Relaxed) != up {
                if up {
                    tracing::info!("the database is back");
                } else {
                    tracing::error!(
                        "the database is away; known keys go on, what they spend waits in the journal"
                    );
                }
            }
            metrics::gauge!("tollgate_database_up").set(f64::from(u8::from(up)));
        }
    }

    /// Why no request should be sent here; empty: it may.
    pub fn reasons(&self) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.draining.is_on() {
            reasons.push("draining");
        }
        if !self.database_up.load(Ordering::Relaxed) {
            reasons.push("database");
        }
        if self.journal.can_admit().is_err() {
            reasons.push("journal");
        }
        reasons
    }

    fn limits(&self) -> &'static str {
        match self.limiter.state() {
            LimiterState::InProcess => "in_process",
            LimiterState::Shared => "redis",
            LimiterState::Fallback => "fallback",
        }
    }

    fn changes(&self) -> &'static str {
        match self.feed.state() {
            FeedState::Normal => "heard",
            FeedState::ListenerLost => "polled",
            FeedState::DatabaseLost => "lost",
        }
    }

    /// v1's page.
    fn page(&self) -> (bool, Value) {
        let reasons = self.reasons();
        let healthy = reasons.is_empty();
        let word = |ok: bool| if ok { "healthy" } else { "unhealthy" };
        let (open, idle) = self.db.pool_size();
        let resident = Metrics::resident_bytes().map(|bytes| format!("{}MB", bytes / 1_000_000));
        let page = json!({
            "status": word(healthy),
            "service": "tollgate",
            "version": env!("CARGO_PKG_VERSION"),
            "timestamp": self.db.clock().now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "uptime": self.metrics.uptime().as_secs(),
            "memory": {"used": resident},
            "components": {
                "database": {"status": word(!reasons.contains(&"database"))},
                "journal": {"status": word(!reasons.contains(&"journal"))},
                "limits": {"status": word(self.limits() != "fallback"), "kept_in": self.limits()},
                "changes": {"status": word(self.changes() == "heard"), "state": self.changes()}
            },
            "stats": {
                "journal_depth": self.journal.depth(),
                "journal_oldest_seconds": self.journal.oldest_age().map(|age| age.as_secs()),
                "changes_lag_ms": self.feed.lag_ms(),
                "revocation_lag_ms": self.feed.revocation_lag().map(|lag| lag.as_secs_f64() * 1000.0),
                "database_connections": open,
                "database_connections_idle": idle
            },
            "reasons": reasons
        });
        (healthy, page)
    }
}

fn answer(ok: bool, body: Value) -> HttpResponse {
    let mut response = if ok {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(body)
}

/// `/health/live`
pub async fn live() -> HttpResponse {
    answer(true, json!({"status": "live"}))
}

/// `/health/ready`
pub async fn ready(health: web::Data<Health>) -> HttpResponse {
    let reasons = health.reasons();
    let ok = reasons.is_empty();
    answer(
        ok,
        json!({"status": if ok { "ready" } else { "not_ready" }, "reasons": reasons}),
    )
}

/// `/health`
pub async fn page(health: web::Data<Health>) -> HttpResponse {
    let (healthy, page) = health.page();
    answer(healthy, page)
}
