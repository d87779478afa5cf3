//! A private PostgreSQL cluster in a folder of ours: made at the first start, reached over a Unix socket that only its
//! user can open, stopped with this process, and taken over when an earlier process died without stopping it.

mod binaries;
mod place;
mod stale;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, chown};
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tollgate_store::Clock;
use url::Url;

/// The oldest PostgreSQL that the schema runs on.
const POSTGRES_MAJOR_MIN: u32 = 15;
/// Crash recovery replays at most a checkpoint's worth of changes.
const START_LIMIT: Duration = Duration::from_mins(1);
/// A fast shutdown writes a checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How often a starting or stopping server is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much of the server's log is shown when it does not start.
const LOG_LINES_SHOWN: usize = 15;

/// Why the private cluster can't run.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// PostgreSQL is not installed, or too old.
    #[error(
        "no PostgreSQL {POSTGRES_MAJOR_MIN} or newer was found in PATH, by pg_config or in /usr/lib/postgresql: install it \
         (Debian: apt-get install postgresql){0}"
    )]
    NoBinaries(String),
    /// The folder was made by another major version.
    #[error(
        "the database in {folder} was made by PostgreSQL {made_by}, which is not installed (found: {found}): install it, or \
         delete that folder to begin anew"
    )]
    OtherVersion {
        /// The cluster's folder.
        folder: PathBuf,
        /// Its version.
        made_by: String,
        /// What there is.
        found: String,
    },
    /// PostgreSQL refuses to run as root, and there is nobody to run it as.
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as"
    )]
    NoUser,
    /// A file or folder can't be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder is somebody else's.
    #[error("{0} belongs to another user or is open to others; remove it")]
    Foreign(PathBuf),
    /// A program failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Which.
        program: String,
        /// What it said.
        output: String,
    },
    /// The server did not come up.
    #[error("PostgreSQL did not start within {} s; the end of {log}:\n{tail}", START_LIMIT.as_secs())]
    NotReady {
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
}

/// Adds the path to an I/O error.
pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ClusterError {
    let path = path.to_owned();
    move |source| ClusterError::File { path, source }
}

/// A running cluster; dropping it stops it.
#[derive(Debug)]
pub struct Cluster {
    server: Option<Child>,
    clock: Clock,
    url: String,
}

/// What there is to tell the person about the start.
#[derive(Debug)]
pub enum Notice {
    /// A new cluster is being made.
    Creating(PathBuf),
    /// The data folder's parents are closed to PostgreSQL's user.
    Elsewhere(PathBuf),
    /// An earlier process left its server running.
    TookOver(i32),
}

impl Cluster {
    /// Makes the cluster if there is none yet, and starts it.
    ///
    /// # Errors
    /// See [`ClusterError`]; each says what to do.
    pub fn start(data_dir: &Path, clock: Clock, tell: &mut dyn FnMut(Notice)) -> Result<Self, ClusterError> {
        let place = place::find(data_dir)?;
        if place.elsewhere {
            tell(Notice::Elsewhere(place.folder.clone()));
        }
        make_private(&place.folder, place.runner)?;
        let data = place.folder.join("data");
        let binaries = binaries::find(&data)?;
        if !data.join("PG_VERSION").exists() {
            tell(Notice::Creating(place.folder.clone()));
            initialise(&binaries, &place, &data)?;
        }
        let socket_dir = place::socket_dir(&place)?;
        if let Some(pid) = stale::clear(&data, &socket_dir, &clock)? {
            tell(Notice::TookOver(pid));
        }
        let log = place.folder.join("log");
        let server = launch(&binaries, &place, &data, &socket_dir, &log)?;
        let mut cluster = Self {
            server: Some(server),
            clock,
            url: url(&socket_dir, "tollgate"),
        };
        cluster.wait_until_ready(&data, &log)?;
        Ok(cluster)
    }

    /// URL of the gateway's database, as its owner.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// URL of the database of a cluster that another process runs in this data folder.
    ///
    /// # Errors
    /// If the place can't be told.
    pub fn url_in(data_dir: &Path) -> Result<String, ClusterError> {
        let place = place::find(data_dir)?;
        Ok(url(&place::socket_dir(&place)?, "tollgate"))
    }

    /// URL of the database that is always there, from which others are made.
    pub fn maintenance_url(&self) -> String {
        self.url.replacen("/tollgate?", "/postgres?", 1)
    }

