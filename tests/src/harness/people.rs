//! Other people of a tenant. Nobody can be invited through the API, so they are written straight into the database, with
//! the password that all test people have.

use super::api::{Api, PASSWORD};
use super::house::House;
use super::tenant::Tenant;
use super::unique;
use serde_json::json;
use uuid::Uuid;

/// Someone who is signed in to a tenant.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their client.
    pub api: Api,
    /// Their address.
    pub email: String,
    /// Their id.
    pub id: Uuid,
}

impl House {
    /// A new member of the tenant in this role, signed in by the door for everybody.
    pub fn person(&self, tenant: &Tenant, role: &str) -> Person {
        let (id, email) = (
            Uuid::now_v7(),
            format!("{}@{}.example", unique(role), tenant.slug),
        );
        let mut sql = self.sql();
        sql.execute(
            "INSERT INTO users (user_id, email, password_hash, created_at)
             SELECT $1, $2, password_hash, now() FROM users WHERE user_id = $3",
            &[&id, &email, &tenant.user_id],
        )
        .expect("a person");
        self.join(tenant, id, &email, role);
        let mut api = Api::anonymous(self.gateway.address());
        let body = json!({"email": email, "password": PASSWORD, "token_delivery": "body"});
        let signed = api.post("/auth/user/login", &body).expect(200).json();
        api.access_token = signed["access_token"].as_str().map(str::to_owned);
        api.refresh_token = signed["refresh_token"].as_str().map(str::to_owned);
        Person { api, email, id }
    }

    /// Makes a person a member of a tenant.
    pub fn join(&self, tenant: &Tenant, user: Uuid, email: &str, role: &str) {
        let mut sql = self.sql();
        sql.execute(
            "INSERT INTO memberships (tenant_id, user_id, email, display_name, role, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, now(), now())",
            &[&tenant.id, &user, &email, &format!("Some {role}"), &role],
        )
        .expect("a membership");
        sql.execute(
            "INSERT INTO membership_directory (user_id, tenant_id, created_at) VALUES ($1, $2, now())",
            &[&user, &tenant.id],
        )
        .expect("an entry in the directory");
    }
}
