//! Authorize addresses parameter by parameter, and the requests of every way.

use super::*;
use http::Method;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use std::collections::BTreeMap;

/// Endpoints with a Google client.
pub(crate) fn endpoints() -> Endpoints {
    Endpoints {
        google_client_id: Some("our-client.apps.googleusercontent.com".to_owned()),
        google_client_secret: Some(SecretString::from("our-secret")),
        ..Endpoints::default()
    }
}

fn random() -> [u8; 64] {
    std::array::from_fn(|n| u8::try_from(n).unwrap())
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn is(found: &BTreeMap<String, String>, wanted: &[(&str, &str)]) {
    let wanted = wanted
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    assert_eq!(found, &wanted.collect());
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

/// The form or JSON that a request posts, and what all of them have in common.
fn posted(request: &Request<Bytes>, url: &str) -> BTreeMap<String, String> {
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri().to_string(), url);
    let header = |name| request.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(
        header(USER_AGENT),
        format!("tollgate/{}", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(header(ACCEPT), "application/json");
    assert_eq!(header(ACCEPT_ENCODING), "identity");
    let text = std::str::from_utf8(request.body()).unwrap();
    if header(CONTENT_TYPE) == "application/x-www-form-urlencoded" {
        return pairs(text);
    }
    assert_eq!(header(CONTENT_TYPE), "application/json");
    let value: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    let plain = |value: serde_json::Value| value.as_str().map_or(value.to_string(), str::to_owned);
    value
        .into_iter()
        .map(|(name, value)| (name, plain(value)))
        .collect()
}

const VERIFIER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CHALLENGE: &str = "6oZqdX5MOLq_qBJ8vppAnT4fk6AP8UiP9zX8-Rev_9A";
const STATE: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

#[test]
fn claudes_address_asks_for_a_code_to_be_shown() {
    for (way, scope) in [
        (
            Way::Claude,
            "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers \
             user:file_upload",
        ),
        (Way::ClaudeSetupToken, "user:inference"),
    ] {
        let begun = begin(way, &endpoints(), random()).unwrap();
        assert!(
            begun
                .url
                .as_str()
                .starts_with("https://claude.ai/oauth/authorize?")
        );
        assert_eq!(
            (begun.state.as_str(), begun.verifier.expose_secret()),
            (STATE, VERIFIER)
        );
        is(
            &pairs(begun.url.query().unwrap()),
            &[
                ("code", "true"),
                ("client_id", "9d1c250a-e61b-44d9-88ed-5944d1962f5e"),
                ("response_type", "code"),
                ("redirect_uri", "https://platform.claude.com/oauth/code/callback"),
                ("scope", scope),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
                ("state", STATE),
            ],
        );
    }
}

#[test]
fn googles_address_asks_for_a_refresh_token() {
    let begun = begin(Way::Google, &endpoints(), random()).unwrap();
    assert!(
        begun
            .url
            .as_str()
            .starts_with("https://accounts.google.com/o/oauth2/v2/auth?")
    );
    is(
        &pairs(begun.url.query().unwrap()),
        &[
            ("client_id", "our-client.apps.googleusercontent.com"),
            ("response_type", "code"),
            ("redirect_uri", "https://codeassist.google.com/authcode"),
            (
                "scope",
                "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email \
                 https://www.googleapis.com/auth/userinfo.profile",
            ),
            ("access_type", "offline"),
            ("prompt", "consent"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", STATE),
        ],
    );
}

#[test]
fn openais_address_names_us_and_the_scopes_of_codex() {
    let begun = begin(Way::OpenAi, &endpoints(), random()).unwrap();
    assert!(
        begun
            .url
            .as_str()
            .starts_with("https://auth.openai.com/oauth/authorize?")
    );
    is(
        &pairs(begun.url.query().unwrap()),
        &[
            ("response_type", "code"),
            ("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"),
            ("redirect_uri", "http://localhost:1455/auth/callback"),
            ("scope", "openid profile email offline_access"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("id_token_add_organizations", "true"),
            ("codex_cli_simplified_flow", "true"),
            ("state", STATE),
            ("originator", "tollgate"),
        ],
    );
}

#[test]
fn an_operators_own_address_keeps_its_parameters() {
    let own = Endpoints {
        openai_authorize: Url::parse("http://127.0.0.1:9/sign-in?realm=a").unwrap(),
        openai_client_id: "other".to_owned(),
        ..Endpoints::default()
    };
    let begun = begin(Way::OpenAi, &own, random()).unwrap();
    let found = pairs(begun.url.query().unwrap());
    assert_eq!(
        (found["realm"].as_str(), found["client_id"].as_str()),
        ("a", "other")
    );
}

#[test]
fn state_and_verifier_are_different_halves_of_the_randomness() {
    let mut other = random();
    other[40] = 0;
    let one = begin(Way::Claude, &endpoints(), random()).unwrap();
    let two = begin(Way::Claude, &endpoints(), other).unwrap();
    assert_eq!(one.verifier.expose_secret(), two.verifier.expose_secret());
    assert_ne!(one.state, two.state);
    assert!(!one.url.as_str().contains(one.verifier.expose_secret()));
}

#[test]
fn a_missing_setting_is_named() {
    let missing = |endpoints: &Endpoints, way| begin(way, endpoints, random()).unwrap_err().to_string();
    let mut own = endpoints();
    own.google_client_secret = None;
    assert!(missing(&own, Way::Google).contains("`oauth.google_client_secret` is missing"));
    assert!(missing(&Endpoints::default(), Way::Google).contains("`oauth.google_client_id` is missing"));
    own.google_client_id = Some(String::new());
    assert!(missing(&own, Way::Google).contains("`oauth.google_client_id` is missing"));
    own.openai_client_id = String::new();
    assert!(missing(&own, Way::OpenAi).contains("`oauth.openai_client_id`"));
    own.claude_client_id = String::new();
    assert!(missing(&own, Way::ClaudeSetupToken).contains("`oauth.claude_client_id`"));
    for address in ["ftp://host/", "data:x", "http://name@host/", "http://:word@host/"] {
        own.claude_token = Url::parse(address).unwrap();
        let words = missing(&own, Way::Claude);
        assert!(
            words.contains("`oauth.claude_token`") && !words.contains("word@"),
            "{words}"
        );
    }
}

#[test]
fn claudes_exchange_is_json_and_carries_the_state() {
    let token = "https://platform.claude.com/v1/oauth/token";
    let common = [
        ("grant_type", "authorization_code"),
        ("client_id", "9d1c250a-e61b-44d9-88ed-5944d1962f5e"),
        ("code", "the-code"),
        ("redirect_uri", "https://platform.claude.com/oauth/code/callback"),
        ("code_verifier", VERIFIER),
        ("state", STATE),
    ];
    let ask = |way| exchange(way, &endpoints(), &secret("the-code"), STATE, &secret(VERIFIER));
    is(&posted(&ask(Way::Claude), token), &common);
    let mut setup = common.to_vec();
    setup.push(("expires_in", "31536000"));
    is(&posted(&ask(Way::ClaudeSetupToken), token), &setup);
}

#[test]
fn googles_and_openais_exchanges_are_forms() {
    let ask = |way| exchange(way, &endpoints(), &secret("4/0A+b"), STATE, &secret(VERIFIER));
    is(
        &posted(&ask(Way::Google), "https://oauth2.googleapis.com/token"),
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "our-client.apps.googleusercontent.com"),
            ("client_secret", "our-secret"),
            ("code", "4/0A+b"),
            ("redirect_uri", "https://codeassist.google.com/authcode"),
            ("code_verifier", VERIFIER),
        ],
    );
    is(
        &posted(&ask(Way::OpenAi), "https://auth.openai.com/oauth/token"),
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"),
            ("code", "4/0A+b"),
            ("redirect_uri", "http://localhost:1455/auth/callback"),
            ("code_verifier", VERIFIER),
        ],
    );
}

#[test]
fn renewals_carry_the_refresh_token_and_the_client() {
    let ask = |way| refresh(way, &endpoints(), &secret("refresh&1"));
    let common = [("grant_type", "refresh_token"), ("refresh_token", "refresh&1")];
    for (way, url, own) in [
        (
            Way::Claude,
            "https://platform.claude.com/v1/oauth/token",
            vec![("client_id", "9d1c250a-e61b-44d9-88ed-5944d1962f5e")],
        ),
        (
            Way::Google,
            "https://oauth2.googleapis.com/token",
            vec![
                ("client_id", "our-client.apps.googleusercontent.com"),
                ("client_secret", "our-secret"),
            ],
        ),
        (
            Way::OpenAi,
            "https://auth.openai.com/oauth/token",
            vec![("client_id", "app_EMoamEEZ73f0CkXaXp7hrann")],
        ),
    ] {
        is(&posted(&ask(way), url), &[&common[..], &own].concat());
    }
    assert!(ask(Way::Claude).body().starts_with(b"{"));
    assert!(!ask(Way::OpenAi).body().starts_with(b"{"));
}

#[test]
fn entras_request_names_the_directory_in_the_path() {
    let app = EntraApp {
        tenant: "contoso/../x".to_owned(),
        client_id: "app-1".to_owned(),
        client_secret: secret("s&cret"),
    };
    let request = entra_token(&endpoints(), &app);
    is(
        &posted(
            &request,
            "https://login.microsoftonline.com/contoso%2F..%2Fx/oauth2/v2.0/token",
        ),
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "app-1"),
            ("client_secret", "s&cret"),
            ("scope", "https://cognitiveservices.azure.com/.default"),
        ],
    );
    let government = Endpoints {
        entra: Url::parse("https://login.microsoftonline.us/base/").unwrap(),
        entra_scope: "https://cognitiveservices.azure.us/.default".to_owned(),
        ..Endpoints::default()
    };
    let app = EntraApp {
        tenant: "contoso".to_owned(),
        ..app
    };
    let request = entra_token(&government, &app);
    let form = posted(
        &request,
        "https://login.microsoftonline.us/base/contoso/oauth2/v2.0/token",
    );
    assert_eq!(form["scope"], "https://cognitiveservices.azure.us/.default");
}

