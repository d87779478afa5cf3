//! The JSON reader against serde_json's.

use crate::json::{DEPTH_MAX, Item, Scanner, write_text};
use proptest::prelude::*;
use serde_json::value::RawValue;

fn accepts(text: &[u8]) -> bool {
    let mut scan = Scanner::new(text);
    scan.skip().and_then(|()| scan.end()).is_ok()
}

fn text_of(json: &str) -> Option<(String, usize)> {
    let Item::Text(text) = Scanner::new(json.as_bytes()).value().expect("JSON") else {
        panic!("no string")
    };
    Some((text.decode()?.into_owned(), text.length()))
}

/// Texts that are nearly JSON: its tokens in any order.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        4 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", " ", "\n"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["\"a\"", "\"\"", "1", "true", "false", "null", "{}", "[]"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "-", "0", "01", "-0.5e+7", "1.", ".5", "1e", "1E9", "tru", "nul", "\"", "\\", "\"\\n\\u00e9\"", "\"\\x\"",
            "\"\\u12g4\"", "\"\\ud834\"", "\"a\tb\"", "\u{feff}", "ü", "\"long enough to fill several words ü\\\\\"",
        ])
        .prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
    ];
    prop::collection::vec(token, 0..14).prop_map(|tokens| tokens.concat())
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn it_accepts_what_serde_json_accepts(text in nearly_json()) {
        let theirs = serde_json::from_str::<&RawValue>(&text).is_ok();
        prop_assert_eq!(accepts(text.as_bytes()), theirs, "{}", text);
    }

    #[test]
    fn every_value_is_passed_over_whole(value in value(), pretty in any::<bool>()) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        prop_assert!(accepts(text.as_bytes()), "{}", text);
        // One byte less is never whole, but for numbers.
        if !value.is_number() {
            prop_assert!(!accepts(&text.as_bytes()[..text.len() - 1]), "{}", text);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        accepts(&bytes);
    }

    #[test]
    fn a_written_string_reads_as_the_same(text in any::<String>()) {
        let mut json = Vec::new();
        write_text(&mut json, &text);
        let json = String::from_utf8(json).expect("UTF-8");
        prop_assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text.clone());
        prop_assert_eq!(text_of(&json), Some((text.clone(), text.len())));
    }
}

#[test]
fn escapes_count_as_what_they_mean() {
    for (json, meant) in [
        (r#""plain ü 𝄞""#, "plain ü 𝄞"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (
            r#""A\u007f\u0080\u07ff\u0800\uffff\u4f60""#,
            "A\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}你",
        ),
        (r#""\ud834\udd1e and \uD834\uDD1E""#, "𝄞 and 𝄞"),
    ] {
        assert_eq!(text_of(json), Some((meant.to_owned(), meant.len())), "{json}");
    }
    assert_eq!(text_of(r#""\ud834""#), None, "half a pair is no text");
}

#[test]
fn nesting_ends_at_the_limit_and_never_overflows_the_stack() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(accepts(&nested(DEPTH_MAX as usize)));
    assert!(!accepts(&nested(DEPTH_MAX as usize + 1)));
    assert!(!accepts(&nested(1_000_000)));
    let objects = b"{\"a\":".repeat(1_000_000);
    assert!(!accepts(&objects));
    // Many side by side are no nesting.
    let wide = format!("[{}[]]", "[[],{}],".repeat(10_000));
    assert!(accepts(wide.as_bytes()));
}

#[test]
fn a_fault_tells_where_it_is() {
    let mut scan = Scanner::new(b"{\"a\": [1, 2,, 3]}");
    let fault = scan.skip().expect_err("two commas");
    assert_eq!(fault.at, 12);
}
