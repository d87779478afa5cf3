//! The nodes speak of their accounts: twice a second, and as soon as an account is new here, a node writes what it has in
//! flight, what waits and what it holds of each cap, reads the same of the others, and computes its shares (`shares`).
//! Never in here: how a cap is split.
//!
//! It takes the place of a round trip per request to a common counter: a seat costs nothing but this node's memory. One
//! node speaks at a time (an advisory lock), so that each knows all that was said before. What it gives up it gives up
//! before it says so; what it takes it takes after that is committed. A row that comes late never replaces a newer one.
//!
//! A node that was not heard for [`SILENT_MAX`] counts no more. Where it died, its connections to the vendor died with it.
//! Where it lives on without the database, it went down to its even part of each cap before that ([`ALONE_AFTER`]): the sum
//! may pass a cap by that part until it is back or `relay.outage_grace` is over, and not at all if the database is away
//! from everybody.

mod rows;

use crate::desk::Desk;
use crate::live::Live;
use crate::load::{Busy, Caps, NodeShare};
use crate::shares::{self, Claim};
use rows::{Row, Said};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tollgate_contract::ids::NodeId;
use tollgate_store::{Db, StoreError};

/// Between rounds: what is wanted is there after three of them, which shall be within two seconds.
const EVERY: Duration = Duration::from_millis(500);
/// Rounds that new accounts ask for come no closer together than this.
const NUDGED_MIN: Duration = Duration::from_millis(20);
/// A round that takes longer than this has failed.
const ROUND_MAX: Duration = Duration::from_secs(2);
/// Without a round for so long a node goes down to its even part; less than [`SILENT_MAX`] by more than a clock's jitter.
const ALONE_AFTER: Duration = Duration::from_secs(3);
/// A node that was silent for so long counts no more; by the database's clock.
pub(crate) const SILENT_MAX: Duration = Duration::from_secs(5);
/// So many rounds between looks for what nodes left behind that went away.
const SWEEP_ROUNDS: i64 = 120;
/// Where nodes are equal, the next one comes first after so many seconds.
const TURN_SECONDS: i64 = 2;

/// Speaks until shutdown, and says then that this node holds nothing any more.
pub(crate) async fn run(db: Db, node: NodeId, desk: Arc<Desk>, shutdown: CancellationToken) {
    let seq = db.clock().now().timestamp_micros();
    let mut speaker = Speaker {
        heard_at: db.clock().monotonic(),
        db,
        node,
        desk,
        seq,
        nodes: 1,
        rounds: 0,
    };
    let mut last_error = String::new();
    while !shutdown.is_cancelled() {
        let begun = speaker.db.clock().monotonic();
        let done = match tokio::time::timeout(ROUND_MAX, speaker.round()).await {
            Ok(done) => done.map_err(|error| error.to_string()),
            Err(_) => Err("the database did not answer in time".to_owned()),
        };
        match done {
            Ok(()) => {
                speaker.heard_at = begun;
                last_error.clear();
            }
            Err(error) => {
                if error != last_error {
                    tracing::warn!(error, "nodes can't share the caps of accounts at the moment");
                    last_error = error;
                }
                speaker.failed();
            }
        }
        let pause = async {
            tokio::time::sleep(NUDGED_MIN).await;
            let nudged = speaker.desk.nodes().nudged();
            drop(tokio::time::timeout(EVERY.saturating_sub(NUDGED_MIN), nudged).await);
        };
        shutdown.run_until_cancelled(pause).await;
    }
    let leaving = rows::leave(&speaker.db, node);
    if !matches!(tokio::time::timeout(ROUND_MAX, leaving).await, Ok(Ok(()))) {
        tracing::info!("the other nodes take over this node's shares in some seconds");
    }
}

struct Speaker {
    db: Db,
    node: NodeId,
    desk: Arc<Desk>,
    /// Of what this node says; grows.
    seq: i64,
    /// How many live, this one included.
    nodes: u64,
    /// When the last round began that was heard.
    heard_at: Instant,
    rounds: i64,
}

/// An account's new share, taken once it is said.
struct Grown {
    live: Arc<Live>,
    share: NodeShare,
}

