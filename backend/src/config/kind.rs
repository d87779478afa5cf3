//! The kinds of values that settings have: how each is read from text and what a right one looks like.

use figment::value::Value;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::net::SocketAddr;
use std::time::Duration;
use tollgate_contract::check::provider_name;
use url::Url;

/// What a setting's value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text that is never shown, of at least so many bytes.
    Secret(usize),
    /// A URL with a password in it, so never shown, of one of these schemes.
    SecretUrl(&'static [&'static str]),
    /// `http` or `https` URL.
    WebUrl,
    /// A text that may be shown.
    Text,
    /// A folder.
    Folder,
    /// IP address and port.
    Address,
    /// A whole number within bounds.
    Count(i64, i64),
    /// `true` or `false`.
    Switch,
    /// A duration within bounds, in milliseconds.
    Span(u64, u64),
    /// A number of bytes within bounds.
    Size(u64, u64),
    /// A list of networks.
    Networks,
    /// A list of web origins: scheme, host, perhaps a port, and nothing more.
    Origins,
    /// A list of payment providers with their secrets, `name:secret`, each secret of at least so many bytes.
    Providers(usize),
    /// The IANA name of a time zone.
    Zone,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A tracing filter.
    Filter,
}

impl Kind {
    /// Whether a value must never be printed.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret(_) | Self::SecretUrl(_) | Self::Providers(_))
    }

    /// What would be right.
    pub fn right(self) -> String {
        match self {
            Self::Secret(min) => {
                format!("a secret of at least {min} characters, such as the output of `openssl rand -hex 32`")
            }
            Self::SecretUrl(schemes) => format!("a URL that begins with {}", schemes.join(" or ")),
            Self::WebUrl => "a URL such as https://gateway.example.com".into(),
            Self::Text => "a text".into(),
            Self::Folder => "the path of a folder".into(),
            Self::Address => "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".into(),
            Self::Count(min, max) => format!("a whole number from {min} to {max}"),
            Self::Switch => "true or false".into(),
            Self::Span(min, max) => format!(
                "a duration such as 500ms, 30s, 15m or 2h, from {} to {}",
                span_text(min),
                span_text(max)
            ),
            Self::Size(min, max) => {
                format!(
                    "a size such as 65536, 512KiB or 60MB, from {} to {}",
                    size_text(min),
                    size_text(max)
                )
            }
            Self::Networks => {
                "a list of networks, such as 10.0.0.0/8,192.168.1.5/32 (in a file: [\"10.0.0.0/8\"])".into()
            }
            Self::Origins => {
                "a list of origins, such as https://console.example.com (in a file: [\"https://console.example.com\"])".into()
            }
            Self::Providers(min) => format!(
                "a list of names, each with a secret of at least {min} characters, such as \
                 acme:the-output-of-openssl-rand-hex-32; one that changes its secret twice, with either (in a file: \
                 [\"acme:…\"])"
            ),
            Self::Zone => "the IANA name of a time zone, such as Asia/Shanghai or Europe/Berlin".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Filter => "a log filter such as info or warn,tollgate_relay=debug".into(),
        }
    }

    /// Reads an environment variable's text as the value that a file would hold. What can't be read stays text, and
    /// `accepts` refuses it.
    pub fn read(self, text: &str) -> Value {
        match self {
            Self::Count(..) => text
                .trim()
                .parse::<i64>()
                .map_or_else(|_| Value::from(text), Value::from),
            Self::Switch => text
                .trim()
                .parse::<bool>()
                .map_or_else(|_| Value::from(text), Value::from),
            Self::Networks | Self::Origins | Self::Providers(_) => Value::from(
                text.split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .map(Value::from)
                    .collect::<Vec<_>>(),
            ),
            _ => Value::from(text),
        }
    }

    /// Whether a value is one of this kind.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Count(min, max), Value::Num(_, number)) => number
                .to_i128()
                .is_some_and(|number| (i128::from(min)..=i128::from(max)).contains(&number)),
            (Self::Switch, Value::Bool(..)) => true,
            (Self::Networks, Value::Array(_, items)) => items
                .iter()
                .all(|item| item.as_str().is_some_and(|text| text.parse::<IpNet>().is_ok())),
            (Self::Origins, Value::Array(_, items)) => {
                items.iter().all(|item| item.as_str().is_some_and(is_origin))
            }
            (Self::Providers(min), Value::Array(_, items)) => are_providers(min, items),
            (Self::Size(min, max), Value::Num(_, number)) => number
                .to_u128()
                .is_some_and(|bytes| (u128::from(min)..=u128::from(max)).contains(&bytes)),
            (_, Value::String(_, text)) => self.accepts_text(text),
            _ => false,
        }
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::Secret(min) => text.len() >= min,
            Self::SecretUrl(schemes) => Url::parse(text).is_ok_and(|url| {
                schemes
                    .iter()
                    .any(|s| s.strip_suffix("://") == Some(url.scheme()))
            }),
            Self::WebUrl => {
                Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            }
            Self::Folder | Self::Text => !text.trim().is_empty(),
            Self::Address => text.parse::<SocketAddr>().is_ok(),
            Self::Span(min, max) => Span::parse(text).is_some_and(|span| {
                u64::try_from(span.0.as_millis()).is_ok_and(|millis| (min..=max).contains(&millis))
            }),
            Self::Size(min, max) => Size::parse(text).is_some_and(|size| (min..=max).contains(&size.0)),
            Self::Zone => text.parse::<chrono_tz::Tz>().is_ok(),
            Self::Choice(words) => words.contains(&text),
            Self::Filter => {
                !text.trim().is_empty() && tracing_subscriber::EnvFilter::builder().parse(text).is_ok()
            }
            Self::Count(..) | Self::Switch | Self::Networks | Self::Origins | Self::Providers(_) => false,
        }
    }
}

