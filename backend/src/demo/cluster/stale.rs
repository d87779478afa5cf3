//! What an earlier process left behind: a server that still runs, or the files of one that does not.

use super::{ClusterError, STOP_LIMIT, at, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tollgate_store::Clock;

/// How long a dead server's processes may take to go: they notice its death within moments.
const GONE_LIMIT: Duration = Duration::from_secs(2);

/// Who has the process id that a lock file names.
#[derive(Debug, PartialEq, Eq)]
pub enum Holder {
    /// No process.
    Nobody,
    /// A process that ended and was not collected by its parent yet. PostgreSQL takes it for a running server.
    Dead,
    /// A server on this very folder.
    Ours,
    /// Some other process, to which the number was given later.
    Stranger,
}

/// Ends a server that still runs on this folder (its id is returned), and removes files that would keep a new one from
/// starting. Our caller holds the data folder's lock, so no living Tollgate needs that server.
pub fn clear(data: &Path, socket_dir: &Path, clock: &Clock) -> Result<Option<i32>, ClusterError> {
    let pid_file = data.join("postmaster.pid");
    let Some(pid) = first_number(&pid_file) else {
        return Ok(None);
    };
    match holder(pid, data) {
        // PostgreSQL itself clears up after a dead server; what still holds that one's memory has to go first.
        Holder::Nobody => {
            wait_for(clock, GONE_LIMIT, || !inhabited(data));
            Ok(None)
        }
        Holder::Dead => {
            if !wait_for(clock, GONE_LIMIT, || {
                holder(pid, data) == Holder::Nobody && !inhabited(data)
            }) && !inhabited(data)
            {
                remove_locks(&pid_file, socket_dir)?;
            }
            Ok(None)
        }
        Holder::Stranger => {
            remove_locks(&pid_file, socket_dir)?;
            Ok(None)
        }
        Holder::Ours => {
            for (signal, limit) in [(Signal::SIGINT, STOP_LIMIT), (Signal::SIGQUIT, STOP_LIMIT / 6)] {
                let _ = kill(Pid::from_raw(pid), signal);
                if wait_for(clock, limit, || holder(pid, data) != Holder::Ours) {
                    return Ok(Some(pid));
                }
            }
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            Ok(Some(pid))
        }
    }
}

fn remove_locks(pid_file: &Path, socket_dir: &Path) -> Result<(), ClusterError> {
    for file in [
        pid_file.to_owned(),
        socket_dir.join(".s.PGSQL.5432.lock"),
        socket_dir.join(".s.PGSQL.5432"),
    ] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(&file)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether any process works in this folder: a server's processes all do.
fn inhabited(data: &Path) -> bool {
    let Ok(folder) = fs::canonicalize(data) else {
        return false;
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| fs::read_link(process.path().join("cwd")).ok())
        .any(|cwd| cwd == folder)
}

fn first_number(file: &Path) -> Option<i32> {
    fs::read_to_string(file)
        .ok()?
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|pid| *pid > 1)
}

/// A server's working directory is its data folder.
pub fn holder(pid: i32, data: &Path) -> Holder {
    // A process that ended and was not yet collected by its parent has no working directory any more.
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let zombie = state
        .rsplit_once(')')
        .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'));
    if zombie {
        return Holder::Dead;
    }
    if kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH) {
        return Holder::Nobody;
    }
    let folder = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(cwd) if cwd == folder => Holder::Ours,
        // Without /proc nothing can be told: PostgreSQL decides.
        Err(_) if !Path::new("/proc/self").exists() => Holder::Nobody,
        _ => Holder::Stranger,
    }
}
