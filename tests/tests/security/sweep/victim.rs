//! The victim of the sweep: a tenant with something in every corner, and the requests that name its things. Never in here:
//! what is expected of an answer.

mod bodies;

use bodies::body;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::money::PROVIDER;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, Request, SOON, Scene, unique, wait_until};
use uuid::Uuid;

/// A tenant with something in every corner, and what its things are called.
pub struct Victim {
    pub scene: Scene,
    request: Uuid,
    session: Uuid,
    proxy: Uuid,
    pub group: Uuid,
    pub policy: Uuid,
    /// A key that is bound to its account.
    bound: Uuid,
    /// A way to a vendor's consent that its owner began.
    flow: Uuid,
    budget: Uuid,
    voucher: Uuid,
    payment: Uuid,
    report: Uuid,
    /// The code of a voucher that its owner redeemed.
    code: String,
    export: Uuid,
    schedule: Uuid,
    pub cursors: Vec<(&'static str, String)>,
}

impl Victim {
    pub fn make(house: &House) -> Self {
        let scene = house.scene();
        scene.tenant.api.put("/capture-settings", &captures()).expect(200);
        let mut request = ask(house, &scene);
        wait_until("bodies are kept", SOON, || {
            request = ask(house, &scene);
            std::thread::sleep(Duration::from_millis(200));
            is_captured(house, request)
        });
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
        let export = made("/exports", &json!({"source": "usage", "format": "csv"}));
        let scheduled = scene
            .tenant
            .api
            .post("/export-schedules", &schedule())
            .expect(201)
            .json();
        let report = scene.tenant.api.post("/provider-reports", &report(scene.account));
        let report = id_of(&report.expect(200).json()["report"]["id"]);
        let vouchers = scene.tenant.api.post("/vouchers", &vouchers()).expect(201).json();
        let code = house.vouchers(1, "1").remove(0);
        let redeemed = scene.tenant.api.post("/vouchers/redeem", &json!({"code": code}));
        redeemed.expect(200);
        scene.tenant.api.put("/billing/notices", &notices()).expect(200);
        let bound = scene.tenant.key(json!({
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
            bound: bound.id,
            flow,
            budget,
            payment,
            export,
            schedule: id_of(&scheduled["schedule"]["id"]),
            report,
            code,
            voucher: id_of(&vouchers["items"][0]["id"]),
            session: me["session_id"].as_str().expect("an id").parse().expect("an id"),
            cursors: cursors.to_vec(),
            scene,
        }
    }

    /// Lets go of what is bound to its account, which could not be deleted otherwise.
    pub fn unbind(&self) {
        let path = format!("/keys/{}", self.bound);
        self.scene.tenant.api.delete(&path).expect(204);
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
            Some("exports") => self.export,
            Some("export-schedules") => self.schedule,
            Some("provider-reports") => self.report,
            Some("prices" | "plans") => Uuid::nil(),
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
            self.export,
            self.schedule,
            self.report,
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
            "victims-schedule".to_owned(),
            self.scene.upstream.url(),
        ]);
        marks
    }

    /// The request with the victim's ids wherever there is room for one.
    pub fn request(&self, method: &str, path: &str, operation: &Value) -> Request {
        let mut target = path
            .replace("{platform}", platform(path))
            .replace("{file}", "usage.csv")
            .replace("{token}", "a-token-of-nobody")
            .replace("{tenant}", &self.scene.tenant.id.to_string())
            .replace("{month}", "2026-01")
            .replace("{no}", "1")
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
                "tenant_id" => self.scene.tenant.id.to_string(),
                "day" => "2026-11-01".to_owned(),
                "from" | "to" if path == "/prices/diff" => Uuid::nil().to_string(),
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

    /// Paths of what finance may delete.
    pub fn exports(&self) -> [String; 2] {
        [
            format!("/exports/{}", self.export),
            format!("/export-schedules/{}", self.schedule),
        ]
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

/// A schedule that does not run by itself.
pub fn schedule() -> Value {
    json!({
        "name": unique("victims-schedule"), "source": "usage", "format": "csv", "period": "daily", "hour": 3,
        "delivery": {"kind": "webhook", "url": "https://hooks.example.com/victim"}, "active": false,
    })
}

fn vouchers() -> Value {
    json!({"count": 2, "days": 1, "note": "victims-note"})
}

fn notices() -> Value {
    json!({"low_balance_nano": "1"})
}

/// A relayed request; gives its id.
fn ask(house: &House, scene: &Scene) -> Uuid {
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id).request_id
}

fn is_captured(house: &House, request: Uuid) -> bool {
    let query = "SELECT count(*) FROM captures WHERE request_id = $1";
    let count: i64 = house.sql().query_one(query, &[&request]).expect("a count").get(0);
    count == 1
}

/// All bodies are kept.
fn captures() -> Value {
    json!({
        "active": true, "sample_per_mille": 1000, "redact_secrets": true, "redact_emails": true, "redact_cards": true,
        "body_bytes_max": 4096, "keep_days": 1,
    })
}

/// A provider's report of an account.
fn report(account: Uuid) -> Value {
    let content =
        "usage_date_utc,model,workspace,api_key,token_type,cost_usd\n2026-11-01,m,w,k,output,1.00\n";
    json!({"account_id": account, "file_name": "victims-report.csv", "content": content})
}