#[test]
fn each_platform_has_the_way_of_its_vendor() {
    for platform in Platform::ALL {
        let (way, setup) = (Way::of(platform, false), Way::of(platform, true));
        match platform {
            Platform::ClaudeOfficial => {
                assert_eq!((way, setup), (Some(Way::Claude), Some(Way::ClaudeSetupToken)));
            }
            Platform::Gemini => assert_eq!((way, setup), (Some(Way::Google), Some(Way::Google))),
            Platform::OpenAi => assert_eq!((way, setup), (Some(Way::OpenAi), Some(Way::OpenAi))),
            _ => assert_eq!((way, setup), (None, None)),
        }
    }
    assert_eq!(Way::ClaudeSetupToken.issuer(), IssuerKind::Claude);
    assert_eq!(Way::Google.issuer(), IssuerKind::Google);
    assert_eq!(Way::OpenAi.issuer(), IssuerKind::OpenAi);
}

#[test]
fn debug_never_shows_secrets() {
    let begun = begin(Way::Claude, &endpoints(), random()).unwrap();
    let shown = format!("{begun:?}");
    assert!(
        !shown.contains(VERIFIER) && !shown.contains(STATE) && shown.contains("claude.ai"),
        "{shown}"
    );
    assert!(!format!("{:?}", endpoints()).contains("our-secret"));
    let app = EntraApp {
        tenant: "t".to_owned(),
        client_id: "c".to_owned(),
        client_secret: secret("hidden"),
    };
    assert!(!format!("{app:?}").contains("hidden"));
    let pasted = read_pasted("the-code-that-counts#the-state").unwrap();
    let shown = format!("{pasted:?}");
    assert!(
        !shown.contains("counts") && !shown.contains("the-state"),
        "{shown}"
    );
    let profile = claude::profile_request(&Url::parse("https://h/").unwrap(), &secret("hidden"));
    assert!(!format!("{profile:?}").contains("hidden"));
}
