//! Over a real connection: every path answers, scripts fail in each vendor's own way, and the log knows what was told.

use super::{good, headers};
use crate::harness::http::{Connection, Reply, Request};
use crate::harness::upstream::answer::{Answer, Usage};
use crate::harness::upstream::script::{Ending, Script};
use crate::harness::upstream::{Seen, Upstream};
use serde_json::{Value, json};

fn send(upstream: &Upstream, path: &str, body: &Value, credential: &str) -> (Reply, Seen) {
    let mut request = Request::post(path).body(body.to_string());
    request.headers.extend(headers(credential));
    let reply = Connection::open(upstream.address).exchange(&request);
    let seen = upstream.seen().pop().expect("it was seen");
    (reply, seen)
}

#[test]
fn every_path_answers_a_good_request() {
    let upstream = Upstream::start();
    let usage = Usage {
        input: 100,
        output: 50,
        cache_read: 7,
        ..Usage::default()
    };
    upstream.always(Answer::costing(usage).into());
    for (path, body, credential) in good() {
        let (reply, seen) = send(&upstream, path, &body, credential);
        assert_eq!(
            (reply.status, seen.refused),
            (200, None),
            "{path}: {}",
            reply.text()
        );
        assert_eq!(reply.body, seen.sent, "{path}");
        let free = [
            "count_tokens",
            "input_tokens",
            "countTokens",
            "mbedContent",
            "v1internal:l",
            "v1internal:o",
            "v1internal:r",
        ];
        let expected = match path {
            path if free.iter().any(|part| path.contains(part)) => None,
            path if path.contains("embeddings") => Some(Usage::of(107, 0)),
            path if path.contains("images") => Some(Usage::of(107, 50)),
            _ => Some(usage),
        };
        assert_eq!(seen.told, expected, "{path}");
    }
}

/// Status, kind or code, and the hint of when to come again.
fn shown(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let error = &body["error"];
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let kind = reply
        .header("x-amzn-errortype")
        .map(str::to_owned)
        .or_else(|| word(&error["status"]))
        .or_else(|| word(&error["code"]))
        .or_else(|| word(&error["type"]));
    let hint = reply.header("retry-after").map(str::to_owned);
    let hint = hint.or_else(|| word(&error["details"][0]["retryDelay"]));
    (reply.status, kind.unwrap_or_default(), hint.unwrap_or_default())
}

#[test]
fn scripts_fail_in_each_vendors_own_words() {
    let upstream = Upstream::start();
    let paths = [
        "/v1/messages",
        "/v1/chat/completions",
        "/openai/v1/responses",
        "/v1beta/models/g:generateContent",
        "/model/amazon.nova-v1%3A0/converse",
    ];
    let of = |status: u16, kind: &str, hint: &str| (status, kind.to_owned(), hint.to_owned());
    let table = [
        (
            Script::rate_limited(20),
            [
                of(429, "rate_limit_error", "20"),
                of(429, "rate_limit_exceeded", "20"),
                of(429, "429", "20"),
                of(429, "RESOURCE_EXHAUSTED", "20s"),
                of(429, "ThrottlingException", ""),
            ],
        ),
        (
            Script::unauthorized(),
            [
                of(401, "authentication_error", ""),
                of(401, "invalid_api_key", ""),
                of(401, "401", ""),
                of(400, "INVALID_ARGUMENT", ""),
                of(403, "UnrecognizedClientException", ""),
            ],
        ),
        (
            Script::overloaded(),
            [
                of(529, "overloaded_error", ""),
                of(503, "server_error", ""),
                of(503, "server_error", ""),
                of(503, "UNAVAILABLE", ""),
                of(503, "ServiceUnavailableException", ""),
            ],
        ),
        (
            Script::out_of_credit(),
            [
                of(400, "invalid_request_error", ""),
                of(429, "insufficient_quota", ""),
                of(429, "429", ""),
                of(429, "RESOURCE_EXHAUSTED", ""),
                of(400, "ServiceQuotaExceededException", ""),
            ],
        ),
    ];
    for (script, expected) in table {
        for (path, expected) in paths.iter().zip(expected) {
            upstream.next(script.clone().header("x-more", "1"));
            let (_, body, credential) = good()
                .into_iter()
                .find(|(other, ..)| other == path)
                .expect("a path");
            let (reply, seen) = send(&upstream, path, &body, credential);
            assert_eq!(shown(&reply), expected, "{path}: {}", reply.text());
            assert_eq!((reply.header("x-more"), seen.told), (Some("1"), None), "{path}");
        }
    }
}

#[test]
fn a_stream_that_fails_says_so_in_its_own_format() {
    let upstream = Upstream::start();
    upstream.always(Answer::default().ending(Ending::Error(3)).into());
    for (path, body, credential) in good() {
        let mark = match path {
            "/v1/messages" => "event: error",
            "/v1/chat/completions" | "/v1/completions" => "data: {\"error\":",
            "/v1/responses" | "/openai/v1/responses" => "event: response.failed",
            _ if path.contains("streamGenerate") => "\"status\":\"UNAVAILABLE\"",
            _ if path.ends_with("-stream") => "modelStreamErrorException",
            _ => continue,
        };
        let mut body = body;
        if !path.contains(':') && !path.contains("/model/") {
            body["stream"] = json!(true);
        }
        let (reply, seen) = send(&upstream, path, &body, credential);
        assert_eq!((reply.status, reply.broken), (200, None), "{path}");
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(text.contains(mark), "{path}: {text}");
        assert_eq!(seen.told, None, "{path} told figures that never came");
    }
}

#[test]
fn what_no_vendor_has_is_not_found() {
    let upstream = Upstream::start();
    let (reply, seen) = send(&upstream, "/v2/everything", &json!({}), "x-api-key");
    assert_eq!(reply.status, 404);
    assert!(seen.refused.is_some());
    let (reply, _) = send(&upstream, "/v1/chat/completions", &json!([]), "authorization");
    assert_eq!(
        (reply.status, reply.json()["error"]["type"].clone()),
        (400, json!("invalid_request_error"))
    );
}

#[test]
fn a_streams_figures_are_in_the_log_when_they_were_told_and_not_before() {
    let upstream = Upstream::start();
    let usage = Usage::of(100, 50);
    for (path, body, credential) in good() {
        let by_path = path.contains("streamGenerate") || path.ends_with("-stream");
        let by_body = path == "/v1/messages" || path.ends_with("completions") || path.ends_with("responses");
        if !by_path && !by_body {
            continue;
        }
        let mut body = body;
        if by_body {
            body["stream"] = json!(true);
        }
        if path.ends_with("completions") {
            let (_, seen) = told(&upstream, path, &body, credential, Ending::Complete);
            assert_eq!(seen.told, None, "{path} was not asked");
            body["stream_options"] = json!({"include_usage": true});
        }
        let (reply, seen) = told(&upstream, path, &body, credential, Ending::Complete);
        assert_eq!((seen.told, reply.body), (Some(usage), seen.sent), "{path}");
        let (_, seen) = told(&upstream, path, &body, credential, Ending::Fin(2));
        assert_eq!(seen.told, None, "{path} was cut before");
    }
}

fn told(upstream: &Upstream, path: &str, body: &Value, credential: &str, ending: Ending) -> (Reply, Seen) {
    upstream.next(Answer::costing(Usage::of(100, 50)).ending(ending).into());
    send(upstream, path, body, credential)
}
