//! The sweep: every operation of the API's document is tried without a token, by another tenant with the victim's ids,
//! and by the victim's own people without the right. An operation that is not in the list below fails the test.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tollgate_tests::harness::{Api, Ask, House, Person, Reply, Request, Scene, unique};
use uuid::Uuid;

/// What finance and members get for trying an operation on what is the owner's. Owners and admins may do all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// Everybody, each for themselves.
    All,
    /// All but members, who are told that they may not.
    Finance,
    /// All but members, to whom it is as if the thing were not there.
    FinanceElseHidden,
    /// Owners and admins; the others are told that they may not.
    Admin,
    /// Owners and admins; finance is told, and to members it is as if the thing were not there.
    AdminElseHidden,
    /// Whoever may have keys: all but finance.
    Keys,
    /// Their own sessions alone.
    Self_,
}

/// Every operation that needs a token: method, path, who may.
const OPERATIONS: &[(&str, &str, Rights)] = &[
    ("POST", "/auth/switch", Rights::All),
    ("GET", "/auth/me", Rights::All),
    ("GET", "/auth/sessions", Rights::All),
    ("DELETE", "/auth/sessions/{id}", Rights::Self_),
    ("GET", "/users", Rights::Finance),
    ("GET", "/keys", Rights::All),
    ("POST", "/keys", Rights::Keys),
    ("GET", "/keys/{id}", Rights::FinanceElseHidden),
    ("PUT", "/keys/{id}", Rights::AdminElseHidden),
    ("GET", "/keys/{id}/stats", Rights::FinanceElseHidden),
    ("GET", "/accounts", Rights::Finance),
    ("GET", "/accounts/{platform}", Rights::Finance),
    ("POST", "/accounts/{platform}", Rights::Admin),
    ("GET", "/accounts/{platform}/{id}", Rights::Finance),
    ("PUT", "/accounts/{platform}/{id}", Rights::Admin),
    ("POST", "/accounts/{platform}/{id}/test", Rights::Admin),
    ("POST", "/accounts/{platform}/{id}/reset", Rights::Admin),
    ("GET", "/stats/usage", Rights::All),
    ("GET", "/stats/cost", Rights::All),
    ("GET", "/stats/models", Rights::All),
    ("GET", "/stats/trends", Rights::All),
    ("GET", "/dashboard/overview", Rights::All),
    ("GET", "/requests", Rights::All),
    ("GET", "/requests/{id}", Rights::FinanceElseHidden),
    ("GET", "/billing/balance", Rights::Finance),
    ("GET", "/billing/transfers", Rights::Finance),
    // Last, since whoever may does.
    ("DELETE", "/keys/{id}", Rights::AdminElseHidden),
    ("DELETE", "/accounts/{platform}/{id}", Rights::Admin),
];

