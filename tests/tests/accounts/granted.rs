//! The platform's groups, granted to tenants: what they may use and what they may not see, who pays, and that one tenant's
//! burst does not starve another.

use super::pool::{Pool, explanation, shown};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{
    Answer, Api, Ask, House, Request, Script, Tenant, Upstream, Wanted, unique, wait_until,
};
use uuid::Uuid;

/// The platform's own tenant has a fixed id.
const PLATFORM: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);
/// What a grantee sees instead of accounts.
const PUBLIC: &str = "House pool";

/// A house in which the platform has accounts of its own.
struct Shared {
    house: House,
    platform: Tenant,
}

impl Shared {
    fn new(env: Vec<(&'static str, String)>) -> Self {
        let house = House::with(Wanted {
            env,
            ..Wanted::default()
        });
        let somebody = house.poor_tenant();
        let platform = Tenant {
            api: Api::anonymous(house.gateway.address()),
            slug: "platform".to_owned(),
            email: somebody.email.clone(),
            id: PLATFORM,
            user_id: somebody.user_id,
        };
        let operator = house.person(&platform, "owner");
        let platform = Tenant {
            api: operator.api,
            email: operator.email,
            user_id: operator.id,
            ..platform
        };
        Self { house, platform }
    }

    /// A group of the platform's with these accounts; gives its id.
    fn group(&self, service: &str, members: &[Uuid]) -> Uuid {
        group(&self.platform, service, members)
    }

    fn grant(&self, group: Uuid, tenant: &Tenant, weight: u32) {
        let path = format!("/account-groups/{group}/grants/{}", tenant.id);
        self.platform
            .api
            .put(&path, &json!({"public_name": PUBLIC, "weight": weight}))
            .expect(200);
    }

    /// A tenant with a key that may use the group, once the node knows that.
    fn grantee(&self, group: Uuid, upstream: &Upstream) -> (Tenant, String) {
        let tenant = self.house.tenant();
        let secret = tenant.key(json!({})).secret;
        self.grant(group, &tenant, 100);
        wait_until("the grant is known", Duration::from_secs(10), || {
            Ask::new(&secret).send(self.house.gateway.address()).status == 200
        });
        assert!(upstream.count() > 0);
        (tenant, secret)
    }
}

/// A group with these members; gives its id.
fn group(tenant: &Tenant, service: &str, members: &[Uuid]) -> Uuid {
    let members: Vec<Value> = members.iter().map(|id| json!({"account_id": id})).collect();
    let form = json!({"service": service, "name": unique("group"), "members": members});
    id_of(&tenant.api.post("/account-groups", &form).expect(201).json()["id"])
}

#[test]
fn a_granted_pool_serves_and_shows_nothing_of_its_accounts() {
    let shared = Shared::new(Vec::new());
    let (upstream, bad) = (Upstream::start(), Upstream::start());
    let good = shared.platform.account_with(
        &upstream.url(),
        json!({"priority": 2, "name": "secret-account-name"}),
    );
    let out = shared
        .platform
        .account_with(&bad.url(), json!({"priority": 1, "name": "secret-account-out"}));
    bad.always(Script::error(500, "api_error", "vendor-words-that-nobody-sees"));
    let pool = shared.group("claude", &[good, out]);
    let (tenant, secret) = shared.grantee(pool, &upstream);
    let ask = Ask::new(&secret);
    ask.send(shared.house.gateway.address()).expect(200);
    let event = shared.house.event(&tenant, &ask.id);
    assert_eq!(event.account_id, None, "the account is the platform's");
    assert_eq!(event.attempts, 2, "one failed before");
    let detail = tenant
        .api
        .get(&format!("/requests/{}", event.request_id))
        .expect(200);
    let (text, detail) = (detail.text(), detail.json());
    for hidden in [
        good.to_string(),
        out.to_string(),
        "secret-account-name".to_owned(),
        "secret-account-out".to_owned(),
        "vendor-words-that-nobody-sees".to_owned(),
        upstream.url(),
    ] {
        assert!(!text.contains(&hidden), "tells `{hidden}`: {text}");
    }
    assert_eq!(detail["account_name"], PUBLIC);
    assert_eq!(detail["explanation"]["account"]["picked"]["name"], PUBLIC);
    let listed = tenant.api.get("/accounts").expect(200).json();
    assert_eq!(listed["items"], json!([]));
    let groups = tenant.api.get("/account-groups").expect(200).json();
    assert_eq!(groups["granted"][0]["name"], PUBLIC);
    let dry = tenant
        .api
        .post("/schedule/explain", &json!({"model": "claude-sonnet-4-6"}))
        .expect(200);
    assert!(!dry.text().contains("secret-account"), "{}", dry.text());
    assert_eq!(dry.json()["picked"]["name"], PUBLIC);
    assert_eq!(dry.json()["picked"]["id"], Value::Null);
    // Who pays: the tenant for what it used, the platform for what that cost.
    shared.house.settle();
    let mut sql = shared.house.sql();
    let query = "SELECT count(*) FROM platform_costs WHERE tenant_id = $1 AND request_id = $2";
    wait_until("the platform's cost is booked", Duration::from_secs(10), || {
        sql.query_one(query, &[&PLATFORM, &event.request_id])
            .expect("counted")
            .get::<_, i64>(0)
            == 1
    });
    assert!(event.charge_nano > 0);
}

#[test]
fn a_grant_that_is_taken_back_is_over_at_once_and_ones_own_accounts_come_first() {
    let shared = Shared::new(Vec::new());
    let (theirs, own) = (Upstream::start(), Upstream::start());
    let account = shared
        .platform
        .account_with(&theirs.url(), json!({"priority": 1}));
    let pool = shared.group("claude", &[account]);
    let (tenant, secret) = shared.grantee(pool, &theirs);
    let before = theirs.count();
    tenant.account_with(&own.url(), json!({"priority": 100}));
    wait_until("the own account is used", Duration::from_secs(10), || {
        Ask::new(&secret).send(shared.house.gateway.address()).expect(200);
        own.count() > 0
    });
    assert!(theirs.count() <= before + 1);
    own.always(Script::overloaded());
    Ask::new(&secret).send(shared.house.gateway.address()).expect(200);
    let path = format!("/account-groups/{pool}/grants/{}", tenant.id);
    shared.platform.api.delete(&path).expect(204);
    wait_until("it is over", Duration::from_secs(5), || {
        Ask::new(&secret).send(shared.house.gateway.address()).status != 200
    });
    // Nobody but the platform's own people may grant.
    let reply = tenant.api.put(&path, &json!({"public_name": "Mine"}));
    assert!([403, 404].contains(&reply.status), "{}", reply.text());
}

/// One tenant sends forty requests at once to an account with four seats; another's few requests do not stand behind
/// them.
#[test]
fn a_burst_of_one_tenant_does_not_starve_another() {
    let shared = Shared::new(vec![("TOLLGATE_SCHEDULER_WAIT_MAX", "30s".to_owned())]);
    let upstream = Upstream::start();
    let account = shared
        .platform
        .account_with(&upstream.url(), json!({"concurrency_cap": 4}));
    let pool = shared.group("claude", &[account]);
    let (_, loud) = shared.grantee(pool, &upstream);
    let (_, quiet) = shared.grantee(pool, &upstream);
    upstream.always(Answer::default().after(Duration::from_millis(500)).into());
    let address = shared.house.gateway.address();
    let count = upstream.count();
    let (bursts, polite) = std::thread::scope(|scope| {
        let burst: Vec<_> = (0..40)
            .map(|_| {
                let loud = &loud;
                scope.spawn(move || {
                    let began = Instant::now();
                    Ask::new(loud).send(address).expect(200);
                    began.elapsed()
                })
            })
            .collect();
        upstream.await_count(count + 4);
        std::thread::sleep(Duration::from_millis(300));
        let polite: Vec<Duration> = (0..4)
            .map(|_| {
                let began = Instant::now();
                Ask::new(&quiet).send(address).expect(200);
                began.elapsed()
            })
            .collect();
        let bursts: Vec<Duration> = burst
            .into_iter()
            .map(|one| one.join().expect("answered"))
            .collect();
        (bursts, polite)
    });
    println!("polite: {polite:?}; burst's last: {:?}", bursts.iter().max());
    // The burst takes 40 / 4 × 0.5 s = 5 s at least; served in the order of arrival, the first polite one would wait for it.
    assert!(
        polite.iter().all(|took| *took < Duration::from_millis(2500)),
        "{polite:?}"
    );
    assert!(
        shown(&shared.platform, "claude_console", account)["load"]["in_flight"]
            .as_u64()
            .is_some()
    );
}

/// Vendors' objects on a shared account: nobody's but their maker's; nothing is stored there in the first place.
#[test]
fn nobody_reaches_another_tenants_response_on_a_shared_account() {
    let shared = Shared::new(Vec::new());
    let upstream = Upstream::start();
    let form =
        json!({"name": unique("responses"), "base_url": upstream.url(), "api_key": "sk-shared-0123456789"});
    let made = shared
        .platform
        .api
        .post("/accounts/openai_responses", &form)
        .expect(201)
        .json();
    let pool = shared.group("openai", &[id_of(&made["id"])]);
    let ask = |secret: &str, previous: Option<&str>| {
        let mut body = json!({"model": "gpt-5.2", "input": "Hello."});
        if let Some(previous) = previous {
            body["previous_response_id"] = json!(previous);
        }
        let request =
            Request::post("/openai/v1/responses").header("authorization", &format!("Bearer {secret}"));
        shared.house.gateway.send(&request.json(&body))
    };
    let tenant = |_: u8| {
        let tenant = shared.house.tenant();
        let secret = tenant.key(json!({})).secret;
        shared.grant(pool, &tenant, 100);
        wait_until("the grant is known", Duration::from_secs(10), || {
            ask(&secret, None).status == 200
        });
        secret
    };
    let (first, second) = (tenant(1), tenant(2));
    let made = ask(&first, None).expect(200).json();
    let id = made["id"].as_str().expect("an id").to_owned();
    for seen in upstream.seen() {
        let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
        assert_eq!(body["store"], false, "nothing is stored on a shared account");
    }
    let count = upstream.count();
    let refused = ask(&second, Some(&id)).expect(404).json();
    assert_eq!(
        refused["error"]["code"], "previous_response_not_found",
        "{refused}"
    );
    assert_eq!(refused["error"]["param"], "previous_response_id", "{refused}");
    assert_eq!(upstream.count(), count, "the vendor was not asked");
}

/// Bindings, groups and priorities within them, on a tenant's own accounts.
#[test]
fn a_key_goes_where_it_is_bound_and_other_services_stay_free() {
    let pool = Pool::new();
    let (one, two, three) = (Upstream::start(), Upstream::start(), Upstream::start());
    let first = pool.tenant.account_with(&one.url(), json!({"priority": 1}));
    let second = pool.tenant.account_with(&two.url(), json!({"priority": 50}));
    let third = pool.tenant.account_with(&three.url(), json!({"priority": 60}));
    let openai = json!({"name": "chat", "base_url": one.url(), "api_key": "sk-0123456789"});
    pool.tenant.api.post("/accounts/openai", &openai).expect(201);
    let members = json!([{"account_id": second}, {"account_id": third, "priority": 1}]);
    let form = json!({"service": "claude", "name": "night shift", "members": members});
    let group = id_of(&pool.tenant.api.post("/account-groups", &form).expect(201).json()["id"]);
    let bound = |to: Value| {
        let mut binding = json!({"service": "claude"});
        super::pool::merge(&mut binding, &to);
        pool.tenant.key(json!({"bindings": [binding]})).secret
    };
    let (to_account, to_group) = (
        bound(json!({"account_id": second})),
        bound(json!({"group_id": group})),
    );
    let address = pool.house.gateway.address();
    let served = |secret: &str| {
        let ask = Ask::new(secret);
        ask.send(address).expect(200);
        pool.house.event(&pool.tenant, &ask.id).account_id
    };
    assert_eq!(served(&pool.key.secret), Some(first));
    assert_eq!(served(&to_account), Some(second));
    assert_eq!(
        served(&to_group),
        Some(third),
        "the group's priority counts, not the account's"
    );
    three.always(Script::overloaded());
    assert_eq!(served(&to_group), Some(second), "the next of the group");
    two.always(Script::overloaded());
    let ask = Ask::new(&to_group);
    assert_ne!(ask.send(address).status, 200, "never outside the group");
    let why = explanation(&pool.house, &pool.tenant, &ask.id).to_string();
    assert!(why.contains("not_bound"), "{why}");
    let free = Ask::new(&to_group).with("model", json!("gpt-5.2"));
    free.send(address).expect(200);
    let wrong = json!({"name": "k", "bindings": [{"service": "gemini", "account_id": first}]});
    let reply = pool.tenant.api.post("/keys", &wrong).expect(422).json();
    assert!(
        reply["errors"][0]["field"]
            .as_str()
            .is_some_and(|field| field.starts_with("bindings[0]")),
        "{reply}"
    );
}
