//! How the way through a proxy can fail, told apart by who must act: the proxy's owner, whoever typed its log-in, or the
//! target's. Never opens a connection.

use crate::client::connector::ConnectFailure;
use crate::guard::GuardError;
use http::StatusCode;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// A failure on the way through a proxy. Nothing of the request has been sent. The text names the proxy without its
/// log-in.
#[derive(Clone, Debug, thiserror::Error)]
#[error("proxy {proxy}: {failure}")]
pub struct ProxyError {
    /// The proxy as [`Proxy`](crate::Proxy) shows itself.
    pub proxy: Arc<str>,
    /// What went wrong.
    #[source]
    pub failure: ProxyFailure,
}

/// What went wrong with a proxy.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProxyFailure {
    /// The guard refuses the proxy's own address.
    #[error(transparent)]
    Blocked(GuardError),
    /// The proxy's own name could not be looked up.
    #[error("name look-up failed: {0}")]
    Dns(Arc<io::Error>),
    /// Nobody listens there.
    #[error("connection refused: {0}")]
    Refused(Arc<io::Error>),
    /// The connection to it failed in another way.
    #[error("connecting failed: {0}")]
    Unreachable(Arc<io::Error>),
    /// It did not take the connection, or did not open the tunnel, within the connect time-out.
    #[error("it did not {step} within {limit:?}")]
    Timeout {
        /// What it was waited for.
        step: ProxyStep,
        /// The connect time-out.
        limit: Duration,
    },
    /// TLS to the proxy itself failed.
    #[error("TLS to the proxy: {0}")]
    Tls(Arc<io::Error>),
    /// It refuses the log-in, or wants one.
    #[error("{0}")]
    Auth(&'static str),
    /// It refuses to open this tunnel.
    #[error("it refuses a tunnel to {target}: {answer}{}", if *.unusual_port { " (many proxies only allow port 443)" } else { "" })]
    Denied {
        /// The target, `host:port`.
        target: String,
        /// What it said.
        answer: ProxyAnswer,
        /// The target's port is another than 443, which may be the reason.
        unusual_port: bool,
    },
    /// It tried, and could not reach the target.
    #[error("it can't reach {target}: {answer}")]
    TargetUnreachable {
        /// The target, `host:port`.
        target: String,
        /// What it said.
        answer: ProxyAnswer,
    },
    /// What it says is not the protocol that its scheme names.
    #[error("{0}")]
    Protocol(&'static str),
}

/// What a proxy was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyStep {
    /// Its name's look-up and its socket.
    Connect,
    /// Its TLS handshake. Many a plain HTTP proxy waits for the end of a line that never comes.
    Tls,
    /// Its answer to SOCKS5 or CONNECT.
    Open,
}

impl fmt::Display for ProxyStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "take the connection",
            Self::Tls => "finish the TLS handshake",
            Self::Open => "open the tunnel",
        })
    }
}

/// A proxy's own answer, as a number: its words are not repeated, since nobody knows what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyAnswer {
    /// The status of its answer to CONNECT.
    Http(StatusCode),
    /// The reply field of its SOCKS5 answer (RFC 1928 section 6).
    Socks(u8),
}

impl fmt::Display for ProxyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(status) => write!(f, "it answered CONNECT with {status}"),
            Self::Socks(reply) => write!(f, "it gave SOCKS5 reply {reply}, {}", reply_meaning(*reply)),
        }
    }
}

/// RFC 1928 section 6.
fn reply_meaning(reply: u8) -> &'static str {
    match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "which is not assigned",
    }
}

impl ProxyFailure {
    /// A stable word for logs, metrics and explanations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Blocked(_) => "proxy_blocked",
            Self::Dns(_) => "proxy_dns",
            Self::Refused(_) => "proxy_refused",
            Self::Unreachable(_) => "proxy_unreachable",
            Self::Timeout { .. } => "proxy_timeout",
            Self::Tls(_) => "proxy_tls",
            Self::Auth(_) => "proxy_auth",
            Self::Denied { .. } => "proxy_denied",
            Self::TargetUnreachable { .. } => "proxy_target_unreachable",
            Self::Protocol(_) => "proxy_protocol",
        }
    }

    /// What kept us from the proxy's socket.
    pub(super) fn of_dial(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Blocked(error) => Self::Blocked(error),
            ConnectFailure::Dns(error) => Self::Dns(error),
            ConnectFailure::Timeout(limit) => Self::Timeout {
                step: ProxyStep::Connect,
                limit,
            },
            ConnectFailure::Tls(error) => Self::Tls(error),
            ConnectFailure::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Self::Refused(error)
            }
            ConnectFailure::Io(error) => Self::Unreachable(error),
            ConnectFailure::Proxy(error) => error.failure,
        }
    }

    /// A connection that broke while the proxy should have been talking.
    pub(super) fn broken(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => {
                Self::Protocol("it closed the connection instead of answering; is its scheme right?")
            }
            _ => Self::Unreachable(Arc::new(error)),
        }
    }
}
