//! The settler: one task per node that takes done entries from the journal, books them in PostgreSQL in batches, and
//! only then lets the journal forget them. It retries for ever what the database can't do now, and parts from a batch
//! only the entry that can't be booked. Never in here: SQL (the folder's other files).

mod accounts;
pub(crate) mod canonical;
mod compare;
mod costs;
mod dead;
mod dims;
mod events;
mod leases;
pub(crate) mod reprice;
mod rollups;
mod row;
mod slices;
mod sums;
mod transaction;
mod write;

pub(crate) use write::lock_heads;

use crate::error::{LedgerError, Remedy, is_missing_partition, remedy};
use crate::journal::{Journal, Unreadable};
use crate::node::NodeEpoch;
use chrono::TimeDelta;
use dead::{Letter, bury};
pub(crate) use events::column;
pub(crate) use row::EventRow;
use std::collections::HashSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tollgate_contract::ids::RequestId;
use tollgate_store::Db;
pub(crate) use transaction::{Settled, rebook, settle};

/// Deadlocks are tried again this often at once, then with a pause.
const AGAIN_MAX: u32 = 5;
/// First pause after a failure of the database; doubled up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// A partition must exist for entries of this time around now.
const RECENT: TimeDelta = TimeDelta::days(20);

/// How the settler gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettleSettings {
    /// How long it waits for more once there is something: 50 to 200 ms.
    pub gather: Duration,
    /// At most this many entries in a transaction.
    pub batch_max: usize,
}

impl Default for SettleSettings {
    fn default() -> Self {
        Self {
            gather: Duration::from_millis(100),
            batch_max: 1000,
        }
    }
}

/// Why the settler ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was asked to, and nothing is left.
    Empty,
    /// It was told to give up.
    Aborted,
    /// Another process has taken over.
    Fenced,
}

/// Settles a node's journal.
#[derive(Clone, Debug)]
pub(crate) struct Settler {
    pub db: Db,
    pub node: NodeEpoch,
    pub journal: Journal,
    pub settings: SettleSettings,
    /// Asked to end once nothing is left.
    pub finish: CancellationToken,
    /// Told to end now.
    pub abort: CancellationToken,
}

impl Settler {
    /// Runs until it is told to end.
    pub async fn run(self) -> Ended {
        loop {
            if self.journal.ready() == 0 {
                tokio::select! {
                    () = self.journal.wait_ready() => {}
                    () = self.finish.cancelled() => {
                        if self.journal.ready() == 0 {
                            return Ended::Empty;
                        }
                    }
                    () = self.abort.cancelled() => return Ended::Aborted,
                }
            }
            self.gather().await;
            if let Err(ended) = self.settle_some().await {
                if ended == Ended::Fenced {
                    self.node.fence();
                }
                return ended;
            }
        }
    }

    /// Waits for more, unless there is a whole batch or no time.
    async fn gather(&self) {
        if self.journal.ready() < self.settings.batch_max as u64 {
            tokio::select! {
                () = tokio::time::sleep(self.settings.gather) => {}
                () = self.finish.cancelled() => {}
                () = self.abort.cancelled() => {}
            }
        }
    }

