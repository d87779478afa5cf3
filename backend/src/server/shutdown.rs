//! Signals and the state in which the node is while it goes down: the first signal begins an orderly end, the second
//! one ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tollgate_store::CoreRuntime;

/// SIGTERM and SIGINT, counted from the moment of installing: one that comes during the start is not lost.
#[derive(Clone, Debug)]
pub struct Signals(watch::Receiver<u32>);

impl Signals {
    /// Takes the signals over from their default, which would leave the database of `tollgate dev` running.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn install(core: &CoreRuntime) -> std::io::Result<Self> {
        let _context = core.handle().enter();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (count, seen) = watch::channel(0);
        let stop = core.shutdown_token();
        core.spawn("signals", async move {
            loop {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                    () = stop.cancelled() => return,
                };
                count.send_modify(|count| *count += 1);
                let n = *count.borrow();
                tracing::info!(
                    signal = name,
                    "{}",
                    if n == 1 {
                        "stopping; a second signal stops at once"
                    } else {
                        "stopping at once"
                    }
                );
            }
        });
        Ok(Self(seen))
    }

    /// Waits until so many signals have come.
    pub async fn reached(&self, count: u32) {
        let mut seen = self.0.clone();
        if seen.wait_for(|seen| *seen >= count).await.is_err() {
            // Nobody listens any more: the process is ending anyway, and this must not look like a signal.
            std::future::pending::<()>().await;
        }
    }

    /// Whether one has come already.
    pub fn any(&self) -> bool {
        *self.0.borrow() > 0
    }
}

/// Whether the node goes down; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on it does.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it does.
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
