//! How nodes split a cap: pure. Each node says what it holds, uses and wants, reads what the others said, and computes its
//! own share. One round after the other: who computes knows everything that was said before. Never in here: how it is said.
//!
//! The rule that keeps the sum under the cap: a share is never more than the cap less what every other node may still use,
//! which is the greater of its share and of what it has in use. So a node grows only after the others have said that they
//! hold less, and it says so itself before it uses more. What a share should be is split by demand: every node gets what
//! the least demanding ones leave to it, at least one where there are enough, and what nobody wants is split evenly.

use tollgate_contract::ids::NodeId;

/// What a node said of one cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) node: NodeId,
    /// It uses no more than this …
    pub(crate) share: u64,
    /// … except for what was in use already: requests in flight, or what the last minute saw.
    pub(crate) used: u64,
    /// What it would use beside that.
    pub(crate) wanted: u64,
}

impl Claim {
    /// The most that it may have in use until it says something else.
    fn held(&self) -> u64 {
        self.share.max(self.used)
    }
}

/// This node's new share. `silent` nodes live but said nothing of this account: one is kept for each where there are enough.
/// `turn` is a number that all nodes have in common and that grows by and by: a cap that is smaller than the nodes goes round.
pub(crate) fn share(cap: u64, mine: Claim, others: &[Claim], silent: u64, turn: u64) -> u64 {
    let nodes = others.len() as u64 + 1 + silent;
    let least = u64::from(cap >= nodes);
    let kept = silent * least;
    let held: u64 = others.iter().map(Claim::held).sum();
    let room = cap.saturating_sub(held.saturating_add(kept));
    room.min(target(cap.saturating_sub(kept), mine, others, least, turn))
}

/// What the share should be once all have done their part.
fn target(cap: u64, mine: Claim, others: &[Claim], least: u64, turn: u64) -> u64 {
    let mut claims: Vec<Claim> = others.iter().copied().chain([mine]).collect();
    claims.sort_unstable_by_key(|claim| claim.node);
    let count = claims.len();
    let is_small = least == 0;
    if is_small {
        let first = turn % count as u64;
        claims.rotate_left(usize::try_from(first).unwrap_or_default());
    }
    let mut parts: Vec<Part> = claims.iter().map(|claim| Part::new(claim, least)).collect();
    let mut rest = cap.saturating_sub(least * count as u64);
    loop {
        let needy = parts.iter().filter(|part| part.need() > 0).count() as u64;
        if needy == 0 || rest < needy {
            break;
        }
        let each = rest / needy;
        for part in &mut parts {
            let given = part.need().min(each);
            part.given += given;
            rest -= given;
        }
    }
    // Fewer than there are nodes that want one. Where each has one at the least, always the same ones get them, so that
    // shares stay; else those that use the least, in turn.
    if is_small {
        parts.sort_by_key(|part| part.used);
    }
    for part in parts.iter_mut().filter(|part| part.need() > 0) {
        let given = rest.min(1);
        part.given += given;
        rest -= given;
    }
    let (each, mut left) = (rest / count as u64, rest % count as u64);
    for part in &mut parts {
        part.given += each + left.min(1);
        left = left.saturating_sub(1);
    }
    parts
        .iter()
        .find(|part| part.node == mine.node)
        .map_or(0, |part| part.given)
}

struct Part {
    node: NodeId,
    used: u64,
    demand: u64,
    given: u64,
}

impl Part {
    fn new(claim: &Claim, least: u64) -> Self {
        Self {
            node: claim.node,
            used: claim.used,
            demand: claim.used.saturating_add(claim.wanted),
            given: least,
        }
    }

    fn need(&self) -> u64 {
        self.demand.saturating_sub(self.given)
    }
}
