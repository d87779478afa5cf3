//! The request of the test, as each platform wants it: path, credential, body. The facts are those of the vendors'
//! references: Anthropic "Messages", Google "Generating content", OpenAI "Create chat completion" and "Create a model
//! response", Microsoft "Azure OpenAI in Foundry Models REST API", AWS "Converse".

use super::answer::Shape;
use crate::accounts::sealing::Unsealed;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{self, HeaderName};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tollgate_contract::accounts::AccountSettings;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_net::aws;
use tollgate_scheduler::Credential;

const ANTHROPIC_VERSION: &str = "2023-06-01";
/// Without it Anthropic takes no OAuth token.
const ANTHROPIC_OAUTH: &str = "oauth-2025-04-20";
/// Anthropic's own keys begin so and go into `x-api-key`; other relays take bearer tokens as well, and some nothing else.
const ANTHROPIC_KEY: &str = "sk-ant-";
/// The least that the Responses API lets an answer be bounded by.
const OUTPUT_MIN: u32 = 16;
const PROMPT: &str = "ping";
/// What a watched test may say: some words for whoever watches.
const WATCHED_MAX: u32 = 32;
/// Codex takes no request without instructions (`openai/codex`, as the rest of its request).
const INSTRUCTIONS: &str = "Answer in a few words.";
/// Codex's smallest model that every plan has.
const CODEX_MODEL: &str = "gpt-5-codex";

/// What is asked where neither the caller nor the account names a model: small, cheap, long-lived. On Bedrock it is reached
/// through the profile of the region's part of the world ("Supported Regions and models for inference profiles").
pub(super) fn model_default(platform: Platform, kind: CredentialKind, region: Option<&str>) -> &'static str {
    match platform {
        Platform::OpenAi if kind == CredentialKind::Oauth => CODEX_MODEL,
        Platform::ClaudeOfficial | Platform::ClaudeConsole | Platform::Ccr => "claude-haiku-4-5",
        Platform::Gemini => "gemini-2.5-flash-lite",
        Platform::OpenAi | Platform::OpenAiResponses | Platform::AzureOpenAi => "gpt-5-nano",
        Platform::Bedrock => match region.and_then(|region| region.split_once('-')) {
            Some(("us", rest)) if !rest.starts_with("gov") => "us.amazon.nova-micro-v1:0",
            Some(("eu", _)) => "eu.amazon.nova-micro-v1:0",
            Some(("ap", _)) => "apac.amazon.nova-micro-v1:0",
            _ => "amazon.nova-micro-v1:0",
        },
    }
}

/// Why an account can't be asked as it is set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsendable {
    #[error("no token was issued from its credential yet")]
    Unissued,
    /// Something that is stored can't stand in a request.
    #[error("base URL, credential or extra headers can't be sent")]
    Request(#[from] http::Error),
    /// The request can't be signed.
    #[error(transparent)]
    Signing(#[from] aws::SignError),
}

/// An account to be tried.
pub(super) struct Trial<'a> {
    pub(super) platform: Platform,
    pub(super) settings: &'a AccountSettings,
    pub(super) secrets: &'a Unsealed,
    pub(super) model: &'a str,
    /// Whether somebody watches the words as they come.
    pub(super) watched: bool,
    /// A signature holds for a while from then on.
    pub(super) now: DateTime<Utc>,
}

