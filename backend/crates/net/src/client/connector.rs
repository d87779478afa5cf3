//! Opens connections straight to a host: guard on the literal, resolve, guard on every address, connect with TCP_NODELAY,
//! TLS; all within one time-out. The addresses that were checked are the ones handed to `connect`, so there is no
//! second look-up for a rebinding name to answer differently.

use super::tunnel::ProxyError;
use crate::guard::{GuardError, NetGuard};
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower_service::Service;
use url::Host;

/// Addresses of one name that are tried: a name with hundreds of records must not keep us connecting for minutes.
const ADDRESSES_MAX: usize = 16;

/// Look-ups at once per worker. `getaddrinfo` occupies a blocking thread until it answers and cannot be cancelled; a
/// dead name server must not take all the threads.
const LOOKUPS_MAX: usize = 16;

/// TCP keep-alive finds a peer that vanished behind a NAT during a long, silent answer.
const KEEPALIVE_TIME: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;

pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Opens sockets: by literal, or by name over the guarded resolver.
pub(super) type Dialer = HttpConnector<GuardedResolver>;

/// Why no connection came about. Nothing of the request has been sent in any of these.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ConnectFailure {
    #[error(transparent)]
    Blocked(#[from] GuardError),
    #[error("name look-up failed: {0}")]
    Dns(Arc<io::Error>),
    #[error("connecting took longer than {0:?}")]
    Timeout(Duration),
    #[error("TLS: {0}")]
    Tls(Arc<io::Error>),
    #[error("connecting failed: {0}")]
    Io(Arc<io::Error>),
    #[error(transparent)]
    Proxy(#[from] ProxyError),
}

/// The pool's way to a new connection.
#[derive(Clone, Debug)]
pub(super) struct GuardedConnector {
    guard: NetGuard,
    https: HttpsConnector<Dialer>,
    timeout: Duration,
}

impl GuardedConnector {
    pub(super) fn new(guard: NetGuard, dialer: Dialer, tls: Arc<ClientConfig>, timeout: Duration) -> Self {
        Self {
            guard,
            https: HttpsConnector::from((dialer, tls)),
            timeout,
        }
    }
}

/// Sockets with TCP_NODELAY and keep-alive, `timeout` shared out among a name's addresses, so that one dead address
/// leaves time for the next. Literals are not judged here: the connector skips the resolver for them.
pub(super) fn dialer(resolver: GuardedResolver, timeout: Duration) -> Dialer {
    let mut dialer = HttpConnector::new_with_resolver(resolver);
    dialer.enforce_http(false);
    dialer.set_nodelay(true);
    dialer.set_keepalive(Some(KEEPALIVE_TIME));
    dialer.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
    dialer.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
    dialer.set_connect_timeout(Some(timeout));
    dialer
}

/// A socket to `host`, whose literals the caller has judged.
pub(super) async fn dial(
    dialer: &Dialer,
    host: &Host,
    port: u16,
    timeout: Duration,
) -> Result<TcpStream, ConnectFailure> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(format!("{host}:{port}"))
        .path_and_query("/")
        .build()
        .map_err(|_| GuardError::Host)?;
    match dialer.clone().call(uri).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => Err(classify(error.into(), timeout)),
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = ConnectFailure;
    type Future = BoxFuture<Result<Self::Response, ConnectFailure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // The HTTP connector skips the resolver for literals, so they are checked here.
        if let Err(error) = self.guard.check_host(uri.host().unwrap_or_default()) {
            return Box::pin(std::future::ready(Err(error.into())));
        }
        let timeout = self.timeout;
        let connecting = self.https.call(uri);
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) => Err(classify(error, timeout)),
                Err(_) => Err(ConnectFailure::Timeout(timeout)),
            }
        })
    }
}

/// Tells the failures apart by what the error is made of: ours, the TLS layer's (an `io::Error` on top), or the HTTP
/// connector's (an `io::Error` below).
fn classify(error: Box<dyn Error + Send + Sync>, timeout: Duration) -> ConnectFailure {
    let error = match error.downcast::<io::Error>() {
        Ok(tls) => return ConnectFailure::Tls(Arc::new(*tls)),
        Err(error) => error,
    };
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(current) = cause {
        if let Some(failure) = current.downcast_ref::<ConnectFailure>() {
            return failure.clone();
        }
        if let Some(io) = current.downcast_ref::<io::Error>() {
            return match io.kind() {
                io::ErrorKind::TimedOut => ConnectFailure::Timeout(timeout),
                kind => ConnectFailure::Io(Arc::new(io::Error::new(kind, io.to_string()))),
            };
        }
        cause = current.source();
    }
    ConnectFailure::Io(Arc::new(io::Error::other(error.to_string())))
}

/// Resolves names and lets only permitted addresses through.
#[derive(Clone, Debug)]
pub(super) struct GuardedResolver {
    guard: NetGuard,
    lookups: Arc<Semaphore>,
    #[cfg(test)]
    script: Option<tests::Script>,
}

impl GuardedResolver {
    pub(super) fn new(guard: NetGuard) -> Self {
        Self {
            guard,
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
            #[cfg(test)]
            script: None,
        }
    }

    /// The permitted addresses of a name, at least one, with port 0.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, ConnectFailure> {
        #[cfg(test)]
        if let Some(script) = &self.script {
            return permitted(&self.guard, name, script.answer(name));
        }
        // Only fails once closed, which nobody does; a permit less would then merely lift the bound.
        let _permit = self.lookups.acquire().await.ok();
        let found = tokio::net::lookup_host((name, 0)).await;
        let found = found.map_err(|error| ConnectFailure::Dns(Arc::new(error)))?;
        permitted(&self.guard, name, found)
    }
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ConnectFailure;
    type Future = BoxFuture<Result<Self::Response, ConnectFailure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move { resolver.look_up(name.as_str()).await.map(Vec::into_iter) })
    }
}

/// The addresses among `found` that the guard lets pass; its refusal of the first one if none does.
fn permitted(
    guard: &NetGuard,
    host: &str,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, ConnectFailure> {
    let mut refusal = None;
    let mut passed = Vec::new();
    for address in found.take(ADDRESSES_MAX) {
        match guard.check_address(host, address.ip()) {
            Ok(()) => passed.push(address),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match refusal {
        _ if !passed.is_empty() => Ok(passed),
        Some(error) => Err(error.into()),
        None => Err(no_address(host)),
    }
}

/// A name that leads nowhere.
pub(super) fn no_address(host: &str) -> ConnectFailure {
    let text = format!("`{host}` has no address");
    ConnectFailure::Dns(Arc::new(io::Error::new(io::ErrorKind::NotFound, text)))
}

#[cfg(test)]
pub(super) mod tests;