/// As a browser writes it in `Origin`.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// Each can be read, and none has more than its old and its new secret.
fn are_providers(secret_min: usize, items: &[Value]) -> bool {
    let read: Option<Vec<Provider>> = items
        .iter()
        .map(|item| item.as_str().and_then(Provider::parse))
        .collect();
    read.is_some_and(|providers| {
        providers.iter().all(|provider| {
            let secrets = providers.iter().filter(|other| other.name == provider.name);
            secrets.count() <= SECRETS_MAX && provider.secret.expose_secret().len() >= secret_min
        })
    })
}

/// Secrets that a provider's calls may be signed with at a time.
const SECRETS_MAX: usize = 2;

/// A payment provider's name and one of its secrets, written `name:secret`.
#[derive(Clone, Debug)]
pub struct Provider {
    /// As it stands in the path of its calls.
    pub name: String,
    /// With which it signs them.
    pub secret: SecretString,
}

impl Provider {
    /// Reads the text form; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, secret) = text.trim().split_once(':')?;
        let visible = secret.bytes().all(|byte| byte.is_ascii_graphic());
        (provider_name(name).is_ok() && visible).then(|| Self {
            name: name.to_owned(),
            secret: secret.into(),
        })
    }
}

impl<'de> Deserialize<'de> for Provider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a provider with its secret"))
    }
}

/// A duration as people write it: `500ms`, `30s`, `15m`, `2h`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Reads the text form; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at(split);
        let number: u64 = number.parse().ok()?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        number
            .checked_mul(millis)
            .map(|millis| Self(Duration::from_millis(millis)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a duration"))
    }
}

/// A number of bytes as people write it: `65536`, `512KiB`, `60MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// Reads the text form; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let number: u64 = number.parse().ok()?;
        let factor = match unit.trim() {
            "" | "B" => 1,
            "kB" | "KB" => 1_000,
            "KiB" => 1 << 10,
            "MB" => 1_000_000,
            "MiB" => 1 << 20,
            "GB" => 1_000_000_000,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.checked_mul(factor).map(Self)
    }

    /// As a length in memory.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Bytes(u64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Bytes(bytes) => Ok(Self(bytes)),
            Form::Text(text) => Self::parse(&text).ok_or_else(|| D::Error::custom("not a size")),
        }
    }
}

fn span_text(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    UNITS
        .iter()
        .find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit))
        .map_or_else(
            || format!("{millis}ms"),
            |(unit, name)| format!("{}{name}", millis / unit),
        )
}

fn size_text(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    UNITS
        .iter()
        .find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map_or_else(
            || format!("{bytes}"),
            |(unit, name)| format!("{}{name}", bytes / unit),
        )
}
