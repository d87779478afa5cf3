//! Golden answers of each token endpoint, and what makes no sense in them.

use super::*;
use secrecy::ExposeSecret;
use serde_json::json;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-30T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn read(kind: IssuerKind, body: &Value) -> Result<Issued, IssueFault> {
    read_issued(kind, 200, &HeaderMap::new(), body.to_string().as_bytes(), now())
}

fn bearer(issued: &Issued) -> &str {
    match &issued.token {
        IssuedToken::Bearer(token) => token.expose_secret(),
        IssuedToken::Aws { .. } => panic!("no bearer token"),
    }
}

fn refresh(issued: &Issued) -> Option<&str> {
    issued.refresh_token.as_ref().map(ExposeSecret::expose_secret)
}

fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub(crate) fn jwt(payload: &Value) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        encode(r#"{"alg":"RS256"}"#),
        encode(&payload.to_string()),
        encode("signature")
    )
}

#[test]
fn claudes_tokens_come_with_account_and_organization() {
    let issued = read(
        IssuerKind::Claude,
        &json!({
            "token_type": "Bearer", "access_token": "sk-ant-oat01-a", "refresh_token": "sk-ant-ort01-b",
            "expires_in": 28800, "scope": "user:inference user:profile",
            "organization": {"uuid": "0a7e0b9c-1f1d-4f5e-9d35-2c8a6d3f0001", "name": "Acme"},
            "account": {"uuid": "0a7e0b9c-1f1d-4f5e-9d35-2c8a6d3f0002", "email_address": "ann@example.com"},
        }),
    )
    .unwrap();
    assert_eq!(
        (bearer(&issued), refresh(&issued)),
        ("sk-ant-oat01-a", Some("sk-ant-ort01-b"))
    );
    assert_eq!(issued.expires_at, Some(after(28800)));
    assert_eq!(issued.scopes, ["user:inference", "user:profile"]);
    assert_eq!(issued.identity.as_deref(), Some("ann@example.com"));
    assert_eq!(
        issued.account.as_deref(),
        Some("0a7e0b9c-1f1d-4f5e-9d35-2c8a6d3f0001")
    );
}

#[test]
fn a_set_up_token_lasts_a_year_and_has_no_refresh_token() {
    let body = json!({"access_token": "sk-ant-oat01-a", "expires_in": 31_536_000, "scope": "user:inference"});
    let issued = read(IssuerKind::Claude, &body).unwrap();
    assert_eq!(
        (refresh(&issued), issued.expires_at),
        (None, Some(after(31_536_000)))
    );
}

#[test]
fn googles_renewal_keeps_the_old_refresh_token() {
    let scope = "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/cloud-platform";
    let body = json!({
        "access_token": "ya29.a0", "expires_in": 3599, "scope": scope, "token_type": "Bearer",
        "id_token": jwt(&json!({"iss": "https://accounts.google.com", "email": "ann@example.com"})),
    });
    let issued = read(IssuerKind::Google, &body).unwrap();
    assert_eq!((bearer(&issued), refresh(&issued)), ("ya29.a0", None));
    assert_eq!((issued.expires_at, issued.scopes.len()), (Some(after(3599)), 3));
    assert_eq!(issued.identity.as_deref(), Some("ann@example.com"));
}

#[test]
fn openais_id_token_tells_account_and_plan() {
    let claims = json!({
        "email": "ann@example.com",
        "https://api.openai.com/auth": {"chatgpt_account_id": "acc-1", "chatgpt_plan_type": "Pro"},
    });
    let body = json!({
        "access_token": "ey.a", "refresh_token": "rt_1", "id_token": jwt(&claims), "expires_in": 864_000,
        "token_type": "bearer",
    });
    let issued = read(IssuerKind::OpenAi, &body).unwrap();
    assert_eq!(
        (bearer(&issued), refresh(&issued), issued.expires_at),
        ("ey.a", Some("rt_1"), Some(after(864_000)))
    );
    assert_eq!(issued.identity.as_deref(), Some("ann@example.com"));
    assert_eq!(
        (issued.account.as_deref(), issued.plan.as_deref()),
        (Some("acc-1"), Some("pro"))
    );
}

#[test]
fn openais_lifetime_is_in_the_token_if_nowhere_else_whatever_its_clock_says() {
    let token = jwt(&json!({"iat": 1_000_000, "exp": 1_000_000 + 7200}));
    let issued = read(IssuerKind::OpenAi, &json!({"access_token": token})).unwrap();
    assert_eq!(issued.expires_at, Some(after(7200)));
    for claims in [
        json!({"exp": 5}),
        json!({"iat": 5, "exp": 5}),
        json!({"iat": i64::MIN, "exp": i64::MAX}),
    ] {
        let issued = read(IssuerKind::OpenAi, &json!({"access_token": jwt(&claims)})).unwrap();
        assert_eq!(issued.expires_at, Some(after(3600)), "{claims}");
    }
}

#[test]
fn entras_lifetime_may_be_text_and_must_be_there() {
    let body =
        json!({"token_type": "Bearer", "expires_in": "3599", "ext_expires_in": 3599, "access_token": "ey.e"});
    let issued = read(IssuerKind::Entra, &body).unwrap();
    assert_eq!(
        (bearer(&issued), refresh(&issued), issued.expires_at),
        ("ey.e", None, Some(after(3599)))
    );
    let fault = read(IssuerKind::Entra, &json!({"access_token": "ey.e"})).unwrap_err();
    assert_eq!(
        fault,
        IssueFault::Incomplete {
            missing: "expires_in"
        }
    );
}

