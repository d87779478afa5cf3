//! Opens connections through a proxy: guard, socket to the proxy, TLS where the proxy wants it, SOCKS5 or CONNECT, TLS to
//! the target; all within one time-out. There is no way from here to the target but through the proxy, whatever fails.
//!
//! The guard judges the proxy's address, as a literal and resolved, and the target as far as it is known here: a literal
//! or `localhost`, and with `socks5` every address that its name leads to. With `socks5h`, `http` and `https` the proxy
//! looks the target's name up, and no look-up is made here: where that name leads is the proxy's to judge. A proxy inside
//! the operator's own network must itself refuse inner addresses.

mod connect;
mod failure;
mod link;
mod socks5;

pub use failure::{ProxyAnswer, ProxyError, ProxyFailure, ProxyStep};
pub(super) use link::Link;

use super::connector::{self, BoxFuture, ConnectFailure, Dialer, GuardedResolver};
use crate::guard::{GuardError, NetGuard};
use crate::proxy::{Proxy, ProxyScheme};
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Host;

/// Addresses of one target that a `socks5` proxy is asked for, one after the other, within the connect time-out.
const TARGET_ADDRESSES_MAX: usize = 4;

/// What all tunnels of a worker share.
#[derive(Clone)]
pub(super) struct TunnelParts {
    pub(super) guard: NetGuard,
    pub(super) dialer: Dialer,
    pub(super) resolver: GuardedResolver,
    pub(super) tls: TlsConnector,
}

/// The pool's way to a new connection through one proxy.
#[derive(Clone)]
pub(super) struct TunnelConnector(Arc<Tunnel>);

struct Tunnel {
    parts: TunnelParts,
    proxy: Proxy,
    /// As the proxy shows itself: no log-in.
    shown: Arc<str>,
    timeout: Duration,
}

impl TunnelConnector {
    pub(super) fn new(parts: TunnelParts, proxy: Proxy, timeout: Duration) -> Self {
        let shown = proxy.to_string().into();
        Self(Arc::new(Tunnel {
            parts,
            proxy,
            shown,
            timeout,
        }))
    }
}

impl Service<Uri> for TunnelConnector {
    type Response = TokioIo<Link>;
    type Error = ConnectFailure;
    type Future = BoxFuture<Result<Self::Response, ConnectFailure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tunnel = Arc::clone(&self.0);
        Box::pin(async move { tunnel.open(&uri).await.map(TokioIo::new) })
    }
}

impl Tunnel {
    async fn open(&self, uri: &Uri) -> Result<Link, ConnectFailure> {
        let (target, over_tls) = Target::of(uri)?;
        self.parts.guard.check_host(&target.host.to_string())?;
        let deadline = Instant::now() + self.timeout;
        let link = if self.proxy.scheme().resolves_here() {
            self.through_by_address(&target, deadline).await?
        } else {
            self.through(&target, deadline).await?
        };
        if !over_tls {
            return Ok(link);
        }
        match timeout_at(deadline, self.secured(link, &target.host)).await {
            Ok(secured) => secured.map_err(|error| ConnectFailure::Tls(Arc::new(error))),
            Err(_) => Err(ConnectFailure::Timeout(self.timeout)),
        }
    }

    /// Looks the target up and hands the proxy the very addresses that the guard let pass.
    async fn through_by_address(&self, target: &Target, deadline: Instant) -> Result<Link, ConnectFailure> {
        let Host::Domain(name) = &target.host else {
            return self.through(target, deadline).await;
        };
        let mut found = match timeout_at(deadline, self.parts.resolver.look_up(name)).await {
            Ok(found) => found?,
            Err(_) => return Err(ConnectFailure::Timeout(self.timeout)),
        };
        other_family_second(&mut found);
        let mut last = None;
        for address in found.iter().take(TARGET_ADDRESSES_MAX) {
            let target = Target {
                host: match address.ip() {
                    IpAddr::V4(v4) => Host::Ipv4(v4),
                    IpAddr::V6(v6) => Host::Ipv6(v6),
                },
                port: target.port,
            };
            match self.through(&target, deadline).await {
                Err(ConnectFailure::Proxy(error))
                    if matches!(error.failure, ProxyFailure::TargetUnreachable { .. }) =>
                {
                    last = Some(ConnectFailure::Proxy(error));
                }
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| connector::no_address(name)))
    }

