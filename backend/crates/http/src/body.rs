//! Bodies, queries and path ids read into checked types, so that no handler can forget a check: size, time, media type,
//! JSON, unknown fields, and the type's own rules. Never in here: rules that need the database.

use crate::limits::{BODY_MAX, BODY_TIMEOUT, QUERY_MAX};
use crate::problem::{Code, Fault};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use std::str::FromStr;
use tollgate_contract::problem::{FieldError, faults};
use url::form_urlencoded;
use uuid::Uuid;
use validator::Validate;

/// A JSON body of at most `MAX` bytes that has passed its type's checks.
#[derive(Debug)]
pub struct Body<T, const MAX: usize = BODY_MAX>(pub T);

/// As [`Body`], or the type's default where no body was sent at all, or `null`.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

/// A body as it came, for a signature over its very bytes; [`parse`](Self::parse) reads it once it is known to be genuine.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl RawBody {
    /// Reads it as JSON, with its type's checks.
    ///
    /// # Errors
    /// As [`Body`].
    pub fn parse<T: DeserializeOwned + Validate>(&self) -> Result<T, Fault> {
        parse(&self.0)
    }
}

impl FromRequest for RawBody {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(receive(&request, payload, BODY_MAX).await?.freeze())) })
    }
}

/// A query string that has passed its type's checks.
#[derive(Debug)]
pub struct Params<T>(pub T);

/// The path's `{id}`. One that is no UUID names nothing: 404.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static, const MAX: usize> FromRequest for Body<T, MAX> {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = receive(&request, payload, MAX).await?;
            media_type(&request)?;
            parse(&body).map(Self)
        })
    }
}

impl<T: DeserializeOwned + Validate + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = receive(&request, payload, BODY_MAX).await?;
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            media_type(&request)?;
            if body.trim_ascii() == b"null" {
                return Ok(Self(T::default()));
            }
            parse(&body).map(Self)
        })
    }
}

impl<T: DeserializeOwned + Validate> FromRequest for Params<T> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_query(request.query_string()).map(Self))
    }
}

impl<T: From<PathUuid>> FromRequest for PathId<T> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request
            .match_info()
            .get("id")
            .and_then(|text| Uuid::from_str(text).ok());
        ready(
            id.map(|id| Self(PathUuid(id).into()))
                .ok_or_else(|| Fault::new(Code::NotFound)),
        )
    }
}

/// A UUID from a path, to be turned into the id type that the handler asks for.
#[derive(Clone, Copy, Debug)]
pub struct PathUuid(pub Uuid);

macro_rules! path_ids {
    ($($id:ident),+) => { $(
        impl From<PathUuid> for tollgate_contract::ids::$id {
            fn from(id: PathUuid) -> Self {
                Self(id.0)
            }
        }
    )+ };
}

path_ids!(
    AccountId,
    BudgetId,
    DisputeId,
    DocumentId,
    ExportId,
    GroupId,
    KeyId,
    PaymentId,
    PlanId,
    PolicyId,
    PriceVersionId,
    ProxyId,
    ReportId,
    RequestId,
    ScheduleId,
    SessionId,
    UserId,
    VoucherId
);

async fn receive(request: &HttpRequest, mut payload: Payload, max: usize) -> Result<BytesMut, Fault> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > max) {
        return Err(too_large(max));
    }
    let receiving = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                Fault::new(Code::BadRequest).detail(format!("The body broke off: {error}"))
            })?;
            if body.len().saturating_add(chunk.len()) > max {
                return Err(too_large(max));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    actix_web::rt::time::timeout(BODY_TIMEOUT, receiving)
        .await
        .unwrap_or_else(|_| Err(Fault::new(Code::RequestTimeout)))
}

fn too_large(max: usize) -> Fault {
    Fault::new(Code::PayloadTooLarge).detail(format!("A body takes at most {max} bytes."))
}

fn media_type(request: &HttpRequest) -> Result<(), Fault> {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let media = header(header::CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let encoding = header(header::CONTENT_ENCODING);
    if media == "application/json" && (encoding.is_empty() || encoding.eq_ignore_ascii_case("identity")) {
        return Ok(());
    }
    Err(Fault::new(Code::UnsupportedMediaType)
        .detail("Send the body uncompressed, with `content-type: application/json`."))
}

fn parse<T: DeserializeOwned + Validate>(body: &[u8]) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            let found = field_error(&path, &inner.to_string());
            return Fault::new(Code::ValidationFailed)
                .detail(told(&found))
                .fields(vec![found]);
        }
        Fault::new(Code::InvalidJson).detail(format!("It can't be read: {inner}."))
    })?;
    reader.end().map_err(|error| {
        Fault::new(Code::InvalidJson).detail(format!("There is more after its end: {error}."))
    })?;
    checked(value, Code::ValidationFailed)
}

fn read_query<T: DeserializeOwned + Validate>(query: &str) -> Result<T, Fault> {
    if query.len() > QUERY_MAX {
        return Err(
            Fault::new(Code::InvalidQuery).detail(format!("A query takes at most {QUERY_MAX} bytes."))
        );
    }
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    let value = serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        let found = field_error(&path, &error.into_inner().to_string());
        Fault::new(Code::InvalidQuery)
            .detail(told(&found))
            .fields(vec![found])
    })?;
    checked(value, Code::InvalidQuery)
}

fn checked<T: Validate>(value: T, code: Code) -> Result<T, Fault> {
    let found = faults(&value);
    match found.first() {
        None => Ok(value),
        Some(first) => Err(Fault::new(code).detail(told(first)).fields(found)),
    }
}

fn told(error: &FieldError) -> String {
    if error.field.is_empty() {
        error.message.clone()
    } else {
        format!("`{}` {}", error.field, error.message)
    }
}

/// Serde tells what is wrong in words; the field and a stable code are taken from them.
fn field_error(path: &str, message: &str) -> FieldError {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let parent = if path == "." { "" } else { path };
    let below = |name: &str| {
        let named = parent == name || parent.ends_with(&format!(".{name}"));
        if parent.is_empty() || named {
            if named { parent.to_owned() } else { name.to_owned() }
        } else {
            format!("{parent}.{name}")
        }
    };
    let (field, code, text) = if message.starts_with("unknown field") {
        (
            below(quoted),
            "unknown_field",
            message.replacen(&format!("unknown field `{quoted}`"), "is not a field here", 1),
        )
    } else if message.starts_with("missing field") {
        (below(quoted), "required", "is missing".to_owned())
    } else if message.starts_with("duplicate field") {
        (below(quoted), "duplicate", "is there twice".to_owned())
    } else if message.starts_with("unknown variant") {
        (
            parent.to_owned(),
            "unknown_value",
            format!("takes no such value: {message}"),
        )
    } else {
        (parent.to_owned(), "invalid", format!("can't be read: {message}"))
    };
    FieldError {
        field,
        code: code.to_owned(),
        message: text,
    }
}

#[cfg(test)]
mod tests;
