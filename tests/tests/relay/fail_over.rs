//! Another account is tried before the first byte, and never after.

use super::refusals::{refused, refused_for_now};
use serde_json::json;
use std::net::TcpListener;
use std::time::Duration;
use tollgate_tests::harness::{Answer, Ask, Ending, House, Script, Upstream};
use uuid::Uuid;

/// A tenant whose first account is bad in some way and whose second is good.
fn two_accounts(
    house: &House,
    bad: &str,
    good: &Upstream,
) -> (tollgate_tests::harness::Tenant, String, [Uuid; 2]) {
    let tenant = house.tenant();
    let first = tenant.account_with(bad, json!({"priority": 1}));
    let second = tenant.account_with(&good.url(), json!({"priority": 2}));
    let secret = tenant.key(json!({})).secret;
    (tenant, secret, [first, second])
}

#[test]
fn the_client_never_sees_an_account_that_fails_before_the_first_byte() {
    let house = House::shared();
    for (name, script) in [
        ("529", Script::overloaded()),
        ("500", Script::broken()),
        ("401", Script::unauthorized()),
        ("429", Script::rate_limited(30)),
        ("closed", Script::Close),
        ("reset", Script::Reset),
        ("garbage", Script::garbage()),
    ] {
        let (bad, good) = (Upstream::start(), Upstream::start());
        bad.always(script);
        let (tenant, secret, [_, second]) = two_accounts(&house, &bad.url(), &good);
        let ask = Ask::new(&secret).streamed();
        let reply = ask.send(house.gateway.address());
        assert_eq!(reply.status, 200, "{name}: {}", reply.text());
        assert_eq!(reply.body, good.with(&ask.id).sent, "{name}");
        assert_eq!(bad.count(), 1, "{name}");
        let event = house.event(&tenant, &ask.id);
        assert_eq!(
            (event.attempts, event.account_id),
            (2, Some(second)),
            "{name}: {event:?}"
        );
        assert_eq!(Some(event.usage), good.with(&ask.id).told, "{name}");
    }
}

#[test]
fn an_upstream_that_cannot_be_connected_to_is_passed_over() {
    let house = House::shared();
    let good = Upstream::start();
    // A port on which nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let (_, secret, _) = two_accounts(&house, &format!("http://{nobody}"), &good);
    Ask::new(&secret).send(house.gateway.address()).expect(200);
    assert_eq!(good.count(), 1);
}

#[test]
fn a_rate_limited_account_is_left_alone_until_its_reset() {
    let house = House::shared();
    let (bad, good) = (Upstream::start(), Upstream::start());
    bad.next(Script::rate_limited(3));
    let (tenant, secret, [first, _]) = two_accounts(&house, &bad.url(), &good);
    for _ in 0..3 {
        Ask::new(&secret).send(house.gateway.address()).expect(200);
    }
    assert_eq!((bad.count(), good.count()), (1, 3));
    tenant.await_account_state(first, "rate_limited");
    std::thread::sleep(Duration::from_secs(4));
    Ask::new(&secret).send(house.gateway.address()).expect(200);
    assert_eq!(bad.count(), 2, "it is used again after its reset");
    tenant.await_account_state(first, "active");
}

#[test]
fn a_refused_credential_takes_the_account_out() {
    let house = House::shared();
    let (bad, good) = (Upstream::start(), Upstream::start());
    bad.always(Script::unauthorized());
    let (tenant, secret, [first, _]) = two_accounts(&house, &bad.url(), &good);
    for _ in 0..4 {
        Ask::new(&secret).send(house.gateway.address()).expect(200);
    }
    assert_eq!(bad.count(), 1);
    tenant.await_account_state(first, "unauthorized");
}

#[test]
fn a_fault_of_the_clients_is_passed_on_and_not_tried_elsewhere() {
    let house = House::shared();
    let (first, second) = (Upstream::start(), Upstream::start());
    first.always(Script::error(
        400,
        "invalid_request_error",
        "messages.0: unexpected role",
    ));
    let (tenant, secret, _) = two_accounts(&house, &first.url(), &second);
    let ask = Ask::new(&secret);
    let reply = ask.send(house.gateway.address()).expect(400);
    assert_eq!(reply.json()["error"]["message"], "messages.0: unexpected role");
    assert_eq!(second.count(), 0);
    let event = house.event(&tenant, &ask.id);
    assert_eq!(
        (event.status.as_str(), event.http_status, event.charge_nano),
        ("client_error", 400, 0)
    );
}

#[test]
fn nothing_is_tried_again_once_the_client_has_a_byte() {
    let house = House::shared();
    let (bad, good) = (Upstream::start(), Upstream::start());
    bad.always(Answer::default().ending(Ending::Fin(4)).into());
    let (tenant, secret, _) = two_accounts(&house, &bad.url(), &good);
    let ask = Ask::new(&secret).streamed();
    let reply = ask.send(house.gateway.address()).expect(200);
    assert_eq!(good.count(), 0);
    let text = reply.text();
    assert!(
        text.contains("event: error") || reply.broken.is_some(),
        "a broken stream must not end neatly: {text}"
    );
    let event = house.event(&tenant, &ask.id);
    assert_eq!(
        (event.status.as_str(), event.quality.as_str(), event.attempts),
        ("upstream_error", "estimated", 1)
    );
    assert!(event.usage.input > 0, "what was told is booked: {event:?}");
}

#[test]
fn when_all_accounts_fail_the_client_is_told_in_its_own_format() {
    let house = House::shared();
    for (script, status) in [
        (Script::overloaded(), 529),
        (Script::broken(), 502),
        (Script::Close, 502),
    ] {
        let (one, two) = (Upstream::start(), Upstream::start());
        one.always(script.clone());
        two.always(script);
        let (tenant, secret, _) = two_accounts(&house, &one.url(), &two);
        let ask = Ask::new(&secret);
        let reply = ask.send(house.gateway.address());
        let accepted = [status, 500, 502, 503, 529];
        assert!(
            accepted.contains(&reply.status),
            "{} {}",
            reply.status,
            reply.text()
        );
        refused(&reply, reply.status);
        assert_eq!((one.count(), two.count()), (1, 1), "each is tried once");
        let event = house.event(&tenant, &ask.id);
        assert_eq!((event.attempts, event.charge_nano), (2, 0), "{event:?}");
        assert_ne!(event.error_code, "");
    }
}

#[test]
fn without_any_account_the_client_is_told_to_come_back() {
    let house = House::shared();
    let tenant = house.tenant();
    let secret = tenant.key(json!({})).secret;
    let reply = Ask::new(&secret).send(house.gateway.address());
    refused(&reply, 503);
    let scene = house.scene();
    scene.upstream.always(Script::rate_limited(20));
    Ask::new(&scene.key.secret).send(house.gateway.address());
    let limited = Ask::new(&scene.key.secret).send(house.gateway.address());
    assert!(
        [429, 503, 529].contains(&limited.status),
        "{} {}",
        limited.status,
        limited.text()
    );
    refused_for_now(&limited, limited.status);
}
