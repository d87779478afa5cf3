//! The journal alone: what goes in comes out again, whatever happens in between.

mod faults;

use super::*;
use crate::entry::{Quality, Status};
use crate::samples::{done_of, open_entry, progress_of};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tempfile::TempDir;
use tollgate_contract::ids::TenantId;

/// Ends the writer at once and waits until the folder is free: what was answered is written, nothing else.
pub(crate) async fn crash(journal: Journal) {
    let _ = journal.queue.send(Envelope {
        command: Command::Abandon,
        permit: None,
    });
    journal.close().await;
}

async fn begin(folder: &TempDir, settings: JournalSettings) -> (Journal, Replay) {
    let (journal, replay) =
        Journal::open_folder(folder.path(), settings, Clock::system()).expect("the folder opens");
    let epoch = journal
        .epochs()
        .await
        .expect("epochs")
        .last()
        .map_or(1, |last| last.epoch + 1);
    journal.serve(epoch).await.expect("an epoch");
    (journal, replay)
}

fn small() -> JournalSettings {
    JournalSettings {
        reserve_bytes: 1 << 16,
        ..JournalSettings::default()
    }
}

/// All done entries, as the settler would get them.
async fn take_all(journal: &Journal) -> (Vec<Arc<Entry>>, Vec<Unreadable>) {
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    while journal.ready() > 0 {
        let page = journal.take(7).await.expect("a page");
        entries.extend(page.entries);
        unreadable.extend(page.unreadable);
    }
    (entries, unreadable)
}

#[derive(Clone, Debug)]
enum Op {
    Open,
    /// Of the nth open request.
    Progress(usize),
    Done(usize),
    Book,
    /// The settler takes what is ready, and has it committed or not.
    Settle {
        committed: bool,
    },
    Crash,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Open),
        2 => (0..8_usize).prop_map(Op::Progress),
        4 => (0..8_usize).prop_map(Op::Done),
        1 => Just(Op::Book),
        1 => any::<bool>().prop_map(|committed| Op::Settle { committed }),
        1 => Just(Op::Crash),
    ]
}

/// What the model expects of a request.
#[derive(Clone, Debug, Default)]
struct Expected {
    progress: Option<u64>,
    done: Option<u64>,
}

async fn run(ops: Vec<Op>) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let (mut journal, _) = begin(&folder, small()).await;
    let mut model: BTreeMap<RequestId, Expected> = BTreeMap::new();
    for (index, op) in ops.into_iter().enumerate() {
        let tokens = 1000 + index as u64;
        let open: Vec<_> = model
            .iter()
            .filter(|(_, expected)| expected.done.is_none())
            .map(|(id, _)| *id)
            .collect();
        match op {
            Op::Open => {
                let entry = open_entry(&clock, TenantId(clock.new_id()));
                model.insert(entry.request_id, Expected::default());
                journal.open(entry).await.expect("opened");
            }
            Op::Progress(nth) if !open.is_empty() => {
                let id = open[nth % open.len()];
                let expected = model.get_mut(&id).expect("known");
                // Only the first of a second is written.
                if expected.progress.is_none() {
                    expected.progress = Some(tokens);
                    journal.progress(id, progress_of(tokens));
                    journal.epochs().await.expect("a barrier");
                }
            }
            Op::Done(nth) if !open.is_empty() => {
                let id = open[nth % open.len()];
                model.get_mut(&id).expect("known").done = Some(tokens);
                journal.done(done_of(id, tokens)).await.expect("done");
            }
            Op::Book => {
                let entry = open_entry(&clock, TenantId(clock.new_id()));
                let id = entry.request_id;
                model.insert(
                    id,
                    Expected {
                        progress: None,
                        done: Some(tokens),
                    },
                );
                journal.book(entry, done_of(id, tokens)).await.expect("booked");
            }
            Op::Settle { committed } => settle(&journal, &mut model, committed).await,
            Op::Crash => {
                crash(journal).await;
                let (reopened, replay) = begin(&folder, small()).await;
                journal = reopened;
                assert_eq!(replay.entries, model.len() as u64);
                check(&journal, &mut model).await;
            }
            Op::Progress(_) | Op::Done(_) => {}
        }
    }
    crash(journal).await;
    let (journal, _) = begin(&folder, small()).await;
    check(&journal, &mut model).await;
    journal.close().await;
}

/// The settler takes what is ready and lets the journal forget it, or dies before.
async fn settle(journal: &Journal, model: &mut BTreeMap<RequestId, Expected>, committed: bool) {
    let (entries, unreadable) = take_all(journal).await;
    assert!(unreadable.is_empty());
    if committed {
        let ids: Vec<_> = entries.iter().map(|entry| entry.open.request_id).collect();
        for id in &ids {
            model.remove(id);
        }
        journal.settled(ids);
        journal.epochs().await.expect("a barrier");
    }
}

