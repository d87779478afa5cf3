//! A private PostgreSQL cluster per test process: made with initdb in a temporary folder, reached over a Unix socket,
//! with one migrated template database of which each test gets a copy.

use super::gateway::binary;
use super::process::Process;
use super::{unique, wait_for};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, User, chown};
use postgres::{Client, NoTls};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// Starting after a crash replays the log.
const START_LIMIT: Duration = Duration::from_mins(1);
/// Each gateway holds some thirty connections.
const CONNECTIONS_MAX: &str = "max_connections=400";
/// The database that is copied.
const TEMPLATE: &str = "tollgate_template";

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    runner: Option<(u32, u32)>,
    server: Mutex<Option<Process>>,
    template: OnceLock<()>,
}

impl Cluster {
    /// The cluster that the tests of this process share.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Cluster>> = OnceLock::new();
        SHARED.get_or_init(|| Arc::new(Self::start())).clone()
    }

    /// A cluster of one's own, for tests that stop it.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tollgate-pg-")
            .tempdir()
            .expect("a folder");
        let runner = runner();
        if let Some((uid, gid)) = runner {
            chown(folder.path(), Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
                .expect("a folder of ours");
        }
        let cluster = Self {
            bin: programs(),
            folder,
            runner,
            server: Mutex::new(None),
            template: OnceLock::new(),
        };
        let output = cluster
            .command("initdb")
            .args([
                "--username=tollgate",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "--no-instructions",
            ])
            .arg("--pgdata")
            .arg(cluster.data())
            .output()
            .expect("initdb can be started");
        assert!(
            output.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        cluster.boot();
        cluster
    }

    /// Starts the server, the first time or again.
    pub fn boot(&self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log file");
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path());
        for setting in [
            "listen_addresses=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "timezone=UTC",
            "log_timezone=UTC",
            "shared_buffers=64MB",
            "max_wal_size=512MB",
            CONNECTIONS_MAX,
        ] {
            command.args(["-c", setting]);
        }
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        // SIGINT: a fast shutdown, which does not wait for clients.
        let process = Process::spawn(
            "PostgreSQL",
            &mut command,
            Signal::SIGINT,
            Some(self.folder.path()),
        );
        *self.server.lock().expect("no test panics while it holds this") = Some(process);
        wait_for("PostgreSQL answers", START_LIMIT, || {
            Client::connect(&self.config("postgres"), NoTls).ok()
        });
    }

    /// `pg_ctl stop -m fast`.
    pub fn halt(&self) {
        let server = self
            .server
            .lock()
            .expect("no test panics while it holds this")
            .take();
        drop(server);
    }

    /// The URL of a database, as its owner.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://tollgate@localhost/{database}?host={}",
            self.folder.path().display()
        )
    }

    /// A blocking connection, as superuser.
    pub fn connect(&self, database: &str) -> Client {
        Client::connect(&self.config(database), NoTls).expect("PostgreSQL answers")
    }

    /// A blocking connection as superuser, if the server answers: a test may have stopped it.
    pub fn try_connect(&self, database: &str) -> Option<Client> {
        Client::connect(&self.config(database), NoTls).ok()
    }

    /// A blocking connection as another role.
    pub fn connect_as(&self, role: &str, database: &str) -> Client {
        let config = self
            .config(database)
            .replace("user=tollgate", &format!("user={role}"));
        Client::connect(&config, NoTls).expect("PostgreSQL answers")
    }

    fn config(&self, database: &str) -> String {
        format!(
            "host={} user=tollgate dbname={database}",
            self.folder.path().display()
        )
    }

    /// A new database with the schema in place.
    pub fn database(self: &Arc<Self>) -> Database {
        self.template.get_or_init(|| self.make_template());
        let name = unique("t").replace('-', "_");
        self.copy(TEMPLATE, &name);
        Database {
            cluster: self.clone(),
            name,
        }
    }

    fn make_template(&self) {
        self.connect("postgres")
            .batch_execute(&format!("CREATE DATABASE {TEMPLATE}"))
            .expect("the template");
        let mut command = Command::new(binary());
        // What the person running the tests has set must not matter.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOLLGATE_")) {
            command.env_remove(name);
        }
        let output = command
            .arg("migrate")
            .env("TOLLGATE_DATABASE_URL", self.url(TEMPLATE))
            .env("TOLLGATE_SECRETS_MASTER_KEY", super::gateway::MASTER_KEY)
            .env("TOLLGATE_SECRETS_PEPPER", super::gateway::PEPPER)
            .env("TOLLGATE_SECRETS_JWT", super::gateway::JWT)
            .output()
            .expect("the binary can be started");
        assert!(
            output.status.success(),
            "tollgate migrate: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Copies a database; the source must have no connections.
    pub fn copy(&self, from: &str, to: &str) {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        self.connect("postgres")
            .batch_execute(&format!("CREATE DATABASE {to} TEMPLATE {from}"))
            .expect("a copy of the template");
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command
            .current_dir(self.folder.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if let Some((uid, gid)) = self.runner {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.halt();
    }
}

/// A database of one test; dropped with it.
#[derive(Debug)]
pub struct Database {
    /// Where it lies.
    pub cluster: Arc<Cluster>,
    /// Its name.
    pub name: String,
}

impl Database {
    /// Its URL, as its owner.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// A blocking connection, as superuser, if the server answers.
    pub fn try_connect(&self) -> Option<Client> {
        self.cluster.try_connect(&self.name)
    }

    /// A blocking connection, as superuser.
    pub fn connect(&self) -> Client {
        self.cluster.connect(&self.name)
    }

    /// A blocking connection as another role.
    pub fn connect_as(&self, role: &str) -> Client {
        self.cluster.connect_as(role, &self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut server) = Client::connect(&self.cluster.config("postgres"), NoTls) {
            let _ = server.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// PostgreSQL refuses to run as root: then it runs as somebody without rights.
fn runner() -> Option<(u32, u32)> {
    if !Uid::effective().is_root() {
        return None;
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .map(|user| (user.uid.as_raw(), user.gid.as_raw()))
}

/// The newest PostgreSQL's programs: Debian keeps them out of PATH, a folder per version.
fn programs() -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .filter(|(major, folder)| *major >= 15 && has_server(folder))
        .collect();
    found.sort();
    if let Some((_, folder)) = found.pop() {
        return folder;
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .find(|folder| has_server(folder))
        .expect("these tests need PostgreSQL 15 or newer (apt-get install postgresql)")
}

fn has_server(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}
