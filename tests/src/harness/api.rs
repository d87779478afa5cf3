//! The management API as a signed-in person's program calls it.

use super::http::{Connection, Reply, Request};
use super::unique;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

/// Good enough for every account that tests make.
pub const PASSWORD: &str = "correct horse battery staple";

/// A caller: anonymous, or with an access token.
#[derive(Clone, Debug)]
pub struct Api {
    server: SocketAddr,
    source: Ipv4Addr,
    /// Sent as bearer.
    pub access_token: Option<String>,
    /// The session's next refresh token.
    pub refresh_token: Option<String>,
}

impl Api {
    /// Somebody at an address of their own, so that the doors' limits count them apart.
    pub fn anonymous(server: SocketAddr) -> Self {
        static CALLERS: AtomicU32 = AtomicU32::new(1);
        let number = CALLERS.fetch_add(1, Ordering::Relaxed);
        let [_, b, c, d] = (number % 0x00ff_fffd + 2).to_be_bytes();
        Self {
            server,
            source: Ipv4Addr::new(127, b, c, d),
            access_token: None,
            refresh_token: None,
        }
    }

    /// The same caller at the server's new address.
    pub fn moved(mut self, server: SocketAddr) -> Self {
        self.server = server;
        self
    }

    /// Signs an organisation up; its owner is signed in. Gives slug, e-mail and the answer.
    pub fn sign_up(&mut self) -> SignUp {
        let slug = unique("org");
        let email = format!("owner@{slug}.example");
        let reply = self
            .post(
                "/tenants",
                &json!({
                    "organisation": format!("Organisation {slug}"),
                    "slug": slug,
                    "name": "Olga Owner",
                    "email": email,
                    "password": PASSWORD,
                    "time_zone": "Europe/Berlin",
                    "token_delivery": "body",
                }),
            )
            .expect(201)
            .json();
        self.take_tokens(&reply);
        SignUp { slug, email, reply }
    }

    /// Signs in; the answer is checked by the caller.
    pub fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password, "token_delivery": "body"});
        let reply = self.post("/auth/admin/login", &body);
        if reply.status == 200 {
            self.take_tokens(&reply.json());
        }
        reply
    }

    /// Renews the session with the refresh token held.
    pub fn refresh(&mut self) -> Reply {
        let token = self.refresh_token.clone().expect("signed in");
        let reply = self.post("/auth/refresh", &json!({"refresh_token": token}));
        if reply.status == 200 {
            self.take_tokens(&reply.json());
        }
        reply
    }

    fn take_tokens(&mut self, reply: &Value) {
        self.access_token = reply["access_token"].as_str().map(str::to_owned);
        self.refresh_token = reply["refresh_token"].as_str().map(str::to_owned);
        assert!(self.access_token.is_some(), "no access token in {reply}");
    }

    /// GET.
    pub fn get(&self, path: &str) -> Reply {
        self.send(Request::get(&format!("/api/v2{path}")))
    }

    /// POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Request::post(&format!("/api/v2{path}")).json(body))
    }

    /// PUT with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Request::new("PUT", &format!("/api/v2{path}")).json(body))
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Reply {
        self.send(Request::new("DELETE", &format!("/api/v2{path}")))
    }

    /// Any request, with the token if there is one.
    pub fn send(&self, mut request: Request) -> Reply {
        if let Some(token) = &self.access_token {
            request = request.header("authorization", &format!("Bearer {token}"));
        }
        Connection::open_from(self.server, self.source).exchange(&request)
    }
}

/// What came of a sign-up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The organisation's short name.
    pub slug: String,
    /// The owner's address.
    pub email: String,
    /// The answer.
    pub reply: Value,
}
