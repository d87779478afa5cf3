//! A reader that is slow slows the upstream down and fills no memory.

use std::time::Duration;
use tollgate_tests::harness::{Answer, Ask, House};

#[test]
fn a_client_that_does_not_read_holds_the_upstream_back_and_no_memory() {
    let house = House::own();
    let scene = house.scene();
    Ask::new(&scene.key.secret)
        .streamed()
        .send(house.gateway.address())
        .expect(200);
    let before = house.gateway.resident_bytes();
    // 64 MiB in pieces of 32 KiB.
    let huge = Answer {
        texts: vec!["x".repeat(32 << 10); 2048],
        ..Answer::default()
    };
    let total: usize = huge.stream("claude-sonnet-4-6").len();
    scene.upstream.always(huge.into());
    let ask = Ask::new(&scene.key.secret).streamed();
    let mut connection = ask.begin(house.gateway.address());
    connection.read_head().expect("a head");
    std::thread::sleep(Duration::from_secs(3));
    let sent = scene.upstream.with(&ask.id).sent.len();
    let grown = house.gateway.resident_bytes().saturating_sub(before);
    // Sockets' own buffers hold some megabytes on the way.
    assert!(
        sent < total / 2,
        "the upstream sent {} of {} MiB to nobody",
        sent >> 20,
        total >> 20
    );
    assert!(grown < 24 << 20, "memory grew by {} MiB", grown >> 20);
    let mut read = 0;
    while let Some(data) = connection.read_data().expect("the rest") {
        read += data.len();
    }
    assert_eq!(
        read,
        scene.upstream.ended(&ask.id).sent.len(),
        "once it reads, it gets everything"
    );
    assert!(house.event(&scene.tenant, &ask.id).is_exact());
    house.finish();
}

#[test]
fn many_idle_streams_cost_little_memory_each() {
    let house = House::own();
    let scene = house.scene();
    Ask::new(&scene.key.secret)
        .streamed()
        .send(house.gateway.address())
        .expect(200);
    scene
        .upstream
        .always(Answer::slow(3, Duration::from_secs(4)).into());
    let before = house.gateway.resident_bytes();
    let streams: Vec<_> = (0..200)
        .map(|_| {
            let mut connection = Ask::new(&scene.key.secret)
                .streamed()
                .begin(house.gateway.address());
            connection.read_head().expect("a head");
            connection
        })
        .collect();
    let each = house.gateway.resident_bytes().saturating_sub(before) / 200;
    // bench.md measures it well; this only notices a leak of buffers.
    assert!(each < 200 << 10, "{} KiB a stream", each >> 10);
    drop(streams);
    house.finish();
}
