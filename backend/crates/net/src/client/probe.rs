//! Trying a proxy: one new tunnel, one request without a body, and how long it took. Never a pool, never credentials of an
//! account.

use super::{ClientSettings, SendError, UpstreamClient, pooled};
use crate::guard::GuardError;
use crate::proxy::Proxy;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::client::legacy::connect::capture_connection;
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// Who asks: ourselves, by name.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION")));

/// A proxy that led to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyCheck {
    /// Milliseconds until the tunnel stood, the target's TLS included.
    pub connect_ms: u64,
    /// Milliseconds until the target's headers.
    pub total_ms: u64,
    /// What the target answered. Any status says that it was reached.
    pub status: StatusCode,
}

impl UpstreamClient {
    /// Opens a new tunnel through `proxy` to `target` (TLS included if it is `https`), sends one `HEAD` and waits for the
    /// headers. Three quarters of `timeout` at most go into connecting, so that a proxy which does not lead anywhere
    /// is told apart from a target which does not answer. The connection is closed afterwards.
    ///
    /// # Errors
    /// As [`UpstreamClient::send`], and if the guard refuses `target`.
    pub async fn try_proxy(
        &self,
        proxy: &Proxy,
        target: &Url,
        timeout: Duration,
    ) -> Result<ProxyCheck, SendError> {
        self.proxied.guard().check_url(target)?;
        let settings = ClientSettings {
            connect_timeout: self.proxied.settings().connect_timeout.min(timeout / 4 * 3),
            pool_idle_max_per_host: 0,
            ..self.proxied.settings().clone()
        };
        let connector = self.proxied.connector(proxy, settings.connect_timeout);
        let mut request = Request::head(target.as_str())
            .header(header::USER_AGENT, AGENT)
            .body(Full::<Bytes>::default())
            .map_err(|_| GuardError::Host)?;
        let mut connection = capture_connection(&mut request);
        let client = pooled(connector, &settings);
        let start = Instant::now();
        let deadline = start + timeout;
        let mut connected = None;
        let mut answer = pin!(client.request(request));
        let response = loop {
            tokio::select! {
                biased;
                _ = connection.wait_for_connection_metadata(), if connected.is_none() => {
                    connected = Some(Instant::now());
                }
                answered = &mut answer => break answered.map_err(SendError::from_client)?,
                () = tokio::time::sleep_until(deadline) => return Err(SendError::HeaderTimeout(timeout)),
            }
        };
        let end = Instant::now();
        let since_start = |then: Instant| u64::try_from((then - start).as_millis()).unwrap_or(u64::MAX);
        Ok(ProxyCheck {
            connect_ms: since_start(connected.unwrap_or(end)),
            total_ms: since_start(end),
            status: response.status(),
        })
    }
}
