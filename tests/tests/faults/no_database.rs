//! PostgreSQL stopped for twenty seconds under load: known keys go on, and what they spend waits in the journal.

use super::load::{compare, rich_scene, warm_up, while_loaded};
use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Ask, House, Request, SOON, Wanted, wait_until};

const OUTAGE: Duration = Duration::from_secs(20);
/// Slower than an answer: a request that waited for a connection would show.
const ANSWER_MAX: Duration = Duration::from_secs(4);

fn ready(house: &House) -> (u16, serde_json::Value) {
    let reply = house.gateway.send(&Request::get("/health/ready"));
    (reply.status, reply.json()["reasons"].clone())
}

#[test]
fn known_keys_go_on_while_the_database_is_away_and_nothing_is_lost() {
    let house = House::with(Wanted {
        cluster: true,
        ..Wanted::default()
    });
    let scene = rich_scene(&house);
    let stranger = scene.tenant.key(json!({}));
    let address = house.gateway.address();
    warm_up(&house, &scene.key.secret);
    let pause = Duration::from_millis(50);
    let (outage, sent) = while_loaded(address, &scene.key.secret, pause, || {
        std::thread::sleep(Duration::from_secs(2));
        let began = Instant::now();
        house.database.cluster.halt();
        wait_until("the node says that it is not ready", SOON, || {
            ready(&house) == (503, json!(["database"]))
        });
        // A key that is not in memory can't be looked up: its client is told to come back.
        let unknown = Ask::new(&stranger.secret).send(address);
        assert_eq!(unknown.status, 503, "{}", unknown.text());
        assert_eq!(unknown.json()["type"], "error", "{}", unknown.text());
        assert!(unknown.header("retry-after").is_some(), "{:?}", unknown.headers);
        std::thread::sleep(OUTAGE.saturating_sub(began.elapsed()));
        let ended = Instant::now();
        house.database.cluster.boot();
        wait_until("the node is ready again", SOON, || ready(&house).0 == 200);
        std::thread::sleep(Duration::from_secs(2));
        began..ended
    });
    let during = sent.iter().filter(|sent| outage.contains(&sent.at)).count();
    assert!(during > 100, "{during} requests fell into the outage");
    for one in &sent {
        assert!(
            one.is_whole(),
            "{:?} after the start: {one:?}",
            one.at.duration_since(outage.start)
        );
        assert!(one.took < ANSWER_MAX, "{} took {:?}", one.id, one.took);
    }
    house.settle();
    let tally = compare(&house, &scene, &sent);
    assert_eq!(
        (tally.exact, tally.estimated, tally.unknown),
        (sent.len() + 1, 0, 0)
    );
    Ask::new(&stranger.secret).send(address).expect(200);
    house.finish();
}
