//! Every form in which a code is pasted, and what is none.

use super::*;
use secrecy::ExposeSecret;

fn read(text: &str) -> Result<(String, Option<String>), PasteFault> {
    let pasted = read_pasted(text)?;
    Ok((pasted.code.expose_secret().to_owned(), pasted.state))
}

fn good(text: &str, code: &str, state: Option<&str>) {
    assert_eq!(
        read(text),
        Ok((code.to_owned(), state.map(str::to_owned))),
        "{text}"
    );
}

#[test]
fn claudes_code_with_its_state_is_read() {
    for text in [
        "abcDEF_123-xyz#st4te",
        "  abcDEF_123-xyz#st4te\n",
        "abcDEF_1\n  23-xyz#st\u{200b}4te",
        "\"abcDEF_123-xyz#st4te\"",
        "`abcDEF_123-xyz#st4te`",
        "abcDEF_123-xyz%23st4te",
        "https://platform.claude.com/oauth/code/callback?code=abcDEF_123-xyz&state=st4te",
        "https://platform.claude.com/oauth/code/callback?code=abcDEF_123-xyz#st4te",
        "https://platform.claude.com/oauth/code/callback?code=abcDEF_123-xyz%23st4te",
        "<https://platform.claude.com/oauth/code/callback?state=st4te&code=abcDEF_123-xyz>",
        "https://host/callback#code=abcDEF_123-xyz&state=st4te",
    ] {
        good(text, "abcDEF_123-xyz", Some("st4te"));
    }
}

#[test]
fn a_bare_code_has_no_state() {
    good("abcDEF_123-xyz", "abcDEF_123-xyz", None);
    good("abcDEF_123-xyz#", "abcDEF_123-xyz", None);
    good("4/0AbCdEf-gh", "4/0AbCdEf-gh", None);
    good("4%2F0AbCdEf-gh", "4/0AbCdEf-gh", None);
    good("4%2f0AbCd+f-gh", "4/0AbCd+f-gh", None);
}

#[test]
fn an_address_is_read_however_the_browser_shows_it() {
    for text in [
        "http://localhost:1455/auth/callback?code=ac_Ab.c123456&scope=openid+email&state=s1",
        "localhost:1455/auth/callback?code=ac_Ab.c123456&scope=openid&state=s1",
        "http://localhost:1455/auth/callback?\n code=ac_Ab.c123456&\n state=s1",
        "?code=ac_Ab.c123456&state=s1",
        "code=ac_Ab.c123456&state=s1",
        "state=s1&code=ac_Ab.c123456",
        "http://localhost:1455/auth/callback?code=&code=ac_Ab.c123456&state=s1",
    ] {
        good(text, "ac_Ab.c123456", Some("s1"));
    }
    good(
        "http://localhost/?code=4%2F0Ab_cdefgh&scope=x",
        "4/0Ab_cdefgh",
        None,
    );
}

#[test]
fn what_is_no_code_is_refused_with_the_reason() {
    for text in ["", "  \n\t ", "\u{feff}", "\"\""] {
        assert_eq!(read(text), Err(PasteFault::Empty), "{text:?}");
    }
    assert_eq!(read(&"a".repeat(4097)), Err(PasteFault::TooLong));
    good(&"a".repeat(4096), &"a".repeat(4096), None);
    for text in [
        "https://claude.ai/oauth/authorize?client_id=x&state=y",
        "https://claude.ai/",
        "http://localhost:1455/auth/callback?code=&state=s1",
        "state=s1",
    ] {
        assert_eq!(read(text), Err(PasteFault::NoCode), "{text}");
    }
    for text in [
        "short",
        "#only-a-state",
        "münchen-ist-kein-code",
        "abc{def}ghijk",
        "abcdefghijk%00",
        "HTTPS://claude.ai/",
        "http://[bad/callback",
    ] {
        assert!(matches!(read(text), Err(PasteFault::NotACode(_))), "{text}");
    }
    for text in [
        "sk-ant-oat01-abcdefgh",
        "ya29.abcdefghijkl",
        "1//0abcdefghijkl",
        "eyJhbGciOi.J9.x",
    ] {
        assert_eq!(read(text), Err(PasteFault::Token), "{text}");
    }
}

#[test]
fn a_vendors_refusal_is_told_in_its_words() {
    let text = "http://localhost:1455/auth/callback?error=access_denied&error_description=missing_codex_entitlement&state=s";
    let words = read(text).unwrap_err().to_string();
    assert_eq!(
        words,
        "the vendor granted nothing: access_denied: missing_codex_entitlement"
    );
    let fault = read("http://localhost/?error=access_denied").unwrap_err();
    assert_eq!(fault, PasteFault::Refused("access_denied".to_owned()));
}

#[test]
fn faults_show_nothing_of_what_was_pasted() {
    for text in ["sk-ant-oat01-hidden-hidden", "hidden{hidden}", "hidden"] {
        let fault = read(text).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("hidden"), "{fault:?}");
    }
}
