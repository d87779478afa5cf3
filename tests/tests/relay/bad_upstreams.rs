//! What upstreams may send that they should not.

use super::refusals::refused;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Answer, Ask, Ending, House, Script, Wanted};

/// Everything that breaks before the first byte, on the only account there is.
#[test]
fn an_upstream_that_fails_outright_gives_a_clear_error() {
    let house = House::shared();
    for (name, script) in [
        ("garbage", Script::garbage()),
        ("closed", Script::Close),
        ("reset", Script::Reset),
        ("500", Script::broken()),
        ("529", Script::overloaded()),
        ("429", Script::rate_limited(5)),
        ("401", Script::unauthorized()),
        ("html", Script::garbage_body()),
        ("gzip", Script::gzip()),
        (
            "half a head",
            Script::Raw(b"HTTP/1.1 200 OK\r\ncontent-ty".to_vec()),
        ),
        (
            "short body",
            Script::Raw(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"id\":"
                    .to_vec(),
            ),
        ),
    ] {
        let scene = house.scene();
        scene.upstream.always(script);
        let ask = Ask::new(&scene.key.secret);
        let reply = ask.send(house.gateway.address());
        assert!(
            reply.status >= 429 || reply.broken.is_some(),
            "{name}: {} {}",
            reply.status,
            reply.text()
        );
        assert_ne!(
            reply.status, 401,
            "{name}: the account's credential is not the client's"
        );
        if reply.broken.is_none() {
            refused(&reply, reply.status);
        }
        let event = house.event(&scene.tenant, &ask.id);
        assert_eq!(event.charge_nano, 0, "{name}: {event:?}");
        assert!(event.status == "upstream_error", "{name}: {event:?}");
        assert_ne!(event.error_code, "", "{name}");
    }
    house.verify();
}

#[test]
fn a_stream_that_breaks_off_never_ends_neatly_and_is_booked_as_estimated() {
    let house = House::shared();
    for ending in [
        Ending::Fin(5),
        Ending::Rst(5),
        Ending::HalfEvent(5),
        Ending::TidyButShort(5),
        Ending::Error(5),
    ] {
        let scene = house.scene();
        scene.upstream.always(Answer::default().ending(ending).into());
        let ask = Ask::new(&scene.key.secret).streamed();
        let reply = ask.send(house.gateway.address()).expect(200);
        let text = reply.text();
        assert!(!text.contains("message_stop"), "{ending:?}: {text}");
        assert!(
            text.contains("event: error") || reply.broken.is_some(),
            "{ending:?} ended neatly: {text}"
        );
        assert!(
            text.matches("event: error").count() <= 1,
            "{ending:?}: one error is enough: {text}"
        );
        let event = house.event(&scene.tenant, &ask.id);
        assert_eq!(
            (event.status.as_str(), event.quality.as_str()),
            ("upstream_error", "estimated"),
            "{ending:?}"
        );
        assert!(
            event.usage.input > 0 && event.charge_nano > 0,
            "{ending:?}: {event:?}"
        );
        assert!(event.charge_nano <= event.reserved_nano, "{ending:?}: {event:?}");
    }
    house.verify();
}

#[test]
fn an_endless_line_is_cut_off_and_holds_no_memory() {
    let house = House::own();
    let scene = house.scene();
    Ask::new(&scene.key.secret)
        .streamed()
        .send(house.gateway.address())
        .expect(200);
    let before = house.gateway.resident_bytes();
    scene.upstream.always(Script::EndlessLine(256 << 20));
    let ask = Ask::new(&scene.key.secret).streamed();
    let reply = ask.send(house.gateway.address());
    let grown = house.gateway.resident_bytes().saturating_sub(before);
    assert!(grown < 96 << 20, "memory grew by {} MiB", grown >> 20);
    // Nothing of it was a whole event, so the client has no byte of it yet and is told in the status.
    refused(&reply, 502);
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(
        (event.status.as_str(), event.quality.as_str()),
        ("upstream_error", "estimated"),
        "{event:?}"
    );
    house.finish();
}

#[test]
fn an_upstream_that_says_nothing_is_given_up_in_time() {
    let house = House::with(Wanted {
        env: vec![
            ("TOLLGATE_RELAY_FIRST_BYTE_TIMEOUT", "1s".to_owned()),
            ("TOLLGATE_RELAY_IDLE_TIMEOUT", "1s".to_owned()),
        ],
        ..Wanted::default()
    });
    let scene = house.scene();
    scene.upstream.next(Script::Silent);
    let ask = Ask::new(&scene.key.secret);
    let began = Instant::now();
    let reply = ask.send(house.gateway.address());
    assert!(
        [502, 504].contains(&reply.status),
        "{} {}",
        reply.status,
        reply.text()
    );
    refused(&reply, reply.status);
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "it took {:?}",
        began.elapsed()
    );
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(event.status, "timeout", "{event:?}");
    // The pause is within the answer this time. The account may be resting now: another tenant asks.
    let scene = house.scene();
    scene
        .upstream
        .next(Answer::default().ending(Ending::Hang(4)).into());
    let ask = Ask::new(&scene.key.secret).streamed();
    let reply = ask.send(house.gateway.address()).expect(200);
    assert!(
        reply.text().contains("event: error") || reply.broken.is_some(),
        "{}",
        reply.text()
    );
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(
        (event.status.as_str(), event.quality.as_str()),
        ("timeout", "estimated"),
        "{event:?}"
    );
    house.finish();
}

#[test]
fn an_error_of_the_upstreams_passes_with_its_own_words() {
    let house = House::shared();
    for (status, kind) in [
        (400, "invalid_request_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
    ] {
        let scene = house.scene();
        scene
            .upstream
            .always(Script::error(status, kind, "as the vendor says it"));
        let ask = Ask::new(&scene.key.secret).streamed();
        let reply = ask.send(house.gateway.address());
        assert_eq!(reply.status, status);
        assert_eq!(reply.json()["error"]["message"], "as the vendor says it");
        assert_eq!(reply.json()["error"]["type"], kind);
        let event = house.event(&scene.tenant, &ask.id);
        assert_eq!((event.status.as_str(), event.charge_nano), ("client_error", 0));
    }
}
