//! The wallet: refused when empty, never overshot, exact to the nano-dollar.

use super::refusals::finally_refused;
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::{Answer, Ask, House, SOON, Usage, books, wait_until};

#[test]
fn an_empty_wallet_is_refused_with_what_is_left_until_it_is_filled() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let upstream = tollgate_tests::harness::Upstream::start();
    tenant.account(&upstream.url());
    let secret = tenant.key(json!({})).secret;
    let reply = Ask::new(&secret).send(house.gateway.address());
    let (_, message) = finally_refused(&reply, 402);
    assert!(
        message.contains('$'),
        "it tells what is left and what is needed: {message}"
    );
    assert_eq!(upstream.count(), 0);
    house.credit(&tenant, "1");
    wait_until("the credit is seen", Duration::from_secs(5), || {
        Ask::new(&secret).send(house.gateway.address()).status == 200
    });
    house.verify();
}

#[test]
fn a_request_whose_worst_case_the_wallet_cannot_bear_is_refused_and_a_smaller_one_is_not() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let upstream = tollgate_tests::harness::Upstream::start();
    tenant.account(&upstream.url());
    let secret = tenant.key(json!({})).secret;
    // $15 a million output tokens: 10,000 of them may cost $0.15.
    house.credit(&tenant, "0.10");
    let large = Ask::new(&secret)
        .with("max_tokens", json!(10_000))
        .send(house.gateway.address());
    finally_refused(&large, 402);
    Ask::new(&secret)
        .with("max_tokens", json!(1_000))
        .send(house.gateway.address())
        .expect(200);
}

#[test]
fn fifty_at_once_never_spend_more_than_there_is() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let upstream = tollgate_tests::harness::Upstream::start();
    tenant.account(&upstream.url());
    let secret = tenant.key(json!({})).secret;
    house.credit(&tenant, "0.20");
    // The dearest answer that was announced: 1,000 output tokens at $15 a million.
    let dear = Answer {
        usage: Usage::of(10, 1_000),
        ..Answer::default()
    }
    .after(Duration::from_millis(300));
    upstream.always(dear.into());
    let address = house.gateway.address();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| Ask::new(&secret).send(address).status))
            .collect();
        asking
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let served = statuses.iter().filter(|status| **status == 200).count();
    assert!(
        statuses.iter().all(|status| [200, 402].contains(status)),
        "{statuses:?}"
    );
    // Each may cost a little more than $0.015: some 12 fit.
    assert!((6..=13).contains(&served), "{served} were served");
    assert_eq!(upstream.count(), served);
    let mut sql = house.sql();
    wait_until("all are booked", SOON, || {
        books::events(&mut sql, tenant.id).len() == served
    });
    let spent: i64 = books::events(&mut sql, tenant.id)
        .iter()
        .map(|event| event.charge_nano)
        .sum();
    assert_eq!(spent, served as i64 * 15_030_000);
    assert_eq!(books::balance(&mut sql, tenant.id), 200_000_000 - spent);
    assert_eq!(books::overrun(&mut sql, tenant.id), 0);
    house.verify();
}

#[test]
fn what_a_vendor_bills_beyond_its_announcement_is_booked_and_shown_apart() {
    let house = House::shared();
    let scene = house.scene();
    scene
        .upstream
        .always(Answer::costing(Usage::of(5_000_000, 900_000)).into());
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(
        event.usage,
        Usage::of(5_000_000, 900_000),
        "booking never refuses"
    );
    assert!(event.charge_nano > event.reserved_nano);
    let mut sql = house.sql();
    let beyond = event.charge_nano - event.reserved_nano;
    assert_eq!(books::overrun(&mut sql, scene.tenant.id), beyond);
    house.verify();
}
