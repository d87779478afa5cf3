//! Turns for reads that may go through months of usage: few at once, so that they never take the connections by which
//! the relay knows its keys, and fewer for one organisation. Whoever comes meanwhile waits a while. Never in here: files,
//! which have a desk of their own (`exports::Desk`).

use actix_web::http::header;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tollgate_contract::ids::TenantId;
use tollgate_http::{Code, Fault};

/// Heavy reads at once on a node: a quarter of the connections that a pool has by default.
const AT_ONCE: usize = 4;
/// Of them for one organisation.
const AT_ONCE_EACH: usize = 2;
/// Of one organisation, those that are under way and those that wait.
const IN_LINE: usize = 32;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gives turns. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct HeavyReads(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    patience: Duration,
    node: Arc<Semaphore>,
    lines: Mutex<HashMap<TenantId, Line>>,
}

/// The reads of one organisation.
#[derive(Debug)]
struct Line {
    own: Arc<Semaphore>,
    length: usize,
}

/// A read under way; dropping it lets another begin.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub(crate) struct HeavyTurn {
    _node: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _place: Place,
}

/// A place in an organisation's line.
#[derive(Debug)]
struct Place {
    inner: Arc<Inner>,
    tenant: TenantId,
}

impl Default for HeavyReads {
    fn default() -> Self {
        Self::with_patience(PATIENCE)
    }
}

impl HeavyReads {
    fn with_patience(patience: Duration) -> Self {
        Self(Arc::new(Inner {
            patience,
            node: Arc::new(Semaphore::new(AT_ONCE)),
            lines: Mutex::default(),
        }))
    }

    /// A turn, as soon as there is one.
    ///
    /// # Errors
    /// `TooManyRequests` if it took too long, or too many of the organisation's wait already.
    pub(crate) async fn turn(&self, tenant: TenantId) -> Result<HeavyTurn, Fault> {
        let (place, own) = self.place(tenant).ok_or_else(busy)?;
        let node = self.0.node.clone();
        // One's own first: an organisation that asks for a lot waits behind itself.
        let both = async {
            Ok::<_, tokio::sync::AcquireError>((own.acquire_owned().await?, node.acquire_owned().await?))
        };
        match tokio::time::timeout(self.0.patience, both).await {
            Ok(Ok((own, node))) => Ok(HeavyTurn {
                _node: node,
                _own: own,
                _place: place,
            }),
            _ => Err(busy()),
        }
    }

    fn place(&self, tenant: TenantId) -> Option<(Place, Arc<Semaphore>)> {
        let mut lines = self.0.lines.lock();
        let line = lines.entry(tenant).or_insert_with(|| Line {
            own: Arc::new(Semaphore::new(AT_ONCE_EACH)),
            length: 0,
        });
        if line.length >= IN_LINE {
            return None;
        }
        line.length = line.length.saturating_add(1);
        let place = Place {
            inner: self.0.clone(),
            tenant,
        };
        Some((place, line.own.clone()))
    }
}

fn busy() -> Fault {
    Fault::new(Code::TooManyRequests)
        .detail("Other reports are under way; try again once one of them is done.")
        .header(header::RETRY_AFTER, "10")
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.inner.lines.lock();
        if let Some(line) = lines.get_mut(&self.tenant) {
            line.length = line.length.saturating_sub(1);
            if line.length == 0 {
                lines.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn tenant(number: u128) -> TenantId {
        TenantId(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn one_organisation_waits_behind_itself_and_not_before_others() {
        let reads = HeavyReads::with_patience(Duration::ZERO);
        let first = reads.turn(tenant(1)).await.unwrap();
        let second = reads.turn(tenant(1)).await.unwrap();
        let waited = reads.turn(tenant(1)).await;
        assert_eq!(waited.unwrap_err().code(), Code::TooManyRequests);
        let others: Vec<_> = [reads.turn(tenant(2)).await, reads.turn(tenant(3)).await]
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert!(reads.turn(tenant(4)).await.is_err(), "the node has no more");
        drop(first);
        let next = reads.turn(tenant(1)).await;
        assert!(next.is_ok());
        drop((second, others, next));
        assert!(reads.0.lines.lock().is_empty());
    }

    #[tokio::test]
    async fn whoever_waits_has_the_next_turn() {
        let reads = HeavyReads::default();
        let first = (reads.turn(tenant(1)).await, reads.turn(tenant(1)).await);
        let (next, ()) = tokio::join!(reads.turn(tenant(1)), async { drop(first) });
        assert!(next.is_ok());
    }

    #[tokio::test]
    async fn a_line_is_no_longer_than_it_may_be() {
        let reads = HeavyReads::with_patience(Duration::ZERO);
        let places: Vec<_> = (0..IN_LINE).filter_map(|_| reads.place(tenant(1))).collect();
        assert_eq!(places.len(), IN_LINE);
        assert!(reads.turn(tenant(1)).await.is_err());
        assert!(reads.turn(tenant(2)).await.is_ok());
    }
}