    /// Asks the server to end (open transactions are rolled back) and waits for it.
    pub fn stop(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let pid = Pid::from_raw(i32::try_from(server.id()).unwrap_or(0));
        for (signal, limit) in [(Signal::SIGINT, STOP_LIMIT), (Signal::SIGQUIT, STOP_LIMIT / 6)] {
            let _ = kill(pid, signal);
            if wait_for(&self.clock, limit, || {
                matches!(server.try_wait(), Ok(Some(_)) | Err(_))
            }) {
                return;
            }
        }
        let _ = server.kill();
        let _ = server.wait();
    }

    /// The eighth line of postmaster.pid tells the server's state; pg_ctl reads it as well. The first names the server:
    /// before ours has written its own file, that of a dead one may lie there.
    fn wait_until_ready(&mut self, data: &Path, log: &Path) -> Result<(), ClusterError> {
        let pid_file = data.join("postmaster.pid");
        let server = &mut self.server;
        let id = server.as_ref().map(|server| server.id().to_string());
        let mut ended = false;
        let ready = wait_for(&self.clock, START_LIMIT, || {
            ended = server
                .as_mut()
                .is_none_or(|server| !matches!(server.try_wait(), Ok(None)));
            let text = fs::read_to_string(&pid_file).unwrap_or_default();
            let mut lines = text.lines().map(str::trim);
            let ours = lines.next() == id.as_deref();
            ended || (ours && lines.nth(6) == Some("ready"))
        });
        if ready && !ended {
            return Ok(());
        }
        let text = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines
            .iter()
            .skip(lines.len().saturating_sub(LOG_LINES_SHOWN))
            .copied()
            .collect::<Vec<_>>()
            .join("\n");
        Err(ClusterError::NotReady {
            log: log.to_owned(),
            tail,
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks until it is so or the time is up; tells which.
fn wait_for(clock: &Clock, limit: Duration, mut so: impl FnMut() -> bool) -> bool {
    let began = clock.monotonic();
    loop {
        if so() {
            return true;
        }
        if clock.monotonic().saturating_duration_since(began) >= limit {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn url(socket_dir: &Path, database: &str) -> String {
    let base = format!("postgres://tollgate@localhost/{database}");
    Url::parse_with_params(&base, [("host", socket_dir.to_string_lossy())]).map_or(base, String::from)
}

/// A folder that only its user can enter.
fn make_private(folder: &Path, runner: Option<place::Runner>) -> Result<(), ClusterError> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    if !folder.exists() {
        fs::DirBuilder::new()
            .mode(0o700)
            .create(folder)
            .map_err(at(folder))?;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(at(folder))?;
    if let Some(place::Runner { uid, gid }) = runner {
        chown(folder, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
            .map_err(|error| at(folder)(std::io::Error::from(error)))?;
    }
    Ok(())
}

/// A command that runs as the cluster's user, in a process group of its own: a Ctrl-C in the terminal reaches us alone,
/// so that what is under way is booked before the database goes.
fn command(program: &Path, place: &place::Place) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(&place.folder)
        .stdin(Stdio::null())
        .process_group(0)
        .env("LC_ALL", "C");
    if let Some(place::Runner { uid, gid }) = place.runner {
        command.uid(uid).gid(gid);
    }
    command
}

/// Built beside and then moved into place, so that an interrupted start leaves nothing half-made.
fn initialise(binaries: &Path, place: &place::Place, data: &Path) -> Result<(), ClusterError> {
    let fresh = place.folder.join("data.new");
    for leftover in [&fresh, &data.to_path_buf()] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).map_err(at(leftover))?;
        }
    }
    let program = binaries.join("initdb");
    let output = command(&program, place)
        .args([
            "--username=tollgate",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--pgdata",
        ])
        .arg(&fresh)
        .output()
        .map_err(at(&program))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(ClusterError::Program {
            program: program.display().to_string(),
            output,
        });
    }
    fs::rename(&fresh, data).map_err(at(data))
}

fn launch(
    binaries: &Path,
    place: &place::Place,
    data: &Path,
    socket_dir: &Path,
    log: &Path,
) -> Result<Child, ClusterError> {
    let file = File::create(log).map_err(at(log))?;
    let program = binaries.join("postgres");
    command(&program, place)
        .arg("-D")
        .arg(data)
        .arg("-k")
        .arg(socket_dir)
        .args([
            "-c",
            "listen_addresses=",
            "-c",
            "unix_socket_permissions=0700",
            "-c",
            "port=5432",
        ])
        .args([
            "-c",
            "timezone=UTC",
            "-c",
            "log_timezone=UTC",
            "-c",
            "logging_collector=off",
        ])
        .stdout(file.try_clone().map_err(at(log))?)
        .stderr(file)
        .spawn()
        .map_err(at(&program))
}

#[cfg(test)]
mod tests;
