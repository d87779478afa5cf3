//! What is said of each account that did not get a request, and how little of it a tenant reads of the platform's: a pool's
//! accounts are one line for each kind of reason, without ids, plans, vendors' words, and figures of other tenants.

use super::{Considered, Eyes, Noted};
use crate::candidate::Out;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_contract::schedule::ConsideredAccount;

/// One account, or one pool's accounts that are out for the same reason.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) id: Option<AccountId>,
    pub(super) name: Arc<str>,
    pub(super) platform: Platform,
    pub(super) code: &'static str,
    pub(super) text: String,
    pub(super) until: Option<DateTime<Utc>>,
    /// Whether it is out at the moment, and not merely none for this request or after others.
    pub(super) is_out: bool,
}

impl Considered {
    pub(super) fn lines(&self, eyes: Eyes) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::with_capacity(self.noted.len());
        for noted in &self.noted {
            if !noted.is_granted || eyes == Eyes::Platform {
                lines.push(noted.line(self.at));
                continue;
            }
            let line = noted.redacted(self.at);
            let is_same =
                |other: &&mut Line| other.id.is_none() && other.name == line.name && other.code == line.code;
            match lines.iter_mut().find(is_same) {
                None => lines.push(line),
                // The first that is back says when the pool is back.
                Some(same) if is_sooner(line.until, same.until) => *same = line,
                Some(_) => (),
            }
        }
        lines
    }
}

fn is_sooner(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> bool {
    one.is_some_and(|one| other.is_none_or(|other| one < other))
}

impl Noted {
    fn line(&self, at: DateTime<Utc>) -> Line {
        Line {
            id: Some(self.id),
            name: self.name.clone(),
            platform: self.platform,
            code: self.out.code(),
            text: self.out.text(at),
            until: self.out.until(),
            is_out: self.out.is_momentary(),
        }
    }

    fn redacted(&self, at: DateTime<Utc>) -> Line {
        let (code, text, until) = self.out.redacted(at);
        Line {
            id: None,
            name: self.name.clone(),
            platform: self.platform,
            code,
            text,
            until,
            is_out: self.out.is_momentary(),
        }
    }
}

impl Out {
    /// Whether it keeps an account out that fits the request.
    fn is_momentary(&self) -> bool {
        let is_beaten = matches!(self, Self::Later { .. } | Self::NotChosen);
        !is_beaten && !self.is_apart() && !self.is_of_model()
    }
}

impl Line {
    pub(super) fn json(&self) -> Value {
        let mut line = json!({ "id": self.id, "name": &*self.name, "code": self.code, "out": self.text });
        if let (Some(until), Some(line)) = (self.until, line.as_object_mut()) {
            line.insert("until".to_owned(), json!(until));
        }
        line
    }
}

impl From<&Line> for ConsideredAccount {
    fn from(line: &Line) -> Self {
        Self {
            id: line.id,
            name: line.name.to_string(),
            platform: line.platform,
            code: line.code.to_owned(),
            text: line.text.clone(),
            until: line.until,
        }
    }
}
