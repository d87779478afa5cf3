//! A private Redis on a Unix socket, which can be frozen, stopped and started again.

use super::process::Process;
use super::wait_until;
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

/// A running Redis; gone when dropped.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    process: Mutex<Option<Process>>,
}

impl Redis {
    /// Starts one.
    pub fn start() -> Self {
        let redis = Self {
            folder: tempfile::Builder::new()
                .prefix("tollgate-redis-")
                .tempdir()
                .expect("a folder"),
            process: Mutex::new(None),
        };
        redis.boot();
        redis
    }

    /// Starts it, the first time or again; it comes back with nothing in it.
    pub fn boot(&self) {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = Process::spawn(
            "redis-server",
            &mut command,
            Signal::SIGTERM,
            Some(self.folder.path()),
        );
        *self.process.lock().expect("not poisoned") = Some(process);
        wait_until("Redis opens its socket", super::SOON, || {
            UnixStream::connect(self.socket()).is_ok()
        });
    }

    /// `kill -9`.
    pub fn kill(&self) {
        let mut process = self.process.lock().expect("not poisoned");
        process.take().expect("running").kill();
    }

    /// For `TOLLGATE_REDIS_URL`.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// It neither answers nor closes anything from now on.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// It goes on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Sends one command in Redis' inline form and gives the first lines of the answer.
    pub fn ask(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).expect("Redis answers");
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .expect("a time-out");
        stream
            .write_all(format!("{command}\r\n").as_bytes())
            .expect("sent");
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(count) = stream.read(&mut piece) {
            answer.extend_from_slice(&piece[..count]);
            if count < piece.len() {
                break;
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn signal(&self, signal: Signal) {
        let mut process = self.process.lock().expect("not poisoned");
        process.as_mut().expect("running").signal(signal);
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}
