//! What was observed, on its way to PostgreSQL and to the other nodes: a queue in which each account stands at most once,
//! so that its latest state is written, and the one task that writes. While the database is away it waits. What is in no
//! hurry (how far windows are used) is gathered for some seconds.

mod write;

use crate::live::{Change, Live};
use crate::nodes::Nodes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tollgate_contract::accounts::AccountState;
use tollgate_store::{Clock, Db, StoreError};
use write::write;

/// Accounts whose state waits to be written; only an outage that moves this many accounts fills it.
const QUEUE_MAX: usize = 10_000;
/// Between attempts while the database is away.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// What is in no hurry is written this often: an account's windows change with each of its answers.
const GATHER_INTERVAL: Duration = Duration::from_secs(10);
/// What waits at the end of the process gets this long.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug)]
pub(crate) struct Reports {
    clock: Clock,
    queue: Mutex<VecDeque<Arc<Live>>>,
    /// What is in no hurry.
    gathered: Mutex<Vec<Arc<Live>>>,
    wake: Notify,
    nodes: Arc<Nodes>,
}

impl Reports {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            queue: Mutex::default(),
            gathered: Mutex::default(),
            wake: Notify::new(),
            nodes: Arc::default(),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Who splits the accounts' caps with the other nodes.
    pub(crate) fn nodes(&self) -> &Arc<Nodes> {
        &self.nodes
    }

    /// After each change of an account's state.
    pub(crate) fn changed(&self, live: &Arc<Live>, change: Change) {
        let condition = live.condition();
        let state = condition.state.as_str();
        metrics::counter!("tollgate_account_state_changes_total", "state" => state).increment(1);
        let until = condition.until.map(|until| until.to_rfc3339());
        match condition.state {
            AccountState::Active => {
                tracing::info!(account.id = %live.account, tenant.id = %live.tenant, "an upstream account is active again");
            }
            AccountState::Unauthorized => tracing::error!(
                account.id = %live.account, tenant.id = %live.tenant, reason = &*condition.reason,
                "an upstream account is refused: a person must renew its credential"
            ),
            _ => tracing::warn!(
                account.id = %live.account, tenant.id = %live.tenant, state, until, reason = &*condition.reason,
                "an upstream account takes no requests now"
            ),
        }
        if change == Change::ToQueue {
            self.push(live);
        }
    }

    /// After something was learnt of an account that is no state.
    pub(crate) fn noticed(&self, live: &Arc<Live>, change: Change) {
        match change {
            Change::None | Change::Queued => {}
            Change::ToQueue => self.push(live),
            Change::Later => self.gather(live),
        }
    }

    fn gather(&self, live: &Arc<Live>) {
        let mut gathered = self.gathered.lock();
        if gathered.len() >= QUEUE_MAX {
            live.not_queued();
            return;
        }
        gathered.push(live.clone());
        let is_first = gathered.len() == 1;
        drop(gathered);
        if is_first {
            self.wake.notify_one();
        }
    }

    /// What was gathered is due.
    fn release_gathered(&self) {
        for live in std::mem::take(&mut *self.gathered.lock()) {
            if live.waited() {
                self.push(&live);
            }
        }
    }

    fn push(&self, live: &Arc<Live>) {
        let mut queue = self.queue.lock();
        if queue.len() >= QUEUE_MAX {
            live.not_queued();
            metrics::counter!("tollgate_account_states_unwritten_total").increment(1);
            return;
        }
        queue.push_back(live.clone());
        drop(queue);
        self.wake.notify_one();
    }

    /// Writes until shutdown, and then what still waits, if the database lets it.
    pub(crate) async fn run(self: Arc<Self>, db: Db, shutdown: CancellationToken) {
        let mut last_error = String::new();
        let mut due = self.clock.monotonic() + GATHER_INTERVAL;
        while !shutdown.is_cancelled() {
            let now = self.clock.monotonic();
            if now >= due {
                self.release_gathered();
                due = now + GATHER_INTERVAL;
            }
            match self.write_all(&db).await {
                Ok(()) => {
                    last_error.clear();
                    let wait = due.saturating_duration_since(now);
                    shutdown.run_until_cancelled(self.next(wait)).await;
                }
                Err(error) => {
                    // Once per cause: the next attempt comes in a second.
                    let error = error.to_string();
                    if error != last_error {
                        tracing::warn!(error, "account states can't be written at the moment");
                        last_error = error;
                    }
                    shutdown
                        .run_until_cancelled(tokio::time::sleep(RETRY_INTERVAL))
                        .await;
                }
            }
        }
        self.release_gathered();
        match tokio::time::timeout(FLUSH_MAX, self.write_all(&db)).await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => tracing::warn!(%error, "account states were left unwritten"),
            Err(_) => {
                tracing::warn!("account states were left unwritten: the database did not answer in time");
            }
        }
    }

    /// Until there is something to write.
    async fn next(&self, wait: Duration) {
        if self.gathered.lock().is_empty() {
            self.wake.notified().await;
        } else {
            // Woken or not: it is looked again either way.
            let _ = tokio::time::timeout(wait, self.wake.notified()).await;
        }
    }

    /// Writes what waits, oldest first, one transaction each: they are rare. What is refused waits behind the others.
    async fn write_all(&self, db: &Db) -> Result<(), StoreError> {
        let (mut refused, mut outcome) = (Vec::new(), Ok(()));
        loop {
            let Some(live) = self.queue.lock().pop_front() else {
                break;
            };
            let Some(work) = live.begin_write() else {
                continue;
            };
            match write(db, &live, &work).await {
                Ok(version) => live.written(&work, version),
                Err(error) => {
                    let again = matches!(error, StoreError::Refused(_));
                    outcome = Err(error);
                    refused.push(live);
                    if !again {
                        break;
                    }
                }
            }
        }
        let mut queue = self.queue.lock();
        for live in refused {
            if live.not_written() {
                queue.push_back(live);
            }
        }
        outcome
    }
}
