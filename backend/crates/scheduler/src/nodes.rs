//! What this node knows of the others as far as the caps of accounts go: whether it speaks with them at all, and which
//! accounts they speak of. Never in here: how a cap is split, and the database.

use crate::live::Live;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;
use tollgate_contract::ids::AccountId;

/// An account that was without a request for so many rounds (ten minutes) is spoken of no longer; its next request waits for
/// one round, which takes some milliseconds.
const IDLE_ROUNDS_MAX: u32 = 1200;

/// See the module.
#[derive(Debug)]
pub(crate) struct Nodes {
    /// The nodes speak with each other.
    speaks: AtomicBool,
    /// A cap whose split is not agreed on is divided by this; 0: nothing of it may be used.
    divisor: AtomicU64,
    nudge: Notify,
    listed: Mutex<HashMap<AccountId, Listed>>,
}

#[derive(Debug)]
struct Listed {
    live: Arc<Live>,
    idle_rounds: u32,
}

impl Default for Nodes {
    /// A node that is alone.
    fn default() -> Self {
        Self {
            speaks: AtomicBool::new(false),
            divisor: AtomicU64::new(1),
            nudge: Notify::new(),
            listed: Mutex::default(),
        }
    }
}

impl Nodes {
    /// How much of a cap may be used whose split is not agreed on.
    pub(crate) fn without_share(&self, cap: u64) -> u64 {
        match self.divisor.load(Ordering::Relaxed) {
            0 => 0,
            divisor => (cap / divisor).max(1),
        }
    }

    /// The others can be asked: nothing is used that they have not heard of.
    pub(crate) fn speaks(&self) {
        self.divisor.store(0, Ordering::Relaxed);
        self.speaks.store(true, Ordering::Release);
    }

    /// The others can't be asked. There were so many nodes, this one included: each keeps to its even part.
    pub(crate) fn is_cut_off(&self, nodes: u64) {
        self.divisor.store(nodes.max(1), Ordering::Relaxed);
    }

    /// A request is on this account, or wants to be.
    pub(crate) fn list(&self, live: &Arc<Live>) {
        if !self.speaks.load(Ordering::Acquire) || live.load.set_listed(true) {
            return;
        }
        let listed = Listed {
            live: live.clone(),
            idle_rounds: 0,
        };
        self.listed.lock().insert(live.account, listed);
        self.nudge.notify_one();
    }

    /// Something was listed.
    pub(crate) async fn nudged(&self) {
        self.nudge.notified().await;
    }

    /// The accounts to speak of; and those that were idle for long, which are not listed any more.
    pub(crate) fn round(&self, is_idle: impl Fn(&Live) -> bool) -> (Vec<Arc<Live>>, Vec<Arc<Live>>) {
        let (mut here, mut gone) = (Vec::new(), Vec::new());
        self.listed.lock().retain(|_, listed| {
            listed.idle_rounds = if is_idle(&listed.live) {
                listed.idle_rounds + 1
            } else {
                0
            };
            let stays = listed.idle_rounds <= IDLE_ROUNDS_MAX;
            let list = if stays { &mut here } else { &mut gone };
            list.push(listed.live.clone());
            stays
        });
        (here, gone)
    }

    /// The accounts that the nodes speak of.
    pub(crate) fn listed(&self) -> Vec<Arc<Live>> {
        let listed = self.listed.lock();
        listed.values().map(|listed| listed.live.clone()).collect()
    }
}
