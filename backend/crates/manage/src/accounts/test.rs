//! The connectivity test: one real request for one token of output, through the worker's own upstream client, so that
//! guard, time-outs and TLS are those of relayed requests. Its result changes nothing.

use super::service;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_contract::accounts::{AccountSettings, AccountTest, TestAccount};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Fault};
use tollgate_net::UpstreamClient;
use tollgate_store::SealedSecret;

/// A person waits for it at a page.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer of one token has a few hundred bytes, an error page some more.
const ANSWER_MAX: usize = 64 * 1024;
/// Longest text of a vendor's error that is shown.
const MESSAGE_MAX: usize = 300;
/// What is asked where neither the caller nor the account names a model: small, cheap, long-lived.
const MODEL_DEFAULT: &str = "claude-haiku-4-5";
const ANTHROPIC_VERSION: &str = "2023-06-01";

pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    platform: Platform,
    account: AccountId,
    form: TestAccount,
) -> Result<AccountTest, Fault> {
    require(caller, Action::AccountsWrite)?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let mut tx = caller.tx().await?;
    let found = service::locked(&mut tx, platform, account).await?;
    let sealed = SealedSecret::from_bytes(&found.credential).map_err(Fault::internal)?;
    let secrets = &state.parts().secrets;
    let api_key = secrets
        .open(&mut tx, service::place(account), &sealed)
        .await
        .map_err(Fault::internal)?;
    // No lock is held while the vendor thinks.
    drop(tx);
    let model = model(&found.settings, form.model);
    let begun = state.clock().monotonic();
    let outcome = tokio::time::timeout(TEST_TIMEOUT, ask(upstream, &found.settings, &api_key, &model)).await;
    let took = state.clock().monotonic().saturating_duration_since(begun);
    let outcome = outcome.unwrap_or_else(|_| Outcome::failed("timeout", "it did not answer in time"));
    Ok(AccountTest {
        ok: outcome.code == "ok",
        model,
        http_status: outcome.http_status,
        latency_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        code: outcome.code.to_owned(),
        message: outcome.message,
    })
}

fn model(settings: &AccountSettings, asked: Option<String>) -> String {
    let named = asked
        .or_else(|| settings.models.first().cloned())
        .unwrap_or_else(|| MODEL_DEFAULT.to_owned());
    settings.model_mapping.get(&named).cloned().unwrap_or(named)
}

#[derive(Debug, PartialEq)]
struct Outcome {
    http_status: Option<u16>,
    code: &'static str,
    message: String,
}

impl Outcome {
    fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            http_status: None,
            code,
            message: message.into(),
        }
    }
}

async fn ask(
    upstream: &UpstreamClient,
    settings: &AccountSettings,
    api_key: &SecretString,
    model: &str,
) -> Outcome {
    let Ok(request) = request(&settings.base_url, api_key, model) else {
        return Outcome::failed("refused", "base URL or credential can't be sent");
    };
    match upstream.send(request, TEST_TIMEOUT).await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            match Limited::new(answer.into_body(), ANSWER_MAX).collect().await {
                Ok(body) => judge(status, &body.to_bytes()),
                Err(error) => Outcome {
                    http_status: Some(status),
                    code: "bad_answer",
                    message: shortened(format!("the answer broke off or has no end: {error}")),
                },
            }
        }
        Err(error) => Outcome::failed(error.code(), shortened(error.to_string())),
    }
}

/// Vendors' own keys go into `x-api-key`; other relays take bearer tokens as well, and some take nothing else.
fn request(base_url: &str, api_key: &SecretString, model: &str) -> Result<Request<Full<Bytes>>, http::Error> {
    let body =
        json!({ "model": model, "max_tokens": 1, "messages": [{ "role": "user", "content": "ping" }] });
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("{base_url}/v1/messages"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(
            header::USER_AGENT,
            concat!("tollgate/", env!("CARGO_PKG_VERSION")),
        )
        .header("anthropic-version", ANTHROPIC_VERSION)
        .body(Full::new(Bytes::from(body.to_string())))?;
    let (name, value) = if api_key.expose_secret().starts_with("sk-ant-") {
        (
            header::HeaderName::from_static("x-api-key"),
            api_key.expose_secret().to_owned(),
        )
    } else {
        (
            header::AUTHORIZATION,
            format!("Bearer {}", api_key.expose_secret()),
        )
    };
    let mut value = HeaderValue::from_str(&value)?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(request)
}

fn judge(status: u16, body: &[u8]) -> Outcome {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let is_message = parsed
        .as_ref()
        .is_some_and(|body| body["type"] == "message" && body["usage"].is_object());
    let said = parsed
        .as_ref()
        .and_then(|body| body["error"]["message"].as_str())
        .map(shortened);
    let (code, fallback) = match status {
        200 if is_message => ("ok", ""),
        200..=299 => (
            "bad_answer",
            "the answer is not in Claude's format; does the base URL lead to such an API?",
        ),
        401 | 403 => ("unauthorized", "the credential is refused"),
        429 => ("rate_limited", "the account is rate-limited at the moment"),
        300..=399 => ("bad_answer", "it redirects; use the address that it redirects to"),
        404 => (
            "refused",
            "there is no such path or model; is the base URL without /v1/messages?",
        ),
        _ => ("refused", "the request is refused"),
    };
    let message = if code == "ok" {
        String::new()
    } else {
        said.unwrap_or_else(|| fallback.to_owned())
    };
    Outcome {
        http_status: Some(status),
        code,
        message,
    }
}

fn shortened(text: impl AsRef<str>) -> String {
    text.as_ref()
        .chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_only_in_claudes_format() {
        let good = br#"{"type":"message","usage":{"input_tokens":8,"output_tokens":1}}"#;
        assert_eq!(judge(200, good).code, "ok");
        assert_eq!(judge(200, b"<html>").code, "bad_answer");
        assert_eq!(judge(200, br#"{"choices":[]}"#).code, "bad_answer");
        assert_eq!(judge(302, b"").code, "bad_answer");
    }

    #[test]
    fn the_vendors_own_words_are_shown_within_bounds() {
        let refused = judge(
            401,
            br#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
        );
        assert_eq!(
            (refused.code, refused.message.as_str()),
            ("unauthorized", "invalid x-api-key")
        );
        let long = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(5000));
        assert_eq!(judge(500, long.as_bytes()).message.len(), MESSAGE_MAX);
    }

    #[test]
    fn a_vendors_key_and_a_relays_token_travel_in_their_own_headers() {
        let sent = |key: &str| request("https://x", &key.to_owned().into(), "m").unwrap();
        assert!(sent("sk-ant-1").headers().contains_key("x-api-key"));
        assert_eq!(sent("cr_1").headers()[header::AUTHORIZATION], "Bearer cr_1");
        assert!(request("not a url", &"k".to_owned().into(), "m").is_err());
    }
}
