//! Requests from several threads at once, by clients that bear a gateway which goes away; and what the books must say
//! of them.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tollgate_tests::harness::{
    Answer, Ask, Connection, Event, House, Reply, Request, SOON, Scene, Tenant, wait_until,
};

/// Clients at a time.
const THREADS: usize = 6;

/// A request and what its client saw of it.
#[derive(Debug)]
pub struct Sent {
    /// The client's own id of the request.
    pub id: String,
    /// When it was sent.
    pub at: Instant,
    /// How long until its end.
    pub took: Duration,
    /// The answer, as far as it came; `None`: no status line.
    pub reply: Option<Reply>,
}

impl Sent {
    /// Whether the client has a whole answer.
    pub fn is_whole(&self) -> bool {
        let Some(reply) = &self.reply else { return false };
        let streamed = reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        let ended = !streamed || reply.text().contains("event: message_stop");
        reply.status == 200 && reply.broken.is_none() && ended
    }
}

/// A tenant with enough money that a node's share of it lasts through any outage here.
pub fn rich_scene(house: &House) -> Scene {
    let scene = house.scene();
    house.credit(&scene.tenant, "10000");
    // Long enough that at any moment some have no answer yet and some are in the middle of one.
    let answer = Answer::slow(12, Duration::from_millis(40)).after(Duration::from_millis(150));
    scene.upstream.always(answer.into());
    scene
}

/// Has the key in the node's memory: what changed is heard by now, and nothing else will have it forgotten.
pub fn warm_up(house: &House, secret: &str) {
    wait_until("changes are heard", SOON, || {
        let health = house.gateway.send(&Request::get("/health")).json();
        health["components"]["changes"]["state"] == "heard"
    });
    // Changes of before, which the node heard of while it listened, come within this time.
    std::thread::sleep(Duration::from_millis(1500));
    Ask::new(secret).send(house.gateway.address()).expect(200);
    house.settle();
}

/// Sends plain and streamed requests, one after the other on each thread with `pause` between, while `during` runs.
pub fn while_loaded<T>(
    server: SocketAddr,
    secret: &str,
    pause: Duration,
    during: impl FnOnce() -> T,
) -> (T, Vec<Sent>) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..THREADS)
            .map(|number| {
                let stop = &stop;
                scope.spawn(move || {
                    let mut sent = Vec::new();
                    while !stop.load(Ordering::SeqCst) {
                        sent.extend(ask(server, secret, (number + sent.len()).is_multiple_of(2)));
                        std::thread::sleep(pause);
                    }
                    sent
                })
            })
            .collect();
        let outcome = during();
        stop.store(true, Ordering::SeqCst);
        let sent = clients
            .into_iter()
            .flat_map(|client| client.join().expect("no panic"));
        (outcome, sent.collect())
    })
}

/// One request; `None` if nobody listens any more.
fn ask(server: SocketAddr, secret: &str, streamed: bool) -> Option<Sent> {
    let mut ask = Ask::new(secret);
    if streamed {
        ask = ask.streamed();
    }
    let mut connection = Connection::over(TcpStream::connect(server).ok()?);
    let at = Instant::now();
    let sent = connection.send(&ask.request());
    let reply = sent.and_then(|()| connection.read_reply()).ok();
    let took = at.elapsed();
    Some(Sent {
        id: ask.id,
        at,
        took,
        reply,
    })
}

/// How many events of each kind there were.
#[derive(Debug, Default)]
pub struct Tally {
    /// With the upstream's own final figures.
    pub exact: usize,
    /// With what was known.
    pub estimated: usize,
    /// Of which nothing is known but that they were sent.
    pub unknown: usize,
}

/// Compares what the upstream saw, what clients saw, and what is booked, request by request.
pub fn compare(house: &House, scene: &Scene, sent: &[Sent]) -> Tally {
    let events = by_client_id(house, &scene.tenant);
    let mut tally = Tally::default();
    let mut seen_by_upstream = Vec::new();
    for seen in scene.upstream.seen() {
        let id = id_within(&seen.body);
        let booked = events.get(&id).map_or(&[][..], Vec::as_slice);
        assert_eq!(booked.len(), 1, "{id}: the upstream saw it once: {booked:?}");
        let event = &booked[0];
        if event.is_exact() && event.status == "ok" {
            assert_eq!(
                Some(event.usage),
                seen.told,
                "{id}: exact to the token: {event:?}"
            );
            tally.exact += 1;
        } else {
            assert!(event.charge_nano <= event.reserved_nano, "{id}: {event:?}");
            if event.status == "unknown" {
                assert_eq!(event.charge_nano, 0, "{id}: {event:?}");
                tally.unknown += 1;
            } else {
                assert_eq!(event.quality, "estimated", "{id}: {event:?}");
                tally.estimated += 1;
            }
        }
        seen_by_upstream.push(id);
    }
    for (id, booked) in &events {
        assert_eq!(booked.len(), 1, "{id} is booked once");
        if !seen_by_upstream.contains(id) {
            // Written down, and the node died before the first byte went out.
            assert_eq!(booked[0].charge_nano, 0, "{id}: nobody saw it: {:?}", booked[0]);
        }
    }
    for sent in sent.iter().filter(|sent| sent.is_whole()) {
        let event = &events.get(&sent.id).expect("what was answered is booked")[0];
        assert!(event.is_exact(), "{}: a whole answer: {event:?}", sent.id);
    }
    tally
}

fn by_client_id(house: &House, tenant: &Tenant) -> HashMap<String, Vec<Event>> {
    let mut events: HashMap<String, Vec<Event>> = HashMap::new();
    for event in house.events(tenant) {
        events
            .entry(event.client_request_id.clone())
            .or_default()
            .push(event);
    }
    events
}

/// The client's id stands in the text of its question.
fn id_within(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let begin = text.find("ask-").expect("every question has its id in it");
    text[begin..begin + 16].to_owned()
}
