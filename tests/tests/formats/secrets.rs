//! No credential leaves: every answer and every line of the log is searched for every secret that was configured.

use crate::asks::{Case, Format, ask};
use crate::platforms::{SECRET, WAYS, account_with};
use serde_json::json;
use tollgate_tests::harness::upstream::{Fault, SECRET_ACCESS_KEY};
use tollgate_tests::harness::{House, Script, Upstream, Wanted, unique};

/// The value of a header that an operator adds.
const EXTRA: &str = "extra-header-secret-0123456789";

/// What upstreams tell when they are careless: their credentials, their addresses.
fn careless(secret: &str) -> Vec<Script> {
    let told = format!("wrong key {secret} at 10.3.2.1");
    vec![
        Script::unauthorized(),
        Script::broken(),
        Script::garbage(),
        Fault::new(401, "authentication_error", told.clone()).into(),
        Fault::new(500, "api_error", told.clone()).into(),
        Script::Fixed {
            status: 502,
            headers: vec![("x-internal".to_owned(), told.clone())],
            body: told.into_bytes(),
        },
    ]
}

#[test]
fn no_answer_and_no_line_of_the_log_has_a_credential_in_it() {
    let house = House::with(Wanted {
        env: vec![("TOLLGATE_LOG_FILTER", "trace".to_owned())],
        ..Wanted::default()
    });
    let mut clients = Vec::new();
    for way in &WAYS {
        for script in careless(SECRET) {
            let (tenant, upstream) = (house.tenant(), Upstream::start());
            account_with(
                &tenant,
                way,
                &upstream.url(),
                json!({"extra_headers": {"x-extra": EXTRA}}),
            );
            let key = tenant.key(json!({}));
            for (at, format) in Format::ALL.into_iter().enumerate() {
                upstream.next(script.clone());
                let request = ask(
                    format,
                    Case::Plain,
                    way.model,
                    at % 2 == 0,
                    &key.secret,
                    &unique("ask"),
                );
                let reply = house.gateway.send(&request);
                let headers: String = reply
                    .headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\n"))
                    .collect();
                for secret in [SECRET, SECRET_ACCESS_KEY, EXTRA, "10.3.2.1"] {
                    assert!(!reply.text().contains(secret), "{}: {}", way.name, reply.text());
                    assert!(!headers.contains(secret), "{}: {headers}", way.name);
                }
            }
            clients.push(key.secret);
        }
    }
    house.settle();
    let log = house.gateway.log();
    assert!(log.contains("\"TRACE\""), "the log is at its loudest");
    for secret in [SECRET, SECRET_ACCESS_KEY, EXTRA]
        .into_iter()
        .chain(clients.iter().map(String::as_str))
    {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the log has {secret}");
    }
}