#[test]
fn without_a_lifetime_an_hour_is_assumed() {
    for kind in [IssuerKind::Claude, IssuerKind::Google, IssuerKind::OpenAi] {
        for body in [
            json!({"access_token": "a"}),
            json!({"access_token": "a", "expires_in": null}),
        ] {
            assert_eq!(
                read(kind, &body).unwrap().expires_at,
                Some(after(3600)),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn a_lifetime_that_makes_no_sense_is_refused() {
    for told in [
        json!(0),
        json!(-5),
        json!(86_400 * 401),
        json!(i64::MAX),
        json!(1e300),
        json!("soon"),
        json!([1]),
    ] {
        for kind in [
            IssuerKind::Claude,
            IssuerKind::Google,
            IssuerKind::OpenAi,
            IssuerKind::Entra,
        ] {
            let fault = read(kind, &json!({"access_token": "a", "expires_in": told})).unwrap_err();
            assert_eq!(
                fault,
                IssueFault::Incomplete {
                    missing: "expires_in"
                },
                "{told} {kind:?}"
            );
        }
    }
}

#[test]
fn a_token_that_can_not_be_sent_is_refused() {
    for body in [
        json!({}),
        json!({"access_token": null}),
        json!({"access_token": ""}),
        json!({"access_token": "  "}),
        json!({"access_token": 7}),
        json!({"access_token": "two words"}),
        json!({"access_token": "line\r\nhost: other"}),
        json!({"access_token": "snö"}),
    ] {
        let fault = read(IssuerKind::Claude, &body).unwrap_err();
        assert_eq!(
            fault,
            IssueFault::Incomplete {
                missing: "access_token"
            },
            "{body}"
        );
    }
    let fault = read(
        IssuerKind::Google,
        &json!({"access_token": "a", "token_type": "mac"}),
    )
    .unwrap_err();
    assert_eq!(
        fault,
        IssueFault::Incomplete {
            missing: "token_type"
        }
    );
}

#[test]
fn a_broken_id_token_spoils_nothing() {
    for token in [
        "",
        "x",
        "x.y.z",
        "a.!!.c",
        &jwt(&json!([1])),
        &jwt(&json!({"email": 7})),
    ] {
        for kind in [IssuerKind::OpenAi, IssuerKind::Google] {
            let issued = read(kind, &json!({"access_token": "a", "id_token": token})).unwrap();
            assert_eq!(
                (issued.identity, issued.account, issued.plan),
                (None, None, None),
                "{token}"
            );
        }
    }
}

#[test]
fn what_is_no_object_is_not_the_vendors() {
    for body in [
        "",
        "<html>Sign in to the hotel</html>",
        "[]",
        "\"token\"",
        "{\"access_token\":",
        "\u{0}",
    ] {
        let fault =
            read_issued(IssuerKind::Claude, 200, &HeaderMap::new(), body.as_bytes(), now()).unwrap_err();
        assert_eq!(fault, IssueFault::NotJson, "{body}");
    }
}

#[test]
fn a_refusal_at_the_exchange_is_the_codes() {
    let body = br#"{"error": "invalid_grant", "error_description": "Invalid 'code' in request."}"#;
    let detail = "invalid_grant: Invalid 'code' in request.".to_owned();
    let none = HeaderMap::new();
    assert_eq!(
        read_exchanged(Way::Claude, 400, &none, body, now()).unwrap_err(),
        IssueFault::CodeRefused {
            detail: detail.clone()
        }
    );
    assert_eq!(
        read_issued(IssuerKind::Claude, 400, &none, body, now()).unwrap_err(),
        IssueFault::Revoked { detail }
    );
    let other = br#"{"error": "invalid_client"}"#;
    let fault = read_exchanged(Way::Google, 401, &HeaderMap::new(), other, now()).unwrap_err();
    assert_eq!(
        fault,
        IssueFault::Misconfigured {
            detail: "invalid_client".to_owned()
        }
    );
}

#[test]
fn a_grant_that_can_not_be_renewed_is_none_but_for_set_up_tokens() {
    let read = |way, body: &Value| {
        let body = body.to_string();
        read_exchanged(way, 200, &HeaderMap::new(), body.as_bytes(), now())
            .map(|issued| issued.refresh_token.is_some())
    };
    let bare = json!({"access_token": "a", "expires_in": 3600});
    let whole = json!({"access_token": "a", "refresh_token": "r"});
    let missing = Err(IssueFault::Incomplete {
        missing: "refresh_token",
    });
    for way in [Way::Claude, Way::Google, Way::OpenAi] {
        assert_eq!(read(way, &bare), missing);
        assert_eq!(read(way, &whole), Ok(true));
    }
    assert_eq!(read(Way::ClaudeSetupToken, &bare), Ok(false));
}

#[test]
fn a_set_up_token_lasts_a_year_unless_the_answer_says_otherwise() {
    let days = |body: &Value| {
        let body = body.to_string();
        let issued = read_exchanged(
            Way::ClaudeSetupToken,
            200,
            &HeaderMap::new(),
            body.as_bytes(),
            now(),
        );
        (issued.unwrap().expires_at.unwrap() - now()).num_days()
    };
    assert_eq!(days(&json!({"access_token": "a"})), 365);
    assert_eq!(days(&json!({"access_token": "a", "expires_in": 864_000})), 10);
}

#[test]
fn debug_shows_no_token() {
    let body = json!({"access_token": "hidden-1", "refresh_token": "hidden-2", "expires_in": 60});
    let shown = format!("{:?}", read(IssuerKind::Claude, &body).unwrap());
    assert!(!shown.contains("hidden"), "{shown}");
}
