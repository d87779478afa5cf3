//! A request through the relay itself, as a client sends it: with an API key, never with the session.

use super::cache;
use crate::browser;
use serde_json::{Value, json};
use tollgate_contract::ids::RequestId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCredentials, RequestInit, Response};

const PATH: &str = "/api/v1/messages";
const ANTHROPIC_VERSION: &str = "2023-06-01";
/// Enough for a greeting.
const TOKENS_MAX: u32 = 32;

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The HTTP status; 0 where no answer came.
    pub status: u16,
    /// By the viewer's clock.
    pub took_ms: u64,
    /// What the model said, or why it was refused.
    pub text: String,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Under which it stands in the request log.
    pub request_id: Option<RequestId>,
}

impl Tried {
    /// Whether it was answered.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Sends one tiny request with this key.
pub async fn try_key(secret: String, model: String) -> Tried {
    let begun = browser::now_ms();
    let outcome = send(&secret, &model).await;
    cache::changed(&["/keys", "/dashboard", "/requests"]);
    let (status, request_id, body) = outcome.unwrap_or_default();
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = body["content"][0]["text"]
        .as_str()
        .or_else(|| body["error"]["message"].as_str());
    Tried {
        status,
        took_ms: elapsed(begun),
        text: text.unwrap_or_default().to_owned(),
        input_tokens: body["usage"]["input_tokens"].as_u64().unwrap_or_default(),
        output_tokens: body["usage"]["output_tokens"].as_u64().unwrap_or_default(),
        request_id,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds that a person waited"
)]
fn elapsed(begun: f64) -> u64 {
    (browser::now_ms() - begun).max(0.0) as u64
}

async fn send(secret: &str, model: &str) -> Result<(u16, Option<RequestId>, String), JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("anthropic-version", ANTHROPIC_VERSION)?;
    headers.set("x-api-key", secret)?;
    let body = json!({
        "model": model,
        "max_tokens": TOKENS_MAX,
        "messages": [{ "role": "user", "content": "Say hello in one short sentence." }],
    });
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_credentials(RequestCredentials::Omit);
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(&body.to_string()));
    let window = browser::window().ok_or(JsValue::UNDEFINED)?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(PATH, &init))
        .await?
        .dyn_into()?;
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let request_id = header("request-id")
        .or_else(|| header("x-request-id"))
        .and_then(|id| id.parse().ok());
    let text = JsFuture::from(response.text()?)
        .await?
        .as_string()
        .unwrap_or_default();
    Ok((response.status(), request_id, text))
}
