//! Why this account, or why none: as JSON for the usage event and the logs. Bounded, and made only when asked for.

use crate::candidate::Out;
use crate::pick::Reason;
use chrono::SecondsFormat;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::AccountId;

/// More accounts than this would not be read; most tenants have fewer.
const CONSIDERED_MAX: usize = 20;

/// Accounts that did not get the request, the first few of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Considered(Vec<(AccountId, Arc<str>, Out)>);

impl Considered {
    pub(crate) fn note(&mut self, id: AccountId, name: &Arc<str>, out: Out) {
        if self.0.len() < CONSIDERED_MAX {
            self.0.push((id, name.clone(), out));
        }
    }

    fn json(&self) -> Value {
        self.0
            .iter()
            .map(|(id, name, out)| json!({ "id": id, "name": &**name, "out": out.to_string() }))
            .collect()
    }
}

/// Of a request that got an account.
pub(crate) fn picked(id: AccountId, name: &str, reason: Reason, considered: &Considered) -> Value {
    json!({ "picked": { "id": id, "name": name }, "reason": reason.as_str(), "considered": considered.json() })
}

/// Of a request that got none.
pub(crate) fn refused(reason: &str, considered: &Considered) -> Value {
    json!({ "picked": null, "reason": reason, "considered": considered.json() })
}

impl fmt::Display for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPlatform => f.write_str("is on a platform that this kind of request can't use"),
            Self::Model => f.write_str("does not offer the model"),
            Self::Tried => f.write_str("was tried already"),
            Self::Unschedulable => f.write_str("is taken out of scheduling"),
            Self::Unusable(why) => f.write_str(why),
            Self::State {
                state: AccountState::Disabled,
                ..
            } => f.write_str("is disabled"),
            Self::State {
                until: Some(until),
                reason,
                ..
            } => {
                let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
                write!(f, "cooling down until {until} after {reason}")
            }
            Self::State {
                until: None, reason, ..
            } => write!(f, "out until it is reset: {reason}"),
            Self::Probed => f.write_str("was faulty and is being tried by another request"),
            Self::AtCap(cap) => write!(f, "has {cap} requests in flight, which is its cap"),
            Self::Later(priority) => write!(f, "comes later with its priority of {priority}"),
            Self::NotChosen => f.write_str("of the same priority, passed over by load and weight"),
        }
    }
}
