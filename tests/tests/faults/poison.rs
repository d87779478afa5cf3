//! Entries that can't be booked: they go to the dead letters, hold nobody up, and have `ledger verify` fail.

use super::load::{rich_scene, warm_up};
use rusqlite::{Connection, params};
use serde_json::Value;
use tollgate_tests::harness::house::said;
use tollgate_tests::harness::{Answer, Ask, House, SOON, Wanted, books, wait_until};
use uuid::Uuid;

/// A cell of the journal: a byte of version, four of CRC-32, then JSON.
fn cell(value: &Value) -> Vec<u8> {
    let text = value.to_string().into_bytes();
    let sum = crc32fast::hash(&text).to_le_bytes();
    [&[1], &sum[..], &text].concat()
}

/// Finished requests in the journal's file, oldest first, each with its final figures.
fn finished(journal: &Connection) -> Vec<(Uuid, Value)> {
    let mut statement = journal
        .prepare("SELECT request_id, done FROM entries WHERE done_seq IS NOT NULL ORDER BY done_seq")
        .expect("the journal's table");
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
    });
    rows.expect("rows")
        .map(|row| {
            let (id, done) = row.expect("a row");
            let done = serde_json::from_slice(&done[5..]).expect("JSON behind five bytes of header");
            (Uuid::from_slice(&id).expect("an id"), done)
        })
        .collect()
}

fn replace(journal: &Connection, id: Uuid, done: &[u8]) {
    let changed = journal.execute(
        "UPDATE entries SET done = ?2 WHERE request_id = ?1",
        params![id.as_bytes().as_slice(), done],
    );
    assert_eq!(changed.expect("changed"), 1);
}

#[test]
fn an_entry_that_cannot_be_booked_holds_nobody_up_and_fails_verify_by_name() {
    let house = House::with(Wanted {
        cluster: true,
        ..Wanted::default()
    });
    let scene = rich_scene(&house);
    scene.upstream.always(Answer::default().into());
    let address = house.gateway.address();
    warm_up(&house, &scene.key.secret);
    // Six requests that are done and can't be settled yet.
    house.database.cluster.halt();
    let asks: Vec<Ask> = (0..6).map(|_| Ask::new(&scene.key.secret)).collect();
    for ask in &asks {
        ask.send(address).expect(200);
    }
    house.gateway.kill();
    house.database.cluster.boot();
    let journal = Connection::open(house.gateway.data_dir().join("journal/journal.db")).expect("a file");
    let entries = finished(&journal);
    assert_eq!(entries.len(), 6, "they are in the journal");
    // One whose charge is not the sum of its lines, and one whose bytes have changed since they were written.
    let (impossible, mut done) = entries[1].clone();
    done["charge"]["total"] = "1".into();
    replace(&journal, impossible, &cell(&done));
    let (flipped, done) = &entries[3];
    let mut bytes = cell(done);
    bytes[40] ^= 1;
    replace(&journal, *flipped, &bytes);
    drop(journal);

    house
        .dead_letters_expected
        .store(true, std::sync::atomic::Ordering::Relaxed);
    house.gateway.boot();
    house.settle();
    let mut sql = house.sql();
    wait_until("both are in the dead letters", SOON, || {
        books::dead_letters(&mut sql) == 2
    });
    let events = house.events(&scene.tenant);
    assert_eq!(events.len(), 5, "the first and the four good ones: {events:?}");
    for (id, booked) in entries
        .iter()
        .map(|(id, _)| (id, events.iter().any(|event| event.request_id == *id)))
    {
        assert_eq!(booked, ![impossible, *flipped].contains(id), "{id}");
    }
    // What comes after them is booked as ever.
    let after = Ask::new(&scene.key.secret);
    after.send(house.gateway.address()).expect(200);
    assert!(house.event(&scene.tenant, &after.id).is_exact());
    let output = house.gateway.cli(&["ledger", "verify"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        [impossible, *flipped]
            .iter()
            .any(|id| text.contains(&id.to_string())),
        "it names the request: {text}"
    );
    assert!(
        text.contains(&scene.tenant.id.to_string()),
        "and whose it is: {text}"
    );
    house.finish();
}
