//! How a send can fail, told apart by what the caller may do next: another account, the same again, or nothing.

use super::connector::ConnectFailure;
use super::tunnel::ProxyError;
use crate::guard::GuardError;
use hyper_util::client::legacy;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Why no answer came. The texts are for logs; what a client of ours reads is the relay's to say.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The guard refuses the destination. The account's base URL must change; trying again will not help.
    #[error(transparent)]
    Blocked(#[from] GuardError),
    /// The host's name could not be resolved.
    #[error("name look-up failed: {0}")]
    Dns(#[source] Arc<io::Error>),
    /// Nobody listens there.
    #[error("connection refused: {0}")]
    Refused(#[source] Arc<io::Error>),
    /// The connection failed in another way: unreachable, reset while connecting.
    #[error("connecting failed: {0}")]
    Connect(#[source] Arc<io::Error>),
    /// No connection within the connect time-out.
    #[error("connecting took longer than {0:?}")]
    ConnectTimeout(Duration),
    /// The handshake failed: an untrusted or wrong certificate, or no TLS at all.
    #[error("TLS: {0}")]
    Tls(#[source] Arc<io::Error>),
    /// The way through the account's proxy failed; no other way was tried.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The upstream closed or reset the connection before its answer began.
    #[error("connection closed before an answer ({}): {source}", if *.may_have_been_sent { "the request may have arrived" } else { "nothing was sent" })]
    Closed {
        /// Whether the upstream may have got the request: then a retry can cost twice.
        may_have_been_sent: bool,
        /// What the client saw.
        source: legacy::Error,
    },
    /// What came back is not HTTP.
    #[error("the answer is not valid HTTP: {0:?}")]
    Garbage(#[source] legacy::Error),
    /// More than `RESPONSE_HEADERS_MAX` headers, or a head above `RESPONSE_HEAD_BYTES_MAX`.
    #[error("the answer's headers are over the limit: {0:?}")]
    HeadersTooLarge(#[source] legacy::Error),
    /// No headers within the time-out of this request.
    #[error("no answer within {0:?}")]
    HeaderTimeout(Duration),
    /// The request itself cannot be sent (a relative URI, for one): our fault.
    #[error("the request cannot be sent: {0:?}")]
    Request(#[source] legacy::Error),
}

impl SendError {
    /// Whether the upstream may have received the request, and so may have done (and billed) the work. When false, a
    /// retry is always safe.
    pub fn may_have_been_sent(&self) -> bool {
        match self {
            Self::Blocked(_)
            | Self::Dns(_)
            | Self::Refused(_)
            | Self::Connect(_)
            | Self::ConnectTimeout(_)
            | Self::Tls(_)
            | Self::Proxy(_)
            | Self::Request(_) => false,
            Self::Closed {
                may_have_been_sent, ..
            } => *may_have_been_sent,
            // The time-out covers connecting too, but by then it is not known how far the request got.
            Self::Garbage(_) | Self::HeadersTooLarge(_) | Self::HeaderTimeout(_) => true,
        }
    }

    /// A stable word for logs, metrics and explanations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Blocked(_) => "blocked",
            Self::Dns(_) => "dns",
            Self::Refused(_) => "connect_refused",
            Self::Connect(_) => "connect_failed",
            Self::ConnectTimeout(_) => "connect_timeout",
            Self::Tls(_) => "tls",
            Self::Proxy(error) => error.failure.code(),
            Self::Closed { .. } => "closed_before_answer",
            Self::Garbage(_) => "garbage",
            Self::HeadersTooLarge(_) => "headers_too_large",
            Self::HeaderTimeout(_) => "header_timeout",
            Self::Request(_) => "bad_request",
        }
    }

    pub(super) fn from_client(error: legacy::Error) -> Self {
        if let Some(failure) = find::<ConnectFailure>(&error) {
            return failure.clone().into();
        }
        if error.is_connect() {
            return Self::Connect(Arc::new(io::Error::other(format!("{error:?}"))));
        }
        let Some(inner) = find::<hyper::Error>(&error) else {
            return Self::Request(error);
        };
        if inner.is_parse_too_large() {
            Self::HeadersTooLarge(error)
        } else if inner.is_parse() {
            Self::Garbage(error)
        } else {
            // "Cancelled" and "channel closed" mean that the connection ended before it took the request.
            let may_have_been_sent = !(inner.is_canceled() || inner.is_closed());
            Self::Closed {
                may_have_been_sent,
                source: error,
            }
        }
    }
}

impl From<ConnectFailure> for SendError {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Blocked(error) => Self::Blocked(error),
            ConnectFailure::Dns(error) => Self::Dns(error),
            ConnectFailure::Timeout(limit) => Self::ConnectTimeout(limit),
            ConnectFailure::Tls(error) => Self::Tls(error),
            ConnectFailure::Proxy(error) => Self::Proxy(error),
            ConnectFailure::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Self::Refused(error)
            }
            ConnectFailure::Io(error) => Self::Connect(error),
        }
    }
}

/// The first error of type `E` among the causes.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut current = error.source();
    while let Some(cause) = current {
        if let Some(found) = cause.downcast_ref::<E>() {
            return Some(found);
        }
        current = cause.source();
    }
    None
}
