//! The feed's task. Each half second it sends itself a heartbeat through the database, each second it reads what was
//! announced by transactions that are over. A row is read twice, when it is heard and when it is polled, and told once.
//!
//! Polling alone misses nothing: it goes from the oldest transaction that ran at the last poll to the oldest that runs
//! now, and no transaction in between can still write. Listening makes it quick.

use super::feed::{ChangeFeed, FeedEvent, FeedState};
use super::listener::{self, Heard};
use super::{Change, Topic};
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// How often a heartbeat is sent; every second one comes with a poll.
const BEAT_EVERY: Duration = Duration::from_millis(500);
/// Without an echo for this long, the listener is taken for lost.
const SILENCE_MAX: Duration = Duration::from_millis(1500);
/// How long the database may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// More changes than this at once are told as "all may have changed".
const CHANGES_MAX: i64 = 5_000;
/// What was heard and is not polled yet, beyond which it is told a second time.
const REMEMBERED_MAX: usize = 20_000;
/// Messages between listener and feed; beyond them the listener waits.
const QUEUE: usize = 1024;
/// Messages that are answered by one query.
const BATCH: usize = 128;

/// Starts feed and listener.
pub(super) fn spawn(feed: ChangeFeed) {
    let core = feed.db().core().clone();
    let (sender, heard) = channel(QUEUE);
    // A channel of its own: nodes need not hear each other's heartbeats.
    let beats = format!("tollgate_beat_{}", feed.db().clock().new_id().simple());
    let options = feed.db().direct_options();
    core.spawn(
        "change-listener",
        listener::run(options, beats.clone(), sender, core.shutdown_token()),
    );
    let task = Task {
        feed,
        beats,
        connection: None,
        position: None,
        remembered: HashSet::new(),
        beat: 0,
        sent_at: None,
        echo_at: None,
        database: true,
    };
    core.spawn("change-feed", task.run(heard));
}

struct Task {
    feed: ChangeFeed,
    /// Channel of our heartbeats.
    beats: String,
    connection: Option<PgConnection>,
    /// All transactions below this one are dealt with.
    position: Option<u64>,
    /// Rows that were heard, told, and not polled yet.
    remembered: HashSet<i64>,
    /// Number of the latest heartbeat, and when it was sent.
    beat: u64,
    sent_at: Option<Instant>,
    /// When a heartbeat was last heard.
    echo_at: Option<Instant>,
    /// Whether the database answered when it was last asked.
    database: bool,
}

/// A row of `changes`.
struct Row {
    change_id: i64,
    topic: String,
    tenant_id: Uuid,
    object_id: Uuid,
    version: i64,
    /// Microseconds since it was announced, by the database's clock: clocks of nodes may differ.
    age_us: i64,
}

