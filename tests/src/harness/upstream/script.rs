//! How an answer goes, or fails.

use super::answer::Answer;
use std::time::Duration;

/// What the upstream does with one request.
#[derive(Clone, Debug)]
pub enum Script {
    /// Answers in the format of the path that was called, plain or streamed as asked.
    Answer(Answer),
    /// Refuses in the format of the path that was called.
    Error {
        /// What is wrong.
        fault: Fault,
        /// Besides the vendor's own.
        headers: Vec<(String, String)>,
    },
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

/// What a vendor refuses, in no vendor's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Claude's status; vendors that have another one for its kind use that.
    pub status: u16,
    /// Claude's word for it (`rate_limit_error` …); other formats have words of their own for each.
    pub kind: String,
    /// For people.
    pub message: String,
    /// The field at fault, for formats that name it apart.
    pub field: Option<String>,
    /// When to come again, for vendors that say so.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// Of this kind.
    pub fn new(status: u16, kind: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind.to_owned(),
            message: message.into(),
            field: None,
            retry_after: None,
        }
    }

    /// A faulty body; the message says which field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(400, "invalid_request_error", message)
        }
    }

    /// A credential that is not there or not of the vendor's kind.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "authentication_error", message)
    }

    /// A path or thing that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "not_found_error", message)
    }
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
    /// After so many events comes an error in the format's own manner, then the framing's end.
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

impl From<Fault> for Script {
    fn from(fault: Fault) -> Self {
        Self::Error {
            fault,
            headers: Vec::new(),
        }
    }
}

impl Script {
    /// An error, named by Claude's status and word.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        Fault::new(status, kind, message).into()
    }

    /// 529, or what else the vendor says when it has too much to do.
    pub fn overloaded() -> Self {
        Self::error(529, "overloaded_error", "Overloaded")
    }

    /// 401, or what else the vendor says to a wrong credential.
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

    /// 429 whose window ends in so many seconds, told as the vendor tells it.
    pub fn rate_limited(reset_secs: u64) -> Self {
        Fault {
            retry_after: Some(Duration::from_secs(reset_secs)),
            ..Fault::new(
                429,
                "rate_limit_error",
                "This request would exceed your rate limit",
            )
        }
        .into()
    }

    /// The account has nothing left to spend, told as the vendor tells it.
    pub fn out_of_credit() -> Self {
        Self::error(
            402,
            "billing_error",
            "Your credit balance is too low to access the API. Please buy credits.",
        )
    }

    /// Adds a header to an error or a fixed answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Fixed { headers, .. } | Self::Error { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
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
