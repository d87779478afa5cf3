//! Holds the lock and runs the jobs when they are due.

use super::{Job, JobParts};
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tollgate_store::Db;

/// How often the lock is tried, its connection looked at, and due jobs looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A job that hangs must not keep the others from running.
const JOB_LIMIT: Duration = Duration::from_mins(5);
/// The lock's number: "tollgate" in ASCII.
const LOCK: i64 = 0x746f_6c6c_6761_7465;

/// Starts the runner on the core runtime; it ends at shutdown.
pub fn start(db: &Db, parts: JobParts) {
    let (stop, db) = (db.core().shutdown_token(), db.clone());
    db.core().clone().spawn("jobs", async move {
        let mut runner = Runner {
            db,
            parts,
            lock: None,
            last: HashMap::new(),
        };
        runner.run(&stop).await;
    });
}

struct Runner {
    db: Db,
    parts: JobParts,
    /// The connection that holds the lock; the database frees the lock when it breaks.
    lock: Option<PgConnection>,
    last: HashMap<&'static str, Instant>,
}

impl Runner {
    async fn run(&mut self, stop: &CancellationToken) {
        loop {
            if stop.run_until_cancelled(self.turn()).await.is_none() {
                break;
            }
            if stop
                .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
                .await
                .is_none()
            {
                break;
            }
        }
        if let Some(lock) = self.lock.take() {
            let _ = lock.close().await;
        }
    }

    async fn turn(&mut self) {
        if !self.holds_lock().await {
            return;
        }
        for job in Job::ALL {
            let now = self.db.clock().monotonic();
            let due = self
                .last
                .get(job.name())
                .is_none_or(|last| now.saturating_duration_since(*last) >= job.every());
            if due && self.one(job).await {
                self.last.insert(job.name(), now);
            }
        }
    }

    async fn one(&self, job: Job) -> bool {
        let began = self.db.clock().monotonic();
        let result = tokio::time::timeout(JOB_LIMIT, job.run(&self.db, &self.parts)).await;
        let took = self.db.clock().monotonic().saturating_duration_since(began);
        let outcome = match &result {
            Ok(Ok(_)) => "ok",
            Ok(Err(_)) => "failed",
            Err(_) => "timeout",
        };
        metrics::counter!("tollgate_job_runs_total", "job" => job.name(), "outcome" => outcome).increment(1);
        match result {
            Ok(Ok(touched)) => {
                let duration_ms = took.as_millis();
                tracing::debug!(job = job.name(), touched, duration_ms, "job done");
                return true;
            }
            Ok(Err(error)) => tracing::error!(job = job.name(), %error, "job failed; it is tried again"),
            Err(_) => tracing::error!(
                job = job.name(),
                "job took too long and was stopped; it is tried again"
            ),
        }
        false
    }

    /// Whether this node is the one; takes the lock if it is free.
    async fn holds_lock(&mut self) -> bool {
        if let Some(lock) = &mut self.lock {
            if lock.ping().await.is_ok() {
                return true;
            }
            tracing::warn!(
                "the connection that held the jobs' lock broke; another node may run the jobs now"
            );
            self.lock = None;
        }
        match self.take_lock().await {
            Ok(lock) => self.lock = lock,
            Err(error) => tracing::debug!(%error, "the jobs' lock can't be tried now"),
        }
        let holds = self.lock.is_some();
        metrics::gauge!("tollgate_jobs_leader").set(f64::from(u8::from(holds)));
        if holds {
            // Whatever another node did is not known here: all jobs are due.
            self.last.clear();
        }
        holds
    }

    async fn take_lock(&self) -> Result<Option<PgConnection>, sqlx::Error> {
        let mut connection = self.db.direct_options().connect().await?;
        let taken = sqlx::query_scalar!("SELECT pg_try_advisory_lock($1)", LOCK)
            .fetch_one(&mut connection)
            .await?;
        if taken == Some(true) {
            return Ok(Some(connection));
        }
        connection.close().await?;
        Ok(None)
    }
}
