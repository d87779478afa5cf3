//! The typed settings: what each is called, where it comes from (defaults, a TOML file, the environment, in this
//! order), and the errors that stop a start with a name and what would be right.
//! Never in here: what a setting does; that is the part's that takes it.

mod documents;
mod kind;
mod reference;
mod source;
mod table;

pub use documents::{Billing, Documents, MailEncryption, MailServer};
pub use kind::{Provider, Size, Span};
pub use reference::{example, reference_markdown};
pub use source::{Layer, Sources, load};
pub use table::env_name;

use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The address under which clients reach it, when that is not `listen`.
    pub public_url: Option<Url>,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Folder for the journal and, under `tollgate dev`, everything else.
    pub data_dir: PathBuf,
    /// Threads that serve requests.
    pub workers: usize,
    /// The zone of organisations that name none.
    pub time_zone: chrono_tz::Tz,
    /// `database.*`
    pub database: Database,
    /// `redis.*`
    pub redis: Redis,
    /// `secrets.*`
    pub secrets: SecretKeys,
    /// `net.*`
    pub net: Net,
    /// `http.*`
    pub http: Http,
    /// `relay.*`
    pub relay: Relay,
    /// `scheduler.*`
    pub scheduler: Waiting,
    /// `oauth.*`
    pub oauth: Oauth,
    /// `budgets.*`
    pub budgets: BudgetWaiting,
    /// `journal.*`
    pub journal: JournalDisk,
    /// `sign_in.*`
    pub sign_in: SignIn,
    /// `keys.*`
    pub keys: KeysKept,
    /// `prices.*`
    pub prices: PricesSettings,
    /// `shutdown.*`
    pub shutdown: Shutdown,
    /// `log.*`
    pub log: Log,
    /// `metrics.*`
    pub metrics: MetricsAccess,
    /// `payments.*`
    pub payments: Payments,
    /// `ledger.*`
    pub ledger: Books,
    /// `billing.*`
    pub billing: Billing,
    /// `documents.*`
    pub documents: Documents,
    /// `mail.*`
    pub mail: MailServer,
    /// `retention.*`
    pub retention: UsageKept,
}

/// PostgreSQL.
#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    /// Where; its user owns the schema.
    pub url: Option<SecretString>,
    /// Password of `tollgate_app`.
    pub app_password: Option<SecretString>,
    /// Password of `tollgate_settle`.
    pub settle_password: Option<SecretString>,
    /// Password of `tollgate_jobs`.
    pub jobs_password: Option<SecretString>,
    /// Password of `tollgate_resolver`.
    pub resolver_password: Option<SecretString>,
    /// Upper bound of the largest pool.
    pub max_connections: u32,
}

/// Redis.
#[derive(Clone, Debug, Deserialize)]
pub struct Redis {
    /// Where; none: windows are kept in the process.
    pub url: Option<SecretString>,
}

/// Keys that stand outside the database.
#[derive(Clone, Debug, Deserialize)]
pub struct SecretKeys {
    /// Wraps the tenants' data keys.
    pub master_key: Option<SecretString>,
    /// HMAC key of stored API-key hashes.
    pub pepper: Option<SecretString>,
    /// Signs access tokens.
    pub jwt: Option<SecretString>,
}

/// Where requests may go.
#[derive(Clone, Debug, Deserialize)]
pub struct Net {
    /// Private networks in which an account's base URL may lie.
    pub allow: Vec<IpNet>,
}

/// Bounds of client connections.
#[derive(Clone, Debug, Deserialize)]
pub struct Http {
    /// How long an idle connection is kept.
    pub keep_alive: Span,
    /// How long a client may take to send a request's headers.
    pub header_timeout: Span,
    /// Open connections per worker.
    pub connections_max: usize,
    /// Other origins whose pages may call the management API.
    pub cors_origins: Vec<String>,
}

/// Bounds of relayed requests.
#[derive(Clone, Debug, Deserialize)]
pub struct Relay {
    /// Largest request body.
    pub body_max: Size,
    /// Bytes of request bodies held at once, by all requests together.
    pub bodies_in_flight_max: Size,
    /// How long connecting to an upstream may take.
    pub connect_timeout: Span,
    /// How long an upstream may take to begin its answer.
    pub first_byte_timeout: Span,
    /// How long an upstream may pause within an answer.
    pub idle_timeout: Span,
    /// How long known keys go on without the database.
    pub outage_grace: Span,
}

/// How requests wait for an account.
#[derive(Clone, Debug, Deserialize)]
pub struct Waiting {
    /// How long at the most.
    pub wait_max: Span,
    /// How many of one organisation at once.
    pub queue_max: usize,
}

/// How requests wait for money that running ones hold.
#[derive(Clone, Debug, Deserialize)]
pub struct BudgetWaiting {
    /// How long at the most.
    pub wait_max: Span,
}

