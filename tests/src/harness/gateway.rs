//! The real binary as a child process: `tollgate serve` on a free port, with its own data folder and a log that tests
//! can read; and the other commands, run to their end.

use super::http::{Connection, Reply, Request};
use super::process::Process;
use super::wait_for;
use nix::sys::signal::Signal;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

/// How long the gateway may take to begin listening; instrumented debug builds on a busy machine are slow.
const START_LIMIT: Duration = Duration::from_mins(1);

/// Wraps the data keys of all test databases.
pub const MASTER_KEY: &str = "test-master-key-0123456789abcdef0123456789abcdef";
/// Peppers the key hashes of all test databases.
pub const PEPPER: &str = "test-pepper-0123456789abcdef0123456789abcdef0123";
/// Signs the access tokens.
pub const JWT: &str = "test-jwt-0123456789abcdef0123456789abcdef0123456";

/// The binary under test: `TOLLGATE_BIN`, else the one that was built beside the tests.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("TOLLGATE_BIN") {
        return path.into();
    }
    let here = std::env::current_exe().expect("a path");
    let folder = here
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps");
    let path = folder.join("tollgate");
    assert!(
        path.is_file(),
        "{} is missing: cargo build -p tollgate, or set TOLLGATE_BIN",
        path.display()
    );
    path
}

/// A gateway: its folder and settings stay the same over restarts.
#[derive(Debug)]
pub struct Gateway {
    folder: TempDir,
    env: Vec<(String, String)>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    process: Option<Process>,
    address: SocketAddr,
    /// How much of the log belongs to earlier runs.
    log_begins: usize,
}

impl Gateway {
    /// Starts it on a database with additional settings.
    pub fn start(database_url: &str, env: &[(&str, String)]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tollgate-node-")
            .tempdir()
            .expect("a folder");
        let mut all: Vec<(String, String)> = [
            ("TOLLGATE_LISTEN", "127.0.0.1:0"),
            ("TOLLGATE_DATABASE_URL", database_url),
            ("TOLLGATE_DATABASE_MAX_CONNECTIONS", "8"),
            ("TOLLGATE_SECRETS_MASTER_KEY", MASTER_KEY),
            ("TOLLGATE_SECRETS_PEPPER", PEPPER),
            ("TOLLGATE_SECRETS_JWT", JWT),
            ("TOLLGATE_NET_ALLOW", "127.0.0.0/8"),
            ("TOLLGATE_WORKERS", "2"),
            ("TOLLGATE_SHUTDOWN_LAME_DUCK", "0s"),
            ("TOLLGATE_SHUTDOWN_STREAMS", "5s"),
            ("TOLLGATE_LOG_FORMAT", "json"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        all.push((
            "TOLLGATE_PAYMENTS_PROVIDERS".to_owned(),
            super::money::providers(),
        ));
        all.push((
            "TOLLGATE_DATA_DIR".to_owned(),
            folder.path().join("data").display().to_string(),
        ));
        all.extend(
            env.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        let gateway = Self {
            folder,
            env: all,
            state: Mutex::new(State {
                process: None,
                address: SocketAddr::from(([127, 0, 0, 1], 0)),
                log_begins: 0,
            }),
        };
        gateway.boot();
        gateway
    }

    /// Starts it, the first time or again.
    pub fn boot(&self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("a log file");
        let begins = self.log().len();
        let mut command = self.command();
        command
            .arg("serve")
            .stdout(log.try_clone().expect("a file"))
            .stderr(log);
        let mut process = Process::spawn(
            "tollgate",
            &mut command,
            Signal::SIGTERM,
            Some(self.folder.path()),
        );
        let address = wait_for("the gateway listens", START_LIMIT, || {
            let log = self.log();
            assert!(process.runs(), "the gateway ended at its start:\n{log}");
            listening(&log[begins..])
        });
        *self.lock() = State {
            process: Some(process),
            address,
            log_begins: begins,
        };
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.lock().address
    }

    /// Whether it was started and neither stopped nor killed.
    pub fn runs(&self) -> bool {
        self.lock().process.as_mut().is_some_and(Process::runs)
    }

    /// Its data folder, with the journal in it.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything it logged since the folder was made.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What it logged since its last start.
    pub fn log_of_this_run(&self) -> String {
        let begins = self.lock().log_begins;
        self.log().split_off(begins)
    }

    /// One request on a connection of its own.
    pub fn send(&self, request: &Request) -> Reply {
        Connection::open(self.address()).exchange(request)
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.lock().process.as_ref().expect("running").pid().as_raw()
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .expect("VmRSS");
        let kib: u64 = line
            .split_whitespace()
            .nth(1)
            .expect("a number")
            .parse()
            .expect("a number");
        kib * 1024
    }

    /// SIGTERM, and waits for the end; gives whether it ended well.
    pub fn stop(&self) -> bool {
        self.lock()
            .process
            .take()
            .is_none_or(|mut process| process.end().success())
    }

    /// `kill -9`.
    pub fn kill(&self) {
        self.lock().process.take().expect("running").kill();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.lock().process.as_mut().expect("running").signal(signal);
    }

    /// Waits until it ended by itself.
    pub fn ended(&self, limit: Duration) -> bool {
        let mut state = self.lock();
        state
            .process
            .as_mut()
            .is_none_or(|process| process.wait(limit).is_some())
    }

    /// Runs another command with the same settings.
    pub fn cli(&self, words: &[&str]) -> Output {
        self.command()
            .args(words)
            .output()
            .expect("the binary can be started")
    }

    /// A figure from `/metrics`, summed over its labels.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.send(&Request::get("/metrics")).text();
        text.lines()
            .filter(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['{', ' ']))
            })
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.stdin(Stdio::null()).current_dir(self.folder.path());
        // What the person running the tests has set must not matter.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOLLGATE_")) {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// From `… listening on http://127.0.0.1:41234 …`.
fn listening(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once("listening on http://")?;
    let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c)))?;
    rest[..end].parse().ok()
}
