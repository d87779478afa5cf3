//! The upstream HTTP client: HTTP/1.1 over pooled connections, made once per worker thread so that a stream never
//! changes thread. It goes straight to the host or through the proxy that the caller names, never through one from the
//! environment, and never straight when a proxy is named. It follows no redirect, adds no header but `host` and decodes
//! nothing. Retries across accounts, credentials and body time-outs are the relay's.

mod connector;
mod error;
mod probe;
mod proxies;
mod tls;
mod tunnel;

pub use error::SendError;
pub use probe::ProxyCheck;
pub use tls::{TlsError, UpstreamTls};
pub use tunnel::{ProxyAnswer, ProxyError, ProxyFailure, ProxyStep};

use crate::guard::NetGuard;
use crate::proxy::Proxy;
use bytes::Bytes;
use connector::{GuardedConnector, GuardedResolver};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use proxies::ProxyPools;
use std::sync::Arc;
use std::time::Duration;
use tunnel::TunnelParts;

/// From the first DNS packet to the end of the TLS handshake, all hops of a way through a proxy included. Vendors answer
/// a handshake well under a second; 10 s leaves room for lost packets, and failing over after it is still within what a
/// client waits.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Idle connections leave before the other side drops them: load balancers and CDNs in front of the vendors close
/// at 60 s or later, and a request sent into a closing connection is one that cannot be retried safely.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// Idle connections kept per host and worker. More than a worker has requests in flight to one host on an ordinary
/// day; a burst above it closes its surplus instead of holding sockets and 8 KiB buffers for `POOL_IDLE_TIMEOUT`.
pub const POOL_IDLE_MAX_PER_HOST: usize = 128;

/// Response headers accepted. Vendors send 20 to 50; hyper keeps room for 100 without allocating.
pub const RESPONSE_HEADERS_MAX: usize = 100;

/// Bytes of a response's status line and headers, and of one body read. Vendors stay under 8 KiB. hyper checks it
/// between reads, so a head up to twice as large can still get through.
pub const RESPONSE_HEAD_BYTES_MAX: usize = 64 * 1024;

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Bound on resolving, connecting, a proxy's handshake and TLS together.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept.
    pub pool_idle_timeout: Duration,
    /// How many unused connections are kept per host, and per proxy and host.
    pub pool_idle_max_per_host: usize,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            connect_timeout: CONNECT_TIMEOUT,
            pool_idle_timeout: POOL_IDLE_TIMEOUT,
            pool_idle_max_per_host: POOL_IDLE_MAX_PER_HOST,
        }
    }
}

/// One worker's connections to upstream hosts. Make it on the worker's own runtime thread: a connection is driven by
/// the runtime on which its first request ran, and ends with it. Clones share the pools.
///
/// There is a pool for the direct way and one for each proxy, so that a connection is found by (proxy, scheme, host,
/// port) and two proxies never share one.
#[derive(Clone)]
pub struct UpstreamClient {
    direct: PooledClient<GuardedConnector>,
    proxied: Arc<ProxyPools>,
}

type PooledClient<C> = Client<C, Full<Bytes>>;

impl std::fmt::Debug for UpstreamClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamClient").finish_non_exhaustive()
    }
}

impl UpstreamClient {
    /// Builds the client; opens nothing yet.
    pub fn new(guard: NetGuard, tls: &UpstreamTls, settings: &ClientSettings) -> Self {
        Self::with_resolver(GuardedResolver::new(guard.clone()), guard, tls, settings)
    }

    fn with_resolver(
        resolver: GuardedResolver,
        guard: NetGuard,
        tls: &UpstreamTls,
        settings: &ClientSettings,
    ) -> Self {
        let timeout = settings.connect_timeout;
        let dialer = connector::dialer(resolver.clone(), timeout);
        let config = Arc::clone(&tls.config);
        let direct = GuardedConnector::new(guard.clone(), dialer.clone(), Arc::clone(&config), timeout);
        let parts = TunnelParts {
            guard,
            dialer,
            resolver,
            tls: config.into(),
        };
        Self {
            direct: pooled(direct, settings),
            proxied: Arc::new(ProxyPools::new(parts, settings.clone())),
        }
    }

    /// Sends a request with an absolute `http` or `https` URI and waits, at most `header_timeout` (connecting
    /// included), for the answer's headers. The body comes as the upstream sends it. With a proxy in `via`, the request
    /// goes through it or nowhere.
    ///
    /// A request that a pooled connection gave back unsent, because the host had closed it, is sent again on another
    /// one, by the same way. Dropping the future closes the connection it was using.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        via: Option<&Proxy>,
        header_timeout: Duration,
    ) -> Result<Response<Incoming>, SendError> {
        let answer = match via {
            None => self.direct.request(request),
            Some(proxy) => self.proxied.client(proxy).request(request),
        };
        match tokio::time::timeout(header_timeout, answer).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(SendError::from_client(error)),
            Err(_) => Err(SendError::HeaderTimeout(header_timeout)),
        }
    }
}

/// A pool over one way to hosts.
fn pooled<C>(connector: C, settings: &ClientSettings) -> PooledClient<C>
where
    C: Connect + Clone,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.pool_idle_timeout)
        .pool_max_idle_per_host(settings.pool_idle_max_per_host)
        .http1_max_headers(RESPONSE_HEADERS_MAX)
        .http1_max_buf_size(RESPONSE_HEAD_BYTES_MAX)
        .build(connector)
}

#[cfg(test)]
mod tests;
