//! What is blacked out, whole and in pieces, and what is not.

use super::*;

const ALL: Redact = Redact {
    secrets: true,
    emails: true,
    cards: true,
};

fn whole(redactor: &Redactor, text: &str) -> (String, u32) {
    cut(redactor, text, usize::MAX)
}

fn cut(redactor: &Redactor, text: &str, most: usize) -> (String, u32) {
    let far = Deadline::after(Clock::system(), Duration::from_mins(1));
    redactor.redact(text, most, &far).expect("time enough")
}

fn redacted(text: &str) -> String {
    whole(&Redactor::new(ALL, &[]).expect("no patterns"), text).0
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
        ("Authorization: Bearer abcdefghijklmnop123=", "[redacted: secret]"),
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
    assert_eq!(whole(&none, "a@b.example").0, "a@b.example");
}

#[test]
fn a_tenant_s_patterns_are_used_and_bad_ones_named() {
    let patterns = ["PRJ-[0-9]+".to_owned(), "geheim".to_owned()];
    let redactor = Redactor::new(ALL, &patterns).expect("good patterns");
    assert_eq!(
        whole(&redactor, "PRJ-17 ist geheim, sk-ant-api03-abcdefghijklmnop"),
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
    let (text, found) = whole(&Redactor::new(ALL, &[]).expect("no patterns"), claude);
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
    assert_eq!(whole(&redactor, &text).1, 0);
}

/// What people and tools write secrets like, and what must not be left of it.
#[test]
fn nothing_is_left_of_a_secret_however_it_is_written() {
    for (text, secret) in [
        ("DB_PASSWORD=tr0ub4dor&3,x", "tr0ub4dor"),
        ("export OPENAI_API_KEY=abcdef0123456789", "abcdef0123"),
        ("password: hunter2hunter2", "hunter2"),
        (
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalr",
        ),
        ("aws_secret_access_key = \"wJalrXUtnFEMI\"", "wJalr"),
        (r#"{"secretAccessKey": "wJalrXUtnFEMI"}"#, "wJalr"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("x-api-key: 0123456789abcdef0123456789abcdef", "0123456789"),
        ("postgres://user:s3cr3tpw@db.example.com/app", "s3cr3tpw"),
        ("postgres://user:p@ss@db.example.com/app", "p@ss"),
        ("sk_live_abcdefghijklmnop", "abcdefgh"),
        ("hf_abcdefghijklmnopqrstuvwx", "abcdefgh"),
        (r#"{"token": "abcdef0123456789"}"#, "abcdef"),
        ("GITHUB_TOKEN=abcdef0123456789", "abcdef"),
        (r#"{"password": "it's me and you"}"#, "me and you"),
        (r#"{"password":"a\"bcdefgh"}"#, "bcdefgh"),
        (r#"{"text":"{\"password\": \"a\\\"bcdefgh\"}"}"#, "bcdefgh"),
        (r#"{"text":"DB_PASSWORD=abcdefgh\nLANG=C"}"#, "abcdefgh"),
        ("Set-Cookie: session=abcdef0123; Path=/", "abcdef"),
        ("curl -u admin:s3cr3tpw https://example.com", "s3cr3tpw"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIEabc\n-----END RSA PRIVATE KEY-----\n",
            "MIIEabc",
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nMIIE",
            "MIIE",
        ),
    ] {
        let left = redacted(text);
        assert!(!left.contains(secret), "{text} → {left}");
    }
    for text in [
        r#"{"usage":{"input_tokens":12,"total_tokens":123456789012}}"#,
        r#"{"max_tokens":1024,"token":"Hello"}"#,
        "the next token: is a word",
        "https://example.com:8080/a@b",
        "if token == other:",
        "LANG=C.UTF-8",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn what_is_cut_off_leaves_no_part_of_a_secret() {
    let redactor = Redactor::new(ALL, &[]).expect("no patterns");
    // Much is blacked out, so that what is left is shorter than what may be kept; the last secret is cut off.
    let text = format!(
        "{} sk-ant-api03-abc",
        "sk-ant-api03-abcdefghijklmnop ".repeat(1000)
    );
    let (left, _) = cut(&redactor, &text, text.len() - 20);
    assert!(!left.contains("sk-ant"), "{left}");
    let event = |text: &str| format!("data: {{\"delta\":{{\"text\":\"{text}\"}}}}\n\n");
    let stream = format!(
        "{}{}{}",
        event("sk-ant-api03-abcdefghijklmnop ").repeat(500),
        event("sk-ant-ap"),
        "data: {\"delta\":{\"text\":\"i03-abcdefgh"
    );
    let (left, _) = cut(&redactor, &stream, stream.len() - 100);
    assert!(!left.contains("sk-ant"), "{left}");
}

#[test]
fn pieces_of_one_array_are_found_too() {
    let array = "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Write to jane@ma\"}]}}]}\n,\r\n\
        {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"il.example.com now\"}]}}]}\n]";
    let text = redacted(array);
    assert!(
        text.contains("Write to [redacted: e-mail]") && text.contains(" now"),
        "{text}"
    );
    assert!(!text.contains("jane") && !text.contains("example"), "{text}");
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    let cut_off = redacted(array.get(..array.len() - 20).expect("shorter"));
    assert!(!cut_off.contains("il.example"), "{cut_off}");
    assert_eq!(redacted("[1, 2]"), "[1, 2]");
}

#[test]
fn looking_ends_by_the_clock_whatever_the_pattern() {
    let redactor = Redactor::new(ALL, &[".*[^A-Z]|[A-Z]".to_owned()]).expect("a pattern");
    let clock = Clock::system();
    let text = "A".repeat(1 << 20);
    // One find looks at a window alone; by the square of the whole this would take half an hour.
    let soon = Deadline::after(clock, Duration::from_millis(50));
    assert_eq!(redactor.redact(&text, usize::MAX, &soon), Err(TooSlow));
}
