//! One call over HTTP: JSON out, JSON or a problem in, the access token added, one repetition after it was renewed.

use super::{ApiError, PREFIX, token};
use js_sys::Reflect;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tollgate_contract::problem::Problem;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, Headers, RequestCredentials, RequestInit, Response};

/// A call to be made.
pub(super) struct Call<'a> {
    pub method: &'a str,
    /// Below [`PREFIX`], query included.
    pub path: &'a str,
    pub body: Option<String>,
    pub signal: Option<&'a AbortSignal>,
}

impl Call<'_> {
    /// Events as they happen are asked for below this name alone.
    fn accept(&self) -> &'static str {
        if self.path.ends_with("/stream") {
            "text/event-stream"
        } else {
            "application/json"
        }
    }
}

/// A good answer, before it is read. Calls end in this one type, so that the code of a call is there once and not once for
/// every type that an answer has.
pub(super) struct Answer {
    status: u16,
    request_id: String,
    text: String,
}

impl Answer {
    /// What it says.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        let text = if self.text.is_empty() { "null" } else { &self.text };
        let odd = ApiError::Odd {
            status: self.status,
            request_id: self.request_id,
        };
        serde_json::from_str(text).map_err(|_| odd)
    }
}

impl Answer {
    /// What it says, as it is.
    pub(super) fn text(self) -> String {
        self.text
    }
}

/// Reads, signed in.
pub(super) async fn get(path: &str, signal: Option<&AbortSignal>) -> Result<Answer, ApiError> {
    authorised(Call {
        method: "GET",
        path,
        body: None,
        signal,
    })
    .await
}

/// Changes, signed in.
pub(super) async fn send<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> Result<T, ApiError> {
    authorised(Call {
        method,
        path,
        body: Some(json(body)?),
        signal: None,
    })
    .await?
    .read()
}

/// A file, signed in.
pub(super) async fn file(path: &str) -> Result<Blob, ApiError> {
    let call = Call {
        method: "GET",
        path,
        body: None,
        signal: None,
    };
    let response = open(&call).await?;
    let promise = response.blob().map_err(|error| broken(&error))?;
    let blob = JsFuture::from(promise).await.map_err(|error| broken(&error))?;
    blob.dyn_into().map_err(|error| broken(&error))
}

/// Deletes, signed in.
pub(super) async fn delete(path: &str) -> Result<(), ApiError> {
    authorised(Call {
        method: "DELETE",
        path,
        body: None,
        signal: None,
    })
    .await?
    .read()
}

/// Does something that needs no words, signed in; what it answers is not read.
pub(super) async fn act(path: &str) -> Result<(), ApiError> {
    authorised(Call {
        method: "POST",
        path,
        body: None,
        signal: None,
    })
    .await?;
    Ok(())
}

/// A call without a token: signing up, in and on.
pub(super) async fn send_openly<T: DeserializeOwned>(
    path: &str,
    body: &impl Serialize,
) -> Result<T, ApiError> {
    once(
        &Call {
            method: "POST",
            path,
            body: Some(json(body)?),
            signal: None,
        },
        None,
    )
    .await?
    .read()
}

pub(super) fn json(body: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(body).map_err(|_| ApiError::Odd {
        status: 0,
        request_id: String::new(),
    })
}

async fn authorised(call: Call<'_>) -> Result<Answer, ApiError> {
    whole(open(&call).await?).await
}

async fn once(call: &Call<'_>, token: Option<&str>) -> Result<Answer, ApiError> {
    whole(respond(call, token).await?).await
}

/// A good answer whose body is still to be read, asked for by who is signed in.
pub(super) async fn open(call: &Call<'_>) -> Result<Response, ApiError> {
    let token = token::fresh().await?;
    match respond(call, Some(&token)).await {
        Err(ApiError::Problem(problem)) if problem.status == 401 => {
            let renewed = token::renew().await?;
            let answer = respond(call, Some(&renewed)).await;
            if let Err(ApiError::Problem(again)) = &answer
                && again.status == 401
            {
                token::lose();
                return Err(ApiError::SignedOut);
            }
            answer
        }
        answer => answer,
    }
}

/// A good answer, or why there is none.
async fn respond(call: &Call<'_>, token: Option<&str>) -> Result<Response, ApiError> {
    let response = fetch(call, token).await.map_err(|error| broken(&error))?;
    if response.ok() {
        return Ok(response);
    }
    let (status, request_id) = (response.status(), request_id(&response));
    match serde_json::from_str::<Problem>(&text(&response).await?) {
        Ok(problem) => Err(ApiError::Problem(Box::new(problem))),
        Err(_) => Err(ApiError::Odd { status, request_id }),
    }
}

async fn whole(response: Response) -> Result<Answer, ApiError> {
    Ok(Answer {
        status: response.status(),
        request_id: request_id(&response),
        text: text(&response).await?,
    })
}

/// Why no answer came, or why it broke off.
pub(super) fn broken(error: &JsValue) -> ApiError {
    let name = Reflect::get(error, &JsValue::from_str("name"))
        .ok()
        .and_then(|name| name.as_string());
    if name.as_deref() == Some("AbortError") {
        ApiError::Aborted
    } else {
        ApiError::Offline
    }
}

fn request_id(response: &Response) -> String {
    let named = response.headers().get("x-request-id").ok().flatten();
    named.unwrap_or_default()
}

async fn text(response: &Response) -> Result<String, ApiError> {
    let text = match response.text() {
        Ok(promise) => JsFuture::from(promise)
            .await
            .ok()
            .and_then(|text| text.as_string()),
        Err(_) => None,
    };
    // A body that broke off, most likely since the page was left.
    text.ok_or(ApiError::Aborted)
}

async fn fetch(call: &Call<'_>, token: Option<&str>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", call.accept())?;
    if let Some(token) = token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let init = RequestInit::new();
    init.set_method(call.method);
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_signal(call.signal);
    if let Some(body) = &call.body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let promise = window.fetch_with_str_and_init(&format!("{PREFIX}{}", call.path), &init);
    JsFuture::from(promise).await?.dyn_into()
}
