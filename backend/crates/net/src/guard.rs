//! The guard against server-side request forgery: which URLs a tenant may make us call. Literals are checked here in
//! every spelling; names are checked again when they resolve, on the very addresses that are connected to, so that a
//! name which changes its answer (DNS rebinding) gains nothing. Never opens a connection.

use crate::address::{embedded_v4, special_kind};
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use url::{Host, Url};

/// Refuses destinations outside the public Internet, except the networks that the operator lists (`TOLLGATE_NET_ALLOW`).
/// Cheap to clone; unchanging for the life of the process, so a pooled connection need not be checked again.
#[derive(Clone, Debug)]
pub struct NetGuard {
    allow: Arc<[IpNet]>,
}

/// What is special about a refused address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// 127.0.0.0/8, `::1`, `localhost`.
    Loopback,
    /// RFC 1918, unique local (`fc00::/7`), the old site-local range.
    Private,
    /// 169.254.0.0/16 and `fe80::/10`: cloud metadata services live there.
    LinkLocal,
    /// 100.64.0.0/10, shared by carriers and overlay networks.
    CarrierNat,
    /// 0.0.0.0/8 and `::`, which many systems take for "this host".
    Unspecified,
    /// Multicast groups.
    Multicast,
    /// 6to4, Teredo, ISATAP: an IPv4 address in disguise.
    Tunnel,
    /// Documentation, benchmarking, future use, broadcast, unassigned.
    Reserved,
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::CarrierNat => "carrier-NAT",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Tunnel => "tunnel",
            Self::Reserved => "reserved",
        })
    }
}

/// Why a destination is refused. The text may be shown to the tenant: it never tells what an internal name resolves to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// Neither `http` nor `https`.
    #[error("the URL's scheme is `{0}`; it must be `https` or `http`")]
    Scheme(String),
    /// `https://user:password@host/`.
    #[error("the URL carries a user name or password; remove them, credentials belong in the account")]
    Credentials,
    /// No host, or one that is neither a name nor an address.
    #[error("the URL has no valid host")]
    Host,
    /// A destination outside the public Internet that the operator has not allowed.
    #[error(
        "`{host}` leads to a {kind} address; only public addresses are allowed, or networks that the operator lists in TOLLGATE_NET_ALLOW"
    )]
    Address {
        /// The host as the tenant wrote it.
        host: String,
        /// What is special about the address.
        kind: AddressKind,
        /// The address itself: for the log, not for the tenant.
        address: IpAddr,
    },
}

impl GuardError {
    /// A stable code for problem answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Scheme(_) => "url_scheme_not_allowed",
            Self::Credentials => "url_has_credentials",
            Self::Host => "url_host_invalid",
            Self::Address { .. } => "url_address_not_allowed",
        }
    }
}

impl NetGuard {
    /// A guard that lets public addresses pass, and those in `allow`.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow: allow.into() }
    }

    /// Checks a URL that a tenant wants us to call: scheme, credentials, and the host where it is a literal or `localhost`.
    /// A name passes; its addresses are checked when it is connected to.
    pub fn check_url(&self, url: &Url) -> Result<(), GuardError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(GuardError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(GuardError::Credentials);
        }
        match url.host() {
            Some(Host::Domain(name)) => self.check_name(name),
            Some(Host::Ipv4(address)) => self.check_address(&address.to_string(), address.into()),
            Some(Host::Ipv6(address)) => self.check_address(&address.to_string(), address.into()),
            None => Err(GuardError::Host),
        }
    }

    /// Checks the host part of a URI as written (`[::1]` in brackets). It is read as browsers read it, so octal, hex,
    /// short and one-number IPv4 spellings are seen for what they are.
    pub fn check_host(&self, host: &str) -> Result<(), GuardError> {
        match Host::parse(host).map_err(|_| GuardError::Host)? {
            Host::Domain(name) => self.check_name(&name),
            Host::Ipv4(address) => self.check_address(host, address.into()),
            Host::Ipv6(address) => self.check_address(host, address.into()),
        }
    }

    /// Checks one address; `host` is what the tenant wrote, for the message.
    pub fn check_address(&self, host: &str, address: IpAddr) -> Result<(), GuardError> {
        match special_kind(address) {
            Some(kind) if !self.allows(address) => Err(GuardError::Address {
                host: host.to_owned(),
                kind,
                address,
            }),
            _ => Ok(()),
        }
    }

    /// `localhost` and what is below it mean loopback by RFC 6761, whatever a resolver would say.
    fn check_name(&self, name: &str) -> Result<(), GuardError> {
        let bare = name.strip_suffix('.').unwrap_or(name);
        if bare.is_empty() {
            return Err(GuardError::Host);
        }
        let last = bare.rsplit('.').next().unwrap_or(bare);
        if !last.eq_ignore_ascii_case("localhost") {
            return Ok(());
        }
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if self.allows(loopback) || self.allows(IpAddr::V6(Ipv6Addr::LOCALHOST)) {
            return Ok(());
        }
        Err(GuardError::Address {
            host: name.to_owned(),
            kind: AddressKind::Loopback,
            address: loopback,
        })
    }

    /// Listed by the operator, as itself or as the IPv4 address it carries.
    fn allows(&self, address: IpAddr) -> bool {
        let carried = match address {
            IpAddr::V6(v6) => embedded_v4(v6).map(IpAddr::V4),
            IpAddr::V4(_) => None,
        };
        self.allow
            .iter()
            .any(|net| net.contains(&address) || carried.is_some_and(|v4| net.contains(&v4)))
    }
}

#[cfg(test)]
mod tests;
