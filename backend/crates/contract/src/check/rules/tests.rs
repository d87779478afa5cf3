//! What rules may say, and what is refused.

use super::*;
use crate::rules::WindowSpan;

fn code(result: Result<(), ValidationError>) -> String {
    result
        .err()
        .map_or_else(String::new, |error| error.code.into_owned())
}

#[test]
fn networks_are_addresses_with_a_length_that_fits_them() {
    for good in [
        "192.0.2.1",
        "192.0.2.0/24",
        "0.0.0.0/0",
        "::/0",
        "2001:db8::/32",
        "::1/128",
        "10.1.2.3/32",
    ] {
        assert_eq!(code(networks(&[good.to_owned()])), "", "{good}");
    }
    for (bad, why) in [
        ("192.0.2.1/24", "host_bits"),
        ("192.0.2.0/33", "network"),
        ("192.0.2.0/", "network"),
        ("192.0.2.0/+8", "network"),
        ("example.com", "network"),
        ("2001:db8::1/64", "host_bits"),
        ("", "network"),
    ] {
        assert_eq!(code(networks(&[bad.to_owned()])), why, "{bad}");
    }
}

#[test]
fn a_window_has_an_amount_and_a_span_of_its_own() {
    let window = |models: Option<&str>, requests| WindowRule {
        span: WindowSpan::Week,
        models: models.map(str::to_owned),
        requests,
        tokens: None,
        cost_nano: None,
    };
    assert_eq!(code(window_rules(&[window(None, None)])), "required");
    assert_eq!(code(window_rules(&[window(None, Some(0))])), "out_of_range");
    assert_eq!(
        code(window_rules(&[
            window(None, Some(1)),
            window(Some("*opus*"), Some(1))
        ])),
        ""
    );
    assert_eq!(
        code(window_rules(&[
            window(Some("*OPUS*"), Some(1)),
            window(Some("*opus*"), Some(1))
        ])),
        "duplicate"
    );
    let mut negative = window(None, None);
    negative.cost_nano = Some(NanoUsd(-5));
    assert_eq!(code(window_rules(&[negative])), "out_of_range");
}

#[test]
fn a_queue_is_whole_or_not_there() {
    let rule = |limit, queue, wait_s| ConcurrencyRule { limit, queue, wait_s };
    assert_eq!(code(concurrency_rule(&rule(Some(2), 5, 10))), "");
    assert_eq!(code(concurrency_rule(&rule(None, 0, 0))), "");
    for broken in [rule(None, 5, 10), rule(Some(2), 5, 0), rule(Some(2), 0, 5)] {
        assert_eq!(code(concurrency_rule(&broken)), "incomplete");
    }
}

#[test]
fn names_come_from_a_list_or_a_pattern_with_a_number() {
    let pattern = |pattern: &str, count| KeyNames::Pattern {
        pattern: pattern.to_owned(),
        count,
        start: 1,
    };
    assert_eq!(code(key_names(&pattern("team {n}", 5_000))), "");
    assert_eq!(code(key_names(&pattern("team", 2))), "pattern");
    assert_eq!(code(key_names(&pattern("team {n}", 5_001))), "out_of_range");
    assert_eq!(code(key_names(&pattern("team {n}", 0))), "out_of_range");
    let list = KeyNames::List {
        names: vec!["a".to_owned(), " b".to_owned()],
    };
    assert_eq!(code(key_names(&list)), "surrounding_space");
}

#[test]
fn thresholds_rise() {
    assert_eq!(code(thresholds(&[50, 80, 100])), "");
    assert_eq!(code(thresholds(&[80, 80])), "order");
    assert_eq!(code(thresholds(&[0])), "out_of_range");
}
