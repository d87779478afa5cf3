//! What has to be done regularly, by one node at a time: whoever holds an advisory lock on a connection of its own runs
//! the jobs. Each job may run again at any time without harm, since the lock can pass to another node at any moment.
//! Never in here: what a node does for itself alone (heartbeats, settlement).

mod accounts;
mod changes;
mod keys;
mod partitions;
mod runner;
mod sessions;

pub use keys::KeyCare;
pub use runner::start;

use std::time::Duration;
use tollgate_manage::{SelfTests, money_notices};
use tollgate_store::{Db, StoreError};

/// One job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Partitions for the months to come.
    Partitions,
    /// Expired refresh tokens and sessions.
    Sessions,
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
}

impl Job {
    const ALL: [Self; 7] = [
        Self::Partitions,
        Self::Sessions,
        Self::Changes,
        Self::Accounts,
        Self::Keys,
        Self::SelfTests,
        Self::MoneyNotices,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Partitions => "partitions",
            Self::Sessions => "sessions",
            Self::Changes => "changes",
            Self::Accounts => "accounts",
            Self::Keys => "keys",
            Self::SelfTests => "self_tests",
            Self::MoneyNotices => "money_notices",
        }
    }

    fn every(self) -> Duration {
        match self {
            Self::Partitions => Duration::from_hours(6),
            Self::Sessions | Self::Accounts => Duration::from_hours(1),
            Self::Changes | Self::Keys => Duration::from_mins(10),
            // An account is tested once a minute at the most.
            Self::SelfTests => Duration::from_secs(15),
            // Whoever runs into a limit wants to have been told before.
            Self::MoneyNotices => Duration::from_secs(5),
        }
    }

    /// Does it; tells how many things it touched.
    async fn run(self, db: &Db, tests: &SelfTests, keys: KeyCare) -> Result<u64, StoreError> {
        match self {
            Self::Partitions => partitions::run(db).await,
            Self::Sessions => sessions::run(db).await,
            Self::Changes => changes::run(db).await,
            Self::Accounts => accounts::run(db).await,
            Self::Keys => keys.run(db).await,
            Self::SelfTests => tests.run().await,
            Self::MoneyNotices => money_notices(db).await,
        }
    }
}
