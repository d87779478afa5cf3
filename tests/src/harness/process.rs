//! A child process that never outlives the test: it ends when dropped, and if the test process itself dies, a small
//! shell beside it, which notices by its closed standard input, ends it and clears up.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long an orderly end may take before it is forced.
const END_LIMIT: Duration = Duration::from_secs(30);

/// Reads a line; if there is none (the pipe is closed), ends the process and removes the folder.
const WATCH: &str = r#"
read -r said && exit 0
kill -s "$1" "$2" 2>/dev/null
n=0
while [ $n -lt 50 ] && kill -0 "$2" 2>/dev/null; do sleep 0.1; n=$((n + 1)); done
[ -n "$3" ] && rm -rf "$3"
"#;

/// A running process.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    watch: Option<Child>,
    ending: Signal,
    frozen: bool,
}

impl Process {
    /// Starts it. `ending` is the signal of an orderly end; `folder` is removed if the test process dies first.
    pub fn spawn(name: &'static str, command: &mut Command, ending: Signal, folder: Option<&Path>) -> Self {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} can't be started ({command:?}): {error}"));
        let watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .arg(ending.as_str().trim_start_matches("SIG"))
            .arg(child.id().to_string())
            .arg(folder.map_or_else(String::new, |folder| folder.display().to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh can be started");
        Self {
            name,
            child,
            watch: Some(watch),
            ending,
            frozen: false,
        }
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Sends a signal.
    pub fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::SIGSTOP => self.frozen = true,
            Signal::SIGCONT => self.frozen = false,
            _ => (),
        }
        kill(self.pid(), signal).unwrap_or_else(|error| panic!("{} can't be signalled: {error}", self.name));
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                self.dismiss_watch();
                return Some(status);
            }
            if began.elapsed() > limit {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it in order, by force if it does not end.
    pub fn end(&mut self) -> ExitStatus {
        if self.runs() {
            if self.frozen {
                self.signal(Signal::SIGCONT);
            }
            self.signal(self.ending);
        }
        if let Some(status) = self.wait(END_LIMIT) {
            return status;
        }
        let _ = self.child.kill();
        self.wait(END_LIMIT).expect("a killed process ends")
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().expect("a child of ours");
        self.wait(END_LIMIT).expect("a killed process ends")
    }

    fn dismiss_watch(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            if let Some(mut stdin) = watch.stdin.take() {
                let _ = stdin.write_all(b"ended\n");
            }
            let _ = watch.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
