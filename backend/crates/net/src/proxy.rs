//! What an account's proxy is: scheme, host, port and log-in, read from a URL and checked once. Never opens a connection;
//! how a proxy is spoken to is `client::tunnel`'s.

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::hash::{Hash, Hasher};
use url::{Host, Url};

/// A user name or password is at most this long, in bytes: SOCKS5 says their length in one byte (RFC 1929 section 2).
pub const LOGIN_BYTES_MAX: usize = 255;

/// How a proxy is spoken to. The words are those of curl's manual page ("--proxy").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// HTTP CONNECT (RFC 9110 section 9.3.6); the proxy looks up the target's name. The log-in goes to the proxy in clear.
    Http,
    /// The same inside TLS, which is verified for the proxy's name.
    Https,
    /// SOCKS5 (RFC 1928); we look up the target's name, and the proxy is told one of its addresses.
    Socks5,
    /// SOCKS5; the proxy looks up the target's name.
    Socks5h,
}

impl ProxyScheme {
    /// As it is written before `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// The scheme with this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Http, Self::Https, Self::Socks5, Self::Socks5h]
            .into_iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str()))
    }

    /// The port where a URL names none: those of the schemes' own RFCs, 1080 for SOCKS (RFC 1928 section 3).
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }

    /// Whether the target's name is looked up by us, so that our guard sees its addresses.
    pub fn resolves_here(self) -> bool {
        self == Self::Socks5
    }

    fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

impl fmt::Display for ProxyScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A checked proxy. Two are equal when all their parts are, the password included. `Display` is the URL without the
/// log-in, and `Debug` never shows the password.
#[derive(Clone, Debug)]
pub struct Proxy {
    scheme: ProxyScheme,
    host: Host,
    port: u16,
    username: Option<String>,
    password: Option<SecretString>,
}

/// Why a text or its parts are no proxy. The words name the part and never repeat what may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// No URL at all; the parser's own words.
    #[error(
        "the proxy is not a URL such as `socks5h://user:password@host:1080`: {0}; special characters in user name and password must be percent-encoded"
    )]
    Url(url::ParseError),
    /// Another scheme, or none.
    #[error("the proxy's scheme must be `http`, `https`, `socks5` or `socks5h`")]
    Scheme,
    /// No host, or one that is neither a name nor an address.
    #[error("the proxy has no valid host")]
    Host,
    /// Port 0.
    #[error("the proxy's port must be between 1 and 65535")]
    Port,
    /// Something behind the port.
    #[error("the proxy's URL must end after the port; remove the path, query or fragment")]
    Surplus,
    /// A user name that this scheme can't carry.
    #[error(
        "the proxy's user name must be 1 to 255 bytes without control characters, and for HTTP proxies without a colon"
    )]
    Username,
    /// A password that this scheme can't carry.
    #[error("the proxy's password must be at most 255 bytes, without control characters")]
    Password,
    /// A password for nobody.
    #[error("the proxy has a password but no user name")]
    PasswordAlone,
}

impl Proxy {
    /// Puts a proxy together from its parts. `host` is a name or an address, IPv6 in brackets or bare; it is read as
    /// browsers read it, so every spelling of an IPv4 address becomes the usual one. User name and password are as they
    /// are, not percent-encoded.
    pub fn new(
        scheme: ProxyScheme,
        host: &str,
        port: u16,
        username: Option<String>,
        password: Option<SecretString>,
    ) -> Result<Self, ProxyUrlError> {
        let host = match host.parse::<std::net::Ipv6Addr>() {
            Ok(address) => Host::Ipv6(address),
            Err(_) => Host::parse(host).map_err(|_| ProxyUrlError::Host)?,
        };
        if port == 0 {
            return Err(ProxyUrlError::Port);
        }
        let odd = |text: &str| text.len() > LOGIN_BYTES_MAX || text.contains(char::is_control);
        if username
            .as_deref()
            .is_some_and(|name| name.is_empty() || odd(name) || (scheme.is_http() && name.contains(':')))
        {
            return Err(ProxyUrlError::Username);
        }
        if password
            .as_ref()
            .is_some_and(|password| odd(password.expose_secret()))
        {
            return Err(ProxyUrlError::Password);
        }
        if username.is_none() && password.is_some() {
            return Err(ProxyUrlError::PasswordAlone);
        }
        Ok(Self {
            scheme,
            host,
            port,
            username,
            password,
        })
    }

    /// Reads `scheme://user:password@host:port`. Log-in and port may be left out (see [`ProxyScheme::default_port`]); what
    /// is special in the log-in is percent-encoded. Surrounding blanks don't count.
    pub fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        let url = Url::parse(text.trim()).map_err(ProxyUrlError::Url)?;
        let scheme = ProxyScheme::named(url.scheme()).ok_or(ProxyUrlError::Scheme)?;
        let host = url.host_str().ok_or(ProxyUrlError::Host)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyUrlError::Surplus);
        }
        let plain = |encoded: &str| percent_decode_str(encoded).decode_utf8().map(String::from);
        let username = plain(url.username()).map_err(|_| ProxyUrlError::Username)?;
        let password = url
            .password()
            .map(plain)
            .transpose()
            .map_err(|_| ProxyUrlError::Password)?;
        Self::new(
            scheme,
            host,
            url.port().unwrap_or(scheme.default_port()),
            Some(username).filter(|name| !name.is_empty()),
            password
                .filter(|password| !password.is_empty())
                .map(SecretString::from),
        )
    }

    /// How it is spoken to.
    pub fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Its name or address; as text, IPv6 is in brackets.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who logs in, where somebody does; never empty.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// With what; only ever beside a user name.
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    fn secret(&self) -> Option<&str> {
        self.password.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.port == other.port
            && self.host == other.host
            && self.username == other.username
            && self.secret() == other.secret()
    }
}

impl Eq for Proxy {}

impl Hash for Proxy {
    /// Without the password: equal proxies still hash alike, and nothing is reckoned from a secret.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scheme.hash(state);
        self.host.hash(state);
        self.port.hash(state);
        self.username.hash(state);
    }
}

#[cfg(test)]
mod tests;
