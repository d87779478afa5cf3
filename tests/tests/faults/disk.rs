//! No room for the journal: nothing is begun that could not be booked.

use serde_json::json;
use tollgate_tests::harness::{Ask, House, Request, Wanted};

#[test]
fn without_room_for_the_journal_no_request_is_taken_and_the_node_says_so() {
    let house = House::with(Wanted {
        // More than any disk that runs these tests has free.
        env: vec![("TOLLGATE_JOURNAL_FREE_SPACE_MIN", "1000GiB".to_owned())],
        ..Wanted::default()
    });
    let scene = house.scene();
    for ask in [
        Ask::new(&scene.key.secret),
        Ask::new(&scene.key.secret).streamed(),
    ] {
        let reply = ask.send(house.gateway.address());
        let text = reply.text();
        assert_eq!(reply.status, 503, "{text}");
        let body = reply.json();
        assert_eq!(body["type"], "error", "{text}");
        assert!(
            body["error"]["type"].is_string() && body["error"]["message"].is_string(),
            "{text}"
        );
        assert_eq!(
            body["request_id"],
            reply.header("request-id").expect("an id"),
            "{text}"
        );
        assert!(
            reply.header("retry-after").is_some(),
            "it passes: {:?}",
            reply.headers
        );
        assert!(!text.contains("/tmp"), "tells nothing of the machine: {text}");
    }
    let ready = house.gateway.send(&Request::get("/health/ready"));
    assert_eq!(
        (ready.status, &ready.json()["reasons"]),
        (503, &json!(["journal"]))
    );
    assert_eq!(scene.upstream.count(), 0, "the upstream never saw them");
    assert!(house.events(&scene.tenant).is_empty());
    // People can still look after their things.
    scene.tenant.api.get("/keys").expect(200);
    house.finish();
}
