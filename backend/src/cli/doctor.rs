//! `tollgate doctor`: tries everything that a node will need and says what is wrong with it. Changes nothing.

mod disk;

use super::{CliError, WithDatabase, database, out};
use crate::app::{documents, parts};
use crate::config::Settings;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use tollgate_limits::{LimiterState, RedisLimiter, RedisSettings};
use tollgate_net::UpstreamTls;
use tollgate_store::{Clock, CoreRuntime, Db, MasterKey, StoreError, pending_migrations};

/// How long Redis may take to answer.
const REDIS_LIMIT: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub fn run(on: WithDatabase, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    // Settings that can't be read at all are told by name, and nothing else can be tried.
    let (settings, dev) = database::settings(config, on)?;
    let (runtime, core) = database::core_runtime()?;
    let mut report = Report::default();
    runtime.block_on(examine(&settings, &core, &mut report));
    drop(dev);
    report.end()
}

async fn examine(settings: &Settings, core: &CoreRuntime, report: &mut Report) {
    report.good("settings", "every value is within its bounds");
    check_secrets(settings, report);
    report.tell(
        "upstream TLS",
        UpstreamTls::native().map(|_| "the system's certificates can be read"),
    );
    check_documents(settings, report);
    check_database(settings, core, report).await;
    disk::check(
        &parts::journal_path(settings),
        settings.journal.free_space_min.0,
        report,
    );
    check_redis(settings, core, report).await;
}

/// Without the font, only documents with letters that need it can't be made.
fn check_documents(settings: &Settings, report: &mut Report) {
    match documents::cjk_font(settings) {
        Ok(_) => report.good("fonts", "PDFs can be written in Chinese as well"),
        Err(error) => report.doubtful(
            "fonts",
            format!("{error}; PDFs can't be written in Chinese (documents.cjk_font)"),
        ),
    }
    match documents::mailer(settings) {
        Ok(Some(_)) => report.good("mail", "letters can be written; a server is set"),
        Ok(None) => report.good("mail", "not used: documents are fetched from the page"),
        Err(error) => report.bad("mail", error),
    }
}

fn check_secrets(settings: &Settings, report: &mut Report) {
    let tried = parts::hasher(settings)
        .map(drop)
        .and_then(|()| parts::secrets(settings, &Clock::system()).map(drop))
        .map_err(CliError::from)
        .and_then(|()| parts::signer(settings).map(drop));
    report.tell(
        "secrets",
        tried.map(|()| "master key, pepper and signing key are set"),
    );
}

/// The owner's view first, then the roles': each failure makes what comes after it useless.
async fn check_database(settings: &Settings, core: &CoreRuntime, report: &mut Report) {
    let database = match parts::database(settings) {
        Ok(database) => database,
        Err(error) => return report.bad("database", error),
    };
    match pending_migrations(&database.url).await {
        Ok(pending) if pending.is_empty() => report.good("schema", "all migrations are applied"),
        Ok(pending) => {
            return report.bad(
                "schema",
                format!("run `tollgate migrate`; not applied: {}", pending.join(", ")),
            );
        }
        Err(error) => return report.bad("schema", error),
    }
    let db = match Db::connect(&database, core.clone(), Clock::system()).await {
        Ok(db) => db,
        Err(error) => {
            let hint = "`tollgate migrate` sets the roles' passwords to those in the settings";
            return report.bad("roles", format!("{error}; {hint}"));
        }
    };
    report.good("roles", "all four sign in");
    match tollgate_manage::list_prices(&db).await {
        Ok(lines) => match lines.iter().find(|line| line.holds) {
            Some(line) => report.good(
                "price book",
                format!("{} prices of {} hold now", line.rows, line.source),
            ),
            None => report.bad("price book", "no version holds now: run `tollgate migrate`"),
        },
        Err(error) => report.bad("price book", error),
    }
    check_master_key(settings, &db, report).await;
    db.close().await;
}

/// A wrong master key shows itself only when the first credential is read: better here.
async fn check_master_key(settings: &Settings, db: &Db, report: &mut Report) {
    let Ok(text) = settings.secret("secrets.master_key") else {
        return;
    };
    let configured = MasterKey::new(text);
    match master_keys_in_use(db).await {
        Ok(ids) => match ids.iter().find(|id| *id != configured.id()) {
            None => report.good("master key", format!("{} fits all data keys", configured.id())),
            Some(other) => report.bad(
                "master key",
                format!(
                    "some data keys were wrapped by {other}, and TOLLGATE_SECRETS_MASTER_KEY is {}",
                    configured.id()
                ),
            ),
        },
        Err(error) => report.bad("master key", error),
    }
}

async fn master_keys_in_use(db: &Db) -> Result<Vec<String>, StoreError> {
    let mut tx = db.jobs().await?;
    let ids = sqlx::query_scalar!("SELECT DISTINCT master_key_id FROM data_keys")
        .fetch_all(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(ids)
}

async fn check_redis(settings: &Settings, core: &CoreRuntime, report: &mut Report) {
    let Some(url) = &settings.redis.url else {
        return report.good(
            "Redis",
            "not used: limits are kept in the process, which is right for one node",
        );
    };
    let redis = RedisSettings { url: url.clone() };
    let limiter = match RedisLimiter::start(&redis, core, Clock::system(), Arc::new(AtomicU32::new(1))) {
        Ok(limiter) => limiter,
        Err(error) => return report.bad("Redis", error),
    };
    let shared = async {
        while limiter.state() != LimiterState::Shared {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    match tokio::time::timeout(REDIS_LIMIT, shared).await {
        Ok(()) => report.good("Redis", "answers and takes our scripts"),
        Err(_) => report.bad(
            "Redis",
            format!(
                "does not answer within {} s, or refuses (TOLLGATE_REDIS_URL)",
                REDIS_LIMIT.as_secs()
            ),
        ),
    }
}

/// What was found, told line by line.
#[derive(Debug, Default)]
struct Report {
    passed: usize,
    doubts: usize,
    failures: usize,
}

impl Report {
    fn good(&mut self, what: &str, text: impl Display) {
        self.passed += 1;
        out::line(format_args!("ok       {what:<14} {text}"));
    }

    fn doubtful(&mut self, what: &str, text: impl Display) {
        self.doubts += 1;
        out::line(format_args!("warning  {what:<14} {text}"));
    }

    fn bad(&mut self, what: &str, text: impl Display) {
        self.failures += 1;
        out::line(format_args!("FAILS    {what:<14} {text}"));
    }

    fn tell(&mut self, what: &str, outcome: Result<impl Display, impl Display>) {
        match outcome {
            Ok(text) => self.good(what, text),
            Err(error) => self.bad(what, error),
        }
    }

    fn end(self) -> Result<ExitCode, CliError> {
        let Self {
            passed,
            doubts,
            failures,
        } = self;
        let found = format!("{passed} checks passed, {doubts} with a warning, {failures} failed");
        if failures > 0 {
            return Err(CliError::Said(found));
        }
        out::line(found);
        Ok(ExitCode::SUCCESS)
    }
}
