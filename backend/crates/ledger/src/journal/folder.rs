//! The journal's folder: its lock, the node's id, the reserve file, room on the disk, and setting aside what isn't ours.

use super::file::{JournalFile, OpenFault};
use super::{JournalError, Replay};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::statvfs::statvfs;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tollgate_contract::ids::NodeId;
use tollgate_store::Clock;

const LOCK_FILE: &str = "lock";
const NODE_FILE: &str = "node";
const RESERVE_FILE: &str = "reserve";
const DATA_FILE: &str = "journal.db";
/// The names under which one SQLite database stands.
const DATA_SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// How the journal behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalSettings {
    /// Whether each group is forced to the disk (survives a power cut) or left to the system (survives a crash of
    /// the process).
    pub power_safe: bool,
    /// Below this much room on the disk no request is admitted.
    pub free_bytes_min: u64,
    /// Size of the file that is given up when the disk is full, so that running requests can still be written.
    pub reserve_bytes: u64,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            power_safe: false,
            free_bytes_min: 64 << 20,
            reserve_bytes: 16 << 20,
        }
    }
}

/// The locked folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    settings: JournalSettings,
    node_id: NodeId,
    /// Held as long as the writer lives.
    _lock: Flock<File>,
}

fn fault(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Folder { path, source }
}

impl Folder {
    /// Makes and locks the folder, and reads or mints the node's id.
    pub fn take(path: &Path, settings: JournalSettings, clock: &Clock) -> Result<Self, JournalError> {
        fs::create_dir_all(path).map_err(fault(path))?;
        let lock_path = path.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(fault(&lock_path))?;
        let lock = match Flock::lock(lock, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Err(JournalError::Locked(path.to_owned())),
            Err((_, errno)) => return Err(fault(&lock_path)(errno.into())),
        };
        let node_id = read_or_mint_node(&path.join(NODE_FILE), clock)?;
        let folder = Self {
            path: path.to_owned(),
            settings,
            node_id,
            _lock: lock,
        };
        folder.restore_reserve();
        Ok(folder)
    }

    pub fn node_id(&self) -> NodeId {
        self.node_id
    }

    pub fn settings(&self) -> JournalSettings {
        self.settings
    }

    /// Opens the file; one that is corrupt or another node's is set aside and a new one begun.
    pub fn open_file(&mut self, clock: &Clock) -> Result<(JournalFile, Replay), JournalError> {
        let data = self.path.join(DATA_FILE);
        let mut replay = Replay {
            set_aside: self.found_aside()?,
            ..Replay::default()
        };
        let mut file = match JournalFile::open(&data, self.node_id, self.settings.power_safe) {
            Ok(file) => file,
            Err(OpenFault::Unusable(error)) => return Err(JournalError::File(error.to_string())),
            Err(OpenFault::NotOurs(reason)) => {
                let aside = self.set_aside(&data, clock)?;
                tracing::error!(
                    journal.file = %data.display(), journal.aside = %aside.display(), reason,
                    "the journal's file can't be used and was set aside; leases of earlier epochs stay held"
                );
                metrics::counter!("tollgate_journal_set_aside_total").increment(1);
                replay.set_aside.push(aside);
                match JournalFile::open(&data, self.node_id, self.settings.power_safe) {
                    Ok(file) => file,
                    Err(OpenFault::Unusable(error)) => return Err(JournalError::File(error.to_string())),
                    Err(OpenFault::NotOurs(reason)) => return Err(JournalError::File(reason)),
                }
            }
        };
        replay.recovered = file.recover()?;
        replay.entries = file.depth()?;
        Ok((file, replay))
    }

    /// Files that an earlier start set aside and nobody has dealt with.
    fn found_aside(&self) -> Result<Vec<PathBuf>, JournalError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(fault(&self.path))? {
            let path = entry.map_err(fault(&self.path))?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if name.starts_with("journal.db.aside-") && !name.ends_with("-wal") && !name.ends_with("-shm") {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    fn set_aside(&self, data: &Path, clock: &Clock) -> Result<PathBuf, JournalError> {
        let aside = self.path.join(format!(
            "{DATA_FILE}.aside-{}",
            clock.now().format("%Y%m%dT%H%M%S%6f")
        ));
        for suffix in DATA_SUFFIXES {
            let from = with_suffix(data, suffix);
            match fs::rename(&from, with_suffix(&aside, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault(&from)(error)),
                _ => {}
            }
        }
        Ok(aside)
    }

    /// Room for an unprivileged process on the folder's disk.
    pub fn free_bytes(&self) -> Result<u64, JournalError> {
        let stat = statvfs(&self.path).map_err(|errno| fault(&self.path)(errno.into()))?;
        #[expect(clippy::useless_conversion, reason = "narrower on some platforms")]
        Ok(u64::from(stat.blocks_available()).saturating_mul(u64::from(stat.fragment_size())))
    }

    /// Gives up the reserve, so that what is running can still be written. Tells whether there was one.
    pub fn give_up_reserve(&self) -> bool {
        fs::remove_file(self.path.join(RESERVE_FILE)).is_ok()
    }

    /// Makes the reserve again once there is room for it; failing at it only means that there is none.
    pub fn restore_reserve(&self) {
        let path = self.path.join(RESERVE_FILE);
        let wanted = self.settings.reserve_bytes;
        if fs::metadata(&path).is_ok_and(|meta| meta.len() == wanted) {
            return;
        }
        let needed = wanted.saturating_add(self.settings.free_bytes_min);
        if self.free_bytes().is_ok_and(|free| free > needed)
            && let Err(error) = write_zeros(&path, wanted)
        {
            tracing::warn!(%error, "the journal's reserve file can't be written");
            let _ = fs::remove_file(&path);
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Really written, not sparse: a hole would reserve nothing.
fn write_zeros(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    let block = vec![0_u8; 1 << 16];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(block.len() as u64);
        file.write_all(
            block
                .get(..usize::try_from(count).unwrap_or(0))
                .unwrap_or_default(),
        )?;
        left -= count;
    }
    file.sync_all()
}

/// The id is written beside and renamed, so that a crash leaves either none or a whole one.
fn read_or_mint_node(path: &Path, clock: &Clock) -> Result<NodeId, JournalError> {
    match fs::read_to_string(path) {
        Ok(text) => text.trim().parse().map_err(|_| {
            fault(path)(io::Error::new(
                io::ErrorKind::InvalidData,
                "does not hold a node's id (a UUID)",
            ))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let node_id = NodeId(clock.new_id());
            let fresh = path.with_extension("new");
            fs::write(&fresh, format!("{node_id}\n")).map_err(fault(&fresh))?;
            File::open(&fresh)
                .and_then(|file| file.sync_all())
                .map_err(fault(&fresh))?;
            fs::rename(&fresh, path).map_err(fault(path))?;
            Ok(node_id)
        }
        Err(error) => Err(fault(path)(error)),
    }
}