impl Task {
    async fn run(mut self, mut heard: Receiver<Heard>) {
        let stop = self.feed.db().core().shutdown_token();
        let mut ticks = interval(BEAT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        let work = async {
            loop {
                tokio::select! {
                    _ = ticks.tick() => self.tick().await,
                    n = heard.recv_many(&mut batch, BATCH) => {
                        if n == 0 {
                            return;
                        }
                        self.hear(&mut batch).await;
                    }
                }
            }
        };
        let _ = stop.run_until_cancelled(work).await;
        if let Some(connection) = self.connection.take() {
            let _ = timeout(ANSWER_LIMIT, connection.close()).await;
        }
    }

    async fn tick(&mut self) {
        self.beat += 1;
        // A connection that broke while it was idle shows it now, which says nothing of the database: try a new one.
        let fresh = self.connection.is_none();
        let mut answered = self.turn().await;
        if !answered && !fresh {
            answered = self.turn().await;
        }
        self.database = answered;
        self.judge();
    }

    /// Heartbeat and poll; tells whether the database answered.
    async fn turn(&mut self) -> bool {
        let asking = timeout(ANSWER_LIMIT, async {
            self.sent_at = Some(self.feed.db().clock().monotonic());
            let payload = self.beat.to_string();
            let beats = self.beats.clone();
            sqlx::query!("SELECT pg_notify($1, $2)", beats, payload)
                .execute(self.connection().await?)
                .await?;
            if self.beat % 2 == 1 {
                self.poll().await
            } else {
                Ok(())
            }
        });
        match asking.await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::debug!(%error, "the change feed got no answer"),
            Err(_) => tracing::debug!("the change feed got no answer in time"),
        }
        self.connection = None;
        false
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.feed.db().direct_options().connect().await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn poll(&mut self) -> Result<(), sqlx::Error> {
        let Some(position) = self.position else {
            let edge =
                sqlx::query_scalar!(r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS "edge!""#)
                    .fetch_one(self.connection().await?)
                    .await?;
            self.position = edge.parse().ok();
            return Ok(());
        };
        let rows = sqlx::query!(
            r#"SELECT edge.xmin::text AS "edge!", c.change_id AS "change_id?", c.topic AS "topic?",
                      c.tenant_id AS "tenant_id?", c.object_id AS "object_id?", c.version AS "version?",
                      (extract(epoch FROM clock_timestamp() - c.created_at) * 1000000)::bigint AS "age_us?"
               FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) AS edge
               LEFT JOIN LATERAL (
                 SELECT * FROM changes WHERE xid >= $1::text::xid8 AND xid < edge.xmin ORDER BY change_id LIMIT $2
               ) AS c ON true"#,
            position.to_string(),
            CHANGES_MAX
        )
        .fetch_all(self.connection().await?)
        .await?;
        let answered_at = self.feed.db().clock().monotonic();
        let edge: u64 = rows
            .first()
            .and_then(|row| row.edge.parse().ok())
            .unwrap_or(position);
        self.position = Some(edge);
        // Another database, or an older state of this one, answers under the same name.
        if edge < position || i64::try_from(rows.len()).is_ok_and(|rows| rows >= CHANGES_MAX) {
            self.remembered.clear();
            self.feed.tell(&FeedEvent::Reset);
            return Ok(());
        }
        for row in rows {
            if let (Some(change_id), Some(topic), Some(tenant_id), Some(object_id), Some(version)) = (
                row.change_id,
                row.topic,
                row.tenant_id,
                row.object_id,
                row.version,
            ) && !self.remembered.remove(&change_id)
            {
                let row = Row {
                    change_id,
                    topic,
                    tenant_id,
                    object_id,
                    version,
                    age_us: row.age_us.unwrap_or_default(),
                };
                self.tell(&row, "polled", answered_at);
            }
        }
        Ok(())
    }

    /// Reads what the transactions that made themselves heard have written.
    async fn hear(&mut self, batch: &mut Vec<Heard>) {
        let mut transactions = Vec::new();
        for heard in batch.drain(..) {
            match heard {
                Heard::Changed(transaction) => transactions.push(transaction),
                Heard::Beat(number) => self.echo(number),
                Heard::Lost => self.echo_at = None,
            }
        }
        if !transactions.is_empty()
            && !matches!(timeout(ANSWER_LIMIT, self.read(&transactions)).await, Ok(Ok(())))
        {
            // The poll will bring them; until then things are as if they had not been heard.
            self.connection = None;
            self.echo_at = None;
        }
        self.judge();
    }

    fn echo(&mut self, number: u64) {
        let now = self.feed.db().clock().monotonic();
        self.echo_at = Some(now);
        if let Some(sent_at) = self.sent_at.filter(|_| number == self.beat) {
            self.feed.measured(now.saturating_duration_since(sent_at));
        }
    }

    async fn read(&mut self, transactions: &[String]) -> Result<(), sqlx::Error> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT change_id, topic, tenant_id, object_id, version,
                      (extract(epoch FROM clock_timestamp() - created_at) * 1000000)::bigint AS "age_us!"
               FROM changes
               WHERE xid = ANY ($1::text[]::xid8[]) AND xid >= $2::text::xid8 ORDER BY change_id"#,
            transactions,
            // What is below was polled, and told, already.
            self.position.unwrap_or_default().to_string()
        )
        .fetch_all(self.connection().await?)
        .await?;
        let answered_at = self.feed.db().clock().monotonic();
        if self.remembered.len() + rows.len() > REMEMBERED_MAX {
            self.remembered.clear();
        }
        for row in &rows {
            if self.remembered.insert(row.change_id) {
                self.tell(row, "heard", answered_at);
            }
        }
        Ok(())
    }

    /// Tells watchers, and how late that is.
    fn tell(&self, row: &Row, how: &'static str, answered_at: Instant) {
        metrics::counter!("tollgate_changes_total", "how" => how).increment(1);
        let tenant_id = TenantId(row.tenant_id);
        let event = match Topic::of(&row.topic) {
            Some(topic) => FeedEvent::Changed(Change {
                topic,
                tenant_id,
                object_id: row.object_id,
                version: row.version,
            }),
            // A newer node's word: whatever it means, forgetting is right.
            None => FeedEvent::Reset,
        };
        self.feed.tell(&event);
        if Topic::of(&row.topic) == Some(Topic::Key) {
            let age = Duration::from_micros(u64::try_from(row.age_us).unwrap_or(0));
            let since = self
                .feed
                .db()
                .clock()
                .monotonic()
                .saturating_duration_since(answered_at);
            self.feed.key_changed(age.saturating_add(since));
        }
    }

    fn judge(&self) {
        let now = self.feed.db().clock().monotonic();
        let heard = self
            .echo_at
            .is_some_and(|at| now.saturating_duration_since(at) <= SILENCE_MAX);
        self.feed.enter(match (self.database, heard) {
            (false, _) => FeedState::DatabaseLost,
            (true, false) => FeedState::ListenerLost,
            (true, true) => FeedState::Normal,
        });
    }
}
