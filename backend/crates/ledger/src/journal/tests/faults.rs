//! The journal under a full disk and under callers that go away.

use super::{begin, small, take_all};
use crate::entry::DoneEntry;
use crate::journal::writer::{Command, Envelope};
use crate::journal::{EpochCount, JournalError, NotAdmitting};
use crate::samples::{done_of, open_entry};
use std::future::Future;
use std::task::Poll;
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_store::Clock;

#[tokio::test]
async fn on_a_full_disk_running_requests_are_still_settled_and_it_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    let clock = Clock::system();
    let running = open_entry(&clock, TenantId(clock.new_id()));
    let id = running.request_id;
    journal.open(running).await.expect("opened");
    let limit = |pages| {
        journal.queue.send(Envelope {
            command: Command::Full { pages },
            permit: None,
        })
    };
    limit(1).expect("the writer runs");
    let big = DoneEntry {
        error_code: "x".repeat(100_000),
        ..done_of(id, 33)
    };
    assert!(matches!(journal.done(big).await, Err(JournalError::File(_))));
    assert_eq!(journal.can_admit(), Err(NotAdmitting::Failing));
    assert!(
        !folder.path().join("reserve").exists(),
        "the reserve was given up"
    );
    let (entries, _) = take_all(&journal).await;
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.done.usage.output)
            .collect::<Vec<_>>(),
        [33]
    );
    limit(0).expect("the writer runs");
    tokio::time::timeout(Duration::from_secs(10), async {
        while journal.can_admit().is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("it admits again");
    journal.settled(vec![id]);
    journal.epochs().await.expect("a barrier");
    assert_eq!(journal.depth(), 0);
    assert!(folder.path().join("reserve").exists(), "the reserve is back");
    journal.close().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_while_its_request_is_opened_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    let clock = Clock::system();
    let mut opened = 0;
    for round in 0..200_u32 {
        let opening = journal.open(open_entry(&clock, TenantId(clock.new_id())));
        tokio::pin!(opening);
        // Polled once, so that it is under way; now and then the writer is quicker than that.
        let poll = std::future::poll_fn(|context| Poll::Ready(opening.as_mut().poll(context))).await;
        opened += i64::from(poll.is_ready());
        if round % 2 == 0 {
            // Long enough for the writer to have it done.
            journal.epochs().await.expect("a barrier");
        }
    }
    let counts = journal.epochs().await.expect("epochs");
    assert!(opened < 200);
    assert_eq!(
        counts,
        [EpochCount {
            epoch: 1,
            opened,
            left: opened
        }]
    );
    assert_eq!(journal.depth(), u64::try_from(opened).expect("a count"));
    journal.close().await;
}
