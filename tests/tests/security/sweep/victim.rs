//! The victim of the sweep: a tenant with something in every corner, and the requests that name its things. Never in here:
//! what is expected of an answer.

use serde_json::{Value, json};
use tollgate_tests::harness::money::PROVIDER;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, Request, Scene, unique};
use uuid::Uuid;

/// A tenant with something in every corner, and what its things are called.
pub struct Victim {
    pub scene: Scene,
    request: Uuid,
    session: Uuid,
    proxy: Uuid,
    pub group: Uuid,
    pub policy: Uuid,
    /// A way to a vendor's consent that its owner began.
    flow: Uuid,
    budget: Uuid,
    voucher: Uuid,
    payment: Uuid,
    /// The code of a voucher that its owner redeemed.
    code: String,
    pub cursors: Vec<(&'static str, String)>,
}

impl Victim {
    pub fn make(house: &House) -> Self {
        let scene = house.scene();
        let mut request = Uuid::nil();
        for _ in 0..2 {
            let ask = Ask::new(&scene.key.secret);
            ask.send(house.gateway.address()).expect(200);
            request = house.event(&scene.tenant, &ask.id).request_id;
        }
        let made =
            |path: &str, form: &Value| id_of(&scene.tenant.api.post(path, form).expect(201).json()["id"]);
        let proxy = made(
            "/proxies",
            &json!({"name": "victims-proxy", "scheme": "http", "host": "127.0.0.1", "port": 9}),
        );
        let group = made(
            "/account-groups",
            &json!({"service": "claude", "name": "victims-group", "members": [{"account_id": scene.account}]}),
        );
        let policy = made("/policies", &json!({"name": "victims-policy"}));
        let budget = made("/budgets", &budget());
        let payment = made("/billing/payments", &payment());
        let vouchers = scene.tenant.api.post("/vouchers", &vouchers()).expect(201).json();
        let code = house.vouchers(1, "1").remove(0);
        let redeemed = scene.tenant.api.post("/vouchers/redeem", &json!({"code": code}));
        redeemed.expect(200);
        scene.tenant.api.put("/billing/notices", &notices()).expect(200);
        scene.tenant.key(json!({
            "tags": ["victims-tag"],
            "bindings": [{"service": "claude", "account_id": scene.account}],
        }));
        house.person(&scene.tenant, "member");
        house.settle();
        let api = &scene.tenant.api;
        let me = api.get("/auth/me").expect(200).json();
        let begun = api.post("/accounts/claude_official/auth-url", &json!({}));
        let flow = id_of(&begun.expect(201).json()["flow_id"]);
        let lists = ["/keys", "/users", "/requests", "/billing/transfers", "/vouchers"];
        let cursors = lists.map(|list| {
            let page = api.get(&format!("{list}?limit=1")).expect(200).json();
            (list, page["next_cursor"].as_str().expect("more").to_owned())
        });
        Self {
            request,
            proxy,
            group,
            policy,
            flow,
            budget,
            payment,
            code,
            voucher: id_of(&vouchers["items"][0]["id"]),
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
            Some("proxies") => self.proxy,
            Some("account-groups") => self.group,
            Some("policies") => self.policy,
            Some("users") => self.scene.tenant.user_id,
            Some("requests") => self.request,
            Some("auth") => self.session,
            Some("budgets") => self.budget,
            Some("vouchers") => self.voucher,
            Some("billing") => self.payment,
            other => panic!("which id is meant in {path}: {other:?}?"),
        }
    }

    /// Whatever tells that an answer speaks of the victim.
    pub fn marks(&self) -> Vec<String> {
        let tenant = &self.scene.tenant;
        let ids = [
            tenant.id,
            tenant.user_id,
            self.scene.key.id,
            self.scene.account,
            self.request,
            self.session,
            self.proxy,
            self.group,
            self.policy,
            self.flow,
            self.budget,
            self.voucher,
            self.payment,
        ];
        let mut marks: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        marks.extend([
            tenant.slug.clone(),
            "victims-tag".to_owned(),
            "victims-proxy".to_owned(),
            "victims-group".to_owned(),
            "victims-policy".to_owned(),
            "victims-budget".to_owned(),
            "victims-note".to_owned(),
            self.scene.upstream.url(),
        ]);
        marks
    }

