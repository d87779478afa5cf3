//! The clients of the race: plain and streamed requests of uneven size to whichever node is there, some of them left.

use super::Dice;
use serde_json::json;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tollgate_tests::harness::{Ask, Connection, Gateway, Reply};

/// The least output limit of a request while there is trouble: no answer is longer.
pub const OUTPUT_MIN: u64 = 300;
/// The output limit of the smallest request, and what its answer has.
pub const SMALL_OUTPUT: u64 = 16;
/// Refusals after which a client has had enough, once the trouble is over.
const ENOUGH: u32 = 2;

/// How a request ended, as its client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answered.
    Whole,
    /// For want of money; what it would have taken, in nano-USD.
    Refused { needed: i64, text: String },
    /// The node could not say, or had no turn for it.
    Unavailable,
    /// Left by its client, or the node died.
    Broken,
}

/// A request and what its client saw of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The client's own id.
    pub id: String,
    /// To which node.
    pub node: usize,
    /// When it was sent.
    pub began: Instant,
    /// When its client had its end.
    pub ended: Instant,
    /// The same on the clock that databases use.
    pub ended_at: SystemTime,
    /// How it ended.
    pub kind: Kind,
}

/// The end of a node.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    /// Which node.
    pub node: usize,
    /// When it died.
    pub at: Instant,
}

/// Four nodes and what happened on them.
#[derive(Debug)]
pub struct Field<'a> {
    nodes: Vec<&'a Gateway>,
    alive: Vec<AtomicBool>,
    secret: &'a str,
    lines: Mutex<Vec<Line>>,
    deaths: Mutex<Vec<Death>>,
}

impl<'a> Field<'a> {
    /// All of them run.
    pub fn new(nodes: Vec<&'a Gateway>, secret: &'a str) -> Self {
        let alive = nodes.iter().map(|_| AtomicBool::new(true)).collect();
        Self {
            nodes,
            alive,
            secret,
            lines: Mutex::default(),
            deaths: Mutex::default(),
        }
    }

    /// The nodes.
    pub fn nodes(&self) -> &[&'a Gateway] {
        &self.nodes
    }

    /// All that was asked.
    pub fn lines(&self) -> Vec<Line> {
        locked(&self.lines).clone()
    }

    /// When which node was dead.
    pub fn deaths(&self) -> Vec<Death> {
        locked(&self.deaths).clone()
    }

    /// `kill -9`.
    pub fn kill(&self, node: usize) {
        self.alive[node].store(false, Ordering::SeqCst);
        locked(&self.deaths).push(Death {
            node,
            at: Instant::now(),
        });
        self.nodes[node].kill();
    }

    /// Starts it on its folder again.
    pub fn boot(&self, node: usize) {
        self.nodes[node].boot();
        self.alive[node].store(true, Ordering::SeqCst);
    }

    /// Asks a node for the smallest answer; whether it has no money for it.
    pub fn refuses_the_smallest(&self, node: usize) -> bool {
        let line = self.ask(node, &small(self.secret), None);
        matches!(line.map(|line| line.kind), Some(Kind::Refused { .. }))
    }

    /// What the smallest request takes, as the last of its refusals said.
    pub fn smallest_needed(&self) -> i64 {
        let lines = locked(&self.lines);
        let needed = lines.iter().rev().find_map(|line| match line.kind {
            Kind::Refused { needed, .. } => Some(needed),
            _ => None,
        });
        needed.expect("it was refused")
    }

    /// Sends a request and notes what came of it; `None` if nobody listens there. `leave`: reads so long, and goes.
    fn ask(&self, node: usize, ask: &Ask, leave: Option<Duration>) -> Option<Line> {
        let stream = TcpStream::connect(self.nodes[node].address()).ok()?;
        let mut connection = Connection::over(stream);
        let began = Instant::now();
        let sent = connection.send(&ask.request());
        let kind = match (sent, leave) {
            (Err(_), _) => Kind::Broken,
            (Ok(()), Some(pause)) => {
                std::thread::sleep(pause);
                connection.reset();
                Kind::Broken
            }
            (Ok(()), None) => connection
                .read_reply()
                .map_or(Kind::Broken, |reply| kind_of(&reply)),
        };
        let line = Line {
            id: ask.id.clone(),
            node,
            began,
            ended: Instant::now(),
            ended_at: SystemTime::now(),
            kind,
        };
        locked(&self.lines).push(line.clone());
        Some(line)
    }

    fn any_alive(&self, dice: &mut Dice) -> Option<usize> {
        let node = usize::try_from(dice.roll(self.nodes.len() as u64)).expect("small");
        self.alive[node].load(Ordering::SeqCst).then_some(node)
    }
}

/// Asks for this and that until the trouble is over, then for the smallest, until it is refused.
pub fn go_on(field: &Field<'_>, mut dice: Dice, over: &AtomicBool) {
    let mut refusals = 0;
    while refusals < ENOUGH {
        let Some(node) = field.any_alive(&mut dice) else {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        let at_the_end = over.load(Ordering::SeqCst);
        let (ask, leave) = if at_the_end {
            (small(field.secret), None)
        } else {
            some_request(field.secret, &mut dice)
        };
        let line = field.ask(node, &ask, leave);
        let refused = line.is_some_and(|line| matches!(line.kind, Kind::Refused { .. }));
        refusals = if at_the_end && refused { refusals + 1 } else { 0 };
        std::thread::sleep(Duration::from_millis(dice.roll(40)));
    }
}

fn some_request(secret: &str, dice: &mut Dice) -> (Ask, Option<Duration>) {
    let output = OUTPUT_MIN + dice.roll(1700);
    let ask = Ask::new(secret).with("max_tokens", json!(output));
    let ask = if dice.roll(2) == 0 { ask } else { ask.streamed() };
    let leaves = dice.roll(10) == 0;
    (ask, leaves.then(|| Duration::from_millis(dice.roll(600))))
}

fn small(secret: &str) -> Ask {
    Ask::new(secret).with("max_tokens", json!(SMALL_OUTPUT))
}

fn kind_of(reply: &Reply) -> Kind {
    let text = reply.text();
    if reply.status == 200 {
        let ended = text.contains("event: message_stop") || text.contains("\"stop_reason\"");
        return if ended && reply.broken.is_none() {
            Kind::Whole
        } else {
            Kind::Broken
        };
    }
    match needed(&text) {
        Some(needed) if text.contains("the dollar") => Kind::Refused { needed, text },
        _ => Kind::Unavailable,
    }
}

/// From `… this request may cost up to $0.0123 …`.
fn needed(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("may cost up to $")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let (whole, fraction) = rest[..end].trim_end_matches('.').split_once('.')?;
    let nano: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 1_000_000_000 + nano)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
