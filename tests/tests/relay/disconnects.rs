//! A client that leaves, in every way and at every moment: the upstream is cancelled within a second, and what was
//! produced is booked.

use std::time::{Duration, Instant};
use tollgate_tests::harness::upstream::Outcome;
use tollgate_tests::harness::{Answer, Ask, Connection, House, Scene, Script};

#[derive(Clone, Copy, Debug)]
enum Leaving {
    Fin,
    Rst,
}

impl Leaving {
    fn leave(self, connection: Connection) {
        match self {
            Self::Fin => drop(connection),
            Self::Rst => connection.reset(),
        }
    }
}

/// The upstream's log must show that the gateway left within a second.
#[track_caller]
fn cancelled(scene: &Scene, id: &str, left: Instant) {
    let seen = scene.upstream.ended(id);
    let Outcome::Cancelled(at) = seen.outcome else {
        panic!("the upstream told everything to nobody: {:?}", seen.outcome)
    };
    let after = at.saturating_duration_since(left);
    assert!(
        after < Duration::from_secs(1),
        "the upstream was cancelled after {after:?}"
    );
}

#[test]
fn a_client_that_leaves_before_the_first_byte_costs_nothing() {
    let house = House::shared();
    for leaving in [Leaving::Fin, Leaving::Rst] {
        for streamed in [false, true] {
            let scene = house.scene();
            scene
                .upstream
                .always(Answer::default().after(Duration::from_secs(15)).into());
            let mut ask = Ask::new(&scene.key.secret);
            if streamed {
                ask = ask.streamed();
            }
            let connection = ask.begin(house.gateway.address());
            scene.upstream.with(&ask.id);
            std::thread::sleep(Duration::from_millis(200));
            let left = Instant::now();
            leaving.leave(connection);
            cancelled(&scene, &ask.id, left);
            let event = house.event(&scene.tenant, &ask.id);
            assert_eq!(event.status, "cut", "{leaving:?} {event:?}");
            assert_eq!(
                (event.quality.as_str(), event.usage.output),
                ("estimated", 0),
                "{event:?}"
            );
            assert!(event.charge_nano <= event.reserved_nano, "{event:?}");
        }
    }
    house.verify();
}

#[test]
fn a_client_that_leaves_in_mid_stream_pays_for_what_was_produced() {
    let house = House::shared();
    for leaving in [Leaving::Fin, Leaving::Rst] {
        let scene = house.scene();
        scene
            .upstream
            .always(Answer::slow(400, Duration::from_millis(25)).into());
        let ask = Ask::new(&scene.key.secret).streamed();
        let mut connection = ask.begin(house.gateway.address());
        connection.read_head().expect("a head");
        let mut read = 0;
        while read < 1_500 {
            read += connection.read_data().expect("data").expect("more").len();
        }
        let left = Instant::now();
        leaving.leave(connection);
        cancelled(&scene, &ask.id, left);
        let event = house.event(&scene.tenant, &ask.id);
        assert_eq!(
            (event.status.as_str(), event.quality.as_str()),
            ("cut", "estimated"),
            "{leaving:?} {event:?}"
        );
        assert!(event.usage.input > 100 && event.usage.output > 0, "{event:?}");
        assert!(
            event.charge_nano > 0 && event.charge_nano <= event.reserved_nano,
            "{event:?}"
        );
    }
    house.verify();
}

#[test]
fn a_client_that_leaves_a_plain_answer_half_read_is_booked() {
    let house = House::shared();
    let scene = house.scene();
    let long = Answer {
        texts: vec!["word ".repeat(2_000_000)],
        ..Answer::default()
    };
    scene.upstream.always(long.into());
    let ask = Ask::new(&scene.key.secret);
    let mut connection = ask.begin(house.gateway.address());
    connection.read_head().expect("a head");
    connection.read_data().expect("data");
    connection.reset();
    let event = house.event(&scene.tenant, &ask.id);
    assert!(event.charge_nano <= event.reserved_nano, "{event:?}");
    assert!(["ok", "cut"].contains(&event.status.as_str()), "{event:?}");
    house.verify();
}

#[test]
fn a_client_that_only_finished_sending_still_gets_its_answer_or_is_taken_for_gone() {
    let house = House::shared();
    let scene = house.scene();
    scene
        .upstream
        .always(Answer::slow(20, Duration::from_millis(20)).into());
    let ask = Ask::new(&scene.key.secret).streamed();
    let mut connection = ask.begin(house.gateway.address());
    connection.finish_sending();
    // HTTP/1.1 clients do not half-close in practice, and a FIN can't be told from leaving: either is right, but the
    // books have to say the same as the client saw.
    let whole = connection
        .read_reply()
        .is_ok_and(|reply| reply.text().contains("message_stop"));
    let event = house.event(&scene.tenant, &ask.id);
    assert_eq!(event.status, if whole { "ok" } else { "cut" }, "{event:?}");
    assert_eq!(event.is_exact(), whole, "{event:?}");
    house.verify();
}

#[test]
fn clients_that_leave_at_random_moments_leave_books_that_agree() {
    let house = House::shared();
    let scene = house.scene();
    scene
        .upstream
        .always(Answer::slow(12, Duration::from_millis(10)).into());
    let address = house.gateway.address();
    std::thread::scope(|scope| {
        for thread in 0..6_u64 {
            let secret = &scene.key.secret;
            scope.spawn(move || {
                for n in 0..8_u64 {
                    let connection = Ask::new(secret).streamed().begin(address);
                    std::thread::sleep(Duration::from_millis((thread * 37 + n * 53) % 170));
                    let leaving = if n % 2 == 0 { Leaving::Fin } else { Leaving::Rst };
                    leaving.leave(connection);
                }
            });
        }
    });
    scene.upstream.always(Script::default());
    Ask::new(&scene.key.secret).send(address).expect(200);
    std::thread::sleep(Duration::from_millis(500));
    let seen = scene.upstream.seen();
    for request in &seen {
        let id = request
            .header("x-request-id")
            .map(str::to_owned)
            .unwrap_or_else(|| {
                let text = String::from_utf8_lossy(&request.body).into_owned();
                let begin = text.find("ask-").expect("the id is in the body");
                text[begin..begin + 16].to_owned()
            });
        let event = house.event(&scene.tenant, &id);
        if event.is_exact() && event.status == "ok" {
            assert_eq!(Some(event.usage), request.told, "{event:?}");
        } else {
            assert!(event.charge_nano <= event.reserved_nano, "{event:?}");
        }
    }
    house.verify();
}
