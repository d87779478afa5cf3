//! How Tollgate reaches the outside: upstream HTTP clients (one per worker thread), the proxies they may go through, and
//! the guard against server-side request forgery. Nothing here knows tenants, accounts, prices or wire formats; what to
//! send and what an answer means is the relay's matter.

mod address;
pub mod aws;
pub mod client;
pub mod guard;
pub mod proxy;

pub use client::{
    ClientSettings, ProxyAnswer, ProxyCheck, ProxyError, ProxyFailure, ProxyStep, SendError, TlsError,
    UpstreamClient, UpstreamTls,
};
pub use guard::{AddressKind, GuardError, NetGuard};
pub use proxy::{Proxy, ProxyScheme, ProxyUrlError};
