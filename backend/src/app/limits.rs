//! Tells the operator when this node keeps rate limits in its own memory because Redis is gone or slow: each node lets
//! its share through then, which is right only as long as nodes are counted rightly.

use super::parts::node_name;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tollgate_ledger::Ledger;
use tollgate_limits::{Limiter, LimiterState};
use tollgate_manage::tell_limits_in_process;
use tollgate_store::Db;

/// How often the state is looked at. A fault that is over by the next look is told to nobody.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Watches from now on until the core runtime ends.
pub fn watch(db: &Db, limiter: &Limiter, ledger: &Ledger) {
    let (db, stop) = (db.clone(), db.core().shutdown_token());
    let (limiter, node) = (limiter.clone(), ledger.journal().node_id());
    let host = node_name().host;
    db.core().clone().spawn("limits watch", async move {
        let mut fault = Fault::default();
        while stop
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_some()
        {
            let since = fault.look(limiter.state() == LimiterState::Fallback, db.clock().now());
            let Some(since) = since else { continue };
            match tell_limits_in_process(&db, node, &host, since).await {
                Ok(()) => fault.told = true,
                Err(error) => {
                    tracing::warn!(%error, "the loss of Redis can't be told now; it is tried again");
                }
            }
        }
    });
}

/// A time without Redis.
#[derive(Debug, Default)]
struct Fault {
    since: Option<DateTime<Utc>>,
    told: bool,
}

impl Fault {
    /// Since when it lasts, if that is still to be told.
    fn look(&mut self, lost: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !lost {
            *self = Self::default();
            return None;
        }
        let known = self.since.replace(self.since.unwrap_or(now));
        known.filter(|_| !self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_told_once_and_again_after_it_was_over() {
        let at = |second| DateTime::from_timestamp(second, 0);
        let now = |second| at(second).expect("an instant");
        let mut fault = Fault::default();
        assert_eq!(fault.look(true, now(0)), None, "perhaps a hiccup");
        assert_eq!(fault.look(true, now(2)), at(0));
        assert_eq!(fault.look(true, now(4)), at(0), "it could not be told");
        fault.told = true;
        assert_eq!(fault.look(true, now(6)), None);
        assert_eq!(fault.look(false, now(8)), None);
        assert_eq!(fault.look(true, now(10)), None);
        assert_eq!(fault.look(true, now(12)), at(10));
    }
}