    async fn settle_some(&self) -> Result<(), Ended> {
        let page = match self.journal.take(self.settings.batch_max).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "done entries can't be read from the journal");
                return self.pause(PAUSE_LONGEST).await;
            }
        };
        if !page.unreadable.is_empty() {
            self.bury_unreadable(&page.unreadable).await?;
        }
        let (mut rows, mut seen, mut again) = (Vec::new(), HashSet::new(), Vec::new());
        for entry in &page.entries {
            match EventRow::new(entry) {
                Ok(row) if seen.insert(row.request_id) => rows.push(row),
                // The same request twice in a page: after the first one is booked it is compared.
                Ok(row) => again.push(row),
                Err(error) => {
                    self.bury_one(Letter::of_entry(entry, "poison", error.to_string()))
                        .await?;
                }
            }
        }
        self.settle_or_split(rows).await?;
        for row in again {
            self.settle_or_split(vec![row]).await?;
        }
        Ok(())
    }

    /// Books rows; what can't be booked together is split in halves, down to the entry at fault.
    async fn settle_or_split(&self, rows: Vec<EventRow>) -> Result<(), Ended> {
        let mut stack = vec![rows];
        while let Some(mut rows) = stack.pop() {
            if rows.is_empty() {
                continue;
            }
            let started = self.db.clock().monotonic();
            match self.settle_patiently(&rows).await {
                Ok(settled) => {
                    let took = self.db.clock().monotonic().duration_since(started);
                    count(settled, took);
                    self.journal
                        .settled(rows.iter().map(|row| RequestId(row.request_id)).collect());
                }
                Err(Failed::Ended(ended)) => return Err(ended),
                Err(Failed::Poisoned(error)) if rows.len() == 1 => {
                    for row in rows {
                        self.bury_one(Letter::of_entry(&row.entry, "poison", error.to_string()))
                            .await?;
                    }
                }
                Err(Failed::Poisoned(error)) => {
                    tracing::warn!(%error, entries = rows.len(), "a batch can't be booked and is split");
                    let second = rows.split_off(rows.len() / 2);
                    stack.push(second);
                    stack.push(rows);
                }
            }
        }
        Ok(())
    }

    /// Tries for ever what the database can't do now.
    async fn settle_patiently(&self, rows: &[EventRow]) -> Result<Settled, Failed> {
        let (mut tries, mut pause) = (0, PAUSE_FIRST);
        loop {
            let error = match settle(&self.db, &self.node, rows).await {
                Ok(settled) => return Ok(settled),
                Err(error) => error,
            };
            tries += 1;
            match remedy(&error) {
                Remedy::Split if self.is_house_fault(rows, &error) => {
                    tracing::error!(%error, "a partition of usage_events or platform_costs is missing");
                    self.pause(PAUSE_LONGEST).await.map_err(Failed::Ended)?;
                }
                Remedy::Split => return Err(Failed::Poisoned(error)),
                Remedy::End if matches!(error, LedgerError::Fenced) => {
                    return Err(Failed::Ended(Ended::Fenced));
                }
                Remedy::End => return Err(Failed::Ended(Ended::Aborted)),
                Remedy::Again if tries <= AGAIN_MAX => {
                    metrics::counter!("tollgate_settle_retries_total", "reason" => "deadlock").increment(1);
                }
                Remedy::Again | Remedy::Wait => {
                    metrics::counter!("tollgate_settle_retries_total", "reason" => "unavailable")
                        .increment(1);
                    tracing::warn!(%error, entries = rows.len(), "settlement waits for the database");
                    self.pause(pause).await.map_err(Failed::Ended)?;
                    pause = (pause * 2).min(PAUSE_LONGEST);
                }
            }
        }
    }

    /// A missing partition is the fault of an old entry, but not of today's: then all would end in the dead letters.
    fn is_house_fault(&self, rows: &[EventRow], error: &LedgerError) -> bool {
        let now = self.db.clock().now();
        let recent = |row: &EventRow| (now - row.bucket).abs() < RECENT;
        is_missing_partition(error) && rows.iter().all(recent)
    }

    async fn bury_unreadable(&self, rows: &[Unreadable]) -> Result<(), Ended> {
        for row in rows {
            self.bury_one(Letter::of_unreadable(row, &self.node)).await?;
        }
        Ok(())
    }

    /// A letter that not even the dead letters take stays in the journal and is tried again at the next start.
    async fn bury_one(&self, letter: Letter) -> Result<(), Ended> {
        tracing::error!(request.id = %letter.request_id, error = letter.error(), "an entry can't be booked");
        metrics::counter!("tollgate_settle_dead_letters_total").increment(1);
        let mut pause = PAUSE_FIRST;
        loop {
            let Err(error) = bury(&self.db, &self.node, std::slice::from_ref(&letter)).await else {
                self.journal.settled(vec![RequestId(letter.request_id)]);
                return Ok(());
            };
            match remedy(&error) {
                Remedy::Split => {
                    tracing::error!(%error, request.id = %letter.request_id, "a dead letter can't be written");
                    return Ok(());
                }
                Remedy::End if matches!(error, LedgerError::Fenced) => return Err(Ended::Fenced),
                Remedy::End => return Err(Ended::Aborted),
                Remedy::Again | Remedy::Wait => self.pause(pause).await?,
            }
            pause = (pause * 2).min(PAUSE_LONGEST);
        }
    }

    async fn pause(&self, pause: Duration) -> Result<(), Ended> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.abort.cancelled() => Err(Ended::Aborted),
        }
    }
}

/// Why rows were not booked.
enum Failed {
    /// One of them can't be.
    Poisoned(LedgerError),
    /// The settler ends.
    Ended(Ended),
}

fn count(settled: Settled, took: Duration) {
    metrics::histogram!("tollgate_settle_seconds").record(took.as_secs_f64());
    metrics::counter!("tollgate_settled_events_total").increment(settled.booked as u64);
    metrics::counter!("tollgate_settle_replayed_total").increment(settled.replayed as u64);
    metrics::counter!("tollgate_settle_corrected_total").increment(settled.corrected as u64);
    metrics::counter!("tollgate_settle_conflicts_total").increment(settled.conflicts as u64);
}
