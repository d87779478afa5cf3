//! The journal: one folder per node that holds every request from before its first byte goes upstream until its charge
//! is committed in PostgreSQL. A thread of its own writes to SQLite in groups; callers wait for their group.
//! Never in here: PostgreSQL, prices, or what an entry means to the ledger.

mod file;
mod folder;
mod group;
mod pace;
mod pending;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

pub use folder::JournalSettings;

use crate::entry::{DoneEntry, Entry, OpenEntry, Progress};
use folder::Folder;
use parking_lot::Mutex;
use pending::Shared;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tollgate_contract::ids::{NodeId, RequestId};
use tollgate_store::Clock;
use writer::{Command, Envelope, Opening, Page};

/// Commands that may wait for the writer; beyond it callers wait. At 3 µs each this is some 10 ms of work.
const QUEUE_MAX: usize = 4096;

/// Why the journal can't be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the folder.
    #[error("the journal folder {0} is in use by another process")]
    Locked(PathBuf),
    /// The folder or a file in it can't be used.
    #[error("the journal folder {path}: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The journal's file refused.
    #[error("the journal's file: {0}")]
    File(String),
    /// A request with this id is open already.
    #[error("request {0} is in the journal already")]
    Duplicate(RequestId),
    /// No request with this id is open.
    #[error("request {0} is not open in the journal")]
    NotOpen(RequestId),
    /// New requests aren't taken now.
    #[error("the journal takes no new requests: {0}")]
    NotAdmitting(#[from] NotAdmitting),
    /// The writer has ended.
    #[error("the journal is closed")]
    Closed,
}

/// Why no new request may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitting {
    /// The node has no epoch yet, or is stopping.
    #[error("the node is not serving")]
    NotServing,
    /// Another process has taken this node's epoch over.
    #[error("the node's epoch is fenced")]
    Fenced,
    /// Too little room is left on the disk.
    #[error("the journal's disk is nearly full")]
    NoSpace,
    /// The last write failed.
    #[error("the journal can't be written")]
    Failing,
}

/// What was found on opening.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Entries that were done, or whose process died: all wait for settlement.
    pub entries: u64,
    /// Those of them that were still open, hence booked as estimated or unknown.
    pub recovered: u64,
    /// Files that were no journal of this node, or corrupt; set aside under these names. While there are any, earlier
    /// epochs' leases stay held: they may cover spend that can't be read.
    pub set_aside: Vec<PathBuf>,
}

