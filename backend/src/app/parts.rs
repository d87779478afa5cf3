//! From settings to what each part takes. Never in here: what a part does with it.

use super::nodes;
use crate::cli::CliError;
use crate::config::{ConfigError, Settings, env_name};
use crate::jobs::{KeyCare, Seals, UsageCare};
use secrecy::SecretString;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use tollgate_http::{TokenSigner, TrustedProxies};
use tollgate_ledger::{JournalSettings, NodeName};
use tollgate_limits::{Limiter, LocalLimiter, RedisLimiter, RedisSettings};
use tollgate_manage::{ManageSettings, PaymentProviders};
use tollgate_net::{ClientSettings, NetGuard, UpstreamClient, UpstreamTls};
use tollgate_oauth::Endpoints;
use tollgate_relay::RelaySettings;
use tollgate_scheduler::Patience;
use tollgate_store::{
    Clock, Db, DbSettings, KeyHasher, MasterKey, RolePasswords, Secrets, Signer, StoreError,
};
use url::Url;

/// How to reach the database.
pub fn database(settings: &Settings) -> Result<DbSettings, CliError> {
    Ok(DbSettings {
        url: settings.database_url()?.clone(),
        role_passwords: role_passwords(settings)?,
        max_connections: settings.database.max_connections,
    })
}

/// The four roles' passwords: all or none.
fn role_passwords(settings: &Settings) -> Result<Option<RolePasswords>, CliError> {
    let database = &settings.database;
    let passwords: [Option<&SecretString>; 4] = [
        database.app_password.as_ref(),
        database.settle_password.as_ref(),
        database.jobs_password.as_ref(),
        database.resolver_password.as_ref(),
    ];
    match passwords {
        [None, None, None, None] => Ok(None),
        [Some(app), Some(settle), Some(jobs), Some(resolver)] => Ok(Some(RolePasswords {
            app: app.clone(),
            settle: settle.clone(),
            jobs: jobs.clone(),
            resolver: resolver.clone(),
        })),
        _ => Err(CliError::Said(
            "TOLLGATE_DATABASE_APP_PASSWORD, …_SETTLE_PASSWORD, …_JOBS_PASSWORD and …_RESOLVER_PASSWORD: set all four, \
             or none where the server asks for none"
                .to_owned(),
        )),
    }
}

/// An empty database lets roles of the same server sign in and fails later with a word that helps nobody.
pub async fn require_schema(db: &Db) -> Result<(), CliError> {
    let mut tx = db.jobs().await?;
    let there = sqlx::query_scalar!(r#"SELECT to_regclass('audit_log') IS NOT NULL AS "there!""#)
        .fetch_one(tx.conn())
        .await
        .map_err(StoreError::from)?;
    if there {
        return Ok(());
    }
    Err(CliError::Said(
        "the database has no tables of Tollgate's: run `tollgate migrate` first".to_owned(),
    ))
}

/// Hashes API keys.
pub fn hasher(settings: &Settings) -> Result<KeyHasher, ConfigError> {
    Ok(KeyHasher::new(settings.secret("secrets.pepper")?))
}

/// Seals credentials.
pub fn secrets(settings: &Settings, clock: &Clock) -> Result<Secrets, ConfigError> {
    Ok(Secrets::new(
        MasterKey::new(settings.secret("secrets.master_key")?),
        clock.clone(),
    ))
}

/// Signs access tokens.
pub fn signer(settings: &Settings) -> Result<TokenSigner, CliError> {
    let lifetime = chrono::TimeDelta::from_std(settings.sign_in.access_ttl.0).map_err(CliError::said)?;
    let wrong = |error| ConfigError::one(env_name("secrets.jwt"), format!("{error}"));
    Ok(TokenSigner::new(settings.secret("secrets.jwt")?, lifetime).map_err(wrong)?)
}

/// Says where accounts may point.
pub fn guard(settings: &Settings) -> NetGuard {
    NetGuard::new(settings.net.allow.clone())
}

/// Bounds of upstream connections.
pub fn client(settings: &Settings) -> ClientSettings {
    ClientSettings {
        connect_timeout: settings.relay.connect_timeout.0,
        ..ClientSettings::default()
    }
}

/// Where vendors issue tokens.
pub fn endpoints(settings: &Settings) -> Endpoints {
    let oauth = settings.oauth.clone();
    Endpoints {
        claude_authorize: oauth.claude_authorize,
        claude_token: oauth.claude_token,
        claude_redirect: oauth.claude_redirect,
        claude_client_id: oauth.claude_client_id,
        claude_api: oauth.claude_api,
        google_authorize: oauth.google_authorize,
        google_token: oauth.google_token,
        google_userinfo: oauth.google_userinfo,
        google_redirect: oauth.google_redirect,
        google_client_id: oauth.google_client_id,
        google_client_secret: oauth.google_client_secret,
        google_api: oauth.google_api,
        openai_authorize: oauth.openai_authorize,
        openai_token: oauth.openai_token,
        openai_redirect: oauth.openai_redirect,
        openai_client_id: oauth.openai_client_id,
        openai_api: oauth.openai_api,
        entra: oauth.entra,
        entra_scope: oauth.entra_scope,
        aws_sts: oauth.aws_sts,
    }
}

/// What the relay may be told.
pub fn relay(settings: &Settings) -> RelaySettings {
    let relay = &settings.relay;
    RelaySettings {
        body_max: relay.body_max.bytes(),
        bodies_in_flight_max: relay.bodies_in_flight_max.bytes(),
        first_byte_timeout: relay.first_byte_timeout.0,
        idle_timeout: relay.idle_timeout.0,
        patience: Patience {
            wait_max: settings.scheduler.wait_max.0,
            queue_max: settings.scheduler.queue_max,
        },
        budget_wait_max: settings.budgets.wait_max.0,
        outage_grace: relay.outage_grace.0,
    }
}

/// What the management API may be told.
pub fn manage(settings: &Settings, address: SocketAddr) -> Result<ManageSettings, CliError> {
    let public_url = base_url(settings, address)
        .parse::<Url>()
        .map_err(CliError::said)?;
    Ok(ManageSettings {
        trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
        refresh_ttl: settings.sign_in.refresh_ttl.0,
        default_time_zone: settings.time_zone,
        sign_up_open: settings.sign_in.sign_up,
        recycle_days: settings.keys.recycle_days,
        cors_origins: settings.http.cors_origins.clone(),
        payment_providers: PaymentProviders::new(
            settings
                .payments
                .providers
                .iter()
                .map(|provider| (provider.name.clone(), provider.secret.clone())),
        ),
        documents: super::documents::documents(settings)?,
        ..ManageSettings::new(public_url, env!("CARGO_PKG_VERSION"))
    })
}

/// How long keys are kept that nobody uses any more.
pub fn key_care(settings: &Settings) -> KeyCare {
    KeyCare {
        recycle_days: settings.keys.recycle_days,
        expired_delete_days: settings.keys.expired_delete_days,
    }
}

/// How long usage is kept.
pub fn usage_care(settings: &Settings) -> UsageCare {
    UsageCare {
        usage_months: settings.retention.usage_months.into(),
    }
}

/// Where the books' seals go, and what signs them.
pub fn seals(settings: &Settings, db: &Db, secrets: &Secrets, tls: &UpstreamTls) -> Seals {
    Seals {
        signer: Signer::new(db.clone(), secrets.clone()),
        folder: seal_dir(settings),
        webhook: settings.ledger.seal_webhook.clone(),
        client: UpstreamClient::new(guard(settings), tls, &client(settings)),
    }
}

/// The folder of seals.
pub fn seal_dir(settings: &Settings) -> PathBuf {
    let set = settings.ledger.seal_dir.clone();
    set.unwrap_or_else(|| settings.data_dir.join("seals"))
}

/// The root URL under which clients reach the node, without a slash at its end.
pub fn base_url(settings: &Settings, address: SocketAddr) -> String {
    if let Some(url) = &settings.public_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    // Whoever listens everywhere is reached on this machine at least.
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, address.port()))
}

