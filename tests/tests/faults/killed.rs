//! `kill -9` in the middle of plain and streamed load, and a start on the same folder.

use super::load::{compare, rich_scene, while_loaded};
use std::time::Duration;
use tollgate_tests::harness::{Ask, House};

const ROUNDS: usize = 3;

#[test]
fn a_node_killed_under_load_books_everything_once_after_its_next_start() {
    let house = House::own();
    let scene = rich_scene(&house);
    let mut sent = Vec::new();
    for round in 0..ROUNDS {
        // At another moment of the answers each time.
        let moment = Duration::from_millis(2500 + 170 * round as u64);
        let (address, secret) = (house.gateway.address(), &scene.key.secret);
        let ((), more) = while_loaded(address, secret, Duration::from_millis(5), || {
            std::thread::sleep(moment);
            house.gateway.kill();
        });
        let whole = more.iter().filter(|sent| sent.is_whole()).count();
        assert!(whole > 5, "{whole} of {} answered before the end", more.len());
        sent.extend(more);
        house.gateway.boot();
    }
    house.settle();
    let tally = compare(&house, &scene, &sent);
    // Else the test has not tested anything.
    assert!(
        tally.exact > 15 && tally.estimated > 0 && tally.unknown > 0,
        "{tally:?}"
    );
    println!("{tally:?}");
    house.verify();
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    assert!(house.event(&scene.tenant, &ask.id).is_exact());
    house.finish();
}
