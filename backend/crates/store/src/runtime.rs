//! The core runtime: a multi-thread tokio runtime, made before the server's workers, that owns the database pools,
//! Redis connections, journal, batcher, listener and jobs. Workers hand it futures; its tasks have an owner and are
//! awaited at shutdown.

use crate::StoreError;
use std::future::Future;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// A handle to the core runtime and to the tasks on it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CoreRuntime {
    handle: Handle,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl CoreRuntime {
    /// Wraps the runtime on which everything long-lived shall run.
    pub fn new(handle: Handle) -> Self {
        Self {
            handle,
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        }
    }

    /// Starts a long-lived task. It must end soon after `shutdown_token()` is cancelled.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let span = tracing::info_span!("task", task = name);
        drop(self.tasks.spawn_on(future.instrument(span), &self.handle));
    }

    /// Runs a future on the core runtime and waits for it: for whatever opens a connection, when called on a worker.
    ///
    /// # Errors
    /// `StoreError::Stopped` if the runtime ends, or the future panics, before it is done.
    pub async fn run<F, T>(&self, future: F) -> Result<T, StoreError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.handle
            .spawn(future.in_current_span())
            .await
            .map_err(|_| StoreError::Stopped)
    }

    /// The same, and to its end even if nobody waits for it any more: the process ends only after it, within its limit.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn run_to_end<F, T>(&self, future: F) -> Result<T, StoreError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.tasks
            .spawn_on(future.in_current_span(), &self.handle)
            .await
            .map_err(|_| StoreError::Stopped)
    }

    /// Runs blocking work on the core runtime's blocking threads.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn run_blocking<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle
            .spawn_blocking(work)
            .await
            .map_err(|_| StoreError::Stopped)
    }

    /// The tokio handle, for what needs it itself.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Cancelled when the process begins to end its long-lived tasks.
    pub fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Asks all tasks to end and waits for them, at most `limit`. Tells whether all did.
    pub async fn stop(&self, limit: Duration) -> bool {
        self.shutdown.cancel();
        self.tasks.close();
        tokio::time::timeout(limit, self.tasks.wait()).await.is_ok()
    }
}
