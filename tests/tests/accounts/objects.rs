//! What a request made at a vendor's lies on one account: later requests that name it go there and nowhere else.

use super::pool::Pool;
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Reply, Request, Script, Upstream, unique};

fn ask(pool: &Pool, secret: &str, previous: Option<&str>) -> Reply {
    let mut body = json!({"model": "gpt-5.2", "input": "Hello."});
    if let Some(previous) = previous {
        body["previous_response_id"] = json!(previous);
    }
    let request = Request::post("/openai/v1/responses").header("authorization", &format!("Bearer {secret}"));
    pool.house.gateway.send(&request.json(&body))
}

#[test]
fn a_response_is_continued_on_the_account_that_holds_it() {
    let pool = Pool::new();
    let upstreams: Vec<Upstream> = (0..4).map(|_| Upstream::start()).collect();
    for upstream in &upstreams {
        let form =
            json!({"name": unique("responses"), "base_url": upstream.url(), "api_key": "sk-own-0123456789"});
        pool.tenant
            .api
            .post("/accounts/openai_responses", &form)
            .expect(201);
    }
    let count = |upstreams: &[Upstream]| upstreams.iter().map(Upstream::count).collect::<Vec<_>>();
    for _ in 0..4 {
        let before = count(&upstreams);
        let made: Value = ask(&pool, &pool.key.secret, None).expect(200).json();
        let id = made["id"].as_str().expect("an id");
        let holder = count(&upstreams)
            .iter()
            .zip(&before)
            .position(|(now, before)| now > before);
        let holder = holder.expect("one was asked");
        for _ in 0..3 {
            let before = upstreams[holder].count();
            ask(&pool, &pool.key.secret, Some(id)).expect(200);
            assert_eq!(upstreams[holder].count(), before + 1, "asked where it lies");
        }
        // Elsewhere it would not be known: with its account out, the request is refused, not sent to another.
        upstreams[holder].next(Script::rate_limited(600));
        let others = count(&upstreams);
        let refused = ask(&pool, &pool.key.secret, Some(id));
        assert!(refused.status >= 400, "{}", refused.text());
        let after = count(&upstreams);
        let stayed = others
            .iter()
            .zip(&after)
            .enumerate()
            .all(|(at, (before, after))| at == holder || before == after);
        assert!(stayed, "no other account was asked: {others:?} {after:?}");
        let accounts = pool.tenant.api.get("/accounts").expect(200).json();
        for account in accounts["items"].as_array().expect("a list") {
            let path = format!("/accounts/openai_responses/{}/reset", id_of(&account["id"]));
            pool.tenant.api.post(&path, &json!({}));
        }
    }
}

/// On a tenant's own accounts what the gateway never saw may have been made elsewhere: the vendor says whether it is there.
#[test]
fn a_response_that_is_not_known_is_for_the_vendor_of_ones_own_account_to_know() {
    let pool = Pool::new();
    let upstream = Upstream::start();
    let form = json!({"name": "responses", "base_url": upstream.url(), "api_key": "sk-own-0123456789"});
    pool.tenant
        .api
        .post("/accounts/openai_responses", &form)
        .expect(201);
    let unknown = "resp_made_elsewhere_0123456789";
    let said = ask(&pool, &pool.key.secret, Some(unknown)).expect(400).json();
    assert_eq!(said["error"]["param"], "previous_response_id", "{said}");
    assert!(upstream.only().mentions(unknown), "the vendor was asked");
}