/// Where vendors issue tokens, and as whom they are asked; see `tollgate_oauth::Endpoints`.
#[derive(Clone, Debug, Deserialize)]
pub struct Oauth {
    pub claude_authorize: Url,
    pub claude_token: Url,
    pub claude_redirect: Url,
    pub claude_client_id: String,
    pub claude_api: Url,
    pub google_authorize: Url,
    pub google_token: Url,
    pub google_userinfo: Url,
    pub google_redirect: Url,
    pub google_client_id: Option<String>,
    pub google_client_secret: Option<SecretString>,
    pub google_api: Url,
    pub openai_authorize: Url,
    pub openai_token: Url,
    pub openai_redirect: Url,
    pub openai_client_id: String,
    pub openai_api: Url,
    pub entra: Url,
    pub entra_scope: String,
    pub aws_sts: Option<Url>,
}

/// The journal.
#[derive(Clone, Debug, Deserialize)]
pub struct JournalDisk {
    /// Whether each group of entries is forced to the disk.
    pub power_safe: bool,
    /// Free space below which requests are refused.
    pub free_space_min: Size,
}

/// The books.
#[derive(Clone, Debug, Deserialize)]
pub struct Books {
    /// Where seals are written; unset: in the data folder.
    pub seal_dir: Option<PathBuf>,
    /// Where they are posted.
    pub seal_webhook: Option<Url>,
}

/// How long usage is kept.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct UsageKept {
    /// Whole months; 0: for ever.
    pub usage_months: u16,
}

/// Sign-in sessions.
#[derive(Clone, Debug, Deserialize)]
pub struct SignIn {
    /// Whether organisations may sign up by themselves.
    pub sign_up: bool,
    /// How long an access token holds.
    pub access_ttl: Span,
    /// How long a session lives without use.
    pub refresh_ttl: Span,
}

/// API keys that are not in use any more.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct KeysKept {
    /// Days in the recycle bin.
    pub recycle_days: u16,
    /// Days after its expiry after which a key is put into the bin; 0: it never is.
    pub expired_delete_days: u16,
}

/// Prices.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct PricesSettings {
    /// What becomes of a request for a model without a price.
    pub unpriced: UnpricedModels,
}

/// What becomes of requests for models without a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnpricedModels {
    /// They are refused.
    Refuse,
    /// They are relayed at their provider's dearest known price, and flagged.
    Flag,
}

/// The way down.
#[derive(Clone, Debug, Deserialize)]
pub struct Shutdown {
    /// How long the node still accepts requests once it says that it is not ready.
    pub lame_duck: Span,
    /// How long open answers may go on.
    pub streams: Span,
}

/// Log lines.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines are written, in tracing's filter syntax.
    pub filter: String,
    /// Folder of daily files; none: standard output.
    pub dir: Option<PathBuf>,
    /// How many daily files are kept.
    pub keep_days: usize,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Who may read `/metrics`.
#[derive(Clone, Debug, Deserialize)]
pub struct MetricsAccess {
    /// Networks that may without a token.
    pub allow: Vec<IpNet>,
    /// Bearer token that may from anywhere.
    pub token: Option<SecretString>,
}

/// Payments by providers.
#[derive(Clone, Debug, Deserialize)]
pub struct Payments {
    /// Who may tell that something was paid; one that changes its secret stands there with either.
    pub providers: Vec<Provider>,
}

/// One setting that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name as the person wrote it.
    pub name: String,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// Why the settings can't be used; each problem is named.
#[derive(Debug, thiserror::Error)]
#[error("{}", list(.0))]
pub struct ConfigError(pub Vec<Problem>);

impl ConfigError {
    /// One problem.
    pub fn one(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(vec![Problem {
            name: name.into(),
            text: text.into(),
        }])
    }
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.name, problem.text))
        .collect();
    lines.join("\n")
}

impl Settings {
    /// The database's URL.
    ///
    /// # Errors
    /// If none is set.
    pub fn database_url(&self) -> Result<&SecretString, ConfigError> {
        needed(
            self.database.url.as_ref(),
            "database.url",
            "postgres://tollgate@db.example.com/tollgate",
        )
    }

    /// A setting under `secrets.`.
    ///
    /// # Errors
    /// If it is not set.
    pub fn secret<'a>(&'a self, key: &'static str) -> Result<&'a SecretString, ConfigError> {
        let value = match key {
            "secrets.master_key" => &self.secrets.master_key,
            "secrets.pepper" => &self.secrets.pepper,
            _ => &self.secrets.jwt,
        };
        needed(value.as_ref(), key, "the output of `openssl rand -hex 32`")
    }
}

fn needed<'a>(
    value: Option<&'a SecretString>,
    key: &str,
    right: &str,
) -> Result<&'a SecretString, ConfigError> {
    value.ok_or_else(|| {
        ConfigError::one(
            env_name(key),
            format!("is not set, and there is no default; for example {right}"),
        )
    })
}

#[cfg(test)]
mod tests;
