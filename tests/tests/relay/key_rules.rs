//! What a key may do: from where, with which program, which models at which services, and for how long.

use super::refusals::finally_refused;
use postgres::Client;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::{Ask, House, Key, Reply, Request, SOON, Scene, Wanted, wait_until};
use uuid::Uuid;

fn with_rules(scene: &Scene, rules: Value) -> Key {
    scene.tenant.key(json!({ "rules": rules }))
}

/// What the management API does in the transaction of a change.
pub fn announce(sql: &mut Client, topic: &str, tenant: Uuid, object: Uuid, version: i64) {
    let announced = sql.execute(
        "WITH written AS (
           INSERT INTO changes (topic, tenant_id, object_id, version, created_at)
           VALUES ($1, $2, $3, $4, clock_timestamp()))
         SELECT pg_notify('tollgate_changes', pg_current_xact_id()::text)",
        &[&topic, &tenant, &object, &version],
    );
    announced.expect("announced");
}

/// In OpenAI's format, which tells the code.
fn asked_in_chat(house: &House, key: &Key, model: &str) -> Reply {
    let mut ask = Ask::new(&key.secret).key_in("authorization", &format!("Bearer {}", key.secret));
    "/openai/v1/chat/completions".clone_into(&mut ask.path);
    ask.with("model", json!(model)).send(house.gateway.address())
}

fn code(reply: &Reply) -> String {
    reply.json()["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_key_is_taken_from_its_networks_alone_and_only_a_trusted_proxy_is_believed() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let home = with_rules(&scene, json!({"addresses": ["10.0.0.0/8", "127.0.0.1"]}));
    Ask::new(&home.secret).send(address).expect(200);
    let away = with_rules(&scene, json!({"addresses": ["192.0.2.0/24"]}));
    let claims = Ask::new(&away.secret).header("x-forwarded-for", "192.0.2.9");
    for ask in [Ask::new(&away.secret), claims] {
        let (kind, message) = finally_refused(&ask.send(address), 403);
        assert_eq!(kind, "permission_error");
        assert!(message.contains("127.0.0.1"), "{message}");
        assert!(
            !message.contains("192.0.2.0"),
            "who found the key is not told from where it works: {message}"
        );
    }
    let info = Request::get("/api/v1/key-info").header("x-api-key", &away.secret);
    finally_refused(&house.gateway.send(&info), 403);
    assert_eq!(scene.upstream.count(), 1);

    let behind = House::with(Wanted {
        env: vec![("TOLLGATE_TRUSTED_PROXIES", "127.0.0.0/8".to_owned())],
        ..Wanted::default()
    });
    let scene = behind.scene();
    let away = with_rules(&scene, json!({"addresses": ["192.0.2.0/24"]}));
    let from = |forwarded: &str| {
        let ask = Ask::new(&away.secret).header("x-forwarded-for", forwarded);
        ask.send(behind.gateway.address()).status
    };
    assert_eq!(from("203.0.113.5, 192.0.2.9"), 200);
    assert_eq!(from("192.0.2.9, 203.0.113.5"), 403);
}

#[test]
fn a_key_reaches_the_services_that_it_may_use_and_hears_which_these_are() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let claude = with_rules(&scene, json!({"services": ["claude"]}));
    Ask::new(&claude.secret).send(address).expect(200);
    let others = with_rules(&scene, json!({"services": ["openai", "gemini"]}));
    let (kind, message) = finally_refused(&Ask::new(&others.secret).send(address), 403);
    assert_eq!(kind, "permission_error");
    assert!(message.contains("openai and gemini"), "{message}");
    let refused = asked_in_chat(&house, &others, "claude-sonnet-4-6").expect(403);
    assert_eq!(code(&refused), "service_not_allowed");
    assert_eq!(scene.upstream.count(), 1);
}

