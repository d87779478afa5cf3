//! The first room: what a client sent, read within bounds. Which key, which body bytes, from whom.
//! Never in here: whether the key is good, and what the body means.

use crate::parts::RelayParts;
use crate::refusal::{Refusal, Retry};
use crate::socket::ClientSocket;
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use secrecy::SecretString;
use std::time::{Duration, Instant};
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_http::ClientAddress;
use tollgate_store::looks_like_key;
use tollgate_wire::error::ErrorKind;

use crate::memory::Held;

/// A pause within a body longer than this is taken for a client that is gone or wants to hold us.
const BODY_PAUSE_MAX: Duration = Duration::from_secs(30);
/// A body has this long, and longer by a second for each so many bytes: slower than any line a client works over.
const BODY_TIME: Duration = Duration::from_mins(1);
const BODY_BYTES_PER_SECOND_MIN: usize = 50_000;
/// Room made for an announced body before its bytes are here; the rest follows as they come.
const BODY_ROOM_FIRST: usize = 1 << 20;
/// Longest client name and client request id that are kept.
const CLIENT_MAX: usize = 200;
const CLIENT_ID_MAX: usize = 128;
/// Headers in which clients tell their session: Claude Code's and Codex's.
const SESSION_HEADERS: [&str; 4] = [
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "thread-id",
];
/// Names of the query's parameter and of the headers in which v1's clients give their key, in v1's order.
const KEY_PARAMETER: &str = "key";
const KEY_HEADERS: [&str; 2] = ["x-api-key", "x-goog-api-key"];
const KEY_HEADER_LAST: &str = "api-key";

/// What is known of a request before its body is read.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Minted here; its time decides partition, window and price version.
    pub(crate) id: RequestId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) began: Instant,
    /// The client's path.
    pub(crate) path: String,
    /// The client's query without its key; empty where there is none.
    pub(crate) query: String,
    /// How the client calls itself.
    pub(crate) client: String,
    /// The client's own id of the request.
    pub(crate) client_request_id: String,
    /// The client's session, where a header tells it.
    pub(crate) session: Option<String>,
    /// By whom guesses are counted.
    pub(crate) address: String,
    /// From where it comes, as far as our own proxies tell.
    pub(crate) from: ClientAddress,
    pub(crate) socket: Option<ClientSocket>,
}

impl Arrival {
    pub(crate) fn of(request: &HttpRequest, parts: &RelayParts) -> Self {
        let (clock, from) = (parts.clock(), parts.deps().trusted_proxies.client(request));
        let text = |name: &str, limit: usize| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().chars().take(limit).collect::<String>()
        };
        Self {
            id: RequestId(clock.new_id()),
            at: clock.now(),
            began: clock.monotonic(),
            path: request.path().to_owned(),
            query: without_key(request.query_string()),
            client: text("user-agent", CLIENT_MAX),
            client_request_id: text("x-request-id", CLIENT_ID_MAX),
            session: SESSION_HEADERS
                .iter()
                .map(|name| text(name, CLIENT_ID_MAX))
                .find(|session| !session.is_empty()),
            address: from.bucket(),
            from,
            socket: request.conn_data::<ClientSocket>().cloned(),
        }
    }
}

/// The secret that the client presents.
///
/// # Errors
/// If there is none, or it can't be a key.
pub(crate) fn presented_key(request: &HttpRequest) -> Result<SecretString, Refusal> {
    let secret = find_key(request.headers(), request.query_string()).ok_or_else(|| {
        let message = "Missing API key: send it as `x-api-key` or as `Authorization: Bearer …`.";
        Refusal::for_good(ErrorKind::Authentication, "key_missing", message)
    })?;
    if looks_like_key(&secret) {
        return Ok(secret.into());
    }
    let message = "Invalid API key format: a key has 10 to 512 visible ASCII characters.";
    Err(Refusal::for_good(
        ErrorKind::Authentication,
        "key_malformed",
        message,
    ))
}

fn find_key(headers: &HeaderMap, query: &str) -> Option<String> {
    let text = |name: &str| {
        let value = String::from_utf8_lossy(headers.get(name)?.as_bytes())
            .trim()
            .to_owned();
        (!value.is_empty()).then_some(value)
    };
    let bearer = || {
        let value = text(header::AUTHORIZATION.as_str())?;
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
    };
    let parameter = || {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(name, value)| name == KEY_PARAMETER && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    };
    KEY_HEADERS
        .iter()
        .find_map(|name| text(name))
        .or_else(bearer)
        .or_else(|| text(KEY_HEADER_LAST))
        .or_else(parameter)
}

/// The query as it may go upstream: everything but the client's key, otherwise as it was sent.
fn without_key(query: &str) -> String {
    let is_key = |pair: &&str| {
        let name = url::form_urlencoded::parse(pair.as_bytes()).next();
        name.is_some_and(|(name, _)| name == KEY_PARAMETER)
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_key(pair))
        .collect();
    kept.join("&")
}

