//! A house in memory, with a seed: three nodes with real desks on a model of the database. Requests of uneven cost, slow,
//! lost and repeated messages, nodes that crash or are taken over while they live, recalls. After every step nothing may
//! be overshot; at the end everything must have come back. Mistakes planted in the model must be found.

mod end;
mod house;
mod vault;

use house::House;
use vault::Fault;

const NODES: usize = 3;
const STEPS: usize = 300;

/// Splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn amount(&mut self, below: i64) -> i64 {
        i64::try_from(self.roll(u64::try_from(below).expect("positive"))).expect("small")
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.roll(of as u64)).expect("small")
    }
}

fn run(seed: u64, fault: Fault) -> (usize, usize) {
    let mut house = House::new(seed, fault);
    for node in 0..NODES {
        house.boot(node);
    }
    for _ in 0..STEPS {
        house.step();
    }
    house.end();
    (house.taken, house.refused)
}

#[test]
fn a_thousand_seeds_overshoot_nothing_and_lose_nothing() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..1_000 {
        let outcome = std::panic::catch_unwind(|| run(seed, Fault::None));
        let (more_taken, more_refused) = outcome.unwrap_or_else(|_| panic!("seed {seed} fails"));
        (taken, refused) = (taken + more_taken, refused + more_refused);
    }
    assert!(
        taken > 20_000 && refused > 500,
        "it tries both: {taken} taken, {refused} refused"
    );
}

#[test]
fn planted_mistakes_are_found() {
    for fault in [Fault::ReturnByTime, Fault::NoEpochCheck, Fault::NoOrder] {
        let failed = (0..1_000).filter(|seed| std::panic::catch_unwind(|| run(*seed, fault)).is_err());
        assert!(failed.take(3).count() == 3, "{fault:?} is not found");
    }
}
