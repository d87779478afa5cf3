//! What a desk says and how it reads what it is asked. Never in here: what is right and what is not.

use super::super::upstream::Seen;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What a desk says.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Said {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub fn xml(status: u16, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/xml".to_owned())],
            body: body.into_bytes(),
        }
    }

    pub fn page(status: u16, html: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
            body: html.as_bytes().to_vec(),
        }
    }

    /// Sends a browser to another address.
    pub fn elsewhere(address: String) -> Self {
        Self {
            status: 302,
            headers: vec![("location", address)],
            body: Vec::new(),
        }
    }

    pub fn html() -> Self {
        let html = "<!doctype html><title>Just a moment...</title><p>Checking your browser";
        Self::page(200, html)
    }

    pub fn later(status: u16, seconds: u64) -> Self {
        let body = json!({"error": {"type": "rate_limit_error", "message": "Rate limited. Please try again later."}});
        let mut said = Self::json(status, &body);
        said.headers.push(("retry-after", seconds.to_string()));
        said
    }
}

/// A text that nobody guesses.
pub fn secret(prefix: &str) -> String {
    let id = || uuid::Uuid::new_v4().simple().to_string();
    format!("{prefix}{}{}", id(), id())
}

/// A form's fields, where it is one.
pub fn form(seen: &Seen) -> Option<HashMap<String, String>> {
    let kind = seen.header("content-type")?;
    if !kind.starts_with("application/x-www-form-urlencoded") || seen.method != "POST" {
        return None;
    }
    Some(url::form_urlencoded::parse(&seen.body).into_owned().collect())
}

/// A text of a form or JSON; empty where there is none.
pub fn of<'a>(fields: &'a HashMap<String, String>, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}
