//! A private Redis: its own process, on a Unix socket in a temporary folder, gone when dropped.

use crate::redis::{RedisLimiter, RedisSettings, Terms};
use crate::{Limiter, LimiterState};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use tempfile::TempDir;
use tollgate_store::{Clock, CoreRuntime};

pub(super) struct Server {
    folder: TempDir,
    process: Option<Child>,
}

impl Server {
    pub(super) fn start() -> Self {
        let mut server = Self::absent();
        server.boot();
        server
    }

    /// An address where no Redis is yet.
    pub(super) fn absent() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            process: None,
        }
    }

    pub(super) fn boot(&mut self) {
        let process = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
                "--unixsocket",
            ])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process =
            process.expect("these tests need `redis-server` on PATH (apt-get install redis-server)");
        self.process = Some(process);
        for _ in 0..500 {
            if UnixStream::connect(self.socket()).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("redis-server did not open its socket within 5 s");
    }

    pub(super) fn halt(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(super) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(super) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    pub(super) async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd(words[0])
            .arg(&words[1..])
            .query_async(&mut connection)
            .await
            .unwrap()
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().expect("running");
        kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), signal).unwrap();
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.halt();
    }
}

/// So that a busy machine is not taken for a slow Redis.
const PATIENT: Terms = Terms {
    admit_timeout: Duration::from_secs(5),
    test_clock: None,
};

/// One Tollgate node, as far as limits go.
pub(super) struct Node {
    pub(super) limiter: Limiter,
    pub(super) redis: RedisLimiter,
    pub(super) core: CoreRuntime,
}

impl Node {
    /// Time is Redis' own.
    pub(super) async fn join(server: &Server, live_nodes: u32) -> Self {
        Self::joined(server, &Clock::system(), live_nodes, PATIENT).await
    }

    /// As in production, with its short waits.
    pub(super) async fn join_impatient(server: &Server, live_nodes: u32) -> Self {
        Self::joined(server, &Clock::system(), live_nodes, Terms::default()).await
    }

    /// Time is `clock`'s, also for Redis.
    pub(super) async fn join_at(server: &Server, clock: &Clock) -> Self {
        let terms = Terms {
            test_clock: Some(clock.clone()),
            ..PATIENT
        };
        Self::joined(server, clock, 1, terms).await
    }

    async fn joined(server: &Server, clock: &Clock, live_nodes: u32, terms: Terms) -> Self {
        let node = Self::new(server, clock, live_nodes, terms);
        node.until(LimiterState::Shared).await;
        node
    }

    pub(super) fn new(server: &Server, clock: &Clock, live_nodes: u32, terms: Terms) -> Self {
        let core = CoreRuntime::new(tokio::runtime::Handle::current());
        let settings = RedisSettings {
            url: server.url().into(),
        };
        let live_nodes = Arc::new(AtomicU32::new(live_nodes));
        let redis = RedisLimiter::start_with(&settings, &core, clock.clone(), live_nodes, terms).unwrap();
        Self {
            limiter: Limiter::Redis(redis.clone()),
            redis,
            core,
        }
    }

    /// Waits, at most five seconds, until limits are kept there.
    pub(super) async fn until(&self, state: LimiterState) {
        for _ in 0..500 {
            if self.limiter.state() == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still {:?} after 5 s", self.limiter.state());
    }
}
