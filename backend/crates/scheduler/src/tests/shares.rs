//! The protocol by which nodes split a cap, under rounds that are lost, late and repeated, and nodes that die.

use crate::shares::{Claim, share};
use proptest::prelude::*;
use tollgate_contract::ids::NodeId;
use uuid::Uuid;

/// How a round ends for the node that speaks.
#[derive(Clone, Copy, Debug)]
enum Round {
    Done,
    /// Nothing was written.
    Lost,
    /// It was written, and the node does not know.
    Unheard,
    /// It is written after the node gave it up.
    Late,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Speak(usize, Round),
    /// So many more requests want a seat.
    Want(usize, u64),
    /// So many end.
    End(usize, u64),
    Die(usize),
    /// The others find it silent for too long.
    Silent(usize),
    /// A round of before reaches the table.
    Repeat(usize),
}

#[derive(Clone, Debug, Default)]
struct Node {
    share: u64,
    in_flight: u64,
    waiting: u64,
    seq: u64,
    /// What it said last, and with which number; what others count.
    row: Option<(u64, Claim)>,
    late: Vec<(u64, Claim)>,
    dead: bool,
}

struct House {
    cap: u64,
    nodes: Vec<Node>,
    turn: u64,
}

fn name(node: usize) -> NodeId {
    NodeId(Uuid::from_u128(node as u128 + 1))
}

impl House {
    fn new(cap: u64, nodes: usize) -> Self {
        let nodes = vec![Node::default(); nodes];
        Self { cap, nodes, turn: 0 }
    }

    fn in_flight(&self) -> u64 {
        self.nodes.iter().map(|node| node.in_flight).sum()
    }

    fn speak(&mut self, speaker: usize, round: Round) {
        if self.nodes[speaker].dead {
            return;
        }
        let others = || (0..self.nodes.len()).filter(|other| *other != speaker);
        let claims: Vec<Claim> = others()
            .filter_map(|other| self.nodes[other].row.map(|(_, claim)| claim))
            .collect();
        let silent = others()
            .filter(|other| self.nodes[*other].row.is_none() && !self.nodes[*other].dead)
            .count();
        let node = &mut self.nodes[speaker];
        let mine = Claim {
            node: name(speaker),
            share: node.share,
            used: node.in_flight,
            wanted: node.waiting,
        };
        let new = share(self.cap, mine, &claims, silent as u64, self.turn);
        node.share = node.share.min(new);
        node.seq += 1;
        let said = (node.seq, Claim { share: new, ..mine });
        match round {
            Round::Done => {
                node.row = Some(said);
                node.share = new;
            }
            Round::Lost => (),
            Round::Unheard => node.row = Some(said),
            Round::Late => node.late.push(said),
        }
        self.seat(speaker);
    }

    fn seat(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        let seats = node.share.saturating_sub(node.in_flight).min(node.waiting);
        node.in_flight += seats;
        node.waiting -= seats;
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Speak(node, round) => self.speak(node, round),
            Step::Want(node, more) => {
                self.nodes[node].waiting += more;
                self.seat(node);
            }
            Step::End(node, count) => {
                let node = &mut self.nodes[node];
                node.in_flight = node.in_flight.saturating_sub(count);
            }
            Step::Die(node) => {
                let row = self.nodes[node].row;
                let seq = self.nodes[node].seq;
                self.nodes[node] = Node {
                    row,
                    seq,
                    dead: true,
                    ..Node::default()
                };
            }
            Step::Silent(node) if self.nodes[node].dead => {
                // And it starts anew, holding nothing.
                self.nodes[node] = Node {
                    seq: self.nodes[node].seq,
                    ..Node::default()
                };
            }
            Step::Silent(_) => (),
            Step::Repeat(node) => {
                let node = &mut self.nodes[node];
                if let Some(late) = node.late.pop()
                    && node.row.is_none_or(|(seq, _)| seq < late.0)
                    && late.0 == node.seq
                {
                    node.row = Some(late);
                }
            }
        }
        self.turn += 1;
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let round = prop_oneof![
        6 => Just(Round::Done),
        1 => Just(Round::Lost),
        1 => Just(Round::Unheard),
        1 => Just(Round::Late),
    ];
    let step = prop_oneof![
        6 => (0_usize..4, round).prop_map(|(node, round)| Step::Speak(node, round)),
        3 => (0_usize..4, 1_u64..20).prop_map(|(node, more)| Step::Want(node, more)),
        3 => (0_usize..4, 1_u64..10).prop_map(|(node, count)| Step::End(node, count)),
        1 => (0_usize..4).prop_map(Step::Die),
        2 => (0_usize..4).prop_map(Step::Silent),
        2 => (0_usize..4).prop_map(Step::Repeat),
    ];
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_more_is_in_flight_than_the_cap_whatever_happens(cap in 1_u64..30, steps in steps()) {
        let mut house = House::new(cap, 4);
        for step in steps {
            house.step(step);
            prop_assert!(house.in_flight() <= cap, "{} of {cap} after {step:?}", house.in_flight());
        }
    }

    #[test]
    fn what_is_wanted_is_there_after_three_rounds_where_there_is_room(
        cap in 4_u64..60, wants in proptest::collection::vec(0_u64..15, 4), before in proptest::collection::vec(0_u64..60, 4)
    ) {
        let mut house = House::new(cap, 4);
        // Whoever had it before, all of it is idle by now.
        for (node, want) in before.iter().enumerate() {
            house.nodes[node].waiting = *want;
        }
        for node in [0, 1, 2, 3, 0, 1, 2, 3] {
            house.speak(node, Round::Done);
        }
        for (node, want) in wants.iter().enumerate() {
            (house.nodes[node].in_flight, house.nodes[node].waiting) = (0, *want);
        }
        for node in [2, 0, 3, 1, 2, 0, 3, 1, 2, 0, 3, 1] {
            house.speak(node, Round::Done);
        }
        // One is kept for each node that lives.
        let total: u64 = wants.iter().map(|want| (*want).max(1)).sum();
        if total <= cap {
            for (node, want) in wants.iter().enumerate() {
                prop_assert_eq!(house.nodes[node].in_flight, *want, "node {} of {:?}", node, &house.nodes);
            }
        } else {
            let idle = wants.iter().filter(|want| **want == 0).count() as u64;
            prop_assert!(house.in_flight() + idle >= cap, "all of it is used");
            // What is in flight is taken from nobody, but one seat is everybody's.
            prop_assert!(house.nodes.iter().all(|node| node.waiting == 0 || node.in_flight >= 1));
        }
    }
}

#[test]
fn one_node_has_all_of_it_and_each_live_one_finds_a_seat() {
    let me = |wanted| Claim {
        node: name(0),
        share: 0,
        used: 0,
        wanted,
    };
    assert_eq!(share(10, me(0), &[], 0, 0), 10);
    assert_eq!(share(10, me(50), &[], 3, 0), 7, "three others may come");
    assert_eq!(share(2, me(50), &[], 3, 0), 2, "not enough for each");
}

#[test]
fn a_cap_smaller_than_the_nodes_goes_round() {
    let mut house = House::new(1, 3);
    let mut served = [0; 3];
    for round in 0..60 {
        for node in 0..3 {
            house.nodes[node].waiting = 5;
            house.speak(node, Round::Done);
            assert!(house.in_flight() <= 1);
        }
        for (node, served) in served.iter_mut().enumerate() {
            // A request takes a second.
            *served += std::mem::take(&mut house.nodes[node].in_flight);
        }
        house.turn = round / 2;
    }
    assert!(served.iter().all(|served| *served >= 5), "{served:?}");
}
