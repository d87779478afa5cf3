//! Relayed requests as clients send them.

use super::http::{Connection, Reply, Request};
use super::unique;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The model that tests ask for unless they name another: it has every price.
pub const MODEL: &str = "claude-sonnet-4-6";

/// A request for a message, to be changed before it is sent.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Path and query.
    pub path: String,
    /// How the key is given.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// The id by which upstream's log and usage event are matched; also in the body's text.
    pub id: String,
}

impl Ask {
    /// A plain question under this key.
    pub fn new(secret: &str) -> Self {
        let id = unique("ask");
        Self {
            path: "/api/v1/messages".to_owned(),
            headers: vec![
                ("x-api-key".to_owned(), secret.to_owned()),
                ("anthropic-version".to_owned(), "2023-06-01".to_owned()),
                ("x-request-id".to_owned(), id.clone()),
            ],
            body: json!({
                "model": MODEL,
                "max_tokens": 1000,
                "messages": [{"role": "user", "content": format!("Hello, this is {id}.")}],
            }),
            id,
        }
    }

    /// Asks for a stream.
    pub fn streamed(mut self) -> Self {
        self.body["stream"] = json!(true);
        self
    }

    /// Sets a field of the body.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.body[field] = value;
        self
    }

    /// Replaces the header in which the key is given; the value may use the secret.
    pub fn key_in(mut self, name: &str, value: &str) -> Self {
        self.headers[0] = (name.to_owned(), value.to_owned());
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As HTTP.
    pub fn request(&self) -> Request {
        let mut request = Request::post(&self.path).json(&self.body);
        request.headers.extend(self.headers.iter().cloned());
        request
    }

    /// Sends it on a connection of its own and reads the whole answer.
    pub fn send(&self, server: SocketAddr) -> Reply {
        Connection::open(server).exchange(&self.request())
    }

    /// Sends it and gives the connection, with nothing read yet.
    pub fn begin(&self, server: SocketAddr) -> Connection {
        let mut connection = Connection::open(server);
        connection.send(&self.request()).expect("sent");
        connection
    }
}
