//! Budgets: refused with what would fit, never overshot on two nodes, waited for, and what a killed node held.

use super::refusals::finally_refused;
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::budgets::{granted_and_settled, new_budget};
use tollgate_tests::harness::{Answer, Ask, House, SOON, Usage, books, wait_until};

/// Claude's own 10 input tokens at $3 and 1,000 output tokens at $15 a million.
const ANSWER_NANO: i64 = 15_030_000;

fn dear() -> Answer {
    Answer {
        usage: Usage::of(10, 1_000),
        ..Answer::default()
    }
    .after(Duration::from_millis(100))
}

#[test]
fn a_request_beyond_a_budget_is_told_what_would_fit_and_a_smaller_one_passes() {
    let house = House::shared();
    let scene = house.scene();
    let of_key = format!("'{}'", scene.key.id);
    let key = [
        ("scope", "'key'"),
        ("key_id", of_key.as_str()),
        ("models", "'*sonnet*'"),
    ];
    let month = [("period", "'month'"), ("time_zone", "'Asia/Shanghai'")];
    // $15 a million output tokens: 10,000 of them may cost $0.15.
    new_budget(
        &mut house.sql(),
        scene.tenant.id,
        100_000_000,
        &[key, [month[0], month[1], ("thresholds", "'{80}'")]].concat(),
    );
    let ask = |tokens: u32| Ask::new(&scene.key.secret).with("max_tokens", json!(tokens));
    wait_until("the budget is heard of", SOON, || {
        ask(10_000).send(house.gateway.address()).status == 402
    });
    let before = scene.upstream.count();
    let (kind, message) = finally_refused(&ask(10_000).send(house.gateway.address()), 402);
    assert_eq!(kind, "billing_error");
    assert!(
        message.contains("The budget `Team` of this API key ($0.10 in all)"),
        "{message}"
    );
    assert!(
        message.contains("wait until 20") && message.contains("-01 00:00 Asia/Shanghai"),
        "{message}"
    );
    let fits = message.split("(max_tokens) to ").nth(1).expect("what would fit");
    let fits: u32 = fits
        .split(',')
        .next()
        .expect("a number")
        .parse()
        .expect("a number");
    assert_eq!(scene.upstream.count(), before, "nothing was sent");
    // A digit less in the body makes a token of input: two of output are surely too many.
    finally_refused(&ask(fits + 2).send(house.gateway.address()), 402);
    ask(fits).send(house.gateway.address()).expect(200);
    // Another key of the same organisation is not bound by it.
    let other = scene.tenant.key(json!({})).secret;
    Ask::new(&other)
        .with("max_tokens", json!(10_000))
        .send(house.gateway.address())
        .expect(200);
}

#[test]
fn a_budget_is_spent_to_its_end_on_two_nodes_and_never_beyond() {
    let house = House::own();
    let second = house.another();
    let scene = house.scene();
    scene.upstream.always(dear().into());
    let limit = 200_000_000;
    let budget = new_budget(&mut house.sql(), scene.tenant.id, limit, &[]);
    let nodes = [house.gateway.address(), second.address()];
    let ask = Ask::new(&scene.key.secret);
    for node in nodes {
        wait_until("the budget is heard of", SOON, || {
            let greedy = Ask::new(&scene.key.secret).with("max_tokens", json!(100_000));
            greedy.send(node).status == 402
        });
    }
    let sent_before = scene.upstream.count();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..40)
            .map(|place| {
                let (ask, node) = (&ask, nodes[place % 2]);
                scope.spawn(move || ask.send(node).status)
            })
            .collect();
        asking
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert!(
        statuses.iter().all(|status| [200, 402].contains(status)),
        "{statuses:?}"
    );
    let served = statuses.iter().filter(|status| **status == 200).count();
    // 13 answers fit, and whoever lacked waited for what the others did not use.
    assert_eq!(served, 13, "{statuses:?}");
    assert_eq!(scene.upstream.count() - sent_before, served);
    let spent = i64::try_from(served).expect("small") * ANSWER_NANO;
    let mut sql = house.sql();
    wait_until("all is booked and what is left came back", SOON, || {
        granted_and_settled(&mut sql, budget) == (spent, spent)
    });
    assert!(second.stop(), "stopped in order");
    house.verify();
}

#[test]
fn what_a_killed_node_holds_comes_back_when_it_starts_again() {
    let house = House::own();
    let second = house.another();
    let scene = house.scene();
    let budget = new_budget(&mut house.sql(), scene.tenant.id, 100_000_000, &[]);
    scene
        .upstream
        .always(dear().after(Duration::from_secs(30)).into());
    let large = Ask::new(&scene.key.secret)
        .with("max_tokens", json!(4_000))
        .streamed();
    let running = large.begin(second.address());
    wait_until("it is at the upstream", SOON, || scene.upstream.count() == 1);
    let (held, _) = granted_and_settled(&mut house.sql(), budget);
    assert!(held >= 60_000_000, "{held} is held for it");
    second.kill();
    drop(running);
    second.boot();
    scene.upstream.always(Answer::default().into());
    // The replay books what is known of the request that was cut, and gives the rest back.
    wait_until("what it held came back", SOON, || {
        Ask::new(&scene.key.secret)
            .with("max_tokens", json!(6_000))
            .send(house.gateway.address())
            .status
            == 200
    });
    let listed = house.gateway.cli(&["budget", "holds"]);
    assert!(listed.status.success());
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("No node"),
        "{listed:?}"
    );
    assert!(second.stop(), "stopped in order");
    assert_eq!(books::overrun(&mut house.sql(), scene.tenant.id), 0);
    house.verify();
}
