//! What an earlier process left behind: a server that still runs, or the files of one that does not.

use super::{ClusterError, STOP_LIMIT, at, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use tollgate_store::Clock;

/// Who has the process id that a lock file names.
#[derive(Debug, PartialEq, Eq)]
pub enum Holder {
    /// No process.
    Nobody,
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
        // PostgreSQL itself clears up after a dead server, and looks whether anything of it still holds the memory.
        Holder::Nobody => Ok(None),
        Holder::Stranger => {
            for file in [
                pid_file,
                socket_dir.join(".s.PGSQL.5432.lock"),
                socket_dir.join(".s.PGSQL.5432"),
            ] {
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(at(&file)(error));
                    }
                    _ => {}
                }
            }
            Ok(None)
        }
        Holder::Ours => {
            for (signal, limit) in [(Signal::SIGINT, STOP_LIMIT), (Signal::SIGQUIT, STOP_LIMIT / 6)] {
                let _ = kill(Pid::from_raw(pid), signal);
                if wait_for(clock, limit, || holder(pid, data) == Holder::Nobody) {
                    return Ok(Some(pid));
                }
            }
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            Ok(Some(pid))
        }
    }
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
    if zombie || kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH) {
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