    /// The request with the victim's ids wherever there is room for one.
    pub fn request(&self, method: &str, path: &str, operation: &Value) -> Request {
        let mut target = path
            .replace("{platform}", platform(path))
            .replace("{tenant}", &self.scene.tenant.id.to_string())
            .replace("{id}", &self.id_if_any(path));
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let value = match name {
                "key_id" => self.scene.key.id.to_string(),
                "user_id" | "owner_user_id" => self.scene.tenant.user_id.to_string(),
                "account_id" => self.scene.account.to_string(),
                "policy_id" => self.policy.to_string(),
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

/// The platform that stands in a path: where accounts are connected, one that can be.
fn platform(path: &str) -> &'static str {
    if path.ends_with("/auth-url") || path.ends_with("/exchange") {
        "claude_official"
    } else {
        "claude_console"
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
        ("POST", "/keys/batch") => {
            Some(json!({"names": {"by": "list", "names": ["swept"]}, "key": {"name": "swept"}}))
        }
        ("PUT", "/keys/batch") => Some(json!({
            "ids": [victim.scene.key.id], "act": {"action": "edit", "change": {"cost_centre": "swept"}},
        })),
        ("DELETE", "/keys/batch") => Some(json!({"ids": [victim.scene.key.id]})),
        ("POST", "/policies") | ("PUT", "/policies/{id}") => Some(json!({"name": unique("swept")})),
        ("PUT", "/policies/self-service") => Some(json!({"allowed": true, "version": 0})),
        ("PUT", "/limits" | "/users/{id}/limits") => Some(json!({"windows": [], "version": 0})),
        ("POST", "/accounts/{platform}") | ("PUT", "/accounts/{platform}/{id}") => Some(account),
        ("POST", "/accounts/{platform}/exchange") => Some(json!({
            "flow_id": victim.flow, "code": "a-code-of-nobody#and-a-state", "name": unique("swept"),
        })),
        ("POST", "/schedule/explain") => {
            Some(json!({"model": "claude-sonnet-4-6", "sticky": victim.scene.account}))
        }
        ("POST", "/accounts/batch") => Some(json!({"ids": [victim.scene.account], "action": "enable"})),
        ("POST", "/accounts/import") => {
            Some(json!({"bundle": {"format": "tollgate-accounts/1", "accounts": []}}))
        }
        ("POST", "/proxies") | ("PUT", "/proxies/{id}") => {
            Some(json!({"name": unique("swept"), "scheme": "http", "host": "127.0.0.1", "port": 9}))
        }
        ("POST", "/account-groups") | ("PUT", "/account-groups/{id}") => {
            Some(json!({"service": "claude", "name": unique("swept")}))
        }
        ("POST", "/budgets") | ("PUT", "/budgets/{id}") => {
            let mut form = budget();
            form["name"] = json!(unique("swept"));
            Some(form)
        }
        ("POST", "/billing/payments") => Some(payment()),
        ("PUT", "/billing/notices") => Some(notices()),
        ("POST", "/vouchers") => Some(json!({"count": 1, "days": 1})),
        ("POST", "/vouchers/redeem") => Some(json!({"code": victim.code})),
        ("PUT", "/account-groups/{id}/grants/{tenant}") => Some(json!({"public_name": "swept"})),
        _ => None,
    }
}

/// A budget that refuses nothing.
fn budget() -> Value {
    json!({
        "name": "victims-budget", "scope": {"kind": "tenant"}, "period": "month", "limit_nano": "1000000000000000",
    })
}

/// A payment that is begun.
pub fn payment() -> Value {
    json!({"provider": PROVIDER, "amount_nano": "5000000000"})
}

fn vouchers() -> Value {
    json!({"count": 2, "days": 1, "note": "victims-note"})
}

fn notices() -> Value {
    json!({"low_balance_nano": "1"})
}