/// Reads the body, and what it holds of the node's budget: bytes count as they arrive, so that announcing costs nobody
/// anything.
///
/// # Errors
/// Too large, too slow, broken off, compressed, or too much in flight already.
pub(crate) async fn read_body(
    request: &HttpRequest,
    mut payload: Payload,
    parts: &RelayParts,
    tenant: TenantId,
) -> Result<(Bytes, Held), Refusal> {
    let limit = parts.settings().body_max;
    refuse_encoding(request.headers())?;
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    within(announced.unwrap_or(0), limit)?;
    let (mut held, began) = (parts.bodies().hold(tenant), parts.clock().monotonic());
    let mut body = BytesMut::new();
    loop {
        let chunk = match tokio::time::timeout(BODY_PAUSE_MAX, payload.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(broken_off(&error)),
            Err(_) => return Err(too_slow()),
        };
        let length = body.len().saturating_add(chunk.len());
        within(length, limit)?;
        reserve(&mut held, chunk.len())?;
        if parts.clock().monotonic().saturating_duration_since(began) > time_for(length) {
            return Err(too_slow());
        }
        if body.is_empty() {
            body.reserve(announced.unwrap_or(0).min(BODY_ROOM_FIRST));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body.freeze(), held))
}

/// How long a client may take for so many bytes.
fn time_for(bytes: usize) -> Duration {
    let seconds = u64::try_from(bytes / BODY_BYTES_PER_SECOND_MIN).unwrap_or(u64::MAX);
    BODY_TIME.saturating_add(Duration::from_secs(seconds))
}

/// Refuses a body that is larger than the limit.
pub(crate) fn within(length: usize, limit: usize) -> Result<(), Refusal> {
    if length <= limit {
        return Ok(());
    }
    let message = format!(
        "The request body is too large: at most {} are taken.",
        size(limit)
    );
    Err(Refusal::for_good(
        ErrorKind::RequestTooLarge,
        "body_too_large",
        message,
    ))
}

/// Bytes in the largest unit that tells them exactly.
fn size(bytes: usize) -> String {
    let units = [
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    let whole = units
        .iter()
        .find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    whole.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{} {name}", bytes / unit),
    )
}

/// Makes room for so many bytes of a body.
pub(crate) fn reserve(held: &mut Held, bytes: usize) -> Result<(), Refusal> {
    if held.grow(bytes) {
        return Ok(());
    }
    let message = "The gateway holds as many bodies as it may, or as it may for this organisation; try again in a moment.";
    let wait = Retry::After(Duration::from_secs(1));
    Err(Refusal::for_now(
        ErrorKind::Unavailable,
        "bodies_in_flight",
        message,
        wait,
    ))
}

fn refuse_encoding(headers: &HeaderMap) -> Result<(), Refusal> {
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(header::HeaderValue::as_bytes)
        .unwrap_or_default();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") {
        return Ok(());
    }
    let message = "The request body is compressed (`content-encoding`); send it as it is.";
    Err(Refusal::for_good(
        ErrorKind::InvalidRequest,
        "body_encoded",
        message,
    ))
}

fn broken_off(error: &actix_web::error::PayloadError) -> Refusal {
    let message = format!("The request body could not be read to its end: {error}.");
    Refusal::for_good(ErrorKind::InvalidRequest, "body_broken_off", message)
}

fn too_slow() -> Refusal {
    let message = "The request body came too slowly.";
    Refusal::for_now(ErrorKind::RequestTimeout, "body_too_slow", message, Retry::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use secrecy::ExposeSecret;

    fn presented(headers: &[(&'static str, &'static str)], query: &str) -> Result<String, &'static str> {
        let mut request = TestRequest::with_uri(&format!("/api/v1/messages?{query}"));
        for header in headers {
            request = request.append_header(*header);
        }
        let found = presented_key(&request.to_http_request());
        found
            .map(|secret| secret.expose_secret().to_owned())
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn keys_are_looked_for_in_v1s_order() {
        let all = [
            ("x-api-key", "cr_aaaaaaaaa"),
            ("x-goog-api-key", "cr_bbbbbbbbb"),
            ("authorization", "bearer  cr_ccccccccc "),
            ("api-key", "cr_ddddddddd"),
        ];
        let expected = ["cr_aaaaaaaaa", "cr_bbbbbbbbb", "cr_ccccccccc", "cr_ddddddddd"];
        for (n, secret) in expected.iter().enumerate() {
            assert_eq!(presented(&all[n..], "key=cr_eeeeeeeee").as_deref(), Ok(*secret));
        }
        assert_eq!(
            presented(&[], "a=b&key=cr_eeeeeeeee").as_deref(),
            Ok("cr_eeeeeeeee")
        );
        assert_eq!(presented(&[("x-api-key", "")], ""), Err("key_missing"));
        assert_eq!(
            presented(&[("authorization", "Basic abc")], ""),
            Err("key_missing")
        );
        assert_eq!(presented(&[("x-api-key", "short")], ""), Err("key_malformed"));
    }

    #[test]
    fn a_limit_is_told_in_the_unit_it_was_set_in() {
        assert_eq!(size(256 << 10), "256 KiB");
        assert_eq!(size(60_000_000), "60 MB");
        assert_eq!(size(60_000_001), "60000001 bytes");
    }

    #[test]
    fn a_query_goes_on_without_the_key_and_otherwise_unchanged() {
        assert_eq!(without_key("beta=true&key=cr_secret&x=%20y"), "beta=true&x=%20y");
        assert_eq!(without_key("k%65y=cr_secret"), "");
        assert_eq!(without_key(""), "");
        assert_eq!(without_key("keys=1"), "keys=1");
    }
}