/// A handle to the journal. Cheap to clone; the writer ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    queue: std::sync::mpsc::Sender<Envelope>,
    room: Arc<Semaphore>,
    thread: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl Journal {
    /// Opens the folder, made if need be: locks it, sets aside what isn't this node's journal, turns requests that an
    /// earlier process left open into estimates, and starts the writer.
    ///
    /// # Errors
    /// `Locked` if another process has it, `Folder` or `File` if it can't be read or written.
    pub fn open_folder(
        path: &Path,
        settings: JournalSettings,
        clock: Clock,
    ) -> Result<(Self, Replay), JournalError> {
        let mut folder = Folder::take(path, settings, &clock)?;
        let (file, replay) = folder.open_file(&clock)?;
        let shared = Arc::new(Shared::new(
            folder.node_id(),
            clock,
            file.depth()?,
            file.last_seq()?,
        ));
        shared.free_bytes.store(folder.free_bytes()?, Ordering::Relaxed);
        let (queue, commands) = std::sync::mpsc::channel();
        let thread = writer::start(folder, file, commands, Arc::clone(&shared))?;
        let journal = Self {
            shared,
            queue,
            room: Arc::new(Semaphore::new(QUEUE_MAX)),
            thread: Arc::new(Mutex::new(Some(thread))),
        };
        Ok((journal, replay))
    }

    /// The node's lasting id, kept in the folder.
    pub fn node_id(&self) -> NodeId {
        self.shared.node_id
    }

    /// The epoch under which requests are opened; `None` before the node has one.
    pub fn epoch(&self) -> Option<i64> {
        self.shared.epoch()
    }

    /// From now on requests are opened under this epoch.
    pub(crate) async fn serve(&self, epoch: i64) -> Result<(), JournalError> {
        self.send(|reply| Command::Serve { epoch, reply }).await?;
        self.shared.epoch.store(epoch, Ordering::SeqCst);
        Ok(())
    }

    /// No request is opened any more; those that are open may end.
    pub fn stop_admitting(&self) {
        self.shared.epoch.store(0, Ordering::SeqCst);
    }

    /// Another process has taken over: nothing may be opened, nothing will be settled from here.
    pub(crate) fn fence(&self) {
        self.shared.fenced.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_fenced(&self) -> bool {
        self.shared.fenced.load(Ordering::SeqCst)
    }

    /// Whether a new request may begin.
    ///
    /// # Errors
    /// Why not.
    pub fn can_admit(&self) -> Result<(), NotAdmitting> {
        self.shared.can_admit()
    }

    /// Writes a request down before its first byte goes upstream; returns when it is written.
    ///
    /// # Errors
    /// `NotAdmitting`, `Duplicate`, or `File` if it could not be written: then nothing may be sent.
    pub async fn open(&self, entry: OpenEntry) -> Result<(), JournalError> {
        self.can_admit()?;
        let epoch = self.shared.epoch().ok_or(NotAdmitting::NotServing)?;
        let mut opening = Opening {
            queue: &self.queue,
            request_id: entry.request_id,
            epoch,
            waiting: true,
        };
        let entry = Arc::new(entry);
        let opened = self.send(|reply| Command::Open { entry, epoch, reply }).await;
        opening.waiting = false;
        opened
    }

    /// Notes figures of a running answer. Never waits: the first are written at once, later ones at most once a second.
    pub fn progress(&self, request_id: RequestId, progress: Progress) {
        if self
            .shared
            .pending
            .lock()
            .note_progress(request_id, progress, self.shared.clock.monotonic())
        {
            // A closed writer has nothing to note.
            let _ = self.queue.send(Envelope {
                command: Command::Wake,
                permit: None,
            });
        }
    }

    /// Writes the final figures; returns when they are written. From here on they are settled.
    ///
    /// # Errors
    /// `NotOpen`; or `File` if they could not be written: they are settled from memory all the same, and the node
    /// admits nothing until a write succeeds.
    pub async fn done(&self, entry: DoneEntry) -> Result<(), JournalError> {
        self.send(|reply| Command::Done {
            entry: Box::new(entry),
            reply: Some(reply),
        })
        .await
    }

    /// The same without waiting, for a guard's `Drop`: bounded by the number of open requests.
    pub fn done_detached(&self, entry: DoneEntry) {
        let command = Command::Done {
            entry: Box::new(entry),
            reply: None,
        };
        let _ = self.queue.send(Envelope {
            command,
            permit: None,
        });
    }

    /// Writes a request down that ended before anything was sent upstream: opened and done at once.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub async fn book(&self, open: OpenEntry, done: DoneEntry) -> Result<(), JournalError> {
        let epoch = self.shared.epoch().ok_or(NotAdmitting::NotServing)?;
        let (entry, done) = (Arc::new(open), Box::new(done));
        self.send(|reply| Command::Book {
            entry,
            done,
            epoch,
            reply,
        })
        .await
    }

    /// Requests in the journal: open ones and those that wait for settlement.
    pub fn depth(&self) -> u64 {
        self.shared.depth.load(Ordering::Relaxed)
    }

    /// Age of the oldest request in the journal, to about a second.
    pub fn oldest_age(&self) -> Option<Duration> {
        self.shared.oldest_age()
    }

    /// Room on the journal's disk, to about a second.
    pub fn free_bytes(&self) -> u64 {
        self.shared.free_bytes.load(Ordering::Relaxed)
    }

    /// Waits for a done entry.
    pub(crate) async fn wait_ready(&self) {
        self.shared.wait_ready().await;
    }

    /// How many done entries wait to be taken.
    pub(crate) fn ready(&self) -> u64 {
        self.shared.pending.lock().ready()
    }

    /// Takes done entries, oldest first, at most `limit`. They stay in the file until [`settled`](Self::settled).
    pub(crate) async fn take(&self, limit: usize) -> Result<Page, JournalError> {
        let after = {
            let mut pending = self.shared.pending.lock();
            match pending.take(limit) {
                pending::Taken::Entries(entries) => {
                    return Ok(Page {
                        entries,
                        unreadable: Vec::new(),
                    });
                }
                pending::Taken::Nothing => return Ok(Page::default()),
                pending::Taken::OnDisk { after } => after,
            }
        };
        let (reply, answer) = oneshot::channel();
        let command = Command::Page { after, limit, reply };
        self.queue
            .send(Envelope {
                command,
                permit: None,
            })
            .map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }

    /// Forgets entries that are committed in PostgreSQL.
    pub(crate) fn settled(&self, ids: Vec<RequestId>) {
        let _ = self.queue.send(Envelope {
            command: Command::Settled(ids),
            permit: None,
        });
    }

    /// How many requests earlier epochs still have in the file, and how many each epoch ever opened.
    pub(crate) async fn epochs(&self) -> Result<Vec<EpochCount>, JournalError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Epochs { reply };
        self.queue
            .send(Envelope {
                command,
                permit: None,
            })
            .map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }

    /// Ends the writer after what is queued is written, and gives the folder free.
    pub async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self
            .queue
            .send(Envelope {
                command: Command::Close { reply },
                permit: None,
            })
            .is_ok()
        {
            let _ = answer.await;
        }
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    async fn send(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), JournalError>>) -> Command,
    ) -> Result<(), JournalError> {
        let permit = Arc::clone(&self.room)
            .acquire_owned()
            .await
            .map_err(|_| JournalError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let envelope = Envelope {
            command: command(reply),
            permit: Some(permit),
        };
        self.queue.send(envelope).map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }
}

/// What the journal knows of one of its epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochCount {
    /// The epoch.
    pub epoch: i64,
    /// Requests ever opened in it.
    pub opened: i64,
    /// Those still in the file.
    pub left: i64,
}

/// A row that can't be read, as it goes to the dead letters.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable {
    pub request_id: uuid::Uuid,
    pub tenant_id: uuid::Uuid,
    pub epoch: i64,
    /// The cells as they stand.
    pub bytes: Vec<u8>,
    pub error: String,
}

/// Shortcut for the settler and for tests.
pub(crate) type Entries = Vec<Arc<Entry>>;
