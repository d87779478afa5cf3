//! What each check lets pass and what it refuses.

use super::*;

#[test]
fn names_refuse_blanks_edges_control_characters_and_length() {
    assert!(name("Production").is_ok());
    assert!(name(&"名".repeat(NAME_MAX)).is_ok());
    for wrong in ["", "  ", " x", "x ", "a\nb", "a\0b", "a\u{2028}b"] {
        assert!(name(wrong).is_err(), "{wrong:?}");
    }
    assert!(name(&"a".repeat(NAME_MAX + 1)).is_err());
}

#[test]
fn names_in_any_script_pass_and_those_that_deceive_the_eye_do_not() {
    for right in ["مفتاح", "שם", "ключ", "👩\u{200d}💻 team", "é"] {
        assert!(name(right).is_ok(), "{right:?}");
    }
    for wrong in [
        "\u{200b}",
        "\u{feff}\u{2060}",
        "\u{3164}",
        "key\u{202e}txt.exe",
        "a\u{2066}b",
    ] {
        assert!(name(wrong).is_err(), "{wrong:?}");
    }
    assert!(description("two\nlines\tand a tab").is_ok());
    assert!(description("turned \u{202e}round").is_err());
}

#[test]
fn instants_are_those_of_a_calendar_in_use() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert!(instant(&at("2026-11-24T10:00:00Z")).is_ok());
    for wrong in [
        "1999-12-31T23:59:59Z",
        "2201-01-01T00:00:00Z",
        "+262000-01-01T00:00:00Z",
        "-200000-01-01T00:00:00Z",
    ] {
        assert!(instant(&at(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn emails_need_a_local_part_and_a_domain() {
    assert!(email("ann@example.com").is_ok());
    assert!(email("ann@localhost").is_ok());
    for wrong in [
        "",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@.b",
        "a@b.",
        "\u{430}nn@example.com",
        "ann@exämple.com",
    ] {
        assert!(email(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn slugs_are_one_dns_label() {
    assert!(slug("acme-labs").is_ok());
    for wrong in ["", "-a", "a-", "Acme", "a_b", "a.b", "ü"] {
        assert!(slug(wrong).is_err(), "{wrong:?}");
    }
    assert!(slug(&"a".repeat(SLUG_MAX + 1)).is_err());
}

#[test]
fn tags_are_distinct() {
    assert!(tags(&["a".to_owned(), "b".to_owned()]).is_ok());
    assert!(tags(&["a".to_owned(), "a".to_owned()]).is_err());
    assert!(tags(&[String::new()]).is_err());
}
