//! A tenant as tests make one: through the management API, as its owner would.

use super::api::Api;
use super::{unique, wait_until};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// The credential of every account that tests make; nobody but the upstream may ever see it.
pub const UPSTREAM_KEY: &str = "sk-ant-upstream-secret-0123456789";

/// A tenant and its owner's session.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The owner's client.
    pub api: Api,
    /// The short name.
    pub slug: String,
    /// The owner's address.
    pub email: String,
    /// The tenant's id.
    pub id: Uuid,
    /// The owner's id.
    pub user_id: Uuid,
}

/// An API key with its secret.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: Uuid,
    /// The secret.
    pub secret: String,
}

impl Tenant {
    /// Signs up a new one.
    pub fn sign_up(mut api: Api) -> Self {
        let signed = api.sign_up();
        let me = &signed.reply["me"];
        Self {
            id: id_of(&me["tenant"]["id"]),
            user_id: id_of(&me["user"]["id"]),
            slug: signed.slug,
            email: signed.email,
            api,
        }
    }

    /// A Claude Console account with this base URL.
    pub fn account(&self, base_url: &str) -> Uuid {
        self.account_with(base_url, json!({}))
    }

    /// The same with more fields.
    pub fn account_with(&self, base_url: &str, fields: Value) -> Uuid {
        let mut body = json!({"name": unique("account"), "base_url": base_url, "api_key": UPSTREAM_KEY});
        merge(&mut body, fields);
        id_of(
            &self
                .api
                .post("/accounts/claude_console", &body)
                .expect(201)
                .json()["id"],
        )
    }

    /// A key with these fields.
    pub fn key(&self, fields: Value) -> Key {
        let mut body = json!({"name": unique("key")});
        merge(&mut body, fields);
        let created = self.api.post("/keys", &body).expect(201).json();
        Key {
            id: id_of(&created["key"]["id"]),
            secret: created["secret"].as_str().expect("shown once").to_owned(),
        }
    }

    /// Waits until an account is in a state, as the API shows it.
    pub fn await_account_state(&self, account: Uuid, state: &str) {
        wait_until(
            &format!("the account is {state}"),
            Duration::from_secs(10),
            || {
                let shown = self
                    .api
                    .get(&format!("/accounts/claude_console/{account}"))
                    .expect(200)
                    .json();
                shown["state"] == state
            },
        );
    }
}

/// An id out of an answer.
pub fn id_of(value: &Value) -> Uuid {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no id: {value}"))
}

fn merge(body: &mut Value, fields: Value) {
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            body[name] = value;
        }
    }
}
