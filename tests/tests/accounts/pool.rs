//! What these tests begin with: a house whose vendors are simulated, ways to connect an account there, and looks at it.

use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::vendors::Consent;
use tollgate_tests::harness::{
    Ask, Gateway, House, Key, RealProxy, Reply, Tenant, Vendors, Wanted, unique, wait_for, wait_until,
};
use uuid::Uuid;

/// One of the ways over a vendor's page of consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Claude,
    SetupToken,
    Google,
    OpenAi,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Claude, Self::SetupToken, Self::Google, Self::OpenAi];

    pub fn platform(self) -> &'static str {
        match self {
            Self::Claude | Self::SetupToken => "claude_official",
            Self::Google => "gemini",
            Self::OpenAi => "openai",
        }
    }

    /// A model that is asked for there.
    pub fn model(self) -> &'static str {
        match self {
            Self::Claude | Self::SetupToken => "claude-sonnet-4-6",
            Self::Google => "gemini-2.5-pro",
            Self::OpenAi => "gpt-5.2",
        }
    }

    /// What is pasted back.
    pub fn pasted(self, consent: &Consent) -> String {
        match self {
            Self::Claude | Self::SetupToken => consent.pasted(),
            // Google's page shows the code alone.
            Self::Google => consent.code.clone(),
            Self::OpenAi => consent.address(),
        }
    }
}

/// A house, the vendors that it asks, and a tenant with money and a key. The parts are dropped in this order.
#[derive(Debug)]
pub struct Pool {
    pub house: House,
    pub vendors: Vendors,
    pub tenant: Tenant,
    pub key: Key,
}

impl Pool {
    pub fn new() -> Self {
        Self::with(Vec::new())
    }

    /// With more settings.
    pub fn with(more: Vec<(&'static str, String)>) -> Self {
        let vendors = Vendors::start();
        let mut env = vendors.settings();
        env.extend(more);
        let house = House::with(Wanted {
            env,
            ..Wanted::default()
        });
        let tenant = house.tenant();
        let key = tenant.key(json!({}));
        Self {
            house,
            vendors,
            tenant,
            key,
        }
    }

    /// The first half of connecting.
    pub fn begin(&self, way: Way, more: &Value) -> Value {
        let mut form = json!({});
        if way == Way::SetupToken {
            form["setup_token"] = json!(true);
        }
        merge(&mut form, more);
        let path = format!("/accounts/{}/auth-url", way.platform());
        self.tenant.api.post(&path, &form).expect(201).json()
    }

    /// The second half.
    pub fn finish(&self, way: Way, form: &Value) -> Reply {
        let path = format!("/accounts/{}/exchange", way.platform());
        self.tenant.api.post(&path, form)
    }

    /// Both halves: gives what the second one answered.
    pub fn connected(&self, way: Way, more: &Value) -> Value {
        let begun = self.begin(way, more);
        let consent = self.vendors.consent(begun["url"].as_str().expect("a link"));
        let form = finish_form(&begun, &way.pasted(&consent));
        let reply = self.finish(way, &form);
        assert!((200..300).contains(&reply.status), "{way:?}: {}", reply.text());
        reply.json()
    }

    /// Both halves: gives the account's id.
    pub fn account(&self, way: Way) -> Uuid {
        id_of(&self.connected(way, &json!({}))["account"]["id"])
    }

    /// An account as it is shown.
    pub fn shown(&self, platform: &str, id: Uuid) -> Value {
        shown(&self.tenant, platform, id)
    }

    /// Waits until an account is in a state.
    pub fn await_state(&self, platform: &str, id: Uuid, state: &str) -> Value {
        await_state(&self.tenant, platform, id, state)
    }

    /// Waits until the node has heard of an account that was just connected, and it answers for this model.
    pub fn await_answer(&self, model: &str) {
        wait_until("the account answers", Duration::from_secs(5), || {
            self.ask(model).status == 200
        });
    }

    /// A relayed request for this model; gives the answer.
    pub fn ask(&self, model: &str) -> Reply {
        self.ask_at(&self.house.gateway, model)
    }

    /// The same at a node.
    pub fn ask_at(&self, node: &Gateway, model: &str) -> Reply {
        let ask = Ask::new(&self.key.secret).with("model", json!(model));
        ask.send(node.address())
    }

    /// An entry for a proxy; gives its id.
    pub fn proxy(&self, proxy: &RealProxy) -> Uuid {
        id_of(&self.tenant.api.post("/proxies", &proxy.form()).expect(201).json()["id"])
    }
}

/// The second half's body for a new account.
pub fn finish_form(begun: &Value, pasted: &str) -> Value {
    json!({"flow_id": begun["flow_id"], "code": pasted, "name": unique("connected")})
}

/// An account as it is shown.
pub fn shown(tenant: &Tenant, platform: &str, id: Uuid) -> Value {
    let path = format!("/accounts/{platform}/{id}");
    tenant.api.get(&path).expect(200).json()
}

/// Waits until an account is in a state.
pub fn await_state(tenant: &Tenant, platform: &str, id: Uuid, state: &str) -> Value {
    let mut last = Value::Null;
    wait_for(
        &format!("the account is {state}"),
        Duration::from_secs(15),
        || {
            last = shown(tenant, platform, id);
            (last["state"] == state).then(|| last.clone())
        },
    )
}

/// What happened to an account, the newest first.
pub fn events(tenant: &Tenant, platform: &str, id: Uuid) -> Vec<Value> {
    let path = format!("/accounts/{platform}/{id}/events");
    let body = tenant.api.get(&path).expect(200).json();
    body["items"].as_array().cloned().expect("a list")
}

/// Why a relayed request went where it went.
pub fn explanation(house: &House, tenant: &Tenant, client_request_id: &str) -> Value {
    let event = house.event(tenant, client_request_id);
    let path = format!("/requests/{}", event.request_id);
    tenant.api.get(&path).expect(200).json()["explanation"].clone()
}

/// Sets fields of an object.
pub fn merge(body: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}

/// The code of a refusal of the management API.
#[track_caller]
pub fn code_of(reply: &Reply) -> String {
    assert!(reply.status >= 400, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    reply.json()["code"].as_str().expect("a code").to_owned()
}
