//! What changed in the database that nodes keep in memory: how a change is announced, and (in `feed`) how each node
//! hears of it. Never in here: what is kept in memory; that is the crate's that keeps it.

mod feed;
mod listener;
mod task;

pub use feed::{ChangeFeed, FeedEvent, FeedState};

use crate::{JobsTx, StoreError, TenantTx};
use sqlx::PgConnection;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// The channel on which transactions tell that they changed something; the message is the transaction's id, so that all
/// announcements of a transaction are one message.
const CHANNEL: &str = "tollgate_changes";

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// An API key.
    Key,
    /// An upstream account.
    Account,
    /// A tenant: its status, its zone, its credit.
    Tenant,
    /// The price book.
    Prices,
    /// A budget: its limit, whom it bounds, whether it counts.
    Budget,
    /// Idle slices of a budget are wanted back.
    Recall,
}

impl Topic {
    const ALL: [Self; 6] = [
        Self::Key,
        Self::Account,
        Self::Tenant,
        Self::Prices,
        Self::Budget,
        Self::Recall,
    ];

    /// Its word in the table `changes`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Account => "account",
            Self::Tenant => "tenant",
            Self::Prices => "prices",
            Self::Budget => "budget",
            Self::Recall => "recall",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }
}

/// One announced change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing.
    pub topic: Topic,
    /// Whose; the nil UUID for what is no tenant's (prices).
    pub tenant_id: TenantId,
    /// Which.
    pub object_id: Uuid,
    /// The version that the row has now; 0 where its table counts none.
    pub version: i64,
}

/// Announces a change of the transaction's tenant; it is heard once the transaction is committed. NOTIFY takes one lock
/// for the whole cluster at commit, so this is for what people do, never for settlement.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn announce(tx: &mut TenantTx, topic: Topic, object: Uuid, version: i64) -> Result<(), StoreError> {
    let change = Change {
        topic,
        tenant_id: tx.tenant_id(),
        object_id: object,
        version,
    };
    write(tx.conn(), change).await
}

/// Announces a change made by a job or an operator's command; the tenant is nil for what is no tenant's.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn announce_platform(
    tx: &mut JobsTx,
    topic: Topic,
    tenant: TenantId,
    object: Uuid,
    version: i64,
) -> Result<(), StoreError> {
    let change = Change {
        topic,
        tenant_id: tenant,
        object_id: object,
        version,
    };
    write(tx.conn(), change).await
}

/// One statement, hence one round trip. The time is that of the statement, not of the transaction's beginning: it is the
/// last before the commit, and from it every node reckons how late it hears.
async fn write(connection: &mut PgConnection, change: Change) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH written AS (
           INSERT INTO changes (topic, tenant_id, object_id, version, created_at)
           VALUES ($1, $2, $3, $4, clock_timestamp())
         )
         SELECT pg_notify($5, pg_current_xact_id()::text)",
        change.topic.as_str(),
        change.tenant_id.0,
        change.object_id,
        change.version,
        CHANNEL
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_found_by_its_word() {
        for topic in Topic::ALL {
            assert_eq!(Topic::of(topic.as_str()), Some(topic));
        }
        assert_eq!(Topic::of("weather"), None);
    }
}