/// Every operation that needs none.
const OPEN: &[(&str, &str)] = &[
    ("POST", "/auth/admin/login"),
    ("POST", "/auth/user/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("POST", "/tenants"),
];

/// Tables whose rows of the victim must stay as they are.
const TABLES: &[&str] = &[
    "tenants",
    "memberships",
    "sign_in_sessions",
    "data_keys",
    "api_keys",
    "api_key_tags",
    "accounts",
    "usage_events",
    "ledger_transfers",
    "audit_log",
];

/// A tenant with something in every corner, and what its things are called.
struct Victim {
    scene: Scene,
    request: Uuid,
    session: Uuid,
    cursors: Vec<(&'static str, String)>,
}

impl Victim {
    fn make(house: &House) -> Self {
        let scene = house.scene();
        let mut request = Uuid::nil();
        for _ in 0..2 {
            let ask = Ask::new(&scene.key.secret);
            ask.send(house.gateway.address()).expect(200);
            request = house.event(&scene.tenant, &ask.id).request_id;
        }
        scene.tenant.key(json!({"tags": ["victims-tag"]}));
        house.person(&scene.tenant, "member");
        house.settle();
        let api = &scene.tenant.api;
        let me = api.get("/auth/me").expect(200).json();
        let lists = ["/keys", "/users", "/requests", "/billing/transfers"];
        let cursors = lists.map(|list| {
            let page = api.get(&format!("{list}?limit=1")).expect(200).json();
            (list, page["next_cursor"].as_str().expect("more").to_owned())
        });
        Self {
            request,
            session: me["session_id"].as_str().expect("an id").parse().expect("an id"),
            cursors: cursors.to_vec(),
            scene,
        }
    }

    /// The id that stands in a path.
    fn id(&self, path: &str) -> Uuid {
        match path.split('/').nth(1) {
            Some("keys") => self.scene.key.id,
            Some("accounts") => self.scene.account,
            Some("requests") => self.request,
            Some("auth") => self.session,
            other => panic!("which id is meant in {path}: {other:?}?"),
        }
    }

    /// Whatever tells that an answer speaks of the victim.
    fn marks(&self) -> Vec<String> {
        let tenant = &self.scene.tenant;
        let ids = [
            tenant.id,
            tenant.user_id,
            self.scene.key.id,
            self.scene.account,
            self.request,
            self.session,
        ];
        let mut marks: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        marks.extend([
            tenant.slug.clone(),
            "victims-tag".to_owned(),
            self.scene.upstream.url(),
        ]);
        marks
    }

    /// The request with the victim's ids wherever there is room for one.
    fn request(&self, method: &str, path: &str, operation: &Value) -> Request {
        let mut target = path
            .replace("{platform}", "claude_console")
            .replace("{id}", &self.id_if_any(path));
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let value = match name {
                "key_id" => self.scene.key.id.to_string(),
                "user_id" | "owner_user_id" => self.scene.tenant.user_id.to_string(),
                "account_id" => self.scene.account.to_string(),
                "tag" => "victims-tag".to_owned(),
                _ => continue,
            };
            query.push(format!("{name}={value}"));
        }
        if !query.is_empty() {
            target = format!("{target}?{}", query.join("&"));
        }
        let request = Request::new(method, &format!("/api/v2{target}"));
        match body(method, path, self) {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    fn id_if_any(&self, path: &str) -> String {
        if path.contains("{id}") {
            self.id(path).to_string()
        } else {
            String::new()
        }
    }
}

/// A body that is good but for whose things it names.
fn body(method: &str, path: &str, victim: &Victim) -> Option<Value> {
    let account = json!({
        "name": unique("swept"), "base_url": victim.scene.upstream.url(), "api_key": "sk-ant-of-the-sweep",
    });
    match (method, path) {
        ("POST", "/auth/switch") => Some(json!({"tenant": victim.scene.tenant.slug})),
        ("POST", "/keys") | ("PUT", "/keys/{id}") => Some(json!({"name": "swept"})),
        ("POST", "/accounts/{platform}") | ("PUT", "/accounts/{platform}/{id}") => Some(account),
        _ => None,
    }
}

fn document(house: &House) -> Value {
    house
        .gateway
        .send(&Request::get("/api/v2/openapi.json"))
        .expect(200)
        .json()
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    &document["paths"][format!("/api/v2{path}")][method.to_lowercase()]
}

fn digest(house: &House, tenant: Uuid) -> Vec<(String, String)> {
    let mut sql = house.sql();
    let mut of = |table: &str| -> String {
        let query = format!(
            "SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t WHERE tenant_id = $1"
        );
        sql.query_one(&query, &[&tenant]).expect("a digest").get(0)
    };
    TABLES
        .iter()
        .map(|table| ((*table).to_owned(), of(table)))
        .collect()
}

#[test]
fn the_list_names_every_operation_of_the_document() {
    let house = House::shared();
    let document = document(&house);
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix("/api/v2").expect("the prefix");
        for (method, operation) in item.as_object().expect("operations") {
            let needs_token = operation["security"] == json!([{"bearer": []}]);
            documented.insert((method.to_uppercase(), path.to_owned(), needs_token));
        }
    }
    let closed = OPERATIONS.iter().map(|(method, path, _)| (*method, *path, true));
    let open = OPEN.iter().map(|(method, path)| (*method, *path, false));
    let listed: BTreeSet<_> = closed
        .chain(open)
        .map(|(method, path, needs_token)| (method.to_owned(), path.to_owned(), needs_token))
        .collect();
    assert_eq!(listed, documented);
}

#[test]
fn without_a_token_nothing_is_told_and_nothing_changes() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let before = digest(&house, victim.scene.tenant.id);
    let mut nobody = Api::anonymous(house.gateway.address());
    for token in [
        None,
        Some("nonsense".to_owned()),
        victim.scene.tenant.api.refresh_token.clone(),
    ] {
        nobody.access_token = token;
        for (method, path, _) in OPERATIONS {
            let reply = nobody.send(victim.request(method, path, operation(&document, method, path)));
            assert_eq!(reply.status, 401, "{method} {path}: {}", reply.text());
            assert_eq!(reply.json()["code"], "unauthenticated");
            tells_nothing(&reply, &victim, method, path);
        }
    }
    assert_eq!(digest(&house, victim.scene.tenant.id), before);
}

#[track_caller]
fn tells_nothing(reply: &Reply, victim: &Victim, method: &str, path: &str) {
    let text = reply.text();
    for mark in victim.marks() {
        assert!(!text.contains(&mark), "{method} {path} tells {mark}: {text}");
    }
}

#[test]
fn another_tenant_sees_and_changes_nothing_by_any_operation() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let before = digest(&house, victim.scene.tenant.id);
    let stranger = house.tenant();
    let seen = victim.scene.upstream.count();
    for (method, path, _) in OPERATIONS {
        let reply = stranger
            .api
            .send(victim.request(method, path, operation(&document, method, path)));
        let named = path.contains("{id}") || *path == "/auth/switch";
        if named {
            assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
            assert_eq!(reply.json()["code"], "not_found", "{method} {path}");
        } else {
            assert!(
                reply.status == 200 || reply.status == 201,
                "{method} {path}: {}",
                reply.text()
            );
        }
        // What the stranger made points where the victim's account does, by the sweep's own doing.
        if *path != "/accounts/{platform}" && *path != "/accounts" {
            tells_nothing(&reply, &victim, method, path);
        }
    }
    for (list, cursor) in &victim.cursors {
        let reply = stranger.api.get(&format!("{list}?cursor={cursor}")).expect(200);
        tells_nothing(&reply, &victim, "GET", list);
    }
    let owned = json!({"name": "swept", "owner_user_id": victim.scene.tenant.user_id});
    let reply = stranger.api.post("/keys", &owned);
    assert_eq!(reply.status, 422, "{}", reply.text());
    assert_eq!(victim.scene.upstream.count(), seen, "its account was not used");
    assert_eq!(digest(&house, victim.scene.tenant.id), before);
    Ask::new(&victim.scene.key.secret)
        .send(house.gateway.address())
        .expect(200);
}

