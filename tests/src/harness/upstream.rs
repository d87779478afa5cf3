//! An upstream on loopback that speaks the formats of all vendors that Tollgate knows, by the path that is called; is as
//! strict as they are; fails in every way a test asks for; and keeps its own log of what it was sent, what usage it told,
//! and when the gateway left.
//! A file per format writes its answers and errors, the `rules.rs` beside it has what its vendor refuses.

mod answer;
mod azure;
mod chat;
mod check;
mod claude;
mod code_assist;
mod converse;
mod event_stream;
mod gemini;
mod invoke;
mod openai;
mod reply;
mod responses;
mod route;
mod script;
pub(super) mod serve;
pub(super) mod sigv4;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Stop, Tool, Usage};
pub use script::{Ending, Fault, Script};
pub use sigv4::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};

use super::vendors::Book;
use super::{SOON, wait_for, wait_until};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Still at it.
    Running,
    /// Told to the end (whatever end the script wanted).
    Complete,
    /// The gateway closed the connection while it was still at it.
    Cancelled(Instant),
}

/// A request as the upstream saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it had arrived.
    pub at: Instant,
    /// From where: of what came through a proxy, the address that the proxy sends from.
    pub peer: IpAddr,
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, byte by byte.
    pub body: Vec<u8>,
    /// The final figures that were sent, once they were; `None` before, and for what tells none.
    pub told: Option<Usage>,
    /// Why the vendor would refuse it, if it would: a fault that a test did not script.
    pub refused: Option<String>,
    /// Whether at least the first figures (as in Claude's `message_start`) were sent.
    pub begun: bool,
    /// The answer's body as far as it was sent.
    pub sent: Vec<u8>,
    /// How it went.
    pub outcome: Outcome,
}

impl Seen {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What stands behind `Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Whether it came straight from the gateway, through no proxy of the harness.
    pub fn is_direct(&self) -> bool {
        self.peer == IpAddr::V4(Ipv4Addr::LOCALHOST)
    }

    /// Whether the body has this text in it.
    pub fn mentions(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }
}

#[derive(Debug, Default)]
struct Log {
    seen: Vec<Seen>,
    queue: VecDeque<Script>,
    usual: Script,
}

#[derive(Debug)]
struct Shared {
    /// Begins the ids that this upstream gives.
    maker: String,
    /// The vendors' desks for people and applications, where this upstream has them.
    book: Option<Arc<Book>>,
    log: Mutex<Log>,
    /// Input tokens of the next answer that names none: each answer's are its own.
    next_input: AtomicU64,
    stopping: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Seen)) {
        change(&mut self.log().seen[index]);
    }
}

/// The running upstream; dropping it closes everything.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts one that answers every request well.
    pub fn start() -> Self {
        Self::beside(None)
    }

    /// The same beside desks that issue tokens: then only what they issued is taken of tokens that look like theirs.
    pub(super) fn beside(book: Option<Arc<Book>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            maker: format!("up{}", address.port()),
            book,
            log: Mutex::default(),
            next_input: AtomicU64::new(101),
            stopping: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let served = shared.clone();
        let accepting = std::thread::spawn(move || serve::accept(&listener, &served));
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// An account's base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request that has no script yet gets this one.
    pub fn next(&self, script: Script) {
        self.shared.log().queue.push_back(script);
    }

    /// Requests beyond the queue get this one.
    pub fn always(&self, script: Script) {
        self.shared.log().usual = script;
    }

    /// Everything seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.log().seen.clone()
    }

    /// How many requests were seen so far.
    pub fn count(&self) -> usize {
        self.shared.log().seen.len()
    }

    /// The only request seen; waits for it.
    pub fn only(&self) -> Seen {
        wait_until("the upstream sees a request", SOON, || self.count() > 0);
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "one request was expected");
        seen.into_iter().next().expect("there is one")
    }

    /// The request whose body has this text in it; waits for it.
    pub fn with(&self, text: &str) -> Seen {
        wait_for("the upstream sees the request", SOON, || {
            let log = self.shared.log();
            log.seen.iter().find(|seen| seen.mentions(text)).cloned()
        })
    }

    /// Waits until the request with this text has ended, and tells how.
    pub fn ended(&self, text: &str) -> Seen {
        wait_for("the upstream's answer ends", SOON, || {
            let seen = self.with(text);
            (seen.outcome != Outcome::Running).then_some(seen)
        })
    }

    /// Waits until so many requests were seen.
    pub fn await_count(&self, count: usize) {
        wait_until("the upstream sees more requests", SOON, || self.count() >= count);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let connections = self
            .shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for connection in connections.iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
