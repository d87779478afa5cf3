//! The keeper: the one task, on the core runtime, that owns the connection to Redis. It connects, probes, renews open
//! slots and writes what ended requests leave. One after the other, so a release is never overtaken by a renewal.

use super::script::{millis, time_argument};
use super::shared::{GiveBack, Message, Shared};
use super::{BACKGROUND_TIMEOUT, HEARTBEAT_INTERVAL, SLOT_TTL};
use crate::windows::{Subject, slot_key};
use deadpool_redis::{Connection, Pool};
use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// How long after a failed attempt Redis is tried again. Requests do not wait for it.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// Probes in a row that must answer within `ADMIT_TIMEOUT` before requests are sent to Redis again.
const PROBES: u32 = 3;

/// Ended requests written in one round trip.
const BATCH_MAX: usize = 256;

/// Slots renewed by one command.
const SLOTS_PER_COMMAND: usize = 512;

pub(super) struct Keeper {
    shared: Arc<Shared>,
    pool: Pool,
    messages: mpsc::Receiver<Message>,
    /// Taken from the queue and not yet written.
    batch: Vec<Message>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, pool: Pool, messages: mpsc::Receiver<Message>) -> Self {
        Self {
            shared,
            pool,
            messages,
            batch: Vec::with_capacity(BATCH_MAX),
        }
    }

    /// Until shutdown: have Redis, lose it, have it again.
    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        let mut last_error = String::new();
        while !shutdown.is_cancelled() {
            match self.rise().await {
                Ok(connection) => {
                    last_error.clear();
                    self.serve(connection, &shutdown).await;
                }
                Err(error) => {
                    // Once per cause: the probe comes four times a second.
                    let error = error.to_string();
                    if error != last_error {
                        tracing::warn!(error, "limits: Redis is not usable yet");
                        last_error = error;
                    }
                    shutdown
                        .run_until_cancelled(tokio::time::sleep(PROBE_INTERVAL))
                        .await;
                }
            }
        }
        // What ended requests left just before is still worth a try; without Redis there is nothing to write it to.
        if let Some(connection) = self.shared.connection() {
            self.messages.close();
            while self.write(&connection).await.is_ok()
                && self.messages.recv_many(&mut self.batch, BATCH_MAX).await > 0
            {}
        }
    }

    /// Connects and makes sure that Redis is quick, writable and knows the scripts and our open slots.
    async fn rise(&self) -> Result<MultiplexedConnection, ProbeError> {
        let pooled = self
            .pool
            .get()
            .await
            .map_err(|error| ProbeError::Connect(error.to_string()))?;
        // Out of the pool for good: one that failed must not be handed out again.
        let mut connection = Connection::take(pooled);
        self.shared.scripts.load(&mut connection).await?;
        for _ in 0..PROBES {
            // A write, since a read-only replica or a full Redis would answer a ping.
            let probe = redis::cmd("SET")
                .arg("tg:probe")
                .arg(1)
                .arg("EX")
                .arg(10)
                .to_owned();
            let answer =
                tokio::time::timeout(super::ADMIT_TIMEOUT, connection.req_packed_command(&probe)).await;
            answer.map_err(|_| ProbeError::Slow)??;
        }
        self.heartbeat(&connection).await?;
        self.shared.rise(connection.clone());
        Ok(connection)
    }

    /// Works for this connection until it is given up or the process ends.
    async fn serve(&mut self, connection: MultiplexedConnection, shutdown: &CancellationToken) {
        let mut beats = tokio::time::interval(HEARTBEAT_INTERVAL);
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        beats.reset();
        loop {
            if let Err(error) = self.write(&connection).await {
                self.shared.fall(&format!("writing: {error}"));
            }
            if self.shared.connection().is_none() {
                return;
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.shared.fallen.notified() => {}
                _ = beats.tick() => {
                    if let Err(error) = self.heartbeat(&connection).await {
                        self.shared.fall(&format!("heartbeat: {error}"));
                    }
                }
                _ = self.messages.recv_many(&mut self.batch, BATCH_MAX) => {}
            }
        }
    }

    /// Writes the batch. After an error it is kept, to be written again.
    async fn write(&mut self, connection: &MultiplexedConnection) -> RedisResult<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let now_ms = self.shared.time_ms();
        let time = time_argument(self.shared.terms.test_clock.as_ref());
        let mut pipeline = redis::pipe();
        pipeline.ignore_errors();
        for message in &self.batch {
            if let Message::GiveBack(record) = message {
                self.shared
                    .scripts
                    .give_back(&mut pipeline, record, now_ms, &time);
            }
        }
        if !pipeline.is_empty() {
            self.send(connection, &pipeline).await?;
        }
        for message in std::mem::take(&mut self.batch) {
            match message {
                Message::GiveBack(GiveBack { slot: None, .. }) => {}
                Message::GiveBack(GiveBack { limits, .. }) => {
                    self.shared.local.watchers.tell(limits.inner());
                }
                // Who asked may be gone.
                Message::Drained(done) => done.send(()).unwrap_or(()),
                #[cfg(test)]
                Message::Heartbeat(done) => {
                    self.heartbeat(connection).await?;
                    done.send(()).unwrap_or(());
                }
            }
        }
        Ok(())
    }

    /// Sends a pipeline. Bookings that failed because Redis forgot the script are sent again; anything else that single
    /// commands report would fail again, and is only told.
    async fn send(&self, connection: &MultiplexedConnection, pipeline: &redis::Pipeline) -> RedisResult<()> {
        let mut connection = connection.clone();
        let answers: Vec<RedisResult<Value>> = pipeline.query_async(&mut connection).await?;
        let mut again = redis::pipe();
        again.ignore_errors();
        for (command, answer) in pipeline.cmd_iter().zip(answers) {
            match answer {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    again.add_command(command.clone());
                }
                Err(error) => Self::report(&error),
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        self.shared.scripts.load(&mut connection).await?;
        let answers: Vec<RedisResult<Value>> = again.query_async(&mut connection).await?;
        answers
            .into_iter()
            .filter_map(Result::err)
            .for_each(|error| Self::report(&error));
        Ok(())
    }

    fn report(error: &RedisError) {
        metrics::counter!("tollgate_limits_redis_errors_total").increment(1);
        tracing::warn!(%error, "limits: Redis refused to write what a request left");
    }

    /// Renews all slots open on this node, those taken while Redis was gone included.
    async fn heartbeat(&self, connection: &MultiplexedConnection) -> RedisResult<()> {
        let open = self.shared.local.open_slots();
        if open.is_empty() {
            return Ok(());
        }
        let mut connection = connection.clone();
        let now_ms = if let Some(clock) = &self.shared.terms.test_clock {
            u64::try_from(clock.now().timestamp_millis()).unwrap_or(0)
        } else {
            let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(&mut connection).await?;
            seconds * 1000 + micros / 1000
        };
        let expires = now_ms + millis(SLOT_TTL);
        let mut pipeline = redis::pipe();
        for (tenant_id, subject, slots) in open {
            renew(&mut pipeline, tenant_id, subject, &slots, expires);
            if pipeline.len() >= BATCH_MAX {
                pipeline.exec_async(&mut connection).await?;
                pipeline.clear();
            }
        }
        if !pipeline.is_empty() {
            pipeline.exec_async(&mut connection).await?;
        }
        Ok(())
    }
}

fn renew(
    pipeline: &mut redis::Pipeline,
    tenant_id: TenantId,
    subject: Subject,
    slots: &[Uuid],
    expires: u64,
) {
    let key = slot_key(tenant_id, subject);
    for slots in slots.chunks(SLOTS_PER_COMMAND) {
        pipeline.cmd("ZADD").arg(&key);
        for slot in slots {
            pipeline.arg(expires).arg(slot.as_simple().to_string());
        }
        pipeline.ignore();
    }
    pipeline.cmd("PEXPIRE").arg(&key).arg(millis(SLOT_TTL)).ignore();
}

/// Why Redis is not in use yet.
#[derive(Debug, thiserror::Error)]
enum ProbeError {
    #[error("{0}")]
    Connect(String),
    #[error("a probe took over {:?}", super::ADMIT_TIMEOUT)]
    Slow,
    #[error("{0}")]
    Command(#[from] RedisError),
}

// A probe that waits longer than a heartbeat may would let slots lapse while we look.
const _: () = assert!(BACKGROUND_TIMEOUT.as_millis() < HEARTBEAT_INTERVAL.as_millis());
