//! What the journal holds in memory: open requests, progress that waits to be written, and done entries that wait for
//! the settler. Bounded: what does not fit is read back from the file.

use super::NotAdmitting;
use crate::entry::{Entry, OpenEntry, Progress};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tollgate_contract::ids::{NodeId, RequestId};
use tollgate_store::Clock;

/// Done entries kept in memory for the settler; beyond it they are read from the file (PostgreSQL is down then).
pub(super) const READY_MAX: usize = 20_000;
/// Progress of one request is written at most this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// State shared between handles and writer.
#[derive(Debug)]
pub(super) struct Shared {
    pub node_id: NodeId,
    pub clock: Clock,
    /// 0: none.
    pub epoch: AtomicI64,
    pub fenced: AtomicBool,
    pub failing: AtomicBool,
    pub no_space: AtomicBool,
    pub depth: AtomicU64,
    pub free_bytes: AtomicU64,
    /// Unix milliseconds; 0: none.
    pub oldest_ms: AtomicI64,
    pub pending: Mutex<Pending>,
    ready: Notify,
}

impl Shared {
    pub fn new(node_id: NodeId, clock: Clock, depth: u64, last_seq: i64) -> Self {
        Self {
            node_id,
            clock,
            epoch: AtomicI64::new(0),
            fenced: AtomicBool::new(false),
            failing: AtomicBool::new(false),
            no_space: AtomicBool::new(false),
            depth: AtomicU64::new(depth),
            free_bytes: AtomicU64::new(0),
            oldest_ms: AtomicI64::new(0),
            pending: Mutex::new(Pending {
                last_seq,
                ..Pending::default()
            }),
            ready: Notify::new(),
        }
    }

    pub fn epoch(&self) -> Option<i64> {
        Some(self.epoch.load(Ordering::SeqCst)).filter(|epoch| *epoch > 0)
    }

    pub fn can_admit(&self) -> Result<(), NotAdmitting> {
        if self.fenced.load(Ordering::SeqCst) {
            Err(NotAdmitting::Fenced)
        } else if self.epoch().is_none() {
            Err(NotAdmitting::NotServing)
        } else if self.no_space.load(Ordering::Relaxed) {
            Err(NotAdmitting::NoSpace)
        } else if self.failing.load(Ordering::Relaxed) {
            Err(NotAdmitting::Failing)
        } else {
            Ok(())
        }
    }

    pub fn oldest_age(&self) -> Option<Duration> {
        let oldest = self.oldest_ms.load(Ordering::Relaxed);
        let age = self.clock.now().timestamp_millis().saturating_sub(oldest);
        (oldest > 0).then(|| Duration::from_millis(u64::try_from(age).unwrap_or(0)))
    }

    pub fn announce_ready(&self) {
        self.ready.notify_one();
    }

    pub async fn wait_ready(&self) {
        loop {
            let announced = self.ready.notified();
            if self.pending.lock().ready() > 0 {
                return;
            }
            announced.await;
        }
    }
}

/// An open request.
#[derive(Debug)]
struct OpenState {
    entry: Arc<OpenEntry>,
    epoch: i64,
    progress_at: Option<Instant>,
}

/// What waits, in memory.
#[derive(Debug, Default)]
pub(super) struct Pending {
    open: HashMap<RequestId, OpenState>,
    progress: HashMap<RequestId, Progress>,
    /// Done entries with their sequence numbers, ascending.
    ready: VecDeque<(i64, Arc<Entry>)>,
    /// Done entries that could not be written: settled from here alone.
    unwritten: Vec<Arc<Entry>>,
    /// The last sequence number given.
    pub last_seq: i64,
    /// The last sequence number taken by the settler.
    taken_seq: i64,
}

/// What the settler gets.
pub(super) enum Taken {
    Entries(Vec<Arc<Entry>>),
    OnDisk { after: i64 },
    Nothing,
}

impl Pending {
    pub fn opened(&mut self, entry: Arc<OpenEntry>, epoch: i64) {
        self.open.insert(
            entry.request_id,
            OpenState {
                entry,
                epoch,
                progress_at: None,
            },
        );
    }

    pub fn open_entry(&self, id: RequestId) -> Option<(Arc<OpenEntry>, i64)> {
        self.open
            .get(&id)
            .map(|state| (Arc::clone(&state.entry), state.epoch))
    }

    /// The request is done.
    pub fn forget(&mut self, id: RequestId) {
        self.progress.remove(&id);
        self.open.remove(&id);
    }

    /// Tells whether the writer must be woken.
    pub fn note_progress(&mut self, id: RequestId, progress: Progress, now: Instant) -> bool {
        let Some(state) = self.open.get_mut(&id) else {
            return false;
        };
        if state
            .progress_at
            .is_some_and(|at| now.duration_since(at) < PROGRESS_EVERY)
        {
            return false;
        }
        state.progress_at = Some(now);
        self.progress.insert(id, progress);
        self.progress.len() == 1
    }

    pub fn take_progress(&mut self) -> HashMap<RequestId, Progress> {
        std::mem::take(&mut self.progress)
    }

    /// A done entry was written under this number.
    pub fn push_ready(&mut self, seq: i64, entry: Arc<Entry>) {
        self.last_seq = self.last_seq.max(seq);
        if self.ready.len() < READY_MAX {
            self.ready.push_back((seq, entry));
        }
    }

    pub fn push_unwritten(&mut self, entry: Arc<Entry>) {
        self.unwritten.push(entry);
    }

    pub fn ready(&self) -> u64 {
        let written = u64::try_from(self.last_seq.saturating_sub(self.taken_seq)).unwrap_or(0);
        written.saturating_add(self.unwritten.len() as u64)
    }

    pub fn take(&mut self, limit: usize) -> Taken {
        if !self.unwritten.is_empty() {
            let count = limit.min(self.unwritten.len());
            return Taken::Entries(self.unwritten.drain(..count).collect());
        }
        let mut entries = Vec::new();
        while entries.len() < limit {
            match self.ready.front() {
                Some((seq, _)) if *seq <= self.taken_seq => {
                    self.ready.pop_front();
                }
                Some((seq, _)) if *seq == self.taken_seq.saturating_add(1) => {
                    self.taken_seq = *seq;
                    entries.extend(self.ready.pop_front().map(|(_, entry)| entry));
                }
                _ => break,
            }
        }
        if !entries.is_empty() {
            Taken::Entries(entries)
        } else if self.taken_seq < self.last_seq {
            Taken::OnDisk {
                after: self.taken_seq,
            }
        } else {
            Taken::Nothing
        }
    }

    /// A page was read from the file up to this number.
    pub fn taken_up_to(&mut self, seq: i64) {
        self.taken_seq = self.taken_seq.max(seq);
    }
}
