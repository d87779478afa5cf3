//! A budget of a dollar under sixty-four clients on four nodes, which are killed while PostgreSQL and Redis come and go:
//! never spent beyond, spent to the end, and nobody refused who had room.
//! `TOLLGATE_RACE_SEEDS=1,2,3` chooses the seeds; each is a run of its own.

mod clients;
mod log;

use clients::{Field, OUTPUT_MIN, SMALL_OUTPUT};
use log::{Leases, check_refusals};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Answer, Event, Gateway, House, Request, Scene, Usage, Wanted, wait_until};

const NODES: usize = 4;
const CLIENTS: u64 = 64;
const BUDGET_NANO: i64 = 1_000_000_000;
/// Tokens of each question: fewer than its bytes.
const INPUT: u64 = 20;
/// How long nodes and servers come and go; afterwards clients go on until the budget is at its end.
const CHAOS: Duration = Duration::from_secs(20);
/// The longest that spending the rest may take.
const REST: Duration = Duration::from_mins(3);

/// Numbers that look random and are the same for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// 0 to `below`, exclusive.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below.max(1)
    }

    fn pause(&mut self, most: Duration) {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        std::thread::sleep(Duration::from_millis(self.roll(millis)));
    }
}

#[test]
fn a_budget_is_spent_to_its_end_and_never_beyond_whatever_dies() {
    let seeds = std::env::var("TOLLGATE_RACE_SEEDS").unwrap_or_else(|_| "1".to_owned());
    for seed in seeds.split(',') {
        run(seed.trim().parse().expect("seeds are numbers"));
    }
}

fn run(seed: u64) {
    let house = House::with(Wanted {
        cluster: true,
        redis: true,
        ..Wanted::default()
    });
    let others: Vec<Gateway> = (1..NODES).map(|_| house.another()).collect();
    let scene = house.scene();
    house.credit(&scene.tenant, "10000");
    let budget = json!({"name": "the dollar", "scope": {"kind": "tenant"}, "period": "total",
                        "limit_nano": BUDGET_NANO.to_string(), "hard": true});
    scene.tenant.api.post("/budgets", &budget).expect(201);
    let nodes: Vec<&Gateway> = std::iter::once(&house.gateway).chain(&others).collect();
    answer_somehow(&scene, &mut Dice::new(seed));
    let field = Field::new(nodes, &scene.key.secret);
    let leases = Leases::default();
    let (chaos_over, everyone_done) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| leases.watch(&house, &everyone_done));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let dice = Dice::new(seed * 1000 + number);
                let (field, over) = (&field, &chaos_over);
                scope.spawn(move || clients::go_on(field, dice, over))
            })
            .collect();
        let trouble = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            make_trouble(&house, &field, &scene, &mut Dice::new(seed));
        }));
        chaos_over.store(true, Ordering::SeqCst);
        let ended = clients.into_iter().all(|client| client.join().is_ok());
        everyone_done.store(true, Ordering::SeqCst);
        assert!(trouble.is_ok() && ended, "seed {seed}: trouble of our own");
    });
    spend_the_rest(seed, &field);
    for node in field.nodes() {
        wait_until("the journal is empty", Duration::from_mins(1), || {
            depth(node) == 0
        });
    }
    check(seed, &house, &house.events(&scene.tenant), &field, &leases);
    for node in &others {
        assert!(node.stop(), "seed {seed}: a node ended badly");
    }
    house.finish();
}

/// Kills nodes and starts them again, stops PostgreSQL and Redis once each, and has answers cost this and that.
fn make_trouble(house: &House, field: &Field<'_>, scene: &Scene, dice: &mut Dice) {
    let (began, mut step) = (Instant::now(), 0);
    while began.elapsed() < CHAOS {
        for _ in 0..10 {
            answer_somehow(scene, dice);
            std::thread::sleep(Duration::from_millis(120));
        }
        step += 1;
        match step {
            4 => {
                house.database.cluster.halt();
                dice.pause(Duration::from_secs(2));
                house.database.cluster.boot();
            }
            7 => {
                let redis = house.redis.as_ref().expect("wanted");
                redis.kill();
                dice.pause(Duration::from_secs(1));
                redis.boot();
            }
            _ => {
                let number = usize::try_from(dice.roll(NODES as u64)).expect("small");
                field.kill(number);
                dice.pause(Duration::from_millis(1500));
                field.boot(number);
            }
        }
    }
    // What remains is spent in small coin.
    let small = Answer::costing(Usage::of(INPUT, SMALL_OUTPUT)).after(Duration::from_millis(20));
    scene.upstream.always(small.into());
}

fn answer_somehow(scene: &Scene, dice: &mut Dice) {
    let pieces = usize::try_from(1 + dice.roll(12)).expect("small");
    let mut answer = Answer::slow(pieces, Duration::from_millis(dice.roll(60)));
    answer.usage = Usage::of(INPUT, 1 + dice.roll(OUTPUT_MIN));
    let pause = Duration::from_millis(dice.roll(300));
    scene.upstream.always(answer.after(pause).into());
}

/// One small request after the other, until every node refuses one.
fn spend_the_rest(seed: u64, field: &Field<'_>) {
    let began = Instant::now();
    while !(0..NODES).all(|number| field.refuses_the_smallest(number)) {
        assert!(
            began.elapsed() < REST,
            "seed {seed}: not at its end after {REST:?}"
        );
    }
}

fn depth(node: &Gateway) -> serde_json::Value {
    node.send(&Request::get("/health")).json()["stats"]["journal_depth"].clone()
}

fn check(seed: u64, house: &House, events: &[Event], field: &Field<'_>, leases: &Leases) {
    let charged: i64 = events.iter().map(|event| event.charge_nano).sum();
    let beyond: Vec<&Event> = events
        .iter()
        .filter(|event| event.charge_nano > event.reserved_nano)
        .collect();
    assert!(
        beyond.is_empty(),
        "seed {seed}: no answer is longer than it may be: {beyond:?}"
    );
    assert!(
        charged <= BUDGET_NANO,
        "seed {seed}: {charged} nano-USD are spent"
    );
    let small = field.smallest_needed();
    let left = BUDGET_NANO - charged;
    assert!(
        left < small,
        "seed {seed}: {left} nano-USD are left, and the smallest request takes {small}"
    );
    let tally = check_refusals(seed, field, events, &leases.of_the_dead(house), BUDGET_NANO);
    let exact = events.iter().filter(|event| event.is_exact()).count();
    println!(
        "seed {seed}: {} events, {exact} exact, {left} nano-USD left of which the smallest takes {small}; {tally:?}",
        events.len()
    );
    // Else the run has shown nothing.
    assert!(
        tally.refused > 50 && exact > 100,
        "seed {seed}: {tally:?}, {exact} exact"
    );
}