/// The status that someone gets who tries an operation on what is the owner's.
fn expected(rights: Rights, role: &str) -> u16 {
    match (rights, role) {
        (Rights::All, _)
        | (Rights::Finance | Rights::FinanceElseHidden, "finance")
        | (Rights::Keys, "member") => 200,
        (Rights::Self_, _) | (Rights::FinanceElseHidden | Rights::AdminElseHidden, "member") => 404,
        _ => 403,
    }
}

#[test]
fn without_the_right_ones_own_tenants_things_are_out_of_reach_too() {
    let house = House::shared();
    let (victim, document) = (Victim::make(&house), document(&house));
    let tenant = &victim.scene.tenant;
    let people: [(&str, Person); 2] = ["finance", "member"].map(|role| (role, house.person(tenant, role)));
    let before = digest(&house, tenant.id);
    for (role, person) in &people {
        for (method, path, rights) in OPERATIONS {
            if [("POST", "/keys"), ("POST", "/auth/switch")].contains(&(*method, *path)) {
                continue;
            }
            let reply = person
                .api
                .send(victim.request(method, path, operation(&document, method, path)));
            let wanted = expected(*rights, role);
            assert_eq!(reply.status, wanted, "{role}: {method} {path}: {}", reply.text());
            if wanted == 404 {
                assert_eq!(reply.json()["code"], "not_found");
            }
            if wanted == 403 {
                assert_eq!(reply.json()["code"], "forbidden");
            }
        }
    }
    assert_eq!(
        digest(&house, tenant.id),
        before,
        "neither of them may change anything"
    );
    // These two change something for those who may, so they come after the comparison.
    let (finance, member) = (&people[0].1, &people[1].1);
    assert_eq!(finance.api.post("/keys", &json!({"name": "no"})).status, 403);
    member.api.post("/keys", &json!({"name": "mine"})).expect(201);
    // Whoever has the right does all of it; an operation that nobody may do would pass the rest of this test unnoticed.
    let admin = house.person(tenant, "admin");
    for (method, path, rights) in OPERATIONS {
        if *rights == Rights::Self_ || *path == "/auth/switch" {
            continue;
        }
        let reply = admin
            .api
            .send(victim.request(method, path, operation(&document, method, path)));
        assert!(
            (200..=204).contains(&reply.status),
            "{method} {path}: {}",
            reply.text()
        );
    }
}