/// Where limits are kept.
pub fn limiter(settings: &Settings, db: &Db) -> Result<Limiter, CliError> {
    let Some(url) = &settings.redis.url else {
        return Ok(Limiter::Local(LocalLimiter::start(db.core(), db.clock().clone())));
    };
    let redis = RedisSettings { url: url.clone() };
    let limiter = RedisLimiter::start(&redis, db.core(), db.clock().clone(), nodes::count(db))
        .map_err(|error| ConfigError::one(env_name("redis.url"), error.to_string()))?;
    Ok(Limiter::Redis(limiter))
}

/// The journal's folder.
pub fn journal_path(settings: &Settings) -> PathBuf {
    settings.data_dir.join("journal")
}

/// How the journal behaves.
pub fn journal(settings: &Settings) -> JournalSettings {
    JournalSettings {
        power_safe: settings.journal.power_safe,
        free_bytes_min: settings.journal.free_space_min.0,
        ..JournalSettings::default()
    }
}

/// How the node names itself beside its epoch.
pub fn node_name() -> NodeName {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    NodeName {
        host: host.trim().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    fn settings(env: &[(&str, &str)]) -> Settings {
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        load(&Sources {
            env,
            ..Sources::default()
        })
        .expect("settings")
    }

    #[test]
    fn who_listens_everywhere_is_found_on_this_machine() {
        let plain = settings(&[]);
        let url = |address: &str| base_url(&plain, address.parse().expect("an address"));
        assert_eq!(url("0.0.0.0:8080"), "http://127.0.0.1:8080");
        assert_eq!(url("[::]:8080"), "http://[::1]:8080");
        assert_eq!(url("192.0.2.7:80"), "http://192.0.2.7:80");
        let behind = settings(&[("TOLLGATE_PUBLIC_URL", "https://gateway.example.com/")]);
        assert_eq!(
            base_url(&behind, "0.0.0.0:8080".parse().expect("an address")),
            "https://gateway.example.com"
        );
    }

    #[test]
    fn role_passwords_are_all_there_or_none() {
        assert!(role_passwords(&settings(&[])).expect("none").is_none());
        let some = settings(&[("TOLLGATE_DATABASE_APP_PASSWORD", "x")]);
        let error = role_passwords(&some).expect_err("refused").to_string();
        assert!(error.contains("all four"), "{error}");
    }

    #[test]
    fn a_missing_secret_is_named_with_what_would_be_right() {
        let none = settings(&[]);
        for (error, name) in [
            (hasher(&none).expect_err("refused"), "TOLLGATE_SECRETS_PEPPER"),
            (
                secrets(&none, &Clock::system()).expect_err("refused"),
                "TOLLGATE_SECRETS_MASTER_KEY",
            ),
        ] {
            let error = error.to_string();
            assert!(
                error.starts_with(name) && error.contains("openssl rand"),
                "{error}"
            );
        }
    }
}