    /// A tunnel to `target`, not yet with the target's TLS.
    async fn through(&self, target: &Target, deadline: Instant) -> Result<Link, ConnectFailure> {
        let proxy = &self.proxy;
        let mut link = self.in_time(deadline, ProxyStep::Connect, self.reach()).await?;
        if proxy.scheme() == ProxyScheme::Https {
            let secured = async {
                let secured = self.secured(link, proxy.host()).await;
                secured.map_err(|error| ProxyFailure::Tls(Arc::new(error)))
            };
            link = self.in_time(deadline, ProxyStep::Tls, secured).await?;
        }
        let opened = async {
            match proxy.scheme() {
                ProxyScheme::Http | ProxyScheme::Https => connect::open(&mut link, proxy, target).await,
                ProxyScheme::Socks5 | ProxyScheme::Socks5h => socks5::open(&mut link, proxy, target).await,
            }
        };
        self.in_time(deadline, ProxyStep::Open, opened).await?;
        Ok(link)
    }

    /// A socket to the proxy, if the guard lets its address pass.
    async fn reach(&self) -> Result<Link, ProxyFailure> {
        let (host, port) = (self.proxy.host(), self.proxy.port());
        let judged = self.parts.guard.check_host(&host.to_string());
        judged.map_err(ProxyFailure::Blocked)?;
        let dialed = connector::dial(&self.parts.dialer, host, port, self.timeout).await;
        dialed.map(Link::Tcp).map_err(ProxyFailure::of_dial)
    }

    /// TLS over `link` to whoever proves to be `host`.
    async fn secured(&self, link: Link, host: &Host) -> io::Result<Link> {
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
            Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
        };
        let stream = self.parts.tls.connect(name, link).await?;
        Ok(Link::Tls(Box::new(stream)))
    }

    async fn in_time<T>(
        &self,
        deadline: Instant,
        step: ProxyStep,
        work: impl Future<Output = Result<T, ProxyFailure>>,
    ) -> Result<T, ConnectFailure> {
        let limit = self.timeout;
        let done = timeout_at(deadline, work).await;
        done.unwrap_or(Err(ProxyFailure::Timeout { step, limit }))
            .map_err(|failure| {
                ConnectFailure::Proxy(ProxyError {
                    proxy: Arc::clone(&self.shown),
                    failure,
                })
            })
    }
}

/// A proxy without a way to the first address's family still gets one of the other before time runs out.
fn other_family_second(addresses: &mut [SocketAddr]) {
    let other = addresses.iter().position(|address| {
        addresses
            .first()
            .is_some_and(|first| first.is_ipv4() != address.is_ipv4())
    });
    if let Some(rotated) = other.and_then(|place| addresses.get_mut(1..=place)) {
        rotated.rotate_right(1);
    }
}

/// Where a tunnel shall lead. The host is as the guard read it, so what was checked is what the proxy is told.
#[derive(Debug)]
struct Target {
    host: Host,
    port: u16,
}

impl Target {
    /// The target of an absolute URI, and whether TLS is spoken to it.
    fn of(uri: &Uri) -> Result<(Self, bool), GuardError> {
        let over_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            other => return Err(GuardError::Scheme(other.unwrap_or_default().to_owned())),
        };
        let host = Host::parse(uri.host().unwrap_or_default()).map_err(|_| GuardError::Host)?;
        let port = uri.port_u16().unwrap_or(if over_tls { 443 } else { 80 });
        Ok((Self { host, port }, over_tls))
    }

    fn denied(&self, answer: ProxyAnswer) -> ProxyFailure {
        ProxyFailure::Denied {
            target: self.to_string(),
            answer,
            unusual_port: self.port != 443,
        }
    }

    fn unreachable(&self, answer: ProxyAnswer) -> ProxyFailure {
        ProxyFailure::TargetUnreachable {
            target: self.to_string(),
            answer,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests;
