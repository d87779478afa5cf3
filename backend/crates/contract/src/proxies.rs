//! Proxies through which upstream accounts are reached: entries of a tenant's own that several accounts may share.

use crate::check;
use crate::ids::ProxyId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProxyScheme {
    /// HTTP's CONNECT.
    Http,
    /// HTTP's CONNECT, over TLS to the proxy.
    Https,
    /// SOCKS5; names are resolved by Tollgate.
    Socks5,
    /// SOCKS5; names are resolved by the proxy.
    Socks5h,
}

impl ProxyScheme {
    /// All schemes.
    pub const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Socks5, Self::Socks5h];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// The scheme of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == text)
    }
}

/// A proxy, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proxy {
    /// Stable over its life.
    pub id: ProxyId,
    /// What it is called; unique in the tenant.
    pub name: String,
    /// How it is spoken to.
    pub scheme: ProxyScheme,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who signs in there; empty: nobody.
    pub username: String,
    /// Whether a password is stored.
    pub has_password: bool,
    /// How many accounts go through it.
    pub accounts: u32,
    /// What the last test said since its last change.
    pub last_test: Option<LastTest>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What a test said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastTest {
    /// When.
    pub at: DateTime<Utc>,
    /// `ok`, or what went wrong: see [`crate::accounts::AccountTest::code`].
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
    /// How long it took, in milliseconds, where that is known.
    pub latency_ms: Option<u64>,
}

/// A tenant's proxies; some dozens, so the list is not paged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proxies {
    /// By name.
    pub items: Vec<Proxy>,
}

/// `POST proxies` and `PUT proxies/{id}`: all that can be set.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProxyForm {
    /// What it is called; unique in the tenant.
    #[validate(custom(function = "check::name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// How it is spoken to.
    pub scheme: ProxyScheme,
    /// Its name or address, without a scheme or a port; IPv6 without brackets.
    #[validate(custom(function = "check::proxy_host"))]
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 253, example = "proxy.example.com")
    )]
    pub host: String,
    /// Its port.
    #[validate(custom(function = "check::port"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 65535, example = 1080))]
    pub port: u16,
    /// Who signs in there; empty: nobody.
    #[serde(default)]
    #[validate(custom(function = "check::proxy_username"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub username: String,
    /// The password. Stored encrypted and never shown again. Absent: the stored one stays; empty: none. Another host, port
    /// or scheme asks for it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::proxy_password"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, max_length = 255))]
    pub password: Option<String>,
    /// Of `PUT`: the version that was edited; a newer one on the server refuses the change with `version_conflict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Never shows the password.
impl fmt::Debug for ProxyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyForm")
            .field("name", &self.name)
            .field("scheme", &self.scheme)
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// `POST proxies/{id}/test`: a connection through the proxy to a host, and one request there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestProxy {
    /// Where to go through it, such as `https://api.anthropic.com`, which is meant if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::base_url"))]
    pub target: Option<String>,
}

/// What came of a proxy's test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProxyTest {
    /// Whether the target answered through it, with whatever status.
    pub ok: bool,
    /// Where it went.
    pub target: String,
    /// `ok`, or how it failed: `proxy_refused`, `proxy_auth`, `proxy_denied`, `proxy_timeout`, `tls` …
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
}