#[test]
fn a_key_uses_the_models_that_it_may_and_sees_no_others() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let rules = json!({"models_allowed": ["claude-*"], "models_denied": ["*OPUS*"]});
    let key = with_rules(&scene, rules.clone());
    Ask::new(&key.secret).send(address).expect(200);
    let opus = || Ask::new(&key.secret).with("model", json!("claude-opus-4-1"));
    let (kind, message) = finally_refused(&opus().send(address), 403);
    assert_eq!(kind, "permission_error");
    assert!(
        message.contains("claude-opus-4-1") && message.contains("`claude-*`"),
        "{message}"
    );
    let mut count = opus();
    "/api/v1/messages/count_tokens".clone_into(&mut count.path);
    count
        .body
        .as_object_mut()
        .expect("an object")
        .remove("max_tokens");
    finally_refused(&count.send(address), 403);
    let refused = asked_in_chat(&house, &key, "gpt-5").expect(403);
    assert_eq!(code(&refused), "model_not_allowed");
    assert_eq!(scene.upstream.count(), 1);

    let get = |path: &str, secret: &str| {
        let request = Request::get(path)
            .header("x-api-key", secret)
            .header("anthropic-version", "2023-06-01");
        house.gateway.send(&request).expect(200).json()
    };
    let names = |secret: &str| {
        let list = get("/api/v1/models", secret);
        let models = list["data"].as_array().expect("a list").iter();
        models
            .map(|model| model["id"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    let (all, some) = (names(&scene.key.secret), names(&key.secret));
    assert!(all.iter().any(|name| name.contains("opus")), "{all:?}");
    let mut allowed = all.clone();
    allowed.retain(|name| name.starts_with("claude-") && !name.contains("opus"));
    assert_eq!(some, allowed);
    let info = get("/api/v1/key-info", &key.secret);
    assert_eq!(info["keyInfo"]["rules"], rules);
}

#[test]
fn a_key_is_taken_from_the_programs_that_it_is_meant_for() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let rules =
        json!({"clients": [{"client": "claude_code"}, {"client": "custom", "user_agent": "MyTool/2*"}]});
    let key = with_rules(&scene, rules);
    let with = |agent: &str| Ask::new(&key.secret).header("user-agent", agent);
    with("claude-cli/2.1.330 (external, sdk-cli)")
        .header("x-app", "cli")
        .send(address)
        .expect(200);
    with("mytool/2.7").send(address).expect(200);
    for ask in [Ask::new(&key.secret), with("curl/8.0")] {
        let (kind, message) = finally_refused(&ask.send(address), 403);
        assert_eq!(kind, "permission_error");
        assert!(
            message.contains("Claude Code") && message.contains("`MyTool/2*`"),
            "{message}"
        );
    }
    let refused = asked_in_chat(&house, &key, "claude-sonnet-4-6").expect(403);
    assert_eq!(code(&refused), "client_not_allowed");
    assert_eq!(scene.upstream.count(), 2);
    // What the key is, its holder may ask with anything.
    let info = Request::get("/api/v1/key-info").header("x-api-key", &key.secret);
    house.gateway.send(&info).expect(200);
}

#[test]
fn a_key_without_rules_of_its_own_has_its_policy_s_and_then_the_default_ones() {
    let house = House::shared();
    let scene = house.scene();
    let address = house.gateway.address();
    let (mut sql, tenant) = (house.sql(), scene.tenant.id);
    let mut policy = |rules: Value, is_default: bool| {
        let id = Uuid::now_v7();
        let written = sql.execute(
            "INSERT INTO policies (tenant_id, policy_id, name, is_default, rules, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, now(), now())",
            &[&tenant, &id, &id.to_string(), &is_default, &rules],
        );
        written.expect("a policy");
        id
    };
    let named = policy(json!({"models_denied": ["*opus*"]}), false);
    policy(
        json!({"models_denied": ["*"], "windows": [{"span": "minute", "requests": 1}]}),
        true,
    );
    let key = scene.tenant.key(json!({}));
    let bound = "UPDATE api_keys SET policy_id = $2, version = version + 1 WHERE key_id = $1";
    house
        .sql()
        .execute(bound, &[&key.id, &named])
        .expect("a policy named");
    Ask::new(&key.secret).send(address).expect(200);
    let denied = Ask::new(&key.secret).with("model", json!("claude-opus-4-1"));
    denied.send(address).expect(403);
    // The window is the default's.
    Ask::new(&key.secret).send(address).expect(429);
    let free = with_rules(&scene, json!({"models_denied": [], "windows": []}));
    for _ in 0..2 {
        Ask::new(&free.secret).send(address).expect(200);
    }
    // A policy that changes changes all keys at once.
    let mut sql = house.sql();
    let lifted = "UPDATE policies SET rules = '{}' WHERE tenant_id = $1 AND is_default";
    sql.execute(lifted, &[&tenant]).expect("lifted");
    announce(&mut sql, "tenant", tenant, tenant, 0);
    wait_until("the default's window is lifted", SOON, || {
        Ask::new(&key.secret).send(address).status == 200
    });
    denied.send(address).expect(403);
}

#[test]
fn a_key_s_life_begins_with_its_first_request_that_may_be_served_once_whatever_the_nodes() {
    let house = House::own();
    let other = house.another();
    let scene = house.scene();
    let fields = json!({"lifetime_s": 60, "rules": {"models_denied": ["*opus*"]}});
    let key = scene.tenant.key(fields);
    let life = || {
        let row = house.sql().query_one(
            "SELECT version, extract(epoch FROM expires_at - activated_at)::float8 FROM api_keys WHERE key_id = $1",
            &[&key.id],
        );
        let row = row.expect("the key");
        (row.get::<_, i64>(0), row.get::<_, Option<f64>>(1))
    };
    Ask::new(&key.secret)
        .with("model", json!("claude-opus-4-1"))
        .send(house.gateway.address())
        .expect(403);
    let (version, lived) = life();
    assert_eq!(lived, None, "a refused request is no use");
    let asks: Vec<_> = [house.gateway.address(), other.address()]
        .into_iter()
        .cycle()
        .take(8)
        .map(|address| {
            let ask = Ask::new(&key.secret);
            std::thread::spawn(move || ask.send(address).status)
        })
        .collect();
    for ask in asks {
        assert_eq!(ask.join().expect("an answer"), 200);
    }
    assert_eq!(life(), (version + 1, Some(60.0)), "begun once");
    let past = "UPDATE api_keys SET activated_at = now() - interval '2 minutes', expires_at = now() - interval '1 minute',
                                    version = version + 1 WHERE key_id = $1";
    let mut sql = house.sql();
    sql.execute(past, &[&key.id]).expect("aged");
    announce(&mut sql, "key", scene.tenant.id, key.id, version + 2);
    for address in [house.gateway.address(), other.address()] {
        wait_until("the key has expired", SOON, || {
            Ask::new(&key.secret).send(address).status == 401
        });
    }
    assert!(other.stop());
}

#[test]
fn a_secret_that_was_replaced_works_until_its_time_and_then_is_as_if_it_had_never_been() {
    let house = House::shared();
    let scene = house.scene();
    let (key, address) = (&scene.key, house.gateway.address());
    Ask::new(&key.secret).send(address).expect(200);
    let mut sql = house.sql();
    let mut until = |valid_until: &str, version: i64| {
        let replaced = format!(
            "UPDATE api_key_secrets SET valid_until = now() + interval '{valid_until}' WHERE key_id = $1"
        );
        sql.execute(&replaced, &[&key.id]).expect("replaced");
        let newer = "UPDATE api_keys SET version = $2 WHERE key_id = $1";
        sql.execute(newer, &[&key.id, &version]).expect("a version");
        announce(&mut sql, "key", scene.tenant.id, key.id, version);
    };
    until("1 hour", 2);
    std::thread::sleep(Duration::from_millis(300));
    Ask::new(&key.secret).send(address).expect(200);
    until("1 second", 3);
    wait_until("the grace is over", SOON, || {
        Ask::new(&key.secret).send(address).status == 401
    });
    let (kind, message) = finally_refused(&Ask::new(&key.secret).send(address), 401);
    assert_eq!(kind, "authentication_error");
    assert!(message.contains("no such key"), "{message}");
}

#[test]
fn a_key_whose_first_use_cannot_be_written_is_not_let_live_for_ever() {
    let house = House::with(Wanted {
        cluster: true,
        ..Wanted::default()
    });
    let scene = house.scene();
    let address = house.gateway.address();
    let fields = json!({"lifetime_s": 3_600, "rules": {"models_denied": ["*opus*"]}});
    let key = scene.tenant.key(fields);
    Ask::new(&scene.key.secret).send(address).expect(200);
    // In memory, and not used yet.
    let denied = Ask::new(&key.secret).with("model", json!("claude-opus-4-6"));
    denied.send(address).expect(403);
    house.database.cluster.halt();
    let refused = Ask::new(&key.secret).send(address);
    assert_eq!(refused.status, 503, "{}", refused.text());
    Ask::new(&scene.key.secret).send(address).expect(200);
    house.database.cluster.boot();
    wait_until("its life begins once the database is back", SOON, || {
        Ask::new(&key.secret).send(address).status == 200
    });
    let row = house.sql().query_one(
        "SELECT expires_at IS NOT NULL FROM api_keys WHERE key_id = $1",
        &[&key.id],
    );
    assert!(row.expect("the key").get::<_, bool>(0));
}
