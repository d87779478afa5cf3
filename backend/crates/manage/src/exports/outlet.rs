//! Where a file's bytes wait for whoever takes them, and for how long: a download that stands still, or drips, must not
//! keep others from theirs. Never in here: making the bytes.

use super::error::ExportError;
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::mpsc;
use tollgate_store::Clock;

/// Pieces that wait for whoever takes them.
const WAITING: usize = 2;
/// How long all waiting together may take whatever was taken, so that a short pause ends no download.
const GRACE: Duration = Duration::from_mins(1);
/// The slowest pace beyond that, in bytes a second: half a megabit.
const PACE_MIN: u64 = 64 * 1024;

/// A piece of a file, or why there are no more.
pub(super) type Piece = Result<Bytes, ExportError>;

/// The maker's end.
#[derive(Debug)]
pub(super) struct Outlet {
    clock: Clock,
    pieces: mpsc::Sender<Piece>,
    grace: Duration,
    /// Time spent waiting for the other end.
    waited: Duration,
    taken: u64,
}

/// Both ends.
pub(super) fn outlet(clock: &Clock) -> (Outlet, mpsc::Receiver<Piece>) {
    let (pieces, taken) = mpsc::channel(WAITING);
    let outlet = Outlet {
        clock: clock.clone(),
        pieces,
        grace: GRACE,
        waited: Duration::ZERO,
        taken: 0,
    };
    (outlet, taken)
}

impl Outlet {
    /// Hands bytes on as soon as there is room.
    ///
    /// # Errors
    /// `Left` if nobody takes them any more, or too slowly.
    pub(super) async fn put(&mut self, bytes: Bytes) -> Result<(), ExportError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let earned = Duration::from_secs(self.taken / PACE_MIN);
        let left = self.grace.saturating_add(earned).saturating_sub(self.waited);
        let begun = self.clock.monotonic();
        let room = tokio::time::timeout(left, self.pieces.reserve()).await;
        let waited = self.clock.monotonic().saturating_duration_since(begun);
        self.waited = self.waited.saturating_add(waited);
        match room {
            Ok(Ok(room)) => {
                room.send(Ok(bytes));
                self.taken = self.taken.saturating_add(length);
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(ExportError::Left),
        }
    }

    /// Says how it ended: well, or by what error. Without a word the other end takes it for an error.
    pub(super) async fn end(self, how: Result<(), ExportError>) {
        // An empty piece is the good end.
        let last = how.map(|()| Bytes::new());
        let _ = self.pieces.send_timeout(last, self.grace).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_takes_nothing_is_waited_for_no_longer_than_the_grace() {
        let (mut outlet, mut pieces) = outlet(&Clock::system());
        outlet.grace = Duration::ZERO;
        for _ in 0..WAITING {
            outlet.put(Bytes::from_static(b"x")).await.unwrap();
        }
        assert!(matches!(
            outlet.put(Bytes::from_static(b"x")).await,
            Err(ExportError::Left)
        ));
        // A place that is free is used at once, however long the wait was before.
        assert_eq!(pieces.recv().await.unwrap().unwrap(), Bytes::from_static(b"x"));
        outlet.put(Bytes::from_static(b"y")).await.unwrap();
    }

    #[tokio::test]
    async fn a_pace_that_is_kept_earns_time() {
        let (mut outlet, mut pieces) = outlet(&Clock::system());
        outlet.grace = Duration::ZERO;
        outlet.taken = PACE_MIN * 60;
        for _ in 0..WAITING {
            outlet.put(Bytes::from_static(b"x")).await.unwrap();
        }
        let (put, _) = tokio::join!(outlet.put(Bytes::from_static(b"y")), pieces.recv());
        put.unwrap();
    }
}
