//! What is blacked out, whole and in pieces, and what is not.

use super::*;

const ALL: Redact = Redact {
    secrets: true,
    emails: true,
    cards: true,
};

fn redacted(text: &str) -> String {
    Redactor::new(ALL, &[]).expect("no patterns").redact(text).0
}

#[test]
fn secrets_addresses_and_cards_are_blacked_out_and_nothing_else() {
    for (text, expected) in [
        (
            "my key sk-ant-api03-abcdefghijklmnop",
            "my key [redacted: secret]",
        ),
        ("AKIAIOSFODNN7EXAMPLE", "[redacted: secret]"),
        (r#"{"password": "hunter22"}"#, r#"{"[redacted: secret]"}"#),
        (
            r#"{"text":"\"api_key\": \"abcd1234\""}"#,
            r#"{"text":"\"[redacted: secret]\""}"#,
        ),
        (
            "Authorization: Bearer abcdefghijklmnop123=",
            "Authorization: [redacted: secret]",
        ),
        (
            "write to jane.doe+x@mail.example.com!",
            "write to [redacted: e-mail]!",
        ),
        ("card 4111 1111 1111 1111.", "card [redacted: card]."),
        ("card 4111-1111-1111-1112.", "card 4111-1111-1111-1112."),
        ("order 1234567890123", "order 1234567890123"),
        ("sk-short, a@b, password reset", "sk-short, a@b, password reset"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "[redacted: secret]",
        ),
    ] {
        assert_eq!(redacted(text), expected);
    }
    let nothing = Redact {
        secrets: false,
        emails: false,
        cards: false,
    };
    let none = Redactor::new(nothing, &[]).expect("no patterns");
    assert_eq!(none.redact("a@b.example").0, "a@b.example");
}

#[test]
fn a_tenant_s_patterns_are_used_and_bad_ones_named() {
    let patterns = ["PRJ-[0-9]+".to_owned(), "geheim".to_owned()];
    let redactor = Redactor::new(ALL, &patterns).expect("good patterns");
    assert_eq!(
        redactor.redact("PRJ-17 ist geheim, sk-ant-api03-abcdefghijklmnop"),
        ("[redacted] ist [redacted], [redacted: secret]".to_owned(), 3)
    );
    for (bad, number) in [("(", 2), ("a*", 2), (r"\w{1000}{1000}", 2)] {
        let error = Redactor::new(ALL, &["ok".to_owned(), bad.to_owned()]).expect_err(bad);
        assert_eq!(error.number, number);
    }
}

#[test]
fn what_a_stream_tells_in_pieces_is_found() {
    let claude = "event: content_block_delta\n\
        data: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Write to jane@ma\"}}\n\n\
        event: content_block_delta\n\
        data: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"il.exam\"}}\n\n\
        event: content_block_delta\n\
        data: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"ple.com now\"}}\n\n\
        data: [DONE]\n\n\
        data: {\"cut o";
    let (text, found) = Redactor::new(ALL, &[]).expect("no patterns").redact(claude);
    assert_eq!(found, 1);
    assert!(text.contains("\"Write to [redacted: e-mail]\""), "{text}");
    assert!(text.contains("\"\"") && text.contains("\" now\""), "{text}");
    assert!(
        !text.contains("jane") && !text.contains("exam") && !text.contains("cut o"),
        "{text}"
    );
    assert!(text.contains("event: content_block_delta\n") && text.contains("[DONE]"));
    let chat = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"sk-ant-api0\"}},\
        {\"index\":1,\"delta\":{\"content\":\"hello \"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"3-abcdefghijk\"}},\
        {\"index\":1,\"delta\":{\"content\":\"world\"}}]}\n\n";
    let text = redacted(chat);
    assert!(
        text.contains("[redacted: secret]") && text.contains("hello ") && text.contains("world"),
        "{text}"
    );
    assert!(!text.contains("abcdefghijk"), "{text}");
}

#[test]
fn any_pattern_and_any_text_are_done_with_soon() {
    // Each of these takes a backtracking engine for ever.
    let patterns = ["(a+)+$".to_owned(), "(x|xx)+y".to_owned()];
    let redactor = Redactor::new(ALL, &patterns).expect("good patterns");
    let text = format!("{}!{}", "a".repeat(100_000), "x".repeat(100_000));
    assert_eq!(redactor.redact(&text).1, 0);
}
