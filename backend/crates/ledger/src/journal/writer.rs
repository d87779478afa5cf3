//! The journal's one writing thread: drains the queue, writes what it found as one transaction, then answers.

use super::file::JournalFile;
use super::folder::Folder;
use super::group::{apply, reply};
use super::pace::Pace;
use super::pending::Shared;
use super::{Entries, EpochCount, JournalError, Unreadable};
use crate::entry::{DoneEntry, Entry, OpenEntry, Progress};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tollgate_contract::ids::RequestId;

/// At most this many commands share a transaction: beyond it a group gains nothing and only makes callers wait.
const GROUP_MAX: usize = 512;
/// How long a busy writer waits for more. A transaction costs nearly the same for one command as for ten, so it trades
/// this much of a request's time for most of its own work; one that is not busy does not wait at all.
const GATHER: Duration = Duration::from_micros(700);
/// How often an idle writer looks at disk and progress.
const TICK: Duration = Duration::from_millis(250);
/// How often room on the disk and the oldest entry are looked up.
const SURVEY_EVERY: Duration = Duration::from_secs(1);

type Reply = oneshot::Sender<Result<(), JournalError>>;

/// What the writer is asked for.
pub(super) enum Command {
    Serve {
        epoch: i64,
        reply: Reply,
    },
    Open {
        entry: Arc<OpenEntry>,
        epoch: i64,
        reply: Reply,
    },
    Done {
        entry: Box<DoneEntry>,
        reply: Option<Reply>,
    },
    Book {
        entry: Arc<OpenEntry>,
        done: Box<DoneEntry>,
        epoch: i64,
        reply: Reply,
    },
    Cancel {
        request_id: RequestId,
        epoch: i64,
    },
    Settled(Vec<RequestId>),
    Page {
        after: i64,
        limit: usize,
        reply: oneshot::Sender<Result<Page, JournalError>>,
    },
    Epochs {
        reply: oneshot::Sender<Result<Vec<EpochCount>, JournalError>>,
    },
    Wake,
    Close {
        reply: oneshot::Sender<()>,
    },
    /// Ends at once, as a crash would.
    #[cfg(test)]
    Abandon,
    /// Lets the file grow no further than this, as a full disk would; 0 lifts it.
    #[cfg(test)]
    Full {
        pages: i64,
    },
}

/// A command and its place in the queue.
pub(super) struct Envelope {
    pub command: Command,
    pub permit: Option<OwnedSemaphorePermit>,
}

/// A caller that waits for its request to be opened. If it goes away before, nothing has been sent upstream and nobody
/// would ever end the request: it is taken out again.
pub(super) struct Opening<'a> {
    pub queue: &'a std::sync::mpsc::Sender<Envelope>,
    pub request_id: RequestId,
    pub epoch: i64,
    pub waiting: bool,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if self.waiting {
            let command = Command::Cancel {
                request_id: self.request_id,
                epoch: self.epoch,
            };
            let _ = self.queue.send(Envelope {
                command,
                permit: None,
            });
        }
    }
}

/// Done entries as the settler takes them.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// To settle.
    pub entries: Entries,
    /// For the dead letters.
    pub unreadable: Vec<Unreadable>,
}

pub(super) fn start(
    folder: Folder,
    file: JournalFile,
    commands: Receiver<Envelope>,
    shared: Arc<Shared>,
) -> Result<std::thread::JoinHandle<()>, JournalError> {
    let surveyed = shared.clock.monotonic();
    let mut writer = Writer {
        folder,
        file,
        shared,
        surveyed,
    };
    std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || writer.run(&commands))
        .map_err(|error| JournalError::File(format!("the writer's thread can't start: {error}")))
}

struct Writer {
    folder: Folder,
    file: JournalFile,
    shared: Arc<Shared>,
    surveyed: Instant,
}

