//! What each check of an account's fields lets pass and what it refuses.

use super::*;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn base_urls_have_a_web_scheme_and_no_query() {
    assert!(base_url("https://api.anthropic.com").is_ok());
    for wrong in [
        "",
        "ftp://x",
        "api.anthropic.com",
        "https://x y",
        "https://x?a=b",
        "https://x#f",
    ] {
        assert!(base_url(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_wildcard_stands_at_the_end_of_what_is_asked_alone() {
    for right in [("gpt-*", "gpt-5"), ("*", "gpt-5"), ("gpt-5", "deployment")] {
        assert!(model_mapping(&map(&[right])).is_ok(), "{right:?}");
    }
    for wrong in [
        ("*-mini", "x"),
        ("a*b", "x"),
        ("a**", "x"),
        ("a*", "b*"),
        ("", "x"),
        ("a", ""),
    ] {
        assert!(model_mapping(&map(&[wrong])).is_err(), "{wrong:?}");
    }
}

#[test]
fn regions_versions_and_projects_can_stand_in_an_address() {
    for right in ["", "us-east-1", "us-gov-west-1"] {
        assert!(region(right).is_ok(), "{right:?}");
    }
    for wrong in ["US-EAST-1", "us.east", "x/../y", "us east", &"a".repeat(33)] {
        assert!(region(wrong).is_err(), "{wrong:?}");
    }
    assert!(api_version("2025-04-01-preview").is_ok());
    assert!(api_version("2024&x=y").is_err());
    assert!(project("example.com:my-project-1").is_ok());
    for wrong in ["a b", "a/b", "A", &"a".repeat(PROJECT_MAX + 1)] {
        assert!(project(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn an_access_key_id_can_stand_in_a_signature() {
    assert!(access_key_id("AKIDEXAMPLE").is_ok());
    for wrong in ["", "AKID/EXAMPLE", "AKID,x", "a b", &"A".repeat(129)] {
        assert!(access_key_id(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn extra_headers_are_tokens_in_lower_case_that_nobody_else_sets() {
    for right in [("x-team", "research"), ("anthropic-beta", "a, b"), ("x_1", "~!")] {
        assert!(extra_headers(&map(&[right])).is_ok(), "{right:?}");
    }
    for (name, value, code) in [
        ("", "x", "header_name"),
        ("X-Team", "x", "header_name"),
        ("x team", "x", "header_name"),
        ("x:team", "x", "header_name"),
        ("x-tëam", "x", "header_name"),
        ("x-team", "", "header_value"),
        ("x-team", " x", "header_value"),
        ("x-team", "a\r\nx-evil: 1", "header_value"),
        ("x-team", "é", "header_value"),
        ("x-team", &"x".repeat(HEADER_VALUE_MAX + 1), "too_long"),
    ] {
        let refused = extra_headers(&map(&[(name, value)])).unwrap_err();
        assert_eq!(refused.code, code, "{name:?}: {value:?}");
    }
    for name in HEADERS_OF_OTHERS {
        let refused = extra_headers(&map(&[(name, "x")])).unwrap_err();
        assert_eq!(refused.code, "header_refused", "{name}");
    }
    let many: BTreeMap<_, _> = (0..=HEADERS_MAX)
        .map(|number| (format!("x-{number}"), "x".to_owned()))
        .collect();
    assert_eq!(extra_headers(&many).unwrap_err().code, "too_many");
}