impl Trial<'_> {
    /// The format that the answer has to be in.
    pub(super) fn shape(&self) -> Shape {
        match self.platform {
            Platform::ClaudeOfficial | Platform::ClaudeConsole | Platform::Ccr => Shape::Claude,
            Platform::Gemini if self.settings.credential_kind != CredentialKind::ApiKey => Shape::CodeAssist,
            Platform::Gemini => Shape::Gemini,
            Platform::OpenAi if self.is_codex() => Shape::Responses,
            Platform::OpenAi | Platform::AzureOpenAi => Shape::Chat,
            Platform::OpenAiResponses => Shape::Responses,
            Platform::Bedrock => Shape::Converse,
        }
    }

    /// Whether a ChatGPT subscription is asked through Codex's own address.
    pub(super) fn is_codex(&self) -> bool {
        self.platform == Platform::OpenAi && self.settings.credential_kind == CredentialKind::Oauth
    }

    /// Whether the answer is asked for as a stream. Codex gives no other; Bedrock's are no server-sent events.
    pub(super) fn streams(&self) -> bool {
        self.is_codex() || self.watched && self.shape() != Shape::Converse
    }

    /// The request.
    ///
    /// # Errors
    /// If the account can't be asked as it is set up.
    pub(super) fn request(&self) -> Result<Request<Full<Bytes>>, Unsendable> {
        let body = Bytes::from(self.body().to_string());
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(address(&self.settings.base_url, &self.path()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(
                header::ACCEPT,
                if self.streams() {
                    "text/event-stream"
                } else {
                    "application/json"
                },
            )
            .header(header::ACCEPT_ENCODING, "identity")
            .header(
                header::USER_AGENT,
                concat!("tollgate/", env!("CARGO_PKG_VERSION")),
            )
            .body(Full::new(body.clone()))?;
        let headers = request.headers_mut();
        if self.shape() == Shape::Claude {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        if self.platform == Platform::ClaudeOfficial {
            headers.insert("anthropic-beta", HeaderValue::from_static(ANTHROPIC_OAUTH));
        }
        if self.is_codex()
            && let Some(account) = &self.secrets.vendor_account
        {
            let value = HeaderValue::from_str(account).map_err(http::Error::from)?;
            headers.insert("chatgpt-account-id", value);
        }
        self.prove(&mut request, &body)?;
        // As in relayed requests they come last, and no signature covers them.
        let headers = request.headers_mut();
        for (name, value) in &self.secrets.extra_headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(http::Error::from)?;
            headers.insert(name, sensitive(value)?);
        }
        Ok(request)
    }

    fn path(&self) -> String {
        let model = aws::encode_segment(self.model);
        let gemini = if self.streams() {
            "streamGenerateContent?alt=sse"
        } else {
            "generateContent"
        };
        match (self.shape(), &self.settings.api_version) {
            (Shape::Claude, _) => "/v1/messages".to_owned(),
            (Shape::Gemini, _) => format!("/v1beta/models/{model}:{gemini}"),
            (Shape::CodeAssist, _) => format!("/v1internal:{gemini}"),
            (Shape::Chat, Some(version)) => {
                format!("/openai/deployments/{model}/chat/completions?api-version={version}")
            }
            (Shape::Chat, None) if self.platform == Platform::AzureOpenAi => {
                "/openai/v1/chat/completions".to_owned()
            }
            (Shape::Chat, None) => "/v1/chat/completions".to_owned(),
            (Shape::Responses, _) if self.is_codex() => "/responses".to_owned(),
            (Shape::Responses, _) => "/v1/responses".to_owned(),
            (Shape::Converse, _) => format!("/model/{model}/converse"),
        }
    }

    fn body(&self) -> Value {
        let model = self.model;
        let least = if self.watched { WATCHED_MAX } else { 1 };
        let messages = json!([{ "role": "user", "content": PROMPT }]);
        let contents = json!([{ "role": "user", "parts": [{ "text": PROMPT }] }]);
        let few = json!({ "maxOutputTokens": least });
        let mut body = match self.shape() {
            Shape::Claude => json!({ "model": model, "max_tokens": least, "messages": messages }),
            Shape::Chat => {
                let most = OUTPUT_MIN.max(least);
                json!({ "model": model, "max_completion_tokens": most, "messages": messages })
            }
            Shape::Responses if self.is_codex() => json!({
                "model": model, "instructions": INSTRUCTIONS, "store": false,
                "input": [{
                    "type": "message", "role": "user",
                    "content": [{ "type": "input_text", "text": PROMPT }],
                }],
            }),
            Shape::Responses => {
                let most = OUTPUT_MIN.max(least);
                json!({ "model": model, "max_output_tokens": most, "input": PROMPT, "store": false })
            }
            Shape::Gemini => json!({ "contents": contents, "generationConfig": few }),
            Shape::CodeAssist => {
                let request = json!({ "contents": contents, "generationConfig": few });
                match &self.settings.project {
                    Some(project) => json!({ "model": model, "project": project, "request": request }),
                    None => json!({ "model": model, "request": request }),
                }
            }
            Shape::Converse => json!({
                "messages": [{ "role": "user", "content": [{ "text": PROMPT }] }],
                "inferenceConfig": { "maxTokens": least },
            }),
        };
        // Google's say it by the path.
        let says = matches!(self.shape(), Shape::Claude | Shape::Chat | Shape::Responses);
        if let Some(fields) = body.as_object_mut().filter(|_| says && self.streams()) {
            fields.insert("stream".to_owned(), true.into());
        }
        body
    }

    /// Puts the credential where the platform looks for it.
    fn prove(&self, request: &mut Request<Full<Bytes>>, body: &Bytes) -> Result<(), Unsendable> {
        let (name, value) = match (&self.secrets.credential, self.platform) {
            (Credential::ApiKey(key), Platform::Gemini) => ("x-goog-api-key", key.expose_secret().to_owned()),
            (Credential::ApiKey(key), Platform::AzureOpenAi) => ("api-key", key.expose_secret().to_owned()),
            (Credential::ApiKey(key), Platform::ClaudeConsole | Platform::Ccr)
                if key.expose_secret().starts_with(ANTHROPIC_KEY) =>
            {
                ("x-api-key", key.expose_secret().to_owned())
            }
            (Credential::ApiKey(text) | Credential::Bearer(text), _) => {
                ("authorization", format!("Bearer {}", text.expose_secret()))
            }
            (Credential::Unissued, _) => return Err(Unsendable::Unissued),
            (
                Credential::Aws {
                    access_key_id,
                    secret_access_key,
                    session_token,
                },
                _,
            ) => {
                let keys = aws::Keys {
                    access_key_id,
                    secret_access_key,
                    session_token: session_token.as_ref(),
                };
                let signable = aws::Signable {
                    method: request.method(),
                    uri: request.uri(),
                    headers: request.headers(),
                    body,
                };
                let region = self.settings.region.as_deref().unwrap_or_default();
                let proof = aws::sign(&signable, &keys, region, aws::BEDROCK, self.now.into())?;
                request.headers_mut().extend(proof);
                return Ok(());
            }
        };
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), sensitive(&value)?);
        Ok(())
    }
}

/// The base URL with a path after it. People write vendors' addresses with or without the version at the end: as in
/// relayed requests it is not said twice.
fn address(base_url: &str, path: &str) -> String {
    let version = path.split('/').nth(1).unwrap_or_default();
    let is_version = version
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    let base = base_url
        .strip_suffix(version)
        .filter(|base| is_version && base.ends_with('/'))
        .map_or(base_url, |base| base.trim_end_matches('/'));
    format!("{base}{path}")
}

fn sensitive(text: &str) -> Result<HeaderValue, Unsendable> {
    let mut value = HeaderValue::from_str(text).map_err(http::Error::from)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
