//! The rule of choosing and waiting under a day's worth of trouble, in virtual time and with a seed, compared with simpler
//! rules: fifty accounts, two hundred tenants, bursts, limits of the vendor's, overload, and an outage of a third.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "statistics of small numbers; no money is reckoned here"
)]

mod report;
mod rules;
mod run;
mod world;

use report::Outcome;
use rules::Kind;
use run::run;
use world::Plan;

/// Where the document is that the report stands in.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/scheduler.md");

#[test]
fn our_rule_serves_the_quiet_ones_while_others_burst_and_finds_back_after_an_outage() {
    let plan = Plan::small();
    let ours = run(&plan, Kind::Ours, 1);
    let least = run(&plan, Kind::LeastLoad, 1);
    let line = run(&plan, Kind::OneLine, 1);
    let v1 = run(&plan, Kind::V1, 1);
    println!(
        "{}",
        report::table(&[ours.clone(), least.clone(), line.clone(), v1.clone()])
    );
    assert!(ours.jain() >= 0.95, "{:.3}", ours.jain());
    assert!(ours.quiet_served() >= 0.98, "{:.3}", ours.quiet_served());
    assert!(ours.quiet_served() > least.quiet_served() + 0.01);
    assert!(
        ours.quiet_wait_s(0.99) < line.quiet_wait_s(0.99) / 2.0,
        "nobody waits behind another's burst"
    );
    assert!(ours.served() > v1.served());
    assert!(ours.failovers_per_1000() < least.failovers_per_1000() / 2.0);
    assert!(
        ours.recovered_s.is_some_and(|seconds| seconds <= 90.0),
        "{:?}",
        ours.recovered_s
    );
    assert!(ours.most_over_cap == 0, "a cap is never exceeded");
    assert!(ours.longest_wait_ms <= 5_000 + 100, "{}", ours.longest_wait_ms);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let plan = Plan::small();
    assert_eq!(run(&plan, Kind::Ours, 7), run(&plan, Kind::Ours, 7));
}

#[test]
#[ignore = "takes a while; prints the report, and writes it into docs/scheduler.md where TOLLGATE_WRITE_DOCS=1"]
fn the_report() {
    let plan = Plan::whole();
    let seeds = 1..=5;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for kind in Kind::ALL {
        let runs: Vec<Outcome> = seeds.clone().map(|seed| run(&plan, kind, seed)).collect();
        outcomes.push(Outcome::of_all(&runs));
    }
    let table = report::table(&outcomes);
    println!("{table}");
    if std::env::var("TOLLGATE_WRITE_DOCS").is_ok_and(|value| value == "1") {
        report::write(DOCUMENT, &table);
    }
}
