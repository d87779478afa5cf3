//! The harness' simulated vendors as a process, for tests in a browser. Its first line of output is one JSON object: `url`,
//! where accounts' requests go; `settings`, the environment of a gateway that asks here; `entra` and `role`, what the forms
//! of such accounts are filled in with. The vendors' pages of consent are where the settings say. It ends when its standard
//! input closes.
//!
//! Until then a line of input is an order, and a line of output its answer:
//! `{"next": FAULT}` and `{"always": FAULT}` spoil the next request of an account, or all from now on (`null`: none);
//! a fault is `status`, `kind`, `message`, and `headers` if any; `{"stream": {"between_ms": N}}` slows answers down;
//! `{"person": {…}}` says who signs in from now on; `{"expire_codes": true}` and `{"revoke": true}` make worthless what was
//! given; `{"asked": N}` tells the accounts' requests after the first N, with the address that each came from.
//! Never in here: what is expected of anybody.

use serde_json::{Value, json};
use std::io::{BufRead, Result, Write, stdin, stdout};
use std::time::Duration;
use tollgate_tests::harness::vendors::{
    AWS_KEY_ID, AWS_SECRET, ENTRA_CLIENT, ENTRA_SECRET, ENTRA_TENANT, EXTERNAL_ID, ROLE_ARN,
};
use tollgate_tests::harness::{Answer, Fault, Script, Vendors};

fn main() -> Result<()> {
    let vendors = Vendors::start();
    say(&introduced(&vendors))?;
    for line in stdin().lock().lines() {
        let answer = match serde_json::from_str::<Value>(&line?) {
            Ok(order) => {
                obey(&order, &vendors).unwrap_or_else(|| json!({"error": format!("no order: {order}")}))
            }
            Err(error) => json!({"error": error.to_string()}),
        };
        say(&answer)?;
    }
    Ok(())
}

fn say(value: &Value) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}

fn introduced(vendors: &Vendors) -> Value {
    let settings: serde_json::Map<String, Value> = vendors
        .settings()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    json!({
        "url": vendors.url(),
        "settings": settings,
        "entra": {"entra_tenant_id": ENTRA_TENANT, "client_id": ENTRA_CLIENT, "client_secret": ENTRA_SECRET},
        "role": {
            "role_arn": ROLE_ARN, "external_id": EXTERNAL_ID, "access_key_id": AWS_KEY_ID, "secret_access_key": AWS_SECRET,
        },
    })
}

/// `None` where it is no order.
fn obey(order: &Value, vendors: &Vendors) -> Option<Value> {
    let (name, value) = order.as_object()?.iter().next()?;
    match name.as_str() {
        "next" => vendors.upstream.next(fault(value)?),
        "always" if value.is_null() => vendors.upstream.always(Script::default()),
        "always" => vendors.upstream.always(fault(value)?),
        "stream" => vendors.upstream.always(
            Answer {
                between: Duration::from_millis(value["between_ms"].as_u64()?),
                ..Answer::default()
            }
            .into(),
        ),
        "person" => person(value, vendors),
        "expire_codes" => vendors.expire_codes(),
        "revoke" => vendors.revoke(),
        "asked" => return asked(usize::try_from(value.as_u64()?).ok()?, vendors),
        _ => return None,
    }
    Some(json!({}))
}

fn fault(value: &Value) -> Option<Script> {
    let status = u16::try_from(value["status"].as_u64()?).ok()?;
    let fault = Fault::new(status, value["kind"].as_str()?, value["message"].as_str()?);
    let headers = value["headers"].as_object().into_iter().flatten();
    let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Some(Script::Error {
        fault,
        headers: headers.collect(),
    })
}

fn person(value: &Value, vendors: &Vendors) {
    vendors.person(|person| {
        for (field, name) in [
            (&mut person.email, "email"),
            (&mut person.account, "account"),
            (&mut person.plan, "plan"),
        ] {
            if let Some(text) = value[name].as_str() {
                text.clone_into(field);
            }
        }
        if let Some(percent) = value["used_percent"].as_u64() {
            person.used_percent = u32::try_from(percent).unwrap_or(u32::MAX);
        }
    });
}

fn asked(after: usize, vendors: &Vendors) -> Option<Value> {
    let seen = vendors.upstream.seen();
    let shown = seen.get(after..)?.iter().map(|seen| {
        json!({"target": seen.target, "peer": seen.peer.to_string(), "direct": seen.is_direct(), "refused": seen.refused})
    });
    Some(json!({ "requests": shown.collect::<Vec<_>>() }))
}
