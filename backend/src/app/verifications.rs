//! Runs the verifications of the books that operators ask for, and the day's own: a task of each node, of which one at a
//! time works. Apart from the jobs, since reading everything may take minutes and nothing shall wait for it.

use std::time::Duration;
use tollgate_ledger::run_verification;
use tollgate_store::Db;

/// How often a node looks whether one waits: whoever asked looks at the page meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Starts the task on the core runtime; it ends at shutdown, and what it had begun is begun anew by another node.
pub fn start(db: &Db) {
    let (stop, db) = (db.core().shutdown_token(), db.clone());
    db.core().clone().spawn("verifications", async move {
        while stop
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_some()
        {
            match stop.run_until_cancelled(run_verification(&db)).await {
                None => return,
                Some(Ok(_)) => {}
                Some(Err(error)) => tracing::warn!(%error, "verifications can't be looked for now"),
            }
        }
    });
}