/// After a crash the journal gives exactly what the model has; all of it is settled then.
async fn check(journal: &Journal, model: &mut BTreeMap<RequestId, Expected>) {
    let (entries, unreadable) = take_all(journal).await;
    assert!(unreadable.is_empty());
    assert_eq!(entries.len(), model.len(), "every request once");
    for entry in &entries {
        let expected = model
            .remove(&entry.open.request_id)
            .expect("a request that was open, once");
        let found = (entry.done.status, entry.done.quality, entry.done.usage.output);
        let wanted = match (expected.done, expected.progress) {
            (Some(tokens), _) => (Status::Ok, Quality::Exact, tokens),
            (None, Some(tokens)) => (Status::Cut, Quality::Estimated, tokens),
            (None, None) => (Status::Unknown, Quality::Estimated, 0),
        };
        assert_eq!(found, wanted);
    }
    journal.settled(entries.iter().map(|entry| entry.open.request_id).collect());
    journal.epochs().await.expect("a barrier");
    assert_eq!(journal.depth(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_gives_exactly_what_was_written(ops in proptest::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run(ops));
    }
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    let second = Journal::open_folder(folder.path(), small(), Clock::system());
    assert!(matches!(second, Err(JournalError::Locked(_))));
    let node = journal.node_id();
    journal.close().await;
    let (again, _) = begin(&folder, small()).await;
    assert_eq!(again.node_id(), node, "the node's id stays in the folder");
    again.close().await;
}

#[tokio::test]
async fn nothing_is_opened_twice_or_ended_unopened() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    let clock = Clock::system();
    let entry = open_entry(&clock, TenantId(clock.new_id()));
    let id = entry.request_id;
    journal.open(entry.clone()).await.expect("opened");
    assert!(matches!(
        journal.open(entry).await,
        Err(JournalError::Duplicate(_))
    ));
    journal.done(done_of(id, 1)).await.expect("done");
    assert!(matches!(
        journal.done(done_of(id, 2)).await,
        Err(JournalError::NotOpen(_))
    ));
    let stranger = done_of(RequestId(clock.new_id()), 1);
    assert!(matches!(
        journal.done(stranger).await,
        Err(JournalError::NotOpen(_))
    ));
    assert_eq!(journal.depth(), 1);
    journal.stop_admitting();
    let late = open_entry(&clock, TenantId(clock.new_id()));
    assert!(matches!(
        journal.open(late).await,
        Err(JournalError::NotAdmitting(NotAdmitting::NotServing))
    ));
    journal.close().await;
}

#[tokio::test]
async fn a_full_disk_stops_admission() {
    let folder = tempfile::tempdir().expect("a folder");
    let greedy = JournalSettings {
        free_bytes_min: u64::MAX,
        ..small()
    };
    let (journal, _) = begin(&folder, greedy).await;
    assert_eq!(journal.can_admit(), Err(NotAdmitting::NoSpace));
    journal.close().await;
}

#[tokio::test]
async fn a_corrupt_or_foreign_file_is_set_aside_and_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    journal.close().await;
    let data = folder.path().join("journal.db");
    std::fs::write(&data, vec![b'x'; 20_000]).expect("overwritten");
    let (journal, replay) = begin(&folder, small()).await;
    assert_eq!(replay.set_aside.len(), 1);
    assert_eq!(std::fs::read(&replay.set_aside[0]).expect("kept").len(), 20_000);
    assert!(journal.can_admit().is_ok(), "a new file was begun");
    journal.close().await;

    let other = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&other, small()).await;
    journal.close().await;
    std::fs::copy(other.path().join("journal.db"), &data).expect("another node's file");
    let (journal, replay) = begin(&folder, small()).await;
    assert_eq!(replay.set_aside.len(), 2, "the earlier one is still told of");
    journal.close().await;
}

#[tokio::test]
async fn an_unreadable_entry_is_told_of_and_holds_up_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    let clock = Clock::system();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let entry = open_entry(&clock, TenantId(clock.new_id()));
        ids.push(entry.request_id);
        journal.open(entry).await.expect("opened");
    }
    journal.close().await;
    let file = rusqlite::Connection::open(folder.path().join("journal.db")).expect("the file");
    let spoilt = ids[1].0.as_bytes().as_slice();
    file.execute(
        "UPDATE entries SET open = zeroblob(40) WHERE request_id = ?1",
        [spoilt],
    )
    .expect("spoilt");
    drop(file);
    let (journal, replay) = begin(&folder, small()).await;
    assert_eq!((replay.entries, replay.recovered), (3, 3));
    let (entries, unreadable) = take_all(&journal).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0].request_id, ids[1].0);
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_memory_holds_is_read_back_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _) = begin(&folder, small()).await;
    let clock = Clock::system();
    let mut tasks = tokio::task::JoinSet::new();
    let each = pending::READY_MAX / 64 + 10;
    for _ in 0..64 {
        let (journal, clock) = (journal.clone(), clock.clone());
        tasks.spawn(async move {
            for tokens in 0..each {
                let entry = open_entry(&clock, TenantId(clock.new_id()));
                let id = entry.request_id;
                journal.open(entry).await.expect("opened");
                journal.done(done_of(id, tokens as u64)).await.expect("done");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(journal.depth(), (64 * each) as u64);
    let mut seen = std::collections::HashSet::new();
    while journal.ready() > 0 {
        for entry in journal.take(5000).await.expect("a page").entries {
            assert!(seen.insert(entry.open.request_id), "each once");
        }
    }
    assert_eq!(seen.len(), 64 * each);
    assert!(journal.oldest_age().is_some());
    journal.close().await;
}