impl Speaker {
    async fn round(&mut self) -> Result<(), StoreError> {
        if self.rounds == 0 {
            // What an earlier process of this node said holds no more; its numbers may even be higher, by another clock.
            rows::leave(&self.db, self.node).await?;
        }
        self.seq += 1;
        self.rounds += 1;
        let now = self.db.clock().now();
        let is_idle = |live: &Live| live.load.busy(now) == Busy::default();
        let (mut listed, mut gone) = self.desk.nodes().round(is_idle);
        gone.retain(|live| {
            live.load.set_share(NodeShare::NONE);
            live.load.set_listed(false);
            // A request was quicker.
            let is_used = !is_idle(live);
            if is_used {
                self.desk.nodes().list(live);
                listed.push(live.clone());
            }
            !is_used
        });
        let sweeps = self.rounds % SWEEP_ROUNDS == 1;
        let mut said = rows::hear(&self.db, self.node, &listed, sweeps).await?;
        self.desk.nodes().speaks();
        let (mut ours, mut grown) = (Vec::with_capacity(listed.len()), Vec::new());
        for live in listed {
            let others = said.of(live.account);
            let share = self.new_share(&live, &others, &said);
            // What is given up is given up before it is said, and what is in flight is looked at after that.
            live.load
                .set_share(less(live.load.share(), share, live.load.caps()));
            let busy = live.load.busy(self.db.clock().now());
            ours.push(Row::new(&live, busy, share));
            grown.push(Grown { live, share });
        }
        self.nodes = said.nodes();
        rows::say(said.transaction(), self.node, self.seq, &ours, &gone).await?;
        for Grown { live, share } in grown {
            live.load.set_share(share);
            self.desk.serve(&live);
        }
        Ok(())
    }

    /// This node's part of each of the account's caps.
    fn new_share(&self, live: &Live, others: &[Row], said: &Said) -> NodeShare {
        let (caps, held) = (live.load.caps(), live.load.share());
        let busy = live.load.busy(self.db.clock().now());
        let silent = said.nodes().saturating_sub(1 + others.len() as u64);
        let turn = u64::try_from(said.seconds / TURN_SECONDS).unwrap_or_default();
        let part = |cap: Option<u64>, of: &dyn Fn(&Busy, &NodeShare) -> (u64, u64)| {
            let Some(cap) = cap else { return 0 };
            let claim = |node, busy: &Busy, share: &NodeShare| {
                let (used, share) = of(busy, share);
                Claim {
                    node,
                    share: share.min(cap),
                    used,
                    wanted: u64::from(busy.waiting),
                }
            };
            let others: Vec<Claim> = others
                .iter()
                .map(|row| claim(row.node, &row.busy, &row.share))
                .collect();
            shares::share(cap, claim(self.node, &busy, &held), &others, silent, turn)
        };
        if caps.concurrency.is_some_and(|cap| u64::from(cap) < said.nodes())
            && busy.in_flight + busy.waiting > 0
        {
            metrics::counter!("tollgate_account_small_caps_total").increment(1);
        }
        NodeShare {
            seats: part(caps.concurrency.map(u64::from), &|busy, share| {
                (busy.in_flight.into(), share.seats)
            }),
            requests: part(caps.requests_per_minute.map(u64::from), &|busy, share| {
                (busy.requests_1m, share.requests)
            }),
            tokens: part(caps.tokens_per_minute, &|busy, share| {
                (busy.tokens_1m, share.tokens)
            }),
        }
    }

    /// What is not known any more is not used: after a while without the others every node keeps to its even part.
    fn failed(&self) {
        let silent_for = self
            .db
            .clock()
            .monotonic()
            .saturating_duration_since(self.heard_at);
        if silent_for < ALONE_AFTER {
            return;
        }
        self.desk.nodes().is_cut_off(self.nodes);
        for live in self.desk.nodes().listed() {
            live.load.set_share(NodeShare::NONE);
            self.desk.serve(&live);
        }
    }
}

/// What may be used while the new share is not said yet: the lesser of both. No share is none where there is a cap.
fn less(old: NodeShare, new: NodeShare, caps: Caps) -> NodeShare {
    let lesser = |is_capped: bool, old: u64, new: u64| match (is_capped, old == NodeShare::NONE.seats) {
        (true, true) => 0,
        _ => old.min(new),
    };
    NodeShare {
        seats: lesser(caps.concurrency.is_some(), old.seats, new.seats),
        requests: lesser(caps.requests_per_minute.is_some(), old.requests, new.requests),
        tokens: lesser(caps.tokens_per_minute.is_some(), old.tokens, new.tokens),
    }
}
