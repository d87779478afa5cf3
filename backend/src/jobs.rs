//! What has to be done regularly, by one node at a time: whoever holds an advisory lock on a connection of its own runs
//! the jobs. Each job may run again at any time without harm, since the lock can pass to another node at any moment.
//! Never in here: what a node does for itself alone (heartbeats, settlement).

mod accounts;
mod captures;
mod changes;
mod keys;
mod partitions;
mod retention;
mod runner;
mod seals;
mod sessions;
mod zones;

pub use keys::KeyCare;
pub use retention::UsageCare;
pub use runner::start;
pub use seals::{Seals, file_name};

use std::time::Duration;
use tollgate_ledger::LedgerError;
use tollgate_manage::{
    CloseMonths, Mailer, ScheduledExports, SelfTests, close_months, forget_expired_exports, forget_letters,
    money_notices, send_mail,
};
use tollgate_store::{Db, StoreError};

/// What jobs need beside the database.
#[derive(Clone, Debug)]
pub struct JobParts {
    /// Tests upstream accounts.
    pub tests: SelfTests,
    /// Sends scheduled exports.
    pub exports: ScheduledExports,
    /// For how long keys are kept.
    pub keys: KeyCare,
    /// Seals the books.
    pub seals: Seals,
    /// For how long usage is kept.
    pub usage: UsageCare,
    /// When months are closed.
    pub months: CloseMonths,
    /// Sends letters, if a server is set.
    pub mailer: Option<Mailer>,
}

/// One job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Partitions for the months to come.
    Partitions,
    /// Expired refresh tokens and sessions.
    Sessions,
    /// Captured bodies whose days are over.
    Captures,
    /// Announced changes that every node has seen.
    Changes,
    /// What accounts leave behind.
    Accounts,
    /// Secrets that have ended, and keys whose time is over.
    Keys,
    /// Tests of upstream accounts that want them at a pace of their own.
    SelfTests,
    /// Notices of thresholds that were passed and of balances that are low.
    MoneyNotices,
    /// The day's seal of the books, and its way out.
    Seals,
    /// Exports that are due by a schedule.
    ScheduledExports,
    /// Kept exports and links that have expired.
    ExpiredExports,
    /// Days of tenants whose zone has changed.
    Zones,
    /// Sums by one thing, of hours and days that are over.
    Sums,
    /// Months that ended and that nobody has closed.
    Months,
    /// Letters that wait to be sent.
    Mail,
    /// Letters that are old.
    OldLetters,
    /// Usage that is older than anybody keeps it.
    Retention,
}

impl Job {
    const ALL: [Self; 17] = [
        Self::Partitions,
        Self::Sessions,
        Self::Captures,
        Self::Changes,
        Self::Accounts,
        Self::Keys,
        Self::SelfTests,
        Self::MoneyNotices,
        Self::Seals,
        Self::ScheduledExports,
        Self::ExpiredExports,
        Self::Zones,
        Self::Sums,
        Self::Months,
        Self::Mail,
        Self::OldLetters,
        Self::Retention,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Partitions => "partitions",
            Self::Sessions => "sessions",
            Self::Captures => "captures",
            Self::Changes => "changes",
            Self::Accounts => "accounts",
            Self::Keys => "keys",
            Self::SelfTests => "self_tests",
            Self::MoneyNotices => "money_notices",
            Self::Seals => "seals",
            Self::ScheduledExports => "scheduled_exports",
            Self::ExpiredExports => "expired_exports",
            Self::Zones => "zones",
            Self::Sums => "sums",
            Self::Months => "months",
            Self::Mail => "mail",
            Self::OldLetters => "old_letters",
            Self::Retention => "retention",
        }
    }

    fn every(self) -> Duration {
        match self {
            Self::Partitions | Self::Retention => Duration::from_hours(6),
            Self::Sessions | Self::Accounts | Self::Captures | Self::ExpiredExports | Self::OldLetters => {
                Duration::from_hours(1)
            }
            Self::Changes | Self::Keys | Self::Months => Duration::from_mins(10),
            // An account is tested once a minute at the most; reports are quicker once an hour's sums are made.
            Self::SelfTests | Self::Sums => Duration::from_secs(15),
            // A new day's seal is made soon after it has begun; what did not arrive is tried again.
            Self::Seals => Duration::from_mins(1),
            // Until then, days stand in the old zone.
            Self::Zones => Duration::from_secs(30),
            // Whoever runs into a limit wants to have been told before.
            Self::MoneyNotices | Self::ScheduledExports | Self::Mail => Duration::from_secs(5),
        }
    }

    /// Does it; tells how many things it touched.
    async fn run(self, db: &Db, parts: &JobParts) -> Result<u64, StoreError> {
        match self {
            Self::Partitions => partitions::run(db).await,
            Self::Sessions => sessions::run(db).await,
            Self::Captures => captures::run(db).await,
            Self::Changes => changes::run(db).await,
            Self::Accounts => accounts::run(db).await,
            Self::Keys => parts.keys.run(db).await,
            Self::SelfTests => parts.tests.run().await,
            Self::MoneyNotices => money_notices(db).await,
            Self::Seals => parts.seals.run(db).await,
            Self::ScheduledExports => parts.exports.run().await,
            Self::ExpiredExports => forget_expired_exports(db).await,
            Self::Zones => zones::run(db).await,
            Self::Sums => zones::sum_up(db).await,
            Self::Months => close_months(db, &parts.months).await,
            Self::Mail => match &parts.mailer {
                Some(mailer) => send_mail(db, mailer).await,
                None => Ok(0),
            },
            Self::OldLetters => forget_letters(db).await,
            Self::Retention => parts.usage.run(db).await,
        }
    }
}

/// What failed in the books, as jobs tell it.
fn as_store(error: LedgerError) -> StoreError {
    match error {
        LedgerError::Store(error) => error,
        other => StoreError::Settings(other.to_string()),
    }
}
