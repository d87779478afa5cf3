//! The keys that seals and receipts are checked with: nobody's secret.

use crate::state::ManageState;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_contract::books::{LedgerKey, LedgerKeys};
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{ClientAddress, Fault};
use tollgate_store::{SigningError, public_keys};

/// So long a list is told again before the database is asked: anybody may ask, as often as they like.
const FRESH: Duration = Duration::from_secs(5);

/// What was last read, and when. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyList(Arc<Mutex<Option<(Instant, LedgerKeys)>>>);

impl KeyList {
    /// What may still be told. Where it is too old, one caller is told so and reads anew; the others go on with it.
    fn look(&self, now: Instant) -> Option<LedgerKeys> {
        let mut known = self.0.lock();
        let (read_at, keys) = known.as_mut()?;
        if now.saturating_duration_since(*read_at) >= FRESH {
            *read_at = now;
            return None;
        }
        Some(keys.clone())
    }

    fn keep(&self, now: Instant, keys: LedgerKeys) {
        *self.0.lock() = Some((now, keys));
    }
}

pub(super) async fn list(state: &ManageState, address: ClientAddress) -> Result<LedgerKeys, Fault> {
    let (list, now) = (state.ledger_keys(), state.clock().monotonic());
    if let Some(keys) = list.look(now) {
        return Ok(keys);
    }
    state
        .refresh_door()
        .attempt(&address.bucket())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let keys = read(state).await?;
    list.keep(now, keys.clone());
    Ok(keys)
}

async fn read(state: &ManageState) -> Result<LedgerKeys, Fault> {
    let keys = public_keys(state.db()).await.map_err(|error| match error {
        SigningError::Store(error) => Fault::from(error),
        other => Fault::internal(other.to_string()),
    })?;
    let keys = keys.into_iter().map(|key| LedgerKey {
        key_id: key.key_id,
        algorithm: "Ed25519".to_owned(),
        public_key: key.hex(),
        created_at: key.created_at,
        retired_at: key.retired_at,
    });
    Ok(LedgerKeys { keys: keys.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_reads_anew_while_the_others_are_told_what_is_known() {
        let (list, then) = (KeyList::default(), tollgate_store::Clock::system().monotonic());
        assert!(list.look(then).is_none());
        list.keep(then, LedgerKeys { keys: Vec::new() });
        assert!(list.look(then + FRESH / 2).is_some());
        assert!(list.look(then + FRESH).is_none());
        assert!(list.look(then + FRESH).is_some());
    }
}
