//! A conversation stays on its account, with its cache there; when that account is out it moves on whole, and stays.

use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::{Ask, House, Script, Upstream, Wanted};
use uuid::Uuid;

/// A tenant with some accounts alike, and where a conversation's requests went.
struct Five {
    upstreams: Vec<Upstream>,
    secret: String,
    house: House,
}

impl Five {
    fn new(redis: bool) -> Self {
        let house = House::with(Wanted {
            redis,
            ..Wanted::default()
        });
        let tenant = house.tenant();
        let upstreams: Vec<Upstream> = (0..5).map(|_| Upstream::start()).collect();
        for upstream in &upstreams {
            tenant.account(&upstream.url());
        }
        let secret = tenant.key(json!({})).secret;
        Self {
            upstreams,
            secret,
            house,
        }
    }

    /// Sends a request of this conversation; gives where it was answered. Where it went is noted as the answer ends, so a
    /// moment passes before the next, as between a person's.
    fn ask(&self, session: Uuid) -> usize {
        std::thread::sleep(Duration::from_millis(100));
        // As Claude Code names its sessions.
        let user = format!("user_{}_account__session_{session}", "0".repeat(64));
        let ask = Ask::new(&self.secret).with("metadata", json!({"user_id": user}));
        ask.send(self.house.gateway.address()).expect(200);
        let has = |upstream: &Upstream| {
            let seen = upstream.seen();
            seen.iter()
                .any(|seen| seen.mentions(&ask.id) && seen.told.is_some())
        };
        self.upstreams.iter().position(has).expect("it was answered")
    }
}

#[test]
fn a_conversation_stays_on_its_account_and_moves_on_whole_when_it_is_out() {
    for redis in [false, true] {
        let five = Five::new(redis);
        let session = Uuid::new_v4();
        let first = five.ask(session);
        for _ in 0..8 {
            assert_eq!(five.ask(session), first, "redis: {redis}");
        }
        five.upstreams[first].always(Script::rate_limited(600));
        let second = five.ask(session);
        assert_ne!(second, first);
        for _ in 0..8 {
            assert_eq!(
                five.ask(session),
                second,
                "it stays where it went: redis: {redis}"
            );
        }
        // Others are spread over what is left.
        let others: Vec<usize> = (0..24).map(|_| five.ask(Uuid::new_v4())).collect();
        let used = (0..5).filter(|at| others.contains(at)).count();
        assert!(used >= 3 && !others.contains(&first), "{others:?}");
    }
}