/// What a group brought about: a verdict per command, and what becomes visible once it is written.
#[derive(Default)]
pub(super) struct Outcome {
    pub verdicts: Vec<Result<(), JournalError>>,
    pub opened: Vec<(Arc<OpenEntry>, i64)>,
    pub done: Vec<(i64, Arc<Entry>)>,
    /// Opened in an earlier group, taken out in this one.
    pub cancelled: Vec<(RequestId, i64)>,
    pub removed: u64,
}

impl Writer {
    fn run(&mut self, commands: &Receiver<Envelope>) {
        self.survey();
        let mut pace = Pace::new(self.shared.clock.monotonic());
        loop {
            let mut group = Vec::new();
            match commands.recv_timeout(TICK) {
                Ok(first) => {
                    group.push(first);
                    if pace.is_busy() {
                        std::thread::sleep(GATHER);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while group.len() < GROUP_MAX
                && let Ok(next) = commands.try_recv()
            {
                group.push(next);
            }
            let commands_taken = group.len();
            if !self.write_and_answer(group) {
                break;
            }
            let now = self.shared.clock.monotonic();
            pace.note(now, commands_taken);
            if now.saturating_duration_since(self.surveyed) >= SURVEY_EVERY {
                self.survey();
            }
        }
    }

    /// Tells whether to go on.
    fn write_and_answer(&mut self, group: Vec<Envelope>) -> bool {
        let (mut writes, mut reads, mut permits) = (Vec::new(), Vec::new(), Vec::new());
        let mut closing = None;
        for Envelope { command, permit } in group {
            permits.extend(permit);
            match command {
                #[cfg(test)]
                Command::Abandon => return false,
                #[cfg(test)]
                Command::Full { pages } => self.file.limit(pages),
                Command::Wake => {}
                Command::Close { reply } => closing = Some(reply),
                Command::Page { .. } | Command::Epochs { .. } => reads.push(command),
                write => writes.push(write),
            }
        }
        let progress = self.shared.pending.lock().take_progress();
        if !writes.is_empty() || !progress.is_empty() {
            self.write(writes, &progress);
        }
        for read in reads {
            self.answer(read);
        }
        drop(permits);
        match closing {
            Some(reply) => {
                // Nobody waits any more: fine.
                let _ = reply.send(());
                false
            }
            None => true,
        }
    }

    fn write(&mut self, writes: Vec<Command>, progress: &HashMap<RequestId, Progress>) {
        let mut written = self.try_write(&writes, progress);
        if written.is_err() && self.folder.give_up_reserve() {
            tracing::error!(
                "the journal can't be written; its reserve is given up and the group tried again"
            );
            written = self.try_write(&writes, progress);
        }
        match written {
            Ok(outcome) => {
                self.shared.failing.store(false, Ordering::Relaxed);
                let verdicts = self.publish(outcome);
                for (command, verdict) in writes.into_iter().zip(verdicts) {
                    reply(command, verdict);
                }
            }
            Err(error) => {
                tracing::error!(%error, "the journal can't be written");
                metrics::counter!("tollgate_journal_write_failures_total").increment(1);
                self.shared.failing.store(true, Ordering::Relaxed);
                self.keep_unwritten(&writes);
                for command in writes {
                    reply(command, Err(JournalError::File(error.to_string())));
                }
            }
        }
    }

    fn try_write(
        &mut self,
        writes: &[Command],
        progress: &HashMap<RequestId, Progress>,
    ) -> Result<Outcome, JournalError> {
        let mut outcome = Outcome::default();
        let now_ms = self.shared.clock.now().timestamp_millis();
        let group = self.file.begin()?;
        for command in writes {
            let verdict = apply(&group, command, &self.shared, now_ms, &mut outcome)?;
            outcome.verdicts.push(verdict);
        }
        for (id, progress) in progress {
            group.progress(*id, progress)?;
        }
        let mut opened: HashMap<i64, i64> = HashMap::new();
        for (_, epoch) in &outcome.opened {
            *opened.entry(*epoch).or_default() += 1;
        }
        for (_, epoch) in &outcome.cancelled {
            *opened.entry(*epoch).or_default() -= 1;
        }
        for (epoch, count) in opened {
            group.count_opened(epoch, count)?;
        }
        group.commit()?;
        Ok(outcome)
    }

    /// Makes a written group visible.
    fn publish(&mut self, outcome: Outcome) -> Vec<Result<(), JournalError>> {
        let any_done = !outcome.done.is_empty();
        let opened = outcome.opened.len() as u64;
        let gone = outcome.removed.saturating_add(outcome.cancelled.len() as u64);
        {
            let mut pending = self.shared.pending.lock();
            for (entry, epoch) in outcome.opened {
                pending.opened(entry, epoch);
            }
            for (id, _) in &outcome.cancelled {
                pending.forget(*id);
            }
            for (seq, entry) in outcome.done {
                pending.forget(entry.done.request_id);
                pending.push_ready(seq, entry);
            }
        }
        let depth = self
            .shared
            .depth
            .load(Ordering::Relaxed)
            .saturating_add(opened)
            .saturating_sub(gone);
        self.shared.depth.store(depth, Ordering::Relaxed);
        if any_done {
            self.shared.announce_ready();
        }
        outcome.verdicts
    }

    /// Final figures that could not be written are settled from memory.
    fn keep_unwritten(&self, writes: &[Command]) {
        let mut pending = self.shared.pending.lock();
        for command in writes {
            if let Command::Done { entry, .. } = command
                && let Some((open, epoch)) = pending.open_entry(entry.request_id)
            {
                let entry = Entry {
                    node_id: self.shared.node_id,
                    epoch,
                    open,
                    done: (**entry).clone(),
                };
                pending.forget(entry.done.request_id);
                pending.push_unwritten(Arc::new(entry));
            }
        }
        drop(pending);
        self.shared.announce_ready();
    }

    fn answer(&self, read: Command) {
        match read {
            Command::Page { after, limit, reply } => {
                let page = self.file.page(after, limit).map(|page| {
                    self.shared.pending.lock().taken_up_to(page.last_seq);
                    Page {
                        entries: page.entries,
                        unreadable: page.unreadable,
                    }
                });
                // The settler may have ended.
                let _ = reply.send(page);
            }
            Command::Epochs { reply } => {
                let _ = reply.send(self.file.epochs());
            }
            _ => {}
        }
    }

    /// Looks at the disk and at the oldest entry, for admission and metrics.
    fn survey(&mut self) {
        self.surveyed = self.shared.clock.monotonic();
        match self.folder.free_bytes() {
            Ok(free) => {
                self.shared.free_bytes.store(free, Ordering::Relaxed);
                let short = free < self.folder.settings().free_bytes_min;
                self.shared.no_space.store(short, Ordering::Relaxed);
                if !short {
                    self.folder.restore_reserve();
                }
            }
            Err(error) => {
                tracing::error!(%error, "the journal's disk can't be looked at");
                self.shared.no_space.store(true, Ordering::Relaxed);
            }
        }
        self.probe_if_failing();
        let oldest = self.file.oldest_ms().ok().flatten().unwrap_or(0);
        self.shared.oldest_ms.store(oldest, Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "gauges are floating point")]
        metrics::gauge!("tollgate_journal_depth").set(self.shared.depth.load(Ordering::Relaxed) as f64);
        let age = self.shared.oldest_age().unwrap_or_default();
        metrics::gauge!("tollgate_journal_oldest_seconds").set(age.as_secs_f64());
    }

    /// While writes fail nothing is admitted, hence nothing would show that they work again: try one.
    fn probe_if_failing(&mut self) {
        if self.shared.failing.load(Ordering::Relaxed) {
            let probed = self.file.begin().and_then(|group| {
                group.probe()?;
                group.commit()
            });
            if probed.is_ok() {
                tracing::info!("the journal can be written again");
                self.shared.failing.store(false, Ordering::Relaxed);
            }
        }
    }
}
