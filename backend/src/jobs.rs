//! What has to be done regularly, by one node at a time: whoever holds an advisory lock on a connection of its own runs
//! the jobs. Each job may run again at any time without harm, since the lock can pass to another node at any moment.
//! Never in here: what a node does for itself alone (heartbeats, settlement).

mod changes;
mod partitions;
mod runner;
mod sessions;

pub use runner::start;

use std::time::Duration;
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
}

impl Job {
    const ALL: [Self; 3] = [Self::Partitions, Self::Sessions, Self::Changes];

    fn name(self) -> &'static str {
        match self {
            Self::Partitions => "partitions",
            Self::Sessions => "sessions",
            Self::Changes => "changes",
        }
    }

    fn every(self) -> Duration {
        match self {
            Self::Partitions => Duration::from_hours(6),
            Self::Sessions => Duration::from_hours(1),
            Self::Changes => Duration::from_mins(10),
        }
    }

    /// Does it; tells how many things it touched.
    async fn run(self, db: &Db) -> Result<u64, StoreError> {
        match self {
            Self::Partitions => partitions::run(db).await,
            Self::Sessions => sessions::run(db).await,
            Self::Changes => changes::run(db).await,
        }
    }
}
