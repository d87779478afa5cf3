//! Tests that nobody asks for: each account that wants them is tested at its own pace, by the node that runs the jobs.
//! What comes of it is told to the scheduler, so that an account that is well again takes requests before a client has to
//! try it, and one that is not takes none.

use super::{Tested, keep, tried};
use crate::accounts::test::watch::Watch;
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::Platform;
use tollgate_http::Fault;
use tollgate_net::UpstreamClient;
use tollgate_store::{JobsTx, StoreError};

/// Accounts tested by one run; what is left is due at the next. With those at once and a test's patience a run takes four
/// minutes at the most.
const RUN_MAX: i64 = 64;
/// Tests at once.
const AT_ONCE: usize = 8;

/// Tests accounts that are due. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct SelfTests {
    state: ManageState,
    upstream: UpstreamClient,
}

/// An account whose test is due.
struct Due {
    tenant: TenantId,
    account: AccountId,
    platform: Platform,
    tested_at: Option<DateTime<Utc>>,
}

impl SelfTests {
    /// Opens nothing yet. Its connections belong to the core runtime: [`SelfTests::run`] is called there alone.
    pub fn new(state: ManageState) -> Self {
        let parts = state.parts();
        let upstream = UpstreamClient::new(parts.guard.clone(), &parts.tls, &parts.client);
        Self { state, upstream }
    }

    /// Tests what is due; gives how many were.
    ///
    /// # Errors
    /// If what is due can't be read.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let mut tx = self.state.db().jobs().await?;
        let due = due(&mut tx, self.state.clock().now()).await?;
        drop(tx);
        let (mut running, mut done) = (JoinSet::new(), 0);
        for one in due {
            if running.len() >= AT_ONCE {
                running.join_next().await;
            }
            let tests = self.clone();
            running.spawn(async move { tests.one(&one).await });
            done += 1;
        }
        while running.join_next().await.is_some() {}
        Ok(done)
    }

    async fn one(&self, due: &Due) {
        if let Err(error) = self.test(due).await {
            let inner = error.inner().unwrap_or_default();
            tracing::warn!(account.id = %due.account, tenant.id = %due.tenant, %error, inner, "an account can't be tested");
        }
    }

    async fn test(&self, due: &Due) -> Result<(), Fault> {
        let state = &self.state;
        let mut tx = state.db().tenant(due.tenant).await?;
        // Whoever else runs the jobs at this moment finds it tested.
        let claimed = sqlx::query!(
            "UPDATE accounts SET tested_at = $3
             WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL AND tested_at IS NOT DISTINCT FROM $4",
            due.tenant.0,
            due.account.0,
            state.clock().now(),
            due.tested_at
        )
        .execute(tx.conn())
        .await
        .map_err(StoreError::from)?;
        if claimed.rows_affected() == 0 {
            return Ok(());
        }
        let tested = Tested::read(state, &mut tx, due.platform, due.account, None).await;
        tx.commit().await?;
        let (test, seen) = tried(state, &self.upstream, tested?, &Watch::nobody()).await;
        keep::keep(state, due.tenant, due.account, &test).await;
        if let Some(seen) = seen {
            state.scheduler().observe(due.tenant, due.account, seen).await?;
        }
        Ok(())
    }
}

/// Those that were tested longest ago come first. An account whose credential is refused waits for a person, and one that
/// may not be used is left alone.
async fn due(tx: &mut JobsTx, now: DateTime<Utc>) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query!(
        "SELECT a.tenant_id, a.account_id, a.platform, a.tested_at FROM accounts a
         JOIN tenants t ON t.tenant_id = a.tenant_id
         WHERE a.self_test_every_s IS NOT NULL AND a.deleted_at IS NULL AND a.schedulable AND t.status = 'active'
           AND a.state NOT IN ('unauthorized', 'disabled')
           AND (a.tested_at IS NULL OR a.tested_at + make_interval(secs => a.self_test_every_s) <= $1)
         ORDER BY a.tested_at NULLS FIRST LIMIT $2",
        now,
        RUN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let due = rows.into_iter().filter_map(|row| {
        Some(Due {
            tenant: TenantId(row.tenant_id),
            account: AccountId(row.account_id),
            platform: Platform::parse(&row.platform)?,
            tested_at: row.tested_at,
        })
    });
    Ok(due.collect())
}
