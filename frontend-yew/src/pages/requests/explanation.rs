//! Why a request went where it went, read from what its event keeps. That grows over time: what an older event lacks is left
//! out, and what is not known is passed over. Pure.

use crate::pages::explain::OutLine;
use serde_json::Value;
use tollgate_contract::ids::AccountId;

/// What is known of the choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// The whole in the scheduler's words; empty in events of old.
    pub sentence: String,
    /// The account that got it: its id, unless it is the platform's, and its name.
    pub picked: Option<(Option<AccountId>, String)>,
    /// A code.
    pub reason: String,
    pub considered: Vec<OutLine>,
    /// How many more were not looked at.
    pub others: u64,
    /// What was tried before.
    pub failed: Vec<Failed>,
}

/// A try that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    pub account: String,
    /// How.
    pub code: String,
    pub http_status: Option<u64>,
    /// Milliseconds from the request's beginning.
    pub after_ms: u64,
    /// Whether the vendor may bill it.
    pub unknown_cost: bool,
}

impl Explanation {
    /// Reads it; nothing where an event says nothing that is known.
    pub fn read(value: &Value) -> Option<Self> {
        let account = &value["account"];
        let picked = text(&account["picked"]["name"]).map(|name| (id(&account["picked"]["id"]), name));
        let read = Self {
            sentence: text(&account["sentence"]).unwrap_or_default(),
            picked,
            reason: text(&account["reason"]).unwrap_or_default(),
            considered: items(&account["considered"]).map(out_line).collect(),
            others: account["others"].as_u64().unwrap_or_default(),
            failed: items(&value["failed_before"]).map(failed).collect(),
        };
        (read != Self::default()).then_some(read)
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn id(value: &Value) -> Option<AccountId> {
    value.as_str()?.parse().ok()
}

fn out_line(value: &Value) -> OutLine {
    OutLine {
        id: id(&value["id"]),
        name: text(&value["name"]).unwrap_or_default(),
        code: text(&value["code"]).unwrap_or_default(),
        text: text(&value["out"]).unwrap_or_default(),
        until: value["until"].as_str().and_then(|at| at.parse().ok()),
    }
}

fn failed(value: &Value) -> Failed {
    Failed {
        account: text(&value["account"]).unwrap_or_default(),
        code: text(&value["failed"]).unwrap_or_default(),
        http_status: value["http_status"].as_u64(),
        after_ms: value["after_ms"].as_u64().unwrap_or_default(),
        unknown_cost: value["unknown_cost"].as_bool().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_scheduler_kept_is_read() {
        let id = "019a0000-0000-7000-8000-000000000001";
        let read = Explanation::read(&json!({
            "account": {
                "picked": { "id": id, "name": "max-2" }, "reason": "sticky", "sentence": "Went to max-2.", "others": 3,
                "considered": [
                    { "id": null, "name": "shared pool", "code": "state", "out": "busy", "until": "2026-11-24T12:40:07Z" },
                ],
            },
            "failed_before": [{ "account": "max-1", "failed": "overloaded", "http_status": 529, "after_ms": 812, "unknown_cost": true }],
        }))
        .unwrap();
        assert_eq!(read.picked, Some((id.parse().ok(), "max-2".to_owned())));
        assert_eq!((read.sentence.as_str(), read.others), ("Went to max-2.", 3));
        let out = &read.considered[0];
        assert_eq!(
            (out.id, out.code.as_str(), out.until.is_some()),
            (None, "state", true)
        );
        assert_eq!(
            (read.failed[0].http_status, read.failed[0].unknown_cost),
            (Some(529), true)
        );
    }

    #[test]
    fn an_event_of_old_says_less_and_one_that_says_nothing_is_none() {
        let old = json!({
            "account": { "picked": null, "reason": "all_unavailable", "considered": [{ "id": "x", "name": "a", "out": "is disabled" }] },
            "failed_before": [],
        });
        let read = Explanation::read(&old).unwrap();
        assert_eq!(
            (read.picked, read.considered[0].text.as_str()),
            (None, "is disabled")
        );
        for nothing in [
            json!(null),
            json!({}),
            json!({ "account": null, "failed_before": [] }),
            json!([1]),
        ] {
            assert_eq!(Explanation::read(&nothing), None);
        }
    }
}
