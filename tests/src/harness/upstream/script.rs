//! How an answer goes, or fails.

use super::answer::Answer;
use serde_json::json;
use std::time::Duration;

/// What the upstream does with one request.
#[derive(Clone, Debug)]
pub enum Script {
    /// Answers in Claude's format, plain or streamed as asked.
    Answer(Answer),
    /// Answers so, with a length and a connection that stays.
    Fixed {
        /// The status.
        status: u16,
        /// Besides the length.
        headers: Vec<(String, String)>,
        /// As it is.
        body: Vec<u8>,
    },
    /// Sends these bytes as they are, head included, and closes.
    Raw(Vec<u8>),
    /// Sends these bytes as they are, head included, and then nothing more.
    Hanging(Vec<u8>),
    /// A streamed answer whose first line never ends: so many bytes, then it hangs.
    EndlessLine(usize),
    /// Never answers.
    Silent,
    /// Closes at once.
    Close,
    /// Resets at once.
    Reset,
}

/// How a streamed answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// In order.
    #[default]
    Complete,
    /// After so many events the connection is closed without the framing's end.
    Fin(usize),
    /// After so many events the connection is reset.
    Rst(usize),
    /// Closed in the middle of the event after so many.
    HalfEvent(usize),
    /// After so many events the framing ends in order, but the format's last event never comes.
    TidyButShort(usize),
    /// After so many events comes an error event, then the framing's end.
    Error(usize),
    /// After so many events nothing more comes.
    Hang(usize),
}

impl Default for Script {
    fn default() -> Self {
        Self::Answer(Answer::default())
    }
}

impl From<Answer> for Script {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl Script {
    /// An error in Claude's format.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_upstream"});
        Self::Fixed {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
        }
    }

    /// 529.
    pub fn overloaded() -> Self {
        Self::error(529, "overloaded_error", "Overloaded")
    }

    /// 401, as for a wrong credential.
    pub fn unauthorized() -> Self {
        Self::error(401, "authentication_error", "invalid x-api-key")
    }

    /// 500.
    pub fn broken() -> Self {
        Self::error(
            500,
            "api_error",
            "Internal server error at 10.3.2.1 (secret-backend)",
        )
    }

    /// 429 whose window ends in so many seconds.
    pub fn rate_limited(reset_secs: u64) -> Self {
        let reset = chrono::Utc::now() + Duration::from_secs(reset_secs);
        Self::error(
            429,
            "rate_limit_error",
            "This request would exceed your rate limit",
        )
        .header("retry-after", &reset_secs.to_string())
        .header("anthropic-ratelimit-requests-remaining", "0")
        .header("anthropic-ratelimit-requests-reset", &reset.to_rfc3339())
        .header(
            "anthropic-ratelimit-unified-reset",
            &reset.timestamp().to_string(),
        )
    }

    /// Adds a header to a fixed answer.
    pub fn header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Fixed {
                status,
                mut headers,
                body,
            } => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Fixed {
                    status,
                    headers,
                    body,
                }
            }
            other => other,
        }
    }

    /// Not HTTP at all.
    pub fn garbage() -> Self {
        Self::Raw(b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n\x00\xff".to_vec())
    }

    /// 200 with a body that is not what its type says.
    pub fn garbage_body() -> Self {
        Self::Fixed {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: b"<html>backend-7 says: not json</html>".to_vec(),
        }
    }

    /// A gzip body, which nobody asked for. The bytes are the gzip of `{}`.
    pub fn gzip() -> Self {
        Self::Fixed {
            status: 200,
            headers: vec![
                ("content-type".into(), "application/json".into()),
                ("content-encoding".into(), "gzip".into()),
            ],
            body: vec![
                0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
            ],
        }
    }
}
