//! The client's side of HTTP CONNECT (RFC 9110 section 9.3.6) with the Basic log-in (RFC 7617). It is used for `http`
//! targets as well, so that no proxy ever reads or rewrites a request. Never resolves a name, never keeps the time.
//!
//! hyper-util's own `Tunnel` is not used: it asks for port 443 where an `http` URL names none, swallows bytes behind the
//! proxy's answer, and does not tell which status the proxy gave.

use super::Target;
use super::failure::{ProxyAnswer, ProxyFailure};
use super::link::Link;
use crate::proxy::Proxy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes of the proxy's answer. Squid's longest, with `Via` and error headers, stay under 1 KiB.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Headers of the proxy's answer.
const HEADERS_MAX: usize = 64;

/// Asks the proxy at the other end of `link` for a tunnel to `target`.
pub(super) async fn open(link: &mut Link, proxy: &Proxy, target: &Target) -> Result<(), ProxyFailure> {
    let login = proxy.username().map(|name| {
        let password = proxy.password().map_or("", ExposeSecret::expose_secret);
        let login = STANDARD.encode(format!("{name}:{password}"));
        format!("Proxy-Authorization: Basic {login}\r\n")
    });
    let login = login.unwrap_or_default();
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n");
    link.write_all(request.as_bytes())
        .await
        .map_err(ProxyFailure::broken)?;
    link.flush().await.map_err(ProxyFailure::broken)?;
    let status = final_status(link).await?;
    match status.as_u16() {
        200..=299 => Ok(()),
        401 | 407 if proxy.username().is_some() => Err(ProxyFailure::Auth(
            "it refuses the user name or password, or wants another kind of log-in than Basic",
        )),
        401 | 407 => Err(ProxyFailure::Auth(
            "it wants a user name and password, and none is set",
        )),
        500..=599 => Err(target.unreachable(ProxyAnswer::Http(status))),
        _ => Err(target.denied(ProxyAnswer::Http(status))),
    }
}

/// The status of the answer, past interim ones (RFC 9110 section 15.2).
async fn final_status(link: &mut Link) -> Result<StatusCode, ProxyFailure> {
    let mut head = Vec::with_capacity(1024);
    loop {
        match read_status(&head)? {
            Some((status, length)) if status.is_informational() => {
                head.drain(..length);
            }
            // A server in a tunnel waits for us to begin, be it with TLS or with a request: what comes before is no answer
            // to either and must not be taken for one. A refusal's body is of no use.
            Some((status, length)) if status.is_success() && length < head.len() => {
                return Err(ProxyFailure::Protocol("it sent more than the answer to CONNECT"));
            }
            Some((status, _)) => return Ok(status),
            None if head.len() >= HEAD_BYTES_MAX => {
                return Err(ProxyFailure::Protocol("its answer's headers are over 16 KiB"));
            }
            None => {
                if link.read_buf(&mut head).await.map_err(ProxyFailure::broken)? == 0 {
                    return Err(ProxyFailure::broken(std::io::ErrorKind::UnexpectedEof.into()));
                }
            }
        }
    }
}

/// Status and length of a whole answer's head; `None` while it is not all here.
fn read_status(bytes: &[u8]) -> Result<Option<(StatusCode, usize)>, ProxyFailure> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let no_http = |_| ProxyFailure::Protocol("its answer is not HTTP; is its scheme right?");
    let httparse::Status::Complete(length) = response.parse(bytes).map_err(no_http)? else {
        return Ok(None);
    };
    let status = StatusCode::from_u16(response.code.unwrap_or_default())
        .map_err(|_| ProxyFailure::Protocol("its answer has no valid status"))?;
    Ok(Some((status, length)))
}
