//! What was observed, on its way to PostgreSQL and to the other nodes: a queue in which each account stands at most once,
//! so that its latest state is written, and the one task that writes. While the database is away it waits.

use crate::live::{Change, Live, Transition};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tollgate_contract::accounts::AccountState;
use tollgate_store::{Clock, Db, StoreError, Topic, announce};

/// Accounts whose state waits to be written; only an outage that moves this many accounts fills it.
const QUEUE_MAX: usize = 10_000;
/// Between attempts while the database is away.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// What waits at the end of the process gets this long.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug)]
pub(crate) struct Reports {
    clock: Clock,
    queue: Mutex<VecDeque<Arc<Live>>>,
    wake: Notify,
}

impl Reports {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            queue: Mutex::default(),
            wake: Notify::new(),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// After each change of an account's state.
    pub(crate) fn changed(&self, live: &Arc<Live>, change: Change) {
        let condition = live.condition();
        let state = condition.state.as_str();
        metrics::counter!("tollgate_account_state_changes_total", "state" => state).increment(1);
        if condition.state == AccountState::Active {
            tracing::info!(account.id = %live.account, tenant.id = %live.tenant, "an upstream account is active again");
        } else {
            let until = condition.until.map(|until| until.to_rfc3339());
            tracing::warn!(
                account.id = %live.account, tenant.id = %live.tenant, state, until, reason = &*condition.reason,
                "an upstream account takes no requests now"
            );
        }
        if change == Change::ToQueue {
            self.push(live);
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
        while !shutdown.is_cancelled() {
            match self.write_all(&db).await {
                Ok(()) => {
                    last_error.clear();
                    shutdown.run_until_cancelled(self.wake.notified()).await;
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
        match tokio::time::timeout(FLUSH_MAX, self.write_all(&db)).await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => tracing::warn!(%error, "account states were left unwritten"),
            Err(_) => {
                tracing::warn!("account states were left unwritten: the database did not answer in time");
            }
        }
    }

    /// Writes what waits, oldest first, one transaction each: they are rare. What is refused waits behind the others.
    async fn write_all(&self, db: &Db) -> Result<(), StoreError> {
        let (mut refused, mut outcome) = (Vec::new(), Ok(()));
        loop {
            let Some(live) = self.queue.lock().pop_front() else {
                break;
            };
            let Some(transition) = live.begin_write() else {
                continue;
            };
            match write(db, &live, &transition).await {
                Ok(version) => live.written(&transition, version),
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

/// Writes the state unless the row has a later one or is gone; gives the row's new version.
async fn write(db: &Db, live: &Live, transition: &Transition) -> Result<Option<i64>, StoreError> {
    let condition = &transition.condition;
    let mut tx = db.tenant(live.tenant).await?;
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET state = $3, state_until = $4, state_reason = $5, state_since = $6, failures = $7,
                updated_at = GREATEST(updated_at, $6), version = version + 1
         WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL AND state <> 'disabled' AND state_since < $6
         RETURNING version",
        live.tenant.0,
        live.account.0,
        condition.state.as_str(),
        condition.until,
        &*condition.reason,
        condition.since,
        i32::try_from(condition.failures).unwrap_or(i32::MAX)
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(version) = version {
        announce(&mut tx, Topic::Account, live.account.0, version).await?;
    }
    tx.commit().await?;
    Ok(version)
}
